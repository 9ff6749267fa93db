"""One column of a file under one field of a schema: what it accepts, and what it has already accepted.

`sift` is the quick way through a batch: it remembers good texts, so that only new ones are looked at, and gives back
the bad ones. `judge` is the exact verdict on one text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from odl_host.pipeline.engine.celltype import CellType
from odl_host.pipeline.engine.clearance import Filter, compile_filters, suspects
from odl_host.pipeline.engine.pattern import Pattern
from odl_host.pipeline.engine.types import BOUNDS, CONSTRAINTS, compile_type
from odl_host.pipeline.reading.batch import distinct_of
from odl_host.schemas.checks import CannotJudge, Problem
from odl_host.schemas.findings import SEPARATOR, Finding

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from odl_host.schemas.checks import BoundCheck
    from odl_host.schemas.registry import Field

KNOWN_LIMIT = 50_000
"""Good texts remembered per column: past it, a column has too many distinct values for memory to pay."""

LIGHT_LIMIT = 12_000
"""Texts that a column may hold from one file to the next."""

WATCHED_CELLS = 4096
"""Cells after which a column is known to repeat its values or not."""

MEMO_LIMIT = 20_000
"""Bad texts and values remembered per column."""

Test = Callable[[Any], bool]
BASELINE, CUSTOM = 0, 1
"""Ranks: on one row, what Table Schema refuses comes before what custom checks refuse."""

Ranked = tuple[tuple[int, Problem], ...]


class Column:
    """A column that is checked: `position` is its 1-based place in the file."""

    def __init__(self, field: Field, position: int, missing_values: Sequence[str], checks: Sequence[BoundCheck] = ()):
        self.field = field
        self.name = field.name
        self.position = position
        self.type: CellType = compile_type(field)
        self.findings: list[Finding] = []
        """What is wrong with the field itself."""
        own_missing = field.properties.get("missingValues")
        self.missing: frozenset[str | None] = frozenset((*missing_texts(own_missing, missing_values), None))
        self._checks = tuple(checks)
        self._constraints = field.constraints
        self.required = bool(field.constraints.get("required"))
        self.pattern: Pattern | None = None
        self._tests = self._compile_tests()
        self._filters = self._compile_filters()
        self._known: set[str | None] = set() if self.required else set(self.missing)
        self._distinct = False
        self._cells = self._new = 0
        self._verdicts: dict[str | None, Ranked] = {}
        self._values: dict[str, object] = {}
        self._seed()
        self.idle = not self.required and self.type.identity and not self._tests and not self._checks
        """Whether nothing can be wrong with a cell of this column."""
        self.only_required = self.required and self.type.identity and not self._tests and not self._checks

    @property
    def remembered(self) -> int:
        """How many texts are held in memory."""
        return len(self._known) + len(self._verdicts) + len(self._values)

    @property
    def light(self) -> bool:
        """Whether it may serve for another file: it holds little, and no pattern took too long on this one."""
        return self.remembered <= LIGHT_LIMIT and (self.pattern is None or not self.pattern.has_struggled)

    # -- one cell -----------------------------------------------------------------------------------------------------

    def value(self, text: str | None) -> object:
        """Return what a text reads as: None when it is missing or fails the type."""
        if text is None or text in self.missing:
            return None
        if self.type.identity:
            return text
        try:
            return self._values[text]
        except KeyError:
            value = self.type.read(text)
            if len(self._values) < MEMO_LIMIT:
                self._values[text] = value
            return value

    def judge(self, text: str | None) -> Ranked:
        """Return all that is wrong with one text (None: the row is too short to have the cell)."""
        try:
            return self._verdicts[text]
        except KeyError:
            verdict = self._judge(text)
            if verdict and len(self._verdicts) < MEMO_LIMIT:
                self._verdicts[text] = verdict
            return verdict

    def _judge(self, text: str | None) -> Ranked:
        if text is None or text in self.missing:
            return ((BASELINE, self._broken("required")),) if self.required else ()
        value = self.type.read(text)
        if value is None:
            return ((BASELINE, Problem("type-error", type_details(self.field))),)
        found: list[tuple[int, Problem]] = []
        if self.field.type == "array" and isinstance(value, list):
            found += [(BASELINE, problem) for problem in self._judge_items(value)]
        for name, test in self._tests:
            if not _holds(test, value):
                found.append((BASELINE, self._broken(name)))
        if any(problem.code == "type-error" for _, problem in found):
            return tuple(found)
        for check in self._checks:
            try:
                problem = check.judge(value, text)
            except CannotJudge:
                problem = Problem("error", {"check": self.field.name})
            # A warning on a cell that is wrong already would say the same twice.
            if problem is not None and not (found and problem.severity == "warning"):
                found.append((CUSTOM, problem))
        return tuple(found)

    def _judge_items(self, values: list[object]) -> list[Problem]:
        item = self.field.properties.get("arrayItem")
        if not isinstance(item, Mapping) or not item:
            return []
        column = self._item_column(item)
        found: dict[str, Problem] = {}
        for index, value in enumerate(values):
            if isinstance(value, str) and value in column.missing:
                value = values[index] = None
            if value is None:
                if column.required:
                    found["required"] = column._broken("required")
                continue
            read = values[index] = column.type.read(value)
            if read is None:
                found["type"] = Problem("type-error", type_details(column.field))
                continue
            for name, test in column._tests:
                if not _holds(test, read):
                    found[name] = column._broken(name)
        return list(found.values())

    def _broken(self, name: str) -> Problem:
        """Say which constraint is broken, with what its sentence needs."""
        details = {"constraint": name, **type_details(self.field)}
        expected = self._constraints[name]
        allowed = self._constraints.get("enum")
        if name == "required":
            if isinstance(allowed, (list, tuple)):
                details["choices"] = SEPARATOR.join(map(str, allowed))
        else:
            listed = isinstance(expected, (list, tuple))
            details["expected"] = SEPARATOR.join(map(str, expected)) if listed else str(expected)
        return Problem("constraint-error", details)

    def _item_column(self, item: Mapping[str, object]) -> Column:
        constraints = item.get("constraints")
        field = self.field._replace(
            type=str(item.get("type", "any")),
            format=str(item.get("format", "default")),
            constraints=constraints if isinstance(constraints, Mapping) else {},
            properties={key: value for key, value in item.items() if key != "arrayItem"},
        )
        return Column(field, self.position, ("",))

    # -- a batch ------------------------------------------------------------------------------------------------------

    def sift(self, cells: Sequence[str | None]) -> Mapping[str | None, Ranked] | None:
        """Return the bad texts among these cells with their verdicts, or None when all are good."""
        if self.only_required:
            filled = self.missing.isdisjoint(distinct_of(cells))
            return None if filled else {text: self.judge(text) for text in self.missing}
        filters = self._filters
        new: AbstractSet[str | None]
        doubtful: Collection[str | None]
        if self._distinct and filters is not None:
            doubtful = self._doubtful(filters, cells)
            if not doubtful:
                return None
            doubtful = new = set(doubtful) - self._known
        else:
            new = distinct_of(cells) - self._known
            self._watch(len(cells), len(new))
            if not new:
                return None
            doubtful = new if filters is None else self._doubtful(filters, new)
        bad = {text: verdict for text in doubtful if (verdict := self.judge(text))}
        self._remember(new - bad.keys() if bad else new)
        return bad or None

    def _doubtful(self, filters: list[Filter], cells: Collection[str | None]) -> list[str | None]:
        """Return the cells that cannot be cleared at once."""
        texts: Any = cells
        found: list[str | None] = []
        if None in cells:
            texts = [text for text in cells if text is not None]
            found.append(None)
        found += suspects(filters, texts)
        if self.required and not self.missing.isdisjoint(texts):
            # A text that means "no value" may look good to the filters.
            found += self.missing.intersection(texts)
        return found

    def _watch(self, cells: int, new: int) -> None:
        """Notice a column whose values hardly ever come back: remembering them would cost more than it gains."""
        self._cells += cells
        self._new += new
        if self._cells > WATCHED_CELLS:
            # A check that costs a microsecond is worth remembering as long as there is room.
            self._distinct = self._new > self._cells * 0.6 and not self._checks
            self._cells = self._new = 0

    def _remember(self, good: AbstractSet[str | None]) -> None:
        if len(self._known) + len(good) <= KNOWN_LIMIT:
            self._known |= good
        else:
            self._distinct = self._filters is not None

    # -- compiling ----------------------------------------------------------------------------------------------------

    def _compile_tests(self) -> list[tuple[str, Test]]:
        tests: list[tuple[str, Test]] = []
        for name in CONSTRAINTS.get(self.field.type, ("required", "enum")):
            wanted = self._constraints.get(name)
            if wanted is None or name == "required":
                continue
            try:
                tests.append((name, self._compile_test(name, wanted)))
            except (TypeError, ValueError, re.error) as error:
                details = {"constraint": name, "expected": str(wanted), "reason": str(error)}
                self.findings.append(Finding("field-error", "warning", column=self.name, params=details))
        return tests

    def _compile_test(self, name: str, wanted: Any) -> Test:
        read = self.type.read
        if name in BOUNDS:
            bound: Any = read(wanted)
            if bound is None:
                raise ValueError("not a value of this type")
            if isinstance(bound, (datetime, time)) and bound.tzinfo is not None:
                return _with_time_zone(_BOUND_TESTS[name], bound)
            return _BOUND_TESTS[name](bound)
        if name == "pattern":
            self.pattern = Pattern(wanted)
            return self.pattern.accepts  # type: ignore[return-value]  # truth is all that is asked
        if name == "enum":
            allowed = [read(value) for value in wanted]
            if self.type.identity or self.field.type == "string":
                return frozenset(value for value in allowed if value is not None).__contains__
            return allowed.__contains__
        length = int(wanted)
        if name == "minLength":
            return lambda value: len(value) >= length
        return lambda value: len(value) <= length

    def _compile_filters(self) -> list[Filter] | None:
        doubts = [check.doubts for check in self._checks if check.doubts is not None]
        if self.findings or len(doubts) < len(self._checks) or (doubts and not self.type.identity):
            return None
        filters = compile_filters(self.field.type, self.field.format, self.type, self._constraints, self.pattern)
        return None if filters is None else filters + doubts

    def _seed(self) -> None:
        """Remember at once the texts of a list of allowed values."""
        allowed = self._constraints.get("enum")
        if isinstance(allowed, (list, tuple)):
            self._known.update(text for text in allowed if isinstance(text, str) and not self.judge(text))


# A NaN is neither above nor below anything: frictionless refuses it wherever there is a bound.
_BOUND_TESTS: Mapping[str, Callable[[Any], Test]] = {
    "minimum": lambda bound: lambda value: value == value and value >= bound,
    "maximum": lambda bound: lambda value: value == value and value <= bound,
    "exclusiveMinimum": lambda bound: lambda value: value == value and value > bound,
    "exclusiveMaximum": lambda bound: lambda value: value == value and value < bound,
}


def _with_time_zone(bounded: Callable[[Any], Test], bound: datetime | time) -> Test:
    """Return the test for a bound with a time zone, which a clock without one is held against as it is written."""
    aware, written = bounded(bound), bounded(bound.replace(tzinfo=None))
    return lambda value: (aware if value.tzinfo is not None else written)(value)


def _holds(test: Test, value: object) -> bool:
    try:
        return bool(test(value))
    except ArithmeticError:  # a signalling NaN refuses to be compared
        return False
    except TypeError:  # a clock with a time zone refuses to be compared with one without: both are taken as written
        return isinstance(value, (datetime, time)) and bool(test(value.replace(tzinfo=None)))


def type_details(field: Field) -> dict[str, str]:
    """Return what a sentence about a cell needs to know of its field."""
    details = {"type": field.type, "format": field.format}
    example = field.example
    if example:
        details["example"] = str(example)
    if field.type == "boolean":
        for name, key, default in (("trueValues", "yes", "true"), ("falseValues", "no", "false")):
            words = field.properties.get(name)
            details[key] = str(words[0]) if isinstance(words, (list, tuple)) and words else default
    elif field.type == "number" and field.properties.get("decimalChar"):
        details["mark"] = str(field.properties["decimalChar"])
    return details


def missing_texts(declared: object, default: Sequence[str]) -> tuple[str, ...]:
    """Return the texts that mean "no value": a field's own ones, plain or as {value, label}, or the schema's."""
    if not isinstance(declared, (list, tuple)):
        return tuple(default)
    return tuple(str(entry["value"]) if isinstance(entry, Mapping) else str(entry) for entry in declared)
