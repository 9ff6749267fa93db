"""The files that a CKAN was sent, kept by us: it keeps none but the last.

Each lies once in the tenant's own storage, under its SHA-256, and a journal tells of which resource it was, and all
that was said of it: enough to send it again. It is put there before it is sent; one that was refused is struck out, and
what the catalogue shows tells whether the last one arrived.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from odl_host.catalogue.client import Sending, Upload
from odl_host.ckan import ResourceDict
from odl_host.errors import StorageError
from odl_host.storage import Blob, Storage
from odl_host.storage.atomic import sync_folder
from odl_host.storage.local import iter_chunks
from odl_host.storage.unused import remove_unused

_Numbered: TypeAlias = list[tuple[int, dict[str, Any]]]
"""The files of one resource with their numbers, as lines of the journal; {} for one that was forgotten."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file that a resource had, and what was said of it. `number` counts from 1; `original`: "" for none."""

    number: int
    package_id: str
    resource_id: str
    created: str
    sha256: str
    size_bytes: int
    filename: str
    mimetype: str
    original: str
    original_name: str
    fields: ResourceDict

    @property
    def source_hash(self) -> str:
        """The SHA-256 of the file that it was made from, "" where that was not said."""
        return str(self.fields.get("source_hash") or "")

    def as_line(self) -> dict[str, Any]:
        """Return the one line of a journal that says all of it, its number included."""
        return {
            "event": "kept",
            "at": self.created,
            "number": self.number,
            "package_id": self.package_id,
            "resource_id": self.resource_id,
            "sha256": self.sha256,
            "size": self.size_bytes,
            "filename": self.filename,
            "mimetype": self.mimetype,
            "original": self.original,
            "original_name": self.original_name,
            "fields": self.fields,
        }


class Shelf:
    """The kept files of one tenant; several writers may put files on it."""

    def __init__(self, storage: Storage, journal: Path) -> None:
        self._storage = storage
        self._journal = journal
        self._lock = threading.Lock()
        self._places: dict[str, list[int]] = {}
        self._read_to = 0
        self._inode = 0
        """The file that the places are of: `clean` puts another one in its stead, in another process perhaps."""

    def keep(self, package_id: str, sendings: Sequence[Sending]) -> None:
        """Keep files that are about to be sent. :raises StorageError: they cannot be kept."""
        blobs = self._put([file for sending in sendings for file in (sending.file, sending.original) if file])
        lines = []
        for sending in sendings:
            kept = next(blobs)
            original = sending.original
            lines.append(
                {
                    "event": "kept",
                    "at": _now(),
                    "package_id": package_id,
                    "resource_id": sending.resource["id"],
                    "sha256": kept.sha256,
                    "size": kept.size_bytes,
                    "filename": sending.file.filename,
                    "mimetype": sending.file.mimetype,
                    "original": next(blobs).sha256 if original else "",
                    "original_name": original.filename if original else "",
                    "fields": sending.resource,
                }
            )
        self._write(lines)

    def strike_out(self, sendings: Sequence[Sending]) -> None:
        """Forget the last file kept of each: the catalogue refused it. :raises StorageError: that cannot be written."""
        self._write([{"event": "refused", "at": _now(), "resource_id": one.resource["id"]} for one in sendings])

    def versions_of(self, resource_id: str) -> list[Kept]:
        """Return the files of a resource that are kept, the oldest first. :raises StorageError: they cannot be read."""
        return _versions(self._read(resource_id).get(resource_id, []))

    def forget(self, resource_id: str, *, keep: int) -> None:
        """Forget all but the last files of a resource. :raises StorageError: that cannot be written."""
        if len(self.versions_of(resource_id)) > keep:
            self._write([{"event": "forgotten", "at": _now(), "resource_id": resource_id, "keep": keep}])

    @contextmanager
    def taken_out(self, kept: Kept) -> Iterator[Sending]:
        """Give a kept file as it was sent. :raises StorageError: it is not there any more, or cannot be read."""
        with tempfile.TemporaryDirectory(prefix="odl-version-") as name:
            folder = Path(name)
            file = Upload(self._copy(kept.sha256, folder / "file"), kept.filename, kept.mimetype)
            original = None
            if kept.original:  # its suffix says its format
                place = folder / f"original{Path(kept.original_name).suffix}"
                original = Upload(self._copy(kept.original, place), kept.original_name)
            yield Sending(kept.fields, file, original)

    def clean(self, noted: Path, *, keep: int, now: datetime, dry_run: bool = False) -> dict[str, int]:
        """Forget files beyond the last `keep` of each resource (0: none), and remove those without use for a day.

        The journal is then written anew without what it need not say any more. Nothing may be put on the shelf
        meanwhile. `noted` remembers since when files are without use. Returns the counts: `versions` forgotten, files
        `removed`, files `waiting`.

        :raises StorageError: a file cannot be removed, or the note cannot be written.
        """
        forgotten = 0
        used: set[str] = set()
        for resource_id, numbered in self._read().items():
            versions = _versions(numbered)
            beyond = max(0, len(versions) - keep) if keep else 0
            forgotten += beyond
            if beyond and not dry_run:
                self.forget(resource_id, keep=keep)
                versions = versions[beyond:]
            for one in versions:
                used.update(filter(None, (one.sha256, one.original)))
        if not dry_run:
            self._compact()
        removed, waiting = remove_unused(self._storage, used, noted, now=now, dry_run=dry_run)
        return {"versions": forgotten, "removed": removed, "waiting": waiting}

    def _put(self, uploads: Sequence[Upload]) -> Iterator[Blob]:
        """Store files, and give their names in the same order; one that is ours gets a second name, no copy."""
        with ExitStack() as stack:
            try:
                sources = [
                    one.path if one.is_ours else iter_chunks(stack.enter_context(one.path.open("rb")))
                    for one in uploads
                ]
                return iter(self._storage.put_all(sources))
            except OSError as error:
                names = ", ".join(one.filename for one in uploads)
                raise StorageError(f"{names} cannot be kept: {error.strerror or error}.") from error

    def _copy(self, sha256: str, place: Path) -> Path:
        with self._storage.open(sha256) as stored, place.open("wb") as file:
            for chunk in iter_chunks(stored):
                file.write(chunk)
        return place

    def _write(self, lines: Sequence[dict[str, Any]]) -> None:
        """Add lines in one write, and wait until they are on the disk."""
        content = b"".join(map(_encoded, lines))
        try:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, self._journal.open("a+b") as file:
                is_new = not file.tell()
                if not is_new and not _ends_a_line(file):
                    content = b"\n" + content  # after a line that a power cut left unfinished
                file.write(content)
                file.flush()
                os.fdatasync(file.fileno())
                if is_new:
                    sync_folder(self._journal.parent)
        except OSError as error:
            raise StorageError(f"Cannot write {self._journal}: {error.strerror}.") from error

    def _compact(self) -> None:
        """Write the journal anew without what was forgotten, refused or said twice; numbers and dates stay."""
        lines: list[dict[str, Any]] = []
        for resource_id, numbered in self._read().items():
            kept = _versions(numbered)
            lines += [one.as_line() for one in kept]
            if numbered and (not kept or kept[-1].number != numbered[-1][0]):
                lines.append({"event": "numbered", "resource_id": resource_id, "number": numbered[-1][0]})
        if len(lines) >= sum(map(len, self._places.values())):
            return
        part = self._journal.with_name(f"{self._journal.name}.part")
        try:
            with self._lock:
                with part.open("wb") as file:
                    file.writelines(_encoded(line) for line in lines)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(self._journal)
                sync_folder(self._journal.parent)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageError(f"Cannot write {self._journal}: {error.strerror}.") from error

    def _read(self, resource_id: str = "") -> dict[str, _Numbered]:
        """Return what the journal says, of one resource or of all, by resource."""
        found: dict[str, _Numbered] = {}
        try:
            with self._lock, self._journal.open("rb") as file:
                self._find_lines(file)
                for key in [resource_id] if resource_id else self._places:
                    numbered: _Numbered = []
                    for place in self._places.get(key, ()):
                        file.seek(place)
                        _apply(json.loads(file.readline()), numbered)
                    found[key] = numbered
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError(f"{self._journal} cannot be read: {error.strerror}.") from error
        return found

    def _find_lines(self, file: BinaryIO) -> None:
        """Note where the lines of each resource are, of those that were added since it was last asked."""
        inode = os.fstat(file.fileno()).st_ino
        if inode != self._inode:
            self._places, self._read_to, self._inode = {}, 0, inode
        file.seek(self._read_to)
        while raw := file.readline():
            if not raw.endswith(b"\n"):
                return
            if line := _decoded(raw):
                self._places.setdefault(line["resource_id"], []).append(self._read_to)
            self._read_to += len(raw)


