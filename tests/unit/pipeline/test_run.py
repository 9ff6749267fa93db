from __future__ import annotations

import os
import signal
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.examining import many
from odl_host.pipeline.examining.examine import ExamineSettings, Task, examine_isolated
from odl_host.pipeline.plans.plan import Step
from odl_host.pipeline.reading.read import ReadLimits
from odl_host.pipeline.runs import outcomes

PRENOMS = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nBarby,73030,F,Zoé,3,2024\n"


def test_what_nobody_foresaw_in_one_file_is_its_outcome(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(PRENOMS, encoding="utf-8")
    settings = ExamineSettings(limits=ReadLimits(), max_findings=10, today=date(2026, 11, 23))
    broken_registry = object()
    examination = examine_isolated(Task(file), broken_registry, settings)  # type: ignore[arg-type]
    assert examination.outcome == "failed"
    assert examination.detail.startswith("a.csv: TypeError")


def test_a_worker_that_dies_costs_no_other_file(tmp_path: Path) -> None:
    """The worker is killed from outside while it reads, as a crash inside a library would end it."""
    settings = ExamineSettings(limits=ReadLimits(), max_findings=10, today=date(2026, 11, 23))
    tasks = []
    for number in range(40):
        file = tmp_path / f"{number:02}.csv"
        file.write_text(PRENOMS + "Barby,73030,F,Ana,3,2024\n" * 2000, encoding="utf-8")
        tasks.append(Task(file))
    killed = threading.Event()

    def is_worker(process: str) -> bool:
        try:
            return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            return False

    def kill_a_worker() -> None:
        while not killed.is_set():
            children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
            for child in filter(is_worker, children):
                time.sleep(0.6)
                if is_worker(child):
                    os.kill(int(child), signal.SIGKILL)
                killed.set()
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_a_worker)
    killer.start()
    try:
        examined = list(many.examine_all(tasks, settings, cache=tmp_path / "schemas", jobs=2))
    finally:
        killed.set()
        killer.join()
    assert [examination.path for examination in examined] == [task.path for task in tasks]
    assert [examination.outcome for examination in examined].count("valid") >= len(tasks) - 1


@pytest.mark.parametrize("outcome", outcomes.OUTCOMES)
def test_a_run_is_complete_when_every_file_is_online(outcome: str) -> None:
    source = SourceFile(Path("a"), "73065/a", "73065", None)
    report = outcomes.RunReport("t", "r", (outcomes.Outcome(Step(source, "create"), outcome),), 0.0)
    assert report.complete is (outcome in {"published", "updated", "unchanged", "removed"})
    assert report.counts[outcome] == 1
