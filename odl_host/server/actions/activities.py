"""Activity streams: what changed, by dataset, user, group and organization, and on a user's dashboard.

Empty unless `ckan.activity_streams_enabled` is on.
"""

from __future__ import annotations

import difflib
import json
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import get_account
from odl_host.server.clock import now
from odl_host.server.database.tables import activities, dashboards, followers, former_members, members, packages, users
from odl_host.server.objects.activities import TYPES, get_activity, is_of_dataset, is_shown, show_activity
from odl_host.server.objects.datasets import find_dataset, get_dataset
from odl_host.server.objects.groups import get_group
from odl_host.server.objects.streams import DatasetStream, GroupStream, Page, Stream
from odl_host.server.params import Nothing, Params, named, optional, required, text
from odl_host.server.registry import Context, action

MAX_CHANGED_LINES = 1000
"""Python looks for what is alike in each pair of them: ten seconds, if all are nearly so."""

LONGEST_LINE = 30_000
"""In characters. Python wraps a line by a call within a call for each 60 of them, up to a thousand."""


class Ref(Params):
    """An activity's id."""

    id: str = named()


class Shown(Ref):
    """An activity, and whether its data are wanted."""

    include_data: bool = optional(bool, False)


class DataOf(Params):
    """An activity's id, and the part of its data."""

    id: str = named()
    object_type: str = optional(text, "")


class DiffOf(Params):
    """An activity's id, the part of its data, and how differences are written."""

    id: str = required(text)
    object_type: str = required(text)
    diff_type: str = optional(text, "unified")


