"""The search page: words, facets, pages, and where nothing is found."""

from __future__ import annotations

import re

import pytest

from tests.unit.server.pages.portal import (
    Portal,
)


@pytest.mark.parametrize(
    "query", ["%22", "foo:(", "%7B!lucene%7Dx", "AND", "*:*)", "l%27eau%20%3A", "-", "%5B", "a" * 3000]
)
def test_signs_of_the_query_language_never_break_a_search(filled: Portal, query: str) -> None:
    assert filled.get(f"/dataset/?q={query}").status == 200


def test_search_finds_words_filters_by_facets_and_pages(filled: Portal) -> None:
    assert "1 jeu de données pour « délibérations »" in filled.get("/dataset/?q=d%C3%A9lib%C3%A9rations").words
    answer = filled.get("/dataset/?organization=la-motte-servolex&sort=title_string+asc")
    assert "25 jeux de données" in answer.words
    assert "Plan numéro 19" in answer.words
    assert "Plan numéro 20" not in answer.words
    assert "Retirer le filtre Communes et collectivités : La Motte-Servolex" in answer.words
    second = filled.get("/dataset/?organization=la-motte-servolex&sort=title_string+asc&page=2")
    assert "Plan numéro 20" in second.words
    assert filled.get("/dataset/?organization=la-motte-servolex&page=3").status == 404
    by_schema = filled.get("/dataset/?extras_schema_name=scdl%2Fdeliberations")
    assert "1 jeu de données" in by_schema.words


def test_facet_links_lead_to_the_number_of_datasets_that_they_announce(filled: Portal) -> None:
    home = filled.get("/dataset/").text
    links = re.findall(r'<li><a href="(/dataset/\?[^"]+)"><span>[^<]*</span><span class="n">(\d+)', home)
    assert len(links) >= 5
    for link, count in links:
        found = filled.get(link.replace("&amp;", "&")).words
        assert f"{count} {'jeu' if count == '1' else 'jeux'} de données" in found, link


def test_no_result_offers_a_way_on(filled: Portal) -> None:
    words = filled.get("/dataset/?q=introuvable&organization=chambery").words
    assert "Aucun résultat pour « introuvable »" in words
    assert "effacez toute la recherche" in words
    assert "Retirer le filtre Communes et collectivités : Chambéry" in words
