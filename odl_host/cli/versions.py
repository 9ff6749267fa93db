"""Commands on what was published before: `history`, `rollback`, `gc`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.labels import titles
from odl_host.cli.output import table
from odl_host.errors import ExitCode, PlanMoved, UsageError

if TYPE_CHECKING:
    from odl_host.catalogue.shelf import Shelf
    from odl_host.tenants import Tenant


@command(
    examples="""
    odl-host history chambery-subventions
    odl-host --json history 1f0c8a52-…
    """
)
@click.argument("reference", metavar="DATASET | RESOURCE")
@pass_app
def history(app: App, reference: str) -> ExitCode:
    """List the versions of a dataset's files, with the address of each."""
    from odl_host.catalogue.versions import list_versions
    from odl_host.pipeline.deciding.takedown import find_target
    from odl_host.wiring import open_catalogue

    with open_catalogue(app.tenant(), app.settings) as catalogue:
        target = find_target(catalogue, reference)
        files: list[dict[str, Any]] = [
            {"resource_id": one["id"], "name": one.get("name"), "versions": list_versions(catalogue, one["id"])}
            for one in target.resources
        ]
    lines = [
        [
            file["name"] if number == 0 else "",
            f"{version['version']}{'*' if version['is_current'] else ''}",
            str(version["created"])[:16].replace("T", " "),
            str(version["rows"] or ""),
            version["url"] or app.out.words("kept, not online", "gardée, hors ligne"),
        ]
        for file in files
        for number, version in enumerate(reversed(file["versions"]))
    ]
    nothing = app.out.words("No version is kept.", "Aucune version n’est gardée.")
    text = table(lines, header=titles(app, ["file", "version", "since (UTC)", "rows", "address"])) if lines else nothing
    app.out.result({"dataset": target.dataset["name"], "files": files}, text)
    return ExitCode.OK


