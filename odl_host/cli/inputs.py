"""The files that a command is given: paths, folders, patterns, standard input, addresses.

One that cannot be had is a value like the others: it must not stop them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from odl_host.errors import OdlError, Unavailable, UnreadableFile, UsageError

if TYPE_CHECKING:
    from email.message import Message

FETCH_TIMEOUT_S = 30
"""How long a site may be silent."""
FETCH_WHOLE_S = 600
"""How long a whole file may take to come: a site that sends a byte at a time must not hold the command for days."""
_CHUNK_BYTES = 1 << 18


class Input(NamedTuple):
    """A file by the name it was given, and where it lies; or why it cannot be had."""

    name: str
    path: Path
    error: OdlError | None = None


def list_inputs(arguments: Sequence[str], stack: ExitStack, *, limit_bytes: int) -> list[Input]:
    """Return the files that arguments mean, in order; what is fetched lives as long as `stack`."""
    found: list[Input] = []
    for argument in arguments:
        try:
            found += [Input(name, path) for name, path in _expand(argument, stack, limit_bytes)]
        except OdlError as error:
            found.append(Input(argument, Path(argument), error))
    return found


def is_address(text: str) -> bool:
    """Tell whether an argument is an address to fetch."""
    return text.lower().startswith(("http://", "https://"))


def _expand(argument: str, stack: ExitStack, limit_bytes: int) -> Iterator[tuple[str, Path]]:
    path = Path(argument)
    if argument == "-":
        yield argument, _keep_stdin(stack, limit_bytes)
    elif is_address(argument):
        yield argument, fetch(argument, stack, limit_bytes=limit_bytes)
    elif path.is_dir():
        from odl_host.pipeline.discover import is_ignored

        below = [file for file in sorted(path.rglob("*")) if file.is_file()]
        files = [file for file in below if not any(map(is_ignored, file.relative_to(path).parts))]
        if not files:
            raise UsageError(f"The folder {path} holds no file.", hint="Give a folder that holds tables.")
        yield from ((str(file), file) for file in files)
    elif not path.exists() and any(sign in argument for sign in "*?["):
        import glob

        answers = map(Path, glob.glob(argument, recursive=True))  # noqa: PTH207 - patterns may be absolute
        files = sorted(file for file in answers if file.is_file())
        if not files:
            raise UsageError(f"No file answers to {argument}.", hint="Check the pattern.")
        yield from ((str(file), file) for file in files)
    elif not os.path.lexists(path):
        raise UnreadableFile(f"{argument} does not exist.", hint="Check the path.")
    else:
        yield argument, path


def _keep_stdin(stack: ExitStack, limit_bytes: int) -> Path:
    """Lay standard input in a temporary file: reading a table takes several passes."""
    path = _folder(stack) / "entree-standard"
    size = 0
    with path.open("wb") as target:
        while chunk := sys.stdin.buffer.read(_CHUNK_BYTES):
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
