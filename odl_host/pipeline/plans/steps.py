"""The steps of a plan: what happens to a file that stays out, and to one that goes to the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from odl_host.pipeline.deposits.deposit import source_path
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.deposits.sidecar import FileWords
from odl_host.pipeline.examining.coverage import period_of_name
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.plans import identity
from odl_host.pipeline.plans.decided import said_of_errors
from odl_host.pipeline.plans.gates import Hold
from odl_host.pipeline.plans.items import Item
from odl_host.pipeline.plans.metadata import file_fields, ground_fields, resource_changes, resource_words
from odl_host.pipeline.plans.plan import Step
from odl_host.pipeline.plans.settled import only_lacks_rows
from odl_host.pipeline.plans.state import Published, rows_of, schema_reference
from odl_host.pipeline.records.decisions import INVALID, Decisions
from odl_host.schemas.registry import Registry, Schema
from odl_host.tenants import Tenant


def kept_out(
    source: SourceFile,
    action: str,
    reason: str,
    decisions: Decisions,
    examination: Examination | None = None,
    published: Published | None = None,
) -> Step:
    """Return the step of a file that stays out of the catalogue, or stays there as it was."""
    schema = examination.schema if examination else None
    sha256 = examination.sha256 if examination else ""
    member = source.member
    decision = decisions.on(member.key, source_path(source), sha256) if member else None
    return Step(
        source,
        action,
        examination,
        sha256=sha256,
        schema=f"{schema.name}@{schema.version}" if schema else "",
        reason=reason,
        rows_before=rows_of(published.fields) if published else None,
        decided="dismiss" if decision is not None and decision.verb == "dismiss" else "",
    )


def held_back(item: Item, holds: Sequence[Hold], decisions: Decisions) -> Step:
    """Return the step of a file that is held back; what is wrong with its data is said before all else."""
    action = "reject" if holds[0].codes == (INVALID,) else "block"
    step = kept_out(item.source, action, holds[0].reason, decisions, item.examination, item.published)
    codes = [code for hold in holds for code in hold.codes] if all(hold.codes for hold in holds) else []
    if item.takedown is not None and not item.takedown.sha256:
        return replace(step, decided="takedown")
    return replace(step, holds=tuple(codes))


def step_of(
    item: Item, schema: Schema | None, tenant: Tenant, registry: Registry, *, dataset: tuple[str, str], rows: bool
) -> Step:
    """Return what happens to a file that nothing holds back.

    `schema`: what its resource is said to follow. `dataset`: the id and the name of the dataset that it goes to.
    `rows`: the catalogue must hold the rows of each table too.
    """
    dataset_id, dataset_name = dataset
    source, published, examination = item.source, item.published, item.examination
    path = source_path(source)
    held: Mapping[str, Any] = published.fields if published else {}
    resource_id = held["id"] if published else identity.derive_resource_id(dataset_id, path)
    opaque = examination is not None and examination.opaque is not None
    period = examination.period if examination else period_of_name(source.name) or str(held.get("period") or "")
    words = item.sidecar.words_of(path.removeprefix(f"{item.sidecar.scope}/")) if item.sidecar else FileWords()
    fields = resource_words(source_name=source.name, source_path=path, schema=schema, words=words, period=period)
    if examination is None and not schema and not words.description:
        fields.pop("description")  # a schema that is not known any more: what was said stays
    changes = resource_changes(held, fields) if published else ()
    action = "create" if published is None else "update"
    only_rows = rows and only_lacks_rows(examination, published, item.sidecar, registry)
    if examination is None:
        action = "describe" if changes else "unchanged"
    elif only_rows:
        action = "describe"
    else:
        fields = {"id": resource_id, **fields, **file_fields(examination, held), **ground_fields(item.decision)}
        if rows:
            fields["rows_loaded"] = ""  # whatever rows are there are not those of this file
    name = identity.served_name(source, published, opaque=opaque)
    is_tolerated = tenant.manifest.publish.tolerates(item.schema_name)
    stays = "" if is_tolerated or examination is not None else said_of_errors(held, item.decision)
    return Step(
        source,
        action,
        examination,
        sha256=examination.sha256 if examination else str(held.get("source_hash") or ""),
        dataset_id=dataset_id,
        dataset_name=dataset_name,
        resource_id=resource_id,
        url=str(held.get("url") or "") or f"{tenant.url}/dataset/{dataset_id}/resource/{resource_id}/download/{name}",
        schema=f"{schema.name}@{schema.version}" if schema else schema_reference(held),
        reason="its rows are to be loaded into the DataStore" if only_rows else stays,
        period=period,
        renamed_from=str(held["source_name"]) if published and held["source_name"] != path else "",
        rows_before=rows_of(held),
        metadata=fields,
        filename=name,
        received_name=identity.received_name(source, published),
        changes=changes,
    )
