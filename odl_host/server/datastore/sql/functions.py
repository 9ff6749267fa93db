"""The functions that queries may call, and what does their work in SQLite.

Source: PostgreSQL 15 documentation, chapter 9. A function that is not here cannot be called.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sqlite3
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from odl_host.server.datastore import fulltext, lexemes
from odl_host.server.datastore.sql import moments
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import Kept, array_literal

MAX_TEXT = 1_000_000
"""The longest text that a function makes."""
REGEX_TIMEOUT_S = 0.5


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _strict(run: Callable[..., Kept]) -> Callable[..., Kept]:
    """Null in, null out."""

    def call(*args: Any) -> Kept:
        return None if any(arg is None for arg in args) else run(*args)

    return call


def _substring(value: Any, start: Any, length: Any = None) -> str:
    text, first = _text(value), int(start)
    if length is None:
        return text[max(first - 1, 0) :]
    if length < 0:
        raise ValueError("negative substring length not allowed")
    return text[max(first - 1, 0) : max(first - 1 + int(length), 0)]


def _left(value: Any, count: Any) -> str:
    return _text(value)[: int(count)]


def _right(value: Any, count: Any) -> str:
    text, number = _text(value), int(count)
    return text[-number:] if number > 0 else text[-number:] if number < 0 else ""


def _split_part(value: Any, mark: Any, number: Any) -> str:
    parts = _text(value).split(_text(mark)) if _text(mark) else [_text(value)]
    index = int(number)
    if not index:
        raise ValueError("field position must not be zero")
    index = index - 1 if index > 0 else len(parts) + index
    return parts[index] if 0 <= index < len(parts) else ""


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError("requested length too large")
    return text


def _repeat(value: Any, count: Any) -> str:
    text, times = _text(value), max(int(count), 0)
    if len(text) * times > MAX_TEXT:
        raise ValueError("requested length too large")
    return text * times


def _pad(value: Any, length: Any, fill: Any = " ", *, is_left: bool) -> str:
    text, width, filling = _text(value), min(int(length), MAX_TEXT), _text(fill)
    if len(text) >= width or not filling:
        return text[: max(width, 0)]
    more = (filling * (width // len(filling) + 1))[: width - len(text)]
    return more + text if is_left else text + more


def _concat(*args: Any) -> str:
    return _bounded("".join(_text(arg) for arg in args if arg is not None))


def _concat_ws(mark: Any, *args: Any) -> str | None:
    return None if mark is None else _bounded(_text(mark).join(_text(arg) for arg in args if arg is not None))


def _greatest(*args: Any) -> Kept:
    known = [arg for arg in args if arg is not None]
    return max(known) if known else None


def _least(*args: Any) -> Kept:
    known = [arg for arg in args if arg is not None]
    return min(known) if known else None


def _round(value: Any, digits: Any = 0) -> Kept:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value))
    places = max(min(int(digits), 30), -30)
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return int(rounded) if places <= 0 else float(rounded)


def _divisor(value: Any) -> Kept:
    if not value:
        raise ValueError("division by zero")
    return cast("Kept", value)


def _initcap(value: Any) -> str:
    result, is_start = [], True
    for char in _text(value):
        result.append(char.upper() if is_start else char.lower())
        is_start = not char.isalnum()
    return "".join(result)


def _regexp(pattern: Any, value: Any) -> int:
    return _search(pattern, value, ignores_case=False)


def _regexp_i(pattern: Any, value: Any) -> int:
    return _search(pattern, value, ignores_case=True)


def _search(pattern: Any, value: Any, *, ignores_case: bool) -> int:
    import regex  # type: ignore[import-untyped]

    flags = regex.IGNORECASE if ignores_case else 0
    try:
        return int(regex.search(_text(pattern), _text(value), flags, timeout=REGEX_TIMEOUT_S) is not None)
    except (regex.error, TimeoutError) as error:
        raise ValueError(f"invalid regular expression: {error}") from error


def _item(array: Any, index: Any) -> Kept:
    items = json.loads(array)
    found = items[int(index)] if 0 <= int(index) < len(items) else None
    return json.dumps(found) if isinstance(found, list | dict) else found


def _in_array(value: Any, array: Any) -> int:
    return int(value in json.loads(array))


def _array(*items: Any) -> str:
    return json.dumps(list(items), ensure_ascii=False, separators=(",", ":"))


def _cast(value: Any, target: str, source: str) -> Kept:
    """Convert as PostgreSQL's `::` does, from the kept value of one type to that of another."""
    kind, before = find_type(target), find_type(source)
    if kind is None:
        raise ValueError(f'type "{target}" does not exist')
    is_textual = kind.name in ("text", "varchar", "bpchar", "name")
    if before is not None and before.name == "bool":
        return ("true" if value else "false") if is_textual else int(value)
    if is_textual:
        if before is not None and before.name.startswith("_"):
            return array_literal(json.loads(value))
        if before is not None and before.name == "timestamp":
            return str(value).replace("T", " ")
        return before.text(value) if before is not None and not isinstance(value, str) else str(value)
    if kind.name == "date" and isinstance(value, str):
        return kind.keep(value)
    if kind.name == "bool" and isinstance(value, int):
        return int(bool(value))
    return kind.keep(value)


