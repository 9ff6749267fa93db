"""Writing rendered texts to the disk: compare, then replace each file in one step.

Nothing is deleted that was not written by the tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from odl_host.storage.atomic import write_atomically


@dataclass(frozen=True, slots=True)
class FileChange:
    """What happens to one file: "created", "updated" or "unchanged"."""

    path: Path
    kind: str


def plan_files(files: Mapping[Path, str]) -> list[FileChange]:
    """Return what writing these texts would change."""
    changes = []
    for path, text in files.items():
        old = path.read_bytes() if path.exists() else None
        changes.append(
            FileChange(path, "created" if old is None else "unchanged" if old == text.encode() else "updated")
        )
    return changes


def write_files(files: Mapping[Path, str]) -> list[FileChange]:
    """Write the texts that differ; a reader sees the old file or the new one, never a part.

    :raises StorageError: a file cannot be written.
    """
    changes = plan_files(files)
    for change in changes:
        if change.kind != "unchanged":
            write_atomically(change.path, files[change.path].encode())
    return changes
