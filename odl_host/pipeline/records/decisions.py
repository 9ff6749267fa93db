"""What people decided on the files that a run held back: released, dismissed, taken down; who, when and why.

One line of JSON per decision, only ever added to: it is the record that an administration must be able to show. The
files themselves stay where they are; a released one is published by the next run.
"""

from __future__ import annotations

import fcntl
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

PERSONAL_DATA = "personal-data"
INVALID = "invalid"
"""Codes of holds: the first is followed by kind and column; the second is for files that their schema refuses."""

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
    one means whatever content it has from now on. `holds` are what it was held back for. `content`: the SHA-256 of what
    was taken off the portal, which does not come back under another name either.
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
    content: str = ""

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
        content: str = "",
    ) -> Decision:
        """Return a decision taken now."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(verb, member, path, sha256, tuple(sorted(holds)), reason, by, at, ground, content)

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
        self._taken: dict[tuple[str, str], list[Decision]] = {}
        for entry in entries:
            self._note(entry)

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
        last = self._last(member, path, sha256)
        if last is None:
            return self.takedown_of(member, path, sha256)
        return None if last.verb == "withdraw" else last

    def takedown_of(self, member: str, path: str, sha256: str) -> Decision | None:
        """Return the takedown in force on a file with this content, or None.

        A takedown follows its content to other names of the member's folder, and outlives a dismissal, which only says
        that nobody wants to hear of the file any more.
        """
        last = self._last(member, path, sha256, but="dismiss")
        if last is not None:
            return last if last.verb == "takedown" else None
        for entry in reversed(self._taken.get((member, sha256), ()) if sha256 else ()):
            if entry.path != path and self._last(member, entry.path, sha256, but="dismiss") is entry:
                return entry
        return None

    def is_withdrawn(self, member: str, path: str, sha256: str) -> bool:
        """Return whether the last thing that was decided is that an earlier decision holds no more."""
        last = self._last(member, path, sha256)
        return last is not None and last.verb == "withdraw"

    def _last(self, member: str, path: str, sha256: str, *, but: str = "") -> Decision | None:
        entries = reversed(self._by_file.get((member, path), ()))
        return next((entry for entry in entries if entry.verb != but and entry.covers(sha256)), None)

    def _note(self, entry: Decision) -> None:
        self._by_file.setdefault((entry.member, entry.path), []).append(entry)
        content = entry.content or entry.sha256
        if entry.verb == "takedown" and content:
            self._taken.setdefault((entry.member, content), []).append(entry)

    def add(self, decision: Decision) -> None:
        """Record a decision; it is on the disk when this returns. :raises StorageError: it cannot be written."""
        line = json.dumps(asdict(decision), ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # two operators at once; closing the file gives it free
                file.truncate(_whole_lines(file))
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(f"The decision cannot be written to {self.path}: {error.strerror or error}.") from error
        self._note(decision)


def _whole_lines(file: BinaryIO) -> int:
    """Return the length of the file without a last line that was not written to its end: nobody was told of it."""
    file.seek(0)
    return file.read().rfind(b"\n") + 1
