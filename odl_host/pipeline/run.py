"""A run: from a deposit to the catalogue; it holds the lock, the journal and the order of the stages."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from odl_host.catalogue import upsert
from odl_host.catalogue.members import held_members
from odl_host.pipeline.apply import apply_plan
from odl_host.pipeline.context import Progress, RunContext
from odl_host.pipeline.discover import SourceFile, discover
from odl_host.pipeline.examine import Examination, ExamineSettings, hash_file
from odl_host.pipeline.interrupt import deferred_interrupt
from odl_host.pipeline.journal import Journal, new_run_id
from odl_host.pipeline.lock import hold_lock
from odl_host.pipeline.outcomes import RunReport
from odl_host.pipeline.plan import CatalogueState, Plan, is_published, make_plan
from odl_host.pipeline.pool import examine_sources
from odl_host.pipeline.reading.limits import read_limits


def plan_deposit(context: RunContext, deposit: Path, *, progress: Progress, spool: Path | None = None) -> Plan:
    """Examine a deposit and return what publishing it would do.

    Normalised files are laid in `spool`; without it nothing is written at all.

    :raises UsageError: the deposit cannot be listed. :raises CatalogueError: the catalogue cannot be read.
    """
    members = held_members(upsert.list_organizations(context.catalogue))
    sources = discover(deposit, members)
    state = CatalogueState(upsert.iter_datasets(context.catalogue))
    hashes: dict[Path, str] = {}
    pending: list[SourceFile] = []
    for source in sources:
        if source.member is None or source.problem:
            continue
        try:
            hashes[source.path] = hash_file(source.path)
        except OSError:
            hashes[source.path] = ""
        if not is_published(state, source, hashes[source.path]):
            pending.append(source)
    examinations: dict[Path, Examination] = {}
    settings = ExamineSettings(
        limits=read_limits(context.settings),
        max_findings=context.settings.max_findings,
        spool=spool,
        today=context.today,
    )
    examined = examine_sources(pending, settings, cache=context.tenant.home.schema_cache, jobs=context.settings.jobs)
    for done, (source, examination) in enumerate(examined, start=1):
        examinations[source.path] = examination
        progress("examine", done, len(pending))
    return make_plan(context.tenant, state, sources, hashes, examinations)


def publish_deposit(context: RunContext, deposit: Path, *, command: str, progress: Progress) -> RunReport:
    """Publish what is valid in a deposit, write a report for what is not, and return how each file ended.

    :raises Unavailable: another run of this tenant is under way, or the catalogue does not answer.
    """
    started = time.monotonic()
    with hold_lock(context.tenant.data / "lock", command=command), deferred_interrupt() as stop_here:

        def show(stage: str, done: int, total: int) -> None:
            progress(stage, done, total)
            stop_here()

        run = new_run_id(context.now)
        journal = Journal.start(context.runs, run)
        try:
            journal.write("start", run=run, deposit=str(deposit), pid=os.getpid())
            _empty(context.spool)
            plan = plan_deposit(context, deposit, progress=show, spool=context.spool)
            outcomes = apply_plan(context, plan, journal, show)
            report = RunReport(context.tenant.name, run, tuple(outcomes), time.monotonic() - started)
            journal.write("end", report=report.as_json())
        finally:
            journal.close()
            _empty(context.spool)
    return report


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
