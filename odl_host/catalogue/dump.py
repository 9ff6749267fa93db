"""Writing a catalogue as JSON lines that `ckanapi load` and `odl-host import` read, with its files beside.

A folder holds `users.jsonl`, `organizations.jsonl`, `groups.jsonl` and `datasets.jsonl`, one object per line with its
keys sorted, and `files/RESOURCE_ID/NAME`. Each file appears when it is whole.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from odl_host.catalogue.source import FILES, Progress, Source, unseen
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
            # Users come with the hashes of their passwords: only the owner of the dump reads it.
            with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as lines:  # noqa: PTH123 - a mode at creation
                for entry in source.objects(kind):
                    progress(kind, counts[kind], total)
                    lines.write(json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
                    counts[kind] += 1
                    if with_files and kind == "datasets":
                        counts["files"] = counts.get("files", 0) + _write_files(source, entry, folder)
            part.replace(place)
    except OSError as error:
        raise StorageError(f"The dump in {folder} cannot be written: {error.strerror or error}.") from error
    return counts


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
