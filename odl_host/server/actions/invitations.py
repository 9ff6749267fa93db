"""Invitations: a user who is known by an e-mail address only, put in an organization or a group."""

from __future__ import annotations

import functools
import re
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from odl_host.ckan import NAME_MAX_LENGTH, JsonDict, NotAuthorized, NotFound, ValidationError, fold
from odl_host.errors import OdlError
from odl_host.server import permissions
from odl_host.server.accounts.invitations import LIFETIME, new_invitation
from odl_host.server.accounts.users import find_account, get_account, show_own_user
from odl_host.server.clock import now
from odl_host.server.database.tables import members, sessions, users
from odl_host.server.objects.groups import find_group, put_member
from odl_host.server.objects.names import check_email
from odl_host.server.params import Params, required, text
from odl_host.server.registry import Context, action
from odl_host.server.rendering.languages import french, get_language
from odl_host.server.site_options import named_site

if TYPE_CHECKING:
    from odl_host.server.sites import Site

ROLES = {"admin": french("administrateur"), "editor": french("éditeur"), "member": french("membre")}
SUBJECT = french("Votre compte sur %(title)s")
"""The roles, as the letter says them."""

UNSENT = "Error sending the invite email, the user was not created"


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

    The person gets a letter with the address where to choose a password, which makes the account active; where the
    letter cannot leave, no user is created.

    :param email: the address, which no other user has
    :param group_id: the organization's or group's id or name
    :param role: admin, editor or member
    """
    group = ctx.once(find_group, params.group_id)
    assert group is not None  # the rule looked at it
    known = sa.select(users.c.id).where(sa.func.lower(users.c.email) == params.email.lower(), users.c.state == "active")
    if ctx.db.scalar(known) is not None:
        raise ValidationError({"email": [f"The email address '{params.email}' belongs to a registered user."]})
    if ctx.site.post is None:
        raise ValidationError({"message": f"{UNSENT}: this site sends no mail; use user_create"})
    user_id = _create(ctx, params.email)
    put_member(ctx.db, group.id, "user", user_id, params.role)
    account = get_account(ctx.db, user_id)
    key = new_invitation(ctx.db, user_id)
    # Once the user is there for good: other writers do not wait for a mail server.
    ctx.then.append(functools.partial(_send, ctx.site, account, key, group.title or group.name, params.role))
    return show_own_user(account)


def _send(site: Site, account: Any, key: str, group: str, role: str) -> None:
    from odl_host.server.rendering.drawing import render

    named, language = named_site(site), get_language(site.locale)
    values = {
        "address": f"{site.url}/user/reset/{account.id}?key={key}",
        "days": LIFETIME.days,
        "group": group,
        "name": account.name,
        "role": language.say(ROLES[role]),
    }
    try:
        assert site.post is not None  # the action looked
        subject = language.say(SUBJECT, title=named.title)
        site.post(account.email, subject, render("invitation.txt", named, values).strip() + "\n")
    except OdlError as error:
        with site.db.writing() as db:
            db.execute(sessions.delete().where(sessions.c.user_id == account.id))
            db.execute(members.delete().where(members.c.object_id == account.id, members.c.object_type == "user"))
            db.execute(users.delete().where(users.c.id == account.id))
        raise ValidationError({"message": f"{UNSENT}: {error.message}"}) from error


def _create(ctx: Context, email: str) -> str:
    # As CKAN does: one hyphen for each character that no name has.
    stem = re.sub(r"[^a-z0-9_]", "-", fold(email.partition("@")[0]))[: NAME_MAX_LENGTH - 10]
    name = f"{stem}-{secrets.randbelow(10_000)}"
    while find_account(ctx.db, name) is not None:
        name = f"{stem}-{secrets.randbelow(10**9)}"
    row = {"id": str(uuid.uuid4()), "name": name, "email": email, "sysadmin": False, "state": "pending"}
    ctx.db.execute(users.insert(), {**row, "created": now()})
    return row["id"]  # type: ignore[return-value]  # the dictionary's values are of several types
