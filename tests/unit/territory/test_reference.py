from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from odl_host.errors import UnknownPlace
from odl_host.territory import archive
from odl_host.territory.reference import (
    Commune,
    find_epci,
    get_commune,
    get_departement,
    get_epci,
    get_region,
    list_all_communes,
    list_communes,
    list_departements,
    list_epci,
    list_regions,
    resolve_commune,
    vintage,
)


@pytest.fixture(scope="module")
def communes() -> list[Commune]:
    return list_all_communes()


@pytest.fixture(scope="module")
def facts(reference_dir: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((reference_dir / "territory" / "facts.json").read_text("utf-8"))
    return facts


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_reference_holds_every_place_of_2026(communes: list[Commune]) -> None:
    assert vintage() == "2026"
    assert len(communes) == len({commune.code for commune in communes}) == 34_969
    assert sum(commune.siren is None for commune in communes) == 94
    assert sum(commune.epci_siren is None for commune in communes) == 98
    assert sum(commune.population or 0 for commune in communes) == 68_952_941
    assert len({postcode for commune in communes for postcode in commune.postcodes}) == 6_310
    assert len(list_epci()) == 1_255
    assert len(list_departements()) == 109
    assert len(list_regions()) == 26


def test_the_former_communes_are_there(communes: list[Commune]) -> None:
    kinds = Counter(former.kind for commune in communes for former in commune.former)
    # Of the 2,105 déléguées, 74 bear the code and the name of the commune they belong to: there is nothing to find.
    assert kinds == {"ancienne": 2_248, "deleguee": 2_031, "associee": 471, "arrondissement": 45}
    assert all(former.name for c in communes for former in c.former if former.kind != "ancienne")


def test_a_former_code_belongs_to_one_commune(communes: list[Commune]) -> None:
    owners = Counter(former.code for commune in communes for former in commune.former)
    assert [code for code, count in owners.items() if count > 1] == []


def test_the_communes_are_in_the_order_of_their_codes(communes: list[Commune]) -> None:
    codes = [commune.code for commune in communes]
    assert codes == sorted(codes)


def test_the_counts_are_those_of_the_facts(communes: list[Commune], facts: dict[str, Any]) -> None:
    names = Counter(commune.name for commune in communes)
    assert len(communes) == facts["communes_by_type"]["commune-actuelle"]
    assert sum(commune.siren is not None for commune in communes) == facts["communes_with_siren"]
    assert [c.code for c in communes if c.population is None] == facts["communes_without_population"]
    assert [c.code for c in communes if not c.postcodes] == facts["communes_without_postcode"]
    assert [c.code for c in communes if c.population == 0] == facts["zero_population"]
    assert sum(commune.epci_siren is None for commune in communes) == facts["communes_outside_epci"]
    assert sum(count > 1 for count in names.values()) == facts["homonym_names"]
    assert Counter(epci.type for epci in list_epci()) == facts["epci_by_type"]
    savoie = list_communes(departement="73")
    assert len(savoie) == facts["savoie"]["communes"]
    assert sum(commune.population or 0 for commune in savoie) == facts["savoie"]["population"]
    assert len(list_epci(departement="73")) == facts["savoie"]["epci"]
    chambery = get_epci(facts["grand_chambery"]["siren"])
    assert chambery.member_codes == tuple(facts["grand_chambery"]["codes"])
    assert chambery.population == facts["grand_chambery"]["population_municipale"]


def test_the_communes_of_savoie_are_those_of_the_published_list(reference_dir: Path) -> None:
    rows = read_csv(reference_dir / "territory" / "communes-73.csv")
    expected = [
        (
            row["code_insee"],
            row["nom"],
            row["siren"],
            tuple(row["code_postal"].split("|")),
            row["population"],
            row["epci_siren"],
            set(filter(None, row["anciens_codes"].split("|"))),
        )
        for row in rows
    ]
    found = [
        (
            c.code,
            c.name,
            c.siren,
            c.postcodes,
            str(c.population),
            c.epci_siren,
            {former.code for former in c.former if former.code != c.code},
        )
        for c in list_communes(departement="73")
    ]
    assert len(found) == 273
    assert found == expected


def test_the_epci_of_savoie_are_those_of_the_published_list(reference_dir: Path) -> None:
    rows = read_csv(reference_dir / "territory" / "epci-73.csv")
    for row in rows:
        epci = get_epci(row["siren"])
        in_savoie = list_communes(epci=epci.siren, departement="73")
        assert (epci.name, epci.type, str(epci.population)) == (row["nom"], row["type"], row["population_municipale"])
        assert (str(len(epci.member_codes)), str(len(in_savoie))) == (row["communes_total"], row["communes_73"])
    assert [epci.siren for epci in list_epci(departement="73")] == [row["siren"] for row in rows]


def test_chambery_is_whole() -> None:
    commune = get_commune("73065")
    assert (commune.name, commune.siren, commune.population) == ("Chambéry", "217300656", 59_964)
    assert (commune.postcodes, commune.epci_siren) == (("73000",), "200069110")
    assert (commune.departement_code, commune.region_code, commune.arrondissement_code) == ("73", "84", "732")
    assert [former.code for former in commune.former] == ["73044", "73066"]


@pytest.mark.parametrize(
    ("code", "name", "departement", "region"),
    [
        ("01004", "Ambérieu-en-Bugey", "Ain", "Auvergne-Rhône-Alpes"),
        ("2A004", "Ajaccio", "Corse-du-Sud", "Corse"),
        ("2B033", "Bastia", "Haute-Corse", "Corse"),
        ("97105", "Basse-Terre", "Guadeloupe", "Guadeloupe"),
        ("97411", "Saint-Denis", "La Réunion", "La Réunion"),
        ("97611", "Mamoudzou", "Mayotte", "Mayotte"),
        ("98818", "Nouméa", "Nouvelle-Calédonie", "Nouvelle-Calédonie"),
        ("75056", "Paris", "Paris", "Île-de-France"),
    ],
)
def test_corsica_and_overseas_are_as_the_rest(code: str, name: str, departement: str, region: str) -> None:
    commune = get_commune(code)
    assert commune.name == name
    assert get_departement(commune.departement_code).name == departement
    assert get_region(commune.region_code).name == region


def test_a_former_code_is_not_a_commune_and_the_hint_says_whose_it_is() -> None:
    with pytest.raises(UnknownPlace, match="73044 is not a commune in 2026") as failure:
        get_commune("73044")
    assert "73065 Chambéry" in failure.value.hint


@pytest.mark.parametrize(
    ("code", "hint"),
    [("73999", "73099 Détrier"), ("1004", "01004 Ambérieu-en-Bugey"), ("73000", "post code of 73065 Chambéry")],
)
def test_an_unknown_code_names_the_nearest(code: str, hint: str) -> None:
    with pytest.raises(UnknownPlace) as failure:
        get_commune(code)
    assert hint in failure.value.hint


@pytest.mark.parametrize("code", ["", "73", "73065\n217300656", "\t", "|73044", "../73", "9", "97", "20000"])
def test_what_is_no_code_finds_nothing(code: str) -> None:
    with pytest.raises(UnknownPlace):
        get_commune(code)


def test_the_two_communes_that_moved_twice_are_where_they_are_now() -> None:
    assert resolve_commune("55273").commune.name == "Nonsard-Lamarche"
    assert resolve_commune("60455").commune.name == "Les Hauts-Talican"


def test_an_epci_across_two_departements_gives_all_its_communes() -> None:
    assert len(list_communes(epci="200040111")) == 17
    assert len(list_communes(epci="200040111", departement="38")) == 7
    assert list_communes(epci="200040111", departement="01") == []


def test_every_commune_of_an_epci_is_a_member_and_the_members_are_its_communes(communes: list[Commune]) -> None:
    members = Counter(code for epci in list_epci() for code in epci.member_codes)
    assert set(members.values()) == {1}
    assert set(members) == {commune.code for commune in communes if commune.epci_siren}
    assert all(c.epci_siren == "200069110" for c in list_communes(epci="200069110"))


def test_a_region_gives_the_communes_of_its_departements() -> None:
    found = Counter(commune.departement_code for commune in list_communes(region="Corse"))
    assert found == {"2A": 124, "2B": 236}


def test_the_territories_of_greater_paris_are_found_but_are_no_epci() -> None:
    plaine = get_epci("200057867")
    assert (plaine.name, plaine.type) == ("Plaine Commune", "EPT")
    assert "93066" in plaine.member_codes
    assert len(list_communes(epci="200057867")) == len(plaine.member_codes) == 8
    assert get_commune("93066").epci_siren == "200054781"
    assert plaine.siren not in {epci.siren for epci in list_epci()}


@pytest.mark.parametrize("text", ["grand chambery", "CA du Grand Chambéry", "200069110", "200 069 110"])
def test_an_epci_is_found_by_name_and_by_siren(text: str) -> None:
    assert [epci.siren for epci in find_epci(text)] == ["200069110"]


def test_an_epci_is_found_by_its_full_words() -> None:
    assert find_epci("communauté d'agglomération du grand chambéry")[0].siren == "200069110"
    assert find_epci("Métropole de Lyon")[0].type == "MET69"
    assert find_epci("nulle part") == []
    assert find_epci(" ") == []


def test_an_unknown_epci_names_the_nearest() -> None:
    with pytest.raises(UnknownPlace, match="No EPCI has the SIREN « 200069111 »") as failure:
        get_epci("200069111")
    assert "200069110 CA du Grand Chambéry" in failure.value.hint
    with pytest.raises(UnknownPlace) as failure:
        list_communes(epci="Grand Chambéry")
    assert "200069110" in failure.value.hint


@pytest.mark.parametrize("text", ["73", "Savoie", "savoie", " SAVOIE "])
def test_a_departement_is_got_by_code_and_by_name(text: str) -> None:
    assert get_departement(text).code == "73"


def test_departements_with_an_article_need_not_have_it() -> None:
    assert get_departement("réunion") == get_departement("la Réunion") == get_departement("974")
    assert get_region("auvergne rhone alpes").code == "84"
    assert get_departement("2a").code == "2A"


@pytest.mark.parametrize(("text", "hint"), [("1", "01 Ain"), ("savoi", "73 Savoie"), ("20", "INSEE code")])
def test_an_unknown_departement_names_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(UnknownPlace, match="No département") as failure:
        get_departement(text)
    assert hint in failure.value.hint


def test_the_siren_of_departements_and_regions_is_a_place_left_empty() -> None:
    assert get_departement("73").siren is None
    assert get_region("84").siren is None


@pytest.mark.parametrize(
    ("code", "of_name"),
    [
        ("73065", "de Chambéry"),
        ("73081", "du Châtelard"),
        ("73106", "d'École"),
        ("73098", "des Déserts"),
        ("73179", "de La Motte-Servolex"),
        ("73213", "de La Ravoire"),
        ("01001", "de L'Abergement-Clémenciat"),
        ("72181", "du Mans"),
        ("60703", "des Marais"),
        ("66104", "de Los Masos"),
        ("63448", "du Vernet-Chaméane"),
        ("73330", "de Yenne"),
        ("76758", "d'Yvetot"),
        ("98820", "d'Ouvéa"),
    ],
)
def test_a_commune_joins_a_french_sentence(code: str, of_name: str) -> None:
    commune = next(commune for commune in list_all_communes() if commune.code == code)
    assert commune.of_name == of_name


def test_no_commune_is_written_de_le_or_de_les(communes: list[Commune]) -> None:
    wrong = ("de Le ", "de Les ", "de A", "de É", "de E", "d'Le")
    assert [c.of_name for c in communes if c.of_name.startswith(wrong)] == []


def test_the_other_places_join_a_french_sentence_too() -> None:
    assert get_departement("73").of_name == "de la Savoie"
    assert get_departement("974").of_name == "de La Réunion"
    assert get_region("84").of_name == "d'Auvergne-Rhône-Alpes"
    assert get_region("988").of_name == "de la Nouvelle-Calédonie"
    assert get_epci("200069110").of_name == "de la Communauté d'agglomération du Grand Chambéry"
    assert get_epci("200067205").full_name == "Communauté d'agglomération du Cotentin"


def test_places_are_values(communes: list[Commune]) -> None:
    assert get_commune("73065") == archive.Archive().find_commune("73065")
    assert len(set(communes)) == len(communes)
    with pytest.raises(AttributeError):
        communes[0].name = "Ailleurs"


def test_the_data_weigh_less_than_a_megabyte() -> None:
    folder = Path(archive.DATA_DIR)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 1_000_000
