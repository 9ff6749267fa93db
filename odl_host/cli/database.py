"""Commands on a tenant's database: `db check`, `db vacuum`, `db reindex`, `db migrate`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from odl_host.cli.app import App, Group, pass_app
from odl_host.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from odl_host.server.sites import Site
    from odl_host.tenants import Tenant


@click.group(cls=Group)
def db() -> None:
    """Check, shrink, reindex and migrate the database."""


@contextmanager
def _open(app: App) -> Iterator[Site]:
    from odl_host.wiring import open_site

    site = open_site(_embedded(app))
    try:
        yield site
    finally:
        site.close()


def _embedded(app: App) -> Tenant:
    tenant = app.tenant()
    if tenant.manifest.catalogue.kind != "embedded":
        raise UsageError(
            f"The catalogue of {tenant.name} is a CKAN elsewhere: its database is not here.",
            hint="Ask the one who administers that CKAN.",
        )
    return tenant


@db.command(
    "check",
    examples="""
    odl-host db check
    odl-host --json db check -t savoie
    """,
)
@pass_app
def check(app: App) -> ExitCode:
    """Say whether the catalogue is sound; changes nothing.

    Looks at the database itself, at what its rows say of each other, at every file and at the search index. Ends
    with 4 when something is wrong.
    """
    from odl_host.server.integrity import check_site

    with _open(app) as site:
        problems = check_site(site)
        document = {"database": site.db.label, "size_bytes": site.db.size_bytes(), "problems": problems}
    sound = app.out.words(f"{site.db.label} is sound.", f"{site.db.label} est en bon état.")
    app.out.result(document, "\n".join(problems) or sound)
    return ExitCode.CATALOGUE if problems else ExitCode.OK


@db.command("vacuum", examples="odl-host db vacuum")
@pass_app
def vacuum(app: App) -> None:
    """Give back the space of what was deleted; may run while the server does."""
    with _open(app) as site:
        before = site.db.size_bytes()
        site.db.vacuum()
        after = site.db.size_bytes()
        with site.db.reading() as reader:
            rows = site.rows.sweep(reader)
    document = {
        "database": site.db.label,
        "size_bytes_before": before,
        "size_bytes": after,
        "rows_bytes_given_back": rows,
    }
    app.out.result(document, f"{site.db.label}: {before / 1e6:.1f} MB → {after / 1e6:.1f} MB")


@db.command("reindex", examples="odl-host db reindex")
@pass_app
def reindex(app: App) -> None:
    """Build the search index anew from the database; the server goes on meanwhile."""
    import time

    with _open(app) as site:
        started = time.monotonic()
        count = site.index.rebuild()
        seconds = time.monotonic() - started
    document = {"datasets": count, "seconds": round(seconds, 2)}
    app.out.result(document, app.out.words(f"{count} datasets, {seconds:.1f} s", f"{count} jeux, {seconds:.1f} s"))


@db.command(
    "migrate",
    examples="""
    odl-host db migrate --dry-run
    odl-host db migrate
    """,
)
@click.option("--dry-run", is_flag=True, help="Show the steps; take none.")
@pass_app
def migrate(app: App, dry_run: bool) -> None:
    """Bring the database to what this version reads.

    Every command and the server do so when they open it; this one lets you choose the moment.
    """
    from odl_host.wiring import pending_migrations

    steps = pending_migrations(_embedded(app))
    if not dry_run:
        with _open(app):
            pass
    nothing = app.out.words("The database is up to date.", "La base est à jour.")
    app.out.result({"steps": steps, "dry_run": dry_run}, "\n".join(steps) or nothing)
