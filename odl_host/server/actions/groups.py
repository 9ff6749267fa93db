"""Organizations and groups, made, changed and removed: the same actions under both nouns."""

from __future__ import annotations

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import find_account
from odl_host.server.database.tables import former_members, groups, members, packages
from odl_host.server.documents import Rendered
from odl_host.server.files.images import take_image
from odl_host.server.objects.activities import record_group
from odl_host.server.objects.datasets import (
    find_dataset,
    get_dataset,
    reindex_dataset,
    reindex_organization,
    update_dataset,
)
from odl_host.server.objects.extras import not_dicts, require_dicts
from odl_host.server.objects.group_fields import read_group
from odl_host.server.objects.group_views import (
    GroupShow,
    show_group,
)
from odl_host.server.objects.groups import (
    Group,
    descendants_of,
    find_group,
    get_group,
    put_member,
    remove_member,
    save_group,
)
from odl_host.server.params import MISSING_VALUE, Params, named, optional, reference
from odl_host.server.registry import Context, action

LISTS = frozenset({"extras", "users", "packages", "groups"})
LOOP = "This parent would create a loop in the hierarchy"


class Ref(Params):
    """An organization's or a group's id or name."""

    id: str = named()


class PatchRef(Params):
    """An organization's or a group's id or name; the rule says what is wrong with an absent one."""

    id: str = optional(reference, "")


class Sent(Params):
    """An organization or a group; its fields are checked as a whole by `group_fields`."""


def _sysadmin_of_known(ctx: Context, params: Ref) -> None:
    """Only a sysadmin may, and only what is there."""
    ctx.once(get_group, params.id)
    permissions.sysadmin(ctx, params)


@action(params=Sent, allow=permissions.can_create_organization)
def organization_create(ctx: Context, params: Sent) -> Rendered:
    """Create an organization, with the caller as its admin, and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param title, description, image_url: texts
    :param extras: list of key and value
    :param users: list of name and capacity (admin, editor, member)
    """
    return _create(ctx, params.data, is_organization=True)


@action(params=Sent, allow=permissions.can_create_group)
def group_create(ctx: Context, params: Sent) -> Rendered:
    """Create a group, with the caller as its admin, and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param title, description, image_url: texts
    :param extras: list of key and value
    :param users: list of name and capacity (admin, editor, member)
    """
    return _create(ctx, params.data, is_organization=False)


@action(params=Ref, allow=permissions.org_admin)
def organization_update(ctx: Context, params: Ref) -> Rendered:
    """Change an organization to what is sent and return it; extras that are not sent go, all else stays.

    :param id: the organization's id or name
    """
    return _update(ctx, params, is_patch=False)


@action(params=Ref, allow=permissions.org_admin)
def group_update(ctx: Context, params: Ref) -> Rendered:
    """Change a group to what is sent and return it; extras that are not sent go, all else stays.

    :param id: the group's id or name
    """
    return _update(ctx, params, is_patch=False)


def _can_patch(ctx: Context, params: PatchRef) -> None:
    """An admin of it; others than a sysadmin are told of an absent id in CKAN's own words."""
    if not params.id and not (ctx.user and ctx.user.sysadmin):
        raise ValidationError({"message": "Missing id, can not get Group object"})
    if "id" not in params.data:
        raise ValidationError({"id": [MISSING_VALUE]})
    permissions.org_admin(ctx, params)


@action(params=PatchRef, allow=_can_patch)
def organization_patch(ctx: Context, params: PatchRef) -> Rendered:
    """Change some fields of an organization and return it.

    :param id: the organization's id or name
    """
    return _update(ctx, params, is_patch=True)


@action(params=PatchRef, allow=_can_patch)
def group_patch(ctx: Context, params: PatchRef) -> Rendered:
    """Change some fields of a group and return it.

    :param id: the group's id or name
    """
    return _update(ctx, params, is_patch=True)


