"""Users: create, show, update, patch, delete, list."""

from __future__ import annotations

import json
import uuid
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import NAME_MIN_LENGTH, JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.credentials import hash_password
from odl_host.server.accounts.invitations import PASSWORD_MIN_LENGTH
from odl_host.server.accounts.sessions import end_sessions
from odl_host.server.accounts.tokens import insert_token
from odl_host.server.accounts.users import (
    PUBLIC_COLUMNS,
    contains,
    count_created_packages,
    find_account,
    get_account,
    show_own_user,
    show_user,
)
from odl_host.server.clock import now
from odl_host.server.database.tables import collaborators, followers, members, packages, users
from odl_host.server.documents import place
from odl_host.server.files.images import take_image
from odl_host.server.objects.activities import record_user
from odl_host.server.objects.datasets import get_dataset, render_datasets
from odl_host.server.objects.names import check_email, check_id, check_name
from odl_host.server.objects.plugin_data import check_plugin_data, find_plugin_data, save_plugin_data
from odl_host.server.params import (
    MISSING_VALUE,
    Invalid,
    Nothing,
    Params,
    as_text,
    flag,
    named,
    optional,
    reference,
    text,
)
from odl_host.server.registry import Context, action
from odl_host.server.sites import ensure_sysadmin

SHOWN_DATASETS_MAX = 50
TEXTS = ("fullname", "about", "image_url")


class Ref(Params):
    """A user's id or name."""

    id: str = named()


class Patch(Params):
    """A user's id or name; others than a sysadmin are told of its absence in CKAN's own words."""

    id: str = optional(reference, "")


class UserShow(Params):
    """Which user; the caller by default."""

    id: str = optional(text, "")
    include_datasets: bool = optional(flag, False)
    include_num_followers: bool = optional(flag, False)
    include_password_hash: bool = optional(flag, False)
    include_plugin_extras: bool = optional(flag, False)


class UserList(Params):
    """Which users, in what form."""

    q: str = optional(text, "")
    email: str = optional(text, "")
    order_by: str = optional(text, "display_name")
    all_fields: bool = optional(flag, True)
    include_site_user: bool = optional(flag, False)


class NewUser(Params):
    """A user; name, e-mail and password are checked together."""

    with_apitoken: bool = optional(bool, False)


def _sysadmin_of_site(ctx: Context, params: Nothing) -> None:  # noqa: ARG001 - every rule has the same form
    """Only a sysadmin may."""
    if ctx.user is None or not ctx.user.sysadmin:
        raise NotAuthorized("Only internal services allowed to use this action")


@action(params=UserShow, allow=permissions.can_see_users, reads=True)
def user_show(ctx: Context, params: UserShow) -> JsonDict:
    """Return one user; the e-mail only to oneself and to a sysadmin.

    :param id: the user's id or name, the caller by default
    :param include_datasets: add the datasets that the user created and the caller may read, at most 50
    :param include_num_followers: add how many users follow the user
    :param include_password_hash: a sysadmin also gets the hash, to move users to another site
    :param include_plugin_extras: a sysadmin also gets what programs keep beside the user
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    own = ctx.user.id if ctx.user and "id" not in params.data else ""
    account = get_account(ctx.db, params.id or own)
    is_own = is_sysadmin or (ctx.user is not None and ctx.user.id == account.id)
    created = count_created_packages(ctx.db, [account.id], with_private=is_own).get(account.id, 0)
    show = show_own_user if is_own else show_user
    shown = show(account, created, ctx.site.url)
    if is_sysadmin and params.include_password_hash:
        shown["password_hash"] = account.password_hash
    if is_sysadmin and params.include_plugin_extras:
        shown["plugin_extras"] = find_plugin_data(ctx.db, "user", account.id)
    if params.include_num_followers:
        where = (followers.c.object_id == account.id, followers.c.object_type == "user")
        shown["num_followers"] = ctx.db.scalar(sa.select(sa.func.count()).select_from(followers).where(*where))
    if params.include_datasets:
        shown["datasets"] = _datasets_of(ctx, account.id, is_own=is_own)
    return shown


def _datasets_of(ctx: Context, user_id: str, *, is_own: bool) -> list[JsonDict]:
    query = (
        sa.select(packages.c.id)
        .where(packages.c.creator_user_id == user_id, packages.c.state != "deleted")
        .order_by(packages.c.metadata_modified.desc())
        .limit(SHOWN_DATASETS_MAX)
    )
    if not is_own:
        query = query.where(packages.c.state == "active", packages.c.private == sa.false())
    readable = [
        dataset.id
        for dataset in (get_dataset(ctx.db, key) for key in list(ctx.db.scalars(query)))
        if permissions.is_reader(ctx, dataset)
    ]
    return [json.loads(place(text, ctx.site.url)) for text in render_datasets(ctx.db, readable)]


@action(params=UserList, allow=permissions.can_see_users, reads=True)
def user_list(ctx: Context, params: UserList) -> list[Any]:
    """Return the users; a sysadmin also sees their e-mails.

    :param q: only those whose name (for a sysadmin, also whose e-mail) contains this text
    :param email: only the one with this address, for a sysadmin
    :param order_by: `name`, `fullname`, `created`, `display_name` or `number_created_packages`
    :param all_fields: true by default; else their names
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    if params.email and not is_sysadmin:
        raise NotAuthorized("")
    query = sa.select(*PUBLIC_COLUMNS).where(users.c.state != "deleted")
    if not params.include_site_user:
        query = query.where(users.c.name != ctx.site.own_user)
    if params.q:
        query = query.where(contains(params.q, with_emails=is_sysadmin))
    if params.email:
        query = query.where(sa.func.lower(users.c.email) == params.email.lower())
    if params.order_by == "edits":
        raise ValidationError({"message": "order_by=edits is no longer supported"})
    orders: dict[str, Any] = {
        "name": users.c.name,
        "fullname": users.c.fullname.nulls_last(),
        "created": users.c.created,
    }
    shown_name = sa.func.lower(sa.func.coalesce(sa.func.nullif(users.c.fullname, ""), users.c.name))
    query = query.order_by(orders.get(params.order_by, shown_name), users.c.name)
    rows = list(ctx.db.execute(query))
    is_by_datasets = params.order_by == "number_created_packages"
    created = count_created_packages(ctx.db, [row.id for row in rows]) if params.all_fields or is_by_datasets else {}
    if is_by_datasets:
        rows.sort(key=lambda row: created.get(row.id, 0))
    if not params.all_fields:
        return [row.name for row in rows]
    own = ctx.user.id if ctx.user else ""
    return [
        (show_own_user if is_sysadmin or row.id == own else show_user)(row, created.get(row.id, 0), ctx.site.url)
        for row in rows
    ]


