"""The command `validate`: check files without publishing anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.cli.plain import Declaration, Option
from odl_host.errors import ExitCode, Interrupted, StorageError, UnreadableFile, UsageError

if TYPE_CHECKING:
    import click

    from odl_host.cli.call import App
    from odl_host.cli.inputs import Input
    from odl_host.pipeline.examining.examine import Examination, ExamineSettings
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.registry import Registry, Schema

POOL_THRESHOLD_FILES = 16
"""Files from which starting processes pays."""
_ONE_FILE = frozenset({"html", "xlsx"})
"""The formats that hold one file."""


def complete_schema(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """Return the names of schemas that begin so, for the shell; files where there is none."""
    from click.shell_completion import CompletionItem

    from odl_host.cli.schema import complete_name

    return complete_name(ctx, param, incomplete) or [CompletionItem(incomplete, type="file")]


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:  # unlike a run, nothing is taken up again
        if sys.stderr.isatty():
            sys.stderr.write("\n")  # the terminal has drawn ^C
        stopped = "No report was given: stopped before the end."
        raise Interrupted(stopped, hint="Run the same command again.") from None


@_interruptible()
def _validate(
    app: App,
    files: tuple[str, ...],
    schema_name: str | None,
    strict_validata: bool,
    no_repair: bool,
    jobs: int | None,
    shape: str,
    folder: Path | None,
    fail_on: str,
) -> int:
    """Check files against their schema and say, in French, what to correct.

    Exit code: 0 when every file is valid, 3 otherwise.
    """
    from odl_host.cli.inputs import list_inputs
    from odl_host.pipeline.examining.examine import ExamineSettings
    from odl_host.pipeline.reading.limits import read_limits
    from odl_host.schemas.registry import load_registry

    if app.out.as_json:
        shape = "json"
    registry = load_registry(app.home.schema_cache)
    jobs = jobs or app.settings.jobs or os.cpu_count() or 1
    settings = ExamineSettings(
        limits=read_limits(app.settings),
        max_findings=app.settings.max_findings,
        today=app.now().date(),
        strict_validata=strict_validata,
        repair=not (no_repair or strict_validata),
        identify=False,
        jobs=jobs,
        health=shape == "html" or folder is not None,
    )
    schema = _find_schema(registry, schema_name) if schema_name else None
    with ExitStack() as stack, app.out.progress("validate") as progress:
        inputs = list_inputs(files, stack, limit_bytes=settings.limits.max_bytes, reports=folder)
        if len(inputs) == 1 and inputs[0].error is not None:
            raise inputs[0].error
        if len(inputs) > 1 and shape in _ONE_FILE:
            raise UsageError(f"--format {shape} shows one file.", hint="For several files, give: --report DIR")
        reports: list[FileReport] = []
        with closing(_report(inputs, registry, settings, schema, app)) as given:
            for done, report in enumerate(given, start=1):
                progress.update(done, len(inputs))
                reports.append(report)
        if shape == "xlsx":
            _print_workbook(inputs[0], reports[0])
        pages, unwritten = _write_reports(inputs, reports, folder, jobs) if folder is not None else ({}, [])
    failing = [
        place
        for place, report in enumerate(reports)
        if not report.good or (fail_on == "warning" and report.warnings_total)
    ]
    if shape != "xlsx":
        _print(app, reports, shape, pages, range(len(reports)) if app.out.verbosity >= 0 else failing)
    if unwritten:
        hint = f"Check the free space and the rights on {folder}, then run the same command again."
        raise StorageError(f"The report on {unwritten[0][0]} was not written. {unwritten[0][1]}", hint=hint)
    return ExitCode.DATA if failing else ExitCode.OK


def _report(
    inputs: Sequence[Input], registry: Registry, settings: ExamineSettings, schema: Schema | None, app: App
) -> Generator[FileReport, None, None]:
    """Give the report on each input, in order; one that cannot be had or read has one too."""
    from odl_host.pipeline.reporting.model import file_report

    # Closed by name: where Python closes what is forgotten, a Ctrl-C is no more than a traceback.
    with closing(_examine([one.path for one in inputs if one.error is None], registry, settings, schema, app)) as found:
        for one in inputs:
            if one.error is not None:
                from odl_host.cli.french import in_french

                reason = f"{in_french(one.error.message)} {in_french(one.error.hint)}"
                yield file_report(one.name, reason=reason, today=settings.today)
                continue
            examination = next(found)
            if examination.report is None and len(inputs) == 1:  # an error of the disk or of ours, not of the file
                raise UnreadableFile(examination.detail, hint="Check the path and the rights on the file.")
            report = examination.report or file_report(one.name, reason=examination.detail, today=settings.today)
            yield report._replace(file=one.name)


def _examine(
    paths: Sequence[Path], registry: Registry, settings: ExamineSettings, schema: Schema | None, app: App
) -> Generator[Examination, None, None]:
    from odl_host.pipeline.examining.examine import Task, examine_file, examine_isolated

    if len(paths) == 1:  # what nobody foresaw is for --debug to show
        yield examine_file(paths[0], registry, settings, schema=schema)
        return
    if settings.jobs == 1 or len(paths) < POOL_THRESHOLD_FILES:
        yield from (examine_isolated(Task(path), registry, settings, schema=schema) for path in paths)
        return
    from odl_host.pipeline.examining.many import examine_all

    alone = settings._replace(jobs=1)
    yield from examine_all(
        [Task(path) for path in paths], alone, cache=app.home.schema_cache, jobs=settings.jobs, schema=schema
    )


def _write_reports(
    inputs: Sequence[Input], reports: Sequence[FileReport], folder: Path, jobs: int
) -> tuple[dict[int, Path], list[tuple[str, str]]]:
    """Write the reports of the files that are not good, or could be better.

    Return their pages, by the file's place among the inputs, and the files without one with what went wrong.
    """
    from odl_host.pipeline.reporting.verdict import warnings_to_read
    from odl_host.pipeline.runs.reports import write_file_reports

    wrong = {
        place: (one.path, report, one.folder)
        for place, (one, report) in enumerate(zip(inputs, reports, strict=True))
        if not report.good or warnings_to_read(report)
    }
    if not wrong:
        return {}, []
    written = dict(zip(wrong, write_file_reports(list(wrong.values()), folder, jobs=jobs), strict=True))
    pages = {place: page for place, (page, problem) in written.items() if not problem}
    return pages, [(inputs[place].name, problem) for place, (_, problem) in written.items() if problem]


def _print_workbook(one: Input, report: FileReport) -> None:
    """Write the file as a workbook with its wrong cells marked on standard output."""
    import tempfile

    from odl_host.pipeline.reporting.workbook import write_corrections_workbook

    if sys.stdout.isatty():
        raise UsageError("A workbook is nothing for a terminal.", hint="Send it to a file: > a-corriger.xlsx")
    if report.outcome == "blocked":
        raise UnreadableFile(report.reason, hint="Give its schema: --schema NAME")
    with tempfile.TemporaryDirectory(prefix="odl-host-") as folder:
        target = Path(folder) / "a-corriger.xlsx"
        write_corrections_workbook(one.path, None, report, target)
        sys.stdout.buffer.write(target.read_bytes())
        sys.stdout.buffer.flush()


def _find_schema(registry: Registry, name: str) -> Schema:
    """Return a schema by its name, or from a descriptor's file or address."""
    from odl_host.cli.inputs import is_address

    if is_address(name) or name.endswith((".json", ".yml", ".yaml")) or Path(name).is_file():
        from odl_host.schemas.sync import load_descriptor

        return load_descriptor(name)
    return registry.get_schema(name)


