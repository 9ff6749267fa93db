"""Extras: the free key-value pairs of datasets, organizations and groups; and the shape of lists of dictionaries."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from odl_host.ckan import IntegrityError, JsonDict
from odl_host.server.objects.names import check_id
from odl_host.server.params import MISSING_VALUE, Invalid, as_text

NOT_EXPECTED = "The input field id was not expected."


def require_dicts(key: str, value: object, data: JsonDict) -> list[JsonDict]:
    """Return a list of dictionaries that was sent as `key` of `data`; None and "" are none.

    :raises IntegrityError: it is something else.
    """
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise not_dicts(key, value, data)
    return value


def not_dicts(key: str, value: object, data: JsonDict) -> IntegrityError:
    """Return what is said of `data[key]` that is no list of dictionaries."""
    message = f"Only lists of dicts can be placed against subschema ('{key}',), not {type(value)}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        message = "Values in lists need to be dicts"
    return IntegrityError(message, data)


def check_extras(
    data: JsonDict, *, reserved: Collection[str], is_sysadmin: bool, refuse_twice: bool = True
) -> tuple[list[dict[str, str]], JsonDict]:
    """Return the extras of `data` to keep, in their order, and the messages to merge into the call's.

    A value that is not a text is kept as JSON. With `refuse_twice`, a key may stand once only; else the last counts.

    :raises IntegrityError: they are no list of dictionaries.

    >>> check_extras({"extras": [{"key": "b", "value": 1}]}, reserved=(), is_sysadmin=False)
    ([{'key': 'b', 'value': '1'}], {})
    """
    errors: list[JsonDict] = []
    values: dict[str, Any] = {}
    duplicates: dict[str, None] = {}
    for extra in require_dicts("extras", data.get("extras"), data):
        if not extra:
            continue  # as in CKAN, an empty dictionary is none
        found: JsonDict = {}
        key = extra.get("key")
        if key is None or key == "":
            found["key"] = [MISSING_VALUE]
        elif as_text(key) in reserved:
            found["key"] = ["There is a schema field with the same name"]
        if "value" not in extra:
            found["value"] = [MISSING_VALUE]
        if extra.get("id"):
            found |= _check_extra_id(extra["id"], is_sysadmin=is_sysadmin)
        errors.append(found)
        if not found:
            if as_text(key) in values:
                duplicates[as_text(key)] = None
            values[as_text(key)] = extra["value"]
    messages: JsonDict = {"extras": errors} if any(errors) else {}
    if duplicates and refuse_twice:
        messages["extras_validation"] = [f'Duplicate key "{key}"' for key in duplicates]
    return [{"key": key, "value": _as_text(value)} for key, value in values.items()], messages


def _check_extra_id(value: object, *, is_sysadmin: bool) -> JsonDict:
    if not is_sysadmin:
        return {"id": [NOT_EXPECTED]}
    try:
        check_id(value)
    except Invalid as error:
        return {"id": list(error.messages)}
    return {}


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
