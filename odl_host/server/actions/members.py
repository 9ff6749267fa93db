"""Members of organizations and groups: users with a role, and datasets of groups."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import find_account
from odl_host.server.database.tables import packages, users
from odl_host.server.objects.datasets import find_dataset, find_resource, reindex_dataset
from odl_host.server.objects.groups import (
    Group,
    descendants_of,
    find_group,
    get_group,
    members_of,
    put_member,
    remove_member,
)
from odl_host.server.objects.vocabularies import find_tag
from odl_host.server.params import MISSING_VALUE, Params, named, optional, required, text
from odl_host.server.registry import Context, action

ROLES = ("admin", "editor", "member")
FINDERS: dict[str, Callable[[sa.Connection, str], Any]] = {
    "user": find_account,
    "package": find_dataset,
    "group": find_group,
    "resource": find_resource,
    "tag": find_tag,
}
"""What may be in a group, and how it is found."""

_MEMBER_SPACE = uuid.UUID("0f0b9a43-4a52-5d0d-9b8e-2f6a1a0f6a11")


class NewMember(Params):
    """An object to put in a group."""

    id: str = named()
    object: str = named()
    object_type: str = named()
    capacity: str = named()


class GoneMember(Params):
    """An object to take out of a group."""

    id: str = named()
    object: str = named()
    object_type: str = named()


class MemberList(Params):
    """Whose members, of what kind."""

    id: str = named()
    object_type: str = optional(text, "")
    capacity: str = optional(text, "")


class NewRole(Params):
    """A user and a role."""

    id: str = optional(text, "")
    username: str = optional(text, "")
    role: str = optional(text, "")


class GoneUser(Params):
    """A user to take out of an organization or group."""

    id: str = required(text)
    username: str = optional(text, "")
    user_id: str = optional(text, "")


class RolesOf(Params):
    """Roles of organizations, or of groups."""

    group_type: str = optional(text, "organization")


def _member_editor(ctx: Context, params: Any) -> None:
    """An admin of it; every member where a dataset is put in a group."""
    group = _group(ctx, params.id)
    is_dataset_of_group = params.object_type == "package" and not group.is_organization
    capacities = permissions.READERS if is_dataset_of_group else permissions.ADMINS
    if not permissions.has_capacity(ctx, group.id, capacities):
        permissions.refuse(ctx, f"User {{user}} not authorized to edit group {group.id}")


def _member_adder(ctx: Context, params: Any) -> None:
    """An admin of it."""
    if "id" not in params.data:
        raise ValidationError({"id": [MISSING_VALUE], **_missing(params)})
    if ctx.user is not None and ctx.user.sysadmin:
        return
    group = ctx.once(find_group, params.id)
    if group is None or not permissions.has_capacity(ctx, group.id, permissions.ADMINS):
        permissions.refuse(ctx, "User {user} not authorized to add members")


def _member_remover(ctx: Context, params: Any) -> None:
    """An admin of it."""
    if ctx.user is None:
        raise NotAuthorized("Action member_delete requires an authenticated user")
    group = _group(ctx, params.id)
    if not permissions.has_capacity(ctx, group.id, permissions.ADMINS):
        permissions.refuse(ctx, f"User {{user}} not authorized to edit group {group.id}")


def _group(ctx: Context, ref: str) -> Group:
    group = ctx.once(find_group, ref)
    if group is None:
        raise NotFound("Group was not found.")
    return group


@action(params=NewMember, allow=_member_editor)
def member_create(ctx: Context, params: NewMember) -> JsonDict:
    """Put a user, a dataset or a group above it in an organization or group, or change the capacity.

    :param id: the organization's or group's id or name
    :param object: its id or name
    :param object_type: `user`, `package` or `group`
    :param capacity: admin, editor or member; `public` for a dataset
    """
    if params.data["capacity"] is None:
        raise ValidationError({"capacity": [MISSING_VALUE]})
    return _put(ctx, params.id, params.object_type, params.object, params.capacity)


@action(params=GoneMember, allow=_member_editor)
def member_delete(ctx: Context, params: GoneMember) -> None:
    """Take a user, a dataset or a group above it out of an organization or group.

    :param id: the organization's or group's id or name
    :param object: its id or name
    :param object_type: `user`, `package` or `group`
    """
    _take(ctx, params.id, params.object_type, params.object)


@action(params=MemberList, allow=permissions.can_read_group, reads=True)
def member_list(ctx: Context, params: MemberList) -> list[list[str]]:
    """Return the members of an organization or group as lists of id, type and role.

    :param id: the organization's or group's id or name
    :param object_type: only `user`, `package` or `group`
    :param capacity: only with this capacity
    """
    group = get_group(ctx.db, params.id)
    deleted = set(ctx.db.scalars(sa.select(users.c.id).where(users.c.state == "deleted")))
    found = [
        [row.object_id, row.object_type, row.capacity.capitalize() if row.capacity in ROLES else row.capacity]
        for row in members_of(ctx.db, group.id, params.object_type)
        if params.capacity in ("", row.capacity) and row.object_id not in deleted
    ]
    if group.is_organization and params.object_type in ("", "package") and params.capacity in ("", "organization"):
        owned = sa.select(packages.c.id).where(packages.c.owner_org == group.id, packages.c.state == "active")
        found += [[dataset_id, "package", "organization"] for dataset_id in ctx.db.scalars(owned)]
    return found


@action(params=NewRole, allow=_member_adder)
def organization_member_create(ctx: Context, params: NewRole) -> JsonDict:
    """Give a user a role in an organization.

    :param id: the organization's id or name
    :param username: the user's name or id
    :param role: admin, editor or member
    """
    return _put_user(ctx, params)


@action(params=NewRole, allow=_member_adder)
def group_member_create(ctx: Context, params: NewRole) -> JsonDict:
    """Give a user a role in a group.

    :param id: the group's id or name
    :param username: the user's name or id
    :param role: admin or member
    """
    return _put_user(ctx, params)


@action(params=GoneUser, allow=_member_remover)
def organization_member_delete(ctx: Context, params: GoneUser) -> None:
    """Take a user out of an organization.

    :param id: the organization's id or name
    :param username: the user's name or id
    """
    _take(ctx, params.id, "user", params.username or params.user_id)


@action(params=GoneUser, allow=_member_remover)
def group_member_delete(ctx: Context, params: GoneUser) -> None:
    """Take a user out of a group.

    :param id: the group's id or name
    :param username: the user's name or id
    """
    _take(ctx, params.id, "user", params.username or params.user_id)


@action(params=RolesOf, allow=permissions.anyone, reads=True, quick=True)
def member_roles_list(ctx: Context, params: RolesOf) -> list[dict[str, str]]:  # noqa: ARG001 - every action has the same form
    """Return the roles that a user may have.

    :param group_type: `organization` by default, or `group`
    """
    names = ("admin", "member") if params.group_type == "group" else ROLES
    return [{"text": name.capitalize(), "value": name} for name in names]


def _missing(params: NewRole) -> JsonDict:
    return {key: [MISSING_VALUE] for key in ("username", "role") if key not in params.data}


def _put_user(ctx: Context, params: NewRole) -> JsonDict:
    errors = _missing(params)
    account = find_account(ctx.db, params.username)
    if ctx.once(find_group, params.id) is None:
        errors["id"] = ["That group name or ID does not exist."]
    if "role" not in errors and params.role not in ROLES:
        errors["role"] = ["role does not exist."]
    if "username" not in errors and account is None:
        errors["username"] = ["User not found"]
    if errors or account is None:
        raise ValidationError(errors)
    return _put(ctx, params.id, "user", account.id, params.role)


def _put(ctx: Context, ref: str, object_type: str, object_ref: str, capacity: str) -> JsonDict:
    group = _group(ctx, ref)
    object_id = _object_id(ctx, object_type, object_ref)
    if object_type == "group" and object_id in (group.id, *descendants_of(ctx.db, [group.id])):
        raise ValidationError({"object": ["A group cannot stand above itself"]})
    put_member(ctx.db, group.id, object_type, object_id, capacity)
    if object_type == "package":
        reindex_dataset(ctx.db, object_id)
    return {
        "capacity": capacity,
        "group_id": group.id,
        "id": str(uuid.uuid5(_MEMBER_SPACE, f"{group.id} {object_type} {object_id}")),
        "state": "active",
        "table_id": object_id,
        "table_name": object_type,
    }


def _take(ctx: Context, ref: str, object_type: str, object_ref: str) -> None:
    group = _group(ctx, ref)
    object_id = _object_id(ctx, object_type, object_ref)
    remove_member(ctx.db, group.id, object_type, object_id)
    if object_type == "package":
        reindex_dataset(ctx.db, object_id)


def _object_id(ctx: Context, object_type: str, ref: str) -> str:
    if object_type not in FINDERS:
        raise ValidationError({"message": f"{object_type.capitalize()} isn't a valid model"})
    found = FINDERS[object_type](ctx.db, ref)
    if found is None:
        raise NotFound(f"{object_type.capitalize()} was not found.")
    return str(found.id)