@action(params=NewUser, allow=permissions.can_create_user)
def user_create(ctx: Context, params: NewUser) -> JsonDict:
    """Create a user and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param email: unique among active users, or those of the states that the site's settings name
    :param password: at least 8 characters
    :param fullname, about, image_url: texts
    :param with_apitoken: also create a token and return it as `token`
    """
    if params.with_apitoken and ctx.user is not None and not ctx.user.sysadmin:
        raise NotAuthorized("")  # a token is for its user: who registers has it, nobody else
    row = _checked(ctx, take_image(ctx, "user", params.data), before=None)
    ctx.db.execute(users.insert(), row)
    record_user(ctx, row["id"], "new")
    shown = _shown(ctx, row["id"], params.data)
    if params.with_apitoken:
        shown["token"] = insert_token(ctx.db, row["id"], "default")
    return shown


@action(params=Ref, allow=permissions.can_edit_user)
def user_update(ctx: Context, params: Ref) -> JsonDict:
    """Change a user to what is sent and return it; the e-mail must be sent, all else stays when it is not.

    :param id: the user's id or name
    """
    return _update(ctx, get_account(ctx.db, params.id), params.data)


def _can_patch(ctx: Context, params: Patch) -> None:
    """The user oneself, or a sysadmin."""
    if ctx.user is not None and ctx.user.sysadmin:
        return
    if not params.id:
        raise ValidationError({"message": "Missing id, can not get User object"})
    if find_account(ctx.db, params.id) is None:
        raise NotAuthorized("User not found")
    permissions.can_edit_user(ctx, params)


@action(params=Patch, allow=_can_patch)
def user_patch(ctx: Context, params: Patch) -> JsonDict:
    """Change some fields of a user and return it.

    :param id: the user's id or name
    """
    if "id" not in params.data:
        raise ValidationError({"id": [MISSING_VALUE]})
    account = get_account(ctx.db, params.id)
    return _update(ctx, account, {"email": account.email, **params.data})


@action(params=Ref, allow=permissions.sysadmin)
def user_delete(ctx: Context, params: Ref) -> None:
    """Delete a user: tokens stop working, memberships end, what the user created stays.

    :param id: the user's id or name
    """
    account = find_account(ctx.db, params.id)
    if account is None:
        raise NotFound(f'User "{params.id}" was not found.')
    ctx.db.execute(users.update().where(users.c.id == account.id), {"state": "deleted"})
    ctx.db.execute(members.delete().where(members.c.object_type == "user", members.c.object_id == account.id))
    ctx.db.execute(collaborators.delete().where(collaborators.c.user_id == account.id))


@action(params=Nothing, allow=_sysadmin_of_site, reads=True)
def get_site_user(ctx: Context, params: Nothing) -> JsonDict:  # noqa: ARG001 - every action has the same form
    """Return the user that the site's own commands act as."""
    account = ctx.site.find_user(ensure_sysadmin(ctx.site))
    return {"id": account.id if account else None, "name": ctx.site.own_user, "apikey": None}


def _update(ctx: Context, account: Any, data: JsonDict) -> JsonDict:
    row = _checked(ctx, take_image(ctx, "user", data), before=account)
    ctx.db.execute(users.update().where(users.c.id == account.id), row)
    record_user(ctx, account.id, "changed")
    if "password_hash" in row:
        end_sessions(ctx.db, account.id)
    return _shown(ctx, account.id, data)


