"""Extras: the free key-value pairs of datasets, organizations and groups."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from odl_host.ckan import JsonDict
from odl_host.server.params import MISSING_VALUE

NOT_A_LIST = "Only lists of dicts can be placed against subschema"
NOT_EXPECTED = "The input field id was not expected."


def check_extras(
    sent: object, *, reserved: Collection[str], is_sysadmin: bool
) -> tuple[list[dict[str, str]], JsonDict]:
    """Return the extras to keep, sorted by key, and the messages to merge into the call's.

    An extra whose value is null is dropped; a value that is not a text is kept as JSON.

    >>> check_extras([{"key": "b", "value": 1}, {"key": "a", "value": None}], reserved=(), is_sysadmin=False)
    ([{'key': 'b', 'value': '1'}], {})
    """
    if sent is None:
        return [], {}
    if not isinstance(sent, list) or not all(isinstance(extra, dict) for extra in sent):
        return [], {"extras": [NOT_A_LIST]}
    errors: list[JsonDict] = []
    values: dict[str, Any] = {}
    duplicates: dict[str, None] = {}
    for extra in sent:
        found: JsonDict = {}
        key = extra.get("key")
        if not isinstance(key, str) or not key:
            found["key"] = [MISSING_VALUE]
        elif key in reserved:
            found["key"] = ["There is a schema field with the same name"]
        if "value" not in extra:
            found["value"] = [MISSING_VALUE]
        if extra.get("id") and not is_sysadmin:
            found["id"] = [NOT_EXPECTED]
        errors.append(found)
        if not found:
            if key in values:
                duplicates[str(key)] = None
            values[str(key)] = extra["value"]
    messages: JsonDict = {"extras": errors} if any(errors) else {}
    if duplicates:
        messages["extras_validation"] = [f'Duplicate key "{key}"' for key in duplicates]
    return [{"key": key, "value": _as_text(values[key])} for key in sorted(values) if values[key] is not None], messages


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
