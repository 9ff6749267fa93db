"""Organizations and groups in the database: one noun, told apart by `is_organization`.

Rows and documents only; who may do what is in `permissions`, what callers may send in `actions/groups`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server.database.statements import Statement
from odl_host.server.database.tables import former_members, groups, members
from odl_host.server.documents import encode
from odl_host.server.objects.names import is_uuid

_COLUMNS = (groups.c.id, groups.c.name, groups.c.title, groups.c.type, groups.c.is_organization, groups.c.state)
_BY_ID = Statement(sa.select(*_COLUMNS, groups.c.doc, groups.c.summary).where(groups.c.id == sa.bindparam("ref")))
_BY_NAME = Statement(sa.select(*_COLUMNS, groups.c.doc, groups.c.summary).where(groups.c.name == sa.bindparam("ref")))
_OF_OBJECT = Statement(
    sa.select(groups.c.id, groups.c.name, groups.c.doc)
    .join(members, members.c.group_id == groups.c.id)
    .where(
        members.c.object_id == sa.bindparam("object_id"),
        members.c.object_type == "package",
        groups.c.state == "active",
    )
    .order_by(groups.c.title, groups.c.name)
)
_CAPACITY = Statement(
    sa.select(members.c.capacity).where(
        members.c.group_id == sa.bindparam("group_id"),
        members.c.object_type == sa.bindparam("object_type"),
        members.c.object_id == sa.bindparam("object_id"),
    )
)

SUMMARY_KEYS = (
    "id",
    "name",
    "title",
    "type",
    "description",
    "image_url",
    "created",
    "is_organization",
    "approval_status",
    "state",
)
"""What a dataset shows of its organization."""


@dataclass(frozen=True, slots=True)
class Group:
    """An organization or a group as it is stored."""

    id: str
    name: str
    title: str
    type: str
    is_organization: bool
    state: str
    doc: str
    summary: str

    @property
    def fields(self) -> JsonDict:
        """The decoded document; a new dictionary at each call."""
        decoded: JsonDict = json.loads(self.doc)
        return decoded


def find_row(db: sa.Connection, ref: str, by_id: Statement, by_name: Statement) -> Any:
    """Return the row that `ref` means: an id before a name, asking first for what it looks like."""
    first, second = (by_id, by_name) if is_uuid(ref) else (by_name, by_id)
    found = first.first(db, ref=ref)
    return found if found is not None else second.first(db, ref=ref)


def find_group(db: sa.Connection, ref: str) -> Group | None:
    """Return the organization or group with this id or name, deleted ones too, or None."""
    row = find_row(db, ref, _BY_ID, _BY_NAME)
    return Group(*row) if row else None


def get_group(db: sa.Connection, ref: str, *, is_organization: bool | None = None) -> Group:
    """Return the organization or group with this id or name. :raises NotFound: absent, or of the other kind."""
    group = find_group(db, ref)
    if group is None or is_organization not in (None, group.is_organization):
        raise NotFound("Organization was not found." if is_organization else "Group was not found.")
    return group


def save_group(db: sa.Connection, fields: JsonDict, *, is_new: bool) -> None:
    """Write an organization or group from its complete document."""
    row = {
        "id": fields["id"],
        "name": fields["name"],
        "title": fields["title"],
        "type": fields["type"],
        "is_organization": fields["is_organization"],
        "state": fields["state"],
        "created": fields["created"],
        "doc": encode(fields),
        "summary": encode({key: fields[key] for key in SUMMARY_KEYS}),
    }
    if is_new:
        db.execute(groups.insert(), row)
    else:
        db.execute(groups.update().where(groups.c.id == sa.bindparam("key")), {"key": row.pop("id"), **row})


def groups_of_package(db: sa.Connection, package_id: str) -> list[JsonDict]:
    """Return what a dataset shows of the groups it is in, by name."""
    shown: list[JsonDict] = []
    for row in _OF_OBJECT.all(db, object_id=package_id):
        fields = json.loads(row.doc)
        shown.append(
            {
                "description": fields["description"],
                "display_name": fields["title"] or fields["name"],
                "id": row.id,
                "image_display_url": fields["image_url"],
                "name": row.name,
                "title": fields["title"],
            }
        )
    return shown


def capacity_in(db: sa.Connection, group_id: str, object_id: str, object_type: str = "user") -> str | None:
    """Return the capacity in which an object belongs to a group (admin, editor, member, public), or None."""
    row = _CAPACITY.first(db, group_id=group_id, object_id=object_id, object_type=object_type)
    return row.capacity if row else None


def ancestors_of(db: sa.Connection, group_id: str) -> list[str]:
    """Return the ids of the groups above a group, the nearest first."""
    found: dict[str, None] = {}
    nearest = [group_id]
    while nearest:
        query = sa.select(members.c.object_id).where(members.c.group_id.in_(nearest), members.c.object_type == "group")
        nearest = [key for key in db.scalars(query) if key not in found and key != group_id]
        found |= dict.fromkeys(nearest)
    return list(found)


def descendants_of(db: sa.Connection, group_ids: Iterable[str]) -> list[str]:
    """Return the ids of the groups below some groups."""
    found: dict[str, None] = {}
    nearest = list(group_ids)
    while nearest:
        query = sa.select(members.c.group_id).where(members.c.object_id.in_(nearest), members.c.object_type == "group")
        nearest = [key for key in db.scalars(query) if key not in found]
        found |= dict.fromkeys(nearest)
    return list(found)


def put_member(db: sa.Connection, group_id: str, object_type: str, object_id: str, capacity: str) -> None:
    """Make an object a member of a group, or change its capacity."""
    db.execute(members.delete().where(*_membership(group_id, object_type, object_id)))
    row = {"group_id": group_id, "object_type": object_type, "object_id": object_id, "capacity": capacity}
    db.execute(members.insert(), row)


def remove_member(db: sa.Connection, group_id: str, object_type: str, object_id: str) -> None:
    """Take an object out of a group; one that is not in it is no error."""
    membership = _membership(group_id, object_type, object_id)
    if object_type == "package":
        _remember_leaving(db, *membership)
    db.execute(members.delete().where(*membership))


def leave_groups(db: sa.Connection, package_id: str) -> None:
    """Take a dataset out of all its groups."""
    in_groups = (members.c.object_id == package_id, members.c.object_type == "package")
    _remember_leaving(db, *in_groups)
    db.execute(members.delete().where(*in_groups))


def _membership(group_id: str, object_type: str, object_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return members.c.group_id == group_id, members.c.object_type == object_type, members.c.object_id == object_id


def _remember_leaving(db: sa.Connection, *of_datasets: sa.ColumnElement[bool]) -> None:
    """Keep, of memberships of datasets that end, in which group each was."""
    left, kept = sa.select(members.c.group_id, members.c.object_id).where(*of_datasets), former_members.c
    known = sa.exists().where(kept.group_id == members.c.group_id, kept.package_id == members.c.object_id)
    db.execute(former_members.insert().from_select(["group_id", "package_id"], left.where(~known)))


def group_ids_of_user(db: sa.Connection, user_id: str, capacities: Iterable[str]) -> list[str]:
    """Return the ids of the groups and organizations that a user belongs to in one of these capacities."""
    query = sa.select(members.c.group_id).where(
        members.c.object_id == user_id, members.c.object_type == "user", members.c.capacity.in_(list(capacities))
    )
    return list(db.scalars(query))


def members_of(db: sa.Connection, group_id: str, object_type: str = "") -> list[Any]:
    """Return the rows (object_id, object_type, capacity) of a group's members, of one type where it is named."""
    query = sa.select(members.c.object_id, members.c.object_type, members.c.capacity)
    if object_type:
        query = query.where(members.c.object_type == object_type)
    return list(db.execute(query.where(members.c.group_id == group_id)))
