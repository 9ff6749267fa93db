from __future__ import annotations

import json

import pytest

from odl_host.cli.reference import commune_find, commune_show, render_commune_find, render_commune_show
from odl_host.errors import AmbiguousPlace, UnknownPlace


def test_a_card_is_json_with_its_stable_keys() -> None:
    card = commune_show("73065")
    assert json.loads(json.dumps(card)) == card
    assert card == {
        "code": "73065",
        "name": "Chambéry",
        "siren": "217300656",
        "departement_code": "73",
        "departement_name": "Savoie",
        "region_code": "84",
        "region_name": "Auvergne-Rhône-Alpes",
        "epci_siren": "200069110",
        "epci_name": "CA du Grand Chambéry",
        "population": 59_964,
        "postcodes": ["73000"],
        "former": [
            {"code": "73044", "name": None, "kind": "ancienne"},
            {"code": "73066", "name": None, "kind": "ancienne"},
        ],
        "matched_by": "code",
        "via": "73065",
        "vintage": "2026",
    }


def test_a_former_code_resolves_and_says_so() -> None:
    card = commune_show("73044")
    assert (card["code"], card["matched_by"], card["via"]) == ("73065", "former_code", "73044")
    assert "73044 belongs to Chambéry in 2026." in render_commune_show(card)
    assert "75101 Paris 1er Arrondissement belongs to Paris" in render_commune_show(commune_show("75101"))
    assert "belongs" not in render_commune_show(commune_show("73065"))


def test_what_is_not_known_of_a_place_is_said() -> None:
    text = render_commune_show(commune_show("98411"))
    assert "SIREN        unknown" in text
    assert "EPCI         none" in text
    assert "former       none" in text


def test_a_list_counts_what_it_does_not_show() -> None:
    found = commune_find("CHAMB", limit=2)
    assert [commune["code"] for commune in found["communes"]] == ["73065", "37050"]
    lines = render_commune_find(found).splitlines()
    assert lines[0].split() == ["CODE", "NAME", "DÉPARTEMENT", "POPULATION", "EPCI", "FOUND", "BY"]
    assert lines[1].startswith("73065  Chambéry")
    assert "59 964" in lines[1]
    assert lines[-1].startswith(f"{found['total'] - 2} more")


def test_a_list_says_why_each_was_found() -> None:
    assert "post code 73000" in render_commune_find(commune_find("73000"))
    assert "former name Aigueblanche" in render_commune_find(commune_find("Aigueblanche"))
    assert "former code 73037" in render_commune_find(commune_find("73037"))


def test_nothing_found_is_an_error_that_proposes() -> None:
    with pytest.raises(UnknownPlace) as failure:
        commune_find("Chambbéry")
    assert "73065 Chambéry" in failure.value.hint
    with pytest.raises(AmbiguousPlace):
        commune_show("Sainte-Colombe")
