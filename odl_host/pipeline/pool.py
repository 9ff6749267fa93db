"""Working on many files in several processes, none of which can stop the others.

A file that ends the process that works on it costs that file its outcome and nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from odl_host.pipeline.discover import SourceFile
from odl_host.pipeline.examine import Examination, ExamineSettings, examine_isolated
from odl_host.pipeline.interrupt import end_with_parent
from odl_host.schemas.registry import Registry, Schema, load_registry

# Below this many files, starting processes costs more than it saves.
POOL_THRESHOLD_FILES = 12

# Files handed to a worker at once: enough to hide the passing of messages, few enough to share the work evenly.
CHUNK_FILES = 4


def examine_sources(
    sources: Sequence[SourceFile], settings: ExamineSettings, *, cache: Path, jobs: int
) -> Iterator[tuple[SourceFile, Examination]]:
    """Yield each source with its examination, in order; see `examine_paths`."""
    paths = [source.path for source in sources]
    yield from zip(sources, examine_paths(paths, settings, cache=cache, jobs=jobs), strict=True)


def examine_paths(
    paths: Sequence[Path], settings: ExamineSettings, *, cache: Path, jobs: int, schema: Schema | None = None
) -> Iterator[Examination]:
    """Yield the examination of each file, in order; several processes when it is worth starting them.

    `cache`: the folder of loaded schemas. `jobs`: processes; 0 takes one per processor. `schema`: what to judge by,
    when it is not to be recognised.
    """
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(paths) < POOL_THRESHOLD_FILES:
        registry = load_registry(cache)
        for path in paths:
            yield examine_isolated(path, registry, settings, schema=schema)
        return
    yield from map_in_processes(
        _examine_in_worker, paths, _ended_abruptly, jobs=jobs, start=_start_worker, arguments=(cache, settings, schema)
    )


Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_processes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    ended: Callable[[Item], Result],
    *,
    jobs: int,
    start: Callable[..., None],
    arguments: tuple[Any, ...] = (),
    chunk: int = CHUNK_FILES,
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in order; `ended(item)` for one whose process ended abruptly.

    `work`, `start` and what they take and give must be picklable; each process begins with `start(*arguments)`.
    """
    done = 0
    while done < len(items):
        try:
            with _open_pool(jobs, start, arguments) as pool, _cancel_on_interrupt(pool):
                for result in pool.map(work, items[done:], chunksize=chunk):
                    yield result
                    done += 1
        except BrokenProcessPool:
            # An item ended the process that worked on it. It is among those under way: they go one process each.
            for item in items[done : done + 2 * jobs * chunk]:
                try:
                    with _open_pool(1, start, arguments) as pool:
                        result = pool.submit(work, item).result()
                except BrokenProcessPool:
                    result = ended(item)
                yield result
                done += 1


@contextmanager
def _cancel_on_interrupt(pool: ProcessPoolExecutor) -> Iterator[None]:
    """On Ctrl-C, or when the run stops asking, end the files under way and begin no other."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _open_pool(jobs: int, start: Callable[..., None], arguments: tuple[Any, ...]) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),  # a fork would copy the catalogue's open database
        initializer=_begin,
        initargs=(start, arguments),
    )


def _begin(start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    end_with_parent()
    start(*arguments)


def _ended_abruptly(path: Path) -> Examination:
    return Examination(path, "", "failed", detail=f"{path.name}: the process that read this file ended abruptly.")


_worker: tuple[Registry, ExamineSettings, Schema | None] | None = None


def _start_worker(cache: Path, settings: ExamineSettings, schema: Schema | None) -> None:
    global _worker
    _worker = (load_registry(cache), settings, schema)


def _examine_in_worker(path: Path) -> Examination:
    assert _worker is not None
    registry, settings, schema = _worker
    return examine_isolated(path, registry, settings, schema=schema)