def _match(vector: Any, query: Any, kind: str, language: str = "english") -> int:
    read = fulltext.parse_query if kind == "to_tsquery" else fulltext.parse_plain
    return int(read(str(query), str(language)).rank(str(vector)) is not None)


class _StringAgg:
    """Joins texts in the order of the keys that come with them."""

    def __init__(self) -> None:
        self.items: list[tuple[Any, str]] = []
        self.mark = ""
        self.descends = False
        self.size = 0

    def step(self, value: Any, mark: Any, key: Any = None, descends: Any = 0) -> None:
        if value is not None:
            text = _text(value)
            self.size += len(text) + len(_text(mark or ""))
            if self.size > 10 * MAX_TEXT:
                raise ValueError("requested length too large")
            self.mark, self.descends = _text(mark or ""), bool(descends)
            self.items.append((key, text))

    def finalize(self) -> str | None:
        if not self.items:
            return None
        ordered = self.items
        if any(key is not None for key, _ in ordered):
            ordered = sorted(ordered, key=lambda item: (item[0] is None, str(type(item[0])), item[0]))
            ordered = ordered[::-1] if self.descends else ordered
        return self.mark.join(text for _, text in ordered)


_PYTHON: dict[str, Callable[..., Kept]] = {
    "pg_upper": _strict(lambda value: _text(value).upper()),
    "pg_lower": _strict(lambda value: _text(value).lower()),
    "pg_length": _strict(lambda value: len(_text(value))),
    "pg_substring": _strict(_substring),
    "pg_left": _strict(_left),
    "pg_right": _strict(_right),
    "pg_split_part": _strict(_split_part),
    "pg_position": _strict(lambda value, part: _text(value).find(_text(part)) + 1),
    "pg_replace": _strict(lambda value, old, new: _bounded(_text(value).replace(_text(old), _text(new)))),
    "pg_trim": _strict(lambda value, chars=" ": _text(value).strip(_text(chars))),
    "pg_ltrim": _strict(lambda value, chars=" ": _text(value).lstrip(_text(chars))),
    "pg_rtrim": _strict(lambda value, chars=" ": _text(value).rstrip(_text(chars))),
    "pg_lpad": _strict(lambda *args: _pad(*args, is_left=True)),
    "pg_rpad": _strict(lambda *args: _pad(*args, is_left=False)),
    "pg_reverse": _strict(lambda value: _text(value)[::-1]),
    "pg_repeat": _strict(_repeat),
    "pg_initcap": _strict(_initcap),
    "pg_md5": _strict(lambda value: hashlib.md5(_text(value).encode(), usedforsecurity=False).hexdigest()),
    "pg_concat": _concat,
    "pg_concat_ws": _concat_ws,
    "pg_greatest": _greatest,
    "pg_least": _least,
    "pg_abs": _strict(abs),
    "pg_round": _strict(_round),
    "pg_floor": _strict(lambda value: math.floor(float(value)) if isinstance(value, float | str) else value),
    "pg_ceil": _strict(lambda value: math.ceil(float(value)) if isinstance(value, float | str) else value),
    "pg_trunc": _strict(lambda value: math.trunc(float(value)) if isinstance(value, float | str) else value),
    "pg_sqrt": _strict(lambda value: math.sqrt(float(value))),
    "pg_power": _strict(lambda value, by: math.pow(float(value), float(by))),
    "pg_divisor": _strict(_divisor),
    "pg_exp": _strict(lambda value: math.exp(float(value))),
    "pg_ln": _strict(lambda value: math.log(float(value))),
    "pg_sign": _strict(lambda value: (float(value) > 0) - (float(value) < 0)),
    "pg_random": lambda: random.random(),  # noqa: S311 - not for secrets
    "pg_regexp": _strict(_regexp),
    "pg_regexp_i": _strict(_regexp_i),
    "pg_extract": _strict(moments.extract),
    "pg_date_trunc": _strict(moments.date_trunc),
    "pg_strftime": _strict(moments.strftime),
    "pg_now": moments.now,
    "pg_today": moments.today,
    "pg_item": _strict(_item),
    "pg_in_array": _strict(_in_array),
    "pg_array": _array,
    "pg_cast": _strict(_cast),
    "pg_match": _strict(_match),
    "text_vector": lexemes.vector_text,
    "array_literal": _strict(lambda value: array_literal(json.loads(value))),
}
_BUILT_IN = frozenset(
    {
        *("coalesce", "nullif", "count", "sum", "total", "avg", "min", "max", "like", "string_agg", "iif"),
        *("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"),
        *("first_value", "last_value", "nth_value"),
    }
)
ALLOWED_IN_SQLITE = frozenset(_PYTHON) | _BUILT_IN
"""The names that the authorizer lets statements call."""

