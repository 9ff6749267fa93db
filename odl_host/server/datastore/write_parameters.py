"""The parameters of the actions that write rows: what callers send, and what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.datastore.parameters import are_texts, is_absent, name_list
from odl_host.server.datastore.types import find_type, get_type
from odl_host.server.datastore.values import BadValue
from odl_host.server.objects.extras import not_dicts
from odl_host.server.params import MISSING_VALUE, Invalid, flag

MAX_NAME = 63
METHODS = ("upsert", "insert", "update")

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
        if odd := [item for item in indexes if not isinstance(item, str) and not are_texts(item)]:
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
    echo |= {key: data[key] for key in ("aliases", "primary_key", "indexes") if key in data}
    if data.get("triggers") == []:
        echo["triggers"] = []
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
            raise not_dicts(key, value, {key: data[key] for key in data if key not in ("records", "resource")})
    fields: list[FieldInput] = []
    errors: list[JsonDict] = []
    for item in sent:
        found: JsonDict = {}
        if item:
            name = item.get("id")
            if is_absent(name):
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
            raise ValidationError({"field": ["Duplicate column names are not supported"]})
        seen.add(field.id)


_TRIGGER_WORDS = {"for_each": ["row"], "when": ["before insert or update"]}


def check_triggers(sent: object) -> None:
    """Refuse triggers: there are no functions that they could run. :raises ValidationError: one is named."""
    triggers = [item for item in sent if isinstance(item, dict) and item] if isinstance(sent, list) else []
    errors: list[JsonDict] = []
    for trigger in triggers:
        found: JsonDict = {
            key: [f"Value must be one of {known}"]
            for key, known in _TRIGGER_WORDS.items()
            if not is_absent(trigger.get(key)) and trigger[key] not in known
        }
        if is_absent(trigger.get("function")):
            found["function"] = [MISSING_VALUE]
        errors.append(found)
    if any(errors):
        raise ValidationError({"triggers": errors})
    if triggers:
        raise ValidationError({"triggers": [f"function {triggers[0]['function']}() does not exist"]})


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
    """Return fields as `datastore_create` repeats them: with the types that were sent or guessed."""
    shown: list[JsonDict] = []
    for item in sent:
        if not item:
            continue
        name = str(item["id"])
        field: JsonDict = {"id": name, **({"type": types[name]} if name in types else {})}
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
    if is_absent(records):
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
