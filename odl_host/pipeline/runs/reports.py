"""Laying the reports of a run where people find them: one folder per member, one set of files per file to correct.

A file that is published though something in it could be better has its report too; it stays as long as that content is
online.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host import __version__
from odl_host.ckan import slug
from odl_host.errors import DataError, StorageError
from odl_host.pipeline.reporting.attempts import compare_attempts
from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.listing import render_csv
from odl_host.pipeline.reporting.model import FileReport, file_report
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.verdict import is_shifted, warnings_to_read
from odl_host.storage.atomic import write_atomically

if TYPE_CHECKING:
    from odl_host.pipeline.plans.plan import Step

LISTING_NAME = "a-corriger.csv"
NO_MEMBER_FOLDER = "sans-collectivite"
_WRONG = frozenset({"rejected", "invalid"})
_SENT = frozenset({"create", "update"})


def report_of(step: Step, *, today: date) -> FileReport:
    """Return the report on a file, with its member's name: one that is published, or that is not and why."""
    member = step.source.member.title if step.source.member else ""
    outcome: Any = "rejected" if step.action == "reject" else "blocked"
    examination = step.examination
    told = examination.report if examination else None
    is_held = outcome == "blocked" and not (examination and examination.outcome == "blocked")
    if told is None:
        report = file_report(step.source.name, outcome=outcome, reason=step.reason, member=member, today=today)
        return report._replace(held=is_held)
    if step.action in _SENT:
        return told._replace(file=step.source.name, outcome="published", member=member)
    reason = told.reason or step.reason
    return told._replace(file=step.source.name, outcome=outcome, member=member, reason=reason, held=is_held)


def can_be_better(step: Step) -> bool:
    """Tell whether a file that is sent has something worth a look."""
    report = step.examination.report if step.examination else None
    return step.action in _SENT and report is not None and warnings_to_read(report) > 0


# Below this many cells to mark in all, starting processes costs more than it saves.
POOL_THRESHOLD_CELLS = 150_000


def write_all_reports(
    steps: Sequence[Step], folder: Path, *, today: date, jobs: int
) -> Iterator[tuple[Step, Path | None, str]]:
    """Write the reports of files; give each step, its page, and what went wrong.

    Beside a page lie its JSON and, where cells are wrong or worth a look, the file as a workbook that marks them. The
    report of a file that did not change since the last attempt, nor how it ended and why, stays as it is. One that
    cannot be written (page None) stops none of the others. `jobs`: processes; 0 takes one per processor.
    """
    tasks = [_task(step, folder, today) for step in steps]
    for step, task, problem in zip(steps, tasks, _write_all(tasks, jobs), strict=True):
        yield step, None if problem else task.page, problem


def write_file_reports(
    files: Sequence[tuple[Path, FileReport, Path]], folder: Path, *, jobs: int
) -> list[tuple[Path, str]]:
    """Write the reports of files that were only checked, under their own names, each below the folder that it names.

    Return the page of each and what went wrong. `jobs`: processes; 0 takes one per processor. A report that cannot be
    written stops none of the others.
    """
    tasks = []
    for path, report, inner in files:
        below = folder.joinpath(*(slug(part) or "dossier" for part in inner.parts))
        tasks.append(_Task(path, report, below / _page_name(report.file if report.file != "-" else path.name), ""))
    return [(task.page, problem) for task, problem in zip(tasks, _write_all(tasks, jobs), strict=True)]


def _write_all(tasks: Sequence[_Task], jobs: int) -> Iterable[str]:
    """Write reports, in several processes when it is worth starting them; give what went wrong with each."""
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(tasks) == 1 or sum(map(_cells, tasks)) < POOL_THRESHOLD_CELLS:
        return map(_write_isolated, tasks)
    from odl_host.pipeline.processes.pool import map_in_processes

    return map_in_processes(_write_isolated, tasks, _ended_abruptly, jobs=jobs, start=_no_preparation, chunk=1)


@dataclass(frozen=True, slots=True)
class _Task:
    """The report of one file, and where it goes."""

    source: Path
    report: FileReport
    page: Path
    sha256: str


def _task(step: Step, folder: Path, today: date) -> _Task:
    sha256 = step.examination.sha256 if step.examination else ""
    return _Task(step.source.path, report_of(step, today=today), _page_of(step, folder), sha256)


def _cells(task: _Task) -> int:
    """Return how many cells the report's workbook has."""
    return (task.report.rows or 0) * len(task.report.header) if _is_marked(task.report) else 0


def _is_marked(report: FileReport) -> bool:
    """Tell whether the file is given back with cells marked; where all of them are displaced, marks would mislead."""
    return (report.outcome in _WRONG or (report.good and warnings_to_read(report) > 0)) and not is_shifted(report)