@command(
    examples="""
    odl-host rollback last --dry-run
    odl-host rollback 20261123T023000Z-1a2b --reason "export faux" --yes
    odl-host rollback chambery-subventions --to 3 --yes
    """
)
@click.argument("reference", metavar="RUN | DATASET | RESOURCE")
@click.option("--to", "version", type=click.IntRange(1), help="The version to go back to.  [default: the one before]")
@click.option("--reason", default="retour à la version précédente", help="Why; kept with who and when.")
@click.option("--by", default="", help="Who decides.  [default: the user of this machine]")
@click.option("--dry-run", is_flag=True, help="Show what would go back, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def rollback(app: App, reference: str, version: int | None, reason: str, by: str, dry_run: bool, yes: bool) -> ExitCode:
    """Take back a whole run, or the last version of a dataset's files.

    What is taken back is not published again: the file in the deposit waits until a corrected one is there, or until
    `quarantine withdraw`. Ids and addresses stay.
    """
    from odl_host.config import operator_name
    from odl_host.pipeline.deciding.rollback import Return, apply_returns, plan_reference, plan_run
    from odl_host.pipeline.records.decisions import Decisions
    from odl_host.pipeline.records.journal import list_runs
    from odl_host.pipeline.records.lock import hold_lock
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    runs = tenant.data / "runs"
    names = list_runs(runs)
    if reference == "last" and names:
        reference = names[0]
    is_run = reference in names
    if is_run and version is not None:
        raise UsageError("--to goes with a dataset or a file, not with a run.")
    with open_catalogue(tenant, app.settings) as catalogue:

        def make_plan(decisions: Decisions) -> list[Return]:
            if is_run:
                return plan_run(catalogue, runs, reference, decisions)
            return plan_reference(catalogue, reference, version, decisions)

        plan = make_plan(Decisions.load(tenant.decisions))
        moving = [one for one in plan if one.action != "keep"]
        shown = _plan_text(app, plan)
        if dry_run or not moving:
            app.out.result({"dry_run": dry_run, "items": [one.as_json() for one in plan]}, shown)
            return ExitCode.OK
        if not yes:
            app.confirm(
                shown, app.out.words(f"Take back {len(moving)} files?", f"Revenir en arrière ({len(moving)}) ?")
            )
        with hold_lock(tenant.data / "lock", command=f"odl-host rollback {reference}"):
            decisions = Decisions.load(tenant.decisions)
            if make_plan(decisions) != plan:  # a run ended, or another operator acted, while this one read
                raise PlanMoved(
                    "What would be taken back has changed meanwhile; nothing was done.",
                    hint="Look again: the same command with --dry-run",
                )
            done = apply_returns(catalogue, plan, decisions, reason=reason, by=by or operator_name())
    failed = [(one, error) for one, error in done if error]
    items = [{**one.as_json(), "error": error or None} for one, error in done]
    lines = [shown, *(f"{one.name}: {error}" for one, error in failed)]
    lines.append(
        app.out.words(f"{len(done) - len(failed)} taken back.", f"{len(done) - len(failed)} revenus en arrière.")
    )
    app.out.result({"dry_run": False, "items": items}, "\n".join(lines))
    return ExitCode.INCOMPLETE if failed else ExitCode.OK


def _plan_text(app: App, plan: list[Any]) -> str:
    if not plan:
        return app.out.words("There is nothing to take back.", "Il n’y a rien à reprendre.")
    rows = [
        [
            one.action,
            one.dataset_name,
            one.name,
            f"version {one.version} ({one.created[:16].replace('T', ' ')})" if one.version else one.reason,
        ]
        for one in plan
    ]
    return table(rows, header=titles(app, ["action", "dataset", "file", "to"]))


@command(
    examples="""
    odl-host gc --dry-run
    odl-host gc
    """
)
@click.option("--dry-run", is_flag=True, help="Show what would go, remove nothing.")
@pass_app
def gc(app: App, dry_run: bool) -> ExitCode:
    """Forget old versions, and remove files that nothing stands on any more.

    How many versions of a file stay is `keep_versions` under [publish] in the manifest; 0 keeps all. A file goes only
    once it has been without use for a day.
    """
    from odl_host.pipeline.records.lock import hold_lock
    from odl_host.wiring import open_shelf

    tenant = app.tenant()
    if tenant.manifest.catalogue.kind == "embedded":
        clean = _clean_site
    elif shelf := open_shelf(tenant):
        clean = partial(_clean_shelf, shelf)
    else:
        raise UsageError(
            f"The files of {tenant.name} lie in a CKAN elsewhere.", hint="Ask the one who administers that CKAN."
        )
    with hold_lock(tenant.data / "lock", command="odl-host gc"):
        done = clean(app, tenant, dry_run=dry_run)
    from odl_host.pipeline.reporting.wording import counted

    words = app.out.words
    text = words(
        f"{done['versions']} versions forgotten, {done['removed']} files removed, "
        f"{done['waiting']} wait until they have been without use for a day.",
        f"{counted(done['versions'], 'version oubliée', 'versions oubliées')}, "
        f"{counted(done['removed'], 'fichier supprimé', 'fichiers supprimés')}, "
        f"{counted(done['waiting'], 'attend d’être inutilisé', 'attendent d’être inutilisés')} depuis un jour.",
    )
    # Cron mails what is printed: with --quiet that is only what changed.
    is_told = app.out.verbosity >= 0 or (app.out.verbosity == -1 and (done["versions"] or done["removed"]))
    app.out.result({**done, "dry_run": dry_run}, text if is_told else "")
    return ExitCode.OK


def _clean_site(app: App, tenant: Tenant, *, dry_run: bool) -> dict[str, int]:
    from odl_host.server.cleanup import clean_site
    from odl_host.wiring import open_site

    site = open_site(tenant)
    try:
        return clean_site(
            site, tenant.unused, keep=tenant.manifest.publish.keep_versions, now=app.now(), dry_run=dry_run
        )
    finally:
        site.close()


def _clean_shelf(shelf: Shelf, app: App, tenant: Tenant, *, dry_run: bool) -> dict[str, int]:
    return shelf.clean(tenant.unused, keep=tenant.manifest.publish.keep_versions, now=app.now(), dry_run=dry_run)
