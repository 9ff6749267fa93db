"""The plan: what a run would do to the catalogue, file by file; `--dry-run` prints it, `publish` applies it.

Only values here: the plan is made from what was examined and from what the catalogue holds, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odl_host.catalogue import upsert
from odl_host.catalogue.members import HeldMember
from odl_host.ckan import PackageDict, ResourceDict, extras_dict, file_slug, slug
from odl_host.pipeline.discover import SourceFile
from odl_host.pipeline.examine import Examination
from odl_host.pipeline.metadata import dataset_metadata
from odl_host.pipeline.ownership import name_other_owner
from odl_host.schemas.registry import Schema
from odl_host.tenants import Tenant

NO_MEMBER_FRENCH = (
    "Ce fichier n’est pas dans le dossier d’une collectivité de ce portail : déplacez-le dans le dossier "
    "qui porte le code INSEE de la commune."
)
OTHER_OWNER_FRENCH = (
    "Ce fichier est celui de {name}, d’après son numéro SIRET : déplacez-le dans le dossier de cette collectivité, "
    "ou corrigez le numéro."
)
NO_ROW_LEFT_FRENCH = (
    "Ce fichier ne contient plus aucune ligne, alors que la version en ligne en a : redéposez le fichier complet. "
    "La version en ligne reste en place."
)
SAME_NAME_FRENCH = "Un autre fichier de la même collectivité porte déjà ce nom ({first}) : renommez l’un des deux."
OTHER_SCHEMA_FRENCH = (
    "Sous ce nom est déjà publié « {old} », et ce fichier contient maintenant « {new} » : donnez-lui un autre nom."
)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one file.

    `action`: "create" or "update" (a file goes to the catalogue), "unchanged", "reject", "block" or "fail".
    """

    source: SourceFile
    action: str
    examination: Examination | None = None
    dataset_id: str = ""
    dataset_name: str = ""
    resource_id: str = ""
    url: str = ""
    schema: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """The steps on one dataset; `create` holds its metadata when it is not in the catalogue yet.

    `activate`: the dataset is (or was left) a draft that must be shown once its files are there.
    """

    id: str
    create: PackageDict | None
    activate: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run does: the datasets to write, and the files that stay where they are."""

    datasets: tuple[DatasetPlan, ...]
    others: tuple[Step, ...]

    def steps(self) -> list[Step]:
        """Return every step in the order of the files' paths."""
        all_steps = [step for dataset in self.datasets for step in dataset.steps] + list(self.others)
        return sorted(all_steps, key=lambda step: step.source.relative)


class CatalogueState:
    """What the catalogue holds, indexed as planning asks for it."""

    def __init__(self, datasets: Iterable[PackageDict]) -> None:
        self.by_id: dict[str, PackageDict] = {}
        self.names: dict[str, str] = {}
        self._published: dict[tuple[str, str], tuple[PackageDict, ResourceDict]] = {}
        for dataset in datasets:
            self.by_id[dataset["id"]] = dataset
            self.names[dataset["name"]] = dataset["id"]
            for resource in dataset.get("resources", ()):
                source_name = resource.get("source_name")
                if isinstance(source_name, str):
                    self._published[(dataset.get("owner_org") or "", source_name)] = (dataset, resource)

    def find_published(self, member: HeldMember, source_path: str) -> tuple[PackageDict, ResourceDict] | None:
        """Return the dataset and the resource that a member's file was published as, or None."""
        return self._published.get((member.id, source_path))


def source_path(source: SourceFile) -> str:
    """Return a file's path inside its member's folder: what tells one resource of a member from another."""
    return source.relative.partition("/")[2] or source.relative


def is_published(state: CatalogueState, source: SourceFile, sha256: str) -> bool:
    """Return whether the catalogue already shows exactly this file."""
    held = state.find_published(source.member, source_path(source)) if source.member else None
    if held is None:
        return False
    dataset, resource = held
    return dataset.get("state") == "active" and resource.get("source_hash") == sha256