def _write_isolated(task: _Task) -> str:
    """Write the report of one file, and return what went wrong, "" when nothing did."""
    try:
        report = task.report
        previous = _read_previous(task.page.with_suffix(".json"))
        told = tuple(previous.get(key) for key in ("sha256", "outcome", "reason", "made_by"))
        now = (task.sha256, report.outcome, report.reason or None, __version__)
        if task.sha256 and told == now and task.page.is_file():
            return ""
        if report.outcome in _WRONG:
            report = report._replace(comparison=compare_attempts(previous, report))
        _write_faces(task.source, report, task.page, task.sha256)
    except Exception as error:  # noqa: BLE001 - whatever a library makes of one odd file, the run goes on
        return f"{error}" or type(error).__name__
    return ""


def _no_preparation() -> None:
    """Begin a process that needs nothing but its tasks."""


def _ended_abruptly(_task: _Task) -> str:
    return "the process that wrote it ended abruptly"


def write_listing(steps: Iterable[Step], folder: Path, *, today: date) -> None:
    """Write every finding of a run, file by file, as one CSV for the operator; none when nothing is to be corrected.

    :raises StorageError: it cannot be written.
    """
    reports = [report_of(step, today=today) for step in steps if not step.decided]
    if reports:
        _write(folder / LISTING_NAME, render_csv(reports).encode())
        return
    try:
        (folder / LISTING_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{folder / LISTING_NAME} cannot be removed: {error.strerror or error}.") from error


class EarlierReports:
    """The reports of earlier attempts, listed once: on most nights there are few, and files in thousands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, frozenset[str]] = {}

    def remove(self, step: Step) -> str:
        """Take away the reports on a file that is published now; return what went wrong, "" when nothing did.

        One that says how what is online could be better stays.
        """
        owner = _owner_of(step)
        if owner not in self._names:
            self._names[owner] = _names_in(self._folder / owner)
        names = self._names[owner]
        if not names:
            return ""
        page = _page_of(step, self._folder)
        if page.name in names and _is_of_published(step, _read_previous(page.with_suffix(".json"))):
            return ""
        try:
            for suffix in (".html", ".json", ".xlsx"):
                if (path := page.with_suffix(suffix)).name in names:
                    path.unlink(missing_ok=True)
        except OSError as error:
            return f"The report {page} on what was corrected cannot be removed: {error.strerror or error}."
        return ""


def _is_of_published(step: Step, document: Mapping[str, Any]) -> bool:
    told = document.get("outcome"), document.get("sha256")
    return step.action != "remove" and told == ("published", step.sha256)


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except OSError:  # nothing was ever written there
        return frozenset()


def _write_faces(path: Path, report: FileReport, page: Path, sha256: str) -> None:
    document = {"sha256": sha256, "made_by": __version__, **as_json(report)}
    _write(page.with_suffix(".json"), json.dumps(document, ensure_ascii=False, indent=1).encode())
    workbook = _write_workbook(path, report, page) if _is_marked(report) else ""
    _write(page, render_html(report, copy=workbook).encode())


def _write_workbook(path: Path, report: FileReport, page: Path) -> str:
    """Write the corrections workbook and return its name, or "" when the file cannot be given back as one."""
    from odl_host.pipeline.reporting.workbook import write_corrections_workbook

    target = page.with_suffix(".xlsx")
    try:
        write_corrections_workbook(path, None, report, target)
    except DataError:  # the file changed since it was read: the next run writes a report on the new one
        return ""
    return target.name


def _read_previous(path: Path) -> dict[str, Any]:
    """Return the JSON of the last attempt, or an empty document when there is none that can be read."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _write(path: Path, content: bytes) -> None:
    write_atomically(path, content, refusal=f"The report {path} cannot be written")


def _page_of(step: Step, folder: Path) -> Path:
    source = step.source
    inner = source.relative.partition("/")[2] if source.member else source.relative
    return folder / _owner_of(step) / _page_name(inner)


def _owner_of(step: Step) -> str:
    """Return the name of the folder of a file's reports."""
    return step.source.member.name if step.source.member else NO_MEMBER_FOLDER


def names_of_reports(names: Collection[str]) -> set[str]:
    """Return those of the names of a folder's files that belong to reports: a page, its JSON, its workbook."""
    stems = {name.removesuffix(".html") for name in names if re.fullmatch(_PAGE_NAME, name)}
    return {name for name in names if name.rpartition(".")[0] in stems and f"{name.rpartition('.')[0]}.json" in names}


_PAGE_NAME = r"[a-z0-9-]+-[0-9a-f]{6}\.html"


def _page_name(path: str) -> str:
    """Return the name of a file's page; the digits tell apart paths that read alike once folded."""
    digits = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return f"{slug(path.rpartition('/')[2].replace('.', ' '), max_length=60) or 'fichier'}-{digits}.html"
