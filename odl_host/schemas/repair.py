"""Mends the Table Schema descriptors that authors publish, and says what was mended.

A descriptor is refused only when it has no columns at all. A repair never makes a file invalid that the official
validator accepts: misspelt rules stay without effect, and are noted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from odl_host.errors import UnknownSchema
from odl_host.schemas.descriptor import (
    ANY_TYPE_CONSTRAINTS,
    SUPPORTED_CONSTRAINTS,
    Schema,
    as_text,
    build_schema,
    slug,
)
from odl_host.schemas.examples import fits

_TYPE_NAMES = {
    "bool": "boolean",
    "decimal": "number",
    "double": "number",
    "float": "number",
    "int": "integer",
    "str": "string",
    "text": "string",
}
_STRING_FORMATS = {"default", "email", "uri", "binary", "uuid", "wkt"}
_MISSPELT = {"contraints": "constraints", "contraintes": "constraints", "constraint": "constraints"}
_LISTS = ("trueValues", "falseValues", "missingValues")
_FLAGS = ("bareNumber", "floatNumber")
_TEXTS = ("decimalChar", "groupChar", "delimiter", "itemType")


class Notes:
    """What was mended, each thing said once with the columns it concerns."""

    def __init__(self) -> None:
        self._columns: dict[str, list[str]] = {}

    def add(self, text: str, column: str = "") -> None:
        """Note a repair, of the whole schema or of one column."""
        self._columns.setdefault(text, []).append(column)

    def __bool__(self) -> bool:
        return bool(self._columns)

    def sentences(self) -> list[str]:
        """Return one sentence per kind of repair: "format ignored (columns a, b, c)"."""
        return [f"{text} ({', '.join(names)})" if names[0] else text for text, names in self._columns.items()]


def parse_descriptor(descriptor: Mapping[str, Any], *, name: str, version: str, url: str = "") -> Schema:
    """Return the schema that a Table Schema descriptor describes, mended where needed (see `Schema.notes`).

    :raises UnknownSchema: the descriptor has no columns
    """
    document = repair_descriptor(descriptor, name=name, version=version)
    return build_schema({**document, "url": url or document.get("url", "")})


def repair_descriptor(descriptor: Mapping[str, Any], *, name: str, version: str) -> dict[str, Any]:
    """Return the descriptor as a clean document (see `descriptor.py`), with the repairs under "notes".

    :raises UnknownSchema: the descriptor has no columns
    """
    notes = Notes()
    source = descriptor
    nested = descriptor.get("schema")
    if "fields" not in descriptor and isinstance(nested, Mapping):
        source = nested
        notes.add("the columns are under the key `schema`: taken from there")
    fields = source.get("fields")
    if not isinstance(fields, list) or not any(isinstance(one, Mapping) and one.get("name") for one in fields):
        raise UnknownSchema(
            f"{name}@{version} is not a Table Schema: it has no list of `fields`.",
            hint="Give the address of a table schema, such as those of https://schema.data.gouv.fr.",
        )
    if "type" in source:
        notes.add(f"the key `type` ({as_text(source['type'])}) belongs to a table, not to its schema: ignored")
    declared_name = source.get("name")
    if isinstance(declared_name, str) and declared_name and not re.fullmatch(r"[-a-z0-9._/]+", declared_name):
        notes.add(f"the name {declared_name!r} is no identifier: {slug(name.rpartition('/')[2])!r} stands for it")
    columns = _repair_fields(fields, notes)
    known = {column["name"] for column in columns}
    document: dict[str, Any] = {"name": name, "version": version}
    for key in ("title", "description", "homepage"):
        if isinstance(source.get(key), str) and source[key].strip():
            document[key] = source[key].strip()
    document.setdefault("title", name.rpartition("/")[2])
    if isinstance(source.get("keywords"), list):
        document["keywords"] = [str(one) for one in source["keywords"]]
    if source.get("missingValues") is not None:
        document["missingValues"] = _as_list(source["missingValues"], "missingValues", notes)
    if source.get("primaryKey"):
        keys = _as_list(source["primaryKey"], "primaryKey", Notes())
        document["primaryKey"] = [key for key in keys if key in known]
        for key in keys:
            if key not in known:
                notes.add("the primary key names an absent column: ignored", key)
    declared = source.get("foreignKeys")
    listed = declared if isinstance(declared, list) else [declared]
    foreign = [one for one in listed if isinstance(one, Mapping)]
    if foreign:
        document["foreignKeys"] = foreign
        notes.add("it refers to other tables (foreignKeys): that is not checked on a file alone")
    if source.get("custom_checks"):
        document["custom_checks"] = _repair_checks(source["custom_checks"], notes)
    document["fields"] = columns
    if notes:
        document["notes"] = notes.sentences()
    return document


def _repair_fields(fields: list[Any], notes: Notes) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = []
    seen: set[str] = set()
    for place, one in enumerate(fields, start=1):
        if not isinstance(one, Mapping) or not as_text(one.get("name")).strip():
            notes.add(f"column {place} has no name: left out")
            continue
        name = as_text(one["name"]).strip()
        if name in seen:
            notes.add(f"column {name!r} is declared twice: the first one counts")
            continue
        seen.add(name)
        columns.append(_repair_field(one, name, notes))
    return columns


def _repair_field(one: Mapping[str, Any], name: str, notes: Notes) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name}
    kind = as_text(one.get("type") or "string").strip()
    mended = _TYPE_NAMES.get(kind.lower(), kind.lower())
    if mended not in SUPPORTED_CONSTRAINTS:
        mended = "any"
    if mended != kind:
        notes.add(f"type {kind!r} read as {mended!r}", name)
    column["type"] = mended
    layout = one.get("format")
    if layout is not None and not isinstance(layout, str):
        notes.add("format is not a text: ignored", name)
    elif layout and layout != "default":
        layout = layout.removeprefix("fmt:")
        if mended == "string" and layout not in _STRING_FORMATS:
            notes.add(f"format {layout!r} is unknown for a text: ignored", name)
        else:
            column["format"] = layout
    for key in ("title", "description"):
        if one.get(key):
            column[key] = as_text(one[key]).strip()
    constraints = _repair_constraints(one, mended, name, notes)
    if constraints:
        column["constraints"] = constraints
    for key, value in one.items():
        if key in _MISSPELT:
            notes.add(f"key `{key}` (for `{_MISSPELT[key]}`) has no effect", name)
        if key in ("required", "exemple", "rdfType") or key in column or value is None:
            continue
        if key in ("name", "type", "format", "title", "description", "constraints", "example", "examples", "aliases"):
            continue
        mended_value = _repair_property(key, value, name, notes)
        if mended_value is not None:
            column[key] = mended_value
    _take_example(one, column, notes)
    return column


def _repair_property(key: str, value: Any, name: str, notes: Notes) -> Any:
    """Return what a property of a column is worth, or None when it is nothing that can be used."""
    if key in _LISTS:
        return _as_list(value, key, notes)
    if key in _FLAGS and not isinstance(value, bool):
        notes.add(f"{key} {as_text(value)!r} read as true or false", name)
        return _is_yes(value)
    usable = value
    if key in _TEXTS and not isinstance(value, str):
        usable = None
    elif key == "arrayItem":
        item = _repair_field({**value, "name": name}, name, notes) if isinstance(value, Mapping) else {}
        usable = {own: each for own, each in item.items() if own not in ("name", "example")} or None
    elif key == "customCheck" and not isinstance(value, str):
        usable = value if isinstance(value, Mapping) and isinstance(value.get("name"), str) else None
    if usable is None:
        notes.add(f"{key} is not of the kind that it should be: ignored", name)
    return usable


def _is_yes(value: Any) -> bool:
    return as_text(value).lower() in ("true", "1", "oui", "yes")


def _take_example(one: Mapping[str, Any], column: dict[str, Any], notes: Notes) -> None:
    key = next((key for key in ("example", "examples", "exemple") if one.get(key) not in (None, "", [])), None)
    if key is None:
        return
    if key == "exemple":
        notes.add("key `exemple` read as `example`", column["name"])
    value = one[key]
    if key == "examples" and isinstance(value, list):
        value = value[0]
    example = as_text(value)
    allowed = column.get("constraints", {}).get("enum")
    if isinstance(allowed, list) and example not in map(as_text, allowed):
        notes.add("the example is not in its column's list: left out", column["name"])
    elif fits(example, column):
        column["example"] = example
    else:
        notes.add("the example does not have the type of its column: left out", column["name"])


def _repair_constraints(one: Mapping[str, Any], kind: str, name: str, notes: Notes) -> dict[str, Any]:
    declared = one.get("constraints")
    if declared is not None and not isinstance(declared, Mapping):
        notes.add("constraints are not an object: ignored", name)
        declared = None
    constraints = {key: value for key, value in (declared or {}).items() if value is not None}
    if "required" in one:
        notes.add("`required` moved into the constraints", name)
        constraints.setdefault("required", one["required"])
    for key in sorted(ANY_TYPE_CONSTRAINTS & constraints.keys()):
        if not isinstance(constraints[key], bool):
            notes.add(f"{key} {as_text(constraints[key])!r} read as true or false", name)
            constraints[key] = _is_yes(constraints[key])
    for key in ("minLength", "maxLength"):
        if key in constraints and not isinstance(constraints[key], int):
            text = as_text(constraints.pop(key)).strip()
            notes.add(f"{key} {text!r} is not a whole number: {'mended' if text.isdecimal() else 'ignored'}", name)
            if text.isdecimal():
                constraints[key] = int(text)
    if "enum" in constraints and not isinstance(constraints["enum"], list):
        notes.add("enum is not a list: one value allowed", name)
        constraints["enum"] = [constraints["enum"]]
    if constraints.pop("enum_multiple", False) and "enum" in constraints:
        separator = as_text(constraints.pop("enum_multiple_seperator", ","))
        value = "(?:" + "|".join(re.escape(as_text(one)) for one in constraints.pop("enum")) + ")"
        constraints["pattern"] = f"{value}(?:{re.escape(separator)}{value})*"
        notes.add(f"several values of a list, separated by {separator!r}, written as a pattern", name)
    constraints.pop("enum_multiple_seperator", None)
    if "pattern" in constraints:
        pattern = constraints["pattern"]
        try:
            re.compile(pattern)
        except (TypeError, re.error, OverflowError, RecursionError):
            del constraints["pattern"]
            notes.add("the pattern is no regular expression: ignored", name)
    for key in sorted(constraints.keys() - SUPPORTED_CONSTRAINTS[kind] - ANY_TYPE_CONSTRAINTS):
        notes.add(f"constraint {key!r} on type {kind!r} is not Table Schema, frictionless does not see it", name)
    return constraints


def _repair_checks(declared: Any, notes: Notes) -> list[dict[str, Any]]:
    if isinstance(declared, Mapping):
        notes.add("custom_checks is one object: read as a list of one")
        declared = [declared]
    checks = []
    for one in declared if isinstance(declared, list) else ():
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            notes.add("a custom check has no name: left out")
            continue
        params = one.get("params")
        if not isinstance(params, Mapping):
            notes.add(f"the custom check {one['name']!r} has no params: read as empty")
            params = {}
        checks.append({"name": one["name"], "params": dict(params)})
    return checks


def _as_list(value: Any, key: str, notes: Notes) -> list[str]:
    if not isinstance(value, list):
        notes.add(f"{key} is not a list: read as a list of one")
        value = [value]
    return [as_text(one["value"] if isinstance(one, Mapping) and "value" in one else one) for one in value]
