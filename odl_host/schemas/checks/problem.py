"""The shapes shared by all checks: what a check is, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from odl_host.record import Record
from odl_host.schemas.findings import NO_PARAMS, Severity


class Problem(Record):
    """What is wrong with a value, without its place: the engine adds row, column and text."""

    code: str
    params: Mapping[str, str] = NO_PARAMS
    severity: Severity = "error"


class CannotJudge(Exception):
    """The check cannot work on such values (Validata ends with an untyped error there)."""


class BadParameters(Exception):
    """The schema declares the check without a parameter it needs, or with one of a wrong type."""


JudgeValue: TypeAlias = Callable[[object, str], Problem | None]
"""Value as read by the field's type (never None), then its text in the file."""

JudgeRow: TypeAlias = Callable[[Sequence[object]], Problem | None]
"""Values of the check's columns, in their order; None where a cell is empty, wrongly typed or its column absent."""

Doubts: TypeAlias = Callable[[Collection[str]], list[str]]
"""Many texts in, those that are not surely good out; never called with no text."""


class ValueCheck(Record):
    """A check on the cells of one column, with examples of what it accepts and refuses."""

    name: str
    bind: Callable[[Mapping[str, object]], JudgeValue]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    params: Mapping[str, object] = NO_PARAMS
    """Parameters with which the examples hold."""
    doubts: Doubts | None = None
    """A quick way for fields of text, whatever the parameters."""


class BoundCheck(Record):
    """A check bound to the cells of one column."""

    column: str
    judge: JudgeValue
    doubts: Doubts | None = None


class RowCheck(Record):
    """A check across columns, bound to the parameters of one declaration.

    `columns[0]` bears the finding. `needs` says which absent columns make the check void ("all": any absent column;
    "cohesive" and "either": see `columns.py`).
    """

    name: str
    columns: tuple[str, ...]
    judge: JudgeRow
    when_absent: str = "skip"
    clears: Callable[[Sequence[Sequence[object]]], bool] | None = None
    """A quick way: whether all rows of these values, given column by column, are surely good."""


def text_param(params: Mapping[str, object], key: str) -> str:
    """Return a text parameter. :raises BadParameters: when it is absent or not a text."""
    value = params.get(key)
    if not isinstance(value, str):
        raise BadParameters(key)
    return value


def names_param(params: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Return a list of column names. :raises BadParameters: when it is absent or not a list of texts."""
    value = params.get(key)
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise BadParameters(key)
    return tuple(value)
