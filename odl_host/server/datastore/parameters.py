"""The parameters of the row API: what callers send, in CKAN's many forms, and what it says of wrong ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.datastore.records import FORMATS
from odl_host.server.datastore.search import Search
from odl_host.server.datastore.types import BadValue, find_type, get_type
from odl_host.server.extras import not_dicts
from odl_host.server.params import MISSING_VALUE, Invalid, flag, natural

MAX_NAME = 63
METHODS = ("upsert", "insert", "update")

_SEARCH_PARAMETERS = frozenset(
    {
        *("resource_id", "id", "filters", "q", "full_text", "distinct", "plain", "language", "limit", "offset"),
        *("fields", "sort", "include_total", "records_format", "include_next_page", "total_estimation_threshold"),
    }
)
_CREATE_PARAMETERS = frozenset(
    {
        *("resource_id", "force", "resource", "aliases", "fields", "delete_fields", "records", "include_records"),
        *("primary_key", "indexes", "triggers", "calculate_record_count", "id"),
    }
)
_CHANGE_PARAMETERS = frozenset(
    {
        *("resource_id", "force", "records", "include_records", "method", "calculate_record_count", "dry_run", "id"),
        *("filters", "include_deleted_records"),
    }
)


def _is_absent(value: Any) -> bool:
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


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def read_search(
    data: Mapping[str, Any], resource_id: str, *, rows_default: int, rows_max: int
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
        if _is_absent(value):
            if value == "" or default is not None:
                echo[name] = default if default is not None else value
            return default
        try:
            echo[name] = convert(value)
        except Invalid as error:
            errors[name] = error.messages
            return default
        return echo[name]

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
        language=language or "english",
        fields=fields or None,
        sort=sort or None,
        distinct=distinct,
        include_total=include_total,
        include_next_page=include_next_page,
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
            value = json.loads(value)
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
            read = json.loads(text)
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


# datastore_create


@dataclass(frozen=True, slots=True)
class FieldInput:
    """A field as it was sent; without a type it is guessed. `info` None says nothing of it."""

    id: str
    type_name: str
    info: Any


@dataclass(frozen=True, slots=True)
class CreateInput:
    """What `datastore_create` was sent, checked; None where a parameter was not."""

    fields: list[FieldInput] | None
    records: list[Any] | None
    primary_key: list[str] | None
    indexes: list[str | list[str]] | None
    """Each a field, fields separated by commas, or a list of fields."""
    aliases: list[str] | None
    deletes_fields: bool
    includes_records: bool
    echo: JsonDict


def read_create(data: Mapping[str, Any]) -> CreateInput:
    """Read the parameters of `datastore_create`.

    :raises ValidationError: naming every one that is wrong. :raises IntegrityError: the fields are no list.
    """
    fields = _read_fields(data)
    errors: dict[str, Any] = {}

    def names(key: str) -> list[str] | None:
        if key not in data or data[key] is None:
            return None
        try:
            return name_list(data[key])
        except Invalid as error:
            errors[key] = error.messages
            return None

    aliases = names("aliases")
    if isinstance(data.get("primary_key"), list) and any(isinstance(item, list) for item in data["primary_key"]):
        raise ValidationError({"index": [f'The field "{data["primary_key"]}" is not a valid column name.']})
    primary_key = names("primary_key")
    indexes: list[str | list[str]] | None = None
    if isinstance(data.get("indexes"), list):
        indexes = data["indexes"]
        if odd := [item for item in indexes if not isinstance(item, str) and not _are_texts(item)]:
            errors["indexes"] = [f"Neither a string nor a list: {odd[0]}"]
    elif (given := names("indexes")) is not None:
        indexes = [*given]
    counts = _read_counts(data, errors)
    if errors:
        raise ValidationError(errors)
    echo: JsonDict = {
        "calculate_record_count": counts,
        "delete_fields": flag(data.get("delete_fields")),
        "method": "insert",
    }
    echo |= {key: data[key] for key in ("aliases", "primary_key", "indexes", "triggers") if key in data}
    extras = {key: value for key, value in data.items() if key not in _CREATE_PARAMETERS}
    extras |= {key: data[key] for key in ("fields", "triggers") if data.get(key) == []}
    if extras:
        echo["__extras"] = extras
    return CreateInput(
        fields,
        _read_records(data),
        primary_key,
        indexes,
        aliases,
        echo["delete_fields"],
        flag(data.get("include_records")),
        echo,
    )


def _read_counts(data: Mapping[str, Any], errors: dict[str, Any]) -> Any:
    value = data.get("calculate_record_count", "background")
    if isinstance(value, bool) or value == "background":
        return value
    if isinstance(value, str) and value.lower() in (
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "1",
        "0",
        "t",
        "f",
        "y",
        "n",
    ):
        return flag(value)
    errors["calculate_record_count"] = ["Value must be boolean or one of: background"]
    return None


def _read_fields(data: Mapping[str, Any]) -> list[FieldInput] | None:
    if "fields" not in data:
        return None
    sent = data["fields"]
    for key in ("fields", "triggers"):
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise not_dicts(key, value, dict(data))
    fields: list[FieldInput] = []
    errors: list[JsonDict] = []
    for item in sent:
        found: JsonDict = {}
        if item:
            name = item.get("id")
            if _is_absent(name):
                found["id"] = [MISSING_VALUE]
            elif not is_field_name(str(name)):
                found["id"] = [f'"{name}" is not a valid field name']
            else:
                kind = item.get("type")
                fields.append(FieldInput(str(name), kind if isinstance(kind, str) else "", item.get("info")))
        errors.append(found)
    if any(errors):
        raise ValidationError({"fields": errors})
    _check_fields(fields)
    return fields


def _check_fields(fields: Sequence[FieldInput]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field.type_name and find_type(field.type_name) is None:
            raise ValidationError({"fields": [f'"{field.type_name}" is not a valid field type']})
        if len(field.id) > MAX_NAME:
            raise ValidationError({"fields": [f'Column heading "{field.id}" exceeds limit of {MAX_NAME} characters.']})
        if field.id in seen:
            raise ValidationError({"fields": [f'Field "{field.id}" is there twice']})
        seen.add(field.id)


def is_field_name(name: str) -> bool:
    """Return whether a column may have this name.

    >>> [is_field_name(name) for name in ("a b", "_id", 'a"b', " a", "")]
    [True, False, False, False, False]
    """
    return bool(name) and name == name.strip() and not name.startswith("_") and '"' not in name


def _read_records(data: Mapping[str, Any]) -> list[Any] | None:
    records = data.get("records")
    if records is None or records == []:
        return None
    if not isinstance(records, list):
        raise ValidationError({"records": ["Records has to be a list of dicts"]})
    if not isinstance(records[0], dict):
        raise ValidationError({"records": ["The first row is not a json object"]})
    return records


def describe_fields(sent: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> list[JsonDict]:
    """Return fields as `datastore_create` repeats them, with the types that were guessed."""
    shown: list[JsonDict] = []
    for item in sent:
        if not item:
            continue
        name = str(item["id"])
        field: JsonDict = {"id": name, "type": types[name]}
        if "info" in item:
            field["info"] = item["info"]
        if extras := {key: value for key, value in item.items() if key not in ("id", "type", "info")}:
            field["__extras"] = extras
        shown.append(field)
    return shown


def guess_type(value: Any) -> str:
    """Return the type for a value of a field that was sent without one, as CKAN names it.

    >>> [guess_type(value) for value in (1, 1.5, "12", "1.5", "2005-01-31", "x", [], None, 2**40)]
    ['int', 'float', 'integer', 'numeric', 'timestamp', 'text', 'nested', 'text', 'bigint']
    """
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if _fits("int4", value) else "bigint" if _fits("int8", value) else "numeric"
    if isinstance(value, float):
        return "float"
    if isinstance(value, list | dict):
        return "nested"
    if not isinstance(value, str):
        return "text"
    if _fits("numeric", value) and value.strip():
        if not _is_whole(value):
            return "numeric"
        return "integer" if _fits("int4", value) else "bigint" if _fits("int8", value) else "numeric"
    is_moment = any(mark in value for mark in "-/") and "+" not in value and (" " not in value)
    return "timestamp" if is_moment and "." not in value and _fits("timestamp", value) else "text"


def _is_whole(text: str) -> bool:
    return "e" not in text.lower() and "." not in text and text.strip().lstrip("+-").isdigit()


def _fits(name: str, value: Any) -> bool:
    try:
        return get_type(name).keep(value) is not None
    except BadValue:
        return False


# The changes of rows


@dataclass(frozen=True, slots=True)
class ChangeInput:
    """What `datastore_upsert` was sent, checked."""

    method: str | None
    records: list[Any]
    includes_records: bool
    is_dry: bool
    echo: JsonDict


def read_change(data: Mapping[str, Any]) -> ChangeInput:
    """Read the parameters of `datastore_upsert`. :raises ValidationError: one is wrong."""
    errors: dict[str, Any] = {}
    method = data.get("method")
    if method is not None and method != "" and method not in METHODS:
        errors["method"] = [f"Value must be one of {list(METHODS)}"]
    echo: JsonDict = {"calculate_record_count": _read_counts(data, errors)}
    if errors:
        raise ValidationError(errors)
    if "method" in data and method is not None:
        echo["method"] = method
    is_dry = flag(data.get("dry_run"))
    if "dry_run" in data:
        echo["dry_run"] = is_dry
    if extras := {key: value for key, value in data.items() if key not in _CHANGE_PARAMETERS}:
        echo["__extras"] = extras
    records = data.get("records")
    if _is_absent(records):
        records = []
    if not isinstance(records, list):
        raise ValidationError({"records": ['row "0" is not a json object']})
    chosen = "upsert" if method is None else method or None
    return ChangeInput(chosen, records, flag(data.get("include_records")), is_dry, echo)


def read_deletion(data: Mapping[str, Any], *, needs_filters: bool) -> JsonDict:
    """Return the parameters of a deletion as its answer repeats them. :raises ValidationError: one is wrong."""
    errors: dict[str, Any] = {}
    filters = data.get("filters")
    if needs_filters and "filters" not in data:
        errors["filters"] = [MISSING_VALUE]
    elif needs_filters and not isinstance(filters, dict):
        errors["filters"] = ["Must be a dict"]
    elif filters is not None and not isinstance(filters, dict):
        errors["filters"] = ["filters must be either a dict or null."]
    _read_counts(data, errors)
    if errors:
        raise ValidationError(errors)
    echo: JsonDict = {}
    if "filters" in data:
        echo["filters"] = filters
    if extras := {key: value for key, value in data.items() if key not in _CHANGE_PARAMETERS}:
        echo["__extras"] = extras
    return echo
