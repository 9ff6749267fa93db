"""What is sent of a view, read as CKAN reads it: its title, its description and the settings of its kind.

Source: CKAN 2.12, what it was seen to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.objects.views import VIEW_TYPES
from odl_host.server.params import MISSING_VALUE, Invalid, as_text, flag, natural

SHARED_KEYS = frozenset({"resource_id", "package_id", "view_type", "title", "description"})
FILTERS = ("filter_fields", "filter_values")
SAME_LENGTH = '"filter_fields" and "filter_values" should have the same length'

_READ: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        **dict.fromkeys(("responsive", "filterable"), flag),
        **dict.fromkeys(("image_url", "page_url", "video_url", "poster_url", "audio_url"), as_text),
        "ellipsis_length": natural,
    }
)
"""How settings are read; the others are kept as they are sent."""


def read_view(data: JsonDict, kind: str, *, needs_title: bool) -> JsonDict:
    """Return what to keep of a view of a kind. :raises ValidationError: a field is missing or wrong, or the kind is."""
    known = VIEW_TYPES.get(kind)
    if known is None:
        raise ValidationError({"view_type": f"No plugin found for view_type {kind}"})
    errors: JsonDict = {}
    if set(data) - SHARED_KEYS - set(known.settings) - {"id"}:
        errors["__extras"] = ["The input field __extras was not expected."]
    settings: JsonDict = _read_filters(data, errors) if FILTERS[0] in known.settings else {}
    for key in known.settings:
        value = data.get(key)
        if key in FILTERS or value in (None, ""):
            continue
        try:
            settings[key] = _READ[key](value) if key in _READ else value
        except Invalid as error:
            errors[key] = error.messages
    title, description = data.get("title"), data.get("description")
    if needs_title and not title:
        errors["title"] = [MISSING_VALUE]
    if errors:
        raise ValidationError(errors)
    return {
        "title": "" if title is None else as_text(title),
        "description": None if description is None else as_text(description),
        **known.defaults,
        **settings,
    }


def _read_filters(data: JsonDict, errors: JsonDict) -> JsonDict:
    """Return the columns and the values that rows are chosen by, as lists and as one table; note what is wrong."""
    # A form sends the only one as a text.
    sent = {
        key: [data[key]] if isinstance(data[key], str) else data[key] for key in FILTERS if data.get(key) is not None
    }
    wrong: JsonDict = {key: ["Not a list"] for key, value in sent.items() if not isinstance(value, list)}
    fields, values = (sent.get(key) for key in FILTERS)
    if not wrong and fields is not None:
        if len(fields) != len(values or ()):
            wrong = {key: [SAME_LENGTH] for key in FILTERS}
        for key, other in (FILTERS, FILTERS[::-1]):
            if not sent.get(key):
                wrong.setdefault(key, []).append(f'"{key}" is required when "{other}" is filled')
    errors |= wrong
    if wrong or fields is None or values is None:
        return sent
    table: JsonDict = {}
    for field, value in zip(fields, values, strict=True):
        table.setdefault(as_text(field), []).append(value)
    return {**sent, "filters": table}
