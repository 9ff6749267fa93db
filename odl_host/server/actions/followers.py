"""Followers: users who want to hear of a user, a dataset, a group or an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import count_created_packages, find_account, show_user
from odl_host.server.clock import now
from odl_host.server.database.tables import followers, users
from odl_host.server.objects.datasets import find_dataset
from odl_host.server.objects.groups import find_group
from odl_host.server.params import Params, optional, required, text
from odl_host.server.registry import Context, action, of_callers


class Ref(Params):
    """An object's id or name."""

    id: str = required(text)


class Sent(Params):
    """An object to follow or not; its absence is told in the action's own words."""

    id: str = optional(text, "")


FINDERS: dict[str, tuple[str, Callable[[sa.Connection, str], Any]]] = {
    "user": ("User", find_account),
    "dataset": ("Dataset", find_dataset),
    "group": ("Group", find_group),
}


def _follower(what: str) -> Callable[[Context, Any], None]:
    """Known users only."""

    def rule(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
        if ctx.user is None:
            raise NotAuthorized(f"You must be logged in to {what}")

    return rule


@of_callers
def _sysadmin(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Only a sysadmin sees who follows what."""
    if ctx.user is None or not ctx.user.sysadmin:
        raise NotAuthorized("Not authorized")


@action(params=Sent, allow=_follower("follow users"))
def follow_user(ctx: Context, params: Sent) -> JsonDict:
    """Follow a user.

    :param id: the user's id or name
    """
    account = find_account(ctx.db, params.id)
    if account is None:
        raise ValidationError({"message": "Error validating the schema of the user to follow."})
    if ctx.user and account.id == ctx.user.id:
        raise ValidationError({"message": "You cannot follow yourself"})
    return _follow(ctx, "user", account.id)


@action(params=Sent, allow=_follower("follow datasets"))
def follow_dataset(ctx: Context, params: Sent) -> JsonDict:
    """Follow a dataset.

    :param id: the dataset's id or name
    """
    return _follow(ctx, "dataset", _followed(ctx, "dataset", params.id))


@action(params=Sent, allow=_follower("follow groups"))
def follow_group(ctx: Context, params: Sent) -> JsonDict:
    """Follow a group or an organization.

    :param id: its id or name
    """
    return _follow(ctx, "group", _followed(ctx, "group", params.id))


@action(params=Sent, allow=_follower("unfollow users"))
def unfollow_user(ctx: Context, params: Sent) -> None:
    """Stop following a user.

    :param id: the user's id or name
    """
    _unfollow(ctx, "user", params.id)


@action(params=Sent, allow=_follower("unfollow datasets"))
def unfollow_dataset(ctx: Context, params: Sent) -> None:
    """Stop following a dataset.

    :param id: the dataset's id or name
    """
    _unfollow(ctx, "dataset", params.id)


@action(params=Sent, allow=_follower("unfollow groups"))
def unfollow_group(ctx: Context, params: Sent) -> None:
    """Stop following a group or an organization.

    :param id: its id or name
    """
    _unfollow(ctx, "group", params.id)


def _known_user(ctx: Context, params: Ref) -> None:
    """Every known user may ask about what is there."""
    resolve(ctx, ctx.action.removeprefix("am_following_"), params.id)
    permissions.logged_in_silently(ctx, params)


@action(params=Ref, allow=_known_user, reads=True)
def am_following_user(ctx: Context, params: Ref) -> bool:
    """Return whether the caller follows a user.

    :param id: the user's id or name
    """
    return _am_following(ctx, "user", params.id)


@action(params=Ref, allow=_known_user, reads=True)
def am_following_dataset(ctx: Context, params: Ref) -> bool:
    """Return whether the caller follows a dataset.

    :param id: the dataset's id or name
    """
    return _am_following(ctx, "dataset", params.id)


@action(params=Ref, allow=_known_user, reads=True)
def am_following_group(ctx: Context, params: Ref) -> bool:
    """Return whether the caller follows a group or an organization.

    :param id: its id or name
    """
    return _am_following(ctx, "group", params.id)


@action(params=Ref, allow=permissions.anyone, reads=True)
def user_follower_count(ctx: Context, params: Ref) -> int:
    """Return how many users follow a user.

    :param id: the user's id or name
    """
    return _count_followers(ctx, "user", params.id)


@action(params=Ref, allow=permissions.anyone, reads=True)
def dataset_follower_count(ctx: Context, params: Ref) -> int:
    """Return how many users follow a dataset.

    :param id: the dataset's id or name
    """
    return _count_followers(ctx, "dataset", params.id)


@action(params=Ref, allow=permissions.anyone, reads=True)
def group_follower_count(ctx: Context, params: Ref) -> int:
    """Return how many users follow a group.

    :param id: the group's id or name
    """
    return _count_followers(ctx, "group", params.id)


@action(params=Ref, allow=permissions.anyone, reads=True)
def organization_follower_count(ctx: Context, params: Ref) -> int:
    """Return how many users follow an organization.

    :param id: the organization's id or name
    """
    return _count_followers(ctx, "group", params.id)


@action(params=Ref, allow=_sysadmin, reads=True)
def user_follower_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the users who follow a user.

    :param id: the user's id or name
    """
    return _list_followers(ctx, "user", params.id)


@action(params=Ref, allow=_sysadmin, reads=True)
def dataset_follower_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the users who follow a dataset.

    :param id: the dataset's id or name
    """
    return _list_followers(ctx, "dataset", params.id)


@action(params=Ref, allow=_sysadmin, reads=True)
def group_follower_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the users who follow a group.

    :param id: the group's id or name
    """
    return _list_followers(ctx, "group", params.id)


@action(params=Ref, allow=_sysadmin, reads=True)
def organization_follower_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the users who follow an organization.

    :param id: the organization's id or name
    """
    return _list_followers(ctx, "group", params.id)


def _followed(ctx: Context, kind: str, ref: str) -> str:
    found = FINDERS[kind][1](ctx.db, ref) if ref else None
    if found is None and ctx.user is not None and ctx.user.sysadmin:
        # What others may see is asked first; a sysadmin may see all, so that it is the parameter that is wrong.
        raise ValidationError({"message": f"Error validating the schema of the {kind} to follow."})
    if not ref:
        noun = "Package" if kind == "dataset" else "Group"
        raise ValidationError({"message": f"Missing id, can not get {noun} object"})
    if found is None:
        raise NotFound(f"{FINDERS[kind][0]} was not found.")
    if kind == "dataset":
        permissions.require_reader(ctx, found)
    return str(found.id)


def resolve(ctx: Context, kind: str, ref: str) -> str:
    """Return the id of an object. :raises ValidationError: there is none of this kind."""
    noun, find = FINDERS[kind]
    found = find(ctx.db, ref)
    if found is None:
        raise ValidationError({"id": [f"Not found: {noun}"]})
    return str(found.id)


def _key(ctx: Context, kind: str, object_id: str) -> Any:
    caller = ctx.user.id if ctx.user else ""
    return sa.and_(
        followers.c.follower_id == caller, followers.c.object_type == kind, followers.c.object_id == object_id
    )


def _follow(ctx: Context, kind: str, object_id: str) -> JsonDict:
    since = ctx.db.scalar(sa.select(followers.c.since).where(_key(ctx, kind, object_id)))
    if since is None:
        since = now()
        row = {"follower_id": ctx.user.id if ctx.user else "", "object_type": kind, "object_id": object_id}
        ctx.db.execute(followers.insert(), {**row, "since": since})
    return {"datetime": since, "follower_id": ctx.user.id if ctx.user else "", "object_id": object_id}


def _unfollow(ctx: Context, kind: str, ref: str) -> None:
    found = FINDERS[kind][1](ctx.db, ref) if ref else None
    if found is None:
        raise ValidationError({"message": "Error validating the schema of the object to unfollow."})
    ctx.db.execute(followers.delete().where(_key(ctx, kind, found.id)))


def _am_following(ctx: Context, kind: str, ref: str) -> bool:
    key = _key(ctx, kind, resolve(ctx, kind, ref))
    return _is_there(ctx, kind, ref) and bool(ctx.db.scalar(sa.select(sa.exists().where(key))))


def _is_there(ctx: Context, kind: str, ref: str) -> bool:
    """Return whether an object is not deleted: as in CKAN, what is deleted keeps its followers, and shows none."""
    return bool(FINDERS[kind][1](ctx.db, ref).state != "deleted")


def _count_followers(ctx: Context, kind: str, ref: str) -> int:
    counted = _followers_of(kind, resolve(ctx, kind, ref)).with_only_columns(sa.func.count())
    return (ctx.db.scalar(counted) or 0) if _is_there(ctx, kind, ref) else 0


def _list_followers(ctx: Context, kind: str, ref: str) -> list[JsonDict]:
    query = _followers_of(kind, resolve(ctx, kind, ref)).order_by(users.c.name)
    return shown_users(ctx, query) if _is_there(ctx, kind, ref) else []


def _followers_of(kind: str, object_id: str) -> sa.Select[Any]:
    return (
        sa.select(users)
        .join(followers, followers.c.follower_id == users.c.id)
        .where(followers.c.object_type == kind, followers.c.object_id == object_id, users.c.state == "active")
    )


def shown_users(ctx: Context, query: sa.Select[Any]) -> list[JsonDict]:
    """Return the users that a query finds, as everyone sees them."""
    rows = list(ctx.db.execute(query))
    created = count_created_packages(ctx.db, [row.id for row in rows])
    return [show_user(row, created.get(row.id, 0)) for row in rows]
