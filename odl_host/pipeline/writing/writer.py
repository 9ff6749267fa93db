"""Writing one dataset: the isolation of failures is here, and the journal's lines around each effect.

A file that fails never stops the others, and what was done is in the journal before the next effect begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Sending
from odl_host.catalogue.rows import note_loaded
from odl_host.ckan import ResourceDict
from odl_host.errors import CatalogueRefused, OdlError, Unavailable
from odl_host.pipeline.context import RunContext
from odl_host.pipeline.deposits.deposit import source_path
from odl_host.pipeline.examining.examine import measure_file
from odl_host.pipeline.plans.decided import taken_down_reason
from odl_host.pipeline.plans.plan import DatasetPlan, Step
from odl_host.pipeline.records.decisions import Decisions
from odl_host.pipeline.records.journal import Journal
from odl_host.pipeline.runs.outcomes import DatasetOutcome, Outcome
from odl_host.pipeline.writing import publish
from odl_host.pipeline.writing.line import Line

ROWS_NOT_LOADED = "Its rows in the DataStore are not those of the file yet; the next run loads them. {error}"
MOST_FILES_TOGETHER = 20
MOST_BYTES_TOGETHER = 20_000_000
_SENT = {"create": "published", "update": "published", "describe": "updated"}


@dataclass(slots=True)
class Applied:
    """How what was written ended, filled as it goes. `problems`: what else went wrong, a sentence each."""

    outcomes: list[Outcome] = field(default_factory=list)
    datasets: list[DatasetOutcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def write_dataset(context: RunContext, plan: DatasetPlan, journal: Journal, line: Line) -> Applied:
    """Apply what concerns one dataset; an error, also one that nobody foresaw, ends in the outcome of its files.

    :raises StorageError: the journal cannot be written.
    """
    applied = Applied()
    try:
        plan, taken = _without_taken_down(context, plan)
        applied.outcomes += taken
        if taken and not plan.steps:
            return applied
        journal.write("dataset", dataset=plan.id, name=plan.name, action=plan.action, files=len(plan.steps))
        journal.sync()
        if plan.remove:
            for step in plan.steps:
                _announce(journal, step)
            for step in plan.steps:
                if step.for_good:
                    publish.remove_file(context.catalogue, line, step)
            publish.remove_dataset(context.catalogue, line, plan)
            applied.outcomes += [Outcome(step, "removed", detail=step.reason) for step in plan.steps]
        else:
            _apply_steps(context, plan, journal, line, applied)
        if plan.action != "keep":
            applied.datasets.append(DatasetOutcome(plan))
    except Exception as error:  # noqa: BLE001 - one dataset must never stop the others; its outcomes name the error
        said = said_of(error)
        journal.write("failed", dataset=plan.id, error=said)
        done = {outcome.step.source.relative for outcome in applied.outcomes}
        applied.outcomes += [
            Outcome(step, "failed", detail=said) for step in plan.steps if step.source.relative not in done
        ]
        applied.datasets.append(DatasetOutcome(plan, said))
    publish.forget_copies(plan)
    journal.write("dataset done", dataset=plan.id)
    return applied


def _without_taken_down(context: RunContext, plan: DatasetPlan) -> tuple[DatasetPlan, list[Outcome]]:
    """Leave out the files that a person took down since the plan was made: a takedown waits for no run."""
    path = context.tenant.decisions
    try:
        status = path.stat()
    except FileNotFoundError:
        return plan, []
    decisions = _load_decisions(path, (status.st_mtime_ns, status.st_size))
    kept: list[Step] = []
    taken: list[Outcome] = []
    for step in plan.steps:
        member = step.source.member
        decision = decisions.takedown_of(member.key, source_path(step.source), "") if member else None
        if decision is None or step.action == "remove":
            kept.append(step)
        else:
            taken.append(Outcome(step, "blocked", detail=taken_down_reason(decision)))
    return (replace(plan, steps=tuple(kept)) if taken else plan), taken


@lru_cache(maxsize=1)
def _load_decisions(path: Path, _stamp: tuple[int, int]) -> Decisions:
    """Read the decisions, once as long as their file stays as it is."""
    return Decisions.load(path)


def _apply_steps(context: RunContext, plan: DatasetPlan, journal: Journal, line: Line, applied: Applied) -> None:
    """Send the files, show the dataset, and only then take away what leaves it.

    Where the catalogue bears it, files go together: a new dataset with its first ones, the others by batches.
    """
    catalogue = context.catalogue
    batches = _batches([step for step in plan.steps if step.action in {"create", "update"}])
    sent: list[Outcome] = []
    shown = False
    if plan.create is not None and batches and upsert.creates_with_files(catalogue):
        wanted = plan.create
        sent, shown = _send_batch(
            context, plan, batches[0], journal, lambda files: publish.create_with_files(catalogue, line, wanted, files)
        )
    if shown:
        dataset_id = plan.id
        held = frozenset(outcome.step.resource_id for outcome in sent if outcome.outcome != "failed")
    else:
        dataset_id, held = publish.prepare_dataset(catalogue, line, plan)
        publish.describe_dataset(catalogue, line, plan)

    def publish_files(files: Sequence[tuple[Step, Sending]]) -> dict[str, ResourceDict]:
        return publish.publish_files(catalogue, line, plan, files, held=held)

    for batch in batches:
        done = {outcome.step.source.relative for outcome in sent}
        left = [step for step in batch if step.source.relative not in done]
        if left and (len(left) > 1 or upsert.is_foreign(catalogue)):
            outcomes, is_sent = _send_batch(context, plan, left, journal, publish_files)
            sent += outcomes
            shown = shown or is_sent
    done = {outcome.step.source.relative for outcome in sent}
    sent += [
        _apply_step(context, dataset_id, step, held, journal, line)
        for step in plan.steps
        if step.action != "remove" and step.source.relative not in done
    ]
    if not shown and any(outcome.outcome != "failed" for outcome in sent):
        try:
            publish.show_dataset(catalogue, line, dataset_id, plan)
        except OdlError as error:
            journal.write("failed", dataset=dataset_id, error=said_of(error))
            sent = [replace(outcome, outcome="failed", detail=said_of(error)) for outcome in sent]
    if context.loads_rows:
        sent = _load_rows(context, dataset_id, sent, journal, line)
    applied.outcomes += sent
    for step in plan.steps:
        if step.action == "remove":
            applied.outcomes.append(_apply_step(context, dataset_id, step, held, journal, line))


def _send_batch(
    context: RunContext,
    plan: DatasetPlan,
    steps: Sequence[Step],
    journal: Journal,
    send: Callable[[Sequence[tuple[Step, Sending]]], dict[str, ResourceDict]],
) -> tuple[list[Outcome], bool]:
    """Send several files in one call; what the catalogue refuses as a whole is left to go one by one.

    Returns how those files ended that need no other attempt, and whether they were sent.
    """
    outcomes: list[Outcome] = []
    files: list[tuple[Step, Sending]] = []
    for step in steps:
        try:
            files.append((step, publish.prepare_file(step, today=context.today)))
        except (OdlError, OSError) as error:
            journal.write("failed", path=step.source.relative, error=said_of(error))
            outcomes.append(Outcome(step, "failed", detail=said_of(error)))
    if not files:
        return outcomes, False
    for step, _ in files:
        _announce(journal, step)
    try:
        resources = send(files)
    except (Unavailable, CatalogueRefused) as error:
        journal.write("failed", dataset=plan.id, error=said_of(error))
        outcomes += [Outcome(step, "failed", detail=said_of(error)) for step, _ in files]
        return outcomes, False
    except (OdlError, OSError) as error:
        journal.write("one by one", dataset=plan.id, error=said_of(error))
        return outcomes, False
    for step, _ in files:
        resource = resources[step.resource_id]
        journal.write("sent", path=step.source.relative, resource=step.resource_id)
        outcomes.append(Outcome(step, "published", resource_id=resource["id"], url=resource["url"]))
    return outcomes, True


def _load_rows(
    context: RunContext, dataset_id: str, sent: Sequence[Outcome], journal: Journal, line: Line
) -> list[Outcome]:
    """Load the rows of the files that were published; a load that fails is said, and the next run does it again."""
    loaded: dict[str, str] = {}
    failed: dict[str, str] = {}
    for outcome in sent:
        step = outcome.step
        if outcome.outcome == "failed" or step.examination is None:
            continue
        try:
            if publish.is_table(step):
                journal.write("loading", path=step.source.relative, resource=step.resource_id)
                publish.load_rows(context.catalogue, line, step)
            elif step.action == "update":  # what it replaces may have been a table
                publish.remove_rows(context.catalogue, line, step)
            else:
                continue
            loaded[step.resource_id] = step.sha256
        except (OdlError, OSError, ValueError) as error:
            failed[step.resource_id] = said_of(error)
    if loaded:
        try:
            line.insist(lambda _again: note_loaded(context.catalogue, dataset_id, loaded))
        except OdlError as error:
            failed |= dict.fromkeys(loaded, said_of(error))
    for resource_id, said in failed.items():
        journal.write("rows not loaded", resource=resource_id, error=said)
    return [
        replace(outcome, detail=ROWS_NOT_LOADED.format(error=failed[outcome.step.resource_id]))
        if outcome.step.resource_id in failed
        else outcome
        for outcome in sent
    ]


def _batches(steps: Sequence[Step]) -> list[list[Step]]:
    """Cut steps into batches that a server takes and a retry does not make dear."""
    batches: list[list[Step]] = []
    size = 0
    for step in steps:
        weight = 2 * measure_file(step.source.path)
        if not batches or len(batches[-1]) == MOST_FILES_TOGETHER or size + weight > MOST_BYTES_TOGETHER:
            batches.append([])
            size = 0
        batches[-1].append(step)
        size += weight
    return batches


def _apply_step(
    context: RunContext, dataset_id: str, step: Step, held: frozenset[str], journal: Journal, line: Line
) -> Outcome:
    catalogue = context.catalogue
    path = step.source.relative
    try:
        _announce(journal, step)
        if step.action == "remove":
            publish.remove_file(catalogue, line, step)
            outcome = Outcome(step, "removed", detail=step.reason)
        else:
            if step.action == "describe":
                resource = publish.describe_file(catalogue, line, step)
            else:
                exists = step.resource_id in held
                resource = publish.publish_file(catalogue, line, dataset_id, step, exists=exists, today=context.today)
            outcome = Outcome(step, _SENT[step.action], resource_id=resource["id"], url=resource["url"])
    except (OdlError, OSError) as error:
        journal.write("failed", path=path, error=said_of(error))
        return Outcome(step, "failed", detail=said_of(error))
    journal.write("sent", path=path, resource=step.resource_id)
    return outcome


def _announce(journal: Journal, step: Step) -> None:
    """Write what is about to be done to a file: enough to take it back, should the run be killed."""
    journal.write(
        "sending",
        path=step.source.relative,
        member_key=step.source.member.key if step.source.member else "",
        dataset=step.dataset_name,
        resource=step.resource_id,
        action=step.action,
        sha256=step.sha256,
    )


def said_of(error: Exception) -> str:
    """Return what happened and the next thing to do, on one line."""
    if isinstance(error, OdlError):
        return f"{error} {error.hint}".strip()
    return str(error) if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {error}"
