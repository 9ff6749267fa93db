"""Values that callers send, as they are kept: read for a type, or refused in PostgreSQL's words.

Source of the words: answers of CKAN 2.12 over PostgreSQL 15.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

Kept: TypeAlias = int | float | str | None
"""A value as SQLite keeps it."""


class BadValue(ValueError):
    """A value does not fit its column; the message is PostgreSQL's, `{column}` stands for the column's name."""


def refuse_kinds(value: Any, native: str, *kinds: type) -> None:
    """Refuse a JSON value of another kind in PostgreSQL's words."""
    if isinstance(value, dict):
        raise BadValue("can't adapt type 'dict'")
    if type(value) in kinds:
        return
    sent = native_of(value)
    raise BadValue(f'column "{{column}}" is of type {native} but expression is of type {sent}')


def native_of(value: Any) -> str:
    """Return the type that PostgreSQL gives a JSON value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -(2**31) <= value < 2**31 else "bigint"
    if isinstance(value, float):
        return "numeric"
    if isinstance(value, list):
        first = next((item for item in value if item is not None), "")
        return f"{native_of(first)}[]"
    return "text"


def keep_text(value: Any) -> Kept:
    """Keep a text; anything else as PostgreSQL writes it."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return array_literal(value)
    if isinstance(value, dict):
        raise BadValue("can't adapt type 'dict'")
    return str(value)


_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*\Z")


def keeping_integers(native: str, bits: int) -> Callable[[Any], Kept]:
    """Return what keeps whole numbers of so many bits."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def keep(value: Any) -> Kept:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            if not _INTEGER.match(value):
                raise BadValue(f'invalid input syntax for type {native}: "{value}"')
            number = int(value)
            if not low <= number <= high:
                raise BadValue(f'value "{value}" is out of range for type {native}')
            return number
        refuse_kinds(value, native, int, float)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise BadValue(f"{native} out of range")
            value = int(Decimal(repr(value)).to_integral_value("ROUND_HALF_UP"))
        if not low <= value <= high:
            raise BadValue(f"{native} out of range")
        kept: int = value
        return kept

    return keep


_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,1000}\.?[0-9]{0,1000}|\.[0-9]{1,1000})(?:[eE][+-]?[0-9]{1,3})?\s*\Z")
NOT_FINITE = {"nan": "NaN", "infinity": "Infinity", "-infinity": "-Infinity", "inf": "Infinity", "-inf": "-Infinity"}


def keep_numeric(value: Any) -> Kept:
    """Keep a number, however long."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**63 else str(value)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if name := NOT_FINITE.get(value.strip().lower()):
            return name
        if not _NUMBER.match(value):
            raise BadValue(f'invalid input syntax for type numeric: "{value}"')
        exact = Decimal(value.strip())
    else:
        refuse_kinds(value, "numeric", int, float)
        if math.isnan(value) or math.isinf(value):
            return NOT_FINITE[str(value)]
        exact = Decimal(repr(value))
    return keep_decimal(exact)


def keep_decimal(exact: Decimal) -> Kept:
    """Keep a finite number: as INTEGER or REAL where that is exact, else as its digits.

    >>> keep_decimal(Decimal("1e3")), keep_decimal(Decimal("12.50")), keep_decimal(Decimal("0.12345678901234567890"))
    (1000, 12.5, '0.12345678901234567890')
    """
    if exact == exact.to_integral_value() and int(exact.as_tuple().exponent) >= 0:
        whole = int(exact)
        return whole if -(2**63) <= whole < 2**63 else str(whole)
    number = float(exact) + 0.0
    if math.isfinite(number) and Decimal(repr(number)) == exact:
        return number or 0.0
    return format(exact, "f")


