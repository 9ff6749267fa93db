"""The official lists of a year, and where communes lie."""

from __future__ import annotations

import pytest

from odl_host.territory.boxes import find_box
from odl_host.territory.lists import is_listed

YEARS = ("2023", "2024")


def test_a_commune_merged_in_2024_was_one_of_its_own_name_in_2023_only() -> None:
    # Oullins and Pierre-Bénite became one commune on 1 January 2024. Source: INSEE, COG 2024.
    assert [is_listed("commune-name", "Oullins-Pierre-Bénite", year) for year in YEARS] == [False, True]


@pytest.mark.parametrize("code", ["73065", "2A004", "97411", "75056", "75101", "13201", "01015"])
def test_communes_arrondissements_and_communes_deleguees_are_in_every_list(code: str) -> None:
    assert [is_listed("commune-code", code, year) for year in YEARS] == [True, True]


@pytest.mark.parametrize("code", ["73044", "98818", "97502", "99999"])
def test_codes_left_long_ago_and_overseas_collectivites_are_in_none(code: str) -> None:
    assert [is_listed("commune-code", code, year) for year in YEARS] == [False, False]


def test_lists_hold_as_many_as_their_source_says() -> None:
    from odl_host.territory.lists import _list

    assert len(_list("commune-code", "2024")) == 36_971
    assert len(_list("commune-name", "2023")) == 35_210
    assert len(_list("postcode", "")) == 6_149


def test_a_year_that_is_not_known_is_no_answer() -> None:
    with pytest.raises(KeyError):
        is_listed("commune-code", "73065", "2019")


def test_a_commune_lies_in_its_box_and_an_overseas_collectivite_has_none() -> None:
    west, south, east, north = find_box("73065") or (0, 0, 0, 0)
    assert west < 5.9178 < east and south < 45.5646 < north
    assert find_box("98818") is None and find_box("99999") is None
