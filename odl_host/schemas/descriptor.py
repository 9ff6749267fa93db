"""What a schema is here, and the Table Schema descriptor that frictionless reads.

A schema comes from a *document*: the built-in facts, the cache and any descriptor on the web have the same shape (a
Table Schema with a few more keys). This module turns a clean document into values and back. Mending what authors wrote
is `repair.py`; finding a schema by name is `registry.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from odl_host.record import Record

_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum"})
_LENGTHS = frozenset({"minLength", "maxLength"})
# Source: frictionless 5.21, `supported_constraints` of each field class; `required` and `unique` go with every type.
SUPPORTED_CONSTRAINTS: Mapping[str, frozenset[str]] = {
    "any": frozenset({"enum"}),
    "array": _LENGTHS | {"enum"},
    "boolean": frozenset({"enum"}),
    "date": _BOUNDS,
    "datetime": _BOUNDS,
    "duration": frozenset({"enum"}),
    "geojson": frozenset({"enum"}),
    "geopoint": frozenset({"enum"}),
    "integer": _BOUNDS,
    "list": _LENGTHS,
    "number": _BOUNDS,
    "object": _LENGTHS | {"enum"},
    "string": _LENGTHS | {"pattern", "enum"},
    "time": _BOUNDS,
    "year": _BOUNDS,
    "yearmonth": _BOUNDS,
}
ANY_TYPE_CONSTRAINTS = frozenset({"required", "unique"})

# What frictionless 5.21 reads on a field besides name, type, format, title, description and constraints.
_FIELD_PROPERTIES = (
    "trueValues",
    "falseValues",
    "decimalChar",
    "groupChar",
    "bareNumber",
    "floatNumber",
    "arrayItem",
    "delimiter",
    "itemType",
    "missingValues",
    "rdfType",
)
# They came with the second edition: frictionless 5.21 refuses a table whose descriptor does not name it.
_SECOND_EDITION = frozenset({"exclusiveMinimum", "exclusiveMaximum"})
_OWN_FIELD_KEYS = frozenset(
    {"name", "type", "format", "title", "description", "example", "examples", "constraints", "aliases"}
)

_NOTHING: Mapping[str, Any] = {}
"""Shared by fields without constraints or properties; never written to."""


class CustomCheck(Record):
    """A check that a schema declares beyond Table Schema, under the name its authors gave it."""

    name: str
    params: Mapping[str, Any]


class Field(Record):
    """One column of a schema. `properties` holds what has no attribute: trueValues, decimalChar, arrayItem..."""

    name: str
    type: str = "string"
    format: str = "default"
    title: str = ""
    description: str = ""
    example: str = ""
    constraints: Mapping[str, Any] = _NOTHING
    properties: Mapping[str, Any] = _NOTHING
    aliases: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether each row must have a value."""
        return self.constraints.get("required") is True

    @property
    def enum(self) -> tuple[str, ...]:
        """The allowed values as text; empty when any value will do."""
        return tuple(as_text(value) for value in self.constraints.get("enum", ()))


class Schema(Record):
    """One version of a schema: its columns, its rules, and the words that explain them."""

    name: str
    version: str
    title: str
    fields: tuple[Field, ...]
    description: str = ""
    kind: str = "table"  # "geojson": the fields are the properties of each feature
    url: str = ""
    homepage: str = ""
    primary_key: tuple[str, ...] = ()
    missing_values: tuple[str, ...] = ("",)
    custom_checks: tuple[CustomCheck, ...] = ()
    foreign_keys: tuple[Mapping[str, Any], ...] = ()
    keywords: tuple[str, ...] = ()
    theme: str = ""
    frequency: str = ""
    file_hints: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    origin: str = "file"  # "builtin", "cache" or "file"

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpack, (_pack(self),)

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.origin))

    @property
    def short_name(self) -> str:
        """The name without its owner and without a leading "schema-"."""
        return shorten(self.name)

    @property
    def reference(self) -> str:
        """The name with the version, as `get_schema` takes it."""
        return f"{self.name}@{self.version}"

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the columns, in the schema's order."""
        return tuple(dict.fromkeys(one.name for one in self.fields))

    def find_field(self, name: str) -> Field | None:
        """Return the column of exactly this name, or None."""
        return next((one for one in reversed(self.fields) if one.name == name), None)

    def describe_column(self, label: str) -> dict[str, str]:
        """Return what a DataStore's dictionary says of a column: its title as `label`, its description as `notes`."""
        column = self.find_field(label)
        info = {"label": (column.title if column else "") or label}
        return info | ({"notes": column.description} if column and column.description else {})

    @property
    def descriptor(self) -> dict[str, Any]:
        """A new plain Table Schema descriptor that frictionless 5.21 accepts.

        Left out, because frictionless refuses the whole descriptor for them: constraints unknown to a field's type,
        exclusive bounds, examples, and the reference to other tables. They stay in `Field.constraints`,
        `Field.example`, `foreign_keys`.
        """
        return {
            "name": slug(self.short_name),
            "title": self.title,
            "fields": [_field_descriptor(one) for one in self.fields],
            "missingValues": list(self.missing_values),
            **({"primaryKey": list(self.primary_key)} if self.primary_key else {}),
        }


