"""Checks across columns: compare, sum, go together, at least one filled.

The values come from the fields' types: a cell that failed its type is None here, like an empty one.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from odl_host.schemas.checks.problem import (
    BadParameters,
    CannotJudge,
    Problem,
    RowCheck,
    names_param,
    text_param,
)

_LONGEST_NUMBER = 30
"""Digits of a sum that is told; none that people type is longer."""

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def as_number(value: object) -> Decimal | None:
    """Return the number that a value is, or that a text reads as; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (int, float)):
        return Decimal(str(value))
    if isinstance(value, str):
        try:
            return Decimal(value.strip())
        except InvalidOperation:
            return None
    return None


def _as_iso(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime, time)) else str(value)


def compare_columns(params: Mapping[str, object]) -> RowCheck:
    """Bind `compare-columns-value`: both cells filled, the first must stand in the declared order to the second."""
    first, second, sign = text_param(params, "column"), text_param(params, "column2"), text_param(params, "op")
    if sign not in COMPARISONS:
        raise BadParameters("op")
    compare = COMPARISONS[sign]
    name = "compare-columns-value"

    def judge(values: Sequence[object]) -> Problem | None:
        left, right = values
        if left is None or right is None:
            return None
        shown = {"other": second, "op": sign, "other_value": str(right)}
        left_number, right_number = as_number(left), as_number(right)
        if left_number is not None and right_number is not None:
            if left_number.is_nan() or right_number.is_nan():
                return Problem(name, shown)
            return None if compare(left_number, right_number) else Problem(name, shown)
        if type(left) is not type(right):
            return Problem(name, {**shown, "comparable": "non"})
        if isinstance(left, str):
            return None if compare(left, right) else Problem(name, shown)
        return None if compare(_as_iso(left), _as_iso(right)) else Problem(name, shown)

    def clears(columns: Sequence[Sequence[object]]) -> bool:
        pairs = [pair for pair in zip(*columns, strict=True) if None not in pair]
        kinds = {type(value) for pair in pairs for value in pair}
        return (kinds <= {date} or kinds <= {int}) and all(itertools.starmap(compare, pairs))

    return RowCheck(name, (first, second), judge, clears=clears)


def sum_columns(params: Mapping[str, object]) -> RowCheck:
    """Bind `sum-columns-value`: when all cells are filled, the first is exactly the sum of the others."""
    total, parts = text_param(params, "column"), names_param(params, "columns")
    name = "sum-columns-value"

    def judge(values: Sequence[object]) -> Problem | None:
        if any(value is None for value in values):
            return None
        if not all(isinstance(value, (int, float, Decimal)) for value in values):
            raise CannotJudge
        numbers = [Decimal(str(value)) if isinstance(value, float) else value for value in values]
        shown = {"others": ", ".join(parts)}
        try:
            expected: Decimal | int = sum(numbers[1:])  # type: ignore[arg-type]  # ints and Decimals, said just above
            if numbers[0] == expected:
                return None
            told = Decimal(expected)
        except ArithmeticError:  # a signalling NaN, an infinity less another, too large a number: there is no sum
            return Problem(name, shown)
        if told.is_finite() and abs(told.adjusted()) <= _LONGEST_NUMBER:
            shown["expected"] = format(told, "f")
        return Problem(name, shown)

    return RowCheck(name, (total, *parts), judge)


def cohesive_columns(params: Mapping[str, object]) -> RowCheck:
    """Bind `cohesive-columns-value`: on each row, all the columns are filled or none is."""
    first, others = text_param(params, "column"), names_param(params, "othercolumns")
    columns = (first, *others)
    name = "cohesive-columns-value"

    def judge(values: Sequence[object]) -> Problem | None:
        empty = [column for column, value in zip(columns, values, strict=True) if value is None]
        if not empty or len(empty) == len(columns):
            return None
        return Problem(name, {"others": ", ".join(others), "empty": ", ".join(empty)})

    return RowCheck(name, columns, judge, when_absent="cohesive")


def one_of_required(params: Mapping[str, object]) -> RowCheck:
    """Bind `one-of-required`: on each row, at least one of the two columns is filled."""
    first, second = text_param(params, "column1"), text_param(params, "column2")
    name = "one-of-required"
    problem = Problem(name, {"column": first, "other": second})

    def judge(values: Sequence[object]) -> Problem | None:
        return problem if all(value is None for value in values) else None

    return RowCheck(name, (first, second), judge, when_absent="either")


CHECKS: Mapping[str, Callable[[Mapping[str, object]], RowCheck]] = {
    "compare-columns-value": compare_columns,
    "sum-columns-value": sum_columns,
    "cohesive-columns-value": cohesive_columns,
    "one-of-required": one_of_required,
}
