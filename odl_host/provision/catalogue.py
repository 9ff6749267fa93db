"""Making a tenant's catalogue ready: its folders, its database, and the proof that it answers as a CKAN."""

from __future__ import annotations

from typing import Any

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.upsert import read_status
from odl_host.ckan import extras_dict
from odl_host.errors import CatalogueError
from odl_host.provision.apply import FileChange
from odl_host.tenants import Tenant

# The oldest CKAN whose answers the toolkit relies on.
OLDEST_CKAN = (2, 10)


def plan_provision(tenant: Tenant) -> list[FileChange]:
    """Return the files and folders that provisioning makes, and whether they are there."""
    places = [tenant.deposit, tenant.reports]
    catalogue = tenant.manifest.catalogue
    if catalogue.kind == "embedded" and not (catalogue.database or catalogue.database_env):
        places = [tenant.data / "catalogue.sqlite", *places]
    return [FileChange(place, "unchanged" if place.exists() else "created") for place in places]


def apply_licence(tenant: Tenant, catalogue: Catalogue, *, dry_run: bool) -> list[str]:
    """Give the datasets that odl-host published the licence of the manifest; return the names of those that differed.

    :raises CatalogueError: the catalogue refused.
    """
    licence = tenant.manifest.publish.licence
    changed = [
        dataset
        for dataset in upsert.iter_datasets(catalogue)
        if "schema_name" in extras_dict(dataset)
        and "sidecar" not in extras_dict(dataset)  # it may name a licence of its own, and the next run sees to it
        and dataset.get("license_id") != licence
    ]
    if not dry_run:
        for dataset in changed:
            upsert.patch_dataset(catalogue, dataset["id"], {"license_id": licence})
    return [dataset["name"] for dataset in changed]


def apply_provision(tenant: Tenant, catalogue: Catalogue, *, dry_run: bool) -> dict[str, Any]:
    """Create what is missing and return the catalogue's `status_show`.

    :raises CatalogueError: the catalogue is no CKAN, or is too old.
    """
    status = read_status(catalogue)
    version = str(status.get("ckan_version", ""))
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if parts < OLDEST_CKAN:
        raise CatalogueError(
            f"{catalogue.url} is CKAN {version or 'of an unknown version'}; odl-host needs 2.10 or newer.",
            hint='Upgrade that CKAN, or use the embedded catalogue: [catalogue] kind = "embedded".',
        )
    if not dry_run:
        for folder in (tenant.deposit, tenant.reports):
            folder.mkdir(parents=True, exist_ok=True)
    return status
