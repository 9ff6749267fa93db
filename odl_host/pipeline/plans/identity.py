"""Which dataset and which resource a file is, for ever.

A dataset is a member and a schema, or what a sidecar describes; a resource is a file's path inside its member's folder.
Ids are derived from these, so that a rebuilt catalogue gets the same ones. A file that was published stays the resource
that it is: renamed or moved, it is known again by its content, or by its schema and its period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote

from odl_host.catalogue import upsert
from odl_host.catalogue.members import HeldMember
from odl_host.ckan import PackageDict, extras_dict, file_slug, slug
from odl_host.pipeline.deposits.deposit import Deposit, source_path
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.plans.metadata import Subject
from odl_host.pipeline.plans.state import CatalogueState, Published
from odl_host.tenants import Tenant


def derive_dataset_id(tenant: Tenant, subject: Subject) -> str:
    """Return the id of the dataset of a subject."""
    if subject.sidecar is not None:
        return upsert.derive_id(tenant.name, "dataset", subject.member.key, "sidecar", subject.sidecar.scope)
    assert subject.schema is not None
    return upsert.derive_id(tenant.name, "dataset", subject.member.key, subject.schema.name)


def find_dataset(tenant: Tenant, state: CatalogueState, subject: Subject) -> tuple[str, PackageDict | None]:
    """Return the id of the dataset of a subject, and the dataset where the catalogue holds it."""
    derived = derive_dataset_id(tenant, subject)
    held = state.by_id.get(derived)
    if held is not None:
        return derived, held
    # A catalogue that would not take our ids knows the dataset by its name only.
    candidate = state.by_id.get(state.names.get(_plain_name(subject), ""))
    if candidate is None or candidate.get("owner_org") != subject.member.id:
        return derived, None
    extras = extras_dict(candidate)
    if subject.sidecar is not None:
        same = extras.get("sidecar") == subject.sidecar.path
    else:
        assert subject.schema is not None
        same = extras.get("schema_name") == subject.schema.name and "sidecar" not in extras
    return (candidate["id"], candidate) if same else (derived, None)


def free_dataset_name(state: CatalogueState, subject: Subject, dataset_id: str) -> str:
    """Return the name of a new dataset; one that is taken gets the first digits of its id."""
    name = _plain_name(subject)
    if state.names.get(name, dataset_id) != dataset_id:
        name = slug(f"{name[:90]}-{dataset_id[:8]}")
    return name


def derive_resource_id(dataset_id: str, path: str) -> str:
    """Return the id of the resource of a file in a dataset."""
    return upsert.derive_id(dataset_id, "resource", path)


def served_name(source: SourceFile, published: Published | None, *, opaque: bool) -> str:
    """Return the name that a resource's address ends with: the one that it has, for one that is published."""
    if published is not None and published.resource.get("url_type") == "upload":
        name = unquote(published.resource.get("url", "").rpartition("/")[2])
        if name:
            return name
    return file_slug(source.name, extension="" if opaque else ".csv")


def received_name(source: SourceFile, published: Published | None) -> str:
    """Return the name that the received file is kept under: a CKAN's of this format keeps its address."""
    if published is not None:
        for resource in published.dataset.get("resources", ()):
            held = unquote(resource.get("url", "").rpartition("/")[2])
            if resource.get("original_of") == published.resource["id"] and _ending(held) == _ending(source.name):
                return held
    return source.name


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def find_renamed(state: CatalogueState, deposit: Deposit, hashes: Mapping[Path, str]) -> dict[Path, Published]:
    """Return the files whose very content is published under a path that is gone from the deposit."""
    gone: dict[tuple[str, str], list[Published]] = {}
    for member in {source.member for source in deposit.files if source.member is not None}:
        present = deposit.paths_of(member)
        for path, published in state.list_published(member).items():
            if path not in present and published.fields.get("source_hash"):
                gone.setdefault((member.id, published.fields["source_hash"]), []).append(published)
    found: dict[Path, Published] = {}
    for source in deposit.files:
        if source.member is None or state.find_published(source.member, source_path(source)):
            continue
        candidates = gone.get((source.member.id, hashes.get(source.path, "")), [])
        if candidates:
            found[source.path] = candidates.pop(0)
    return found


def match_periods(
    state: CatalogueState,
    member: HeldMember,
    present: frozenset[str],
    taken: Iterable[Published],
    files: Mapping[Path, tuple[str, str]],
) -> dict[Path, Published]:
    """Return the files that take the place of one that is gone: the same schema, the same period, and no doubt.

    `files`: schema's name and period of each file that is published nowhere yet. `taken`: what other files are.
    """
    used = {published.resource["id"] for published in taken}
    gone: dict[tuple[str, str], list[Published]] = {}
    for path, published in state.list_published(member).items():
        key = (str(published.fields.get("schema_name") or ""), str(published.fields.get("period") or ""))
        if path not in present and published.resource["id"] not in used and all(key):
            gone.setdefault(key, []).append(published)
    found: dict[Path, Published] = {}
    for key, candidates in gone.items():
        same = [path for path, of_file in files.items() if of_file == key]
        if len(candidates) == 1 and len(same) == 1:
            found[same[0]] = candidates[0]
    return found


def _plain_name(subject: Subject) -> str:
    return slug(f"{subject.member.name}-{subject.short_name}")
