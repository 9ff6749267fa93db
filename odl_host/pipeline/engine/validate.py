"""Validates a table against a schema: our fast engine, and frictionless as the reference it is held against.

It judges a table as it was read; repairs and reports are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from odl_host.pipeline.engine.report import Report
from odl_host.pipeline.engine.rows import Engine, batched
from odl_host.pipeline.reading.table import Table

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

__all__ = ["Report", "TableLike", "validate_rows", "validate_table", "validate_with_frictionless"]

MAX_FINDINGS = 1000
"""Findings kept per (code, column) when the caller does not say; the others are counted."""


PARALLEL_FROM_BYTES = 48_000_000
"""Size from which a second process pays: it costs as much to start as a megabyte does to judge, and repeated rows are
looked for in the first part only, which must be long enough."""


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
    jobs: int = 1,
) -> Report:
    """Validate a table that was read.

    `strict_validata` gives Validata's verdict and nothing of ours; `max_findings` are kept per (code, column). `jobs`:
    processes that may share the rows of a large file; the report is the same.
    """
    compiled = partial(
        Engine,
        schema,
        table.header,
        strict_validata=strict_validata,
        max_findings=max_findings,
        today=today or date.today(),  # noqa: DTZ011 - as above
    )
    engine = compiled()
    if jobs > 1 and isinstance(table, Table) and _is_large(table):
        from odl_host.pipeline.engine.parallel import can_fork, run_in_parts

        parts = table.cut(jobs) if can_fork() and engine.readable else []
        if parts:
            if run_in_parts(engine, table, parts):
                return engine.report()
            engine = compiled()
    engine.run(table.iter_batches())
    return engine.report()


def _is_large(table: Table) -> bool:
    return table.path.stat().st_size >= PARALLEL_FROM_BYTES


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