def keeping_floats(native: str, *, single: bool) -> Callable[[Any], Kept]:
    """Return what keeps numbers of 64 bits, or of 32."""

    def keep(value: Any) -> Kept:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            if name := NOT_FINITE.get(value.strip().lower()):
                return name
            if not _NUMBER.match(value):
                raise BadValue(f'invalid input syntax for type {native}: "{value}"')
        else:
            refuse_kinds(value, native, int, float)
        try:
            number = float(value)
            if single:
                number = single_precision(number)
        except OverflowError:
            raise BadValue(f'"{value}" is out of range for type {native}') from None
        if math.isinf(number) or math.isnan(number):
            if isinstance(value, str):
                raise BadValue(f'"{value}" is out of range for type {native}')
            return NOT_FINITE[str(number)]
        return number

    return keep


def single_precision(number: float) -> float:
    """Return the shortest decimal that stands for the nearest 32-bit number.

    >>> single_precision(0.1), single_precision(123456789.0)
    (0.1, 123456790.0)
    """
    packed = struct.pack("f", number)
    for digits in range(6, 10):
        shorter = float(f"{number:.{digits}g}")
        if struct.pack("f", shorter) == packed:
            return shorter
    return number


_BOOLEANS = {word[:n]: 1 for word in ("true", "yes") for n in range(1, len(word) + 1)}
_BOOLEANS |= {word[:n]: 0 for word in ("false", "no") for n in range(1, len(word) + 1)}
_BOOLEANS |= {"on": 1, "1": 1, "off": 0, "of": 0, "0": 0}


def keep_bool(value: Any) -> Kept:
    """Keep true or false, and the words for them."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        kept = _BOOLEANS.get(value.strip().lower())
        if kept is None:
            raise BadValue(f'invalid input syntax for type boolean: "{value}"')
        return kept
    refuse_kinds(value, "boolean", bool)
    return int(value)


_DATE = r"(?:(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})|(?P<m>\d{1,2})[/-](?P<d>\d{1,2})[/-](?P<y>\d{4}))"
_COMPACT = r"(?P<cy>\d{4})(?P<cm>\d{2})(?P<cd>\d{2})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
_ZONE = r"\s?(?P<zone>[zZ]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_MOMENT = re.compile(rf"\s*(?:{_DATE}|{_COMPACT})(?:[tT\s]\s*{_CLOCK}{_ZONE})?\s*\Z", re.ASCII)
_TIME = re.compile(rf"\s*{_CLOCK}{_ZONE}\s*\Z", re.ASCII)


def _read_moment(value: Any, native: str, name: str) -> datetime | None:
    """Return the instant that a text stands for; one without a zone has none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        refuse_kinds(value, native)
    word = value.strip().lower()
    if word in ("now", "today", "tomorrow", "yesterday"):
        moment = datetime.now(UTC).replace(tzinfo=None)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        days = {"today": 0, "tomorrow": 1, "yesterday": -1}
        return moment if word == "now" else midnight + timedelta(days=days[word])
    match = _MOMENT.match(value)
    if match is None:
        raise BadValue(f'invalid input syntax for type {name}: "{value}"')
    part = match.groupdict()
    year, month, day = (part[long] or part[short] or part[compact] for long, short, compact in _DATE_PARTS)
    try:
        moment = datetime(int(year), int(month), int(day), *_clock(part))  # noqa: DTZ001 - a zone comes just below
        zone = part["zone"]
        if not zone:
            return moment
        return moment.replace(tzinfo=datetime.strptime(_full_zone(zone), "%z").tzinfo)
    except ValueError:
        raise BadValue(f'date/time field value out of range: "{value}"') from None


_DATE_PARTS = (("year", "y", "cy"), ("month", "m", "cm"), ("day", "d", "cd"))


def _clock(part: dict[str, str | None]) -> tuple[int, int, int, int]:
    fraction = ((part["fraction"] or "") + "000000")[:6]
    return int(part["hour"] or 0), int(part["minute"] or 0), int(part["second"] or 0), int(fraction)


def _full_zone(zone: str) -> str:
    if zone[0] not in "+-":
        return "+0000"
    digits = zone[1:].replace(":", "")
    return zone[0] + digits.ljust(4, "0")


