"""A run: from a deposit to the catalogue. The loop, the state and the isolation of failures are here and only here.

A file that fails never stops the others; what was done is in the journal before the next effect begins.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.members import held_members
from odl_host.config import Settings
from odl_host.errors import OdlError
from odl_host.pipeline.discover import SourceFile, discover
from odl_host.pipeline.examine import Examination, ExamineSettings, examine_file, hash_file
from odl_host.pipeline.interrupt import deferred_interrupt, end_with_parent
from odl_host.pipeline.journal import Journal, new_run_id
from odl_host.pipeline.lock import hold_lock
from odl_host.pipeline.plan import CatalogueState, DatasetPlan, Plan, Step, is_published, make_plan
from odl_host.pipeline.publish import prepare_dataset, publish_file, show_dataset
from odl_host.pipeline.read import ReadLimits
from odl_host.schemas.registry import Registry, load_registry
from odl_host.tenants import Tenant

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a stage ("examine", "publish"), the number done and the total."""

OUTCOMES = ("published", "unchanged", "rejected", "failed", "blocked")
_OUTCOME_OF_ACTION = {"unchanged": "unchanged", "reject": "rejected", "block": "blocked", "fail": "failed"}

# Below this many files, starting processes costs more than it saves.
POOL_THRESHOLD_FILES = 12

# Files handed to a worker at once: enough to hide the passing of messages, few enough to share the work evenly.
CHUNK_FILES = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file ended."""

    step: Step
    outcome: str
    resource_id: str = ""
    url: str = ""
    detail: str = ""
    report: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        from odl_host.pipeline.reporting.document import findings_json

        step = self.step
        report = step.examination.report if step.examination else None
        findings = sorted(report.findings, key=lambda one: one.severity != "error") if report else []
        member = step.source.member
        return {
            "path": step.source.relative,
            "commune_code": member.commune_code if member else None,
            "member": member.name if member else None,
            "schema": step.schema or None,
            "outcome": self.outcome,
            "reason": self.detail or step.reason or None,
            "dataset": step.dataset_name or None,
            "resource_id": self.resource_id or step.resource_id or None,
            "url": self.url or step.url or None,
            "rows": report.rows if report else None,
            "findings": findings_json(findings) if self.outcome == "rejected" else [],
            "report": self.report or None,
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did."""

    tenant: str
    run: str
    outcomes: tuple[Outcome, ...]
    duration_s: float

    @property
    def counts(self) -> dict[str, int]:
        """The number of files per outcome."""
        counts = dict.fromkeys(OUTCOMES, 0)
        for outcome in self.outcomes:
            counts[outcome.outcome] += 1
        return counts

    @property
    def complete(self) -> bool:
        """Whether every file ended published or unchanged."""
        return all(outcome.outcome in {"published", "unchanged"} for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "tenant": self.tenant,
            "run": self.run,
            "counts": self.counts,
            "items": [outcome.as_json() for outcome in self.outcomes],
            "duration_s": round(self.duration_s, 3),
        }


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run works with."""

    tenant: Tenant
    catalogue: Catalogue
    settings: Settings
    now: datetime

    @property
    def runs(self) -> Path:
        """Where the journals are."""
        return self.tenant.data / "runs"

    @property
    def today(self) -> date:
        """The day where the run happens."""
        return self.now.date()

    @property
    def spool(self) -> Path:
        """Where normalised files wait to be sent; emptied when a run begins and ends."""
        return self.tenant.data / "spool"


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
    for done, (source, examination) in enumerate(_examine_all(context, pending, spool), start=1):
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
            outcomes = _apply(context, plan, journal, show)
            report = RunReport(context.tenant.name, run, tuple(outcomes), time.monotonic() - started)
            journal.write("end", report=report.as_json())
        finally:
            journal.close()
            _empty(context.spool)
    return report


def _apply(context: RunContext, plan: Plan, journal: Journal, progress: Progress) -> list[Outcome]:
    outcomes: list[Outcome] = []
    total = sum(len(dataset.steps) for dataset in plan.datasets)
    done = 0
    for dataset in plan.datasets:
        for outcome in _apply_dataset(context, dataset, journal):
            outcomes.append(outcome)
            done += 1
            progress("publish", done, total)
    outcomes += [_keep_out(context, step) for step in plan.others]
    _list_corrections(context, outcomes)
    return sorted(outcomes, key=lambda outcome: outcome.step.source.relative)


def _apply_dataset(context: RunContext, plan: DatasetPlan, journal: Journal) -> Iterator[Outcome]:
    """Apply the steps of one dataset; an error of the catalogue ends in the outcome of its file."""
    catalogue = context.catalogue
    try:
        dataset_id, held = prepare_dataset(catalogue, plan)
    except OdlError as error:
        journal.write("failed", dataset=plan.id, error=str(error))
        for step in plan.steps:
            yield Outcome(step, "failed", detail=str(error))
        return
    sent: list[Outcome] = []
    for step in plan.steps:
        journal.write("sending", path=step.source.relative, resource=step.resource_id)
        try:
            exists = step.resource_id in held
            resource = publish_file(catalogue, dataset_id, step, exists=exists, today=context.today)
        except (OdlError, OSError) as error:
            journal.write("failed", path=step.source.relative, error=str(error))
            yield Outcome(step, "failed", detail=str(error))
        else:
            journal.write("sent", path=step.source.relative, resource=resource["id"])
            sent.append(Outcome(step, "published", resource_id=resource["id"], url=resource["url"]))
    if not sent:
        return
    try:
        show_dataset(catalogue, dataset_id, plan)
    except OdlError as error:
        journal.write("failed", dataset=dataset_id, error=str(error))
        sent = [replace(outcome, outcome="failed", detail=str(error)) for outcome in sent]
    else:
        for outcome in sent:
            _remove_report(context, outcome.step)
    yield from sent


def _keep_out(context: RunContext, step: Step) -> Outcome:
    """End a step that sends nothing; a file that a person must correct gets its report.

    A report that cannot be written is said in the outcome, and stops neither the run nor the other reports.
    """
    outcome = _OUTCOME_OF_ACTION[step.action]
    if outcome == "unchanged":
        _remove_report(context, step)
    if outcome not in {"rejected", "blocked"}:
        return Outcome(step, outcome, detail=step.reason)
    from odl_host.pipeline.reports import write_reports

    try:
        report = str(write_reports(step, context.tenant.reports, today=context.today))
    except Exception as error:  # noqa: BLE001 - whatever a library makes of one odd file, the run goes on
        return Outcome(step, outcome, detail=f"{step.reason} (report not written: {error})".strip())
    return Outcome(step, outcome, detail=step.reason, report=report)


def _list_corrections(context: RunContext, outcomes: Sequence[Outcome]) -> None:
    from odl_host.pipeline.reports import write_listing

    kept = [outcome.step for outcome in outcomes if outcome.outcome in {"rejected", "blocked"}]
    write_listing(kept, context.tenant.reports, today=context.today)


def _remove_report(context: RunContext, step: Step) -> None:
    """Take away the report of an earlier attempt: the file is published now."""
    from odl_host.pipeline.reports import remove_reports

    remove_reports(step, context.tenant.reports)


def _examine_all(
    context: RunContext, sources: Sequence[SourceFile], spool: Path | None
) -> Iterator[tuple[SourceFile, Examination]]:
    """Yield each source with its examination, in order; several processes when it is worth starting them."""
    settings = ExamineSettings(
        limits=read_limits(context.settings),
        max_findings=context.settings.max_findings,
        spool=spool,
        today=context.today,
    )
    cache = context.tenant.home.schema_cache
    jobs = context.settings.jobs or os.cpu_count() or 1
    if jobs == 1 or len(sources) < POOL_THRESHOLD_FILES:
        registry = load_registry(cache)
        for source in sources:
            yield source, _examine_isolated(source.path, registry, settings)
        return
    done = 0
    while done < len(sources):
        try:
            with _open_pool(jobs, cache, settings) as pool, _cancel_on_interrupt(pool):
                paths = [source.path for source in sources[done:]]
                for examination in pool.map(_examine_in_worker, paths, chunksize=CHUNK_FILES):
                    yield sources[done], examination
                    done += 1
        except BrokenProcessPool:
            # A file ended the process that read it. It is among those under way: they go one process each.
            for source in sources[done : done + 2 * jobs * CHUNK_FILES]:
                yield source, _examine_apart(source.path, cache, settings)
                done += 1


@contextmanager
def _cancel_on_interrupt(pool: ProcessPoolExecutor) -> Iterator[None]:
    """On Ctrl-C, or when the run stops asking, end the files under way and begin no other."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _open_pool(jobs: int, cache: Path, settings: ExamineSettings) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),  # a fork would copy the catalogue's open database
        initializer=_start_worker,
        initargs=(cache, settings),
    )


