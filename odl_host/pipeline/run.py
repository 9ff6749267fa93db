"""A run: from a deposit to the catalogue; it holds the lock, the journal and the order of the stages."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from odl_host.errors import OdlError, UsageError
from odl_host.pipeline.apply import apply_plan
from odl_host.pipeline.context import Progress, RunContext
from odl_host.pipeline.planning import iter_plan
from odl_host.pipeline.plans.plan import Plan
from odl_host.pipeline.plans.planfile import PlanFile, require_same
from odl_host.pipeline.processes.interrupt import deferred_interrupt
from odl_host.pipeline.records.journal import Journal, last_waiting, new_run_id
from odl_host.pipeline.records.lock import hold_lock
from odl_host.pipeline.runs.outcomes import RunReport
from odl_host.pipeline.runs.waiting import still_waiting
from odl_host.pipeline.sources.gather import is_whole, looked_at

MOST_REMOVED_SHARE = 0.5
MOST_REMOVED_FILES = 10
"""More than this share of what is published, and more than this many files, leave only by a plan that was read."""


def publish_deposit(
    context: RunContext,
    deposit: Path | str,
    *,
    command: str,
    progress: Progress,
    prune: bool = False,
    kept: PlanFile | None = None,
) -> RunReport:
    """Publish what is valid in a deposit, write a report for what is not, and return how each file ended.

    `kept`: the plan that a person has read; nothing is done unless the world is still as it says.

    :raises Unavailable: another run of this tenant is under way, or the catalogue does not answer.
    :raises PlanMoved: the kept plan is not what would be done. :raises UsageError: too much would be removed.
    """
    started = time.monotonic()
    with hold_lock(context.tenant.data / "lock", command=command), deferred_interrupt() as stop_here:

        def show(stage: str, done: int, total: int) -> None:
            progress(stage, done, total)
            stop_here()

        run = new_run_id(context.now, folder=context.runs)
        journal = Journal.start(context.runs, run, echo=context.echo)
        try:
            journal.write("start", run=run, deposit=str(deposit), pid=os.getpid())
            _empty(context.spool)
            with closing(iter_plan(context, deposit, progress=show, prune=prune, spool=context.spool)) as parts:
                agreed = _agreed(parts, kept, journal) if kept is not None or prune else parts
                applied = apply_plan(context, _noted(agreed, journal), journal, show)
            waiting = still_waiting(
                applied.outcomes,
                last_waiting(context.runs) or (),
                looked_at(context.tenant, str(deposit)),
                mirrors=context.tenant.data / "mirror",
                run=run,
                since=context.now.isoformat(timespec="seconds"),
                whole=is_whole(context.tenant, str(deposit)),
            )
            report = RunReport(
                context.tenant.name,
                run,
                tuple(applied.outcomes),
                time.monotonic() - started,
                tuple(applied.datasets),
                tuple(applied.problems),
                tuple(waiting),
            )
            journal.write("waiting", files=report.waiting)
            journal.write("end", report=report.as_json())
            _follow_up(context, report, journal)
        finally:
            journal.close()
            _empty(context.spool)
    return report


def _agreed(parts: Iterable[Plan], kept: PlanFile | None, journal: Journal) -> Iterator[Plan]:
    """Yield a whole plan, once it is sure that it may be applied.

    :raises PlanMoved: it is not the one that was read. :raises UsageError: nobody read it, and it removes much.
    """
    plan = Plan.join(parts)
    try:
        _require_agreed(kept, plan)
    except OdlError:
        journal.discard()
        raise
    yield plan


def _noted(parts: Iterable[Plan], journal: Journal) -> Iterator[Plan]:
    """Yield the parts of a plan, and write in the journal what it came to."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(step.action for step in part.steps())
        yield part
    journal.write("plan", counts=counts)


def _require_agreed(kept: PlanFile | None, plan: Plan) -> None:
    """Refuse a plan that is not the one that was read, or that nobody read and that removes much."""
    if kept is not None:
        require_same(kept, plan)
        return
    removed = plan.removals
    published = sum(step.action in {"unchanged", "describe", "update"} for step in plan.steps()) + removed
    if removed > MOST_REMOVED_FILES and removed > MOST_REMOVED_SHARE * published:
        raise UsageError(
            f"--prune would remove {removed} of {published} published files: is the deposit whole?",
            hint="Read the plan first: odl-host plan --prune -o plan.json, then: odl-host publish --plan plan.json",
        )


def _follow_up(context: RunContext, report: RunReport, journal: Journal) -> None:
    """Do what follows a run; none of it can undo the run or stop the rest."""
    for hook in context.after:
        try:
            hook(context, report)
        except Exception as error:  # noqa: BLE001 - whatever a mail server or a disk does, the run has ended well
            journal.write("follow-up failed", error=f"{type(error).__name__}: {error}")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
