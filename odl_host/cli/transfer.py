"""Entry and exit: `import` from a CKAN or a dump, `export` to a dump that any CKAN loads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.output import Progress
from odl_host.errors import ExitCode

if TYPE_CHECKING:
    from odl_host.catalogue.transfer import Transfer

_KINDS = click.Choice(["users", "organizations", "groups", "datasets"])


@command(
    "import",
    examples="""
    odl-host import --from https://ckan.example.fr --dry-run
    odl-host import --from https://ckan.example.fr --token-env CKAN_TOKEN
    odl-host import --from dump.jsonl --only organizations --only datasets
    odl-host import --from sauvegarde/
    """,
)
@click.option("--from", "origin", required=True, metavar="URL|PATH", help="A CKAN, a file of JSON lines, or a folder.")
@click.option("--token-env", metavar="NAME", help="Variable with the API token of a sysadmin over there.")
@click.option("--only", "kinds", multiple=True, type=_KINDS, help="Only this kind; may be repeated.")
@click.option("--no-files", is_flag=True, help="Leave uploaded files and rows where they are.")
@click.option("--again", is_flag=True, help="Forget what earlier runs have brought.")
@click.option("--dry-run", is_flag=True, help="Count what would be brought; write nothing.")
@pass_app
def import_(
    app: App, origin: str, token_env: str | None, kinds: tuple[str, ...], no_files: bool, again: bool, dry_run: bool
) -> ExitCode:
    """Bring users, organizations, groups, datasets and files in.

    Ids are kept; organizations, groups and users that are here under the same name are taken for the same. Run it
    again to go on where it was stopped, or to bring what has changed since. With a sysadmin's token private datasets,
    e-mails and passwords come too. Ends with 6 when something was refused.
    """
    from odl_host.catalogue.source import KINDS, CkanSource
    from odl_host.catalogue.transfer import Brought, as_json, bring
    from odl_host.wiring import open_catalogue, open_source

    tenant = app.tenant()
    source = open_source(origin, token_env, app.settings)
    if token_env and isinstance(source, CkanSource) and not source.knows_sysadmin():
        app.out.warn(
            app.out.words(
                f"The token in {token_env} is not a sysadmin's over there, or no longer valid: what only a sysadmin "
                "sees (private datasets, drafts, e-mails, passwords) may be missing.",
                f"Le jeton de {token_env} n’est pas celui d’un administrateur de là-bas, ou n’est plus valable : il "
                "peut manquer ce que lui seul voit (jeux de données privés, brouillons, adresses, mots de passe).",
            )
        )
    journal = tenant.data / "imports" / f"{hashlib.sha256(source.name.encode()).hexdigest()[:16]}.jsonl"
    if again and not dry_run:
        journal.unlink(missing_ok=True)
    with open_catalogue(tenant, app.settings) as target, app.out.progress("import") as progress:
        done = bring(
            source,
            target,
            Brought(journal),
            kinds=tuple(kind for kind in KINDS if not kinds or kind in kinds),
            with_files=not no_files,
            max_file_bytes=app.settings.max_file_mb << 20,
            dry_run=dry_run,
            progress=_shown(progress),
        )
    app.out.result({"from": source.name, "dry_run": dry_run, **as_json(done)}, _summary(app, done))
    return ExitCode.INCOMPLETE if done.refusals else ExitCode.OK


@command(
    examples="""
    odl-host export sauvegarde/ --files
    odl-host export sortie/ --only datasets
    ckanapi load datasets -I sortie/datasets.jsonl -r https://ckan.example.fr -a TOKEN
    cat sortie/rows/*.jsonl | ckanapi batch -r https://ckan.example.fr -a TOKEN
    """,
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--only", "kinds", multiple=True, type=_KINDS, help="Only this kind; may be repeated.")
@click.option("--files", "with_files", is_flag=True, help="Uploaded files and written rows too.")
@pass_app
def export(app: App, folder: Path, kinds: tuple[str, ...], with_files: bool) -> None:
    """Write the whole catalogue as JSON lines that ckanapi loads.

    FOLDER gets users.jsonl (with the hashes of passwords), organizations.jsonl, groups.jsonl, datasets.jsonl, the files
    under files/, and under rows/ what was written row by row. Private datasets and drafts too.
    """
    from odl_host.catalogue.dump import write_dump
    from odl_host.catalogue.source import KINDS
    from odl_host.wiring import open_own_source

    tenant = app.tenant()
    chosen = tuple(kind for kind in KINDS if not kinds or kind in kinds)
    with open_own_source(tenant, app.settings) as source, app.out.progress("export") as progress:
        counts = write_dump(source, folder, kinds=chosen, with_files=with_files, progress=_shown(progress))
    text = "\n".join(f"{count:>8}  {kind}" for kind, count in counts.items())
    app.out.result({"folder": str(folder), "counts": counts}, text)


def _shown(progress: Progress) -> Callable[[str, int, int], None]:
    return lambda kind, done, total: progress.update(done, total, kind)


def _summary(app: App, done: Transfer) -> str:
    lines = []
    for kind, counts in done.counts.items():
        lines.append(
            app.out.words(
                f"{kind}: {counts['created']} created, {counts['updated']} updated, {counts['unchanged']} unchanged",
                f"{kind} : {counts['created']} créés, {counts['updated']} mis à jour, {counts['unchanged']} inchangés",
            )
        )
    lines.append(app.out.words(f"files: {done.files}", f"fichiers : {done.files}"))
    if done.tables:
        lines.append(app.out.words(f"tables: {done.tables}", f"tables : {done.tables}"))
    lines += [f"! {each.kind} {each.name}: {each.reason}" for each in done.refusals]
    return "\n".join(lines)