def _shown(ctx: Context, user_id: str, sent: JsonDict) -> JsonDict:
    """Keep what programs sent beside a user who was just written, and return the user as the caller may see it."""
    check_plugin_data(sent, "plugin_extras")
    save_plugin_data(ctx, "user", user_id, sent, "plugin_extras")
    created = count_created_packages(ctx.db, [user_id]).get(user_id, 0)
    shown = show_own_user(get_account(ctx.db, user_id), created, ctx.site.url)
    if ctx.user is not None and ctx.user.sysadmin and isinstance(sent.get("plugin_extras"), dict):
        shown["plugin_extras"] = find_plugin_data(ctx.db, "user", user_id)
    return shown


def _checked(ctx: Context, data: JsonDict, *, before: Any) -> dict[str, Any]:
    """Return the row to write. :raises ValidationError: naming every wrong field."""
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    errors: JsonDict = {}
    row: dict[str, Any] = {"name": _name(ctx, data, errors, before), "email": _email(ctx, data, errors, before)}
    for key in TEXTS:
        value = data.get(key)
        if value is not None or before is None:
            row[key] = None if value is None else as_text(value)
    if "activity_streams_email_notifications" in data:
        row["activity_emails"] = flag(data["activity_streams_email_notifications"])
    password = data.get("password")
    if is_sysadmin and isinstance(data.get("password_hash"), str):
        row["password_hash"] = data["password_hash"]
    elif "password" in data and not isinstance(password, str):
        errors["password"] = ["Passwords must be strings"]
        if password is None and before is None:
            errors["password"].append(MISSING_VALUE)
    elif password:
        if len(password) < PASSWORD_MIN_LENGTH:
            errors["password"] = [f"Your password must be {PASSWORD_MIN_LENGTH} characters or longer"]
    elif before is None:
        errors["password"] = [MISSING_VALUE]
    if before is None:
        row |= {"id": str(uuid.uuid4()), "created": now(), "state": "active", "sysadmin": False}
        if is_sysadmin and data.get("id") is not None:
            row["id"] = _id(ctx, data["id"], errors)
    if is_sysadmin and data.get("sysadmin") is not None:
        row["sysadmin"] = flag(data["sysadmin"])
        if before is not None and row["sysadmin"] != before.sysadmin:
            if ctx.user and ctx.user.id == before.id:
                errors["sysadmin"] = ["Cannot modify your own sysadmin privileges"]
            elif before.name == ctx.site.own_user:
                errors["sysadmin"] = ["Cannot modify sysadmin privileges for system user"]
    if is_sysadmin and data.get("state") in ("active", "deleted", "pending"):
        row["state"] = data["state"]
    if errors:
        raise ValidationError(errors)
    if password and "password_hash" not in row:
        row["password_hash"] = hash_password(str(password))
    return row


def _id(ctx: Context, value: Any, errors: JsonDict) -> str:
    if isinstance(value, str) and find_account(ctx.db, value):
        # As in CKAN, what names another account is not the new one's id, and the other one stays as it is.
        return str(uuid.uuid4())
    try:
        return check_id(value)
    except Invalid as error:
        errors["id"] = [str(error)]
        return ""


def _name(ctx: Context, data: JsonDict, errors: JsonDict, before: Any) -> str | None:
    value = data.get("name")
    if value is None or value == "":
        if before is not None and value is None:
            return str(before.name)
        if before is not None:
            errors["name"] = [f"Must be at least {NAME_MIN_LENGTH} characters long"]
            if not (ctx.user and ctx.user.sysadmin):
                errors["name"].append("That login name can not be modified.")
            return None
        errors["name"] = [MISSING_VALUE]
        return None
    if before is not None and value == before.name:
        return str(value)
    if not isinstance(value, str):
        errors["name"] = ["Names must be strings", "User names must be strings"]
        return None
    try:
        name = check_name(value)
    except Invalid as error:
        errors["name"] = [str(error)]
        return None
    if before is not None and not (ctx.user and ctx.user.sysadmin):
        errors["name"] = ["That login name can not be modified."]
    elif find_account(ctx.db, name) is not None:
        errors["name"] = ["The username is already associated with another account. Please use a different username."]
    return name


def _email(ctx: Context, data: JsonDict, errors: JsonDict, before: Any) -> str | None:
    value = data.get("email")
    if value is None or value == "":
        errors["email"] = [MISSING_VALUE]
        return None
    try:
        email = check_email(value)
    except Invalid as error:
        errors["email"] = [str(error)]
        return None
    counted = users.c.state.in_(ctx.site.words("ckan.user.unique_email_states"))
    query = sa.select(users.c.id).where(sa.func.lower(users.c.email) == email.lower(), counted)
    if any(holder != (before.id if before is not None else None) for holder in ctx.db.scalars(query)):
        errors["email"] = [f"The email address '{email.lower()}' belongs to a registered user."]
    return email
