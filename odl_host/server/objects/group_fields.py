"""What callers may send as an organization or a group, and the document that is kept of it."""

from __future__ import annotations

import uuid
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.clock import now
from odl_host.server.objects.extras import NOT_EXPECTED, check_extras
from odl_host.server.objects.groups import find_group
from odl_host.server.objects.names import check_id, check_name
from odl_host.server.params import MISSING_VALUE, Invalid, as_text
from odl_host.server.registry import Context

TEXTS = ("title", "description", "image_url")
RESERVED_KEYS = frozenset({*TEXTS, "name", "id", "type", "state", "users", "packages"})


def read_group(ctx: Context, data: JsonDict, *, is_organization: bool, before: JsonDict | None = None) -> JsonDict:
    """Return the complete document of an organization or group from what was sent.

    Of one that is there (`before`), texts that are not sent stay; extras that are not sent go.

    :raises ValidationError: naming every wrong field.
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    errors: JsonDict = {}
    kept = before or dict.fromkeys(TEXTS, "")
    texts = {key: as_text(data[key]) if data.get(key) is not None else str(kept[key]) for key in TEXTS}
    group_id = str(before["id"]) if before else _new_id(ctx, data, errors, is_sysadmin=is_sysadmin)
    name = _name(ctx, data, errors, before)
    extras, messages = check_extras(data, reserved=RESERVED_KEYS, is_sysadmin=is_sysadmin, refuse_twice=False)
    errors |= messages
    # As in CKAN, any word is a state, and who creates does not choose it; only what is active is shown to everyone.
    state = data.get("state") if before or is_sysadmin else None
    state = (before["state"] if before else "active") if state is None else as_text(state)
    kind = as_text(data.get("type") or ("organization" if is_organization else "group"))
    if before:
        if data.get("type") and kind != before["type"]:
            errors["type"] = "Type cannot be updated"
        kind = before["type"]
    if errors:
        raise ValidationError(errors)
    return {
        "approval_status": as_text(data.get("approval_status") or (before or {}).get("approval_status", "approved")),
        "created": before["created"] if before else now(),
        "description": texts["description"],
        "extras": extras,
        "id": group_id,
        "image_url": texts["image_url"],
        "is_organization": is_organization,
        "name": name,
        "state": state,
        "title": texts["title"],
        "type": kind,
    }


def _new_id(ctx: Context, data: JsonDict, errors: JsonDict, *, is_sysadmin: bool) -> str:
    value: Any = data.get("id")
    if value is None:
        return str(uuid.uuid4())
    if not is_sysadmin:
        errors["id"] = [NOT_EXPECTED]
        return ""
    try:
        group_id = check_id(value)
    except Invalid as error:
        errors["id"] = [str(error)]
        return ""
    if find_group(ctx.db, group_id):
        errors["id"] = ["Id already exists"]
    return group_id


def _name(ctx: Context, data: JsonDict, errors: JsonDict, before: JsonDict | None) -> str:
    value = data.get("name")
    if value is None or value == "":
        if before is not None and "name" not in data:
            return str(before["name"])
        errors["name"] = [MISSING_VALUE]
        return ""
    if before is not None and value == before["name"]:
        return str(value)
    try:
        name = check_name(value)
    except Invalid as error:
        errors["name"] = list(error.messages)
        return ""
    holder = find_group(ctx.db, name)
    if holder is not None and (before is None or holder.id != before["id"]):
        errors["name"] = ["Group name already exists in database"]
    return name
