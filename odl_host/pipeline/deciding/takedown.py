"""Taking something off the portal at once and for good: a person asked, a court ordered, a file was misplaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.members import held_members
from odl_host.catalogue.versions import purge_versions
from odl_host.ckan import PackageDict, ResourceDict
from odl_host.errors import UsageError
from odl_host.pipeline.records.decisions import Decision, Decisions


@dataclass(frozen=True, slots=True)
class Takedown:
    """What is taken down: a whole dataset, or with `resource` one of its files."""

    dataset: PackageDict
    resource: ResourceDict | None

    @property
    def resources(self) -> list[ResourceDict]:
        """The files that leave."""
        return [self.resource] if self.resource else list(self.dataset.get("resources", ()))

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "dataset": self.dataset["name"],
            "dataset_id": self.dataset["id"],
            "whole": self.resource is None,
            "resources": [
                {"id": one["id"], "name": one.get("name"), "url": one.get("url"), "source": one.get("source_name")}
                for one in self.resources
            ],
        }


def find_target(catalogue: Catalogue, reference: str) -> Takedown:
    """Return what a dataset's name or id, or a resource's id, stands for.

    :raises UsageError: the catalogue has neither.
    """
    dataset = upsert.find_dataset(catalogue, reference)
    if dataset is not None:
        return Takedown(dataset, None)
    resource = upsert.find_resource(catalogue, reference)
    if resource is not None and (main := resource.get("original_of")):
        resource = upsert.find_resource(catalogue, str(main))  # the file as received leaves with the published one
    if resource is not None:
        owner = upsert.find_dataset(catalogue, str(resource["package_id"]))
        if owner is not None:
            return Takedown(owner, resource)
    raise UsageError(
        f"The catalogue has neither a dataset nor a file “{reference}”.",
        hint="Give a dataset's name or id, or a file's id: they stand in the page's address.",
    )


def take_down(catalogue: Catalogue, target: Takedown, decisions: Decisions, *, reason: str, by: str) -> None:
    """Make it unreachable, and keep its source files from being published again, under another name too.

    The decision is recorded first: killed in between, the same command again does the rest, and the next run too. The
    files leave a dataset that leaves: whoever brings the dataset back finds none of them in it.

    :raises CatalogueError: the catalogue refuses. :raises StorageError: the decision cannot be recorded.
    """
    members = {member.id: member for member in held_members(upsert.list_organizations(catalogue))}
    member = members.get(target.dataset.get("owner_org") or "")
    for resource in target.resources:
        source, content = resource.get("source_name"), str(resource.get("source_hash") or "")
        if member is not None and isinstance(source, str):
            said = Decision.make("takedown", member.key, source, holds=(), reason=reason, by=by, content=content)
            decisions.add(said)
    gone = {resource["id"] for resource in target.resources}
    for resource_id in sorted(gone):
        purge_versions(catalogue, resource_id)
        upsert.delete_resource(catalogue, resource_id)
    others = [
        one
        for one in target.dataset.get("resources", ())
        if one["id"] not in gone and one.get("original_of") not in gone
    ]
    if target.resource is None or not others:
        upsert.delete_dataset(catalogue, target.dataset["id"])
