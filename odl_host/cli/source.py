"""Commands on deposits that lie elsewhere: `source check`."""

from __future__ import annotations

from typing import Any

import click

from odl_host.cli.app import App, Group, pass_app
from odl_host.cli.labels import titles
from odl_host.cli.output import table
from odl_host.errors import ExitCode


@click.group(cls=Group)
def source() -> None:
    """Look at deposits that lie elsewhere (S3, SFTP, lists)."""


@source.command(
    "check",
    examples="""
    odl-host source check
    odl-host source check s3://depots-savoie/2025
    odl-host --json source check -t savoie
    """,
)
@click.argument("address", required=False, default="")
@pass_app
def check(app: App, address: str) -> int:
    """Say of each source whether it can be listed, and how many files it holds.

    Fetches nothing and writes nothing. Ends with the exit code of the first source that cannot be listed.
    """
    from odl_host.pipeline.sources.checking import check_source
    from odl_host.pipeline.sources.gather import list_addresses

    checks = [check_source(one) for one in list_addresses(app.tenant(), address)]
    value: dict[str, Any] = {"sources": [one.as_json() for one in checks]}
    rows = [
        [one.address.url, one.address.member, str(one.files), f"{one.size_bytes / 1e6:.1f} MB"]
        if one.error is None
        else [one.address.url, one.address.member, "-", one.error.message]
        for one in checks
    ]
    nothing = app.out.words(
        "This tenant has no source elsewhere: its deposit is a folder.",
        "Ce portail n’a pas de source ailleurs : son dépôt est un dossier.",
    )
    app.out.result(value, table(rows, header=titles(app, ["source", "member", "files", "size"])) if rows else nothing)
    for one in checks:
        if one.error is not None:
            app.out.note(f"  → {one.address.shown}: {one.error.hint}")
    return next((int(one.error.exit_code) for one in checks if one.error is not None), int(ExitCode.OK))
