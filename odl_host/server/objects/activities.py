"""Activities: who changed what when, with the object as the change left it.

As in a CKAN without its `activity` plugin none are kept, unless `ckan.activity_streams_enabled` is on: each change of a
dataset then keeps a copy of it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server.clock import now
from odl_host.server.database.tables import activities
from odl_host.server.documents import SITE, encode, join_object
from odl_host.server.objects.datasets import Dataset, find_dataset, render_dataset
from odl_host.server.objects.groups import SUMMARY_KEYS
from odl_host.server.registry import Context
from odl_host.server.search.documents import labels_of

TYPES = {
    "package": ("new package", "changed package", "deleted package"),
    "group": ("new group", "changed group", "deleted group"),
    "organization": ("new organization", "changed organization", "deleted organization"),
    "user": ("new user", "changed user"),
}
"""The types of activities, by the kind of their object."""


def record_dataset(ctx: Context, dataset_id: str, deed: str) -> None:
    """Keep that a dataset was changed; `deed` is new, changed or deleted."""
    dataset = find_dataset(ctx.db, dataset_id) if _is_kept(ctx) else None
    if dataset is None:
        return
    data = join_object("{}", package=render_dataset(ctx.db, dataset), actor=encode(ctx.user.name if ctx.user else ""))
    labels = sorted(labels_of(_label_fields(dataset)))
    _insert(ctx, f"{deed} package", dataset.id, data.replace("{,", "{", 1), labels, owner_org=dataset.owner_org)


def record_view(ctx: Context, view: Any, deed: str) -> None:
    """Keep that a view of a dataset's resource was changed, from its row; `deed` is new or changed."""
    dataset = find_dataset(ctx.db, view.package_id) if _is_kept(ctx) else None
    if dataset is None:
        return
    config = json.loads(view.doc)
    data = {
        "title": config.pop("title"),
        "description": config.pop("description"),
        "config": config,
        "id": view.id,
        "order": view.position,
        "package_id": view.package_id,
        "resource_id": view.resource_id,
        "view_type": view.view_type,
    }
    labels = sorted(labels_of(_label_fields(dataset)))
    _insert(ctx, f"{deed} resource view", dataset.id, encode(data), labels, owner_org=dataset.owner_org)


def record_group(ctx: Context, fields: JsonDict, deed: str) -> None:
    """Keep that an organization or a group was changed, from its document."""
    if _is_kept(ctx):
        noun = "organization" if fields["is_organization"] else "group"
        shown = {key: fields[key] for key in SUMMARY_KEYS} | {"extras": {}}
        _insert(ctx, f"{deed} {noun}", fields["id"], encode({"group": shown}), None)


def record_user(ctx: Context, user_id: str, deed: str) -> None:
    """Keep that a user was changed: by the user, whoever did it."""
    if _is_kept(ctx):
        _insert(ctx, f"{deed} user", user_id, "{}", None, by=user_id)


def insert_activity(
    ctx: Context, kind: str, user_id: str, object_id: str, data: Any, labels: Sequence[str] | None
) -> str:
    """Keep an activity that a program tells of, and return its id."""
    return _insert(ctx, kind, object_id, encode(data), labels, by=user_id)


def get_activity(db: sa.Connection, activity_id: str) -> Any:
    """Return an activity. :raises NotFound: there is none."""
    row = db.execute(sa.select(activities).where(activities.c.id == activity_id)).first()
    if row is None:
        raise NotFound("Activity was not found.")
    return row


def show_activity(ctx: Context, row: Any) -> JsonDict:
    """Return an activity as callers see it."""
    return {
        "activity_type": row.activity_type,
        "data": json.loads(row.data.replace(SITE, ctx.site.url)),
        "id": row.id,
        "object_id": row.object_id,
        "permission_labels": None if row.labels is None or _is_of_view(row) else json.loads(row.labels),
        "timestamp": row.timestamp,
        "user_id": row.user_id,
    }


def is_shown(ctx: Context, row: Any, held: Sequence[str] | None) -> bool:
    """Return whether a caller who holds these labels may see an activity: then, and of a dataset that is private, now.

    Only activities of datasets and their views have labels that count. CKAN goes on to show everyone what a dataset was
    before it became private; who makes it so wants that no more. It shows everyone the views of private ones, too.
    """
    if held is None or not (is_of_dataset(row) or _is_of_view(row)):
        return True
    if set(held).isdisjoint(json.loads(row.labels or "[]")):
        return False
    dataset = ctx.once(find_dataset, row.object_id)
    return dataset is None or not dataset.private or not set(held).isdisjoint(labels_of(_label_fields(dataset)))


def is_of_dataset(row: Any) -> bool:
    """Return whether an activity is one of a dataset."""
    return bool(row.activity_type.endswith("package"))


def _is_of_view(row: Any) -> bool:
    return bool(row.activity_type.endswith(" resource view"))


def _is_kept(ctx: Context) -> bool:
    return bool(ctx.site.settings["ckan.activity_streams_enabled"])


def _label_fields(dataset: Dataset) -> JsonDict:
    return {
        "id": dataset.id,
        "state": dataset.state,
        "private": dataset.private,
        "owner_org": dataset.owner_org,
        "creator_user_id": dataset.creator_user_id,
    }


def _insert(
    ctx: Context,
    kind: str,
    object_id: str,
    data: str,
    labels: Sequence[str] | None,
    *,
    owner_org: str | None = None,
    by: str = "",
) -> str:
    activity_id = str(uuid.uuid4())
    row = {
        "id": activity_id,
        "timestamp": now(),
        "user_id": by or (ctx.user.id if ctx.user else ""),
        "object_id": object_id,
        "owner_org": owner_org,
        "activity_type": kind,
        "data": data,
        "labels": encode(labels) if labels is not None else None,
    }
    ctx.db.execute(activities.insert(), row)
    return activity_id
