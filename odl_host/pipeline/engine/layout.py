"""What a schema says of a header: matched and compiled once for all files that have it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from odl_host.pipeline.engine.column import Column
from odl_host.pipeline.engine.header import match_header
from odl_host.pipeline.engine.rowchecks import bind_row_checks
from odl_host.schemas.checks import bind_checks
from odl_host.schemas.checks.ours import bind_ours
from odl_host.schemas.checks.points import PointFields, find_point_fields

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field, Schema

MOST_LAYOUTS = 16
ANY_MISSING = frozenset(("", None))
"""What a column unknown to the schema counts as empty, whatever the schema declares."""


class Layout:
    """The columns of a header, with what they learnt: the next file of a kind often has the same texts.

    They are only ever quicker for it: what is good or bad of a text does not depend on the file. `columns`: those that
    the schema does not know are None. `today`: None for Validata's verdict.
    """

    def __init__(self, schema: Schema, header: tuple[str, ...], today: date | None) -> None:
        self._schema, self._today = schema, today
        self.match = match_header(schema, header, strict_validata=today is None)
        self.checks = bind_checks(schema, strict_validata=today is None)
        self.columns = [
            None if field is None else self._compile(field, position)
            for position, field in enumerate(self.match.fields, start=1)
        ]
        self._bind()
        self.missing = [ANY_MISSING if column is None else column.missing for column in self.columns]
        known = [field for field in self.match.fields if field is not None]
        self.points: list[PointFields] = [] if today is None else find_point_fields(known)

    def _compile(self, field: Field, position: int) -> Column:
        bound = [check for check in self.checks.values if check.column == field.name]
        if self._today is not None:
            bound += bind_ours(field, self._today, self.checks.ours)
        return Column(field, position, self._schema.missing_values, bound)

    def _bind(self) -> None:
        by_name = {column.name: column for column in self.columns if column is not None}
        self.row_checks, self.absent = bind_row_checks(self.checks.rows, by_name)
        """The checks across columns that can run, and what is to be said of the others."""

    def renew(self) -> None:
        """Compile anew what must not go from one file to the next."""
        heavy = [one for one in self.columns if one is not None and not one.idle and not one.light]
        for column in heavy:
            self.columns[column.position - 1] = self._compile(column.field, column.position)
        if heavy or not all(check.light for check in self.row_checks):
            self._bind()


_compile_layout = lru_cache(MOST_LAYOUTS)(Layout)


def find_layout(schema: Schema, header: tuple[str, ...], today: date | None) -> Layout:
    """Return the layout of a header, ready for another file; `today` is None for Validata's verdict."""
    layout = _compile_layout(schema, header, today)
    layout.renew()
    return layout
