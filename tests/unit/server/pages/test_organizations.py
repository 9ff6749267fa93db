"""The pages of the communes: found by name, listed, and each with its datasets."""

from __future__ import annotations

import pytest

from tests.unit.server.pages.portal import (
    Portal,
)


@pytest.mark.parametrize("wanted", ["Saint-Baldoph", "st baldoph", "BALDOPH", "73225"])
def test_communes_are_found_without_regard_to_accents_hyphens_and_saint(filled: Portal, wanted: str) -> None:
    words = filled.get(f"/organization/?q={wanted.replace(' ', '+')}").words
    assert "1 collectivité pour" in words
    assert "Saint-Baldoph" in words
    assert "La Motte-Servolex" not in words


def test_the_list_of_communes_gives_population_epci_and_number_of_datasets(filled: Portal) -> None:
    words = filled.get("/organization/").words
    assert "Chambéry 59 964 habitants · CA du Lac 2 jeux de données" in words
    assert "Saint-Baldoph 3 100 habitants · CA du Lac rien de publié pour l’instant" in words


def test_a_commune_page_gives_its_card_and_its_datasets(filled: Portal) -> None:
    words = filled.get("/organization/chambery").words
    assert "Code INSEE 73065" in words
    assert "59 964 habitants" in words
    assert "Délibérations du conseil de Chambéry" in words
    assert "Plan numéro" not in words
    assert "Rien n’est encore publié ici" in filled.get("/organization/saint-baldoph").words
