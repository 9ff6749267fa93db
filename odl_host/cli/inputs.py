"""Files that a command is given otherwise than by a path: standard input, an address."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from odl_host.errors import Unavailable, UnreadableFile

FETCH_TIMEOUT_S = 30


def keep_stdin(stack: ExitStack) -> Path:
    """Lay standard input in a temporary file: reading a table takes several passes."""
    path = _folder(stack) / "entree-standard"
    with path.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
    return path


def fetch(address: str, stack: ExitStack, *, limit_bytes: int) -> Path:
    """Fetch a file into a temporary folder, under the name that its address ends with.

    :raises Unavailable: the site does not answer. :raises UnreadableFile: it refuses, or the file is too large.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    name = PurePosixPath(unquote(urlsplit(address).path)).name or "fichier"
    path = _folder(stack) / name
    request = Request(address, headers={"User-Agent": "odl-host"})  # noqa: S310 - the caller checked http(s)
    try:
        with urlopen(request, timeout=FETCH_TIMEOUT_S) as answer, path.open("wb") as target:  # noqa: S310 - the same
            size = 0
            while chunk := answer.read(1 << 18):
                size += len(chunk)
                if size > limit_bytes:
                    raise UnreadableFile(f"{address} is larger than {limit_bytes} bytes.", hint="Raise max_file_mb.")
                target.write(chunk)
    except HTTPError as error:
        raise UnreadableFile(f"{address} answers {error.code} {error.reason}.", hint="Check the address.") from error
    except (HTTPException, ValueError) as error:
        raise UnreadableFile(f"{address} is not an address that can be fetched: {error}.") from error
    except (URLError, TimeoutError, OSError) as error:
        raise Unavailable(f"{address} does not answer: {getattr(error, 'reason', error)}.") from error
    return path


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="odl-host-")))
