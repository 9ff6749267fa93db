"""The command `demo`: the whole job on the sample deposit, then the portal."""

from __future__ import annotations

from pathlib import Path

import click

from odl_host.cli.app import App, command, pass_app

EPCI_SIREN = "200069110"
TENANT = "grand-chambery"


@command(
    examples="""
    odl-host demo
    odl-host demo --no-serve
    odl-host demo --home /tmp/essai --port 8123
    """
)
@click.option("--no-serve", is_flag=True, help="End after the summary.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the portal.  [default: setting port, 8000]")
@pass_app
def demo(app: App, no_serve: bool, port: int | None) -> int:
    """Provision Grand Chambéry, add 38 communes, publish a sample deposit, serve.

    Everything is written under --home, by default a new folder “odl-demo” here; a second run finds its work done.
    """
    from odl_host import config
    from odl_host.catalogue.upsert import list_organizations
    from odl_host.cli.publish import summary
    from odl_host.cli.serve import serve_home
    from odl_host.demo import sample_deposit
    from odl_host.pipeline.context import RunContext
    from odl_host.pipeline.run import publish_deposit
    from odl_host.provision.catalogue import apply_provision
    from odl_host.provision.members import apply_members, commune_member, parse_member, plan_members
    from odl_host.provision.render import render_manifest
    from odl_host.schemas.registry import load_registry
    from odl_host.tenants import Perimeter
    from odl_host.territory import reference
    from odl_host.wiring import open_catalogue

    if "home" not in app.flags and not config.read_variable("ODL_HOME"):
        app.flags["home"] = Path("odl-demo")
    out, home = app.out, app.home
    port = port or app.settings.port
    epci = reference.get_epci(EPCI_SIREN)
    _write_manifest(
        render_manifest(
            home,
            name=TENANT,
            title="Grand Chambéry ouvre ses données",
            description="Les données publiques des 38 communes de Grand Chambéry et de leur agglomération.",
            url=f"http://127.0.0.1:{port}",
            perimeter=Perimeter(epci=(EPCI_SIREN,)),
        )
    )
    tenant = app.named_tenant(TENANT)
    with open_catalogue(tenant, app.settings) as catalogue, out.progress("demo") as progress:
        apply_provision(tenant, catalogue, dry_run=False)
        out.note(out.words(f"1. Provisioned {tenant.name} in {home.path}", f"1. {tenant.name} créé dans {home.path}"))
        members = [commune_member(reference.get_commune(code)) for code in epci.member_codes]
        changes = plan_members(tenant, [*members, parse_member(EPCI_SIREN)], list_organizations(catalogue))
        schemas = [(schema.title, schema.short_name) for schema in load_registry(None).list_schemas()]
        apply_members(tenant, catalogue, changes, schemas=schemas)
        out.note(
            out.words(
                f"2. {len(members)} communes and their agglomeration are organizations",
                f"2. {len(members)} communes et leur agglomération sont des organisations",
            )
        )
        report = publish_deposit(
            RunContext(tenant, catalogue, app.settings, app.now()),
            sample_deposit(),
            command="odl-host demo",
            progress=progress.stage,
        )
        out.note(out.words("3. Published the sample deposit:", "3. Dépôt d’exemple publié :"))
    value = {
        **report.as_json(),
        "home": str(home.path),
        "communes": len(members),
        "portal": f"{tenant.url}/",
        "api": f"{tenant.url}/api/3/action/",
    }
    addresses = out.words(
        f"Portal  {tenant.url}/\nAPI     {tenant.url}/api/3/action/package_search\n"
        f"Again   odl-host --home {home.path} serve",
        f"Portail {tenant.url}/\nAPI     {tenant.url}/api/3/action/package_search\n"
        f"Ensuite odl-host --home {home.path} serve",
    )
    out.result(value, f"{summary(app, report, report.outcomes)}\n\n{addresses}")
    if not no_serve:
        serve_home(app, host=app.settings.host, port=port, workers=app.settings.workers)
    return 0


def _write_manifest(files: dict[Path, str]) -> None:
    """Write the manifest unless a person changed it; only the address may differ from what an earlier demo wrote."""
    from odl_host.provision.apply import write_files

    for path, text in files.items():
        if not path.exists() or _without_address(path.read_text(encoding="utf-8")) == _without_address(text):
            write_files({path: text})


def _without_address(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("url = ")]
