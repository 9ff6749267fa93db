"""Clears the texts of a column many at a time: what passes is surely good, what does not is merely suspect.

Each filter is a loop inside the interpreter's own C code; a column without filters is judged text by text. Nothing
here ever says that a text is bad: that is the column's exact routine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from itertools import filterfalse
from typing import TYPE_CHECKING, Any, TypeAlias

from odl_host.pipeline.engine.celltype import CellType
from odl_host.pipeline.engine.types import BOUNDS

if TYPE_CHECKING:
    from odl_host.pipeline.engine.pattern import Pattern

Filter: TypeAlias = Callable[[Collection[str]], list[str]]
"""Texts in, those that are not cleared out. Never called with no text."""


def compile_filters(
    kind: str, form: str, cell_type: CellType, constraints: Mapping[str, Any], pattern: Pattern | None
) -> list[Filter] | None:
    """Return the filters of a type with its constraints; None when it has no quick way."""
    names = {name for name in constraints if constraints[name] is not None} - {"required", "unique"}
    filters: list[Filter] = []
    if not cell_type.identity:
        if cell_type.quick is None:
            return None
        filters.append(_NUMBERS.get(kind, only_refused)(cell_type.quick))
    lengths = names & {"minLength", "maxLength"}
    if lengths and kind == "string":
        filters.append(_by_length(int(constraints.get("minLength") or 0), constraints.get("maxLength")))
        names -= lengths
    if "pattern" in names and pattern is not None:
        filters.append(only_refused(pattern.quick))
        names.discard("pattern")
    bounds = names & set(BOUNDS)
    if bounds:
        bounded = _by_bounds(kind, form, {name: cell_type.read(constraints[name]) for name in bounds})
        if bounded is None:
            return None
        filters.append(bounded)
        names -= bounds
    return None if names else filters


def only_refused(test: Callable[[str], object]) -> Filter:
    """Return the filter that clears what a test accepts."""
    return lambda texts: list(filterfalse(test, texts))


def _only_no_integers(test: Callable[[str], object]) -> Filter:
    def refused(texts: Collection[str]) -> list[str]:
        if "".join(texts).replace("-", "").isdecimal() and _all_read(int, texts):
            return []
        return list(filterfalse(test, texts))

    return refused


def _only_no_numbers(test: Callable[[str], object]) -> Filter:
    def refused(texts: Collection[str]) -> list[str]:
        # Of what is written with digits, points and signs only, `float` takes nothing that the exact type does not.
        if "".join(texts).replace(".", "").replace("-", "").isdecimal() and _all_read(float, texts):
            return []
        return list(filterfalse(test, texts))

    return refused


def _all_read(kind: type, texts: Collection[str]) -> bool:
    try:
        deque(map(kind, texts), maxlen=0)
    except ValueError:
        return False
    return True


_NUMBERS = {"integer": _only_no_integers, "number": _only_no_numbers}
"""Quicker than a pattern where all texts are plain numbers."""


def suspects(filters: list[Filter], texts: Collection[str]) -> list[str]:
    """Return the texts that one of the filters did not clear."""
    found: list[str] = []
    for each in filters:
        if not texts:
            break
        caught = each(texts)
        if caught:
            found += caught
            out = set(caught)
            texts = [text for text in texts if text not in out]
    return found


def _by_length(least: int, most: int | None) -> Filter:
    def between(texts: Collection[str]) -> list[str]:
        if (most is None or max(map(len, texts)) <= most) and (not least or min(map(len, texts)) >= least):
            return []
        return [text for text in texts if len(text) < least or (most is not None and len(text) > most)]

    return between


def _by_bounds(kind: str, form: str, bounds: Mapping[str, Any]) -> Filter | None:
    if any(value is None for value in bounds.values()):
        return None
    low = [value for name, value in bounds.items() if "inimum" in name]
    high = [value for name, value in bounds.items() if "aximum" in name]
    if kind in ("integer", "number"):
        floor, roof = max(map(float, low), default=-float("inf")), min(map(float, high), default=float("inf"))

        def within(texts: Collection[str]) -> list[str]:
            # Rounding to a float keeps the order, so a number strictly within is within; one on a bound is suspect.
            numbers = list(map(float, texts))
            if min(numbers) > floor and max(numbers) < roof:
                return []
            return [text for text, number in zip(texts, numbers, strict=True) if not floor < number < roof]

        return within
    if kind == "date" and form in ("default", "%Y-%m-%d", ""):
        first = max((value.isoformat() for value in low), default="")
        last = min((value.isoformat() for value in high), default="9")

        def ordered(texts: Collection[str]) -> list[str]:
            return [text for text in texts if not first < text < last]

        return ordered
    return None
