"""How each Table Schema type reads a cell: exactly as frictionless 5.21 does, and a quick pattern that may only clear.

`read` returns the value or None; `quick`, where there is one, matches only texts that `read` accepts. What frictionless
leaves to a library (dates in any form, e-mail domains, durations...) goes to the same library, imported when a value
needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from odl_host.pipeline.engine.borrowed import is_email, parse_duration
from odl_host.pipeline.engine.celltype import CellType
from odl_host.pipeline.engine.moments import (
    compile_date,
    compile_datetime,
    compile_time,
    compile_year,
    compile_yearmonth,
)
from odl_host.record import Record

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
CONSTRAINTS: Mapping[str, tuple[str, ...]] = {
    "any": ("required", "enum"),
    "array": ("required", "minLength", "maxLength", "enum"),
    "boolean": ("required", "enum"),
    "date": ("required", *BOUNDS, "enum"),
    "datetime": ("required", *BOUNDS, "enum"),
    "duration": ("required", "enum"),
    "geojson": ("required", "enum"),
    "geopoint": ("required", "enum"),
    "integer": ("required", *BOUNDS, "enum"),
    "list": ("required", "minLength", "maxLength"),
    "number": ("required", *BOUNDS, "enum"),
    "object": ("required", "minLength", "maxLength", "enum"),
    "string": ("required", "minLength", "maxLength", "pattern", "enum"),
    "time": ("required", *BOUNDS, "enum"),
    "year": ("required", *BOUNDS, "enum"),
    "yearmonth": ("required", *BOUNDS, "enum"),
}
"""The constraints of each type, in the order in which frictionless applies them (`unique` is apart)."""

TRUE_VALUES = ("true", "True", "TRUE", "1")
FALSE_VALUES = ("false", "False", "FALSE", "0")

_INTEGER = r"[+-]?[0-9]{1,18}"
_NUMBER = r"[+-]?[0-9]{1,24}(?:\.[0-9]{1,24})?"
_POINT = r" ?-?[0-8]?[0-9](?:\.[0-9]{1,24})? ?, ?-?[0-8]?[0-9](?:\.[0-9]{1,24})? ?"
_EMAIL = (
    r"[A-Za-z0-9_+-]{1,20}(?:\.[A-Za-z0-9_+-]{1,20}){0,2}@(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,3}[a-z]{2,20}"
)
_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*:"
_NOT_DIGITS_AROUND = r"((^[^-\d]*)|(\D*$))"


class Point(Record):
    """A geopoint, in decimal degrees."""

    lon: Decimal
    lat: Decimal


def compile_type(field: Field) -> CellType:
    """Return the reader of a field's type and format. An unknown type reads as `any`, as a missing one does."""
    return _COMPILERS.get(field.type, _any)(field)


def _option(field: Field, name: str, default: object) -> object:
    return field.properties.get(name, default)


def _any(_field: Field) -> CellType:
    return CellType(lambda cell: cell, identity=True)


def _string(field: Field) -> CellType:
    compiler = _STRING_FORMATS.get(field.format)
    if compiler is None:
        return CellType(lambda cell: cell if isinstance(cell, str) else None, identity=True)
    return compiler()


def _uri() -> CellType:
    # An URI, for frictionless, is what has a scheme: rfc3986 parses anything, and only the scheme is asked for.
    has_scheme = re.compile(_SCHEME).match
    return CellType(lambda cell: cell if isinstance(cell, str) and has_scheme(cell) else None, has_scheme)


def _email() -> CellType:
    quick = re.compile(_EMAIL).fullmatch

    def read(cell: object) -> object:
        if not isinstance(cell, str) or cell.count("@") != 1:
            return None
        return cell if quick(cell) or is_email(cell) else None

    return CellType(read, quick)


def _read_uuid(cell: object) -> object:
    if not isinstance(cell, str):
        return None
    digits = cell.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
    if len(digits) != 32:
        return None
    try:
        return cell if int(digits, 16) >= 0 else None
    except ValueError:
        return None


def _read_binary(cell: object) -> object:
    import base64

    if not isinstance(cell, str):
        return None
    try:
        base64.b64decode(cell)
    except ValueError:
        return None
    return cell


def _wkt() -> CellType:
    from odl_host.pipeline.engine.wkt import is_wkt

    return CellType(lambda cell: cell if isinstance(cell, str) and is_wkt(cell) else None)


_STRING_FORMATS: Mapping[str, Callable[[], CellType]] = {
    "uri": _uri,
    "email": _email,
    "uuid": lambda: CellType(_read_uuid),
    "binary": lambda: CellType(_read_binary),
    "wkt": _wkt,
}


def _integer(field: Field) -> CellType:
    bare = bool(_option(field, "bareNumber", True))

    def read(cell: object) -> object:
        if isinstance(cell, str):
            text = cell.strip()
            if not bare:
                text = re.sub(_NOT_DIGITS_AROUND, "", text)
            try:
                return int(text)
            except ValueError:
                return None
        if isinstance(cell, bool):
            return None
        if isinstance(cell, int):
            return cell
        if isinstance(cell, float) and cell.is_integer():
            return int(cell)
        if isinstance(cell, Decimal) and cell % 1 == 0:
            return int(cell)
        return None

    return CellType(read, re.compile(_INTEGER).fullmatch)


