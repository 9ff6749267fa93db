"""The command `validate`: check files without publishing anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.errors import ExitCode, UnreadableFile


@command(
    examples="""
    odl-host validate subventions-2025.xlsx
    odl-host validate fichier.csv --schema deliberations
    odl-host --json validate fichier.csv
    """
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--schema", "schema_name", metavar="NAME", help="The schema to check against.  [default: recognised]")
@pass_app
def validate(app: App, files: tuple[Path, ...], schema_name: str | None) -> int:
    """Check files against their schema and say, in French, what to correct.

    Exit code: 0 when every file is valid, 3 otherwise.
    """
    from odl_host.pipeline.examine import ExamineSettings, examine_file
    from odl_host.pipeline.reporting.document import as_json
    from odl_host.pipeline.reporting.terminal import render_text
    from odl_host.pipeline.run import read_limits
    from odl_host.schemas.registry import load_registry

    registry = load_registry(app.home.schema_cache)
    schema = registry.get_schema(schema_name) if schema_name else None
    settings = ExamineSettings(
        limits=read_limits(app.settings), max_findings=app.settings.max_findings, today=app.now().date()
    )
    examinations = [examine_file(path, registry, settings, schema=schema) for path in files]
    reports = [examination.report for examination in examinations if examination.report]
    for examination in examinations:
        if examination.report is None:  # an error of the disk or of ours, not of the file
            raise UnreadableFile(examination.detail, hint="Check the path and the rights on the file.")
    documents = [as_json(report) for report in reports]
    width = min(shutil.get_terminal_size().columns, 120)
    texts = [render_text(report, colour=app.out.colour, width=width) for report in reports]
    app.out.result(documents[0] if len(documents) == 1 else documents, "\n\n".join(texts))
    return ExitCode.OK if all(examination.outcome == "valid" for examination in examinations) else ExitCode.DATA
