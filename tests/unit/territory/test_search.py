from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odl_host.errors import AmbiguousPlace, UnknownPlace
from odl_host.territory.names import normalise_name
from odl_host.territory.reference import find_communes, list_all_communes, list_communes, resolve_commune


@pytest.mark.parametrize(
    ("text", "kind", "via"),
    [
        ("73065", "code", "73065"),
        (" 73 065 ", "code", "73065"),
        ("73044", "former_code", "73044"),
        ("73066", "former_code", "73066"),
        ("217300656", "siren", "217300656"),
        ("217 300 656", "siren", "217300656"),
        ("21730065600014", "siren", "217300656"),
        ("chambery", "name", "Chambéry"),
        ("CHAMBERY", "name", "Chambéry"),
        ("Chambe\u0301ry", "name", "Chambéry"),
        ("73000", "postcode", "73000"),
        ("CHAMB", "name", "Chambéry"),
    ],
)
def test_chambery_is_found_first_however_it_is_written(text: str, kind: str, via: str) -> None:
    match = find_communes(text)[0]
    assert (match.commune.code, match.kind, match.via) == ("73065", kind, via)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("St Alban Leysse", "73222"),
        ("ST-ALBAN-LEYSSE", "73222"),
        ("alban leysse", "73222"),
        ("Ste Reine", "73277"),
        ("st jean d arvey", "73243"),
        ("Saint-Jean-d’Arvey", "73243"),
        ("motte serv", "73179"),
        ("MOTTE-SERVOLEX (LA)", "73179"),
        ("Chatillon s/ Seine", "21154"),
        ("Coeuvres-et-Valsery", "02201"),
        ("Sainte-Colombe (05)", "05135"),
        ("Sainte-Colombe (Hautes Alpes)", "05135"),
        ("1004", "01004"),
        ("2a004", "2A004"),
        ("20004", "2A004"),
        ("97411", "97411"),
        ("75101", "75056"),
        ("Paris 16", "75056"),
        ("69381", "69123"),
        ("13201", "13055"),
    ],
)
def test_a_commune_is_found_as_people_write_it(text: str, code: str) -> None:
    assert code in [match.commune.code for match in find_communes(text)][:2]


def test_matches_come_by_nearness_then_by_population() -> None:
    found = [match.commune.name for match in find_communes("aix")]
    assert found[:4] == ["Aix", "Aix-en-Provence", "Aix-les-Bains", "Aixe-sur-Vienne"]
    assert found.index("Roubaix") > found.index("Aix-Noulette")
    populations = [match.commune.population or 0 for match in find_communes("73000")]
    assert populations == sorted(populations, reverse=True)
    assert len(populations) == 6


def test_a_former_name_ranks_after_the_names_in_force_that_are_as_near() -> None:
    kinds = [match.kind for match in find_communes("Saint-Benoit") if normalise_name(match.via) == "saint benoit"]
    assert set(kinds) == {"name", "former_name"}
    assert kinds == sorted(kinds, key=("name", "former_name").index)


def test_a_delegated_commune_leads_to_its_commune_and_says_so() -> None:
    match = find_communes("saint oyen")[0]
    assert (match.kind, match.via, match.commune.name) == ("former_name", "Saint-Oyen", "Grand-Aigueblanche")
    assert match.former is not None
    assert (match.former.code, match.former.kind) == ("73266", "deleguee")


def test_an_arrondissement_says_what_it_is() -> None:
    match = resolve_commune("75101")
    assert (match.commune.name, match.kind, match.via) == ("Paris", "former_code", "75101")
    assert match.former is not None
    assert (match.former.name, match.former.kind) == ("Paris 1er Arrondissement", "arrondissement")


def test_a_commune_is_found_once() -> None:
    codes = [match.commune.code for match in find_communes("paris")]
    assert len(codes) == len(set(codes))
    assert codes[0] == "75056"


def test_the_limit_keeps_the_first() -> None:
    assert find_communes("saint", limit=3) == find_communes("saint")[:3]


def test_the_beginning_of_a_code_lists_the_communes_that_have_it() -> None:
    assert len(find_communes("73")) == 273
    assert {match.commune.code[:3] for match in find_communes("2a0")} == {"2A0"}


