"""How organizations and groups are shown: one, a page of them, those of a user."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import PUBLIC_COLUMNS, count_created_packages, get_account, show_user
from odl_host.server.database.tables import followers, groups, members, packages, users
from odl_host.server.documents import Rendered, encode, join_array, join_object, place
from odl_host.server.files.images import image_address
from odl_host.server.objects.datasets import render_datasets
from odl_host.server.objects.groups import Group, descendants_of, get_group, group_ids_of_user
from odl_host.server.params import Params, flag, named, natural, optional, switch, text, text_list
from odl_host.server.registry import Context

SHOWN_DATASETS_MAX = 10
"""How many datasets an organization or a group is shown with, the last changed first, as in CKAN."""

LISTED_DATASETS_MAX = 1000
SORT_FIELDS = ("name", "package_count", "title")
ACTIVE = packages.c.state == "active"
PUBLIC_DATASETS = sa.and_(ACTIVE, packages.c.private == sa.false())


PERMISSION_ROLES = {
    "read": permissions.READERS,
    "manage_group": permissions.READERS,
    "create_dataset": permissions.WRITERS,
    "update_dataset": permissions.WRITERS,
    "delete_dataset": permissions.WRITERS,
}


def _names(value: Any) -> list[str]:
    """Convert a list, or names with commas between them."""
    return value.split(",") if isinstance(value, str) else text_list(value)


class GroupShow(Params):
    """Which one, and what to add to it."""

    id: str = named()
    include_datasets: bool = switch(False)
    include_dataset_count: bool = switch(True)
    include_extras: bool = switch(True)
    include_users: bool = switch(True)
    include_groups: bool = switch(True)
    include_member_count: bool = optional(flag, False)


class GroupList(Params):
    """A page of organizations or groups, and what to add to each."""

    sort: str = optional(text, "")
    order_by: str = optional(text, "")
    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)
    organizations: list[str] | None = optional(_names)
    groups: list[str] | None = optional(_names)
    type: str = optional(text, "")
    all_fields: bool = optional(flag, False)
    include_dataset_count: bool = optional(flag, True)
    include_extras: bool = optional(flag, False)
    include_users: bool = optional(flag, False)
    include_groups: bool = optional(flag, False)
    include_member_count: bool = optional(flag, False)


class ForUser(Params):
    """Whose organizations, and what the user may do in them."""

    id: str = optional(text, "")
    permission: str = optional(text, "manage_group")
    include_dataset_count: bool = optional(flag, False)
    include_member_count: bool = optional(flag, False)


def show_group(
    ctx: Context,
    params: GroupShow,
    *,
    is_organization: bool,
    counts_followers: bool = True,
    whole_parents: bool = False,
) -> Rendered:
    """Return an organization or group with what `params` asks to add; the groups above it by name, or whole."""
    group = get_group(ctx.db, params.id, is_organization=is_organization)
    doc = _shown_fields(ctx, group.fields, include_extras=params.include_extras)
    if counts_followers:
        doc["num_followers"] = _follower_counts(ctx, [group.id]).get(group.id, 0)
    if params.include_dataset_count or params.include_datasets:
        doc["package_count"] = _count_shown(ctx, group)
    if params.include_groups:
        named = _parents(ctx, [group.id]).get(group.id, [])
        doc["groups"] = _whole_parents(ctx, named, is_organization=is_organization) if whole_parents else named
    is_said = "include_users" in params.data
    if params.include_users if is_said else ctx.site.settings["ckan.auth.public_user_details"]:
        doc["users"] = _users(ctx, [group.id]).get(group.id, [])
    if params.include_member_count:
        doc["member_count"] = _member_counts(ctx, [group.id]).get(group.id, 0)
    body = encode(doc)
    if params.include_datasets:
        ids = _dataset_ids(ctx, group, limit=SHOWN_DATASETS_MAX)
        body = join_object(body, packages=join_array(render_datasets(ctx.db, ids)))
    return place(body, ctx.site.url)


def _shown_fields(ctx: Context, fields: JsonDict, *, include_extras: bool) -> JsonDict:
    doc = dict(fields)
    doc["display_name"] = doc["title"] or doc["name"]
    doc["image_display_url"] = image_address(ctx.site.url, "group", doc["image_url"]) or ""
    if include_extras:
        doc["extras"] = sorted(doc["extras"], key=lambda extra: str(extra["key"]))
    else:
        del doc["extras"]
    return doc


def _follower_counts(ctx: Context, ids: list[str]) -> dict[str, int]:
    query = (
        sa.select(followers.c.object_id, sa.func.count())
        .where(followers.c.object_id.in_(ids), followers.c.object_type == "group")
        .group_by(followers.c.object_id)
    )
    return {row[0]: row[1] for row in ctx.db.execute(query)} if ids else {}


def _member_counts(ctx: Context, ids: list[str]) -> dict[str, int]:
    query = (
        sa.select(members.c.group_id, sa.func.count())
        .join(users, users.c.id == members.c.object_id)
        .where(members.c.group_id.in_(ids), members.c.object_type == "user", users.c.state == "active")
        .group_by(members.c.group_id)
    )
    return {row[0]: row[1] for row in ctx.db.execute(query)} if ids else {}


def _parents(ctx: Context, ids: list[str]) -> dict[str, list[JsonDict]]:
    """Return the groups above each group, by name."""
    query = (
        sa.select(members.c.group_id, members.c.capacity, groups.c.name)
        .join(groups, groups.c.id == members.c.object_id)
        .where(members.c.group_id.in_(ids), members.c.object_type == "group", groups.c.state == "active")
        .order_by(groups.c.name)
    )
    found: dict[str, list[JsonDict]] = {}
    for row in ctx.db.execute(query) if ids else ():
        found.setdefault(row.group_id, []).append({"capacity": row.capacity, "name": row.name})
    return found


def _whole_parents(ctx: Context, named: list[JsonDict], *, is_organization: bool) -> list[JsonDict]:
    """Return groups that `_parents` names as CKAN shows them of a group that was just written."""
    capacities = {parent["name"]: parent["capacity"] for parent in named}
    query = sa.select(groups.c.id, groups.c.name, groups.c.doc).where(groups.c.name.in_(capacities))
    added = GroupList.parse({"include_groups": True, "include_member_count": True})
    found = _whole(ctx, added, list(ctx.db.execute(query.order_by(groups.c.name))), is_organization=is_organization)
    for doc in found:
        del doc["num_followers"]
        doc["capacity"] = capacities[doc["name"]]
    return found


def list_groups(ctx: Context, params: GroupList, names: list[str] | None, *, is_organization: bool) -> list[Any]:
    """Return a page of names, or of whole organizations or groups."""
    wanted = (params.sort or params.order_by or str(ctx.site.settings["ckan.default_group_sort"])).strip()
    if "," in wanted:
        raise ValidationError({"message": "Too many sort criteria provided only 1 allowed"})
    field, _, direction = wanted.partition(" ")
    if field == "packages":
        field = "package_count"
    if direction.strip() not in ("", "asc", "desc"):
        raise ValidationError({"message": f"Invalid sort direction `{direction.strip()}`"})
    if field not in SORT_FIELDS:
        raise ValidationError({"message": f"Cannot sort by field `{field}`"})
    # CKAN's old `order_by` put the fullest first.
    is_descending = direction.strip() == "desc" or (not direction and field == "package_count")
    ceiling_name = "ckan.group_and_organization_list_max"
    if params.all_fields:
        ceiling_name = "ckan.group_and_organization_list_all_fields_max"
    ceiling = int(str(ctx.site.settings[ceiling_name]))
    # As in CKAN, the number 0 limits nothing; a text "0" leaves nothing.
    limit = ceiling if not params.data.get("limit") or params.limit is None else min(params.limit, ceiling)
    query = sa.select(groups.c.id, groups.c.name, *([groups.c.doc] if params.all_fields else [])).where(
        groups.c.is_organization == sa.literal(is_organization),
        groups.c.state == "active",
        groups.c.type == _listed_type(params, is_organization=is_organization),
    )
    if names:
        query = query.where(groups.c.name.in_(names))
    if field == "package_count":
        counted = _count_query(ctx, is_organization=is_organization).subquery()
        query = query.join(
            counted, counted.c.group_id == groups.c.id
        )  # as in CKAN, those without datasets are left out
        key: Any = counted.c.n
    else:
        key = groups.c.title if field == "title" else groups.c.name
    query = query.order_by(key.desc() if is_descending else key, groups.c.name).limit(limit).offset(params.offset)
    rows = list(ctx.db.execute(query))
    if not params.all_fields:
        return [row.name for row in rows]
    return _whole(ctx, params, rows, is_organization=is_organization)


def _listed_type(params: GroupList, *, is_organization: bool) -> str:
    if params.data.get("type") is not None:
        return params.type
    return "organization" if is_organization else "group"


def _whole(ctx: Context, params: GroupList, rows: list[Any], *, is_organization: bool) -> list[JsonDict]:
    ids = [row.id for row in rows]
    if params.include_users and not ctx.site.settings["ckan.auth.public_user_details"]:
        for group_id in ids:
            permissions.require_member(ctx, group_id)
    counts = _dataset_counts(ctx, ids, is_organization=is_organization) if params.include_dataset_count else {}
    people = _users(ctx, ids) if params.include_users else {}
    parents = _parents(ctx, ids) if params.include_groups else {}
    followed = _follower_counts(ctx, ids)
    peopled = _member_counts(ctx, ids) if params.include_member_count else {}
    found = []
    for row in rows:
        doc = _shown_fields(ctx, json.loads(row.doc), include_extras=params.include_extras)
        doc["num_followers"] = followed.get(row.id, 0)
        if params.include_dataset_count:
            doc["package_count"] = counts.get(row.id, 0)
        if params.include_users:
            doc["users"] = people.get(row.id, [])
        if params.include_groups:
            doc["groups"] = parents.get(row.id, [])
        if params.include_member_count:
            doc["member_count"] = peopled.get(row.id, 0)
        found.append(doc)
    return found


def _visible(ctx: Context) -> Any:
    """Return which datasets count for the caller: those that a search finds for the same one."""
    labels = permissions.labels_of_caller(ctx)
    if labels is None:
        return ACTIVE
    named: dict[str, list[str]] = {}
    for kind, _, key in (label.partition("-") for label in labels):
        named.setdefault(kind, []).append(key)
    columns = {"member": packages.c.owner_org, "collaborator": packages.c.id}
    more: list[Any] = [column.in_(named[kind]) for kind, column in columns.items() if kind in named]
    if "creator" in named:
        more.append(sa.and_(packages.c.owner_org.is_(None), packages.c.creator_user_id.in_(named["creator"])))
    return sa.or_(PUBLIC_DATASETS, sa.and_(ACTIVE, sa.or_(*more))) if more else PUBLIC_DATASETS


def _count_query(ctx: Context, *, is_organization: bool) -> sa.Select[Any]:
    if is_organization:
        return (
            sa.select(packages.c.owner_org.label("group_id"), sa.func.count().label("n"))
            .where(_visible(ctx), packages.c.owner_org.is_not(None))
            .group_by(packages.c.owner_org)
        )
    return (
        sa.select(members.c.group_id, sa.func.count().label("n"))
        .join(packages, packages.c.id == members.c.object_id)
        .where(_visible(ctx), members.c.object_type == "package")
        .group_by(members.c.group_id)
    )


def _dataset_counts(ctx: Context, ids: list[str], *, is_organization: bool) -> dict[str, int]:
    column = packages.c.owner_org if is_organization else members.c.group_id
    query = _count_query(ctx, is_organization=is_organization).where(column.in_(ids))
    return {row[0]: row[1] for row in ctx.db.execute(query)} if ids else {}


def _users(ctx: Context, ids: list[str]) -> dict[str, list[JsonDict]]:
    """Return the users of each group with their capacity, by name."""
    query = (
        sa.select(members.c.group_id, members.c.capacity, *PUBLIC_COLUMNS)
        .join(users, users.c.id == members.c.object_id)
        .where(members.c.group_id.in_(ids), members.c.object_type == "user", users.c.state == "active")
        .order_by(users.c.name)
    )
    rows = list(ctx.db.execute(query))
    created = count_created_packages(ctx.db, [row.id for row in rows])
    found: dict[str, list[JsonDict]] = {}
    for row in rows:
        shown = show_user(row, created.get(row.id, 0), ctx.site.url) | {"capacity": row.capacity}
        found.setdefault(row.group_id, []).append(shown)
    return found


def _shown_of(ctx: Context, group: Group, column: Any) -> sa.Select[Any]:
    """Select from the datasets that are shown with an organization or group: a group never shows private ones."""
    if group.is_organization:
        return sa.select(column).where(_visible(ctx), packages.c.owner_org == group.id)
    is_in_group = sa.and_(members.c.group_id == group.id, members.c.object_type == "package")
    return (
        sa.select(column)
        .join_from(packages, members, members.c.object_id == packages.c.id)
        .where(PUBLIC_DATASETS, is_in_group)
    )


def _count_shown(ctx: Context, group: Group) -> int:
    return int(ctx.db.scalar(_shown_of(ctx, group, sa.func.count(packages.c.id))) or 0)


def _dataset_ids(ctx: Context, group: Group, *, limit: int) -> list[str]:
    ceiling = min(limit, int(str(ctx.site.settings["ckan.search.rows_max"])))
    query = _shown_of(ctx, group, packages.c.id)
    return list(ctx.db.scalars(query.order_by(packages.c.metadata_modified.desc()).limit(ceiling)))


def packages_of_group(ctx: Context, group: Group, limit: int | None) -> Rendered:
    """Return the public datasets that were put in a group, the last changed first."""
    # An organization owns its datasets; as in CKAN, none were put in it.
    ids = [] if group.is_organization else _dataset_ids(ctx, group, limit=LISTED_DATASETS_MAX)[:limit]
    return place(join_array(render_datasets(ctx.db, ids)), ctx.site.url)


def list_groups_for_user(ctx: Context, params: ForUser, *, is_organization: bool) -> list[JsonDict]:
    """Return the organizations or groups in which a user may do something."""
    # As in CKAN, only organizations are told of another user than the caller.
    own = ctx.user.id if ctx.user else ""
    asked = params.id or own if is_organization else own
    if not asked:
        return []
    person = get_account(ctx.db, asked)
    query = (
        sa.select(groups.c.id, groups.c.doc, members.c.capacity)
        .outerjoin(
            members,
            sa.and_(
                members.c.group_id == groups.c.id,
                members.c.object_type == "user",
                members.c.object_id == person.id,
            ),
        )
        .where(groups.c.is_organization == sa.literal(is_organization), groups.c.state == "active")
        .order_by(sa.func.coalesce(sa.func.nullif(groups.c.title, ""), groups.c.name), groups.c.name)
    )
    is_unsaid = "permission" in params.data and params.data["permission"] in (None, "")
    roles = permissions.ADMINS if is_unsaid else PERMISSION_ROLES.get(params.permission, permissions.ADMINS)
    inherited: dict[str, str] = {}
    if not person.sysadmin:
        for role in sorted(roles & ctx.site.cascading_roles):
            above = group_ids_of_user(ctx.db, person.id, [role])
            inherited |= dict.fromkeys(descendants_of(ctx.db, above), role)
        is_member = members.c.capacity.in_(list(roles))
        query = query.where(sa.or_(is_member, groups.c.id.in_(list(inherited))) if inherited else is_member)
    rows = list(ctx.db.execute(query))
    counts: dict[str, int] = {}
    if params.include_dataset_count:
        counts = _dataset_counts(ctx, [row.id for row in rows], is_organization=is_organization)
    peopled = _member_counts(ctx, [row.id for row in rows]) if params.include_member_count else {}
    found = []
    for row in rows:
        doc = _shown_fields(ctx, json.loads(row.doc), include_extras=False)
        if is_organization:
            doc["capacity"] = "admin" if person.sysadmin else inherited.get(row.id) or row.capacity
        if params.include_member_count:
            doc["member_count"] = peopled.get(row.id, 0)
        if params.include_dataset_count:
            doc["package_count"] = counts.get(row.id, 0)
        found.append(doc)
    return found
