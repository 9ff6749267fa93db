"""Task statuses: small notes that programs keep about an object, found again by object, type and key."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.database.tables import task_statuses
from odl_host.server.objects.names import check_date
from odl_host.server.params import MISSING_VALUE, Params, anything, named, optional, required, sent, text
from odl_host.server.registry import Context, action, of_callers

KEYS = ("id", "entity_id", "entity_type", "task_type", "key", "value", "state", "error", "last_updated")

TEXTS = ("value", "state", "error")


class Status(Params):
    """A note about an object."""

    entity_id: str = required(text)
    entity_type: str = required(text)
    task_type: str = required(text)
    key: str = required(text)
    id: str = optional(text, "")
    value: str | None = optional(text)
    state: str | None = optional(text)
    error: str | None = optional(text)
    last_updated: str | None = optional(check_date)


class Statuses(Params):
    """Several notes."""

    data: Any = sent(anything)


class Sought(Params):
    """Which note: by its id, or by object, type and key."""

    id: str = optional(text, "")
    entity_id: str = optional(text, "")
    task_type: str = optional(text, "")
    key: str = optional(text, "")


class Ref(Params):
    """A note's id."""

    id: str = named()


@of_callers
def _sysadmin(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Only a sysadmin may."""
    if ctx.user is None or not ctx.user.sysadmin:
        raise NotAuthorized(f"User {ctx.user.name if ctx.user else ''} not authorized to update task_status table")


def _sysadmin_of_known(ctx: Context, params: Ref) -> None:
    """Only a sysadmin may, and only what is there."""
    if _find(ctx, params.id) is None:
        raise NotFound("TaskStatus was not found.")
    if ctx.user is None or not ctx.user.sysadmin:
        raise NotAuthorized("")


@action(params=Status, allow=_sysadmin)
def task_status_update(ctx: Context, params: Status) -> JsonDict:
    """Write a note about an object and return it; one for the same object, type and key is replaced.

    :param entity_id, entity_type: the object
    :param task_type, key: what the note is
    :param value, state, error: texts
    :param last_updated: an instant, now by default
    :param id: the note to replace
    """
    return _write(ctx, params)


@action(params=Statuses, allow=permissions.anyone)
def task_status_update_many(ctx: Context, params: Statuses) -> JsonDict:
    """Write several notes and return them as `results`; each is for sysadmins.

    :param data: list of what `task_status_update` takes
    """
    if params.data == {}:
        return {"results": []}
    if not isinstance(params.data, list) or not all(isinstance(entry, dict) for entry in params.data):
        raise ValidationError({"data": ["Must be a list of dicts"]})
    results = []
    for entry in params.data:
        _sysadmin(ctx, params)
        status = Status.parse(entry)
        results.append(_write(ctx, status))
    return {"results": results}


@action(params=Sought, allow=permissions.anyone, reads=True)
def task_status_show(ctx: Context, params: Sought) -> JsonDict:
    """Return one note.

    :param id: its id
    :param entity_id, task_type, key: or what it is about
    """
    if params.id:
        row = _find(ctx, params.id)
    else:
        for name in ("entity_id", "task_type", "key"):
            if not getattr(params, name):
                raise ValidationError({name: [MISSING_VALUE]})
        row = _find_about(ctx, params)
    if row is None:
        raise NotFound("TaskStatus was not found.")
    return _shown(row)


@action(params=Ref, allow=_sysadmin_of_known)
def task_status_delete(ctx: Context, params: Ref) -> None:
    """Remove a note.

    :param id: its id
    """
    ctx.db.execute(task_statuses.delete().where(task_statuses.c.id == params.id))


def _find(ctx: Context, status_id: str) -> Any:
    return ctx.db.execute(sa.select(task_statuses).where(task_statuses.c.id == status_id)).first()


def _find_about(ctx: Context, params: Any) -> Any:
    return ctx.db.execute(
        sa.select(task_statuses).where(
            task_statuses.c.entity_id == params.entity_id,
            task_statuses.c.task_type == params.task_type,
            task_statuses.c.key == params.key,
        )
    ).first()


def _write(ctx: Context, params: Status) -> JsonDict:
    if params.id:
        before = _find(ctx, params.id)
        if before is None:
            raise NotFound("TaskStatus was not found.")
    else:
        before = _find_about(ctx, params)
    kept = _shown(before) if before else {"last_updated": now()}
    row: JsonDict = {name: kept.get(name) for name in KEYS}
    row |= {name: getattr(params, name) for name in KEYS if name in params.data}
    row |= {name: "" for name in TEXTS if params.data.get(name) == ""}
    row["last_updated"] = row["last_updated"] or now()
    row["id"] = before.id if before else str(uuid.uuid4())
    sent_time = params.data.get("last_updated") or None  # as in CKAN, given back as it was written
    other = _find_about(ctx, params)
    if other is not None and other.id != row["id"]:
        raise ValidationError({"key": ["There is already a task status for this entity_id, task_type and key"]})
    ctx.db.execute(task_statuses.delete().where(task_statuses.c.id == row["id"]))
    ctx.db.execute(task_statuses.insert(), row)
    return _shown(_find(ctx, row["id"])) | ({"last_updated": sent_time} if isinstance(sent_time, str) else {})


def _shown(row: Any) -> JsonDict:
    return {name: getattr(row, name) for name in KEYS}