@pytest.mark.parametrize("text", ["", "  ", "-", "()", "'", "99", "99999", "zzzz", "217300657", "\x00", "🏔", "(73)"])
def test_what_is_nowhere_is_not_found(text: str) -> None:
    assert find_communes(text) == []


def test_sainte_colombe_is_ambiguous_and_names_its_twelve_candidates() -> None:
    with pytest.raises(AmbiguousPlace, match="12 communes answer to « Sainte-Colombe »") as failure:
        resolve_commune("Sainte-Colombe")
    expected = [commune for commune in list_all_communes() if commune.name == "Sainte-Colombe"]
    assert len(expected) == 12
    assert all(commune.code in failure.value.message for commune in expected)
    assert "05135 Sainte-Colombe (Hautes-Alpes)" in failure.value.message
    assert [match.commune.name for match in find_communes("ste colombe")][:12] == ["Sainte-Colombe"] * 12


def test_a_perimeter_tells_homonyms_apart() -> None:
    assert resolve_commune("Sainte-Colombe", within={"05135", "73065"}).commune.code == "05135"
    savoie = {commune.code for commune in list_communes(departement="73")}
    assert resolve_commune("Chatelard", within=savoie).commune.name == "Le Châtelard"
    assert resolve_commune("Chatelard").commune.name == "Châtelard"


@pytest.mark.parametrize("text", ["01004", "210100046", "Lyon", "69381"])
def test_a_commune_outside_the_perimeter_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(UnknownPlace, match="not among the communes expected here") as failure:
        resolve_commune(text, within={"73065"})
    assert resolve_commune(text).commune.name in failure.value.message


@pytest.mark.parametrize("text", ["73065", "73044", "217300656", "21730065600014", "Chambéry", "chambery (73)"])
def test_a_machine_resolves_what_means_one_commune(text: str) -> None:
    assert resolve_commune(text, within=["73065"]).commune.code == "73065"


def test_a_name_in_force_wins_over_a_former_one() -> None:
    assert resolve_commune("Aigueblanche").kind == "former_name"
    assert resolve_commune("Saint-Benoît (01)").former is not None
    assert resolve_commune("Saint-Alban-Leysse").kind == "name"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("1004", "first zero seems lost", "01004 Ambérieu-en-Bugey"),
        ("73000", "No commune has the INSEE code 73000", "post code of 73065 Chambéry (Savoie)"),
        ("73A65", "No commune answers to", "73065 Chambéry"),
        ("99999", "there is no département 99", "odl-host commune find"),
        ("Chambéri", "No commune answers to « Chambéri »", "73065 Chambéry"),
        ("Aiguebelanche", "No commune answers to", "73003 Grand-Aigueblanche, formerly Aigueblanche"),
        ("200069110", "is not a commune, it is CA du Grand Chambéry", "--epci 200069110"),
        ("217300657", "not a SIREN: its last digit", "commune find"),
        ("21730065600015", "not a SIRET: its last digit", "commune find"),
        ("552100554", "No commune has the SIREN 552100554", "commune find"),
        ("", "missing", "73065"),
        ("73", "No commune answers to « 73 »", "commune find"),
    ],
)
def test_what_means_no_commune_is_refused_with_the_next_thing_to_do(text: str, message: str, hint: str) -> None:
    with pytest.raises(UnknownPlace) as failure:
        resolve_commune(text)
    assert message in failure.value.message
    assert hint in failure.value.hint
    assert failure.value.exit_code == 2


def test_every_commune_answers_first_to_its_own_code() -> None:
    for commune in list_all_communes()[::97]:
        assert find_communes(commune.code)[0].commune is commune
        assert resolve_commune(commune.code).kind == "code"


def test_every_commune_answers_to_its_own_name_in_its_departement() -> None:
    for commune in list_all_communes()[::97]:
        try:
            assert resolve_commune(f"{commune.name} ({commune.departement_code})").commune is commune
        except AmbiguousPlace as failure:
            assert commune.code in failure.message


def test_every_siren_of_savoie_leads_to_its_commune() -> None:
    for commune in list_communes(departement="73"):
        assert commune.siren is not None
        assert resolve_commune(commune.siren).commune is commune


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_no_text_makes_a_search_fail_otherwise_than_by_saying_so(text: str) -> None:
    find_communes(text, limit=1)
    try:
        resolve_commune(text)
    except (AmbiguousPlace, UnknownPlace) as failure:
        assert failure.message
        assert failure.hint
