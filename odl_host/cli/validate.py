"""The command `validate`: check files without publishing anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.errors import ExitCode, UnreadableFile, UsageError

if TYPE_CHECKING:
    from odl_host.pipeline.examine import Examination, ExamineSettings
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.registry import Registry, Schema

POOL_THRESHOLD_FILES = 16
"""Files from which starting processes pays."""


@command(
    examples="""
    odl-host validate subventions-2025.xlsx
    odl-host validate fichier.csv --schema deliberations
    odl-host validate depot/ --report rapports/
    odl-host validate https://exemple.fr/donnees.csv
    cat fichier.csv | odl-host --json validate -
    """
)
@click.argument("files", nargs=-1, required=True, metavar="FILE | DIR | URL | -...")
@click.option(
    "--schema", "schema_name", metavar="NAME | FILE | URL", help="What to check against.  [default: recognised]"
)
@click.option("--strict-validata", is_flag=True, help="Give exactly Validata's verdict: no repair, no check of ours.")
@click.option("--no-repair", is_flag=True, help="Judge the files as they are.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes at most.  [default: setting jobs]")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "html", "csv"]), default="text", help="What is printed."
)
@click.option("--report", "folder", type=click.Path(path_type=Path), help="Write the reports of wrong files there.")
@click.option("--fail-on", type=click.Choice(["error", "warning"]), default="error", help="What makes the exit code 3.")
@pass_app
def validate(
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
    from odl_host.pipeline.examine import ExamineSettings
    from odl_host.pipeline.reading.limits import read_limits
    from odl_host.pipeline.reporting.model import file_report
    from odl_host.schemas.registry import load_registry

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
    )
    schema = _find_schema(registry, schema_name) if schema_name else None
    with ExitStack() as stack, app.out.progress("validate") as progress:
        named = list(_paths(files, stack, limit_bytes=settings.limits.max_bytes))
        reports = []
        for done, (name, examination) in enumerate(_examine(named, registry, settings, schema, jobs), start=1):
            progress.update(done, len(named))
            report = examination.report
            if report is None and len(named) == 1:  # an error of the disk or of ours, not of the file
                raise UnreadableFile(examination.detail, hint="Check the path and the rights on the file.")
            if report is None:
                report = file_report(name, reason=examination.detail, today=settings.today)
            reports.append(_renamed(report, name))
            if folder is not None and not reports[-1].good:
                _write_reports(examination, reports[-1], folder)
    _print(app, reports, shape)
    wrong = any(not report.good or (fail_on == "warning" and report.warnings_total) for report in reports)
    return ExitCode.DATA if wrong else ExitCode.OK


def _find_schema(registry: Registry, name: str) -> Schema:
    """Return a schema by its name, or from a descriptor's file or address."""
    if name.startswith(("http://", "https://")) or name.endswith((".json", ".yml", ".yaml")) or Path(name).is_file():
        from odl_host.schemas.sync import load_descriptor

        return load_descriptor(name)
    return registry.get_schema(name)


def _paths(arguments: Iterable[str], stack: ExitStack, *, limit_bytes: int) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of each file that the arguments mean; what is fetched lives as long as `stack`."""
    for argument in arguments:
        path = Path(argument)
        if argument == "-":
            from odl_host.cli import inputs

            yield "-", inputs.keep_stdin(stack)
        elif argument.startswith(("http://", "https://")):
            from odl_host.cli import inputs

            yield argument, inputs.fetch(argument, stack, limit_bytes=limit_bytes)
        elif path.is_dir():
            from odl_host.pipeline.discover import is_ignored

            below = [file for file in sorted(path.rglob("*")) if file.is_file()]
            found = [file for file in below if not any(map(is_ignored, file.relative_to(path).parts))]
            if not found:
                raise UsageError(f"The folder {path} holds no file.", hint="Give a folder that holds tables.")
            yield from ((str(file), file) for file in found)
        elif not path.exists() and any(sign in argument for sign in "*?["):
            import glob

            found_paths = map(Path, glob.glob(argument, recursive=True))  # noqa: PTH207 - patterns may be absolute
            expanded = sorted(file for file in found_paths if file.is_file())
            if not expanded:
                raise UsageError(f"No file answers to {argument}.", hint="Check the pattern.")
            yield from ((str(file), file) for file in expanded)
        else:
            yield argument, path


def _examine(
    named: list[tuple[str, Path]], registry: Registry, settings: ExamineSettings, schema: Schema | None, jobs: int
) -> Iterator[tuple[str, Examination]]:
    from odl_host.pipeline.examine import examine_file

    if jobs == 1 or len(named) < POOL_THRESHOLD_FILES:
        for name, path in named:
            yield name, examine_file(path, registry, settings, schema=schema)
        return
    import functools
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from dataclasses import replace

    settings = replace(settings, jobs=1)
    examine = functools.partial(examine_file, registry=registry, settings=settings, schema=schema)
    with ProcessPoolExecutor(min(jobs, len(named)), mp_context=multiprocessing.get_context("forkserver")) as pool:
        examinations = pool.map(examine, [path for _, path in named], chunksize=8)
        yield from ((name, examination) for (name, _), examination in zip(named, examinations, strict=True))


def _renamed(report: FileReport, name: str) -> FileReport:
    from dataclasses import replace

    return replace(report, file=name)


def _write_reports(examination: Examination, report: FileReport, folder: Path) -> None:
    from odl_host.pipeline.reports import write_file_reports

    write_file_reports(examination.path, report, folder)


def _print(app: App, reports: list[FileReport], shape: str) -> None:
    value: object = None
    text = ""
    if app.out.as_json or shape == "json":
        from odl_host.pipeline.reporting.document import as_json

        app.out.as_json = True
        documents = [as_json(report) for report in reports]
        value = documents[0] if len(documents) == 1 else documents
    elif shape == "html":
        from odl_host.pipeline.reporting.page import render_html

        text = "\n".join(render_html(report) for report in reports)
    elif shape == "csv":
        from odl_host.pipeline.reporting.listing import render_csv

        text = render_csv(reports).rstrip("\r\n")
    else:
        from odl_host.pipeline.reporting.terminal import render_text

        text = "\n\n".join(
            render_text(report, colour=app.out.colour, width=app.out.width).rstrip() for report in reports
        )
    app.out.result(value, text)
