from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from odl_host.errors import StorageError, Unavailable
from odl_host.pipeline.records.journal import Journal, last_waiting, list_runs, new_run_id, read_run
from odl_host.pipeline.records.lock import hold_lock
from odl_host.pipeline.runs.waiting import still_waiting


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    names = [new_run_id(datetime(2026, 11, day, 2, tzinfo=UTC)) for day in (21, 23, 22)]
    for name in names:
        Journal.start(tmp_path, name).close()
    assert list_runs(tmp_path) == [names[1], names[2], names[0]]


def test_a_journal_tells_the_report_of_a_run_that_ended(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, "r1")
    journal.write("start", run="r1")
    journal.write("end", report={"counts": {"published": 3}})
    journal.close()
    past = read_run(tmp_path, "r1")
    assert past.report == {"counts": {"published": 3}}
    assert past.started


def test_a_line_cut_short_by_a_kill_is_left_out(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, "r1")
    journal.write("start", run="r1")
    journal.close()
    with (tmp_path / "r1.jsonl").open("a") as file:
        file.write('{"event": "end", "rep')
    assert read_run(tmp_path, "r1").report is None


def test_what_waits_is_told_by_the_last_run_that_ended(tmp_path: Path) -> None:
    items = [{"path": "a", "outcome": "rejected"}, {"path": "b", "outcome": "unchanged"}]
    assert last_waiting(tmp_path) is None
    earlier = Journal.start(tmp_path, "r1")  # as an earlier version wrote it
    earlier.write("start", run="r1")
    earlier.write("end", report={"items": items})
    earlier.write("follow-up failed", error="x")
    earlier.close()
    (old,) = last_waiting(tmp_path) or ()
    assert (old["item"]["path"], old["run"]) == ("a", "r1")
    assert list(still_waiting([], [old], [], mirrors=tmp_path, run="r2", since="")) == []  # nobody knows where it lies
    killed = Journal.start(tmp_path, "r2")
    killed.write("waiting", files=[{"item": items[1], "run": "r2", "since": "", "lies": "/b"}])
    killed.close()
    assert last_waiting(tmp_path) == [old]
    ended = Journal.start(tmp_path, "r3")
    ended.write("waiting", files=[])
    ended.write("end", report={"items": items})
    ended.close()
    assert last_waiting(tmp_path) == []


def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="journal"):
        Journal.start(tmp_path / "file" / "runs", "r1")


def hold_until_killed(path: str, ready: multiprocessing.synchronize.Event) -> None:
    with hold_lock(Path(path), command="odl-host publish /depot"):
        ready.set()
        signal.pause()


def test_the_second_run_learns_who_holds_the_lock_and_a_kill_releases_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold_until_killed, args=(str(path), ready))
    process.start()
    try:
        assert ready.wait(60)
        with (
            pytest.raises(Unavailable, match=rf"odl-host publish /depot.*process {process.pid}") as caught,
            hold_lock(path, command="second"),
        ):
            pass
        assert caught.value.exit_code == 5
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    with hold_lock(path, command="third"):
        assert "third" in path.read_text()


def test_lines_of_several_writers_are_shown_one_after_the_other(tmp_path: Path) -> None:
    shown: list[str] = []

    def echo(line: Mapping[str, Any]) -> None:
        shown.append("begin")
        time.sleep(0.001)
        shown.append("end")

    journal = Journal.start(tmp_path, "r", echo=echo)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: journal.write("dataset", number=number), range(12)))
    journal.close()
    assert shown == ["begin", "end"] * 12
