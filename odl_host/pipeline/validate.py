"""Validates a table against a schema: our fast engine, and frictionless as the reference it is held against.

It judges a table as it was read; repairs and reports are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from odl_host.pipeline.engine.report import Report
from odl_host.pipeline.engine.rows import Engine, batched

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

__all__ = ["Report", "TableLike", "validate_rows", "validate_table", "validate_with_frictionless"]

MAX_FINDINGS = 1000
"""Findings kept per (code, column) when the caller does not say; the others are counted."""


class TableLike(Protocol):
    """What validation asks of a table that was read."""

    @property
    def header(self) -> Sequence[str]:
        """The labels."""

    def iter_batches(self) -> Iterator[list[list[str]]]:
        """Give the data rows as text, ragged as they are, some hundreds at a time."""


def validate_rows(
    schema: Schema,
    header: Sequence[str],
    rows: Iterable[list[str]],
    *,
    strict_validata: bool = False,
    max_findings: int = MAX_FINDINGS,
    today: date | None = None,
) -> Report:
    """Validate rows of text. The rows are read once, to their end, even when the header forbids to judge them."""
    engine = Engine(
        schema,
        header,
        strict_validata=strict_validata,
        max_findings=max_findings,
        today=today or date.today(),  # noqa: DTZ011 - the day where the command runs is the day that counts
    )
    engine.run(batched(rows))
    return engine.report()


def validate_table(
    table: TableLike,
    schema: Schema,
    *,
    strict_validata: bool = False,
    max_findings: int = MAX_FINDINGS,
    today: date | None = None,
) -> Report:
    """Validate a table that was read.

    `strict_validata` gives Validata's verdict and nothing of ours; `max_findings` are kept per (code, column).
    """
    engine = Engine(
        schema,
        table.header,
        strict_validata=strict_validata,
        max_findings=max_findings,
        today=today or date.today(),  # noqa: DTZ011 - as above
    )
    engine.run(table.iter_batches())
    return engine.report()


def validate_with_frictionless(
    table: TableLike,
    schema: Schema,
    *,
    strict_validata: bool = False,
    max_findings: int = MAX_FINDINGS,
    today: date | None = None,
) -> Report:
    """Validate as `validate_table` does, with frictionless as the judge of all that it knows; ten times slower."""
    from odl_host.pipeline.engine.reference import judge_with_frictionless

    return judge_with_frictionless(
        schema,
        table.header,
        chain.from_iterable(table.iter_batches()),
        strict_validata=strict_validata,
        max_findings=max_findings,
        today=today or date.today(),  # noqa: DTZ011 - as above
    )
