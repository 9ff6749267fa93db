"""One large table judged by several processes, part by part, with the very report that one process would give.

Each process judges the rows of its part as if they were the first; this one shifts row numbers and adds up. What parts
cannot know of each other (a key that comes back in another part, a cut that was not between two rows...) makes the
whole attempt void: the caller then judges the table in one process.
"""

from __future__ import annotations

import multiprocessing
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odl_host.errors import OdlError
from odl_host.pipeline.engine.rows import Engine
from odl_host.pipeline.processes.interrupt import end_with_parent
from odl_host.pipeline.reading.parts import BrokenCut

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from odl_host.pipeline.engine.report import Tally
    from odl_host.pipeline.reading.table import PassSurvey, Table


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """What the process of one part found. `keys`: for each rule of uniqueness, the hashes of the keys it met."""

    rows: int
    tally: Tally
    keys: tuple[array[int], ...]
    survey: PassSurvey
    whole: bool
    """Whether nothing was found that depends on the other parts."""


def can_fork() -> bool:
    """Say whether this process may be doubled: the others need what it has compiled, and it must have no thread."""
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def run_in_parts(engine: Engine, table: Table, parts: Sequence[Table]) -> bool:
    """Judge a table by its parts, this process taking the first; False when the attempt is void."""
    # Forked, for two reasons: nothing is imported or compiled again, and texts have the same hashes everywhere.
    context = multiprocessing.get_context("fork")
    workers: list[tuple[Any, Connection]] = []
    try:
        for part in parts[1:]:
            receiver, sender = context.Pipe(duplex=False)
            worker = context.Process(target=_judge_apart, args=(engine, part, sender), daemon=True)
            worker.start()
            sender.close()
            workers.append((worker, receiver))
        first = _judge_part(engine, parts[0])
        if first is None or not engine.settled:
            return False
        verdicts = [first]
        for _, receiver in workers:
            try:
                verdict = receiver.recv()
            except EOFError:
                return False
            if verdict is None or not verdict.whole:
                return False
            verdicts.append(verdict)
    finally:
        for worker, receiver in workers:
            worker.terminate()
            worker.join()
            receiver.close()
    if not verdicts[-1].rows or not all(map(_are_apart, zip(*(verdict.keys for verdict in verdicts), strict=True))):
        # Blank rows that end the file may begin in the part before; keys that come back are errors.
        return False
    for verdict in verdicts[1:]:
        engine.tally.absorb(verdict.tally, engine.rows)
        engine.rows += verdict.rows
    table.join([verdict.survey for verdict in verdicts], [verdict.rows for verdict in verdicts])
    return True


def _judge_apart(engine: Engine, part: Table, sender: Connection) -> None:
    """Judge a part in a process of its own, and send the verdict; None when the part cannot be judged by itself."""
    end_with_parent()
    engine.begin_part()
    sender.send(_judge_part(engine, part))
    sender.close()


def _judge_part(engine: Engine, part: Table) -> PartVerdict | None:
    try:
        engine.run(part.iter_batches())
    except (OdlError, BrokenCut):
        return None
    assert part.survey is not None  # the part was read to its end
    keys = tuple(array("q", map(hash, tracker.seen)) for tracker in engine.trackers)
    return PartVerdict(engine.rows, engine.tally, keys, part.survey, engine.is_whole)


def _are_apart(keys: Sequence[array[int]]) -> bool:
    """Say whether no hash is in two parts. Two keys of one hash are taken for the same: then one process decides."""
    seen: set[int] = set(keys[0]) if len(keys[0]) else set()
    for more in keys[1:]:
        if not seen.isdisjoint(more):
            return False
        seen.update(more)
    return True
