"""The command `serve`."""

from __future__ import annotations

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.errors import StorageError, UsageError


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
    """Serve until Ctrl-C. :raises UsageError: no tenant is served here, or the port is taken.

    :raises StorageError: the database of the only tenant was lost; of several, the others are served.
    """
    from odl_host.server.serve import serve as serve_application
    from odl_host.wiring import HostedSites, require_database

    tenants = HostedSites(app.home).tenants
    if not tenants:
        raise UsageError(
            f"No tenant of {app.home.path} has an embedded catalogue.",
            hint="Create one with: odl-host init NAME --department CODE, then odl-host provision",
        )
    for tenant in tenants:
        try:
            require_database(tenant)
        except StorageError as error:
            if len(tenants) == 1:
                raise
            app.out.warn(f"{tenant.name}: {error} {error.hint}")
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
