"""The aggregates that SQLite lacks, over kept values. Source: PostgreSQL 15 documentation, 9.21.

Each is called with a text that says how (`_ORDERED`), then its arguments, then the keys that its items are ordered by:
SQLite sorts and tells apart nothing for them. What one collects is bounded.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, ClassVar, TypeAlias

from odl_host.server.datastore.sql.documents import make
from odl_host.server.datastore.sql.spreads import SPREADS, Budget
from odl_host.server.datastore.sql.texts import joined, plain
from odl_host.server.datastore.values import Kept

LONGEST = 9_000_000
"""The longest text that is made of many values: SQLite takes ten million bytes."""

_ORDERED = re.compile(r"(?P<count>\d)(?P<distinct>d?)(?P<kind>[a-z0-9_]*):(?P<keys>[aAdD]*)\Z")
"""How many arguments, whether each only once, of which type, and each key's direction: `1dint4:aD`.

A key ascends or descends; as a capital, its nulls stand where they do not by themselves (first, last).
"""

_Key: TypeAlias = tuple[bool, str, Any]


def _key(value: Any, *, nulls_move: bool = False) -> _Key:
    """Return what sorts as PostgreSQL sorts: a null is greater than all else, unless nulls move."""
    return ((value is None) != nulls_move, "" if isinstance(value, int | float) else type(value).__name__, value)


class _Collected:
    """What is worked out at the end, of all items."""

    budget = Budget()
    skips_null: ClassVar[bool] = True
    null_at: ClassVar[int] = 0
    """The argument that is looked at for a null."""

    def __init__(self) -> None:
        self.items: list[tuple[Any, ...]] = []
        self.size = 0
        self.how = ""

    def step(self, how: str, *values: Any) -> None:
        self.how = how
        if self.skips_null and values[self.null_at] is None:
            return
        size = self.budget.take(values)
        self.size += size
        self.items.append(values)

    def ordered(self) -> list[tuple[Any, ...]]:
        """Return the arguments, in order, and give back what they took."""
        self.budget.give_back(self.size)
        how = _ORDERED.match(self.how)
        if how is None:
            return []
        items, count, directions = self.items, int(how["count"]), how["keys"]
        if how["distinct"]:
            once = {values[:count]: values for values in reversed(items)}
            items = sorted(once.values(), key=lambda values: _key(_read(values[0])))
        for index in range(len(directions) - 1, -1, -1):  # the last key first: sorting is stable
            at, moves = count + index, directions[index].isupper()
            is_plain = all(isinstance(values[at], int | float) for values in items)
            by = itemgetter(at) if is_plain else lambda values, at=at, moves=moves: _key(values[at], nulls_move=moves)
            items.sort(key=by, reverse=directions[index] in "dD")
        return items

    @property
    def kind(self) -> str:
        """The type of the first argument."""
        how = _ORDERED.match(self.how)
        return how["kind"] if how else ""


def _read(value: Any) -> Any:
    """Return the value of a JSON text, so that it sorts as a value."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return str(found) if isinstance(found, list | dict) else found


class _StringAgg(_Collected):
    """Joins texts."""

    def finalize(self) -> str | None:
        rows = self.ordered()
        if not rows:
            return None
        first, *others = rows
        parts = (plain(mark or "") + plain(text) for text, mark, *_ in others)
        return joined("", (plain(first[0]), *parts), at_most=LONGEST)


class _ArrayAgg(_Collected):
    """Makes an array of values that are JSON."""

    skips_null = False

    def finalize(self) -> str | None:
        rows = self.ordered()
        return make(*(row[0] for row in rows), at_most=LONGEST) if rows else None


class _JsonAgg(_Collected):
    """Makes a JSON array of values that are JSON; rows stand on lines of their own."""

    skips_null = False

    def finalize(self) -> str | None:
        rows = self.ordered()
        mark = ", \n " if self.kind == "record" else ", "
        return f"[{joined(mark, (row[0] for row in rows), at_most=LONGEST)}]" if rows else None


class _JsonObjectAgg(_Collected):
    """Makes a JSON object of names and values that are JSON."""

    def finalize(self) -> str | None:
        rows = self.ordered()
        if not rows:
            return None
        return "{ " + joined(", ", (f"{name} : {value}" for name, value, *_ in rows), at_most=LONGEST) + " }"


class _PercentileCont(_Collected):
    """Finds the value at a part of the ordered numbers, between two of them where it must."""

    null_at = 1

    def finalize(self) -> Kept:
        return self.at_each(self.between)

    def between(self, part: float, values: Sequence[Any]) -> Any:
        place = part * (len(values) - 1)
        low, high = float(values[math.floor(place)]), float(values[math.ceil(place)])
        return low + (high - low) * (place - math.floor(place))

    def at_each(self, find: Callable[[float, Sequence[Any]], Any]) -> Kept:
        rows = self.ordered()
        if not rows:
            return None
        wanted, values = rows[0][0], [row[1] for row in rows]
        parts = json.loads(wanted) if isinstance(wanted, str) else [wanted]
        for part in parts:
            if not 0 <= float(part) <= 1:
                raise ValueError(f"percentile value {part} is not between 0 and 1")
        found = [find(float(part), values) for part in parts]
        return json.dumps(found) if isinstance(wanted, str) else found[0]


class _PercentileDisc(_PercentileCont):
    """Finds the first of the ordered values that has a part of them before it."""

    def finalize(self) -> Kept:
        return self.at_each(lambda part, values: values[max(math.ceil(part * len(values)) - 1, 0)])


class _Mode(_Collected):
    """Finds the value that comes most often, the first in order."""

    def finalize(self) -> Kept:
        found = Counter(row[0] for row in self.ordered()).most_common(1)
        return found[0][0] if found else None


class _BoolAnd:
    """Whether all are true."""

    def __init__(self) -> None:
        self.found: int | None = None

    def step(self, _how: str, value: Any) -> None:
        if value is not None:
            self.found = self.join(value, self.found)

    def join(self, value: Any, found: int | None) -> int:
        return int(bool(value) and found != 0)

    def finalize(self) -> Kept:
        return self.found


class _BoolOr(_BoolAnd):
    """Whether any is true."""

    def join(self, value: Any, found: int | None) -> int:
        return int(bool(value) or found == 1)


class _BitAnd(_BoolAnd):
    """The bits that all have."""

    def join(self, value: Any, found: int | None) -> int:
        return int(value) if found is None else found & int(value)


class _BitOr(_BoolAnd):
    """The bits that any has."""

    def join(self, value: Any, found: int | None) -> int:
        return int(value) | (found or 0)


AGGREGATES: dict[str, type[Any]] = {
    "string_agg": _StringAgg,
    "array_agg": _ArrayAgg,
    "json_agg": _JsonAgg,
    "json_object_agg": _JsonObjectAgg,
    "percentile_cont": _PercentileCont,
    "percentile_disc": _PercentileDisc,
    "mode": _Mode,
    "bool_and": _BoolAnd,
    "bool_or": _BoolOr,
    "bit_and": _BitAnd,
    "bit_or": _BitOr,
    **SPREADS,
}
