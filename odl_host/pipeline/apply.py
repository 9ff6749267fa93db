"""Applying a plan to the catalogue: the isolation of failures is here, and the journal's lines around each effect.

A file that fails never stops the others; what was done is in the journal before the next effect begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from odl_host.errors import OdlError
from odl_host.pipeline.context import Progress, RunContext
from odl_host.pipeline.journal import Journal
from odl_host.pipeline.outcomes import Outcome
from odl_host.pipeline.plan import DatasetPlan, Plan, Step
from odl_host.pipeline.publish import prepare_dataset, publish_file, show_dataset

_OUTCOME_OF_ACTION = {"unchanged": "unchanged", "reject": "rejected", "block": "blocked", "fail": "failed"}


def apply_plan(context: RunContext, plan: Plan, journal: Journal, progress: Progress) -> list[Outcome]:
    """Do what the plan says, write the reports, and return how each file ended, in the order of the paths."""
    outcomes: list[Outcome] = []
    total = sum(len(dataset.steps) for dataset in plan.datasets)
    done = 0
    for dataset in plan.datasets:
        for outcome in _apply_dataset(context, dataset, journal):
            outcomes.append(outcome)
            done += 1
            progress("publish", done, total)
    outcomes += _keep_out(context, plan.others)
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


def _keep_out(context: RunContext, steps: Sequence[Step]) -> Iterator[Outcome]:
    """End the steps that send nothing; a file that a person must correct gets its report.

    A report that cannot be written is said in the outcome, and stops neither the run nor the other reports.
    """
    from odl_host.pipeline.reports import write_all_reports

    to_report = []
    for step in steps:
        outcome = _OUTCOME_OF_ACTION[step.action]
        if outcome in {"rejected", "blocked"}:
            to_report.append(step)
            continue
        if outcome == "unchanged":
            _remove_report(context, step)
        yield Outcome(step, outcome, detail=step.reason)
    for step, page, problem in write_all_reports(
        to_report, context.tenant.reports, today=context.today, jobs=context.settings.jobs
    ):
        detail = f"{step.reason} (report not written: {problem})".strip() if problem else step.reason
        yield Outcome(step, _OUTCOME_OF_ACTION[step.action], detail=detail, report=str(page) if page else "")


def _list_corrections(context: RunContext, outcomes: Sequence[Outcome]) -> None:
    from odl_host.pipeline.reports import write_listing

    kept = [outcome.step for outcome in outcomes if outcome.outcome in {"rejected", "blocked"}]
    write_listing(kept, context.tenant.reports, today=context.today)


def _remove_report(context: RunContext, step: Step) -> None:
    """Take away the report of an earlier attempt: the file is published now."""
    from odl_host.pipeline.reports import remove_reports

    remove_reports(step, context.tenant.reports)