@action(params=Ref, allow=permissions.can_delete_group)
def organization_delete(ctx: Context, params: Ref) -> None:
    """Delete an organization; a sysadmin can bring it back, its members must be named again.

    Where datasets need an organization (`ckan.auth.create_unowned_dataset` is off) it must have none left.

    :param id: the organization's id or name
    """
    _delete(ctx, get_group(ctx.db, params.id))


@action(params=Ref, allow=permissions.can_delete_group)
def group_delete(ctx: Context, params: Ref) -> None:
    """Delete a group; its datasets stay, a sysadmin can bring it back.

    :param id: the group's id or name
    """
    _delete(ctx, get_group(ctx.db, params.id))


@action(params=Ref, allow=_sysadmin_of_known)
def organization_purge(ctx: Context, params: Ref) -> None:
    """Remove an organization for good; its datasets stay, without organization.

    :param id: the organization's id or name
    """
    _purge(ctx, ctx.once(get_group, params.id))


@action(params=Ref, allow=_sysadmin_of_known)
def group_purge(ctx: Context, params: Ref) -> None:
    """Remove a group for good; its datasets stay.

    :param id: the group's id or name
    """
    _purge(ctx, ctx.once(get_group, params.id))


def _create(ctx: Context, data: JsonDict, *, is_organization: bool) -> Rendered:
    kind = {"type": data.get("type") or _type(is_organization)}
    sent = _without_empty({**data, "is_organization": is_organization, **(kind if is_organization else {})}) | kind
    members_sent = _read_members(ctx, sent, None)
    fields = read_group(ctx, take_image(ctx, "group", sent), is_organization=is_organization)
    save_group(ctx.db, fields, is_new=True)
    _write_members(ctx, fields["id"], members_sent)
    if ctx.user is not None:
        put_member(ctx.db, fields["id"], "user", ctx.user.id, "admin")
    record_group(ctx, fields, "new")
    return show_group(ctx, GroupShow.parse({"id": fields["id"]}), is_organization=is_organization)


def _type(is_organization: bool) -> str:
    return "organization" if is_organization else "group"


def _update(ctx: Context, params: Ref | PatchRef, *, is_patch: bool) -> Rendered:
    group = get_group(ctx.db, params.id)
    before = group.fields
    sent = {**params.data, "type": params.data.get("type") or before["type"]}
    if is_patch:
        _without_empty(params.data)  # refused as it was sent
        sent = {**before, **sent, "id": group.id}
    data = _without_empty(sent)
    members_sent = _read_members(ctx, data, group)
    is_organization = group.is_organization
    fields = read_group(ctx, take_image(ctx, "group", data), is_organization=is_organization, before=before)
    if fields != before:
        save_group(ctx.db, fields, is_new=False)
        reindex_organization(ctx.db, group.id)
        record_group(ctx, fields, "deleted" if fields["state"] == "deleted" else "changed")
    _write_members(ctx, group.id, members_sent)
    shown = GroupShow.parse({"id": group.id, "include_datasets": True, "include_users": True})
    return show_group(ctx, shown, is_organization=is_organization, counts_followers=False, whole_parents=True)


def _without_empty(data: JsonDict) -> JsonDict:
    """Return what was sent as CKAN reads it: of its lists nothing that is empty, nor lists of nothing else.

    :raises IntegrityError: one is no list of dictionaries.
    """
    found = dict(data)
    for key in LISTS & data.keys():
        if not data[key] and not isinstance(data[key], list):
            raise not_dicts(key, data[key], data)
        found[key] = [entry for entry in require_dicts(key, data[key], data) if entry]
        if data[key] and not found[key]:
            del found[key]
    return found


