"""What people decided on the files that a run held back: released, dismissed, taken down; who, when and why.

One line of JSON per decision, only ever added to: it is the record that an administration must be able to show. The
files themselves stay where they are; a released one is published by the next run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from odl_host.errors import StorageError

Verb: TypeAlias = Literal["release", "dismiss", "takedown", "withdraw"]
"""Publish it all the same; leave it, say no more of it; never publish it again; take an earlier decision back."""

GROUNDS = {
    "false-alarm": "these are not data about a natural person",
    "consent": "the persons agreed to the publication",
    "law": "a law or a decree orders or allows this publication",
    "d312-1-3": "a category of article D. 312-1-3 of the CRPA: organisation of the administration; economic, "
    "associative, cultural, sport, tourist or political life; regulated professions; town planning...",
}
"""Why data about persons may be published. Source: CRPA, L. 312-1-2 and D. 312-1-3 (décret 2018-1117)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision on a file.

    `member` and `path` say which (the member's key, the path inside its folder), `sha256` with which content; an empty
    one means whatever content it has from now on. `holds` are what it was held back for.
    """

    verb: Verb
    member: str
    path: str
    sha256: str
    holds: tuple[str, ...]
    reason: str
    by: str
    at: str
    ground: str = ""

    @classmethod
    def make(
        cls,
        verb: Verb,
        member: str,
        path: str,
        *,
        holds: Iterable[str],
        reason: str,
        by: str,
        sha256: str = "",
        ground: str = "",
    ) -> Decision:
        """Return a decision taken now."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(verb, member, path, sha256, tuple(sorted(holds)), reason, by, at, ground)

    @property
    def day_in_french(self) -> str:
        """The day on which it was taken."""
        from odl_host.pipeline.reporting.wording import day

        return day(datetime.fromisoformat(self.at).astimezone().date())

    def frees_from(self, holds: Iterable[str]) -> bool:
        """Return whether this releases a file from all of these; what it was not given for holds the file back."""
        return self.verb == "release" and set(holds) <= set(self.holds)

    def covers(self, sha256: str) -> bool:
        """Return whether the decision is about this content."""
        return self.sha256 in {"", sha256}


class Decisions:
    """The decisions of one tenant, by file."""

    def __init__(self, path: Path, entries: Iterable[Decision] = ()) -> None:
        self.path = path
        self._by_file: dict[tuple[str, str], list[Decision]] = {}
        for entry in entries:
            self._by_file.setdefault((entry.member, entry.path), []).append(entry)

    @classmethod
    def load(cls, path: Path) -> Decisions:
        """Read the decisions of a tenant; none when the file is absent.

        :raises StorageError: it cannot be read, or a line of it is not a decision.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return cls(path)
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(f"The decisions in {path} cannot be read: {error}.") from error
        entries = []
        for number, line in enumerate(lines, start=1):
            try:
                values = json.loads(line)
                entries.append(Decision(**{**values, "holds": tuple(values["holds"])}))
            except (ValueError, TypeError, KeyError) as error:
                if number == len(lines):
                    break  # the disk was full, or the machine stopped, while the last one was written
                raise StorageError(
                    f"Line {number} of {path} is not a decision.", hint="Restore the file from a backup."
                ) from error
        return cls(path, entries)

    def on(self, member: str, path: str, sha256: str) -> Decision | None:
        """Return the decision in force on a file with this content, or None."""
        for entry in reversed(self._by_file.get((member, path), ())):
            if entry.covers(sha256):
                return None if entry.verb == "withdraw" else entry
        return None

    def add(self, decision: Decision) -> None:
        """Record a decision; it is on the disk when this returns. :raises StorageError: it cannot be written."""
        line = json.dumps(asdict(decision), ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.truncate(_whole_lines(file))
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(f"The decision cannot be written to {self.path}: {error.strerror or error}.") from error
        self._by_file.setdefault((decision.member, decision.path), []).append(decision)


def _whole_lines(file: BinaryIO) -> int:
    """Return the length of the file without a last line that was not written to its end: nobody was told of it."""
    file.seek(0)
    return file.read().rfind(b"\n") + 1
