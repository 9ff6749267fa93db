"""The files that a command is given: paths, folders, patterns, standard input, addresses.

One that cannot be had is a value like the others: it must not stop them.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from odl_host.errors import OdlError, Unavailable, UnreadableFile, UsageError
from odl_host.record import Record

if TYPE_CHECKING:
    from email.message import Message

FETCH_TIMEOUT_S = 30
"""How long a site may be silent."""
FETCH_WHOLE_S = 600
"""How long a whole file may take to come: a site that sends a byte at a time must not hold the command for days."""
_CHUNK_BYTES = 1 << 18


class Input(Record):
    """A file by the name it was given, and where it lies; or why it cannot be had.

    `folder`: the folders between the one that was asked for, or the fixed part of a pattern, and the file.
    """

    name: str
    path: Path
    error: OdlError | None = None
    folder: Path = Path()


def list_inputs(
    arguments: Sequence[str], stack: ExitStack, *, limit_bytes: int, reports: Path | None = None
) -> list[Input]:
    """Return the files that arguments mean, in order; what is fetched lives as long as `stack`.

    `reports`: a folder that, inside one that is looked through, holds no data.
    """
    found: list[Input] = []
    for argument in arguments:
        try:
            found += _expand(argument, stack, limit_bytes, reports)
        except OdlError as error:
            found.append(Input(argument, Path(argument), error))
    return found


def is_address(text: str) -> bool:
    """Tell whether an argument is an address to fetch."""
    return text.lower().startswith(("http://", "https://"))


def _expand(argument: str, stack: ExitStack, limit_bytes: int, reports: Path | None) -> Iterable[Input]:
    path = Path(argument)
    if argument == "-":
        return [Input(argument, _keep_stdin(stack, limit_bytes))]
    if is_address(argument):
        return [Input(argument, fetch(argument, stack, limit_bytes=limit_bytes))]
    if path.is_dir():
        found = sorted(_walk(path, reports), key=lambda one: one.path)
        if not found:
            raise UsageError(f"The folder {path} holds no file.", hint="Give a folder that holds tables.")
        return found
    if not path.exists() and any(sign in argument for sign in _SIGNS):
        import glob

        fixed = Path(*itertools.takewhile(lambda part: not any(sign in part for sign in _SIGNS), path.parts))
        answers = map(Path, glob.glob(argument, recursive=True))  # noqa: PTH207 - patterns may be absolute
        files = sorted(file for file in answers if file.is_file())
        if not files:
            raise UsageError(f"No file answers to {argument}.", hint="Check the pattern.")
        return [Input(str(file), file, folder=file.relative_to(fixed).parent) for file in files]
    if not os.path.lexists(path):
        if "://" in argument:
            raise UnreadableFile(f"{argument} cannot be fetched.", hint="Give an address in http:// or https://.")
        raise UnreadableFile(f"{argument} does not exist.", hint="Check the path.")
    return [Input(argument, path)]


_SIGNS = "*?["
"""What makes a pattern of a path."""


def _walk(root: Path, reports: Path | None) -> Iterator[Input]:
    """Give the files below a folder, and each folder there that cannot be listed; links to folders are not followed."""
    from odl_host.pipeline.deposits.discover import is_ignored

    aside = reports.resolve() if reports else None
    refused: list[OSError] = []
    for place, folders, files in os.walk(root, onerror=refused.append):
        folders[:] = [name for name in folders if not is_ignored(name) and Path(place, name).resolve() != aside]
        below = Path(place).relative_to(root)
        if aside is not None and Path(place).resolve().is_relative_to(aside):  # the reports lie among the data
            from odl_host.pipeline.runs.reports import names_of_reports

            files = sorted({*files} - names_of_reports(files))
        for path in (Path(place, name) for name in files if not is_ignored(name)):
            if _is_file(path):
                yield Input(str(path), path, folder=below)
    for error in refused:
        said = f"The folder {error.filename} cannot be opened: {error.strerror}."
        yield Input(error.filename, Path(error.filename), UnreadableFile(said, hint="Check the rights on it."))


def _is_file(path: Path) -> bool:
    """Tell whether a path is a file, or may be one: what is hidden from us must not go unsaid."""
    try:
        return path.is_file()
    except PermissionError:
        return True


def _keep_stdin(stack: ExitStack, limit_bytes: int) -> Path:
    """Lay standard input in a temporary file: reading a table takes several passes."""
    path = _folder(stack) / "entree-standard"
    size = 0
    with path.open("wb") as target:
        while chunk := os.read(sys.stdin.fileno(), _CHUNK_BYTES):
            size += len(chunk)
            if size > limit_bytes:
                raise _too_large("Standard input", limit_bytes)
            target.write(chunk)
    return path


def fetch(address: str, stack: ExitStack, *, limit_bytes: int) -> Path:
    """Fetch a file into a temporary folder, under the name that the site gives it, else the address.

    :raises Unavailable: the site does not answer. :raises UnreadableFile: it refuses, or the file is too large.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.parse import quote

    from odl_host.schemas.sources import open_address

    # An address is often copied with its accents and spaces.
    asked = quote(address.strip(), safe="%/:=&?~#+!$,;'@()*[]")
    until = time.monotonic() + FETCH_WHOLE_S
    try:
        with open_address(asked, timeout_s=FETCH_TIMEOUT_S) as answer:
            if int(answer.headers.get("Content-Length") or 0) > limit_bytes:
                raise _too_large(address, limit_bytes)
            path = _folder(stack) / _name_of(asked, answer.headers)
            with path.open("wb") as target:
                size = 0
                while chunk := answer.read1(_CHUNK_BYTES):
                    size += len(chunk)
                    if size > limit_bytes:
                        raise _too_large(address, limit_bytes)
                    if time.monotonic() > until:
                        raise Unavailable(f"{address} takes more than {FETCH_WHOLE_S} s to send its file.")
                    target.write(chunk)
                left = answer.length
            if left:
                raise Unavailable(f"{address} stopped before the end of its file.")
    except HTTPError as error:
        error.close()  # it holds the connection
        said = f"{address} answers {error.code} {error.reason}."
        if error.code in _TRY_AGAIN:
            raise Unavailable(said) from error
        raise UnreadableFile(said, hint="Check the address.") from error
    except TimeoutError as error:
        raise Unavailable(f"{address} does not answer within {FETCH_TIMEOUT_S} s.") from error
    except (URLError, ConnectionError) as error:
        raise Unavailable(f"{address} does not answer: {_reason(error)}.") from error
    except (HTTPException, ValueError) as error:
        said = f"{address} is not an address that can be fetched: {error}."
        raise UnreadableFile(said, hint="Check the address.") from error
    return path


# Source: RFC 9110: the site is overloaded, or the one behind it does not answer.
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


def _reason(error: OSError) -> str:
    cause = getattr(error, "reason", error)
    return str(getattr(cause, "strerror", None) or cause)


def _too_large(name: str, limit_bytes: int) -> UnreadableFile:
    said = f"{name} is larger than {limit_bytes // 1_000_000} MB."
    return UnreadableFile(said, hint="Raise the setting max_file_mb.")


def _name_of(address: str, headers: Message) -> str:
    """Return the name of a fetched file: its ending may tell its kind, its words its schema."""
    from urllib.parse import unquote, urlsplit

    announced = headers.get_filename() or unquote(urlsplit(address).path)
    name = PurePosixPath(announced.replace("\\", "/")).name
    return "".join(char for char in name if char.isprintable())[-150:] or "fichier"


def _folder(stack: ExitStack) -> Path:
    import tempfile

    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="odl-host-")))
