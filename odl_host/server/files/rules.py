"""Who may do what with a file that is no resource's: its user, or who may do it with what the file belongs to.

A sysadmin may everything. Source: CKAN 2.12 as observed; `ckan.files.owner.cascade_access` names the kinds of owners
that speak for their files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.files.filestore import File, find_stored_file
from odl_host.server.registry import Context


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a rule is asked about, as the rules of `permissions` read it."""

    id: str


Rule = Callable[[Context, Any], None]

_OF_GROUP: Mapping[str, Rule] = MappingProxyType(
    {
        "show": permissions.can_read_group,
        "update": permissions.org_admin,
        "delete": permissions.can_delete_group,
    }
)
_RULES: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        "package": {
            "show": permissions.can_read_dataset,
            "update": permissions.can_edit_dataset,
            "delete": permissions.can_edit_dataset,
        },
        "resource": {
            "show": permissions.can_read_resource,
            "update": permissions.can_edit_resource,
            "delete": permissions.can_delete_resource,
        },
        "group": _OF_GROUP,
        "organization": _OF_GROUP,
        "user": {
            "show": permissions.can_see_users,
            "update": permissions.can_edit_user,
            "delete": permissions.sysadmin,
        },
    }
)
"""By kind of owner: who may read, change and delete it. Owners of other kinds say nothing: only sysadmins act."""

_NOUNS = MappingProxyType({"organization": "Group"})


def may(ctx: Context, file: File, deed: str) -> bool:
    """Return whether the caller may show, update or delete a file.

    :raises NotFound: what it belongs to is not there, and has a say.
    """
    if ctx.user is not None and ctx.user.sysadmin:
        return True
    if ctx.user is not None and not ctx.user.scope and (file.owner_type, file.owner_id) == ("user", ctx.user.id):
        return True
    cascading = ctx.site.settings["ckan.files.owner.cascade_access"]
    assert isinstance(cascading, tuple)  # the settings were converted
    return file.owner_type in cascading and _may_with(ctx, file.owner_type, file.owner_id, deed)


def can_create_file(ctx: Context, params: Any) -> None:
    """A sysadmin; any user in the storages of `ckan.files.authenticated_uploads`, where these are allowed."""
    settings = ctx.site.settings
    opened = settings["ckan.files.authenticated_uploads.storages"]
    assert isinstance(opened, tuple)  # the settings were converted
    name = params.storage or settings["ckan.files.default_storages.default"]
    if ctx.user is None or ctx.user.sysadmin:
        can_manage_files(ctx, params)
    elif not settings["ckan.files.authenticated_uploads.allow"] or name not in opened:
        _refuse("Not allowed to manage files")


def can_manage_files(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """A sysadmin."""
    if ctx.user is None or not ctx.user.sysadmin:
        _refuse("Not allowed to manage files")


def can_read_file(ctx: Context, params: Any) -> None:
    """Its user, or who may read what it belongs to."""
    _require(ctx, params.id, "show", "read")


def can_edit_file(ctx: Context, params: Any) -> None:
    """Its user, or who may change what it belongs to."""
    _require(ctx, params.id, "update", "edit")


def can_delete_file(ctx: Context, params: Any) -> None:
    """Its user, or who may delete what it belongs to."""
    _require(ctx, params.id, "delete", "delete")


def can_transfer_file(ctx: Context, params: Any) -> None:
    """Who may change the file and its new owner; nobody else where `transfer_as_update` is off."""
    if ctx.user is not None and ctx.user.sysadmin:
        return
    file = ctx.once(find_stored_file, params.id)
    if file is None or (file.pinned and not params.force):
        _refuse("File is pinned")
    is_allowed = ctx.site.settings["ckan.files.owner.transfer_as_update"] and may(ctx, file, "update")
    if not is_allowed or not _may_with(ctx, params.owner_type, params.owner_id, "update"):
        _refuse("Not allowed to transfer ownership")


def can_list_files(ctx: Context, params: Any) -> None:
    """Who may change the owner; nobody else where `scan_as_update` is off."""
    if ctx.user is not None and ctx.user.sysadmin:
        return
    owner_type, owner_id = owner_of(ctx, params)
    if owner_id is None and owner_type in _RULES:
        noun = _NOUNS.get(owner_type, owner_type.capitalize())
        raise ValidationError({"message": f"Missing id, can not get {noun} object"})
    is_allowed = ctx.site.settings["ckan.files.owner.scan_as_update"]
    if owner_id is None or not is_allowed or not _may_with(ctx, owner_type, owner_id, "update"):
        _refuse("Not allowed to list files")


def owner_of(ctx: Context, params: Any) -> tuple[str, str | None]:
    """Return the kind and the id of the owner that a call is about: the caller where it names none."""
    if params.owner_id is None and params.owner_type == "user" and ctx.user is not None:
        return "user", ctx.user.id
    return params.owner_type, params.owner_id


def _require(ctx: Context, file_id: str, deed: str, verb: str) -> None:
    file = ctx.once(find_stored_file, file_id)
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    if not is_sysadmin and (file is None or not may(ctx, file, deed)):
        _refuse(f"Not allowed to {verb} file")


def _may_with(ctx: Context, owner_type: str, owner_id: str, deed: str) -> bool:
    rule = _RULES.get(owner_type, {}).get(deed)
    if rule is None or (owner_type == "user" and ctx.user is not None and ctx.user.scope):
        return False
    try:
        rule(ctx, Owner(owner_id))
    except NotAuthorized:
        return False
    except NotFound:
        if owner_type == "user":
            return False
        raise
    return True


def _refuse(reason: str) -> NoReturn:
    raise NotAuthorized(reason)