def _number(field: Field) -> CellType:
    bare = bool(_option(field, "bareNumber", True))
    group = str(_option(field, "groupChar", "") or "")
    mark = str(_option(field, "decimalChar", ".") or ".")
    as_float = bool(_option(field, "floatNumber", False))
    primary: Callable[[object], object] = float if as_float else Decimal  # type: ignore[assignment]

    def read(cell: object) -> object:
        if isinstance(cell, str):
            text = cell.strip()
            if not bare:
                text = re.sub(_NOT_DIGITS_AROUND, "", text)
            if group:
                text = text.replace(group, "")
            if mark != ".":
                if "." in text:
                    return None
                text = text.replace(mark, ".")
            try:
                return primary(text)
            except (ArithmeticError, ValueError):
                return None
        if isinstance(cell, bool):
            return None
        if isinstance(cell, (int, Decimal)) and not as_float:
            return cell
        if isinstance(cell, (int, float, Decimal)):
            return float(cell) if as_float else Decimal(str(cell))
        return None

    plain = mark == "." and group not in ".0123456789+-" if group else mark == "."
    return CellType(read, re.compile(_NUMBER).fullmatch if plain else None)


def _boolean(field: Field) -> CellType:
    mapping: dict[str, bool] = {}
    for name, default, meaning in (("trueValues", TRUE_VALUES, True), ("falseValues", FALSE_VALUES, False)):
        words = _option(field, name, default)
        for word in words if isinstance(words, (list, tuple)) else default:
            mapping[str(word)] = meaning

    def read(cell: object) -> object:
        if isinstance(cell, bool):
            return cell
        return mapping.get(cell) if isinstance(cell, str) else None

    return CellType(read, mapping.__contains__)


def _geopoint(field: Field) -> CellType:
    form = field.format or "default"

    def read(cell: object) -> object:
        try:
            if isinstance(cell, str):
                if form == "array":
                    lon, lat = json.loads(cell)
                elif form == "object":
                    point = json.loads(cell)
                    if len(point) != 2:
                        return None
                    lon, lat = point["lon"], point["lat"]
                else:
                    lon, lat = (part.strip() for part in cell.split(","))
                cell = (Decimal(lon), Decimal(lat))
            point = Point(*cell)  # type: ignore[misc]
            if point.lon > 180 or point.lon < -180 or point.lat > 90 or point.lat < -90:
                return None
        except Exception:  # noqa: BLE001 - whatever a malformed point breaks on, it is malformed
            return None
        return point

    return CellType(read, re.compile(_POINT).fullmatch if form == "default" else None)


def _load_json(cell: object, kind: type) -> object:
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None
    return cell if isinstance(cell, kind) else None


def _array(_field: Field) -> CellType:
    return CellType(lambda cell: _load_json(list(cell) if isinstance(cell, tuple) else cell, list))


def _object(_field: Field) -> CellType:
    return CellType(lambda cell: _load_json(cell, dict))


def _geojson(field: Field) -> CellType:
    from odl_host.pipeline.engine.geojson import is_geojson, is_topojson

    is_shape = is_topojson if field.format == "topojson" else is_geojson

    def read(cell: object) -> object:
        shape = _load_json(cell, dict)
        return shape if shape is not None and is_shape(shape) else None

    return CellType(read)


def _duration(_field: Field) -> CellType:
    def read(cell: object) -> object:
        if not isinstance(cell, str):
            return None
        try:
            return parse_duration(cell)
        except Exception:  # noqa: BLE001 - isodate lets ArithmeticError and others through; frictionless refuses too
            return None

    return CellType(read)


def _list(field: Field) -> CellType:
    from odl_host.schemas.registry import Field as SchemaField

    delimiter = str(_option(field, "delimiter", ",") or ",")  # an empty one cuts nothing
    item = SchemaField(name=field.name, type=str(_option(field, "itemType", "string")))
    read_item = compile_type(item).read

    def read(cell: object) -> object:
        items = cell.split(delimiter) if isinstance(cell, str) else cell
        if not isinstance(items, (list, tuple)):
            return None
        values = [read_item(each) for each in items]
        return None if any(value is None for value in values) else values

    return CellType(read)


_COMPILERS: Mapping[str, Callable[[Field], CellType]] = {
    "any": _any,
    "array": _array,
    "boolean": _boolean,
    "date": compile_date,
    "datetime": compile_datetime,
    "duration": _duration,
    "geojson": _geojson,
    "geopoint": _geopoint,
    "integer": _integer,
    "list": _list,
    "number": _number,
    "object": _object,
    "string": _string,
    "time": compile_time,
    "year": compile_year,
    "yearmonth": compile_yearmonth,
}
