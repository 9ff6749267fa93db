"""What earlier runs of an import have brought, so that a run that was stopped goes on where it ended."""

from __future__ import annotations

import json
from pathlib import Path

from odl_host.errors import StorageError


class Brought:
    """What earlier runs have brought: a file with one line per object, its digest and its id over there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._digests: dict[tuple[str, str], str] = {}
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    kind, key, digest = json.loads(line)
                    self._digests[kind, key] = digest
                except ValueError:
                    continue  # the line that a killed run had begun

    def __contains__(self, entry: tuple[str, str, str]) -> bool:
        kind, key, digest = entry
        return self._digests.get((kind, key)) == digest

    def knows(self, kind: str, key: str) -> bool:
        """Tell whether an object has been brought at all, as it was at some time."""
        return (kind, key) in self._digests

    def add(self, kind: str, key: str, digest: str) -> None:
        """Write down that an object has been brought. :raises StorageError: it cannot be."""
        self._digests[kind, key] = digest
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([kind, key, digest]) + "\n")
        except OSError as error:
            raise StorageError(f"Cannot write {self._file}: {error.strerror or error}.") from error
