"""The pages about the portal: home, legal notice, the page of the API, robots and site map."""

from __future__ import annotations

import dataclasses
import re

import pytest

from odl_host.tenants import Legal
from tests.unit.server.pages.portal import (
    URL,
    Portal,
)


def test_the_legal_notice_names_who_publishes_who_answers_and_who_hosts(filled: Portal) -> None:
    plain = filled.get("/mentions-legales").words
    assert "Hébergement" not in plain and "Direction" not in plain
    legal = Legal("Agglo du Lac\n1 place <du> Lac", "Anne Roux, présidente", "Machines SA, 2 rue Haute, 01 02 03 04 05")
    portal = Portal(dataclasses.replace(filled.site, legal=legal, contact="donnees@lac.example"))
    page = portal.get("/mentions-legales")
    assert "Agglo du Lac<br>1 place &lt;du&gt; Lac" in page.text
    assert "Direction de la publication Anne Roux, présidente Hébergement Machines SA" in page.words
    for address in ("/mentions-legales", "/about", "/accessibilite"):
        assert 'href="mailto:donnees@lac.example"' in portal.get(address).text


def test_home_shows_the_figures_the_latest_datasets_and_the_state_of_accessibility(filled: Portal) -> None:
    words = filled.get("/").words
    assert "3 communes et collectivités" in _swapped(words)
    assert "27 jeux de données" in _swapped(words)
    assert "2 fichiers à télécharger" in _swapped(words)
    assert "Délibérations du conseil de Chambéry" in words or "Plan numéro" in words
    assert "Accessibilité : non conforme" in words


def _swapped(words: str) -> str:
    """Put each key figure before its label, as the style sheet shows it."""
    return re.sub(r"(communes et collectivités|jeux de données|fichiers à télécharger) (\d+)", r"\2 \1", words)


def test_an_empty_catalogue_has_pages_that_say_so(empty: Portal) -> None:
    assert "Aucun jeu de données n’est encore publié" in empty.get("/").words
    assert "Aucune commune n’est encore inscrite" in empty.get("/organization/").words
    assert "Aucun résultat" in empty.get("/dataset/").words
    assert empty.get("/api-doc").status == 200
    assert empty.get("/sitemap.xml").status == 200


def test_robots_and_site_map_lead_to_every_public_page(filled: Portal) -> None:
    assert f"Sitemap: {URL}/sitemap.xml" in filled.get("/robots.txt").text
    addresses = re.findall("<loc>(.*?)</loc>", filled.get("/sitemap.xml").text)
    assert f"{URL}/dataset/chambery-deliberations" in addresses
    assert f"{URL}/organization/saint-baldoph" in addresses
    assert len([address for address in addresses if "/dataset/" in address]) == 27 + 1
    assert all(filled.get(address.removeprefix(URL)).status == 200 for address in addresses)


def test_a_large_site_map_is_given_in_parts(filled: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odl_host.server.pages.sitemaps.SITEMAP_DATASETS", 10)
    parts = re.findall("<loc>(.*?)</loc>", filled.get("/sitemap.xml").text)
    assert len(parts) == 4
    found = [re.findall("<loc>(.*?)</loc>", filled.get(part.removeprefix(URL)).text) for part in parts]
    assert [len(part) for part in found[1:]] == [10, 10, 7]
    assert len({address for part in found[1:] for address in part}) == 27
    assert filled.get("/sitemap-9.xml").status == 404


def test_the_example_calls_of_the_api_page_carry_the_site_s_address(filled: Portal) -> None:
    text = filled.get("/api-doc").words
    assert f"curl '{URL}/api/3/action/package_search?q=subventions&rows=10'" in text


def test_the_title_and_description_that_a_sysadmin_chose_are_those_of_every_page(empty: Portal) -> None:
    admin = empty.site.as_sysadmin()
    admin.call_action(
        "config_option_update", {"ckan.site_title": "Lac & Monts", "ckan.site_description": "Tout sur le lac."}
    )
    try:
        for address in ("/", "/dataset/", "/about", "/user/login", "/nulle-part"):
            text = empty.get(address).text
            assert re.search(r"<title>[^<]* – Lac &amp; Monts</title>", text), address
            assert "Données du Lac" not in text
        assert 'content="Tout sur le lac."' in empty.get("/").text
    finally:
        admin.call_action("config_option_update", {"ckan.site_title": "", "ckan.site_description": ""})
    assert "– Données du Lac</title>" in empty.get("/").text
