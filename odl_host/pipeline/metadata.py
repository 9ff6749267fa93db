"""What is said of a dataset and of its files: titles, descriptions, tags, licence, schema; in French, for citizens."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from odl_host.catalogue.members import HeldMember
from odl_host.catalogue.upsert import tag_dicts
from odl_host.ckan import PackageDict, extras_of
from odl_host.errors import UnknownPlace
from odl_host.schemas.registry import Schema
from odl_host.tenants import Tenant


def dataset_metadata(tenant: Tenant, member: HeldMember, schema: Schema, *, dataset_id: str, name: str) -> PackageDict:
    """Return the dataset of one member and one schema, as `package_create` takes it."""
    return PackageDict(
        id=dataset_id,
        name=name,
        title=f"{schema.title} – {member.title}",
        notes=f"{schema.description}\n\nDonnées ouvertes {of_member(member)}, conformes au schéma « {schema.title} ».",
        owner_org=member.id,
        license_id=tenant.manifest.publish.licence,
        private=False,
        tags=tag_dicts(schema.keywords),
        extras=extras_of(
            {
                "schema_name": schema.name,
                "commune_code": member.commune_code,
                "siren": member.siren,
                "theme": schema.theme or None,
                "frequency": schema.frequency or None,
            }
        ),
    )


def resource_metadata(
    *, resource_id: str, source_name: str, source_path: str, sha256: str, schema: Schema, rows: int, today: date
) -> dict[str, Any]:
    """Return the plain fields of a resource; only scalars may travel beside a file."""
    return {
        "id": resource_id,
        "name": source_name,
        "description": f"{schema.title}, version {schema.version} du schéma {schema.name}.",
        "format": "CSV",
        "mimetype": "text/csv",
        "resource_type": "file",
        "schema_name": schema.name,
        "schema_version": schema.version,
        "schema_url": schema.url,
        "rows": rows,
        "source_name": source_path,
        "source_hash": sha256,
        "validated_on": today.isoformat(),
    }


@cache
def of_member(member: HeldMember) -> str:
    """Return the member after "de", with the right French article: "de Chambéry", "du Châtelard"."""
    from odl_host.territory import reference

    try:
        if member.commune_code:
            return reference.get_commune(member.commune_code).of_name
        if member.kind == "epci" and member.siren:
            return reference.get_epci(member.siren).of_name
        if member.kind == "departement" and member.departement_code:
            return "du département " + reference.get_departement(member.departement_code).of_name
    except UnknownPlace:
        pass  # a commune that merged or an EPCI that was dissolved since: its organization keeps its title
    return f"de l’organisme « {member.title} »"