def _read_members(ctx: Context, data: JsonDict, group: Group | None) -> dict[str, dict[str, str]]:
    """Return the members that were sent, by type: the capacity of each by id. A type that was not sent is not there.

    :raises ValidationError: a dataset is not there, a group above has no name, or would stand above itself.
    """
    found: dict[str, dict[str, str]] = {}
    errors: JsonDict = {}
    if data.get("users") is not None:
        found["user"] = {}
        messages: list[JsonDict] = []
        for entry in require_dicts("users", data["users"], data):
            ref = entry.get("name")
            account = find_account(ctx.db, str(ref)) if ref else None
            messages.append({} if account else {"name": [f"Not found: User {ref}" if ref else MISSING_VALUE]})
            if account:
                found["user"].setdefault(account.id, _capacity(entry))
        if any(messages):
            errors["users"] = messages
    if data.get("packages") is not None:
        found["package"] = {}
        messages = []
        for entry in require_dicts("packages", data["packages"], data):
            ref = entry.get("id")
            dataset = find_dataset(ctx.db, str(ref)) if ref else None
            messages.append({} if dataset else {"id": ["Dataset not found" if ref else MISSING_VALUE]})
            if dataset:
                found["package"][dataset.id] = "public"
        if any(messages):
            errors["packages"] = messages
    if data.get("groups") is not None:
        found["group"] = {}
        sent = require_dicts("groups", data["groups"], data)
        messages = [{} if entry.get("name") else {"name": [MISSING_VALUE]} for entry in sent]
        below = {group.id, *descendants_of(ctx.db, [group.id])} if group else set()
        for entry, message in zip(sent, messages, strict=True):
            above = find_group(ctx.db, str(entry.get("name") or ""))
            if above is not None:
                found["group"].setdefault(above.id, _capacity(entry))
            if group and not message and (above is None or above.id in below):
                message["name"] = [LOOP]  # as in CKAN, also of a group that is not there
        if any(messages):
            errors["groups"] = messages
    if errors:
        raise ValidationError(errors)
    return found


def _capacity(entry: JsonDict) -> str:
    return "public" if entry.get("capacity") is None else str(entry["capacity"])


def _write_members(ctx: Context, group_id: str, sent: dict[str, dict[str, str]]) -> None:
    """Make the members of each type that was sent exactly those."""
    for kind, wanted in sent.items():
        query = sa.select(members.c.object_id).where(members.c.group_id == group_id, members.c.object_type == kind)
        before = set(ctx.db.scalars(query))
        for object_id in before - set(wanted):
            remove_member(ctx.db, group_id, kind, object_id)
        for object_id, capacity in wanted.items():
            put_member(ctx.db, group_id, kind, object_id, capacity)
        for object_id in before ^ set(wanted) if kind == "package" else ():
            reindex_dataset(ctx.db, object_id)


def _delete(ctx: Context, group: Group) -> None:
    if group.is_organization:
        owned = sa.exists().where(packages.c.owner_org == group.id, packages.c.state != "deleted")
        if ctx.db.scalar(sa.select(owned)):
            if not ctx.site.settings["ckan.auth.create_unowned_dataset"]:
                raise ValidationError({"message": "Organization cannot be deleted while it still has datasets"})
            _disown(ctx, group)
    reindex_organization(ctx.db, group.id)
    ctx.db.execute(members.delete().where(members.c.group_id == group.id))
    fields = {**group.fields, "state": "deleted"}
    save_group(ctx.db, fields, is_new=False)
    record_group(ctx, fields, "deleted")


def _purge(ctx: Context, group: Group) -> None:
    reindex_organization(ctx.db, group.id)
    _disown(ctx, group)
    is_above = sa.and_(members.c.object_type == "group", members.c.object_id == group.id)
    ctx.db.execute(members.delete().where(sa.or_(members.c.group_id == group.id, is_above)))
    ctx.db.execute(former_members.delete().where(former_members.c.group_id == group.id))
    ctx.db.execute(groups.delete().where(groups.c.id == group.id))


def _disown(ctx: Context, group: Group) -> None:
    """Take its datasets away from an organization; a private one stays private, for its creator and sysadmins."""
    for dataset_id in list(ctx.db.scalars(sa.select(packages.c.id).where(packages.c.owner_org == group.id))):
        fields = get_dataset(ctx.db, dataset_id).fields
        update_dataset(ctx.db, {**fields, "owner_org": None}, tags_changed=False)
