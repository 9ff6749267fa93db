"""Where objects to import come from: a CKAN that answers, or what `ckanapi dump` or `odl-host export` has written.

Both yield objects as `…_show` answers them, one kind after the other, the bytes of uploaded files, and the rows of
tables that no file makes.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit

from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.tables import read_table
from odl_host.ckan import JsonDict
from odl_host.config import Secret
from odl_host.errors import CatalogueError, CatalogueNotFound, CatalogueRefused, StorageError, Unavailable, UsageError

KINDS = ("users", "organizations", "groups", "datasets")
"""In the order in which they refer to each other."""

PAGE = 100
CHUNK_BYTES = 1 << 18
MAX_LINE_BYTES = 64 << 20
FILES = "files"
"""Folder of a dump where the files lie, each as RESOURCE_ID/NAME."""
ROWS = "rows"
"""Folder of a dump where the tables that no file makes lie, each as RESOURCE_ID.jsonl."""


Progress = Callable[[str, int, int], None]
"""Called with a kind of object, how many of them are done, and how many there are."""


def unseen(*_: object) -> None:
    """Say nothing of the progress."""


class Source(Protocol):
    """A catalogue that objects are read from; `name` tells one from another."""

    name: str

    def count(self, kind: str) -> int:
        """Return how many objects there are, or a good guess."""

    def objects(self, kind: str) -> Iterator[JsonDict]:
        """Yield the objects of one kind."""

    def content(self, resource: JsonDict) -> Iterator[bytes]:
        """Yield the bytes of a resource's file. :raises Unavailable: it cannot be read."""

    def table(self, resource: JsonDict) -> Iterator[JsonDict]:
        """Yield the calls that make a resource's table, if no file does. :raises Unavailable: it cannot be read."""


class CkanSource:
    """A catalogue that answers. With a sysadmin's token it gives private datasets, e-mails and password hashes too.

    `read` yields the bytes of a resource's file where they need not be fetched over HTTP.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        token: Secret | None,
        *,
        timeout_s: float,
        read: Callable[[JsonDict], Iterator[bytes]] | None = None,
    ) -> None:
        self._read = read
        self.name = catalogue.url
        self._catalogue = catalogue
        self._token = token
        self._timeout_s = timeout_s
        self._names: dict[str, list[str]] = {}

    def knows_sysadmin(self) -> bool:
        """Tell whether the token is a sysadmin's over there: a CKAN takes one that is nobody's for no token at all."""
        try:
            self._catalogue.call_action("config_option_list")
        except CatalogueRefused:
            return False
        except CatalogueError:
            pass  # too old to know the action
        return True

    def count(self, kind: str) -> int:
        """Return how many objects there are."""
        if kind == "datasets":
            return int(self._search(0, 0)["count"])
        return len(self._list(kind))

    def objects(self, kind: str) -> Iterator[JsonDict]:
        """Yield the objects; users only to who may list them."""
        if kind == "datasets":
            start = 0
            while True:
                page = self._search(start, PAGE)
                yield from page["results"]
                start += len(page["results"])
                if not page["results"]:
                    return
        show = {"users": "user_show", "organizations": "organization_show", "groups": "group_show"}[kind]
        details = {"include_datasets": False, "include_users": True, "include_password_hash": True}
        for name in self._list(kind):
            try:
                yield cast(JsonDict, self._catalogue.call_action(show, {"id": name, **details}))
            except (CatalogueNotFound, CatalogueRefused):
                continue  # gone since it was listed, or not for this token

    def content(self, resource: JsonDict) -> Iterator[bytes]:
        """Fetch a file; the token goes to the catalogue's own host only."""
        if self._read is not None:
            return self._read(resource)
        address = str(resource.get("url") or "")
        own = urlsplit(self.name)
        is_own = urlsplit(address)[:2] == own[:2]
        headers = {"Authorization": self._token.reveal()} if self._token and is_own else {}
        return fetch(address, headers, timeout_s=self._timeout_s)

    def table(self, resource: JsonDict) -> Iterator[JsonDict]:
        """Read the rows of a table page by page."""
        return read_table(self._catalogue, resource)

    def _search(self, start: int, rows: int) -> Any:
        query = {"q": "*:*", "rows": rows, "start": start, "sort": "name asc"}
        return self._catalogue.call_action("package_search", {**query, "include_private": True, "include_drafts": True})

    def _list(self, kind: str) -> list[str]:
        if kind not in self._names:
            action = {"users": "user_list", "organizations": "organization_list", "groups": "group_list"}[kind]
            names: list[str] = []
            try:
                while True:
                    page = self._catalogue.call_action(
                        action, {"all_fields": False, "limit": 1000, "offset": len(names)}
                    )
                    fresh = [name for name in page if name not in set(names)]
                    names += fresh
                    if not fresh or kind == "users":  # CKAN gives all users at once
                        break
            except CatalogueRefused:
                names = []  # not for this token
            self._names[kind] = names
        return self._names[kind]


