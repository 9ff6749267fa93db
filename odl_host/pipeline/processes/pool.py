"""Working on many things in several processes, none of which can stop the others.

One that ends the process that works on it costs itself its outcome and nothing else.
"""

from __future__ import annotations

import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from odl_host.errors import UsageError
from odl_host.pipeline.processes.interrupt import end_with_parent, held_interrupt

# What is handed to a worker at once: enough to hide the passing of messages, little enough to share the work evenly.
CHUNK_FILES = 8
CHUNK_BYTES = 1_000_000

# Batches handed out ahead, per process: enough to keep it busy, few enough that results do not pile up in memory.
BATCHES_AHEAD = 4


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
    executor: str = "",
    weigh: Callable[[Item], int] = lambda _item: 0,
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in order; `ended(item)` for one whose process ended abruptly.

    `work`, `start` and what they take and give must be picklable; each process begins with `start(*arguments)`.
    `executor`: the address of a Dask cluster (`dask://host:port`), instead of processes of this machine. `weigh`: the
    bytes that an item reads; heavy ones are handed out one by one.

    :raises UsageError: there is no such cluster, or what is needed to reach it is not installed.
    """
    done = 0
    while done < len(items):
        batches = _cut(items[done:], chunk, weigh)
        try:
            with _open_executor(executor, jobs) as (pool, width):

                def submit(batch: list[Item], pool: Executor = pool) -> Future[list[Result]]:
                    return pool.submit(_work_off, work, batch, start, arguments)

                waiting: deque[tuple[list[Item], Future[list[Result]]]] = deque()
                while True:
                    for batch in itertools.islice(batches, BATCHES_AHEAD * width - len(waiting)):
                        waiting.append((batch, submit(batch)))
                    if not waiting:
                        break
                    batch, future = waiting.popleft()
                    for result in _results(batch, future, ended, submit):
                        yield result
                        done += 1
        except BrokenProcessPool:
            # An item ended the process that worked on it. It is in one of the batches under way: each goes apart.
            for batch in itertools.islice(_cut(items[done:], chunk, weigh), 2 * jobs):
                for result in _work_apart(work, batch, ended, start, arguments):
                    yield result
                    done += 1


def _cut(items: Sequence[Item], most: int, weigh: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Cut items into batches of `most`, and fewer where they are heavy."""
    batch: list[Item] = []
    weight = 0
    for item in items:
        more = weigh(item)
        if batch and (len(batch) == most or weight + more > CHUNK_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += more
    if batch:
        yield batch


def _results(
    batch: list[Item],
    future: Future[list[Result]],
    ended: Callable[[Item], Result],
    submit: Callable[[list[Item]], Future[list[Result]]],
) -> list[Result]:
    """Wait for a batch; where it ended a worker of a cluster, which goes on with others, each item goes apart."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:
        name = type(error).__name__  # Dask's, which may not be installed
        if name not in {"KilledWorker", "FutureCancelledError"}:
            raise
        if len(batch) == 1 or name != "KilledWorker":
            return [ended(item) for item in batch]
    return [result for item in batch for result in _results([item], submit([item]), ended, submit)]


def _work_apart(
    work: Callable[[Item], Result],
    batch: Sequence[Item],
    ended: Callable[[Item], Result],
    start: Callable[..., None],
    arguments: tuple[Any, ...],
) -> list[Result]:
    """Work off a batch in a process of its own; should it end abruptly, each item in one."""
    try:
        with _open_processes(1) as pool:
            return pool.submit(_work_off, work, batch, start, arguments).result()
    except BrokenProcessPool:
        if len(batch) == 1:
            return [ended(batch[0])]
        return [result for item in batch for result in _work_apart(work, [item], ended, start, arguments)]


_prepared: tuple[Callable[..., None], tuple[Any, ...]] | None = None


def _work_off(
    work: Callable[[Item], Result], batch: Sequence[Item], start: Callable[..., None], arguments: tuple[Any, ...]
) -> list[Result]:
    """Work off a batch, in a worker: it is prepared at its first batch, whoever started it."""
    global _prepared
    if _prepared != (start, arguments):
        start(*arguments)
        _prepared = (start, arguments)
    return [work(item) for item in batch]


def _open_executor(address: str, jobs: int) -> AbstractContextManager[tuple[Executor, int]]:
    """Give an executor and the number of its workers; when the block is left by an error, begin nothing more."""
    return _open_dask(address) if address else _open_own(jobs)


@contextmanager
def _open_own(jobs: int) -> Iterator[tuple[Executor, int]]:
    with _open_processes(jobs) as pool:
        try:
            yield pool, jobs
        except BaseException:
            # On Ctrl-C, or when the run stops asking: end the files under way and begin no other.
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _open_processes(jobs: int) -> ProcessPoolExecutor:
    return _Processes(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),  # a fork would copy the catalogue's open database
        initializer=end_with_parent,
    )


class _Processes(ProcessPoolExecutor):
    """Processes that no Ctrl-C ends in their first imports, with a traceback each."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        resource_tracker.ensure_running()  # it would start with the first process, and let Ctrl-C through again
        with held_interrupt():  # a process that starts now is born as deaf as this one is
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _open_dask(address: str) -> Iterator[tuple[Executor, int]]:
    scheme, _, place = address.partition("://")
    if scheme != "dask" or not place:
        raise UsageError(f"“{address}” is no executor.", hint="For a Dask cluster: --executor dask://HOST:8786")
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("Dask is not installed.", hint="Install it with: pip install 'odl-host[dask]'") from error
    try:
        client = Client(f"tcp://{place}", timeout="10s")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"No Dask scheduler answers at {place}.", hint="Start one with: dask scheduler, then dask worker HOST:8786"
        ) from error
    with client:
        width = sum(client.ncores().values())
        if not width:
            raise UsageError(f"The Dask cluster at {place} has no worker.", hint=f"Start one: dask worker {place}")
        yield _Cluster(client), width  # closing the client calls off what is under way and what waits


class _Cluster(Executor):
    """The workers of a Dask cluster. Dask's own executor may never tell that a worker ended; its futures do."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return self._client.submit(fn, *args, **kwargs, pure=False)
