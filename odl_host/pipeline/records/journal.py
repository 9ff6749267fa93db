"""The journal: what each run did, written line by line before and after each effect.

It makes `status` possible and tells how far a killed run came. It is never the truth: the catalogue is.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from odl_host.errors import StorageError

_encode = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` would make an encoder for each line

Echo: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Called with each line of a journal as it is written."""


def new_run_id(now: datetime, *, folder: Path | None = None) -> str:
    """Return a name for a run that sorts by time, and after the runs of `folder` even when the clock went back.

    >>> new_run_id(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))[:16]
    '20261123T020000Z'
    """
    moment = now.astimezone(UTC)
    for last in list_runs(folder)[:1] if folder else []:
        with suppress(ValueError):
            moment = max(moment, datetime.strptime(last[:16], "%Y%m%dT%H%M%S%z") + timedelta(seconds=1))
    return f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


class Journal:
    """The journal of one run: a file of JSON lines, each with the system before the next effect begins.

    Killing the run loses none of them. `sync`, before each dataset, makes them survive a power cut too.
    """

    def __init__(self, file: TextIO, echo: Echo | None = None) -> None:
        self._file = file
        self._echo = echo
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._written = self._synced = 0

    @classmethod
    def start(cls, folder: Path, run: str, *, echo: Echo | None = None) -> Journal:
        """Open the journal of a new run; `echo` is given each line too. :raises StorageError: it cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls((folder / f"{run}.jsonl").open("x", encoding="utf-8", errors="backslashreplace"), echo)
        except OSError as error:
            raise StorageError(f"Cannot write the journal under {folder}: {error.strerror}.") from error

    def write(self, event: str, **values: Any) -> None:
        """Add one line. :raises StorageError: the disk refuses it."""
        line = {"event": event, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), **values}
        with self._lock:
            if self._echo:
                self._echo(line)
            try:
                self._file.write(f"{_encode(line)}\n")
                self._file.flush()
                self._written += 1
            except OSError as error:
                raise StorageError(f"Cannot write the journal {self._file.name}: {error.strerror}.") from error

    def sync(self) -> None:
        """Wait until what was written is on the disk, so that it survives a power cut.

        Of several writers that wait, one does it for all.

        :raises StorageError: the disk refuses it.
        """
        wanted = self._written
        with self._syncing:
            if self._synced >= wanted:
                return
            reached = self._written
            try:
                os.fdatasync(self._file.fileno())
            except OSError as error:
                raise StorageError(f"Cannot write the journal {self._file.name}: {error.strerror}.") from error
            self._synced = reached

    def close(self) -> None:
        """Flush to the disk and close."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageError(f"Cannot write the journal {self._file.name}: {error.strerror}.") from error
        finally:
            self._file.close()

    def discard(self) -> None:
        """Remove the journal of a run that was refused before its first effect: it is no run that anything follows."""
        with suppress(OSError):
            Path(self._file.name).unlink()


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as its journal tells it; `report` is None when the run did not reach its end."""

    run: str
    started: str
    report: dict[str, Any] | None


def list_runs(folder: Path) -> list[str]:
    """Return the names of the runs, newest first."""
    return sorted((file.stem for file in folder.glob("*.jsonl")), reverse=True)


def forget_runs(folder: Path, *, keep: int) -> None:
    """Remove the journals of all runs but the last `keep`. :raises OSError: one cannot be removed."""
    for run in list_runs(folder)[keep:]:
        (folder / f"{run}.jsonl").unlink(missing_ok=True)


def last_waiting(folder: Path) -> list[dict[str, Any]] | None:
    """Return what waited after the last run that reached its end (see `waiting.py`), or None when none did.

    The report of that run is not decoded: it may tell of ten thousand files that did not change.
    """
    for run in list_runs(folder):
        waiting, is_ended = "", False
        with (folder / f"{run}.jsonl").open(encoding="utf-8", errors="replace") as file:
            for text in file:
                if text.startswith('{"event": "waiting"'):
                    waiting = text
                is_ended = is_ended or (text.startswith('{"event": "end"') and text.endswith("}\n"))
        if is_ended:
            files: list[dict[str, Any]] = json.loads(waiting)["files"] if waiting else _waiting_in_report(folder, run)
            return files
    return None


def _waiting_in_report(folder: Path, run: str) -> list[dict[str, Any]]:
    """Return what a run kept out, from the journal of an earlier version."""
    past = read_run(folder, run)
    items = past.report["items"] if past.report else []
    kept_out = [item for item in items if item["outcome"] in {"rejected", "blocked", "failed"}]
    return [{"item": item, "run": run, "since": past.started, "lies": ""} for item in kept_out]


def read_run(folder: Path, run: str) -> PastRun:
    """Return what a journal tells; a last line cut short by a kill is left out."""
    started = ""
    report = None
    for line in _lines(folder / f"{run}.jsonl"):
        if line["event"] == "start":
            started = line["at"]
        elif line["event"] == "end":
            report = line["report"]
    return PastRun(run, started, report)


def read_effects(folder: Path, run: str) -> list[dict[str, Any]]:
    """Return what a run did, or was about to do when it was killed, with the keys of its report's items."""
    lines = [line for line in _lines(folder / f"{run}.jsonl") if line["event"] == "sending"]
    return [{**line, "resource_id": line["resource"]} for line in lines if "member_key" in line]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:  # a line that a kill or a power cut left unfinished
                continue
            if isinstance(line, dict) and "event" in line and "at" in line:
                yield line
