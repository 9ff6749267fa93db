"""The communes of earlier years, and where communes lie."""

from __future__ import annotations

import pytest

from odl_host.territory.boxes import find_box
from odl_host.territory.vintages import was_commune_code, was_commune_name


def test_a_commune_merged_in_2024_was_one_in_2023_only() -> None:
    # Pierre-Bénite joined Oullins on 1 January 2024. Source: INSEE, COG 2024.
    assert [was_commune_code("69152", year) for year in ("2023", "2024")] == [True, False]
    assert [was_commune_name("Oullins-Pierre-Bénite", year) for year in ("2023", "2024")] == [False, True]


@pytest.mark.parametrize("code", ["73065", "2A004", "97411", "75056", "75101", "13201"])
def test_communes_and_arrondissements_of_the_departements_are_in_every_list(code: str) -> None:
    assert was_commune_code(code, "2023") and was_commune_code(code, "2024")


@pytest.mark.parametrize("code", ["64402", "73044", "98818", "97502", "99999"])
def test_codes_left_long_ago_and_overseas_collectivites_are_in_none(code: str) -> None:
    assert not was_commune_code(code, "2023") and not was_commune_code(code, "2024")


def test_a_year_that_is_not_known_is_no_answer() -> None:
    with pytest.raises(KeyError):
        was_commune_code("73065", "2019")


def test_a_commune_lies_in_its_box_and_an_overseas_collectivite_has_none() -> None:
    west, south, east, north = find_box("73065") or (0, 0, 0, 0)
    assert west < 5.9178 < east and south < 45.5646 < north
    assert find_box("98818") is None and find_box("99999") is None
