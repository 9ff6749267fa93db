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
