"""The gate as the examination of a file passes through it: the table, the sheets beside it, the author's name."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from odl_host.pipeline.privacy.model import CODE, PersonalData
from odl_host.pipeline.privacy.watch import PersonalDataWatch, kinds_of

if TYPE_CHECKING:
    from odl_host.pipeline.reading.read import ReadLimits, Table
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.registry import Schema

T = TypeVar("T")


def watch_table(
    table: Table, schema: Schema | None, write: Callable[[Iterable[list[list[str]]]], T] | None, *, max_findings: int
) -> tuple[T | None, PersonalDataWatch]:
    """Send the rows of a table to `write`, or nowhere, and return what it gave with the watch that saw them pass."""
    watch = PersonalDataWatch(table.header, schema, max_findings=max_findings)
    batches = watch.follow(table.iter_batches())
    if write is not None:
        return write(batches), watch
    deque(batches, maxlen=0)
    return None, watch


def watch_beside(watch: PersonalDataWatch, path: Path, table: Table, limits: ReadLimits) -> None:
    """Look at what a file holds beside its table: the received file is published as well.

    :raises RefusedFile: the file changed meanwhile. :raises OSError: it cannot be read
    """
    for row in table.iter_above():
        watch.note_all(row, "lignes au-dessus du tableau")
    watch.note_all(table.header, "en-tête du tableau")
    if table.format == "html":
        _note_lines(watch, path, "page autour du tableau")
    if table.sheet is not None:
        from odl_host.pipeline.privacy.workbook import find_beside

        for kind, place, text in find_beside(path, table.sheet, limits):
            watch.note(kind, place, text)


TEXTS = frozenset({".csv", ".tsv", ".txt", ".json", ".geojson", ".gpx", ".kml", ".gml", ".ics"})
WORKBOOKS = frozenset({".xlsx", ".xls", ".ods"})
_LONGEST_LINE = 1 << 20


def find_in_opaque(path: Path, limits: ReadLimits, *, max_findings: int) -> PersonalData:
    """Look at a file that is published as it is: tables by their columns, other texts line by line.

    Pictures, PDF, archives and databases are not opened: who describes them in a sidecar answers for them.

    :raises OSError: the file cannot be read
    """
    ending = path.suffix.lower()
    if ending in WORKBOOKS | {".csv", ".tsv"}:
        from odl_host.pipeline.reading.read import RefusedFile, read_table

        try:
            table = read_table(path, limits=limits)
            _, watch = watch_table(table, None, None, max_findings=max_findings)
            watch_beside(watch, path, table, limits)
        except RefusedFile:
            return (
                _find_in_sheets(path, limits, max_findings)
                if ending in WORKBOOKS
                else _find_in_lines(path, max_findings)
            )
        return watch.found()
    return _find_in_lines(path, max_findings) if ending in TEXTS else PersonalData()


def _find_in_sheets(path: Path, limits: ReadLimits, max_findings: int) -> PersonalData:
    """Look at all the sheets of a workbook in which no table was found."""
    from odl_host.pipeline.privacy.workbook import find_beside

    watch = PersonalDataWatch([], None, max_findings=max_findings)
    for kind, place, text in find_beside(path, None, limits):
        watch.note(kind, place, text)
    return watch.found()


def _find_in_lines(path: Path, max_findings: int) -> PersonalData:
    watch = PersonalDataWatch([], None, max_findings=max_findings)
    _note_lines(watch, path, "texte du fichier")
    return watch.found()


def _note_lines(watch: PersonalDataWatch, path: Path, place: str) -> None:
    with path.open(encoding="utf-8", errors="replace") as file:
        while line := file.readline(_LONGEST_LINE):
            for kind, what in kinds_of(line):
                watch.note(kind, place, what)


def with_personal_data(report: FileReport, personal: PersonalData) -> FileReport:
    """Return the report with what the gate found among its warnings."""
    if not personal:
        return report
    counts = dict(report.counts)
    for (_, column), count in personal.counts.items():
        counts[(CODE, column)] = counts.get((CODE, column), 0) + count
    return report._replace(
        findings=(*report.findings, *personal.findings),
        counts=counts,
        warnings_total=report.warnings_total + sum(personal.counts.values()),
    )
