"""Whether the catalogue already holds what a run would send: the file, and on a CKAN with a DataStore its rows too."""

from __future__ import annotations

from odl_host.pipeline.deposits.sidecar import NO_SCHEMA, Sidecar
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.plans.state import Published, schema_reference
from odl_host.schemas.registry import Registry


def is_settled(
    sha256: str,
    published: Published | None,
    sidecar: Sidecar | None,
    registry: Registry,
    stored: frozenset[str] | None,
    *,
    rows: bool = False,
) -> bool:
    """Return whether the catalogue shows exactly the file of this hash, so that it needs no examination.

    `stored`: SHA-256 of the files that the catalogue keeps, where that is known; one that it lost is sent again.
    `rows`: it must hold the table's rows too.
    """
    if not sha256 or published is None or not published.shown or published.fields.get("source_hash") != sha256:
        return False
    if not published.is_kept(stored):
        return False
    if rows and _lacks_rows(published):
        return False
    if sidecar is not None and sidecar.schema == NO_SCHEMA:
        return not published.fields.get("schema_name")
    if sidecar is None or not sidecar.schema:
        return True
    wanted = registry.find_schema(sidecar.schema)
    return wanted is not None and wanted.name == published.fields.get("schema_name")


def _lacks_rows(published: Published) -> bool:
    """Return whether a published table's rows are not, or not all, in the DataStore."""
    fields = published.fields
    return bool(fields.get("schema_name")) and fields.get("rows_loaded") != fields.get("source_hash")


def only_lacks_rows(
    examination: Examination | None, published: Published | None, sidecar: Sidecar | None, registry: Registry
) -> bool:
    """Return whether an examined file is published as it is, but for its rows in the DataStore."""
    if examination is None or examination.schema is None or examination.opaque is not None or published is None:
        return False
    schema = f"{examination.schema.name}@{examination.schema.version}"
    return (
        _lacks_rows(published)
        and schema_reference(published.fields) == schema
        and is_settled(examination.sha256, published, sidecar, registry, None)
    )
