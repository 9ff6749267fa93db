"""The extensions of CKAN that a manifest names: what the site announces, and the page of figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odl_host.catalogue.client import EmbeddedCatalogue
from odl_host.server.sites import Site
from tests.sites import site_in
from tests.unit.server.browser import URL, Browser


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose manifest names two extensions, with three datasets of one commune."""
    site = site_in(tmp_path_factory.mktemp("counted"), url=URL, settings={"ckan.plugins": "stats datastore"})
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Aime-la-Plagne"})
    for name, tag in (("arbres", "Nature"), ("bancs", "Mobilier"), ("haies", "Nature")):
        ckan.call_action("package_create", {"name": name, "owner_org": "aime", "tags": [{"name": tag}]})
    ckan.call_action("package_create", {"name": "secret", "owner_org": "aime", "private": True})
    yield site
    site.close()


def test_a_site_announces_exactly_the_extensions_that_its_manifest_names(counted: Site) -> None:
    assert counted.as_anonymous().call_action("status_show", {})["extensions"] == ["stats", "datastore"]


def test_what_odl_host_adds_is_known_to_its_commands_whatever_the_manifest_names(counted: Site) -> None:
    catalogue = EmbeddedCatalogue(counted.as_sysadmin(), URL)
    assert catalogue.supports("odl_original") and catalogue.supports("stats") and not catalogue.supports("activity")


def test_without_names_a_site_announces_all_that_is_there(site: Site) -> None:
    extensions = site.as_anonymous().call_action("status_show", {})["extensions"]
    assert {"datastore", "text_view", "odl_host", "odl_original"} <= set(extensions)
    assert "stats" not in extensions


def test_the_page_of_figures_counts_the_public_datasets(counted: Site) -> None:
    answer = Browser(counted).get("/stats")
    assert answer.status_code == 200
    words = " ".join(answer.text.split())
    assert "3 jeux de données" in words.replace("\N{NO-BREAK SPACE}", " ")
    assert words.index("Aime-la-Plagne") < words.index("Nature") < words.index("Mobilier")
    assert f'href="{URL}' not in answer.text.split("<h1")[1] and "/dataset/?tags=Nature" in answer.text


def test_there_is_no_page_of_figures_where_the_manifest_does_not_name_it(site: Site) -> None:
    assert Browser(site).get("/stats").status_code == 404
