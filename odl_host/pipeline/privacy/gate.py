"""The gate as the examination of a file passes through it: the table, the sheets beside it, the author's name."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from odl_host.pipeline.privacy.model import CODE, PersonalData
from odl_host.pipeline.privacy.watch import PersonalDataWatch

if TYPE_CHECKING:
    from odl_host.pipeline.read import ReadLimits, Table
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.registry import Schema

T = TypeVar("T")


def watch_table(
    table: Table, schema: Schema | None, write: Callable[[Iterable[list[str]]], T] | None, *, max_findings: int
) -> tuple[T | None, PersonalDataWatch]:
    """Send the rows of a table to `write`, or nowhere, and return what it gave with the watch that saw them pass."""
    watch = PersonalDataWatch(table.header, schema, max_findings=max_findings)
    rows = watch.follow(table.iter_rows())
    if write is not None:
        return write(rows), watch
    deque(rows, maxlen=0)
    return None, watch


def watch_workbook(watch: PersonalDataWatch, path: Path, table: Table, limits: ReadLimits) -> None:
    """Look at what a workbook holds beside its table: the received file is published as well."""
    if table.sheet is not None:
        from odl_host.pipeline.privacy.workbook import find_beside

        for kind, place, text in find_beside(path, table.sheet, limits):
            watch.note(kind, place, text)


def with_personal_data(report: FileReport, personal: PersonalData) -> FileReport:
    """Return the report with what the gate found among its warnings."""
    if not personal:
        return report
    counts = dict(report.counts)
    for (_, column), count in personal.counts.items():
        counts[(CODE, column)] = counts.get((CODE, column), 0) + count
    return dataclasses.replace(
        report,
        findings=(*report.findings, *personal.findings),
        counts=counts,
        warnings_total=report.warnings_total + sum(personal.counts.values()),
    )
