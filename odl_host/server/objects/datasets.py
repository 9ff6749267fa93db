"""Datasets and their resources in the database, and their assembly into what `package_show` answers.

Rows and documents only; who may do what is in `permissions`, what callers may send in `dataset_fields`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server.clock import now
from odl_host.server.database.statements import Statement
from odl_host.server.database.tables import (
    collaborators,
    counters,
    former_members,
    groups,
    members,
    package_tags,
    package_vocabulary_tags,
    packages,
    purged,
    relationships,
    resource_versions,
    resource_views,
    resources,
)
from odl_host.server.documents import encode, join_array, join_object
from odl_host.server.files.versions import record_versions
from odl_host.server.objects.groups import find_row, groups_of_package

_IN_GROUPS = (
    sa.select(sa.func.count())
    .select_from(members)
    .where(members.c.object_id == packages.c.id, members.c.object_type == "package")
    .scalar_subquery()
)
_OWNER = sa.and_(groups.c.id == packages.c.owner_org, groups.c.state == "active")
_SHOW = sa.select(
    packages.c.id,
    packages.c.name,
    packages.c.type,
    packages.c.state,
    packages.c.private,
    packages.c.owner_org,
    packages.c.creator_user_id,
    packages.c.doc,
    groups.c.summary,
    _IN_GROUPS,
).select_from(packages.outerjoin(groups, _OWNER))
_BY_ID = Statement(_SHOW.where(packages.c.id == sa.bindparam("ref")))
_BY_NAME = Statement(_SHOW.where(packages.c.name == sa.bindparam("ref")))
_MANY = _SHOW.where(packages.c.id.in_(sa.bindparam("ids", expanding=True)))

_NAME_HOLDER = Statement(sa.select(packages.c.id, packages.c.state).where(packages.c.name == sa.bindparam("name")))
_NEXT_POSITION = Statement(
    sa.select(sa.func.coalesce(sa.func.max(resources.c.position) + 1, 0)).where(
        resources.c.package_id == sa.bindparam("package_id")
    )
)

_RESOURCE = sa.select(
    resources.c.id,
    resources.c.package_id,
    resources.c.position,
    resources.c.blob,
    resources.c.blob_name,
    resources.c.original,
    resources.c.original_name,
    resources.c.doc,
)
_RESOURCE_BY_ID = Statement(_RESOURCE.where(resources.c.id == sa.bindparam("id")))
_RESOURCES_OF = Statement(
    _RESOURCE.where(resources.c.package_id == sa.bindparam("package_id")).order_by(resources.c.position)
)
_RESOURCES_OF_MANY = (
    sa.select(resources.c.package_id, resources.c.doc)
    .where(resources.c.package_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(resources.c.package_id, resources.c.position)
)
_NEXT_SEQ = Statement(
    counters.update().where(counters.c.name == "seq").values(value=counters.c.value + 1).returning(counters.c.value)
)
_LAST_SEQ = Statement(sa.select(counters.c.value).where(counters.c.name == "seq"))
_PURGED = sa.select(purged.c.package_id).where(purged.c.seq > sa.bindparam("seq"))
_INSERT = Statement(packages.insert())
_INSERT_RESOURCE = Statement(resources.insert())
_INSERT_TAG = Statement(package_tags.insert())
_UPDATE = Statement(packages.update().where(packages.c.id == sa.bindparam("key")))
_UPDATE_RESOURCE = Statement(resources.update().where(resources.c.id == sa.bindparam("key")))
_DELETE_RESOURCE = Statement(resources.delete().where(resources.c.id == sa.bindparam("key")))
_DELETE_VIEWS = Statement(resource_views.delete().where(resource_views.c.resource_id == sa.bindparam("key")))
_DELETE_TAGS = Statement(package_tags.delete().where(package_tags.c.package_id == sa.bindparam("key")))
_DELETE_VOCABULARY_TAGS = Statement(
    package_vocabulary_tags.delete().where(package_vocabulary_tags.c.package_id == sa.bindparam("key"))
)
_REINDEX_OF_ORGANIZATION = packages.update().where(packages.c.owner_org == sa.bindparam("org"))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it is stored; `organization` is the JSON that it shows of its organization."""

    id: str
    name: str
    type: str
    state: str
    private: bool
    owner_org: str | None
    creator_user_id: str | None
    doc: str
    organization: str | None
    group_count: int

    @property
    def fields(self) -> JsonDict:
        """The decoded document; a new dictionary at each call."""
        decoded: JsonDict = json.loads(self.doc)
        return decoded


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is stored; `blob` and `original` are the SHA-256 of stored files."""

    id: str
    package_id: str
    position: int
    blob: str | None
    blob_name: str | None
    original: str | None
    original_name: str | None
    doc: str

    @property
    def fields(self) -> JsonDict:
        """The decoded document; a new dictionary at each call."""
        decoded: JsonDict = json.loads(self.doc)
        return decoded


def find_dataset(db: sa.Connection, ref: str) -> Dataset | None:
    """Return the dataset with this id or name, deleted ones too, or None."""
    row = find_row(db, ref, _BY_ID, _BY_NAME)
    return Dataset(*tuple(row)) if row else None


def find_name_holder(db: sa.Connection, name: str) -> tuple[str, str] | None:
    """Return the id and the state of the dataset that has this name, or None."""
    row = _NAME_HOLDER.first(db, name=name)
    return (row.id, row.state) if row else None


def get_dataset(db: sa.Connection, ref: str) -> Dataset:
    """Return the dataset with this id or name. :raises NotFound: there is none."""
    dataset = find_dataset(db, ref)
    if dataset is None:
        raise NotFound("Dataset was not found.")
    return dataset


def find_resource(db: sa.Connection, resource_id: str) -> Resource | None:
    """Return the resource with this id, or None."""
    row = _RESOURCE_BY_ID.first(db, id=resource_id)
    return Resource(*row) if row else None


def get_resource(db: sa.Connection, resource_id: str) -> Resource:
    """Return the resource with this id. :raises NotFound: there is none."""
    resource = find_resource(db, resource_id)
    if resource is None:
        raise NotFound("Resource was not found.")
    return resource


def resources_of(db: sa.Connection, package_id: str) -> list[Resource]:
    """Return a dataset's resources by position."""
    return [Resource(*row) for row in _RESOURCES_OF.all(db, package_id=package_id)]


