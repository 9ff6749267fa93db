"""Writing a catalogue as JSON lines that `ckanapi load` and `odl-host import` read, with its files beside.

A folder holds `users.jsonl`, `organizations.jsonl`, `groups.jsonl` and `datasets.jsonl`, one object per line with its
keys sorted, `files/RESOURCE_ID/NAME`, and `rows/RESOURCE_ID.jsonl`, which `ckanapi batch` reads. Each file appears when
it is whole.
"""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path

from odl_host.catalogue.source import FILES, ROWS, Progress, Source, unseen
from odl_host.ckan import JsonDict
from odl_host.errors import StorageError


def write_dump(
    source: Source,
    folder: Path,
    *,
    kinds: tuple[str, ...],
    with_files: bool,
    progress: Progress = unseen,
) -> dict[str, int]:
    """Write the objects of `source` into `folder` and return how many of each kind, and of files.

    :raises StorageError: it cannot be written. :raises Unavailable: the catalogue does not answer.
    """
    counts: dict[str, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in kinds:
            place = folder / f"{kind}.jsonl"
            part = folder / f".{kind}.jsonl.part"
            total = source.count(kind)
            counts[kind] = 0
            children: list[JsonDict] = []
            # Users come with the hashes of their passwords: only the owner of the dump reads it.
            with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as lines:  # noqa: PTH123 - a mode at creation
                for entry in source.objects(kind):
                    progress(kind, counts[kind], total)
                    lines.write(_line(_loadable(entry)))
                    counts[kind] += 1
                    if entry.get("groups") and kind != "datasets":
                        children.append(entry)
                    if with_files and kind == "datasets":
                        counts["files"] = counts.get("files", 0) + _write_files(source, entry, folder)
                        counts["tables"] = counts.get("tables", 0) + _write_tables(source, entry, folder)
                lines.writelines(map(_line, children))
            part.replace(place)
    except OSError as error:
        raise StorageError(f"The dump in {folder} cannot be written: {error.strerror or error}.") from error
    return counts


def _line(entry: JsonDict) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _loadable(entry: JsonDict) -> JsonDict:
    """Return an object as a CKAN can create it.

    CKAN fails (500) when it creates an organization or a group with its id below another, and a dataset with its
    relationships: what is below another stands a second time at the end, when all are there.
    """
    if "resources" in entry:
        return {**entry, "relationships_as_subject": [], "relationships_as_object": []}
    return {**entry, "groups": []} if entry.get("groups") else entry


def _write_tables(source: Source, dataset: JsonDict, folder: Path) -> int:
    """Write the tables of a dataset that no file makes, and return how many it has."""
    count = 0
    for resource in dataset.get("resources") or []:
        place = folder / ROWS / f"{resource['id']}.jsonl"
        part = place.with_name(f".{place.name}.part")
        calls = source.table(resource)
        first = next(calls, None)
        if first is None:
            place.unlink(missing_ok=True)  # of a dump before this one
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as lines:
            lines.writelines(map(_line, chain([first], calls)))
        part.replace(place)
        count += 1
    return count


def _write_files(source: Source, dataset: JsonDict, folder: Path) -> int:
    """Write the uploaded files of a dataset that are not there yet, and return how many it has."""
    uploads = [resource for resource in dataset.get("resources") or [] if resource.get("url_type") == "upload"]
    for resource in uploads:
        name = str(resource["url"]).rstrip("/").rpartition("/")[2] or "fichier"
        place = folder / FILES / str(resource["id"]) / name
        if place.exists() and place.stat().st_size == resource.get("size"):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{name}.part")
        with part.open("wb") as content:
            for chunk in source.content(resource):
                content.write(chunk)
        part.replace(place)
    return len(uploads)
