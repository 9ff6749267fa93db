"""The earlier files of a resource: each is kept once, under its SHA-256, with what the resource said of it.

A version is recorded whenever the file of a resource changes, the first one too; it outlives the resource, so that a
whole night can be taken back. A version is never altered; going back to one makes a new one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server.clock import now
from odl_host.server.database.statements import Statement
from odl_host.server.database.tables import files, images, resource_versions, resources

if TYPE_CHECKING:
    from odl_host.server.objects.datasets import Resource

MAX_NUMBER = (1 << 31) - 1
"""No database is asked for a version beyond: its column holds none."""

_OF_RESOURCE = Statement(
    sa.select(resource_versions)
    .where(resource_versions.c.resource_id == sa.bindparam("id"))
    .order_by(resource_versions.c.number)
)
_LAST = Statement(
    sa.select(resource_versions.c.number, resource_versions.c.blob, resource_versions.c.original)
    .where(resource_versions.c.resource_id == sa.bindparam("id"))
    .order_by(resource_versions.c.number.desc())
    .limit(1)
)
_INSERT = Statement(resource_versions.insert())


@dataclass(frozen=True, slots=True)
class Version:
    """One file that a resource had; `number` counts from 1."""

    resource_id: str
    number: int
    package_id: str
    created: str
    blob: str
    blob_name: str
    original: str | None
    original_name: str | None
    doc: str

    @property
    def fields(self) -> JsonDict:
        """What the resource said of this file; a new dictionary at each call."""
        decoded: JsonDict = json.loads(self.doc)
        return decoded


def record_versions(db: sa.Connection, rows: Iterable[Resource]) -> None:
    """Record the files of resources just written, those that differ from the last recorded ones."""
    for row in rows:
        if row.blob is None or row.blob_name is None:
            continue
        last = _LAST.first(db, id=row.id)
        if last is not None and (last.blob, last.original) == (row.blob, row.original):
            continue
        _INSERT.run(
            db,
            {
                "resource_id": row.id,
                "number": last.number + 1 if last else 1,
                "package_id": row.package_id,
                "created": now(),
                "blob": row.blob,
                "blob_name": row.blob_name,
                "original": row.original,
                "original_name": row.original_name,
                "doc": row.doc,
            },
        )


def list_versions(db: sa.Connection, resource_id: str) -> list[Version]:
    """Return the versions of a resource, the oldest first; those of one that was deleted too."""
    return [_version(row) for row in _OF_RESOURCE.all(db, id=resource_id)]


def get_version(db: sa.Connection, resource_id: str, number: int) -> Version:
    """Return one version. :raises NotFound: there is none of this number."""
    query = sa.select(resource_versions).where(
        resource_versions.c.resource_id == resource_id, resource_versions.c.number == number
    )
    row = db.execute(query).first() if number <= MAX_NUMBER else None
    if row is None:
        raise NotFound("Version was not found.")
    return _version(row)


def dataset_of(db: sa.Connection, resource_id: str) -> str:
    """Return the id of the dataset that a resource is in, or was in. :raises NotFound: it never was."""
    query = sa.select(resource_versions.c.package_id).where(resource_versions.c.resource_id == resource_id).limit(1)
    package_id: str | None = db.scalar(sa.select(resources.c.package_id).where(resources.c.id == resource_id))
    package_id = package_id or db.scalar(query)
    if package_id is None:
        raise NotFound("Resource was not found.")
    return package_id


def forget_versions(db: sa.Connection, resource_id: str, *, keep: int) -> int:
    """Forget all but the last `keep` versions of a resource; return how many were forgotten."""
    numbers = list(
        db.scalars(
            sa.select(resource_versions.c.number)
            .where(resource_versions.c.resource_id == resource_id)
            .order_by(resource_versions.c.number)
        )
    )
    gone = numbers[: max(0, len(numbers) - keep)]
    if gone:
        db.execute(
            resource_versions.delete().where(
                resource_versions.c.resource_id == resource_id, resource_versions.c.number.in_(gone)
            )
        )
    return len(gone)


def versioned_resources(db: sa.Connection) -> list[str]:
    """Return the ids of the resources that have more than one version, or that are gone."""
    several = (
        sa.select(resource_versions.c.resource_id)
        .outerjoin(resources, resources.c.id == resource_versions.c.resource_id)
        .group_by(resource_versions.c.resource_id)
        .having(sa.or_(sa.func.count() > 1, sa.func.count(resources.c.id) == 0))
    )
    return list(db.scalars(several))


def referenced_blobs(db: sa.Connection) -> set[str]:
    """Return the SHA-256 of every file that something of the catalogue stands on."""
    found: set[str] = set()
    for table in (resources, resource_versions):
        for row in db.execute(sa.select(table.c.blob, table.c.original)):
            found.update(sha256 for sha256 in row if sha256)
    for table in (images, files):
        found.update(db.scalars(sa.select(table.c.blob)))
    return found


def _version(row: Any) -> Version:
    return Version(*row)