def make_plan(
    tenant: Tenant,
    state: CatalogueState,
    sources: Sequence[SourceFile],
    hashes: Mapping[Path, str],
    examinations: Mapping[Path, Examination],
) -> Plan:
    """Return what to do with each source. `hashes` and `examinations` are by the source's path.

    A source without an examination is one that the catalogue already shows, or one that is nobody's.
    """
    others: list[Step] = []
    groups: dict[str, list[Step]] = {}
    wanted: dict[str, PackageDict] = {}
    claimed: dict[tuple[str, str], SourceFile] = {}
    for source in sources:
        examination = examinations.get(source.path)
        if source.problem:
            others.append(Step(source, "block", reason=source.problem))
            continue
        if source.member is None:
            others.append(Step(source, "block", reason=NO_MEMBER_FRENCH))
            continue
        # Two folders of one member, or two spellings of one accent, may hold the same name: only one can be that file.
        first = claimed.setdefault((source.member.id, source_path(source)), source)
        if first is not source:
            others.append(Step(source, "block", reason=SAME_NAME_FRENCH.format(first=first.relative)))
        elif examination is None:
            others.append(_unchanged(state, source, hashes[source.path]))
        elif examination.outcome != "valid" or examination.schema is None:
            action = {"invalid": "reject", "blocked": "block"}.get(examination.outcome, "fail")
            schema = examination.schema
            others.append(
                Step(
                    source,
                    action,
                    examination,
                    schema=f"{schema.name}@{schema.version}" if schema else "",
                    reason=examination.reason,
                )
            )
        else:
            if other := name_other_owner(examination.owners, source.member):
                others.append(Step(source, "block", examination, reason=OTHER_OWNER_FRENCH.format(name=other)))
                continue
            dataset = _wanted_dataset(tenant, state, source.member, examination.schema)
            published = state.find_published(source.member, source_path(source))
            if published and published[0]["id"] != dataset["id"]:
                reason = OTHER_SCHEMA_FRENCH.format(old=published[0].get("title"), new=examination.schema.title)
                others.append(Step(source, "block", examination, reason=reason))
                continue
            if published and _loses_every_row(examination, published[1]):
                others.append(Step(source, "block", examination, reason=NO_ROW_LEFT_FRENCH))
                continue
            state.names.setdefault(dataset["name"], dataset["id"])
            wanted[dataset["id"]] = dataset
            groups.setdefault(dataset["id"], []).append(
                _publishing_step(tenant, state, dataset, source, source.member, examination)
            )
    plans = []
    for dataset_id, steps in groups.items():
        held = state.by_id.get(dataset_id)
        plans.append(
            DatasetPlan(
                id=dataset_id,
                create=None if held else wanted[dataset_id],
                activate=held is None or held.get("state") != "active",
                steps=tuple(steps),
            )
        )
    return Plan(tuple(plans), tuple(others))


def _loses_every_row(examination: Examination, resource: ResourceDict) -> bool:
    """Return whether a file without rows would replace one that has some: surely a copy that went wrong."""
    rows = examination.report.rows if examination.report else None
    return rows == 0 and str(resource.get("rows") or "0") != "0"


def _unchanged(state: CatalogueState, source: SourceFile, sha256: str) -> Step:
    assert source.member is not None and is_published(state, source, sha256)
    held = state.find_published(source.member, source_path(source))
    assert held is not None
    dataset, resource = held
    return Step(
        source,
        "unchanged",
        dataset_id=dataset["id"],
        dataset_name=dataset["name"],
        resource_id=resource["id"],
        url=resource.get("url", ""),
        schema=_schema_of(resource),
    )


def _schema_of(resource: Mapping[str, Any]) -> str:
    return f"{resource.get('schema_name', '')}@{resource.get('schema_version', '')}"


def _wanted_dataset(tenant: Tenant, state: CatalogueState, member: HeldMember, schema: Schema) -> PackageDict:
    """Return the dataset of a member and a schema: as the catalogue holds it, else as it will be created."""
    dataset_id = upsert.derive_id(tenant.name, "dataset", member.key, schema.name)
    held = state.by_id.get(dataset_id)
    if held is None:  # a catalogue that would not take our ids knows the dataset by its name only
        named = state.names.get(slug(f"{member.name}-{schema.short_name}"), "")
        candidate = state.by_id.get(named)
        same = candidate is not None and candidate.get("owner_org") == member.id
        held = candidate if candidate and same and extras_dict(candidate).get("schema_name") == schema.name else None
    if held is not None:
        return held
    name = slug(f"{member.name}-{schema.short_name}")
    if state.names.get(name, dataset_id) != dataset_id:
        name = slug(f"{name}-{dataset_id[:8]}")
    return dataset_metadata(tenant, member, schema, dataset_id=dataset_id, name=name)


def _publishing_step(
    tenant: Tenant,
    state: CatalogueState,
    dataset: PackageDict,
    source: SourceFile,
    member: HeldMember,
    examination: Examination,
) -> Step:
    assert examination.schema is not None
    path = source_path(source)
    resource_id = upsert.derive_id(dataset["id"], "resource", path)
    held = next((r for r in dataset.get("resources", ()) if r["id"] == resource_id), None)
    published = state.find_published(member, path)
    if held is None and published and published[0]["id"] == dataset["id"]:
        held = published[1]
    served_name = file_slug(source.name, extension=".csv")
    return Step(
        source,
        "update" if held else "create",
        examination,
        dataset_id=dataset["id"],
        dataset_name=dataset["name"],
        resource_id=held["id"] if held else resource_id,
        url=held.get("url", "")
        if held
        else f"{tenant.url}/dataset/{dataset['id']}/resource/{resource_id}/download/{served_name}",
        schema=f"{examination.schema.name}@{examination.schema.version}",
    )
