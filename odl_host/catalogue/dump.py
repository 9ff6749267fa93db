"""Writing a catalogue as JSON lines that `ckanapi load` and `odl-host import` read, with its files beside.

A folder holds `users.jsonl`, `organizations.jsonl`, `groups.jsonl` and `datasets.jsonl`, one object per line with its
keys sorted; `vocabularies.jsonl`, `views.jsonl`, `relationships.jsonl`, `collaborators.jsonl` and `followers.jsonl`,
one call per line; `files/RESOURCE_ID/NAME`, `originals/RESOURCE_ID/NAME` (as they were received), `images/group/NAME`
and `images/user/NAME`; and `rows/RESOURCE_ID.jsonl`, which `ckanapi batch` reads. Each file appears when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path, PurePath
from typing import TextIO

from odl_host.catalogue.dump_source import FILES, IMAGES, ORIGINALS, RELATIONSHIPS, ROWS, VIEWS
from odl_host.catalogue.source import Progress, Source, image_of, unseen
from odl_host.ckan import JsonDict
from odl_host.errors import CatalogueNotFound, StorageError


def write_dump(
    source: Source,
    folder: Path,
    *,
    kinds: tuple[str, ...],
    with_files: bool,
    progress: Progress = unseen,
) -> dict[str, int]:
    """Write the objects of `source` into `folder` and return how many of each kind, of files, tables, views and logos.

    :raises StorageError: it cannot be written. :raises Unavailable: the catalogue does not answer.
    """
    counts: dict[str, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in kinds:
            _Kind(source, folder, kind, counts, with_files=with_files).write(progress)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return counts


def keep_manifest(manifest: Path, folder: Path) -> None:
    """Put the manifest into a dump, beside the objects: it holds the settings, and no secret.

    :raises StorageError: it cannot be written.
    """
    try:
        (folder / "manifest.toml").write_bytes(manifest.read_bytes())
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The dump in {folder} cannot be written: {error.strerror or error}.",
        hint="Check the free space and the rights there, then run the same command again: it goes on.",
    )


class _Kind:
    """The writing of the objects of one kind."""

    def __init__(self, source: Source, folder: Path, kind: str, counts: dict[str, int], *, with_files: bool) -> None:
        self._source = source
        self._folder = folder
        self._kind = kind
        self._counts = counts
        self._with_files = with_files

    def write(self, progress: Progress) -> None:
        total = self._source.count(self._kind)
        done = 0
        children: list[JsonDict] = []
        with ExitStack() as stack:
            lines = stack.enter_context(_whole(self._folder / f"{self._kind}.jsonl"))
            beside = (
                [stack.enter_context(_whole(self._folder / name)) for name in (VIEWS, RELATIONSHIPS)]
                if self._kind == "datasets"
                else []
            )
            for entry in self._source.objects(self._kind):
                progress(self._kind, done, total)
                if beside:
                    entry = self._source.details(entry)
                    self._write_dataset(entry, *beside)
                elif self._with_files and self._kind in ("users", "organizations", "groups"):
                    self._count("images", self._write_image(entry))
                lines.write(_line(_loadable(entry)))
                done += 1
                if entry.get("groups") and self._kind != "datasets":
                    children.append(entry)
            lines.writelines(_line(_with_names_of_members(child)) for child in children)
        self._counts[self._kind] = done

    def _write_dataset(self, dataset: JsonDict, views: TextIO, relationships: TextIO) -> None:
        for resource in dataset.get("resources") or []:
            calls = self._source.views(resource) or []
            views.writelines(map(_line, calls))
            self._count("views", len(calls))
        calls = self._source.relationships(dataset)
        relationships.writelines(map(_line, calls))
        self._count("relationships", len(calls))
        if self._with_files:
            self._count("files", _write_files(self._source, dataset, self._folder))
            self._count("tables", _write_tables(self._source, dataset, self._folder))

    def _count(self, what: str, number: int) -> None:
        self._counts[what] = self._counts.get(what, 0) + number

    def _write_image(self, entry: JsonDict) -> int:
        image = image_of(self._kind, entry)
        if image is None:
            return 0
        place = self._folder / IMAGES / image.folder / image.name
        if not place.exists():  # its name says when it was uploaded: it never changes
            _save(self._source.image(image), place)
        return 1


@contextmanager
def _whole(place: Path) -> Iterator[TextIO]:
    """Open a file of lines that appears when it is whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    with open(part, "w", encoding="utf-8", opener=_for_owner) as lines:
        yield lines
    part.replace(place)


def _save(chunks: Iterator[bytes], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    with open(part, "wb", opener=_for_owner) as content:
        for chunk in chunks:
            content.write(chunk)
    part.replace(place)


def _for_owner(path: str, flags: int) -> int:
    """Open a file that only its owner reads: hashes of passwords, private datasets, what town halls sent are in it."""
    return os.open(path, flags, 0o600)


def _line(entry: JsonDict) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _loadable(entry: JsonDict) -> JsonDict:
    """Return an object as a CKAN can create it.

    CKAN fails (500) when it creates an organization or a group with its id below another, and a dataset with its
    relationships: what is below another stands a second time at the end, when all are there.
    """
    if "resources" in entry:
        return {**entry, "relationships_as_subject": [], "relationships_as_object": []}
    entry = _with_names_of_members(entry)
    return {**entry, "groups": []} if entry.get("groups") else entry


def _with_names_of_members(entry: JsonDict) -> JsonDict:
    """Return an organization or a group with the names of its members alone: who they are stands in users.jsonl."""
    if not entry.get("users"):
        return entry
    return {**entry, "users": [{key: user.get(key) for key in ("name", "capacity")} for user in entry["users"]]}


def _write_tables(source: Source, dataset: JsonDict, folder: Path) -> int:
    """Write the tables of a dataset that no file makes, and return how many it has."""
    count = 0
    for resource in dataset.get("resources") or []:
        place = folder / ROWS / f"{resource['id']}.jsonl"
        calls = source.table(resource)
        first = next(calls, None)
        if first is None:
            place.unlink(missing_ok=True)  # of a dump before this one
            continue
        with _whole(place) as lines:
            lines.writelines(map(_line, chain([first], calls)))
        count += 1
    return count


def _write_files(source: Source, dataset: JsonDict, folder: Path) -> int:
    """Write the uploaded files of a dataset that are not there yet, as received too, and return how many it has."""
    uploads = [resource for resource in dataset.get("resources") or [] if resource.get("url_type") == "upload"]
    count = 0
    for resource in uploads:
        name = str(resource["url"]).rstrip("/").rpartition("/")[2] or "fichier"
        place = folder / FILES / str(resource["id"]) / name
        count += _keep_file(place, resource.get("hash"), partial(source.content, resource))
        if resource.get("original_name"):
            name = PurePath(str(resource["original_name"])).name.lstrip(".") or "fichier"
            place = folder / ORIGINALS / str(resource["id"]) / name
            _keep_file(place, resource.get("original_hash"), partial(source.original, resource))
    return count


def _keep_file(place: Path, sha256: str | None, read: Callable[[], Iterator[bytes]]) -> bool:
    """Write a file, unless the very same is there from a dump before, and take away what had another name.

    Return whether there is one: a resource may say that it was uploaded, and have no file.
    """
    if not _is_same(place, sha256):
        try:
            _save(read(), place)
        except CatalogueNotFound:
            place.with_name(f".{place.name}.part").unlink()
            return False
    for other in place.parent.iterdir():
        if other != place:
            other.unlink()
    return True


def _is_same(place: Path, sha256: str | None) -> bool:
    if not sha256 or not place.exists():
        return False
    with place.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == sha256
