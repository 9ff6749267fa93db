"""The functions of texts. Source: PostgreSQL 15 documentation, 9.4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import Kept, array_literal

MAX_TEXT = 1_000_000
"""The longest text that a function makes."""


def plain(value: Any) -> str:
    """Return a kept value as a text, numbers without needless decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def bounded(text: str) -> str:
    """Return a text, unless it is too long."""
    if len(text) > MAX_TEXT:
        raise ValueError("requested length too large")
    return text


def joined(mark: str, parts: Iterable[str], *, at_most: int = MAX_TEXT) -> str:
    """Join texts, unless they are too long together: that is found before they are."""
    known = list(parts)
    if sum(map(len, known)) + len(mark) * len(known) > at_most:
        raise ValueError("requested length too large")
    return mark.join(known)


def written(value: Any, kind: str) -> str | None:
    """Return a kept value of a type as PostgreSQL writes it in texts."""
    if value is None:
        return None
    if kind == "bool":
        return "t" if value else "f"
    if kind.startswith("_"):
        return array_literal(json.loads(value))
    if kind == "timestamp":
        return str(value).replace("T", " ")
    if kind == "interval":
        return Interval.kept(value).text()
    found = find_type(kind)
    return found.text(value) if found is not None and not isinstance(value, str) else plain(value)


def substring(value: Any, start: Any, length: Any = None) -> str:
    """Return the characters from a place on, from 1."""
    text, first = plain(value), int(start)
    if length is None:
        return text[max(first - 1, 0) :]
    if length < 0:
        raise ValueError("negative substring length not allowed")
    return text[max(first - 1, 0) : max(first - 1 + int(length), 0)]


def left(value: Any, count: Any) -> str:
    """Return the first characters, or all but the last."""
    return plain(value)[: int(count)]


def right(value: Any, count: Any) -> str:
    """Return the last characters, or all but the first."""
    text, number = plain(value), int(count)
    return text[-number:] if number else ""


def split_part(value: Any, mark: Any, number: Any) -> str:
    """Return one of the parts of a text, counted from 1, or from its end."""
    parts = plain(value).split(plain(mark)) if plain(mark) else [plain(value)]
    index = int(number)
    if not index:
        raise ValueError("field position must not be zero")
    index = index - 1 if index > 0 else len(parts) + index
    return parts[index] if 0 <= index < len(parts) else ""


def repeat(value: Any, count: Any) -> str:
    """Return a text several times."""
    text, times = plain(value), max(int(count), 0)
    if len(text) * times > MAX_TEXT:
        raise ValueError("requested length too large")
    return text * times


def lpad(value: Any, length: Any, fill: Any = " ") -> str:
    """Return a text that is filled up in front."""
    return _padded(value, length, fill, is_left=True)


def rpad(value: Any, length: Any, fill: Any = " ") -> str:
    """Return a text that is filled up at its end."""
    return _padded(value, length, fill, is_left=False)


def _padded(value: Any, length: Any, fill: Any, *, is_left: bool) -> str:
    text, width, filling = plain(value), min(int(length), MAX_TEXT), plain(fill)
    if len(text) >= width or not filling:
        return text[: max(width, 0)]
    more = (filling * (width // len(filling) + 1))[: width - len(text)]
    return more + text if is_left else text + more


def concat(*args: Any) -> str:
    """Join texts; what is null is left out."""
    return joined("", (plain(arg) for arg in args if arg is not None))


def concat_ws(mark: Any, *args: Any) -> str | None:
    """Join texts with a mark between them; what is null is left out."""
    return None if mark is None else joined(plain(mark), (plain(arg) for arg in args if arg is not None))


def initcap(value: Any) -> str:
    """Write every word with a capital."""
    result, is_start = [], True
    for char in plain(value):
        result.append(char.upper() if is_start else char.lower())
        is_start = not char.isalnum()
    return "".join(result)


def translate(value: Any, old: Any, new: Any) -> str:
    """Replace characters one by one; those without a counterpart go."""
    olds, news = plain(old), plain(new)
    table: dict[int, str | None] = {}
    for index, char in enumerate(olds):
        table.setdefault(ord(char), news[index] if index < len(news) else None)
    return plain(value).translate(table)


def character(code: Any) -> str:
    """Return the character of a code."""
    number = int(code)
    if number == 0:
        raise ValueError("null character not permitted")
    if not 0 < number <= 0x10FFFF or 0xD800 <= number < 0xE000:
        raise ValueError("requested character not valid for encoding")
    return chr(number)


_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_$]*\Z")


def quote_ident(value: Any) -> str:
    """Write a text as a name."""
    text = plain(value)
    return text if _PLAIN_NAME.match(text) else '"' + text.replace('"', '""') + '"'


def quote_literal(value: Any) -> str:
    """Write a text as a literal."""
    text = plain(value).replace("'", "''")
    return "E'" + text.replace("\\", "\\\\") + "'" if "\\" in text else f"'{text}'"


def quote_nullable(value: Any) -> str:
    """Write a text as a literal, or NULL."""
    return "NULL" if value is None else quote_literal(value)


_PLACE = re.compile(r"%(?:(\d+)\$)?(-?)(\d*)(.?)", re.DOTALL)


def formatted(form: Any, *args: Any) -> str | None:
    """Fill the places (`%s`, `%I`, `%L`, `%2$s`, `%-10s`) of a text."""
    if form is None:
        return None
    last, room = -1, MAX_TEXT

    def place(match: re.Match[str]) -> str:
        nonlocal last, room
        position, is_left, width, kind = match.groups()
        if kind == "%":
            return "%"
        if kind not in ("s", "I", "L"):
            raise ValueError(f'unrecognized format() type specifier "{kind}"')
        last = int(position) - 1 if position else last + 1
        if not 0 <= last < len(args):
            raise ValueError("too few arguments for format()")
        value = args[last]
        if kind == "I":
            if value is None:
                raise ValueError("null values cannot be formatted as an SQL identifier")
            text = quote_ident(value)
        else:
            text = quote_nullable(value) if kind == "L" else "" if value is None else plain(value)
        size = int(width or 0)
        room -= max(size, len(text))
        if room < 0:
            raise ValueError("requested length too large")
        return text.ljust(size) if is_left else text.rjust(size)

    return bounded(_PLACE.sub(place, plain(form)))


def replace(value: Any, old: Any, new: Any) -> str:
    """Put a text in the place of another wherever it stands."""
    text, part, put = plain(value), plain(old), plain(new)
    if not part:
        return text
    if len(text) + text.count(part) * (len(put) - len(part)) > MAX_TEXT:
        raise ValueError("requested length too large")
    return text.replace(part, put)


def overlay(value: Any, new: Any, start: Any, length: Any = None) -> str:
    """Put a text in the place of a part of another."""
    text, first, put = plain(value), int(start) - 1, plain(new)
    if first < 0:
        raise ValueError("negative substring length not allowed")
    return bounded(text[:first] + put + text[first + (len(put) if length is None else int(length)) :])


def to_hex(value: Any) -> str:
    """Write a whole number with sixteen digits."""
    number = int(value)
    return format(number if number >= 0 else number + (2**32 if number >= -(2**31) else 2**64), "x")


def char_length(value: Any) -> Kept:
    """Count the characters of a text."""
    return len(plain(value))
