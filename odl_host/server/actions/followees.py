"""Followees: what a user follows."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized
from odl_host.server import permissions
from odl_host.server.actions.followers import Ref, resolve, shown_users
from odl_host.server.database.tables import followers, groups, packages, users
from odl_host.server.documents import place
from odl_host.server.objects.datasets import find_dataset, render_dataset
from odl_host.server.objects.group_views import GroupShow, show_group
from odl_host.server.params import Params, optional, required, text
from odl_host.server.registry import Context, action, of_callers


class Followees(Params):
    """Whose, and the beginning of their names."""

    id: str = required(text)
    q: str = optional(text, "")


@of_callers
def _self(ctx: Context, params: Any) -> None:
    """The user oneself, or a sysadmin."""
    ref = params.id if params else None
    if ctx.user is None or not (ctx.user.sysadmin or ref in (ctx.user.id, ctx.user.name)):
        raise NotAuthorized("Not authorized")


def _self_of_known(ctx: Context, params: Followees) -> None:
    """The user oneself, or a sysadmin; only of a user who is there."""
    resolve(ctx, "user", params.id)
    _self(ctx, params)


@action(params=Ref, allow=permissions.anyone, reads=True)
def followee_count(ctx: Context, params: Ref) -> int:
    """Return how many users, datasets and groups a user follows; organizations have a count of their own.

    :param id: the user's id or name
    """
    return sum(len(_followed_ids(ctx, kind, params.id)) for kind in ("user", "dataset", "group"))


@action(params=Ref, allow=permissions.anyone, reads=True)
def user_followee_count(ctx: Context, params: Ref) -> int:
    """Return how many users a user follows.

    :param id: the user's id or name
    """
    return len(_followed_ids(ctx, "user", params.id))


@action(params=Ref, allow=permissions.anyone, reads=True)
def dataset_followee_count(ctx: Context, params: Ref) -> int:
    """Return how many datasets a user follows.

    :param id: the user's id or name
    """
    return len(_followed_ids(ctx, "dataset", params.id))


@action(params=Ref, allow=permissions.anyone, reads=True)
def group_followee_count(ctx: Context, params: Ref) -> int:
    """Return how many groups a user follows.

    :param id: the user's id or name
    """
    return len(_followed_ids(ctx, "group", params.id))


@action(params=Ref, allow=permissions.anyone, reads=True)
def organization_followee_count(ctx: Context, params: Ref) -> int:
    """Return how many organizations a user follows.

    :param id: the user's id or name
    """
    return len(_followed_ids(ctx, "organization", params.id))


@action(params=Followees, allow=_self_of_known, reads=True)
def followee_list(ctx: Context, params: Followees) -> list[JsonDict]:
    """Return what a user follows, each with its type, its name for people and its whole.

    :param id: the user's id or name
    :param q: only those whose name for people begins with this text
    """
    shown = [
        {"type": kind, "display_name": _display_name(kind, entry), "dict": entry}
        for kind in ("user", "dataset", "group", "organization")
        for entry in _list_followees(ctx, kind, params.id)
    ]
    shown.sort(key=lambda entry: str(entry["display_name"]))
    wanted = params.q.strip().lower()
    return [entry for entry in shown if str(entry["display_name"]).lower().startswith(wanted)]


@action(params=Ref, allow=_self, reads=True)
def user_followee_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the users whom a user follows.

    :param id: the user's id or name
    """
    return _list_followees(ctx, "user", params.id)


@action(params=Ref, allow=_self, reads=True)
def dataset_followee_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the datasets that a user follows and may read.

    :param id: the user's id or name
    """
    return _list_followees(ctx, "dataset", params.id)


@action(params=Ref, allow=_self, reads=True)
def group_followee_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the groups that a user follows.

    :param id: the user's id or name
    """
    return _list_followees(ctx, "group", params.id)


@action(params=Ref, allow=_self, reads=True)
def organization_followee_list(ctx: Context, params: Ref) -> list[JsonDict]:
    """Return the organizations that a user follows.

    :param id: the user's id or name
    """
    return _list_followees(ctx, "organization", params.id)


def _followed_ids(ctx: Context, kind: str, ref: str) -> list[str]:
    """Return the ids of the living objects of one kind that a user follows."""
    user_id = resolve(ctx, "user", ref)
    table, where = {
        "user": (users, users.c.state == "active"),
        "dataset": (packages, packages.c.state == "active"),
        "group": (groups, sa.and_(groups.c.state == "active", groups.c.is_organization == sa.false())),
        "organization": (groups, sa.and_(groups.c.state == "active", groups.c.is_organization == sa.true())),
    }[kind]
    query = (
        sa.select(followers.c.object_id)
        .join(table, table.c.id == followers.c.object_id)
        .where(
            followers.c.follower_id == user_id,
            followers.c.object_type == ("group" if kind == "organization" else kind),
            where,
        )
        .order_by(followers.c.since)
    )
    return list(ctx.db.scalars(query))


def _list_followees(ctx: Context, kind: str, ref: str) -> list[JsonDict]:
    ids = _followed_ids(ctx, kind, ref)
    if kind == "user":
        return shown_users(ctx, sa.select(users).where(users.c.id.in_(ids)).order_by(users.c.name))
    found: list[JsonDict] = []
    for key in ids:
        if kind == "dataset":
            dataset = find_dataset(ctx.db, key)
            if dataset and permissions.is_reader(ctx, dataset):
                found.append(json.loads(place(render_dataset(ctx.db, dataset), ctx.site.url)))
        else:
            shown = show_group(
                ctx,
                GroupShow.parse({"id": key, "include_datasets": True}),
                is_organization=kind == "organization",
                counts_followers=False,
            )
            found.append(json.loads(shown))
    return found


def _display_name(kind: str, entry: JsonDict) -> object:
    return (entry["title"] or entry["name"]) if kind == "dataset" else entry["display_name"]