def next_position(db: sa.Connection, package_id: str) -> int:
    """Return the position of a resource after all others of its dataset."""
    return int(_NEXT_POSITION.first(db, package_id=package_id)[0])


def render_dataset(db: sa.Connection, dataset: Dataset, resource_docs: Sequence[str] | None = None) -> str:
    """Return the stored JSON of a whole dataset; the site's address is still a placeholder."""
    if resource_docs is None:
        resource_docs = [row.doc for row in _RESOURCES_OF.all(db, package_id=dataset.id)]
    return join_object(
        dataset.doc,
        organization=dataset.organization or "null",
        groups=encode(groups_of_package(db, dataset.id)) if dataset.group_count else "[]",
        resources=join_array(resource_docs),
        num_resources=str(len(resource_docs)),
    )


def render_datasets(db: sa.Connection, ids: Sequence[str]) -> list[str]:
    """Return the stored JSON of several whole datasets, in the order of `ids`; those that are gone are left out."""
    if not ids:
        return []
    docs: dict[str, list[str]] = {}
    for row in db.execute(_RESOURCES_OF_MANY, {"ids": list(ids)}):
        docs.setdefault(row.package_id, []).append(row.doc)
    found = {row[0]: Dataset(*tuple(row)) for row in db.execute(_MANY, {"ids": list(ids)})}
    return [render_dataset(db, found[key], docs.get(key, [])) for key in ids if key in found]


def next_seq(db: sa.Connection) -> int:
    """Return the number of the change that this transaction makes."""
    return int(_NEXT_SEQ.first(db)[0])


def last_seq(db: sa.Connection) -> int:
    """Return the number of the last change of the catalogue."""
    return int(_LAST_SEQ.first(db)[0])


def list_purged(db: sa.Connection, after: int) -> list[str]:
    """Return the ids of the datasets that were purged by the changes after a number."""
    return list(db.scalars(_PURGED, {"seq": after}))


def insert_dataset(db: sa.Connection, fields: JsonDict, *, organization: str | None) -> Dataset:
    """Write a new dataset from its complete document; `organization` is the JSON that it shows of its own."""
    columns = _columns(db, fields)
    _INSERT.run(db, {"id": fields["id"], **columns})
    _write_tags(db, fields["id"], fields["tags"])
    return Dataset(
        id=fields["id"],
        name=fields["name"],
        type=fields["type"],
        state=fields["state"],
        private=fields["private"],
        owner_org=fields["owner_org"],
        creator_user_id=fields["creator_user_id"],
        doc=columns["doc"],
        organization=organization,
        group_count=0,
    )


def update_dataset(db: sa.Connection, fields: JsonDict, *, tags_changed: bool = True) -> None:
    """Write a dataset's complete document over the stored one."""
    _UPDATE.run(db, {"key": fields["id"], **_columns(db, fields)})
    if tags_changed:
        _delete_tags(db, fields["id"])
        _write_tags(db, fields["id"], fields["tags"])