def _iso(moment: datetime | time) -> str:
    """Return ISO 8601 text that sorts as the time does: fractions without trailing zeros."""
    text = moment.isoformat()
    return text.rstrip("0") if "." in text else text


def keep_date(value: Any) -> Kept:
    """Keep a day."""
    moment = _read_moment(value, "date", "date")
    return None if moment is None else moment.date().isoformat()


def keep_timestamp(value: Any) -> Kept:
    """Keep an instant as it is written, whatever its zone."""
    moment = _read_moment(value, "timestamp without time zone", "timestamp")
    return None if moment is None else _iso(moment.replace(tzinfo=None))


def keep_timestamptz(value: Any) -> Kept:
    """Keep an instant in UTC."""
    moment = _read_moment(value, "timestamp with time zone", "timestamp with time zone")
    if moment is None:
        return None
    try:
        return _iso(moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment)
    except OverflowError:
        raise BadValue(f'date/time field value out of range: "{value}"') from None


def keep_time(value: Any) -> Kept:
    """Keep a time of day."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        refuse_kinds(value, "time without time zone")
    match = _TIME.match(value)
    if match is None:
        raise BadValue(f'invalid input syntax for type time: "{value}"')
    try:
        return _iso(time(*_clock(match.groupdict())))
    except ValueError:
        raise BadValue(f'date/time field value out of range: "{value}"') from None


def keep_json(value: Any) -> Kept:
    """Keep any JSON value as its text."""
    return None if value is None else json.dumps(value)


def keep_jsonb(value: Any) -> Kept:
    """Keep a text that is JSON."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        refuse_kinds(value, "jsonb")
    try:
        return json.dumps(json.loads(value))
    except (ValueError, RecursionError):
        raise BadValue("invalid input syntax for type json") from None


_UUID = re.compile(
    r"\s*\{?([0-9a-fA-F]{8})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{12})\}?\s*\Z"
)


def keep_uuid(value: Any) -> Kept:
    """Keep a UUID in lower case."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        refuse_kinds(value, "uuid")
    match = _UUID.match(value)
    if match is None:
        raise BadValue(f'invalid input syntax for type uuid: "{value}"')
    return "-".join(match.groups()).lower()


def keep_other(value: Any) -> Kept:
    """Keep the text of a value whose type is not looked into."""
    return None if value == "" else keep_text(value)


# Arrays as text


_ARRAY_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\]*))\s*')


def read_array_literal(text: str) -> list[str | None]:
    """Return the items of PostgreSQL's text form of an array of one dimension.

    >>> read_array_literal('{a,"b, c",NULL}')
    ['a', 'b, c', None]

    :raises BadValue: it is none.
    """
    stripped = text.strip()
    bad = BadValue(f'malformed array literal: "{text}"')
    if not (stripped.startswith("{") and stripped.endswith("}")):
        raise bad
    inside = stripped[1:-1]
    if not inside.strip():
        return []
    items: list[str | None] = []
    at = 0
    while True:
        match = _ARRAY_ITEM.match(inside, at)
        if match is None or (match[1] is None and not match[2].strip()):
            raise bad
        if match[1] is not None:
            items.append(re.sub(r"\\(.)", r"\1", match[1]))
        else:
            items.append(None if match[2].strip().upper() == "NULL" else match[2].strip())
        at = match.end()
        if at == len(inside):
            return items
        if inside[at] != ",":
            raise bad
        at += 1


def array_literal(values: list[Any]) -> str:
    """Return PostgreSQL's text form of an array.

    >>> array_literal(["a", "b, c", None, True, [1]])
    '{a,"b, c",NULL,t,{1}}'
    """
    return "{" + ",".join(_array_item(item) for item in values) + "}"


def _array_item(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, bool):
        return "t" if item else "f"
    if isinstance(item, list):
        return array_literal(item)
    text = json.dumps(item) if isinstance(item, dict) else str(item)
    if not text or text.upper() == "NULL" or re.search(r'[\s"\\{},]', text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text