@lru_cache(maxsize=512)
def _pack(schema: Schema) -> bytes:
    import pickle

    return pickle.dumps(tuple(schema))


@lru_cache(maxsize=512)
def _unpack(packed: bytes) -> Schema:
    """Return a schema that another process sent: thousands of reports come back, on a few schemas."""
    import pickle

    return Schema(*pickle.loads(packed))  # noqa: S301 - what our own process packed


def _field_descriptor(one: Field) -> dict[str, Any]:
    document: dict[str, Any] = {"name": one.name, "type": one.type}
    if one.format != "default":
        document["format"] = one.format
    if one.title:
        document["title"] = one.title
    if one.description:
        document["description"] = one.description
    supported = (SUPPORTED_CONSTRAINTS[one.type] | ANY_TYPE_CONSTRAINTS) - _SECOND_EDITION
    constraints = {name: value for name, value in one.constraints.items() if name in supported}
    if constraints:
        document["constraints"] = constraints
    document.update((name, one.properties[name]) for name in _FIELD_PROPERTIES if name in one.properties)
    return document


def shorten(name: str) -> str:
    """Return a schema's name without owner and without a leading "schema-".

    >>> shorten("etalab/schema-irve-statique")
    'irve-statique'
    """
    return name.rpartition("/")[2].removeprefix("schema-")


def slug(name: str) -> str:
    """Return a name of the characters that a Table Schema's `name` may have.

    >>> slug("Attributs des arbres")
    'attributs-des-arbres'
    """
    import re

    return re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-") or "schema"


def as_text(value: object) -> str:
    """Return how a JSON value is typed into a cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def build_schema(document: Mapping[str, Any], *, origin: str = "file") -> Schema:
    """Return the schema of a clean document: the built-in facts, or what `repair_descriptor` returned."""
    return Schema(
        name=document["name"],
        version=document["version"],
        title=document.get("title", ""),
        fields=tuple(_build_field(one) for one in document["fields"]),
        description=document.get("description", ""),
        kind=document.get("kind", "table"),
        url=document.get("url", ""),
        homepage=document.get("homepage", ""),
        primary_key=tuple(document.get("primaryKey", ())),
        missing_values=tuple(document.get("missingValues", ("",))),
        custom_checks=tuple(_iter_checks(document)),
        foreign_keys=tuple(document.get("foreignKeys", ())),
        keywords=tuple(document.get("keywords", ())),
        theme=document.get("theme", ""),
        frequency=document.get("frequency", ""),
        file_hints=tuple(document.get("file_hints", ())),
        names=tuple(document.get("names", ())),
        notes=tuple(document.get("notes", ())),
        origin=origin,
    )


def _build_field(document: Mapping[str, Any]) -> Field:
    return Field(
        name=document["name"],
        type=document.get("type", "string"),
        format=document.get("format", "default"),
        title=document.get("title", ""),
        description=document.get("description", ""),
        example=document.get("example", ""),
        constraints=document.get("constraints", {}),
        properties={key: value for key, value in document.items() if key not in _OWN_FIELD_KEYS},
        aliases=tuple(document.get("aliases", ())),
    )


def _iter_checks(document: Mapping[str, Any]) -> Iterator[CustomCheck]:
    """Give the schema's own checks, then those that a field declares on itself."""
    for check in document.get("custom_checks", ()):
        yield CustomCheck(check["name"], check["params"])
    for one in document["fields"]:
        declared = one.get("customCheck")
        if isinstance(declared, str):
            yield CustomCheck(declared, {"column": one["name"]})
        elif isinstance(declared, Mapping):
            options = {key: value for key, value in declared.items() if key != "name"}
            yield CustomCheck(str(declared["name"]), {"column": one["name"], **options})
