"""Entry and exit: `import` from a CKAN or a dump, `export` to a dump that any CKAN loads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.output import Progress
from odl_host.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from odl_host.catalogue.journey import Transfer
    from odl_host.catalogue.source import Source

_KINDS = click.Choice(["users", "organizations", "groups", "vocabularies", "datasets", "collaborators", "followers"])


@command(
    "import",
    examples="""
    odl-host import --from https://ckan.example.fr --dry-run
    odl-host import --from https://ckan.example.fr --token-env CKAN_TOKEN
    odl-host import --from dump.jsonl --only organizations --only datasets
    odl-host import --from sauvegarde/
    odl-host import --from sauvegarde/ --to https://ckan.example.fr --to-token-env CKAN_TOKEN
    """,
)
@click.option("--from", "origin", required=True, metavar="URL|PATH", help="A CKAN, a file of JSON lines, or a folder.")
@click.option("--token-env", metavar="NAME", help="Variable with the API token of a sysadmin over there.")
@click.option(
    "--to", "target_url", default="", metavar="URL", help="A CKAN to bring it to, instead of the catalogue here."
)
@click.option("--to-token-env", metavar="NAME", help="Variable with the API token of a sysadmin of that CKAN.")
@click.option("--only", "kinds", multiple=True, type=_KINDS, help="Only this kind; may be repeated.")
@click.option("--owner", default="", metavar="NAME", help="Organization for the datasets that have none.")
@click.option("--sysadmins", is_flag=True, help="Sysadmins over there are sysadmins here, too.")
@click.option("--no-files", is_flag=True, help="Leave uploaded files, logos and rows where they are.")
@click.option("--no-deleted", is_flag=True, help="Leave out datasets that were deleted and could be brought back.")
@click.option("--again", is_flag=True, help="Forget what earlier runs have brought.")
@click.option("--dry-run", is_flag=True, help="Count what would be brought; write nothing.")
@pass_app
def import_(
    app: App,
    origin: str,
    token_env: str | None,
    target_url: str,
    to_token_env: str | None,
    kinds: tuple[str, ...],
    owner: str,
    sysadmins: bool,
    no_files: bool,
    no_deleted: bool,
    again: bool,
    dry_run: bool,
) -> ExitCode:
    """Bring users, organizations, groups, datasets and files in.

    Ids are kept; organizations, groups and users that are here under the same name are taken for the same. Run it
    again to go on where it was stopped, or to bring what has changed since. With a sysadmin's token private datasets,
    drafts, deleted ones, e-mails and passwords come too. Ends with 6 when something was refused.
    """
    from odl_host.catalogue.brought import Brought
    from odl_host.catalogue.journey import Wishes, as_json
    from odl_host.catalogue.source import KINDS, CkanSource
    from odl_host.catalogue.transfer import bring
    from odl_host.wiring import open_source, open_target

    if bool(target_url) != bool(to_token_env):
        raise UsageError("--to and --to-token-env go together.", hint="Name the variable that holds the token.")
    tenant = app.tenant()
    source = open_source(origin, token_env, app.settings, with_deleted=not no_deleted)
    _check_token(app, source, token_env)
    name = source.name + (f" {target_url.rstrip('/')}" if target_url else "")
    journal = tenant.data / "imports" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.jsonl"
    if again and not dry_run:
        journal.unlink(missing_ok=True)
    wishes = Wishes(
        with_files=not no_files,
        max_file_bytes=app.settings.max_file_mb << 20,
        owner=owner,
        sysadmins=sysadmins,
        dry_run=dry_run,
    )
    with (
        open_target(None if target_url else tenant, target_url, to_token_env, app.settings) as target,
        app.out.progress("import") as progress,
    ):
        done = bring(
            source,
            target,
            Brought(journal),
            kinds=tuple(kind for kind in KINDS if not kinds or kind in kinds),
            wishes=wishes,
            progress=_shown(progress),
        )
    if isinstance(source, CkanSource) and not dry_run:
        _check_token(app, source, token_env)  # it may have ended meanwhile, which a CKAN does not say
    app.out.result({"from": source.name, "dry_run": dry_run, **as_json(done)}, _summary(app, done, dry_run=dry_run))
    if not done.refusals and not any(sum(counts.values()) for counts in done.counts.values()):
        app.out.warn(
            app.out.words(
                f"There is nothing to bring in {source.name}: did what wrote it end well?",
                f"Il n’y a rien à importer dans {source.name} : ce qui l’a écrit s’est-il bien terminé ?",
            )
        )
    return ExitCode.INCOMPLETE if done.refusals else ExitCode.OK


def _check_token(app: App, source: Source, token_env: str | None) -> None:
    """Tell what may be missing where a token is nobody's: a CKAN answers as to the public, and says nothing."""
    from odl_host.catalogue.source import CkanSource

    if token_env and isinstance(source, CkanSource) and not source.knows_sysadmin():
        app.out.warn(
            app.out.words(
                f"The token in {token_env} is not a sysadmin's over there, or no longer valid: what only a sysadmin "
                "sees (private datasets, drafts, e-mails, passwords) may be missing.",
                f"Le jeton de {token_env} n’est pas celui d’un administrateur de là-bas, ou n’est plus valable : il "
                "peut manquer ce que lui seul voit (jeux de données privés, brouillons, adresses, mots de passe).",
            )
        )


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

    FOLDER gets users.jsonl (with the hashes of passwords), organizations.jsonl, groups.jsonl, datasets.jsonl (private
    ones, drafts and deleted ones too), and what stands beside: vocabularies, views, relationships, collaborators, who
    follows what, and the manifest. With --files also files/, images/ (logos), and under rows/ what was written row by
    row.
    """
    from odl_host.catalogue.dump import keep_manifest, write_dump
    from odl_host.catalogue.source import KINDS
    from odl_host.wiring import open_own_source

    tenant = app.tenant()
    chosen = tuple(kind for kind in KINDS if not kinds or kind in kinds)
    with open_own_source(tenant, app.settings) as source, app.out.progress("export") as progress:
        counts = write_dump(source, folder, kinds=chosen, with_files=with_files, progress=_shown(progress))
    if not kinds:
        keep_manifest(tenant.manifest_file, folder)
    text = "\n".join(f"{count:>8}  {kind}" for kind, count in counts.items())
    app.out.result({"folder": str(folder), "counts": counts}, text)


def _shown(progress: Progress) -> Callable[[str, int, int], None]:
    return lambda kind, done, total: progress.update(done, total, kind)


def _summary(app: App, done: Transfer, *, dry_run: bool) -> str:
    from odl_host.catalogue.refusals import SHOWN_NAMES, in_groups
    from odl_host.cli.french import in_french

    say = app.out.words
    lines = []
    for kind, counts in done.counts.items():
        lines.append(
            say(
                f"{kind}: {counts['created']} created, {counts['updated']} updated, {counts['unchanged']} unchanged",
                f"{kind} : {counts['created']} créés, {counts['updated']} mis à jour, {counts['unchanged']} inchangés",
            )
        )
    if not dry_run:  # which counts objects only
        lines.append(say(f"files: {done.files}", f"fichiers : {done.files}"))
    for count, english, french in (
        (done.tables, "tables", "tables"),
        (done.views, "views", "vues"),
        (done.relationships, "relationships", "relations"),
        (done.images, "logos", "logos"),
    ):
        if count:
            lines.append(say(f"{english}: {count}", f"{french} : {count}"))
    for group in in_groups(done.refusals):
        names = ", ".join(group.names[:SHOWN_NAMES]) + (" …" if len(group.names) > SHOWN_NAMES else "")
        lines.append(
            say(
                f"! {len(group.names)} {group.kind} refused: {group.reason}",
                f"! {len(group.names)} {group.kind} : refus ({in_french(group.reason)})",
            )
        )
        lines.append(f"  {names}")
        lines.append(f"  → {say(group.advice.english, group.advice.french)}")
    return "\n".join(lines)
