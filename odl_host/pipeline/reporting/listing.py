"""The findings of many files as one CSV, for the person who accompanies the town halls: a line per finding.

Spreadsheets open it: UTF-8 with a byte order mark and `;`. A text that a spreadsheet would run as a formula is escaped
with an apostrophe. Source: OWASP, "CSV Injection", read 2026-11-23.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport

HEADER = ("fichier", "collectivite", "schema", "ligne", "colonne", "contenu", "probleme", "correction", "gravite")
_SEVERITIES = {"error": "erreur", "warning": "avertissement"}


def render_csv(reports: Iterable[FileReport]) -> str:
    """Return the CSV of all findings kept, byte order mark included; a file that was not judged has one line too."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for report in reports:
        schema = f"{report.schema.name}@{report.schema.version}" if report.schema else ""
        whole = (report.file, report.member, schema)
        if report.reason:
            writer.writerow(map(harmless, (*whole, "", "", "", report.reason, "", "bloqué")))
        for one in report.findings:
            line = report.line_of(one)
            cells = (
                *whole,
                "" if line is None else str(line),
                one.column or "",
                one.cell or "",
                *report.sentences(one),
                _SEVERITIES[one.severity],
            )
            writer.writerow(map(harmless, cells))
    return text.getvalue()


def harmless(text: str) -> str:
    """Escape a text that a spreadsheet would take for a formula.

    >>> harmless("=1+1"), harmless(" @SUM(A1)"), harmless("Chambéry")
    ("'=1+1", "' @SUM(A1)", 'Chambéry')
    """
    return f"'{text}" if text.lstrip(" \u00a0\u202f")[:1] in tuple("=+-@\t\r\n|") else text
