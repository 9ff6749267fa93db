"""Examining on a Dask cluster: a real scheduler and a real worker, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from odl_host.errors import UsageError
from odl_host.pipeline.examining.examine import ExamineSettings, Task
from odl_host.pipeline.examining.many import examine_all
from odl_host.pipeline.processes.pool import map_in_processes
from odl_host.pipeline.reading.read import ReadLimits
from tests.ports import free_port

HEADER = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\n"
SETTINGS = ExamineSettings(limits=ReadLimits(), max_findings=10, today=date(2026, 11, 23))
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, scheduler_port=int(sys.argv[1]), dashboard_address=None):
        print("ready", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[str]:
    """Give the address of a cluster of one worker."""
    pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    port = free_port()
    cluster = subprocess.Popen(
        [sys.executable, str(script), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *filter(None, sys.path)])},
    )
    assert cluster.stdin and cluster.stdout
    try:
        assert cluster.stdout.readline() == "ready\n"
        yield f"dask://127.0.0.1:{port}"
    finally:
        cluster.stdin.close()
        cluster.stdout.close()
        cluster.wait(60)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what the cluster's own library warns of is not ours to mend
def test_a_dask_cluster_examines_as_processes_do_and_stops_when_no_more_is_asked(tmp_path: Path, executor: str) -> None:
    tasks = []
    for number in range(9):
        file = tmp_path / f"{number}.csv"
        wrong = "trois" if number == 4 else "3"
        file.write_text(f"{HEADER}Barby,73030,F,Zoé,{wrong},2024\n", encoding="utf-8")
        tasks.append(Task(file))
    found = list(examine_all(tasks, SETTINGS, cache=tmp_path / "schemas", jobs=1, executor=executor))
    assert [one.path for one in found] == [task.path for task in tasks]
    assert [one.outcome for one in found] == ["valid"] * 4 + ["invalid"] + ["valid"] * 4
    # A run asks for as many as it has files, and no more; another one is stopped in the middle.
    for asked in (len(tasks), 1):
        with closing(examine_all(tasks, SETTINGS, cache=tmp_path, jobs=1, executor=executor)) as examined:
            assert [one.path for one in islice(examined, asked)] == [task.path for task in tasks[:asked]]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_ends_a_worker_of_the_cluster_costs_no_other_its_outcome(executor: str) -> None:
    found = map_in_processes(_halve, [2, 0, 6], lambda _item: -1, jobs=1, start=_begin, executor=executor)
    assert list(found) == [1, -1, 3]


def _halve(number: int) -> int:
    if not number:
        os._exit(1)
    return number // 2


def _begin() -> None:
    """Prepare nothing."""


def test_an_executor_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no executor"):
        list(examine_all([Task(tmp_path)], SETTINGS, cache=tmp_path, jobs=1, executor="ray://x"))
