"""A run: from a deposit to the catalogue; it holds the lock, the journal and the order of the stages."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from odl_host.catalogue import upsert
from odl_host.catalogue.members import held_members
from odl_host.catalogue.roll import list_organizations
from odl_host.errors import OdlError, UsageError
from odl_host.pipeline.apply import apply_plan
from odl_host.pipeline.context import Progress, RunContext
from odl_host.pipeline.decided import decision_on, is_withdrawn
from odl_host.pipeline.decisions import Decisions
from odl_host.pipeline.deposit import sort_deposit, source_path
from odl_host.pipeline.examine import Examination, ExamineSettings, Task
from odl_host.pipeline.gates import INVALID
from odl_host.pipeline.identity import find_renamed
from odl_host.pipeline.interrupt import deferred_interrupt
from odl_host.pipeline.journal import Journal, last_waiting, new_run_id
from odl_host.pipeline.lock import hold_lock
from odl_host.pipeline.outcomes import RunReport
from odl_host.pipeline.plan import Plan
from odl_host.pipeline.planfile import PlanFile, require_same
from odl_host.pipeline.planner import Findings, Planner
from odl_host.pipeline.pool import examine_all
from odl_host.pipeline.quotas import hold_quotas
from odl_host.pipeline.reading.limits import read_limits
from odl_host.pipeline.seen import SeenFiles
from odl_host.pipeline.settled import is_settled
from odl_host.pipeline.sidecar import NO_SCHEMA, Sidecar
from odl_host.pipeline.sources.gather import gather, is_elsewhere, is_hollow, looked_at
from odl_host.pipeline.state import CatalogueState
from odl_host.pipeline.waiting import still_waiting
from odl_host.schemas.registry import load_registry

MOST_REMOVED_SHARE = 0.5
MOST_REMOVED_FILES = 10
"""More than this share of what is published, and more than this many files, leave only by a plan that was read."""


def plan_deposit(
    context: RunContext, deposit: Path | str, *, progress: Progress, prune: bool = False, spool: Path | None = None
) -> Plan:
    """Examine a deposit, a folder or an address, and return what publishing it would do; "" for all the tenant's.

    `prune`: what left the deposit leaves the catalogue. Normalised files are laid in `spool`; without it nothing is
    written but the record of hashes.

    :raises UsageError: the deposit cannot be listed, lost everything, or is only a part of what could be pruned.
    :raises CatalogueError: the catalogue cannot be read.
    """
    if prune and deposit and is_elsewhere(context.tenant):
        raise UsageError(
            "--prune needs every source of this tenant: one of them cannot tell what left the others.",
            hint="Leave the deposit out: odl-host publish --prune",
        )
    members = held_members(list_organizations(context.catalogue, context.tenant.organizations))
    gathered = gather(
        context.tenant,
        members,
        deposit=str(deposit),
        max_file_bytes=context.settings.max_file_mb * 1_000_000,
        progress=progress,
    )
    found = sort_deposit(gathered.files, context.tenant.manifest.publish)
    state = CatalogueState(upsert.iter_datasets(context.catalogue))
    is_empty = is_hollow(context.tenant, str(deposit))
    if is_empty and (online := sum(len(state.list_published(member)) for member in members)):
        raise UsageError(
            f"The deposit {deposit or context.tenant.deposit} is an empty folder, and {online} files are online: "
            "is its disk mounted?",
            hint="Mount it. If it was emptied on purpose, make any folder in it.",
        )
    stored = context.catalogue.stored_files()
    registry = load_registry(context.tenant.home.schema_cache)
    seen = SeenFiles(context.seen)
    hashes = seen.hash_all(source.path for source in found.files if source.member and not source.problem)
    seen.save()
    renamed = find_renamed(state, found, hashes)
    decisions = Decisions.load(context.tenant.decisions)
    tolerant = context.tenant.manifest.publish.tolerates_some
    rows = context.loads_rows
    tasks: list[Task] = []
    for source in found.files:
        sidecar = found.find_sidecar(source)
        if source.member is None or source.problem or (sidecar and sidecar.problem):
            continue
        published = state.find_published(source.member, source_path(source)) or renamed.get(source.path)
        sha256 = hashes[source.path]
        seen_again = is_withdrawn(decisions, source, published, sha256)
        if seen_again or not is_settled(sha256, published, sidecar, registry, stored, rows=rows):
            decision = decision_on(decisions, source, published, sha256)
            released = decision is not None and decision.frees_from([INVALID])
            tasks.append(_task(source.path, sidecar)._replace(tolerate=tolerant or released))
    examinations = _examine(context, tasks, progress=progress, spool=spool)
    planner = Planner(context.tenant, registry, state, found, decisions, rows=rows)
    settled = [member for member in members if member.id in gathered.settled]
    plan = planner.plan(Findings(hashes, examinations, renamed), members=members, prune=settled if prune else [])
    return hold_quotas(plan, state.by_id.values(), context.tenant.manifest.quotas)


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
            plan = plan_deposit(context, deposit, progress=show, prune=prune, spool=context.spool)
            try:
                _require_agreed(kept, plan)
            except OdlError:
                journal.discard()
                raise
            journal.write("plan", counts=plan.as_json()["counts"])
            applied = apply_plan(context, plan, journal, show)
            waiting = still_waiting(
                applied.outcomes,
                last_waiting(context.runs) or (),
                looked_at(context.tenant, str(deposit)),
                mirrors=context.tenant.data / "mirror",
                run=run,
                since=context.now.isoformat(timespec="seconds"),
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


def _task(path: Path, sidecar: Sidecar | None) -> Task:
    if sidecar is None:
        return Task(path)
    if sidecar.schema == NO_SCHEMA:
        return Task(path, as_is="always")
    return Task(path, sidecar.schema) if sidecar.schema else Task(path, as_is="otherwise")


def _examine(
    context: RunContext, tasks: list[Task], *, progress: Progress, spool: Path | None
) -> dict[Path, Examination]:
    settings = ExamineSettings(
        limits=read_limits(context.settings),
        max_findings=context.settings.max_findings,
        spool=spool,
        today=context.today,
    )
    cache = context.tenant.home.schema_cache
    examinations: dict[Path, Examination] = {}
    for examination in examine_all(tasks, settings, cache=cache, jobs=context.settings.jobs, executor=context.executor):
        examinations[examination.path] = examination
        progress("examine", len(examinations), len(tasks))
    return examinations


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
