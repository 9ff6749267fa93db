"""A catalogue in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.sites import Site
from tests.sites import site_in


@pytest.fixture
def open_at() -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def opener(folder: Path, url: str = "http://portail.example.org") -> Site:
        opened.append(site_in(folder, url))
        return opened[-1]

    yield opener
    for site in opened:
        site.close()


@pytest.fixture
def site(open_at: Callable[..., Site], tmp_path: Path) -> Site:
    return open_at(tmp_path)


@pytest.fixture
def ckan(site: Site) -> EmbeddedCKAN:
    return site.as_sysadmin()


@pytest.fixture
def dataset(ckan: EmbeddedCKAN) -> str:
    owner = ckan.call_action("organization_create", {"name": "aime"})["id"]
    return str(ckan.call_action("package_create", {"name": "jeu", "owner_org": owner})["id"])


@pytest.fixture
def filled(site: Site) -> Site:
    """A catalogue of three datasets, whose words are looked for."""
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Commune d'Aime-la-Plagne"})
    datasets = [
        {"name": "deliberations", "title": "Délibérations du conseil", "notes": "Séances de l'école"},
        {"name": "budget-2024", "title": "Budget", "notes": "Délibérations budgétaires", "tag_string": "Eau potable"},
        {"name": "arbres", "title": "Arbres", "extras": [{"key": "siren", "value": "217300656"}], "license_id": "lov2"},
    ]
    for dataset in datasets:
        ckan.call_action("package_create", {"owner_org": "aime", **dataset})
    return site