class DumpSource:
    """A file of JSON lines, plain or gzip, or a folder of them as `odl-host export` makes it."""

    def __init__(self, place: Path, *, timeout_s: float) -> None:
        if not place.exists():
            raise UsageError(f"There is no file or folder {place}.", hint="Give a dump, or an address with http(s)://.")
        self.name = str(place.resolve())
        self._folder = place if place.is_dir() else place.parent
        self._files = sorted(place.glob("*.jsonl*")) if place.is_dir() else [place]
        self._timeout_s = timeout_s

    def count(self, kind: str) -> int:
        """Return how many objects there are."""
        return sum(1 for _ in self.objects(kind))

    def objects(self, kind: str) -> Iterator[JsonDict]:
        """Yield the objects of one kind, whatever else the files hold; one that stands there twice as it stands last.

        :raises UsageError: a line is no object.
        """
        again = Counter(entry.get("id") for entry in self._all(kind)) if kind in ("organizations", "groups") else None
        for entry in self._all(kind):
            if again is not None:
                again[entry.get("id")] -= 1
            if again is None or not again[entry.get("id")] or not entry.get("id"):
                yield entry

    def _all(self, kind: str) -> Iterator[JsonDict]:
        return (entry for file in self._files for entry in _read_lines(file) if kind_of(entry) == kind)

    def content(self, resource: JsonDict) -> Iterator[bytes]:
        """Read a file beside the dump, else fetch it from its address."""
        folder = self._folder / FILES / str(resource.get("id"))
        for file in sorted(folder.glob("*")) if _is_inside(folder, self._folder / FILES) else []:
            return _chunks(file)
        return fetch(str(resource.get("url") or ""), {}, timeout_s=self._timeout_s)

    def table(self, resource: JsonDict) -> Iterator[JsonDict]:
        """Read the calls that lie beside the dump. :raises UsageError: a line is no call."""
        file = self._folder / ROWS / f"{resource.get('id')}.jsonl"
        return _read_lines(file) if _is_inside(file, self._folder / ROWS) and file.is_file() else iter(())


def kind_of(entry: JsonDict) -> str:
    """Return of which kind an object of a dump is, "" when of none.

    >>> kind_of({"name": "a", "resources": []}), kind_of({"name": "b", "is_organization": True})
    ('datasets', 'organizations')
    """
    if "resources" in entry:
        return "datasets"
    if "is_organization" in entry:
        return "organizations" if entry["is_organization"] else "groups"
    return "users" if "fullname" in entry or "email_hash" in entry else ""


def fetch(address: str, headers: dict[str, str], *, timeout_s: float) -> Iterator[bytes]:
    """Yield the bytes at an http(s) address. :raises Unavailable: it does not give them."""
    import requests

    if urlsplit(address).scheme not in ("http", "https"):
        raise Unavailable(f"“{address[:200]}” is no address that a file can be fetched from.")
    try:
        with requests.get(address, headers=headers, timeout=timeout_s, stream=True) as answer:
            if answer.status_code != 200:
                raise Unavailable(f"{address} answers {answer.status_code}.")
            yield from answer.iter_content(CHUNK_BYTES)
    except requests.RequestException as error:
        raise Unavailable(f"{address} does not answer ({type(error).__name__}).") from error


def _read_lines(file: Path) -> Iterator[JsonDict]:
    with closing(_opened(file)) as lines:
        for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES), b""), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{file.name}, line {number}: this is no JSON object ({error}).") from error
            if not isinstance(entry, dict):
                raise UsageError(f"{file.name}, line {number}: this is no JSON object.")
            yield entry


def _opened(file: Path) -> BinaryIO:
    try:
        return cast(BinaryIO, gzip.open(file)) if file.suffix == ".gz" else file.open("rb")
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror or error}.") from error


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


def _is_inside(path: Path, folder: Path) -> bool:
    """An id comes from the dump: it must not lead out of its folder."""
    return path.resolve().is_relative_to(folder.resolve())
