"""What every kind of source answers: the files it holds, and the bytes of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a source, as the listing tells it.

    `path` is below the source's root, with `/`, as the source spells it. `version` changes when the file does ("" when
    the listing does not tell). `size_bytes` may be unknown. `key` is what the source itself needs to fetch it.
    """

    path: str
    version: str = ""
    size_bytes: int | None = None
    key: Any = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was learnt by fetching: the version for the next time, and whether the file is still the known one."""

    version: str
    is_same: bool = False


class Source(Protocol):
    """Somewhere files are fetched from. Its methods raise `Unavailable`, `StorageError` or `NotStored`."""

    name: str
    parallel: int

    def iter_files(self) -> Iterator[RemoteFile]:
        """Yield every file; what cannot be fetched at all has a `problem`, in French."""

    def fetch(self, file: RemoteFile, known_version: str, sink: BinaryIO) -> Fetched:
        """Write a file's bytes to `sink`, or nothing when it still has the known version ("" when none is known)."""

    def close(self) -> None:
        """Let go of the connection."""
