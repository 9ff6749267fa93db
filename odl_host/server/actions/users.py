"""Users: create, show, update, patch, delete, list."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.credentials import hash_password
from odl_host.server.names import check_email, check_name
from odl_host.server.params import MISSING_VALUE, Invalid, Params, flag, integer, natural, optional, required, text
from odl_host.server.registry import Context, action
from odl_host.server.sessions import end_sessions
from odl_host.server.sites import SYSADMIN_NAME
from odl_host.server.tables import members, users
from odl_host.server.tokens import insert_token
from odl_host.server.users import (
    PUBLIC_COLUMNS,
    count_created_packages,
    find_account,
    get_account,
    show_own_user,
    show_user,
)

PASSWORD_MIN_LENGTH = 8
TEXTS = ("fullname", "about", "image_url")


class Ref(Params):
    """A user's id or name."""

    id: str = required(text)


class UserShow(Params):
    """Which user; the caller by default."""

    id: str = optional(text, "")
    include_datasets: bool = optional(flag, False)
    include_num_followers: bool = optional(flag, False)
    include_password_hash: bool = optional(flag, False)


class UserList(Params):
    """Which users, in what form."""

    q: str = optional(text, "")
    email: str = optional(text, "")
    order_by: str = optional(text, "display_name")
    all_fields: bool = optional(flag, True)
    include_site_user: bool = optional(flag, False)


class NewUser(Params):
    """A user; name, e-mail and password are checked together."""

    with_apitoken: bool = optional(flag, False)


@action(params=UserShow, allow=permissions.can_see_users, reads=True)
def user_show(ctx: Context, params: UserShow) -> JsonDict:
    """Return one user; the e-mail only to oneself and to a sysadmin.

    :param id: the user's id or name, the caller by default
    :param include_password_hash: a sysadmin also gets the hash, to move users to another site
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    if not params.id and ctx.user is None:
        raise ValidationError({"id": [MISSING_VALUE]})
    account = get_account(ctx.db, params.id or (ctx.user.id if ctx.user else ""))
    if account.state == "deleted" and not is_sysadmin:
        raise NotFound("User not found")
    created = count_created_packages(ctx.db, [account.id]).get(account.id, 0)
    if not is_sysadmin and (ctx.user is None or ctx.user.id != account.id):
        shown = show_user(account, created)
    else:
        shown = show_own_user(account, created)
    if is_sysadmin and params.include_password_hash:
        shown["password_hash"] = account.password_hash
    if params.include_num_followers:
        shown["num_followers"] = 0
    return shown


@action(params=UserList, allow=permissions.can_see_users, reads=True)
def user_list(ctx: Context, params: UserList) -> list[Any]:
    """Return the users; a sysadmin also sees deleted ones and e-mails.

    :param q: only those whose name contains this text
    :param email: only the one with this address, for a sysadmin
    :param order_by: `name`, `fullname`, `created` or `display_name`
    :param all_fields: true by default; else their names
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    query = sa.select(*PUBLIC_COLUMNS)
    if not is_sysadmin:
        query = query.where(users.c.state != "deleted")
    if not params.include_site_user:
        query = query.where(users.c.name != SYSADMIN_NAME)
    if params.q:
        pattern = users.c.name.icontains(params.q, autoescape=True)
        query = query.where(sa.or_(pattern, users.c.fullname.icontains(params.q, autoescape=True)))
    if params.email and is_sysadmin:
        query = query.where(sa.func.lower(users.c.email) == params.email.lower())
    orders: dict[str, Any] = {"name": users.c.name, "fullname": users.c.fullname, "created": users.c.created}
    shown_name = sa.func.lower(sa.func.coalesce(sa.func.nullif(users.c.fullname, ""), users.c.name))
    query = query.order_by(orders.get(params.order_by, shown_name), users.c.name)
    rows = list(ctx.db.execute(query))
    if not params.all_fields:
        return [row.name for row in rows]
    created = count_created_packages(ctx.db, [row.id for row in rows])
    show = show_own_user if is_sysadmin else show_user
    return [show(row, created.get(row.id, 0)) for row in rows]


@action(params=NewUser, allow=permissions.can_create_user)
def user_create(ctx: Context, params: NewUser) -> JsonDict:
    """Create a user and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param email: unique among active users
    :param password: at least 8 characters
    :param fullname, about, image_url: texts
    :param with_apitoken: also create a token and return it as `token`
    """
    row = _checked(ctx, params.data, before=None)
    ctx.db.execute(users.insert(), row)
    shown = show_own_user(get_account(ctx.db, row["id"]))
    if params.with_apitoken:
        shown["token"] = insert_token(ctx.db, row["id"], "default")
    return shown


@action(params=Ref, allow=permissions.can_edit_user)
def user_update(ctx: Context, params: Ref) -> JsonDict:
    """Replace a user by what is sent and return it; the password stays when it is not sent.

    :param id: the user's id or name
    """
    return _update(ctx, get_account(ctx.db, params.id), params.data)


