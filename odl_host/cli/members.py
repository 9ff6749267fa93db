"""Commands that make members: `add-commune`, `add-member`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.labels import change_of, titles
from odl_host.cli.output import table
from odl_host.errors import AmbiguousPlace, UsageError

if TYPE_CHECKING:
    from odl_host.provision.members import Member, MemberChange


@command(
    "add-commune",
    examples="""
    odl-host add-commune 73065
    odl-host add-commune 73065 Barberaz "La Motte-Servolex"
    odl-host add-commune --epci 200069110
    odl-host add-commune --department 73 --dry-run
    odl-host add-commune --from-file communes.csv
    """,
)
@click.argument("communes", nargs=-1, metavar="[CODE | NAME]...")
@click.option("--epci", multiple=True, metavar="SIREN", help="Every commune of this EPCI.")
@click.option("--department", "departements", multiple=True, metavar="CODE", help="Every commune of this département.")
@click.option(
    "--from-file", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV list: one code or name per line, in the first column or in one named after the INSEE code.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would change, write nothing.")
@pass_app
def add_commune(
    app: App,
    communes: tuple[str, ...],
    epci: tuple[str, ...],
    departements: tuple[str, ...],
    files: tuple[Path, ...],
    dry_run: bool,
) -> None:
    """Create one organization per commune, from the official codes."""
    from odl_host.provision.members import commune_member, perimeter_codes
    from odl_host.tenants import Perimeter
    from odl_host.territory import reference

    tenant = app.tenant()
    names = [*communes, *(name for file in files for name in _read_list(file))]
    wide = perimeter_codes(Perimeter(epci=epci, departements=departements))
    if not names and not wide:
        raise UsageError("No commune was named.", hint="Give codes or names, --epci, --department or --from-file.")
    inside = perimeter_codes(tenant.manifest.perimeter)
    found: dict[str, Member] = {}
    for text in names:
        try:
            match = reference.resolve_commune(text)
        except AmbiguousPlace:
            match = reference.resolve_commune(text, within=inside)
        if match.kind in {"former_code", "former_name"}:
            app.out.note(
                app.out.words(
                    f"{text} is now {match.commune.name} ({match.commune.code}).",
                    f"{text} est aujourd’hui {match.commune.name} ({match.commune.code}).",
                )
            )
        found[match.commune.code] = commune_member(match.commune)
    for code in sorted(wide):
        found[code] = commune_member(reference.get_commune(code))
    outside = sorted(set(found) - inside)
    if outside:
        app.out.note(
            app.out.words(
                f"Outside the perimeter of {tenant.name}: {', '.join(outside)}. Added all the same.",
                f"Hors du périmètre de {tenant.name} : {', '.join(outside)}. Ajout effectué malgré tout.",
            )
        )
    _add(app, list(found.values()), dry_run=dry_run)


@command(
    "add-member",
    examples="""
    odl-host add-member 200069110
    odl-host add-member dep:73
    odl-host add-member 267300002 --name "CCAS de Chambéry"
    """,
)
@click.argument("code", metavar="SIREN | dep:CODE | reg:CODE | INSEE_CODE")
@click.option("--name", help="Name of a body that is neither a commune nor an EPCI.")
@click.option("--dry-run", is_flag=True, help="Show what would change, write nothing.")
@pass_app
def add_member(app: App, code: str, name: str | None, dry_run: bool) -> None:
    """Create the organization of an EPCI, a département or any public body."""
    from odl_host.provision.members import parse_member

    _add(app, [parse_member(code, name=name)], dry_run=dry_run)


def _add(app: App, members: list[Member], *, dry_run: bool) -> None:
    from odl_host.catalogue.upsert import list_organizations
    from odl_host.pipeline.reporting.wording import counted
    from odl_host.provision.members import apply_members, deposit_folder, plan_members
    from odl_host.schemas.registry import load_registry
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    with open_catalogue(tenant, app.settings) as catalogue, app.out.progress("add-commune") as progress:
        changes = plan_members(tenant, members, list_organizations(catalogue))
        if not dry_run:
            registry = load_registry(None)
            apply_members(
                tenant,
                catalogue,
                changes,
                schemas=[(schema.title, schema.short_name) for schema in registry.list_schemas()],
                progress=lambda done: progress.update(done, len(changes)),
            )
    groups: dict[str, list[MemberChange]] = {"created": [], "unchanged": [], "updated": []}
    for change in changes:
        groups[change.kind].append(change)
    value = {kind: [change.as_json() for change in group] for kind, group in groups.items()}
    new, other, same = (len(groups[kind]) for kind in ("created", "updated", "unchanged"))
    counts = app.out.words(
        f"{new} created, {other} updated, {same} unchanged",
        f"{counted(new, 'créée', 'créées')}, {counted(other, 'modifiée', 'modifiées')}, "
        f"{counted(same, 'inchangée', 'inchangées')}",
    )
    rows = [
        [
            change.member.folder,
            change.organization["title"],
            change.organization["name"],
            change_of(app, change.kind),
        ]
        for change in changes
        if change.kind != "unchanged" or len(changes) <= 10
    ]
    lines = [table(rows, header=titles(app, ["code", "title", "organization", "change"]))] if rows else []
    lines.append(app.out.words(f"Dry run: {counts}.", f"À blanc : {counts}.") if dry_run else f"{counts}.")
    if groups["created"] and not dry_run:
        example = deposit_folder(tenant, groups["created"][0].member)
        lines.append(
            app.out.words(
                f"Their files go under {tenant.deposit}, for example {example}.",
                f"Leurs fichiers vont dans {tenant.deposit}, par exemple {example}.",
            )
        )
    app.out.result(value, "\n".join(lines))


def _read_list(file: Path) -> list[str]:
    """Return the communes named by a list; a header is recognised by a word that speaks of codes or communes."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if not rows:
        raise UsageError(f"The list {file} is empty.", hint="Write one INSEE code or commune name per line.")
    column = 0
    header = [cell.strip().lower() for cell in rows[0]]
    named = [index for index, cell in enumerate(header) if "insee" in cell or cell in {"code", "code_commune", "com"}]
    if named or any("commune" in cell or cell == "nom" for cell in header):
        column = named[0] if named else next(i for i, cell in enumerate(header) if "commune" in cell or cell == "nom")
        rows = rows[1:]
    return [row[column].strip() for row in rows if len(row) > column and row[column].strip()]
