"""The functions of arrays and of JSON over kept values. Source: PostgreSQL 15 documentation, 9.16 and 9.19.

Arrays are kept as JSON texts. JSON that is made here is written with PostgreSQL's own spaces, because callers are given
it as a text.
"""

from __future__ import annotations

import json
from typing import Any

from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.texts import MAX_TEXT, bounded, joined, plain
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import Kept, array_literal, read_array_literal


def compact(items: Any) -> str:
    """Return JSON without spaces, as arrays are kept."""
    return bounded(json.dumps(items, ensure_ascii=False, separators=(",", ":")))


def shown(value: Any, kind: str) -> Any:
    """Return a kept value as JSON has it."""
    if value is None:
        return None
    if kind.startswith("_") or kind.endswith(("json", "jsonb")):
        return json.loads(value)
    if kind == "interval":
        return Interval.kept(value).text()
    found = find_type(kind)
    return found.show(value) if found is not None and found.show else value


def as_json(value: Any, kind: str) -> str:
    """Return a kept value as JSON; JSON itself as it is written."""
    if value is not None and kind.endswith(("json", "jsonb")):
        return str(value)
    return json.dumps(shown(value, kind), ensure_ascii=False, separators=(",", ":"))


def as_jsonb(value: Any, kind: str) -> str:
    """Return a kept value as binary JSON is written."""
    return json.dumps(shown(value, kind), ensure_ascii=False)


def build_object(*args: Any) -> str:
    """Make an object of names and values, the values being JSON."""
    return "{" + joined(", ", (f"{name} : {value}" for name, value in _pairs(args))) + "}"


def build_jsonb_object(*args: Any) -> str:
    """Make an object in binary JSON, which sorts its names by their length."""
    made = {str(json.loads(name)): json.loads(value) for name, value in _pairs(args)}
    ordered = sorted(made, key=lambda name: (len(name.encode()), name))
    return json.dumps({name: made[name] for name in ordered}, ensure_ascii=False)


def row_object(*args: Any) -> str:
    """Make an object of a row: names and values in turn."""
    return "{" + joined(",", (f"{name}:{value}" for name, value in _pairs(args))) + "}"


def _pairs(args: tuple[Any, ...]) -> list[tuple[str, str]]:
    if len(args) % 2:
        raise ValueError("argument list must have even number of elements")
    if sum(map(len, args)) > MAX_TEXT:
        raise ValueError("requested length too large")
    pairs = []
    for name, value in zip(args[::2], args[1::2], strict=True):
        if name == "null":
            raise ValueError("argument 1: key must not be null")
        bare = json.loads(name)
        pairs.append((name if isinstance(bare, str) else json.dumps(plain(name)), value))
    return pairs


def build_array(*args: Any) -> str:
    """Make an array of values that are JSON."""
    return f"[{joined(', ', args)}]"


# Arrays


def make(*items: Any, at_most: int = MAX_TEXT) -> str:
    """Make an array of values that are JSON."""
    return f"[{joined(',', items, at_most=at_most)}]"


def item(array: Any, index: Any) -> Kept:
    """Return one item, counted from 1."""
    items = json.loads(array)
    found = items[int(index) - 1] if 1 <= int(index) <= len(items) else None
    return _kept(found)


def _kept(found: Any) -> Kept:
    if isinstance(found, bool):
        return int(found)
    return compact(found) if isinstance(found, list | dict) else found


def items_between(array: Any, first: Any, last: Any) -> Kept:
    """Return the items from one place to another."""
    items = json.loads(array)
    begin = 0 if first == "" else max(int(first) - 1, 0)
    return compact(items[begin : len(items) if last == "" else max(int(last), 0)])


def holds(value: Any, array: Any) -> int:
    """Whether a value is an item: `= ANY`."""
    return int(value in json.loads(array))


def holds_only(value: Any, array: Any) -> int:
    """Whether every item is a value: `= ALL`."""
    return int(all(value == found for found in json.loads(array)))


def length(array: Any, dimension: Any = 1) -> Kept:
    """Count the items of a dimension; null where there is none."""
    items = json.loads(array)
    for _ in range(int(dimension) - 1):
        items = items[0] if items and isinstance(items[0], list) else []
    return len(items) or None


def lower(array: Any, dimension: Any = 1) -> Kept:
    """Return the number of the first item: 1."""
    return 1 if length(array, dimension) else None


def dimensions(array: Any) -> Kept:
    """Count the dimensions."""
    items, depth = json.loads(array), 0
    while isinstance(items, list) and items:
        items, depth = items[0], depth + 1
    return depth or None


def count(array: Any) -> Kept:
    """Count all items."""
    return sum(count(json.dumps(found)) or 0 if isinstance(found, list) else 1 for found in json.loads(array))  # type: ignore[misc]


def to_text(array: Any, mark: Any, null: Any = None) -> str:
    """Join the items; what is null is left out, or written as a text."""
    if array is None or mark is None:
        return None  # type: ignore[return-value]
    items = [null if found is None else _text(found) for found in json.loads(array)]
    return joined(plain(mark), (plain(found) for found in items if found is not None))


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return "t" if found else "f"
    return array_literal(found) if isinstance(found, list) else plain(found)


def from_text(value: Any, mark: Any, null: Any = None) -> str | None:
    """Part a text into items; without a mark, into its characters."""
    if value is None:
        return None
    text = plain(value)
    parts = list(text) if mark is None else [text] if mark == "" else text.split(plain(mark)) if text else []
    return compact([None if null is not None and part == plain(null) else part for part in parts])


def position(array: Any, value: Any) -> Kept:
    """Return the number of the first item that is a value."""
    items = json.loads(array)
    return items.index(value) + 1 if value in items else None


def positions(array: Any, value: Any) -> str:
    """Return the numbers of the items that are a value."""
    return compact([number for number, found in enumerate(json.loads(array), 1) if found == value])


def append(array: Any, value: Any) -> str:
    """Add an item, which is JSON, at the end."""
    return compact([*(json.loads(array) if array is not None else []), json.loads(value)])


def prepend(value: Any, array: Any) -> str:
    """Add an item, which is JSON, at the beginning."""
    return compact([json.loads(value), *(json.loads(array) if array is not None else [])])


def join(first: Any, second: Any) -> Kept:
    """Join two arrays."""
    if first is None or second is None:
        return first if second is None else second  # type: ignore[no-any-return]
    return compact(json.loads(first) + json.loads(second))


def remove(array: Any, value: Any) -> str:
    """Leave out the items that are a value."""
    return compact([found for found in json.loads(array) if found != value])


def replace(array: Any, old: Any, new: Any) -> Kept:
    """Put another value in the place of one."""
    if array is None:
        return None
    return compact([new if found == old else found for found in json.loads(array)])


def contains(array: Any, other: Any) -> int:
    """Whether an array holds every item of another: `@>`."""
    items = json.loads(array)
    return int(all(found in items for found in json.loads(other)))


def overlaps(array: Any, other: Any) -> int:
    """Whether two arrays have an item in common: `&&`."""
    items = json.loads(array)
    return int(any(found in items for found in json.loads(other)))


def read_literal(text: str, kind: str) -> str:
    """Return PostgreSQL's text form of an array as it is kept. :raises BadValue: it is none."""
    element = find_type(kind.removeprefix("_"))
    items = []
    for part in read_array_literal(text):
        kept = part if part is None or element is None else element.keep(part)
        items.append(shown(kept, element.name) if element is not None else kept)
    return compact(items)
