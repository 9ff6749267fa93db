from __future__ import annotations

import pytest

from odl_host.territory import codes
from odl_host.territory.reference import list_all_communes, list_departements, list_epci, list_regions


def test_every_code_in_force_has_the_shape_of_a_code() -> None:
    communes = list_all_communes()
    assert [commune.code for commune in communes if not codes.is_commune_code(commune.code)] == []
    assert [
        commune.code for commune in communes if codes.departement_of(commune.code) != commune.departement_code
    ] == []
    assert [place.code for place in list_departements() if not codes.is_departement_code(place.code)] == []
    assert [place.code for place in list_regions() if not codes.is_region_code(place.code)] == []
    assert [p for commune in communes for p in commune.postcodes if not codes.is_postcode(p)] == []


def test_every_siren_in_force_has_the_right_key_and_is_borne_once() -> None:
    sirens = [c.siren for c in list_all_communes() if c.siren is not None] + [epci.siren for epci in list_epci()]
    assert [siren for siren in sirens if not codes.is_siren(siren)] == []
    assert len(sirens) == len(set(sirens))


def test_every_former_code_has_the_shape_of_a_code_of_its_time() -> None:
    former = [former.code for commune in list_all_communes() for former in commune.former]
    assert [code for code in former if not codes.is_commune_like(code)] == []
    assert "20004" in former


@pytest.mark.parametrize("digits", ["٧٣٠٦٥", "73065\n", " 73065", "7306 5", ""])
def test_only_plain_digits_make_a_code(digits: str) -> None:
    assert not codes.is_commune_code(digits)
    assert not codes.is_commune_like(digits)
    assert not codes.is_postcode(digits)


@pytest.mark.parametrize("number", ["٢١٧٣٠٠٦٥٦", "217300656\n", "21730065", "2173006560"])
def test_only_nine_plain_digits_make_a_siren(number: str) -> None:
    assert not codes.is_siren(number)


def test_one_wrong_digit_never_makes_a_siren() -> None:
    siren = "217300656"
    for place in range(9):
        for digit in "0123456789":
            changed = siren[:place] + digit + siren[place + 1 :]
            assert codes.is_siren(changed) == (changed == siren)


def test_a_lost_zero_is_proposed_and_never_put_back_silently() -> None:
    assert codes.restore_commune_code("1004") == "01004"
    assert codes.normalise_code("1004") == "1004"
    assert codes.restore_commune_code("0000") is None


def test_what_is_no_siret_gives_no_siren() -> None:
    with pytest.raises(ValueError, match="is not a SIRET"):
        codes.siren_of_siret("21730065600015")
