"""The command `odl-host`: the one place that turns a failure into an exit code."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import signal
import sys
from typing import Any, NoReturn

from odl_host.cli.call import App
from odl_host.cli.output import print_error
from odl_host.cli.plain import Declaration, read_plain
from odl_host.errors import Interrupted, OdlError, StorageError


def run(*, on_interrupt: Any) -> NoReturn:
    """Run the command line and end the process with its exit code.

    `on_interrupt` handles a Ctrl-C while the command works; before and after, it ends the process without a word.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that is not UTF-8 must not stop a run
            stream.reconfigure(errors="backslashreplace")
    code = main(sys.argv[1:], on_interrupt=on_interrupt)
    if on_interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    threads = sys.modules.get("threading")
    if threads is None or threads.active_count() == 1:
        # Taking a thousand modules apart, for nothing, would be a sixth of the time that a small file takes.
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError):  # nobody reads any more
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def main(arguments: list[str], *, on_interrupt: Any = None) -> int:
    """Run the command line and return its exit code; every failure is said in one place."""
    app = App(arguments)
    try:
        if on_interrupt is not None:
            signal.signal(signal.SIGINT, on_interrupt)
        code = _call(arguments, app)
        if not isinstance(code, OdlError):
            return code
        failure: OdlError = code
    except KeyboardInterrupt:
        failure = Interrupted()
    except OdlError as error:
        failure = error
        if app.flags.get("debug"):
            raise
    except OSError as error:
        if app.flags.get("debug"):
            raise
        failure = StorageError(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "."))
    except Exception as error:
        if app.flags.get("debug"):
            raise
        failure = OdlError(f"Something unforeseen happened: {type(error).__name__}: {error}")
    as_json = bool(app.flags.get("json")) or "--json" in arguments
    print_error(failure, as_json=as_json, language=app.language)
    return int(failure.exit_code)


def _call(arguments: list[str], app: App) -> int | OdlError:
    """Run the command that a line calls; return its exit code, or what is wrong with the line."""
    plain = read_plain(arguments, {"validate": _validate})
    if plain is None:
        from odl_host.cli.commands import call

        return call(arguments, app)
    declaration, values, flags = plain
    app.flags.update(flags)
    return int(declaration.run(app, **values))


def _validate() -> Declaration:
    from odl_host.cli.validate import validate

    return validate