def _print(app: App, reports: list[FileReport], shape: str, pages: dict[int, Path], shown: Sequence[int]) -> None:
    """Print the reports; `pages`: where the page of a report was written, by its place. `shown`: those told as text."""
    value: object = None
    text = ""
    if shape == "json":
        from odl_host.pipeline.reporting.document import as_json

        app.out.as_json = True
        documents = [as_json(report) for report in reports]
        for place, page in pages.items():
            documents[place]["report"] = str(page)
        value = documents[0] if len(documents) == 1 else documents
    elif shape == "html":
        from odl_host.pipeline.reporting.page import render_html

        text = render_html(reports[0])
    elif shape == "csv":
        from odl_host.pipeline.reporting.listing import render_csv

        text = render_csv(reports).rstrip("\r\n")
    else:
        from odl_host.pipeline.reporting.terminal import render_text
        from odl_host.pipeline.reporting.verdict import summary

        several = len(reports) > 1  # two folders may hold files of one name
        texts = [
            render_text(
                reports[place], colour=app.out.colour, width=app.out.width, name=reports[place].file if several else ""
            )
            + (f"\n\n  → {pages[place]}" if place in pages else "")
            for place in shown
        ]
        text = "\n\n".join([*texts, summary(reports)] if several and shown else texts)
    app.out.result(value, text)


validate = Declaration(
    run=_validate,
    argument="files",
    metavar="FILE | DIR | URL | -...",
    options=(
        Option(
            ("--schema",), "schema_name", str, "What to check against.  [default: recognised]", "NAME | FILE | URL",
            complete=complete_schema,
        ),
        Option(
            ("--strict-validata",), "strict_validata", bool,
            "Give exactly Validata's verdict: no repair, no check of ours.", default=False,
        ),
        Option(("--no-repair",), "no_repair", bool, "Judge the files as they are.", default=False),
        Option(("--jobs",), "jobs", range(1, 257), "Processes at most.  [default: setting jobs]"),
        Option(("--format",), "shape", ("text", "json", "html", "csv", "xlsx"), "What is printed.", default="text"),
        Option(("--report",), "folder", Path, "Write the reports of files to correct there."),
        Option(("--fail-on",), "fail_on", ("error", "warning"), "What makes the exit code 3.", default="error"),
    ),
    examples="""
    odl-host validate subventions-2025.xlsx
    odl-host validate fichier.csv --schema deliberations
    odl-host validate depot/ --report rapports/
    odl-host validate https://exemple.fr/donnees.csv
    odl-host validate fichier.csv --format xlsx > a-corriger.xlsx
    cat fichier.csv | odl-host --json validate -
    """,
)  # fmt: skip
