"""The parameters of searches in rows: what callers send, in CKAN's many forms, and what is said of wrong ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.datastore.records import FORMATS
from odl_host.server.documents import clean
from odl_host.server.params import Invalid, flag, natural

_SEARCH_PARAMETERS = frozenset(
    {
        *("resource_id", "id", "filters", "q", "full_text", "distinct", "plain", "language", "limit", "offset"),
        *("fields", "sort", "include_total", "records_format", "include_next_page", "total_estimation_threshold"),
    }
)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `q` is a text for whole rows, or texts by field; `fields` None means all of them."""

    limit: int
    offset: int = 0
    filters: Any = None
    q: str | dict[str, str] | None = None
    full_text: str | None = None
    plain: bool = True
    language: str = "english"
    fields: Sequence[str] | None = None
    sort: Sequence[str] | None = None
    distinct: bool = False
    include_total: bool = True
    include_next_page: bool = False
    shows_milliseconds: bool = True


def is_absent(value: Any) -> bool:
    """Return whether a parameter counts as not sent."""
    return value is None or value == ""


def name_list(value: Any) -> list[str]:
    """Read a list of texts, or texts separated by commas. :raises Invalid: it is neither."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")] if value.strip() else []
    if not isinstance(value, list):
        raise Invalid("Not a list")
    for item in value:
        if not isinstance(item, str):
            raise Invalid(f"Neither a string nor a list: {item}")
    return value


def are_texts(value: Any) -> bool:
    """Return whether a value is a list of texts."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def read_search(
    data: Mapping[str, Any], resource_id: str, settings: Mapping[str, object]
) -> tuple[Search, str, JsonDict]:
    """Return the search, the format of its records, and the parameters as the answer repeats them.

    :raises ValidationError: naming every parameter that is wrong.
    """
    errors: dict[str, list[str]] = {}
    echo: JsonDict = {"resource_id": resource_id}

    def read(name: str, convert: Any, default: Any = None) -> Any:
        if name not in data:
            return default
        value = data[name]
        if is_absent(value) and not (name == "filters" and value == ""):
            if value == "" or default is not None:
                echo[name] = default if default is not None else value
            return default
        try:
            echo[name] = convert(value)
        except Invalid as error:
            errors[name] = error.messages
            return default
        return echo[name]

    rows_default, rows_max = (int(str(settings[f"ckan.datastore.search.rows_{end}"])) for end in ("default", "max"))
    limit = min(read("limit", _limit, rows_default), rows_max)
    offset = read("offset", _offset, 0)
    filters = read("filters", _filters)
    q = read("q", _words)
    full_text = read("full_text", _plain_text)
    is_plain = read("plain", flag, default=True)
    language = read("language", str)
    fields = read("fields", name_list)
    sort = read("sort", name_list)
    distinct = read("distinct", flag, default=False)
    include_total = read("include_total", flag, default=True)
    include_next_page = read("include_next_page", flag, default=False)
    records_format = read("records_format", _format, "objects")
    if unknown := [name for name in data if name not in _SEARCH_PARAMETERS]:
        errors["__extras"] = [f'invalid value "{", ".join(unknown)}"']
    if errors:
        raise ValidationError(dict(errors))
    echo |= {name: data[name] for name in ("sort", "language", "fields") if data.get(name) is not None}
    echo |= {
        "limit": limit,
        "include_total": include_total,
        "include_next_page": include_next_page,
        "records_format": records_format,
    }
    search = Search(
        limit=limit,
        offset=offset,
        filters=filters,
        q=q,
        full_text=full_text,
        plain=is_plain,
        language=language or str(settings["ckan.datastore.default_fts_lang"]),
        fields=fields or None,
        sort=sort or None,
        distinct=distinct,
        include_total=include_total,
        include_next_page=include_next_page,
        shows_milliseconds=bool(settings["ckan.datastore.ms_in_timestamp"]),
    )
    return search, records_format, echo


def _limit(value: Any) -> int:
    if isinstance(value, str) or not isinstance(value, int | float):
        try:
            return natural(int(value))
        except Invalid:
            raise
        except (TypeError, ValueError):
            raise Invalid("Invalid integer", "Please enter an integer value") from None
    return natural(int(value) if isinstance(value, bool) else value)


def _offset(value: Any) -> int:
    try:
        number = int(value) if not isinstance(value, float) or value.is_integer() else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or number >= 2**63:
        raise Invalid("Invalid integer")
    if number < 0:
        raise Invalid(f'invalid value "{number}"')
    return number


def _filters(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = clean(json.loads(value))
        except (ValueError, RecursionError):
            raise Invalid("Cannot parse JSON") from None
    elif not isinstance(value, dict | list):
        raise Invalid("Cannot parse JSON")
    if not isinstance(value, dict | list):
        raise Invalid("Filters must be defined as a dict or a list of dicts")
    return value


def _words(value: Any) -> str | dict[str, str]:
    if isinstance(value, dict):
        return value
    text = _plain_text(value)
    if text.lstrip().startswith("{"):
        try:
            read = clean(json.loads(text))
        except (ValueError, RecursionError):
            return text
        if isinstance(read, dict):
            return read
    return text


def _plain_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _format(value: Any) -> str:
    if value not in FORMATS:
        raise Invalid(f"Value must be one of {list(FORMATS)}")
    return str(value)
