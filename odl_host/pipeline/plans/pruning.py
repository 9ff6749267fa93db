"""What leaves the catalogue: what left the deposit, when a run is asked to prune, and what a person took down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from odl_host.catalogue.members import HeldMember, folder_of
from odl_host.ckan import PackageDict
from odl_host.pipeline.deposits.deposit import Deposit, source_path
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.plans.decided import taken_down_reason
from odl_host.pipeline.plans.plan import DatasetPlan, Step
from odl_host.pipeline.plans.state import CatalogueState, Published, rows_of, schema_reference, stamp_of
from odl_host.pipeline.records.decisions import Decisions


def list_removals(
    state: CatalogueState,
    deposit: Deposit,
    member: HeldMember,
    *,
    claimed: set[str],
    kept_out: Sequence[Step],
) -> dict[str, list[Step]]:
    """Return the removal of what left a member's deposit, by dataset's id.

    `claimed`: the ids of the resources that files of the deposit are. A file stays as long as one of the same schema
    is among the member's that are `kept_out`: it may be the same one, renamed and to be corrected.
    """
    waiting = {
        step.schema.partition("@")[0] for step in kept_out if step.schema and step.action in {"reject", "block", "fail"}
    }
    present = deposit.paths_of(member)
    shut = [source_path(source) for source in deposit.files_of(member) if source.problem]
    steps: dict[str, list[Step]] = {}
    for path, published in state.list_published(member).items():
        held = published.fields
        if path in present or held["id"] in claimed:
            continue
        if any(path.startswith(f"{folder}/") for folder in shut):
            continue  # a folder that cannot be opened has not lost its files
        if str(held.get("schema_name") or "") in waiting:
            continue
        steps.setdefault(published.dataset["id"], []).append(_removal(member, path, published))
    return steps


def iter_takedowns(state: CatalogueState, members: Iterable[HeldMember], decisions: Decisions) -> Iterator[Step]:
    """Yield the removal of what was taken down and is still there: the command was stopped before it ended."""
    for member in members:
        for path, published in state.list_published(member).items():
            decision = decisions.takedown_of(member.key, path, "")
            if decision is not None:
                yield _removal(member, path, published, taken_down_reason(decision))


def removal_plan(held: PackageDict, steps: Sequence[Step]) -> DatasetPlan:
    """Return the plan of a dataset that no file of the deposit is in; it leaves with the last of its files."""
    gone = {step.resource_id for step in steps}
    stays = [
        resource
        for resource in held.get("resources", ())
        if resource["id"] not in gone and resource.get("original_of") not in gone
    ]
    return DatasetPlan(
        id=held["id"],
        name=held["name"],
        title=str(held.get("title") or held["name"]),
        held=held,
        remove=not stays,
        steps=tuple(sorted(steps, key=lambda step: step.source.relative)),
        stamp=stamp_of(held),
    )


def _removal(member: HeldMember, path: str, published: Published, reason: str = "") -> Step:
    held, folder = published.fields, folder_of(member.key)
    return Step(
        SourceFile(Path(), f"{folder}/{path}", folder, member),
        "remove",
        dataset_id=published.dataset["id"],
        dataset_name=published.dataset["name"],
        resource_id=held["id"],
        url=str(held.get("url") or ""),
        schema=schema_reference(held),
        sha256=str(held.get("source_hash") or ""),
        rows_before=rows_of(held),
        reason=reason,
        for_good=bool(reason),
    )
