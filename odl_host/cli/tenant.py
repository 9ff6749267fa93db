"""Commands on tenants: `init`, `provision`, `config`."""

from __future__ import annotations

from typing import Any

import click

from odl_host import config
from odl_host.cli.app import App, command, pass_app
from odl_host.cli.labels import meaning, titles, word
from odl_host.cli.output import table
from odl_host.errors import UsageError
from odl_host.tenants import Perimeter, check_tenant_name, list_tenants, load_tenant


@command(
    examples="""
    odl-host init savoie --department 73
    odl-host init grand-chambery --epci 200069110 --title "Grand Chambéry ouvre ses données"
    odl-host init deux-communes --commune 73065 --commune 73213 --url https://data.exemple.fr
    """
)
@click.argument("name")
@click.option("--department", "departements", multiple=True, metavar="CODE", help="Département, such as 73 or 2A.")
@click.option("--epci", multiple=True, metavar="SIREN", help="EPCI, by SIREN.")
@click.option("--region", "regions", multiple=True, metavar="CODE", help="Région, such as 84.")
@click.option("--commune", "communes", multiple=True, metavar="CODE", help="Commune, by INSEE code or exact name.")
@click.option("--france", is_flag=True, help="Every commune of France.")
@click.option("--title", default="", help="Title of the portal.  [default: from the territory]")
@click.option("--url", default="", help="Public address.  [default: http://127.0.0.1:8000]")
@click.option("--dry-run", is_flag=True, help="Print the manifest, write nothing.")
@pass_app
def init(
    app: App,
    name: str,
    departements: tuple[str, ...],
    epci: tuple[str, ...],
    regions: tuple[str, ...],
    communes: tuple[str, ...],
    france: bool,
    title: str,
    url: str,
    dry_run: bool,
) -> None:
    """Write the manifest of a new portal."""
    from odl_host.provision.apply import write_files
    from odl_host.provision.render import render_manifest

    check_tenant_name(name)
    perimeter, territory_title = _perimeter(departements, epci, regions, communes, france)
    url = url or f"http://127.0.0.1:{app.settings.port}"
    file = app.home.tenants / f"{name}.toml"
    if file.exists():
        raise UsageError(f"The tenant {name} exists already: {file}.", hint="Edit that file, then: odl-host provision")
    _check_free_address(app, name, url)
    title = title or f"Données ouvertes {territory_title}"
    files = render_manifest(
        app.home,
        name=name,
        title=title,
        description=f"Les données publiques {territory_title}, ouvertes à toutes et à tous.",
        url=url,
        perimeter=perimeter,
    )
    result = {"tenant": name, "title": title, "url": url, "manifest": str(file), "written": not dry_run}
    if dry_run:
        app.out.result({**result, "text": files[file]}, files[file].rstrip())
        return
    write_files(files)
    try:
        load_tenant(app.home, name)
    except BaseException:
        file.unlink()
        raise
    option = "" if len(list_tenants(app.home)) == 1 else f" -t {name}"
    app.out.result(
        result,
        app.out.words(
            f"Wrote {file}.\nRead it, then run: odl-host provision{option}",
            f"{file} est écrit.\nRelisez-le, puis lancez : odl-host provision{option}",
        ),
    )


def _perimeter(
    departements: tuple[str, ...], epci: tuple[str, ...], regions: tuple[str, ...], communes: tuple[str, ...],
    france: bool,
) -> tuple[Perimeter, str]:  # fmt: skip
    """Return the perimeter by official codes, and how French says "of" it. :raises UnknownPlace: a code is nobody's."""
    from odl_host.territory import reference

    places: list[str] = ["de la France"] if france else []
    found_regions = [reference.get_region(code) for code in regions]
    found_departements = [reference.get_departement(code) for code in departements]
    found_epci = [reference.get_epci(siren) for siren in epci]
    found_communes = [reference.resolve_commune(text).commune for text in communes]
    places += [place.of_name for place in found_regions]
    places += [place.of_name for place in found_departements]
    places += [place.of_name for place in found_epci]
    places += [place.of_name for place in found_communes]
    if not places:
        raise UsageError(
            "The portal needs a territory.",
            hint="Give --department, --epci, --region, --commune (each may be repeated) or --france.",
        )
    perimeter = Perimeter(
        communes=tuple(commune.code for commune in found_communes),
        epci=tuple(one.siren for one in found_epci),
        departements=tuple(departement.code for departement in found_departements),
        regions=tuple(region.code for region in found_regions),
        france=france,
    )
    return perimeter, places[0] if len(places) == 1 else f"{', '.join(places[:-1])} et {places[-1]}"


