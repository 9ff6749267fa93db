"""Commands of the server: `serve`, `token create`."""

from __future__ import annotations

import click

from odl_host.cli.app import App, Group, command, pass_app
from odl_host.errors import UsageError


@command(
    examples="""
    odl-host serve
    odl-host serve --host 0.0.0.0 --port 80 --workers 2
    """
)
@click.option("--host", help="Address to listen on.  [default: setting host, 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: setting port, 8000]")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.  [default: setting workers, 1]")
@pass_app
def serve(app: App, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the portals and the API of every tenant here."""
    serve_home(
        app,
        host=host or app.settings.host,
        port=port or app.settings.port,
        workers=workers or app.settings.workers,
    )


def serve_home(app: App, *, host: str, port: int, workers: int) -> None:
    """Serve until Ctrl-C. :raises UsageError: no tenant is served here, or the port is taken."""
    from odl_host.server.serve import serve as serve_application
    from odl_host.wiring import HostedSites

    tenants = HostedSites(app.home).tenants
    if not tenants:
        raise UsageError(
            f"No tenant of {app.home.path} has an embedded catalogue.",
            hint="Create one with: odl-host init NAME --department CODE, then odl-host provision",
        )
    lines = [f"{tenant.title}: {tenant.url}/   API: {tenant.url}/api/3/action/" for tenant in tenants]
    lines += [
        app.out.words(
            f"Links of {tenant.name} start with {tenant.url}, which is not where this server listens (port {port}).",
            f"Les liens de {tenant.name} commencent par {tenant.url} ; ce serveur écoute ailleurs (port {port}).",
        )
        for tenant in tenants
        if tenant.answers("127.0.0.1") and not tenant.url.endswith(f":{port}")
    ]
    lines.append(app.out.words("Stop with Ctrl-C.", "Arrêt par Ctrl-C."))
    serve_application(
        "odl_host.wiring:application",
        home=app.home.path,
        host=host,
        port=port,
        workers=workers,
        ready=lambda: app.out.note("\n".join(lines)),
    )


@click.group(cls=Group)
def token() -> None:
    """Create API tokens for scripts."""


@token.command(
    "create",
    examples="""
    odl-host token create --sysadmin
    odl-host token create --user claire --name sauvegarde
    """,
)
@click.option("--sysadmin", is_flag=True, help="A token with every right, for scripts.")
@click.option("--user", help="The user it stands for.")
@click.option("--name", default="odl-host token create", show_default=True, help="What it is for.")
@pass_app
def create(app: App, sysadmin: bool, user: str | None, name: str) -> None:
    """Print a new API token; it is shown this once only."""
    from odl_host.server.sites import create_token, ensure_sysadmin
    from odl_host.wiring import open_site

    if sysadmin == bool(user):
        raise UsageError("A token stands for a user.", hint="Give --sysadmin, or --user NAME.")
    tenant = app.tenant()
    site = open_site(tenant)
    try:
        owner = user or ensure_sysadmin(site)
        value = create_token(site, owner, name)
    except LookupError as error:
        raise UsageError(str(error), hint="Create the user first with the action user_create.") from error
    finally:
        site.close()
    app.out.result({"tenant": tenant.name, "user": owner, "name": name, "token": value}, value)
