"""Invitations: a user who is known by an e-mail address only, put in an organization or a group."""

from __future__ import annotations

import secrets
import uuid

import sqlalchemy as sa

from odl_host.ckan import NAME_MAX_LENGTH, JsonDict, NotAuthorized, NotFound, ValidationError, slug
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.groups import find_group, put_member
from odl_host.server.names import check_email
from odl_host.server.params import Params, required, text
from odl_host.server.registry import Context, action
from odl_host.server.tables import users
from odl_host.server.users import find_account, get_account, show_own_user

ROLES = ("admin", "editor", "member")


class Invitation(Params):
    """Whom to invite, where, as what."""

    email: str = required(check_email)
    group_id: str = required(text)
    role: str = required(text)


def _inviter(ctx: Context, params: Invitation) -> None:
    """An admin of the organization or group, where users may be created by invitation; a sysadmin anywhere."""
    group = ctx.once(find_group, params.group_id)
    if group is None and ctx.user is not None and ctx.user.sysadmin:
        raise NotFound("Group was not found.")
    if group is None or not permissions.has_capacity(ctx, group.id, permissions.ADMINS):
        raise NotAuthorized(f"User {ctx.user.name if ctx.user else ''} not authorized to add members")
    if params.role not in ROLES:
        raise ValidationError({"role": ["role does not exist."]})
    if not (ctx.user and ctx.user.sysadmin) and not ctx.site.settings["ckan.auth.create_user_via_api"]:
        raise NotAuthorized("")


@action(params=Invitation, allow=_inviter)
def user_invite(ctx: Context, params: Invitation) -> JsonDict:
    """Create a pending user for an e-mail address, put the user in an organization or group, and return the user.

    No e-mail is sent: give the person a token, or a password with `user_update`, which makes the account active.

    :param email: the address; a user who has it already is put in the group
    :param group_id: the organization's or group's id or name
    :param role: admin, editor or member
    """
    group = ctx.once(find_group, params.group_id)
    assert group is not None  # the rule looked at it
    known = sa.select(users.c.id).where(sa.func.lower(users.c.email) == params.email.lower(), users.c.state == "active")
    user_id = ctx.db.scalar(known) or _create(ctx, params.email)
    put_member(ctx.db, group.id, "user", user_id, params.role)
    return show_own_user(get_account(ctx.db, user_id))


def _create(ctx: Context, email: str) -> str:
    stem = slug(email.partition("@")[0], max_length=NAME_MAX_LENGTH - 10) or "user"
    name = f"{stem}-{secrets.randbelow(10_000)}"
    while find_account(ctx.db, name) is not None:
        name = f"{stem}-{secrets.randbelow(10**9)}"
    row = {"id": str(uuid.uuid4()), "name": name, "email": email, "sysadmin": False, "state": "pending"}
    ctx.db.execute(users.insert(), {**row, "created": now()})
    return row["id"]  # type: ignore[return-value]  # the dictionary's values are of several types
