"""The production web server: granian, told in odl-host's words what it is to serve.

It checks that the address can be listened on before anything starts, says when the first answer was given, and ends
on Ctrl-C or SIGTERM after the requests under way.
"""

from __future__ import annotations

import errno
import functools
import gc
import http.client
import importlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from odl_host.errors import Unavailable, UsageError

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
POLL_S = 0.02
PARENT_POLL_S = 0.5
BACKLOG = 1024


def serve(
    target: str,
    *,
    home: Path,
    host: str,
    port: int,
    workers: int = 1,
    ready: Callable[[], None] | None = None,
) -> None:
    """Serve the application that the factory `target` ("package.module:function") makes, until Ctrl-C.

    `ready` is called once, when the server has given its first answer.

    :raises UsageError: the port is taken or not allowed, or the address is not of this machine.
    :raises Unavailable: the server could not go on.
    """
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    _require_free(host, port)
    # Workers are processes of their own; the environment is what they share with this one.
    os.environ["ODL_HOME"] = str(home)
    server = Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=workers,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,
        workers_kill_timeout=STOP_TIMEOUT_S,
        respawn_failed_workers=True,
    )
    if ready is not None:
        threading.Thread(target=_announce, args=(host, port, ready), daemon=True).start()
    try:
        server.serve(target_loader=functools.partial(_load, os.getpid()))
    except SystemExit as error:
        if error.code:
            raise Unavailable("The web server stopped because a process of it could not go on.") from error


def _load(parent: int, target: str) -> Any:
    """Make the application, in a worker process.

    A worker whose parent was killed ends too: else it would hold the port, and no one could start the server again.
    """
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    module, _, factory = target.partition(":")
    application = getattr(importlib.import_module(module), factory)()
    # What was imported stays: looking through it again and again for garbage takes a twentieth of a worker's time.
    gc.collect()
    gc.freeze()
    return application


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_TIMEOUT_S)
    os._exit(1)


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} of {host} is used by another program.",
                hint=f"Stop that program (see who it is with: ss -ltnp 'sport = :{port}'), or choose another --port.",
            ) from error
        if error.errno == errno.EACCES:
            raise UsageError(
                f"Port {port} may not be used by this account.",
                hint="Choose a --port above 1023, or put a proxy before.",
            ) from error
        raise UsageError(
            f"This machine cannot listen on {host}: {error.strerror or error}.", hint="Give another --host."
        ) from error


def _announce(host: str, port: int, ready: Callable[[], None]) -> None:
    """Call `ready` after the first answer; an address for every interface is asked on loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound to
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(reachable, port, timeout=5)
        try:
            connection.request("HEAD", "/api/3/action/status_show")
            connection.getresponse().read()
        except OSError:
            time.sleep(POLL_S)
        else:
            ready()
            return
        finally:
            connection.close()