def _apply(line: dict[str, Any], versions: _Numbered) -> None:
    """Bring the numbered files of a resource to where a line of the journal leads; {} is one that was forgotten."""
    match line["event"]:
        case "kept":
            number, last = versions[-1] if versions else (0, {})
            is_same = last and (last["sha256"], last["original"]) == (line["sha256"], line["original"])
            versions.append((line.get("number") or (number if is_same else number + 1), line))
        case "numbered":
            versions.append((line["number"], {}))
        case "refused" if versions:
            versions.pop()
        case "forgotten":
            numbers = sorted({number for number, one in versions if one})
            gone = numbers[: max(0, len(numbers) - line["keep"])]
            # Its place stays, and with it its number: a number is never given twice.
            versions[:] = [(number, {} if number in gone else one) for number, one in versions]


def _versions(numbered: _Numbered) -> list[Kept]:
    """Return the versions; a file that was sent again as it was is one version, with what was said of it last."""
    found: dict[int, Kept] = {}
    for number, line in numbered:
        if line:
            found[number] = Kept(
                number=number,
                package_id=line["package_id"],
                resource_id=line["resource_id"],
                created=found[number].created if number in found else line["at"],
                sha256=line["sha256"],
                size_bytes=line["size"],
                filename=line["filename"],
                mimetype=line["mimetype"],
                original=line["original"],
                original_name=line["original_name"],
                fields=line["fields"],
            )
    return list(found.values())


def _encoded(line: dict[str, Any]) -> bytes:
    return f"{json.dumps(line, ensure_ascii=False)}\n".encode()


def _decoded(raw: bytes) -> dict[str, Any]:
    """Return a line of the journal, {} for one that a power cut left unfinished."""
    try:
        line: dict[str, Any] = json.loads(raw)
    except ValueError:
        return {}
    return line


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