def _examine_apart(path: Path, cache: Path, settings: ExamineSettings) -> Examination:
    try:
        with _open_pool(1, cache, settings) as pool:
            return pool.submit(_examine_in_worker, path).result()
    except BrokenProcessPool:
        return Examination(path, "", "failed", detail=f"{path.name}: the process that read this file ended abruptly.")


_worker: tuple[Registry, ExamineSettings] | None = None


def _start_worker(cache: Path, settings: ExamineSettings) -> None:
    global _worker
    end_with_parent()
    _worker = (load_registry(cache), settings)


def _examine_in_worker(path: Path) -> Examination:
    assert _worker is not None
    registry, settings = _worker
    return _examine_isolated(path, registry, settings)


def _examine_isolated(path: Path, registry: Registry, settings: ExamineSettings) -> Examination:
    """Examine one file; what nobody foresaw ends in its outcome, and the run goes on."""
    try:
        return examine_file(path, registry, settings)
    except Exception as error:  # noqa: BLE001 - one file must never stop the others; the outcome names the error
        return Examination(path, "", "failed", detail=f"{path.name}: {type(error).__name__}: {error}")


def read_limits(settings: Settings) -> ReadLimits:
    """Return the reader's limits as the machine's settings give them."""
    return ReadLimits(
        max_bytes=settings.max_file_mb * 1_000_000,
        max_cells=settings.max_cells,
        max_columns=settings.max_columns,
        zip_ratio=settings.max_zip_ratio,
    )


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
