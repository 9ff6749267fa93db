"""Activities that programs tell of, and the removal of old ones."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import find_account
from odl_host.server.database.tables import activities
from odl_host.server.objects.activities import TYPES, get_activity, insert_activity, show_activity
from odl_host.server.objects.datasets import find_dataset
from odl_host.server.objects.groups import find_group
from odl_host.server.objects.names import check_date
from odl_host.server.params import Nothing, Params, anything, natural, optional, required, text
from odl_host.server.registry import Context, action


class NewActivity(Params):
    """An activity that a program tells of."""

    user_id: str = required(text)
    object_id: str = required(text)
    activity_type: str = required(text)
    data: Any = optional(anything)
    permission_labels: Any = optional(anything)


class Gone(Params):
    """An activity, or a span of time."""

    id: str = optional(text, "")
    start_date: str | None = optional(check_date)
    end_date: str | None = optional(check_date)
    offset_days: int | None = optional(natural)
    keep: int = optional(natural, 0)
    batch_size: int = optional(natural, 0)

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> Gone:
        """Read the parameters. :raises ValidationError: too, when none of them says what goes."""
        params = super().parse(data, files)
        if not params.id and params.offset_days is None and not (params.start_date and params.end_date):
            reason = "Either both start_date and end_date must be specified, or offset_days must be provided."
            raise ValidationError({"__before": [reason]})
        return params


class AllGone(Params):
    """How many at once."""

    batch_size: int = optional(natural, 0)


@action(params=NewActivity, allow=permissions.sysadmin)
def activity_create(ctx: Context, params: NewActivity) -> JsonDict | None:
    """Keep an activity that a program tells of, and return it; where the site keeps none, do nothing.

    :param user_id: who did it
    :param object_id: to what
    :param activity_type: as in `changed package`
    :param data: what it keeps, as a rule a dictionary
    :param permission_labels: of which a reader must hold one (`public`, `member-ORGANIZATION`, `creator-USER`, …);
        without any, only sysadmins see an activity of a dataset
    """
    if not ctx.site.settings["ckan.activity_streams_enabled"]:
        return None
    errors: JsonDict = {}
    account = find_account(ctx.db, params.user_id)
    if account is None:
        errors["user_id"] = ["Not found: User"]
    kind = next((kind for kind, names in TYPES.items() if params.activity_type in names), "")
    if not kind:
        errors["activity_type"] = ["Not found: Activity type"]
        errors["object_id"] = [f'There is no object_id validator for activity type "{params.activity_type}"']
    elif wrong := _unknown(ctx, kind, params.object_id):
        errors["object_id"] = [wrong]
    labels = None if params.permission_labels == "" else params.permission_labels
    if labels is not None and not isinstance(labels, list):
        errors["permission_labels"] = ["Not a list"]
    elif others := [label for label in labels or () if not isinstance(label, str)]:
        errors["permission_labels"] = [f"Not a string: {label}" for label in others]
    if errors:
        raise ValidationError(errors)
    data = {} if params.data in (None, "") else params.data
    made = insert_activity(ctx, params.activity_type, account.id, params.object_id, data, labels)
    return show_activity(ctx, get_activity(ctx.db, made))


def _unknown(ctx: Context, kind: str, object_id: str) -> str:
    """Return what is wrong with the id of an activity's object; a name is no id."""
    find = {"package": find_dataset, "user": find_account}.get(kind, find_group)
    found = find(ctx.db, object_id)
    if found is not None and found.id == object_id:
        return ""
    return (
        "Dataset not found" if kind == "package" else f"{'User' if kind == 'user' else 'Group'} not found: {object_id}"
    )


@action(params=Gone, allow=permissions.sysadmin)
def activity_delete(ctx: Context, params: Gone) -> JsonDict:
    """Remove one activity, or those of a span of time.

    :param id: the activity
    :param start_date, end_date: or from when, until when
    :param offset_days: or everything that is older than this many days
    :param keep: how many of each object stay, the last ones
    :param batch_size: taken for CKAN's sake; all leave at once
    """
    if params.id:
        if not ctx.db.execute(activities.delete().where(activities.c.id == params.id)).rowcount:
            raise NotFound("Activity not found")
        return {"message": "Activity purged"}
    if params.offset_days is not None:
        where = activities.c.timestamp < _ago(min(params.offset_days, 36_500))
    else:
        first, last = str(params.start_date), str(params.end_date)
        if first > last:
            raise ValidationError({"message": "start_date cannot be greater than end_date."})
        where = activities.c.timestamp.between(first, last)
    if params.keep:
        latest = sa.desc(activities.c.timestamp), activities.c.id
        place = sa.func.row_number().over(partition_by=activities.c.object_id, order_by=latest).label("place")
        placed = sa.select(activities.c.id, place).where(where).subquery()
        where = activities.c.id.in_(sa.select(placed.c.id).where(placed.c.place > params.keep))
    return _remove(ctx, where)


@action(params=AllGone, allow=permissions.sysadmin)
def activity_delete_all(ctx: Context, params: AllGone) -> JsonDict:  # noqa: ARG001 - every action has the same form
    """Remove every activity.

    :param batch_size: taken for CKAN's sake; all leave at once
    """
    return _remove(ctx, sa.true())


@action(params=Nothing, allow=permissions.sysadmin)
def activity_delete_counts(ctx: Context, params: Nothing) -> JsonDict:  # noqa: ARG001 - every action has the same form
    """Return how many activities there are, and how many `activity_delete` would remove."""
    older = {
        f"older_than_{days}_day{'s' * (days > 1)}": sa.func.count().filter(activities.c.timestamp < _ago(days))
        for days in (1, 30, 365)
    }
    columns = [count.label(name) for name, count in (older | {"total": sa.func.count()}).items()]
    return dict(ctx.db.execute(sa.select(*columns).select_from(activities)).one()._mapping)


def _ago(days: int) -> str:
    return (datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)).isoformat()


def _remove(ctx: Context, where: sa.ColumnElement[bool]) -> JsonDict:
    gone = ctx.db.execute(activities.delete().where(where)).rowcount
    none = "No activities found matching the specified criteria."
    return {"message": f"Deleted {gone} rows from the activity table." if gone else none}
