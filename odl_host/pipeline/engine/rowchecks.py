"""Checks across columns, bound to the columns that a file has.

Like a column, a bound check remembers the combinations of texts it found good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from odl_host.pipeline.engine.column import KNOWN_LIMIT, Column
from odl_host.schemas.checks import CannotJudge, Problem, RowCheck
from odl_host.schemas.findings import Finding

Texts = tuple[str | None, ...]


class BoundRowCheck:
    """A check across columns that can run on this file: `places` are 0-based indexes of its columns in a row."""

    def __init__(self, check: RowCheck, columns: Sequence[Column | None]) -> None:
        self.check = check
        self._columns = columns
        self.places = [None if column is None else column.position - 1 for column in columns]
        # Validata gives `one-of-required` to the row when both columns are there, else to the first column.
        self.whole_row = check.when_absent == "either" and None not in self.places
        self.name = check.columns[0]
        self._good: set[Texts] = set()
        self._bad: dict[Texts, Problem] = {}

    def judge(self, texts: Texts) -> Problem | None:
        """Return what is wrong with one row."""
        values = [
            None if column is None else column.value(text) for column, text in zip(self._columns, texts, strict=True)
        ]
        try:
            return self.check.judge(values)
        except CannotJudge:
            return Problem("error", {"check": self.check.name})

    def sift(self, batch: Sequence[Texts]) -> Mapping[Texts, Problem] | None:
        """Return the bad combinations of a batch, or None when all are good."""
        new = set(batch)
        new -= self._good
        if not new:
            return None
        bad: dict[Texts, Problem] = {}
        for texts in new:
            problem = self.judge(texts)
            if problem is not None:
                bad[texts] = problem
        if len(self._good) + len(new) > KNOWN_LIMIT:
            self._good = set()
        self._good |= new.difference(bad) if bad else new
        return bad or None


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