FUNCTIONS: dict[str, tuple[str, str]] = {
    # The parser's class, or a name that it does not know: SQLite's function, and the type of the result ("" is that of
    # the first argument).
    "Upper": ("pg_upper", "text"),
    "Lower": ("pg_lower", "text"),
    "Length": ("pg_length", "int4"),
    "char_length": ("pg_length", "int4"),
    "character_length": ("pg_length", "int4"),
    "Substring": ("pg_substring", "text"),
    "substr": ("pg_substring", "text"),
    "Left": ("pg_left", "text"),
    "Right": ("pg_right", "text"),
    "SplitPart": ("pg_split_part", "text"),
    "StrPosition": ("pg_position", "int4"),
    "Replace": ("pg_replace", "text"),
    "Trim": ("pg_trim", "text"),
    "btrim": ("pg_trim", "text"),
    "Pad": ("pg_lpad", "text"),
    "Reverse": ("pg_reverse", "text"),
    "Repeat": ("pg_repeat", "text"),
    "Initcap": ("pg_initcap", "text"),
    "MD5": ("pg_md5", "text"),
    "Concat": ("pg_concat", "text"),
    "ConcatWs": ("pg_concat_ws", "text"),
    "Greatest": ("pg_greatest", ""),
    "Least": ("pg_least", ""),
    "Coalesce": ("coalesce", ""),
    "Nullif": ("nullif", ""),
    "Abs": ("pg_abs", ""),
    "Round": ("pg_round", "numeric"),
    "Floor": ("pg_floor", "numeric"),
    "Ceil": ("pg_ceil", "numeric"),
    "Trunc": ("pg_trunc", "numeric"),
    "Sqrt": ("pg_sqrt", "float8"),
    "Pow": ("pg_power", "float8"),
    "Exp": ("pg_exp", "float8"),
    "Ln": ("pg_ln", "float8"),
    "Sign": ("pg_sign", "numeric"),
    "Rand": ("pg_random", "float8"),
    "Extract": ("pg_extract", "numeric"),
    "TimestampTrunc": ("pg_date_trunc", "timestamp"),
    "DateTrunc": ("pg_date_trunc", "timestamp"),
    "TimeToStr": ("pg_strftime", "text"),
    "CurrentTimestamp": ("pg_now", "timestamptz"),
    "CurrentDate": ("pg_today", "date"),
    "Count": ("count", "int8"),
    "Sum": ("sum", "sum"),
    "Avg": ("avg", "avg"),
    "Min": ("min", ""),
    "Max": ("max", ""),
    "GroupConcat": ("string_agg", "text"),
    "RowNumber": ("row_number", "int8"),
    "Rank": ("rank", "int8"),
    "DenseRank": ("dense_rank", "int8"),
    "PercentRank": ("percent_rank", "float8"),
    "CumeDist": ("cume_dist", "float8"),
    "Ntile": ("ntile", "int4"),
    "Lag": ("lag", ""),
    "Lead": ("lead", ""),
    "FirstValue": ("first_value", ""),
    "LastValue": ("last_value", ""),
    "NthValue": ("nth_value", ""),
    # Inside `@@` only.
    "to_tsquery": ("pg_match", "text"),
    "plainto_tsquery": ("pg_match", "text"),
    # Not functions in PostgreSQL, though the parser says so.
    "Cast": ("pg_cast", ""),
    "Case": ("", ""),
    "If": ("", ""),
    "Array": ("pg_array", ""),
    "Exists": ("", "bool"),
    "Any": ("", "bool"),
    "And": ("", "bool"),
    "Or": ("", "bool"),
    "RegexpLike": ("pg_regexp", "bool"),
    "RegexpILike": ("pg_regexp_i", "bool"),
    "MatchAgainst": ("pg_match", "bool"),
}


def register(db: sqlite3.Connection, reasons: list[str]) -> None:
    """Give a connection the functions that translated queries call; why one of them failed is added to `reasons`."""
    for name, run in _PYTHON.items():
        db.create_function(name, -1, _told(run, reasons), deterministic=name not in ("pg_random", "pg_now", "pg_today"))
    db.create_aggregate("string_agg", -1, _StringAgg)  # type: ignore[arg-type]


def _told(run: Callable[..., Kept], reasons: list[str]) -> Callable[..., Kept]:
    """Note why a function fails: SQLite says no more than that it did."""

    def call(*args: Any) -> Kept:
        try:
            return run(*args)
        except Exception as error:
            reasons.append(str(error).replace("{column}", "?column?"))
            raise

    return call
