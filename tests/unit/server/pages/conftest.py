"""A portal without a dataset, and one of three communes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.server.pages.portal import (
    COMMUNES,
    Portal,
    open_portal,
    publish_deliberations,
)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    site = open_portal(tmp_path_factory.mktemp("empty"))
    yield Portal(site)
    site.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    site = open_portal(tmp_path_factory.mktemp("filled"))
    admin = site.as_sysadmin()
    for code, name, title, population in COMMUNES:
        extras = {"member_kind": "commune", "commune_code": code, "population": population, "epci_nom": "CA du Lac"}
        admin.call_action(
            "organization_create",
            {"name": name, "title": title, "extras": [{"key": k, "value": str(v)} for k, v in extras.items()]},
        )
    publish_deliberations(site, "chambery-deliberations", "Délibérations du conseil de Chambéry", "chambery")
    for number in range(25):
        admin.call_action(
            "package_create",
            {"name": f"plan-{number:02d}", "title": f"Plan numéro {number:02d}", "owner_org": "la-motte-servolex"},
        )
    admin.call_action(
        "package_create",
        {"name": "secret", "title": "Brouillon confidentiel", "owner_org": "chambery", "private": True},
    )
    admin.call_action(
        "package_create",
        {
            "name": "hostile",
            "title": "<script>alert(1)</script>",
            "notes": "<img src=x onerror=alert(1)> [clic](javascript:alert(1)) **gras**\n\n- un\n- deux",
            "owner_org": "chambery",
            "resources": [{"name": "piège", "url": "javascript:alert(1)", "format": "CSV"}],
        },
    )
    yield Portal(site)
    site.close()