def _columns(db: sa.Connection, fields: JsonDict) -> dict[str, Any]:
    return {
        "name": fields["name"],
        "title": fields["title"],
        "type": fields["type"],
        "state": fields["state"],
        "private": fields["private"],
        "owner_org": fields["owner_org"],
        "creator_user_id": fields["creator_user_id"],
        "metadata_modified": fields["metadata_modified"],
        "seq": next_seq(db),
        "doc": encode(fields),
    }


def _write_tags(db: sa.Connection, package_id: str, tags: Iterable[JsonDict]) -> None:
    free = [{"package_id": package_id, "name": tag["name"]} for tag in tags if not tag["vocabulary_id"]]
    closed = [{"package_id": package_id, "tag_id": tag["id"]} for tag in tags if tag["vocabulary_id"]]
    _INSERT_TAG.run_many(db, free)
    if closed:
        db.execute(package_vocabulary_tags.insert(), closed)


def _delete_tags(db: sa.Connection, package_id: str) -> None:
    _DELETE_TAGS.run(db, {"key": package_id})
    _DELETE_VOCABULARY_TAGS.run(db, {"key": package_id})


def touch_dataset(db: sa.Connection, dataset: Dataset) -> JsonDict:
    """Record that something of the dataset changed just now, and return its document."""
    fields = dataset.fields
    fields["metadata_modified"] = now()
    update_dataset(db, fields, tags_changed=False)
    return fields


def insert_resources(db: sa.Connection, rows: Sequence[Resource]) -> None:
    """Write new resources."""
    _INSERT_RESOURCE.run_many(db, [_resource_columns(row) for row in rows])
    record_versions(db, rows)


def update_resource(db: sa.Connection, row: Resource) -> None:
    """Write a resource over the stored one."""
    columns = _resource_columns(row)
    _UPDATE_RESOURCE.run(db, {"key": columns.pop("id"), **columns})
    record_versions(db, [row])


def renumber(db: sa.Connection, rows: Sequence[Resource]) -> bool:
    """Give resources the positions 0, 1, 2… in this order, writing only those that move; return whether any did."""
    is_moved = False
    for position, row in enumerate(rows):
        if row.position != position:
            fields = row.fields
            fields["position"] = position
            update_resource(db, dataclasses.replace(row, position=position, doc=encode(fields)))
            is_moved = True
    return is_moved


def delete_resources(db: sa.Connection, ids: Sequence[str]) -> None:
    """Remove resources; their files stay in the storage, where others may share them."""
    rows = [{"key": key} for key in ids]
    _DELETE_RESOURCE.run_many(db, rows)
    _DELETE_VIEWS.run_many(db, rows)


def _resource_columns(row: Resource) -> dict[str, Any]:
    return {
        "id": row.id,
        "package_id": row.package_id,
        "position": row.position,
        "blob": row.blob,
        "blob_name": row.blob_name,
        "original": row.original,
        "original_name": row.original_name,
        "doc": row.doc,
    }


def purge_dataset(db: sa.Connection, package_id: str) -> None:
    """Remove a dataset for good, and leave a note for the search index."""
    db.execute(packages.delete().where(packages.c.id == package_id))
    db.execute(resources.delete().where(resources.c.package_id == package_id))
    _delete_tags(db, package_id)
    db.execute(resource_views.delete().where(resource_views.c.package_id == package_id))
    db.execute(collaborators.delete().where(collaborators.c.package_id == package_id))
    either = sa.or_(relationships.c.subject_id == package_id, relationships.c.object_id == package_id)
    db.execute(relationships.delete().where(either))
    db.execute(resource_versions.delete().where(resource_versions.c.package_id == package_id))
    db.execute(members.delete().where(members.c.object_id == package_id, members.c.object_type == "package"))
    db.execute(former_members.delete().where(former_members.c.package_id == package_id))
    db.execute(purged.delete().where(purged.c.package_id == package_id))
    db.execute(purged.insert(), {"package_id": package_id, "seq": next_seq(db)})


def reindex_organization(db: sa.Connection, group_id: str) -> None:
    """Have the search index read the datasets of an organization or a group again."""
    seq = next_seq(db)
    db.execute(_REINDEX_OF_ORGANIZATION, {"org": group_id, "seq": seq})
    in_group = sa.select(members.c.object_id).where(members.c.group_id == group_id, members.c.object_type == "package")
    db.execute(packages.update().where(packages.c.id.in_(in_group)), {"seq": seq})


def reindex_dataset(db: sa.Connection, package_id: str) -> None:
    """Have the search index read one dataset again."""
    db.execute(packages.update().where(packages.c.id == package_id), {"seq": next_seq(db)})
