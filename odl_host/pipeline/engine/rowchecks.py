"""Checks across columns, bound to the columns that a file has.

Like a column, a bound check remembers the combinations of texts it found good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

from odl_host.pipeline.engine.column import KNOWN_LIMIT, LIGHT_LIMIT, Column
from odl_host.schemas.checks import CannotJudge, Problem, RowCheck
from odl_host.schemas.findings import Finding

Texts = tuple[str | None, ...]
_FEW = 8
"""Combinations that are judged one by one."""


class BoundRowCheck:
    """A check across columns that can run on this file: `places` are 0-based indexes of its columns in a row."""

    def __init__(self, check: RowCheck, columns: Sequence[Column | None]) -> None:
        self.check = check
        self._columns = columns
        self.places = [None if column is None else column.position - 1 for column in columns]
        # Validata gives `one-of-required` to the row when both columns are there, else to the first column.
        self.whole_row = check.when_absent == "either" and None not in self.places
        self.name = check.columns[0]
        self._texts_only = all(column is None or column.type.identity for column in columns)
        self._good: set[Texts] = set()

    @property
    def light(self) -> bool:
        """Whether it may serve for another file: it holds little."""
        return len(self._good) <= LIGHT_LIMIT

    def judge(self, texts: Texts) -> Problem | None:
        """Return what is wrong with one row."""
        values = [
            None if column is None else column.value(text) for column, text in zip(self._columns, texts, strict=True)
        ]
        try:
            return self.check.judge(values)
        except CannotJudge:
            return Problem("error", {"check": self.check.name})

    def find(self, columns: Sequence[Sequence[str | None]], count: int) -> Iterable[tuple[int, Problem]]:
        """Give index and problem of each bad row of a batch; `columns` are all those of the file."""
        if self._texts_only and self.check.when_absent == "either":
            return self._find_all_empty(columns, count)
        if self._texts_only and self.check.when_absent == "cohesive" and self._are_alike(columns):
            return ()
        absent: Texts = (None,) * count
        cells = [absent if place is None else columns[place] for place in self.places]
        bad = self._sift(set(zip(*cells, strict=True)))
        if not bad:
            return ()
        batch = list(zip(*cells, strict=True))
        return [(index, bad[batch[index]]) for index in compress(range(count), map(bad.__contains__, batch))]

    def _find_all_empty(self, columns: Sequence[Sequence[str | None]], count: int) -> list[tuple[int, Problem]]:
        """Return the rows where no column has a value, without looking at the values."""
        indexes: Iterable[int] = range(count)
        for column, place in zip(self._columns, self.places, strict=True):
            if column is not None and place is not None:
                cells, missing = columns[place], column.missing
                if missing.isdisjoint(cells):
                    return []
                indexes = [index for index in indexes if cells[index] in missing]
        problem = self.check.judge([None] * len(self.places))
        return [(index, problem) for index in indexes] if problem is not None else []

    def _are_alike(self, columns: Sequence[Sequence[str | None]]) -> bool:
        """Say whether the columns are empty on the same rows."""
        masks = [
            list(map(column.missing.__contains__, columns[column.position - 1]))
            for column in self._columns
            if column is not None
        ]
        return all(mask == masks[0] for mask in masks)

    def _sift(self, new: set[Texts]) -> Mapping[Texts, Problem] | None:
        """Return the bad ones among combinations, or None when all are good."""
        new -= self._good
        if not new:
            return None
        bad: dict[Texts, Problem] = {}
        for texts in () if self._are_cleared(new) else new:
            problem = self.judge(texts)
            if problem is not None:
                bad[texts] = problem
        if len(self._good) + len(new) > KNOWN_LIMIT:
            self._good = set()
        self._good |= new.difference(bad) if bad else new
        return bad or None

    def _are_cleared(self, batch: set[Texts]) -> bool:
        clears = self.check.clears
        if clears is None or len(batch) < _FEW:
            return False
        columns = zip(self._columns, zip(*batch, strict=True), strict=True)
        return clears([[column and column.value(text) for text in texts] for column, texts in columns])


def bind_row_checks(
    checks: Sequence[RowCheck], columns: Mapping[str, Column]
) -> tuple[list[BoundRowCheck], list[Finding]]:
    """Bind the checks whose columns the file has, and say what the absence of the others means."""
    bound: list[BoundRowCheck] = []
    findings: list[Finding] = []
    for check in checks:
        found = [columns.get(name) for name in check.columns]
        absent = [name for name, column in zip(check.columns, found, strict=True) if column is None]
        if not absent:
            bound.append(BoundRowCheck(check, found))
        elif check.when_absent == "cohesive" and len(absent) < len(found):
            params = {"columns": ", ".join(check.columns), "empty": ", ".join(absent), "absent": "oui"}
            findings.append(Finding(check.name, row=1, params=params))
        elif check.when_absent == "either":
            if len(absent) < len(found):
                bound.append(BoundRowCheck(check, found))
            else:
                params = {"columns": ", ".join(check.columns), "absent": "oui"}
                findings.append(Finding(check.name, row=1, params=params))
    return bound, findings
