"""Laying the reports of a run where people find them: one folder per member, one set of files per rejected file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.ckan import slug
from odl_host.errors import StorageError
from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.model import FileReport, file_report
from odl_host.pipeline.reporting.page import render_html

if TYPE_CHECKING:
    from odl_host.pipeline.plan import Step

NO_MEMBER_FOLDER = "sans-collectivite"


def report_of(step: Step, *, today: date) -> FileReport:
    """Return the report on a file that is not published, with its member's name."""
    member = step.source.member.title if step.source.member else ""
    outcome: Any = "rejected" if step.action == "reject" else "blocked"
    held = step.examination.report if step.examination else None
    if held is None:
        return file_report(step.source.name, outcome=outcome, reason=step.reason, member=member, today=today)
    return replace(held, file=step.source.name, outcome=outcome, member=member, reason=held.reason or step.reason)


def write_reports(step: Step, folder: Path, *, today: date) -> Path:
    """Write the page for the town hall and its JSON, and return the path of the page.

    :raises StorageError: the reports cannot be written.
    """
    report = report_of(step, today=today)
    page = _page_of(step, folder)
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        for path, text in (
            (page.with_suffix(".json"), json.dumps(as_json(report), ensure_ascii=False, indent=1)),
            (page, render_html(report)),
        ):
            part = path.with_name(f".{path.name}.part")
            part.write_text(text, encoding="utf-8")
            part.replace(path)
    except OSError as error:
        raise StorageError(f"The report {page} cannot be written: {error.strerror or error}.") from error
    return page


def remove_reports(step: Step, folder: Path) -> None:
    """Take away the reports of an earlier attempt: the file is published now."""
    page = _page_of(step, folder)
    for path in (page, page.with_suffix(".json")):
        path.unlink(missing_ok=True)


def _page_of(step: Step, folder: Path) -> Path:
    """Return where a file's page goes; two files of one member never share one: the extension is part of the name."""
    source = step.source
    place = folder / (source.member.name if source.member else NO_MEMBER_FOLDER)
    inner = source.relative.partition("/")[2] if source.member else source.relative
    return place / f"{slug(inner.replace('/', ' ').replace('.', ' ')) or 'fichier'}.html"
