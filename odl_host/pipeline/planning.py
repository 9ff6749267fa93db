"""From a deposit to its plan: what lies there and what the catalogue holds is looked at, files are examined, and the
plan comes member by member, each part as soon as the files of that member are examined.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from odl_host.catalogue import upsert
from odl_host.catalogue.members import HeldMember, held_members
from odl_host.catalogue.roll import list_organizations
from odl_host.errors import UsageError
from odl_host.pipeline.context import Progress, RunContext
from odl_host.pipeline.deposits.deposit import Deposit, sort_deposit, source_path
from odl_host.pipeline.deposits.seen import SeenFiles
from odl_host.pipeline.deposits.sidecar import NO_SCHEMA, Sidecar
from odl_host.pipeline.examining.examine import Examination, ExamineSettings, Task
from odl_host.pipeline.examining.many import examine_all
from odl_host.pipeline.plans.decided import decision_on, is_withdrawn
from odl_host.pipeline.plans.identity import find_renamed
from odl_host.pipeline.plans.items import Findings
from odl_host.pipeline.plans.metadata import require_own_words
from odl_host.pipeline.plans.plan import Plan
from odl_host.pipeline.plans.planner import Planner
from odl_host.pipeline.plans.quotas import datasets_of, hold_quotas
from odl_host.pipeline.plans.settled import is_settled
from odl_host.pipeline.plans.state import CatalogueState, Published
from odl_host.pipeline.reading.limits import read_limits
from odl_host.pipeline.records.decisions import INVALID, Decisions
from odl_host.pipeline.sources.gather import gather, is_elsewhere, is_hollow
from odl_host.schemas.registry import Registry, Schema, load_registry


def plan_deposit(context: RunContext, deposit: Path | str, *, progress: Progress, prune: bool = False) -> Plan:
    """Examine a deposit, a folder or an address, and return what publishing it would do; "" for all the tenant's.

    Nothing is written but the record of hashes. Raises what `iter_plan` does.
    """
    return Plan.join(iter_plan(context, deposit, progress=progress, prune=prune))


def iter_plan(
    context: RunContext, deposit: Path | str, *, progress: Progress, prune: bool = False, spool: Path | None = None
) -> Generator[Plan, None, None]:
    """Yield the plan of a deposit in parts, a member each, in the order of their first files.

    What the parts say, and their order, does not depend on what is done with them meanwhile. `prune`: what left the
    deposit leaves the catalogue; then nothing comes before the whole is known. `spool`: where normalised files are
    laid; without it they are not made.

    :raises UsageError: the deposit cannot be listed, lost everything, or is only a part of what could be pruned.
    :raises CatalogueError: the catalogue cannot be read. :raises ConfigError: a template of the tenant is unusable.
    """
    survey = _survey(context, deposit, progress=progress, prune=prune)
    rows = context.loads_rows
    planner = Planner(
        context.tenant,
        survey.registry,
        survey.state,
        survey.deposit,
        survey.decisions,
        members=survey.members,
        rows=rows,
    )
    tolerant = context.tenant.manifest.publish.tolerates_some
    tasks = {one.id: list(_tasks_of(one, survey, rows=rows, tolerant=tolerant)) for one in survey.members}
    with closing(_examine(context, list(chain(*tasks.values())), progress=progress, spool=spool)) as examined:
        parts: Iterable[Plan] = (
            planner.plan(
                member,
                Findings(
                    survey.hashes,
                    {one.path: one for one in islice(examined, len(tasks[member.id]) if member else 0)},
                    survey.renamed,
                ),
                prune=prune and member is not None and member.id in survey.settled,
            )
            for member in (*survey.members, None)
        )
        leaving = planner.takedowns
        if prune:  # what leaves makes room for what comes, whoever's it is: it must be known first
            parts = list(parts)
            leaving = tuple(step for step in Plan.join(parts).steps() if step.action == "remove")
        datasets = datasets_of(context.tenant, survey.members, survey.state.by_id.values())
        yield from hold_quotas(parts, datasets, context.tenant.manifest.quotas, leaving=leaving)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What was there before the first file was opened. `members`: in the order of their first files, then the others.

    `settled`: the ids of those whose whole deposit was seen; `stored`: SHA-256 of what the catalogue keeps; `renamed`:
    what files are published as whose content is known under another name.
    """

    members: Sequence[HeldMember]
    deposit: Deposit
    settled: frozenset[str]
    state: CatalogueState
    stored: frozenset[str] | None
    registry: Registry
    decisions: Decisions
    hashes: dict[Path, str]
    renamed: dict[Path, Published]


def _survey(context: RunContext, deposit: Path | str, *, progress: Progress, prune: bool) -> _Survey:
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
    seen = SeenFiles(context.seen)
    hashes = seen.hash_all(source.path for source in found.files if source.member and not source.problem)
    seen.save()
    registry = load_registry(context.tenant.home.schema_cache)
    if members:
        require_own_words(context.tenant.home, members[0], registry)
    order = {member: place for place, member in enumerate(found.shares)}
    return _Survey(
        members=sorted(members, key=lambda member: order.get(member.id, len(order))),
        deposit=found,
        settled=gathered.settled,
        state=state,
        stored=context.catalogue.stored_files(),
        registry=registry,
        decisions=Decisions.load(context.tenant.decisions),
        hashes=hashes,
        renamed=find_renamed(state, found, hashes),
    )


def _tasks_of(member: HeldMember, survey: _Survey, *, rows: bool, tolerant: bool) -> Iterator[Task]:
    """Yield what of a member's files is to be examined: what the catalogue does not show already."""
    for source in survey.deposit.files_of(member):
        sidecar = survey.deposit.find_sidecar(source)
        if source.problem or (sidecar and sidecar.problem):
            continue
        published = survey.state.find_published(member, source_path(source)) or survey.renamed.get(source.path)
        sha256 = survey.hashes[source.path]
        seen_again = is_withdrawn(survey.decisions, source, published, sha256)
        if seen_again or not is_settled(sha256, published, sidecar, survey.registry, survey.stored, rows=rows):
            decision = decision_on(survey.decisions, source, published, sha256)
            released = decision is not None and decision.frees_from([INVALID])
            yield _task(source.path, sidecar)._replace(tolerate=tolerant or released)


def _task(path: Path, sidecar: Sidecar | None) -> Task:
    if sidecar is None:
        return Task(path)
    if sidecar.schema == NO_SCHEMA:
        return Task(path, as_is="always")
    return Task(path, sidecar.schema) if sidecar.schema else Task(path, as_is="otherwise")


def _examine(
    context: RunContext, tasks: Sequence[Task], *, progress: Progress, spool: Path | None
) -> Generator[Examination, None, None]:
    """Yield the examination of each task, in order."""
    settings = ExamineSettings(
        limits=read_limits(context.settings),
        max_findings=context.settings.max_findings,
        spool=spool,
        today=context.today,
    )
    cache, jobs = context.tenant.home.schema_cache, context.settings.jobs
    schemas: dict[tuple[str, str], Schema] = {}
    with closing(examine_all(tasks, settings, cache=cache, jobs=jobs, executor=context.executor)) as examined:
        for done, examination in enumerate(examined, start=1):
            progress("examine", done, len(tasks))
            report = examination.report
            if report is not None and (schema := report.schema) is not None:
                # Each message of another process brings schemas of its own: one of each is enough in memory.
                schema = schemas.setdefault((schema.name, schema.version), schema)
                examination = examination._replace(report=report._replace(schema=schema))
            yield examination
