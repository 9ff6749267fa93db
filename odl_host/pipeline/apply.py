"""Applying a plan to the catalogue as its parts come, and reporting on the files that stay out.

Each dataset has one writer; several datasets are written at once when the back end bears it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue

from odl_host.errors import OdlError
from odl_host.pipeline.context import Progress, RunContext
from odl_host.pipeline.plans.plan import DatasetPlan, Plan, Step
from odl_host.pipeline.records.journal import Journal
from odl_host.pipeline.runs.outcomes import GOOD_OUTCOMES, Outcome
from odl_host.pipeline.writing.line import Line
from odl_host.pipeline.writing.writer import Applied, said_of, write_dataset

_OUTCOME_OF_ACTION = {"unchanged": "unchanged", "reject": "rejected", "block": "blocked", "fail": "failed"}
PLANS_AHEAD = 8
"""Datasets that wait for each writer, so that none is idle; the files of these, and of no more, are held ready."""


def apply_plan(context: RunContext, parts: Iterable[Plan], journal: Journal, progress: Progress) -> Applied:
    """Do what the parts of a plan say as they come, write the reports, and return how each file ended.

    Outcomes are in the order of the paths.
    """
    applied = Applied()
    others: list[Step] = []
    for one in _apply_datasets(context, _sorted_out(parts, others), journal, progress):
        applied.outcomes += one.outcomes
        applied.datasets += one.datasets
    applied.outcomes += _keep_out(context, others)
    applied.outcomes, problems = _report_warnings(context, applied.outcomes)
    applied.problems += [*problems, *_tidy_reports(context, applied.outcomes)]
    applied.outcomes.sort(key=lambda outcome: outcome.step.source.relative)
    applied.datasets.sort(key=lambda outcome: outcome.plan.name)
    return applied


def _sorted_out(parts: Iterable[Plan], others: list[Step]) -> Iterator[DatasetPlan]:
    """Yield the datasets to write, and put aside the files that stay where they are."""
    for part in parts:
        others += part.others
        yield from part.datasets


def _apply_datasets(
    context: RunContext, plans: Iterable[DatasetPlan], journal: Journal, progress: Progress
) -> Iterator[Applied]:
    """Yield how each dataset ended; plans are asked for only as fast as they are written."""
    line = Line()
    planned = written = under_way = 0
    ended: SimpleQueue[Future[Applied]] = SimpleQueue()

    def take() -> Applied:
        nonlocal written, under_way
        one = ended.get().result()
        under_way -= 1
        written += len(one.outcomes)
        progress("publish", written, planned)
        return one

    with ThreadPoolExecutor(context.writers, thread_name_prefix="writer") as pool:
        try:
            for plan in plans:
                planned += len(plan.steps)
                under_way += 1
                pool.submit(write_dataset, context, plan, journal, line).add_done_callback(ended.put)
                while under_way > PLANS_AHEAD * context.writers or not ended.empty():
                    yield take()
            while under_way:
                yield take()
        except BaseException:  # Ctrl-C, or a journal that cannot be written: end what is under way, begin no more
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _keep_out(context: RunContext, steps: Sequence[Step]) -> Iterator[Outcome]:
    """End the steps that send nothing; a file that a person must correct gets its report.

    A report that cannot be written is said in the outcome, and stops neither the run nor the other reports.
    """
    from odl_host.pipeline.runs.reports import write_all_reports

    to_report = []
    for step in steps:
        outcome = _OUTCOME_OF_ACTION[step.action]
        if outcome in {"rejected", "blocked"}:
            to_report.append(step)
            continue
        yield Outcome(step, outcome, detail=step.reason)
    for step, page, problem in write_all_reports(
        to_report, context.tenant.reports, today=context.today, jobs=context.settings.jobs
    ):
        detail = f"{step.reason} (report not written: {problem})".strip() if problem else step.reason
        yield Outcome(step, _OUTCOME_OF_ACTION[step.action], detail=detail, report=str(page) if page else "")


def _report_warnings(context: RunContext, outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[str]]:
    """Write the reports of files that were published and could be better; returns the outcomes, and what went wrong."""
    from odl_host.pipeline.runs.reports import can_be_better, write_all_reports

    steps = [one.step for one in outcomes if one.outcome == "published" and can_be_better(one.step)]
    pages: dict[str, str] = {}
    problems = []
    if steps:
        folder, jobs = context.tenant.reports, context.settings.jobs
        for step, page, problem in write_all_reports(steps, folder, today=context.today, jobs=jobs):
            if page:
                pages[step.source.relative] = str(page)
            else:
                problems.append(f"The report on {step.source.relative} was not written. {problem}")
    told = [
        replace(one, report=pages[one.step.source.relative])
        if one.outcome == "published" and one.step.source.relative in pages
        else one
        for one in outcomes
    ]
    return told, problems


def _tidy_reports(context: RunContext, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Take away the reports on what is published now, list what is to be corrected, and give what went wrong.

    A disk that is full, or refuses, must not end a run that has published everything.
    """
    from odl_host.pipeline.runs.reports import EarlierReports, write_listing

    earlier = EarlierReports(context.tenant.reports)
    for outcome in outcomes:
        if outcome.outcome in GOOD_OUTCOMES and (problem := earlier.remove(outcome.step)):
            yield problem
    kept = [outcome.step for outcome in outcomes if outcome.outcome in {"rejected", "blocked"}]
    try:
        write_listing(kept, context.tenant.reports, today=context.today)
    except OdlError as error:
        yield said_of(error)