@action(params=Ref, allow=permissions.can_edit_user)
def user_patch(ctx: Context, params: Ref) -> JsonDict:
    """Change some fields of a user and return it.

    :param id: the user's id or name
    """
    account = get_account(ctx.db, params.id)
    kept = {key: getattr(account, key) for key in ("name", "email", *TEXTS)}
    return _update(ctx, account, {**kept, **params.data})


@action(params=Ref, allow=permissions.sysadmin)
def user_delete(ctx: Context, params: Ref) -> None:
    """Delete a user: tokens stop working, memberships end, what the user created stays.

    :param id: the user's id or name
    """
    account = get_account(ctx.db, params.id)
    ctx.db.execute(users.update().where(users.c.id == account.id), {"state": "deleted"})
    ctx.db.execute(members.delete().where(members.c.object_type == "user", members.c.object_id == account.id))


class Autocomplete(Params):
    """The beginning of a name."""

    q: str = required(text)
    limit: int = optional(natural, 20)
    ignore_self: bool = optional(flag, False)
    offset: int = optional(integer, 0)


@action(params=Autocomplete, allow=permissions.logged_in, reads=True)
def user_autocomplete(ctx: Context, params: Autocomplete) -> list[JsonDict]:
    """Return the users whose name contains a text, for a search box.

    :param q: the text
    :param limit: at most this many, 20 by default
    """
    matches = sa.or_(
        users.c.name.icontains(params.q, autoescape=True), users.c.fullname.icontains(params.q, autoescape=True)
    )
    query = sa.select(users.c.id, users.c.name, users.c.fullname).where(users.c.state == "active", matches)
    if params.ignore_self and ctx.user is not None:
        query = query.where(users.c.id != ctx.user.id)
    rows = ctx.db.execute(query.order_by(users.c.name).limit(params.limit))
    return [{"id": row.id, "name": row.name, "fullname": row.fullname} for row in rows]


def _update(ctx: Context, account: Any, data: JsonDict) -> JsonDict:
    row = _checked(ctx, data, before=account)
    ctx.db.execute(users.update().where(users.c.id == account.id), row)
    if "password_hash" in row:
        end_sessions(ctx.db, account.id)
    created = count_created_packages(ctx.db, [account.id]).get(account.id, 0)
    return show_own_user(get_account(ctx.db, account.id), created)


def _checked(ctx: Context, data: JsonDict, *, before: Any) -> dict[str, Any]:
    """Return the row to write. :raises ValidationError: naming every wrong field."""
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    errors: JsonDict = {}
    row: dict[str, Any] = {"name": _name(ctx, data, errors, before), "email": _email(ctx, data, errors, before)}
    for key in TEXTS:
        value = data.get(key)
        if isinstance(value, dict | list):
            errors[key] = ["Must be a Unicode string value"]
        row[key] = None if value is None else str(value)
    password = data.get("password")
    if is_sysadmin and isinstance(data.get("password_hash"), str):
        row["password_hash"] = data["password_hash"]
    elif password:
        if not isinstance(password, str):
            errors["password"] = ["Passwords must be strings"]
        elif len(password) < PASSWORD_MIN_LENGTH:
            errors["password"] = [f"Your password must be {PASSWORD_MIN_LENGTH} characters or longer"]
    elif before is None:
        errors["password"] = [MISSING_VALUE]
    if before is None:
        row |= {"id": str(uuid.uuid4()), "created": now(), "state": "active", "sysadmin": False}
        if is_sysadmin and data.get("id"):
            row["id"] = str(data["id"])
            if find_account(ctx.db, row["id"]):
                errors["id"] = ["Id already exists"]
    if is_sysadmin and "sysadmin" in data:
        row["sysadmin"] = flag(data["sysadmin"])
    if is_sysadmin and data.get("state") in ("active", "deleted", "pending"):
        row["state"] = data["state"]
    if errors:
        raise ValidationError(errors)
    if password and "password_hash" not in row:
        row["password_hash"] = hash_password(str(password))
    return row


def _name(ctx: Context, data: JsonDict, errors: JsonDict, before: Any) -> str | None:
    value = data.get("name")
    if value is None or value == "":
        if before is not None:
            return str(before.name)
        errors["name"] = [MISSING_VALUE]
        return None
    if before is not None and value == before.name:
        return str(value)
    try:
        name = check_name(value)
    except Invalid as error:
        errors["name"] = [str(error)]
        return None
    if before is not None and not (ctx.user and ctx.user.sysadmin):
        errors["name"] = ["That login name can not be modified."]
    elif find_account(ctx.db, name) is not None:
        errors["name"] = ["That login name is not available."]
    return name


def _email(ctx: Context, data: JsonDict, errors: JsonDict, before: Any) -> str | None:
    value = data.get("email")
    if value is None or value == "":
        if before is not None and "email" not in data:
            return str(before.email) if before.email else None
        errors["email"] = [MISSING_VALUE]
        return None
    try:
        email = check_email(value)
    except Invalid as error:
        errors["email"] = [str(error)]
        return None
    query = sa.select(users.c.id).where(sa.func.lower(users.c.email) == email.lower(), users.c.state == "active")
    if any(holder != (before.id if before is not None else None) for holder in ctx.db.scalars(query)):
        errors["email"] = [f"The email address '{email}' belongs to a registered user."]
    return email