def _check_free_address(app: App, name: str, url: str) -> None:
    from urllib.parse import urlsplit

    for tenant in list_tenants(app.home):
        if tenant.answers(urlsplit(url).netloc):
            raise UsageError(
                f"The tenant {tenant.name} already answers at {tenant.url}.",
                hint=f"Give the new one its own host name: odl-host init {name} … --url https://{name}.exemple.fr",
            )


@command(
    examples="""
    odl-host provision
    odl-host provision -t savoie --dry-run
    """
)
@click.option("--dry-run", is_flag=True, help="Show what would change, write nothing.")
@pass_app
def provision(app: App, dry_run: bool) -> None:
    """Make the catalogue true to its manifest."""
    from odl_host.provision.catalogue import apply_licence, apply_provision, plan_provision
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    changes = plan_provision(tenant)
    status: dict[str, Any] = {}
    relicensed: list[str] = []
    exists = tenant.manifest.catalogue.kind == "ckan" or changes[0].kind == "unchanged"
    if not dry_run or exists:
        with open_catalogue(tenant, app.settings) as catalogue:
            status = apply_provision(tenant, catalogue, dry_run=dry_run)
            relicensed = apply_licence(tenant, catalogue, dry_run=dry_run)
    made = [str(change.path) for change in changes if change.kind != "unchanged"]
    result = {
        "tenant": tenant.name,
        "catalogue": tenant.manifest.catalogue.kind,
        "url": status.get("site_url") or tenant.url,
        "version": status.get("ckan_version"),
        "created": made,
        "relicensed": relicensed,
        "changed": bool(made or relicensed),
        "dry_run": dry_run,
    }
    if made:
        text = "\n".join(
            [app.out.words("To create:", "À créer :") if dry_run else app.out.words("Created:", "Créé :")]
            + [f"  {path}" for path in made]
        )
    else:
        text = "" if relicensed else app.out.words("Nothing to do.", "Rien à faire.")
    if relicensed:
        licence = tenant.manifest.publish.licence
        text += app.out.words(
            f"\nLicence {licence}: {len(relicensed)} datasets",
            f"\nLicence {licence} : {len(relicensed)} jeux de données",
        )
        text = text.strip()
    if not dry_run:
        text += app.out.words(
            f"\nThe catalogue of {tenant.name} is ready. Next: odl-host add-commune …",
            f"\nLe catalogue de {tenant.name} est prêt. Ensuite : odl-host add-commune …",
        )
    app.out.result(result, text)
    if tenant.legal_gaps:
        gaps = ", ".join(tenant.legal_gaps)
        app.out.warn(
            app.out.words(
                f"The legal notice of {tenant.url} lacks what the law wants there: fill in {gaps} under [legal] in "
                f"{tenant.manifest_file}.",
                f"Il manque aux mentions légales de {tenant.url} ce que la loi exige : remplissez {gaps} sous [legal] "
                f"dans {tenant.manifest_file}.",
            )
        )


@command("config", examples="odl-host config --json")
@pass_app
def show_config(app: App) -> None:
    """Show each setting and where it comes from."""
    _, origins = config.load_settings(app.home)
    rows = [[one.name, str(one.value), word(app, one.source), meaning(app, one.help)] for one in origins]
    value = {
        "home": str(app.home.path),
        "settings": {o.name: {"value": o.value, "source": o.source, "help": o.help} for o in origins},
    }
    app.out.result(
        value, f"home  {app.home.path}\n\n" + table(rows, header=titles(app, ["setting", "value", "from", "meaning"]))
    )
