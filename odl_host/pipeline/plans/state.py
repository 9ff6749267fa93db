"""What the catalogue holds, indexed as planning asks for it. The catalogue is the truth: no other memory is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from odl_host.catalogue.members import HeldMember
from odl_host.ckan import PackageDict, ResourceDict


@dataclass(frozen=True, slots=True)
class Published:
    """A file that the catalogue shows: its dataset and its resource there."""

    dataset: PackageDict
    resource: ResourceDict

    @property
    def fields(self) -> Mapping[str, Any]:
        """The resource with the fields that odl-host adds to CKAN's."""
        return self.resource

    @property
    def shown(self) -> bool:
        """Whether the public can see it (or, for a private dataset, its organization)."""
        return self.dataset.get("state") == "active"

    def is_kept(self, stored: frozenset[str] | None) -> bool:
        """Return whether its files are among `stored`, SHA-256 of what the catalogue keeps; None is not known."""
        if stored is None or self.resource.get("url_type") != "upload":
            return True
        hashes = (self.resource.get("hash"), self.fields.get("original_hash"))
        return all(sha256 in stored for sha256 in hashes if sha256)


class CatalogueState:
    """The datasets of a catalogue, by id, by name and by the files that they were made from."""

    def __init__(self, datasets: Iterable[PackageDict]) -> None:
        self.by_id: dict[str, PackageDict] = {}
        self.names: dict[str, str] = {}
        self._published: dict[str, dict[str, Published]] = {}
        for dataset in datasets:
            self.by_id[dataset["id"]] = dataset
            self.names[dataset["name"]] = dataset["id"]
            for resource in dataset.get("resources", ()):
                path = resource.get("source_name")
                if isinstance(path, str):
                    of_owner = self._published.setdefault(dataset.get("owner_org") or "", {})
                    of_owner[path] = Published(dataset, resource)

    def find_published(self, member: HeldMember, path: str) -> Published | None:
        """Return what a member's file (its path inside the member's folder) was published as, or None."""
        return self._published.get(member.id, {}).get(path)

    def list_published(self, member: HeldMember) -> Mapping[str, Published]:
        """Return all files of a member that the catalogue shows, by their path inside the member's folder."""
        return self._published.get(member.id, {})


def stamp_of(dataset: PackageDict | None) -> str:
    """Return what changes whenever the dataset does: "" when it is absent."""
    return f"{dataset.get('state')} {dataset.get('metadata_modified')}" if dataset else ""


def schema_reference(resource: Mapping[str, Any]) -> str:
    """Return the schema of a published file as name@version, "" for one without."""
    return f"{resource['schema_name']}@{resource.get('schema_version') or ''}" if resource.get("schema_name") else ""


def rows_of(resource: Mapping[str, Any]) -> int | None:
    """Return the data rows of a published file, or None when they are not known."""
    rows = str(resource.get("rows") or "")
    return int(rows) if rows.isdigit() else None
