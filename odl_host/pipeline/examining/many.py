"""Examining many files, in several processes when it is worth starting them.

A file that ends the process that works on it costs that file its outcome and nothing else.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Sequence
from pathlib import Path

from odl_host.pipeline.examining.examine import Examination, ExamineSettings, Task, examine_isolated, measure_file
from odl_host.pipeline.processes.pool import map_in_processes
from odl_host.schemas.registry import Registry, Schema, load_registry

# Below this many files, starting processes costs more than it saves.
POOL_THRESHOLD_FILES = 12


def examine_all(
    tasks: Sequence[Task],
    settings: ExamineSettings,
    *,
    cache: Path,
    jobs: int,
    schema: Schema | None = None,
    executor: str = "",
) -> Generator[Examination, None, None]:
    """Yield the examination of each task, in order; several processes when it is worth starting them.

    `cache`: the folder of loaded schemas. `jobs`: processes; 0 takes one per processor. `schema`: what to judge by,
    when it is not to be recognised. `executor`: see `map_in_processes`.
    """
    jobs = jobs or os.cpu_count() or 1
    if not executor and (jobs == 1 or len(tasks) < POOL_THRESHOLD_FILES):
        registry = load_registry(cache)
        for task in tasks:
            yield examine_isolated(task, registry, settings, schema=schema)
        return
    yield from map_in_processes(
        _examine_in_worker,
        tasks,
        _ended_abruptly,
        jobs=jobs,
        start=_start_worker,
        arguments=(cache, settings, schema),
        executor=executor,
        weigh=lambda task: measure_file(task.path),
    )


def _ended_abruptly(task: Task) -> Examination:
    path = task.path
    return Examination(path, "", "failed", detail=f"{path.name}: the process that read this file ended abruptly.")


_worker: tuple[Registry, ExamineSettings, Schema | None] | None = None


def _start_worker(cache: Path, settings: ExamineSettings, schema: Schema | None) -> None:
    global _worker
    gc.set_threshold(50_000)  # as the command's own process: rows are many, and none of them is garbage of that kind
    _worker = (load_registry(cache), settings, schema)


def _examine_in_worker(task: Task) -> Examination:
    assert _worker is not None
    registry, settings, schema = _worker
    return examine_isolated(task, registry, settings, schema=schema)
