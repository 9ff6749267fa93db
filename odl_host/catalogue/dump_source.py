"""Reading what `ckanapi dump` or `odl-host export` has written: objects, and what lies beside them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from odl_host.catalogue.companions import ACTIONS
from odl_host.catalogue.source import CHUNK_BYTES, KINDS, Image, fetch
from odl_host.ckan import JsonDict
from odl_host.errors import StorageError, Unavailable, UsageError

MAX_LINE_BYTES = 64 << 20
FILES = "files"
"""Folder of a dump where the files lie, each as RESOURCE_ID/NAME."""
ORIGINALS = "originals"
"""Folder of a dump where the files lie as they were received, each as RESOURCE_ID/NAME."""
ROWS = "rows"
"""Folder of a dump where the tables that no file makes lie, each as RESOURCE_ID.jsonl."""
IMAGES = "images"
"""Folder of a dump where uploaded logos lie, as group/NAME and user/NAME."""
VIEWS = "views.jsonl"
RELATIONSHIPS = "relationships.jsonl"
WRITTEN_BY = "Give what odl-host export or ckanapi dump has written."


class DumpSource:
    """A file of JSON lines, plain or gzip, or a folder of them as `odl-host export` makes it."""

    def __init__(self, place: Path, *, timeout_s: float) -> None:
        if not place.exists():
            raise UsageError(f"There is no file or folder {place}.", hint="Give a dump, or an address with http(s)://.")
        self.name = str(place.resolve())
        self._folder = place if place.is_dir() else place.parent
        self._files = sorted(place.glob("*.jsonl*")) if place.is_dir() else [place]
        if not self._files:
            raise UsageError(f"The folder {place} holds no dump: no file there is named *.jsonl.", hint=WRITTEN_BY)
        if len(self._files) == 1:
            _require_known(self._files[0])
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
        return (entry for file in self._files_of(kind) for entry in _read_lines(file) if kind_of(entry) == kind)

    def _files_of(self, kind: str) -> list[Path]:
        """Return where objects of a kind may stand: not in a file that is called like another kind."""
        others = {f"{other}.jsonl" for other in (*KINDS, "views", "relationships") if other != kind}
        return self._files if len(self._files) == 1 else [file for file in self._files if file.name not in others]

    def details(self, dataset: JsonDict) -> JsonDict:
        """Return a dataset as it stands in the dump, with all that it has."""
        return dataset

    def content(self, resource: JsonDict) -> Iterator[bytes]:
        """Read a file beside the dump, else fetch it from its address."""
        return self._found(FILES, resource, "url")

    def original(self, resource: JsonDict) -> Iterator[bytes]:
        """Read a file as it was received, else fetch it from its address."""
        return self._found(ORIGINALS, resource, "original_url")

    def _found(self, place: str, resource: JsonDict, address: str) -> Iterator[bytes]:
        folder = self._folder / place / str(resource.get("id"))
        for file in sorted(folder.glob("*")) if _is_inside(folder, self._folder / place) else []:
            if not (file.name.startswith(".") and file.suffix == ".part"):  # of an export that was killed
                return _chunks(file)
        return fetch(str(resource.get(address) or ""), {}, timeout_s=self._timeout_s)

    def table(self, resource: JsonDict) -> Iterator[JsonDict]:
        """Read the calls that lie beside the dump. :raises UsageError: a line is no call."""
        file = self._folder / ROWS / f"{resource.get('id')}.jsonl"
        return _read_lines(file) if _is_inside(file, self._folder / ROWS) and file.is_file() else iter(())

    def views(self, resource: JsonDict) -> list[JsonDict] | None:
        """Return the calls that make a resource's views, None where the dump tells of no views."""
        if not self._views and not (self._folder / VIEWS).is_file():
            return None
        return [json.loads(line) for line in self._views.get(str(resource.get("id")), ())]

    def relationships(self, dataset: JsonDict) -> list[JsonDict]:
        """Return the calls that make the relationships of a dataset."""
        return [json.loads(line) for line in self._relationships.get(str(dataset.get("name")), ())]

    @cached_property
    def _views(self) -> dict[str, list[str]]:
        return self._calls("views", "resource_id")

    @cached_property
    def _relationships(self) -> dict[str, list[str]]:
        return self._calls("relationships", "subject")

    def _calls(self, kind: str, key: str) -> dict[str, list[str]]:
        """Return the calls of a kind by what they are about, as text: objects would take many times the memory."""
        found: dict[str, list[str]] = {}
        for call in self._all(kind):
            if isinstance(data := call.get("data"), dict):
                found.setdefault(str(data.get(key)), []).append(json.dumps(call))
        return found

    def image(self, image: Image) -> Iterator[bytes]:
        """Read a logo beside the dump, else fetch it from where it is shown."""
        file = self._folder / IMAGES / image.folder / image.name
        if _is_inside(file, self._folder / IMAGES) and file.is_file():
            return _chunks(file)
        return fetch(image.address, {}, timeout_s=self._timeout_s)


def kind_of(entry: JsonDict) -> str:
    """Return of which kind an object of a dump is, "" when of none.

    >>> kind_of({"name": "a", "resources": []}), kind_of({"name": "b", "is_organization": True})
    ('datasets', 'organizations')
    >>> kind_of({"action": "vocabulary_create", "data": {"name": "pays"}})
    'vocabularies'
    """
    if "action" in entry:
        return ACTIONS.get(str(entry["action"]), "")
    if "resources" in entry:
        return "datasets"
    if "is_organization" in entry:
        return "organizations" if entry["is_organization"] else "groups"
    return "users" if "fullname" in entry or "email_hash" in entry else ""


def _require_known(file: Path) -> None:
    """Read as far as the first object that can be brought; an empty file, as of a CKAN without groups, is a dump.

    :raises UsageError: there are lines, and none is such an object.
    """
    kinds = map(kind_of, _read_lines(file))
    if next(kinds, None) == "" and not any(kinds):
        raise UsageError(f"{file.name} holds nothing that can be brought: no dataset, organization, …", hint=WRITTEN_BY)


def _read_lines(file: Path) -> Iterator[JsonDict]:
    with closing(_opened(file)) as lines:
        for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES), b""), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(
                    f"{file.name}, line {number}: this is no JSON object ({error}).", hint=WRITTEN_BY
                ) from error
            if not isinstance(entry, dict):
                raise UsageError(f"{file.name}, line {number}: this is no JSON object.", hint=WRITTEN_BY)
            yield entry


def _opened(file: Path) -> BinaryIO:
    try:
        return cast(BinaryIO, gzip.open(file)) if file.suffix == ".gz" else file.open("rb")
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror or error}.") from error


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror or error}.") from error


def _is_inside(path: Path, folder: Path) -> bool:
    """An id comes from the dump: it must not lead out of its folder."""
    return path.resolve().is_relative_to(folder.resolve())