def _has_dashboard(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Known users only."""
    if ctx.user is None:
        raise NotAuthorized("You must be logged in to access your dashboard.")


def _can_see(ctx: Context, params: Any) -> None:
    """Whoever might read the object at the time, and may still."""
    row = ctx.once(get_activity, params.id)
    if not is_of_dataset(row) and not (ctx.user and ctx.user.sysadmin):
        raise NotAuthorized("object_type not recognized")
    if not is_shown(ctx, row, permissions.labels_of_caller(ctx)):
        raise NotAuthorized("Unauthorized to view activity data")


def _can_see_details(ctx: Context, params: Any) -> None:
    """Whoever may read the object; of a dataset, who may change it, unless the site shows details to everyone."""
    _can_see(ctx, params)
    dataset = find_dataset(ctx.db, ctx.once(get_activity, params.id).object_id)
    if dataset is not None and not ctx.site.settings["ckan.auth.public_activity_stream_detail"]:
        permissions.require_writer(ctx, dataset)


@action(params=DatasetStream, allow=permissions.can_read_dataset, reads=True)
def package_activity_list(ctx: Context, params: DatasetStream) -> list[JsonDict]:
    """Return what happened to a dataset, the last first.

    :param id: the dataset's id or name
    :param limit, offset: a page; 31 by default, at most 100
    :param before, after: instants
    :param activity_types, exclude_activity_types: only these, or not these
    :param include_hidden_activity: those of users whom the site hides too (sysadmins only)
    """
    where = [activities.c.object_id == ctx.once(get_dataset, params.id).id, *_wanted(ctx, params)]
    if params.exclude_activity_types:
        where.append(activities.c.activity_type.not_in(params.exclude_activity_types))
    return _listed(ctx, params, *where)


@action(params=Stream, allow=permissions.can_see_users, reads=True)
def user_activity_list(ctx: Context, params: Stream) -> list[JsonDict]:
    """Return what a user did, the last first.

    :param id: the user's id or name
    :param limit, offset: a page; 31 by default, at most 100
    :param before, after: instants
    """
    return _listed(ctx, params, _of_user(get_account(ctx.db, params.id).id), _not_hidden(ctx))


@action(params=GroupStream, allow=permissions.can_read_group, reads=True)
def group_activity_list(ctx: Context, params: GroupStream) -> list[JsonDict]:
    """Return what happened to a group and its datasets, the last first.

    :param id: the group's id or name
    :param limit, offset: a page; 31 by default, at most 100
    :param before, after: instants
    :param activity_types: only these
    :param include_hidden_activity: those of users whom the site hides too (sysadmins only)
    """
    group_id = _id_of(ctx, params, is_organization=False)
    return _listed(ctx, params, _of_group(group_id, _once_inside(group_id)), *_wanted(ctx, params))


@action(params=GroupStream, allow=permissions.can_read_group, reads=True)
def organization_activity_list(ctx: Context, params: GroupStream) -> list[JsonDict]:
    """Return what happened to an organization and its datasets, the last first.

    :param id: the organization's id or name
    :param limit, offset: a page; 31 by default, at most 100
    :param before, after: instants
    :param activity_types: only these
    :param include_hidden_activity: those of users whom the site hides too (sysadmins only)
    """
    return _listed(ctx, params, _of_group(_id_of(ctx, params, is_organization=True)), *_wanted(ctx, params))


@action(params=Page, allow=permissions.anyone, reads=True)
def recently_changed_packages_activity_list(ctx: Context, params: Page) -> list[JsonDict]:
    """Return what happened to datasets, the last first.

    :param limit, offset: a page; 31 by default, at most 100
    """
    return _listed(ctx, params, activities.c.activity_type.in_(TYPES["package"]), _not_hidden(ctx))


@action(params=Page, allow=_has_dashboard, reads=True)
def dashboard_activity_list(ctx: Context, params: Page) -> list[JsonDict]:
    """Return what the caller did, and what happened to what the caller follows, the last first.

    :param limit, offset: a page; 31 by default, at most 100
    """
    seen = seen_at(ctx)
    found = _listed(ctx, params, _of_dashboard(ctx), _not_hidden(ctx))
    return [entry | {"is_new": entry["timestamp"] > seen and entry["user_id"] != _caller(ctx)} for entry in found]


@action(params=Nothing, allow=_has_dashboard, reads=True)
def dashboard_new_activities_count(ctx: Context, params: Nothing) -> int:  # noqa: ARG001 - every action has the same form
    """Return how many activities of others a page of the caller's dashboard has since it was last marked as seen."""
    return len(news(ctx, seen_at(ctx)))


@action(params=Nothing, allow=_has_dashboard)
def dashboard_mark_activities_old(ctx: Context, params: Nothing) -> None:  # noqa: ARG001 - every action has the same form
    """Mark the caller's dashboard as seen."""
    mark_dashboard(ctx.db, _caller(ctx), seen_at=now())


def _can_see_what_is_wanted(ctx: Context, params: Shown) -> None:
    """As `activity_data_show` with `include_data`, which changes nothing else."""
    (_can_see_details if params.include_data else _can_see)(ctx, params)


@action(params=Shown, allow=_can_see_what_is_wanted, reads=True)
def activity_show(ctx: Context, params: Shown) -> JsonDict:
    """Return one activity.

    :param id: the activity's id
    :param include_data: only for those who may see what it kept
    """
    return show_activity(ctx, ctx.once(get_activity, params.id))


@action(params=DataOf, allow=_can_see_details, reads=True)
def activity_data_show(ctx: Context, params: DataOf) -> Any:
    """Return what an activity kept of its object.

    :param id: the activity's id
    :param object_type: only this part: `package`, `group`
    """
    data = show_activity(ctx, ctx.once(get_activity, params.id))["data"]
    if not params.object_type:
        return data
    if not isinstance(data, dict) or params.object_type not in data:
        raise NotFound("Could not find that object_type in the activity")
    return data[params.object_type]


@action(params=DiffOf, allow=_can_see_details, reads=True, at_once=2)
def activity_diff(ctx: Context, params: DiffOf) -> JsonDict:
    """Return how an object differs from what the activity before left of it, and both activities: if both are shown.

    :param id: the activity's id
    :param object_type: the part of its data: `package`, `group`
    :param diff_type: `unified` by default, `context` or `html`
    """
    row = ctx.once(get_activity, params.id)
    kept = json.loads(row.data)
    if not isinstance(kept, dict) or params.object_type not in kept:
        raise NotFound("Could not find object in the activity data")
    query = (
        sa.select(activities)
        .where(activities.c.object_id == row.object_id, activities.c.timestamp < row.timestamp)
        .where(activities.c.activity_type.not_like("% resource view"))
        .order_by(activities.c.timestamp.desc())
        .limit(1)
    )
    before = ctx.db.execute(query).first()
    if before is None or not is_shown(ctx, before, permissions.labels_of_caller(ctx)):
        raise NotFound("Previous activity for this object not found")
    shown = [show_activity(ctx, before), show_activity(ctx, row)]
    old, new = (
        json.dumps(data.get(params.object_type), indent=2, sort_keys=True).split("\n") if isinstance(data, dict) else []
        for data in (entry["data"] for entry in shown)
    )
    if params.diff_type == "unified":
        diff = "\n".join(difflib.unified_diff(old, new))
    elif params.diff_type == "context":
        diff = "\n".join(difflib.context_diff(old, new))
    elif params.diff_type == "html":
        diff = _html_diff(old, new)
    else:
        raise ValidationError({"message": "diff_type not recognized"})
    return {"diff": diff, "activities": shown}


def _html_diff(old: list[str], new: list[str]) -> str:
    """Return a table of differences. :raises ValidationError: it would take minutes, or fail."""
    changed = set(old) ^ set(new)
    if len(changed) > MAX_CHANGED_LINES or any(len(line) > LONGEST_LINE for line in changed):
        raise ValidationError({"message": "The two differ too much for diff_type html: ask for unified"})
    return difflib.HtmlDiff(wrapcolumn=60).make_table(old, new, context=True)


def _caller(ctx: Context) -> str:
    return ctx.user.id if ctx.user else ""


def _of_user(user_id: str) -> Any:
    return sa.or_(activities.c.user_id == user_id, activities.c.object_id == user_id)


def _id_of(ctx: Context, params: GroupStream, *, is_organization: bool) -> str:
    group = ctx.once(get_group, params.id)
    if group.is_organization != is_organization:
        raise NotFound("")
    return group.id


def _inside(where: sa.ColumnElement[bool]) -> Any:
    return sa.select(members.c.object_id).where(where, members.c.object_type == "package")


def _once_inside(group_id: str) -> Any:
    """What happened to datasets that were in a group once, and are deleted."""
    once_there = sa.select(former_members.c.package_id).where(former_members.c.group_id == group_id)
    deleted = sa.select(packages.c.id).where(packages.c.state == "deleted", packages.c.id.in_(once_there))
    return activities.c.object_id.in_(deleted)


def _of_group(group_id: str, *more: Any) -> Any:
    """What happened to a group and its datasets, but for those that are private now."""
    private = sa.select(packages.c.id).where(packages.c.private == sa.true())
    theirs = sa.or_(
        activities.c.owner_org == group_id,
        activities.c.object_id.in_(_inside(members.c.group_id == group_id)),
        *more,
    )
    return sa.or_(activities.c.object_id == group_id, sa.and_(theirs, activities.c.object_id.not_in(private)))


def _of_dashboard(ctx: Context) -> Any:
    followed = sa.select(followers.c.object_id).where(followers.c.follower_id == _caller(ctx))
    return sa.or_(
        _of_user(_caller(ctx)),
        activities.c.user_id.in_(followed),
        activities.c.object_id.in_(followed),
        activities.c.owner_org.in_(followed),
        activities.c.object_id.in_(_inside(members.c.group_id.in_(followed))),
    )


def news(ctx: Context, since: str) -> list[JsonDict]:
    """Return a page of what others did since an instant to what the caller follows, the last first."""
    done = sa.and_(activities.c.timestamp > since, activities.c.user_id != _caller(ctx))
    return _listed(ctx, Page.parse({}), _of_dashboard(ctx), done, _not_hidden(ctx))


def mark_dashboard(db: sa.Connection, user_id: str, **instants: str | None) -> None:
    """Keep when a user last saw the dashboard (`seen_at`), or was written to about it (`emailed_at`)."""
    theirs = dashboards.c.user_id == user_id
    if not db.execute(dashboards.update().where(theirs), instants).rowcount:
        first = sa.select(users.c.created).where(users.c.id == user_id).scalar_subquery()
        db.execute(dashboards.insert().values(user_id=user_id, **{"seen_at": first, **instants}))


def seen_at(ctx: Context) -> str:
    """Return when the caller last said to have seen the dashboard."""
    seen = ctx.db.scalar(sa.select(dashboards.c.seen_at).where(dashboards.c.user_id == _caller(ctx)))
    return str(seen or get_account(ctx.db, _caller(ctx)).created)


def _wanted(ctx: Context, params: GroupStream) -> list[Any]:
    wanted = [] if params.include_hidden_activity and ctx.user and ctx.user.sysadmin else [_not_hidden(ctx)]
    if params.activity_types:
        wanted.append(activities.c.activity_type.in_(params.activity_types))
    return wanted


def _not_hidden(ctx: Context) -> Any:
    """What was not done by a user whom the site hides."""
    names = ctx.site.settings["ckan.hide_activity_from_users"]
    assert isinstance(names, tuple)
    return activities.c.user_id.not_in(sa.select(users.c.id).where(users.c.name.in_(names)))


def _listed(ctx: Context, params: Page, *where: Any) -> list[JsonDict]:
    settings = ctx.site.settings
    limit = params.limit or int(str(settings["ckan.activity_list_limit"]))
    limit = min(limit, int(str(settings["ckan.activity_list_limit_max"])))
    # Those after an instant are the first ones after it, shown the last first all the same.
    is_forward = params.after is not None and params.before is None
    order = activities.c.timestamp.asc() if is_forward else activities.c.timestamp.desc()
    query = sa.select(activities).where(*where).order_by(order, activities.c.id)
    if params.before is not None:
        query = query.where(activities.c.timestamp < params.before)
    if params.after is not None:
        query = query.where(activities.c.timestamp > params.after)
    held = permissions.labels_of_caller(ctx)
    found: list[JsonDict] = []
    skipped = 0
    with ctx.db.execute(query) as rows:
        for row in rows:
            if not is_shown(ctx, row, held):
                continue
            if skipped < params.offset:
                skipped += 1
                continue
            found.append(show_activity(ctx, row))
            if len(found) >= limit:
                break
    return found[::-1] if is_forward else found
