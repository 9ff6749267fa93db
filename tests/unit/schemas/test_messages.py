from __future__ import annotations

import re

import pytest

from odl_host.schemas.checks.actes import FAMILIES, is_acte
from odl_host.schemas.findings import CODES, Finding
from odl_host.schemas.messages import fix, message, place

JARGON = re.compile(
    r"regex|type-error|constraint|pattern|null|enum|string|boolean|\bR\d+C\d+|error|value\b|required|label|\bNone\b|\{|NaN"
)
TYPES = (
    *("date", "datetime", "time", "year", "yearmonth", "number", "integer", "boolean", "geopoint", "array", "object"),
    *("geojson", "duration", "list", "string"),
)
CONSTRAINTS = (
    *(
        "required",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "pattern",
    ),
)


def _finding(code: str, cell: str | None = "valeur", **params: str) -> Finding:
    return Finding(code, "error", 42, "DELIB_DATE", 3, cell, params)


def _all_findings() -> list[Finding]:
    plain = [_finding(code) for code in CODES] + [_finding(code, None) for code in CODES]
    types = [_finding("type-error", type=kind, format="default") for kind in TYPES]
    formats = [_finding("type-error", type="string", format=form) for form in ("uri", "email", "uuid", "binary", "wkt")]
    constraints = [_finding("constraint-error", constraint=name, expected="3", type="date") for name in CONSTRAINTS]
    checks = [_finding("custom-check-error", check=name) for name in ("siret", "siren", "nomenclature-acte", "commune")]
    return plain + types + formats + constraints + checks


@pytest.mark.parametrize("finding", _all_findings(), ids=lambda one: f"{one.code} {dict(one.params)}")
def test_every_finding_has_two_plain_french_sentences(finding: Finding) -> None:
    wrong, todo = message(finding), fix(finding)
    assert wrong.endswith((".", ".»", "!"))
    assert todo.endswith(".")
    for sentence in (wrong, todo):
        without_quotes = re.sub(r"« [^»]* »|\{\"[^}]*\}|\[\"[^]]*\]", "", sentence)
        assert not JARGON.search(without_quotes), sentence
        assert finding.code not in sentence


def test_no_code_is_left_to_the_general_sentence() -> None:
    general = message(Finding("inconnu"))
    assert [code for code in CODES if message(_finding(code)) == general] == []


@pytest.mark.parametrize(
    ("params", "cell", "expected"),
    [
        ({"type": "date"}, "31/03/2024", "« 2024-03-31 »"),
        ({"type": "date"}, "31 mars 2024", "« 2024-03-31 »"),
        ({"type": "date"}, "1er février 2024", "« 2024-02-01 »"),
        ({"type": "date"}, "45382", "« 2024-03-31 »"),
        ({"type": "date"}, "31/03/2024 00:00:00", "« 2024-03-31 »"),
        ({"type": "date", "format": "%d/%m/%Y"}, "2024-03-31", "« 31/03/2024 »"),
        ({"type": "datetime"}, "31/03/2024 9h30", "« 2024-03-31T09:30:00 »"),
        ({"type": "time"}, "9h30", "« 09:30:00 »"),
        ({"type": "year"}, "2024.0", "« 2024 »"),
        ({"type": "yearmonth"}, "mars 2024", "« 2024-03 »"),
        ({"type": "number"}, "1 234,50 €", "« 1234.50 »"),
        ({"type": "number"}, "1 234,50", "« 1234.50 »"),
        ({"type": "number"}, "1.234,5", "« 1234.5 »"),
        ({"type": "number", "mark": ","}, "1234.5", "« 1234,5 »"),
        ({"type": "integer"}, "1 000", "« 1000 »"),
        ({"type": "integer"}, "9.0", "« 9 »"),
        ({"type": "boolean"}, "Oui", "« true »"),
        ({"type": "boolean", "yes": "oui", "no": "non"}, "NON", "« non »"),
        ({"type": "string", "format": "uri"}, "www.exemple.fr", "« https://www.exemple.fr »"),
        ({"type": "string", "format": "email"}, "a@b.fr ; c@d.fr", "« a@b.fr »"),
        ({"type": "geopoint"}, "[5.9, 45.5]", "« 5.9,45.5 »"),
    ],
)
def test_a_wrongly_typed_cell_is_answered_with_exactly_what_to_type(
    params: dict[str, str], cell: str, expected: str
) -> None:
    assert expected in fix(_finding("type-error", cell, **{"format": "default", **params}))


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("date", "30/02/2024"), ("date", "bientôt"), ("number", "non"), ("integer", "1,5"), ("boolean", "peut-être")],
)
def test_what_cannot_be_read_is_answered_with_the_form_and_not_with_a_guess(kind: str, cell: str) -> None:
    assert cell not in fix(_finding("type-error", cell, type=kind, format="default"))


@pytest.mark.parametrize(
    ("kind", "cell", "readings"),
    [
        ("number", "1,234", ["« 1.234 »", "« 1234 »"]),
        ("number", "1.234 €", ["« 1.234 »", "« 1234 »"]),
        ("integer", "9.000", ["« 9 »", "« 9000 »"]),
        ("integer", "1,234", ["« 1234 » si"]),
        ("number", "0,500", ["« 0.500 »."]),
    ],
)
def test_a_mark_before_three_digits_is_answered_with_both_things_it_may_mean(
    kind: str, cell: str, readings: list[str]
) -> None:
    said = fix(_finding("type-error", cell, type=kind, format="default"))
    assert all(reading in said for reading in readings)
    assert said.count("«") == len(readings)


def test_a_siret_that_a_spreadsheet_rounded_is_told_to_be_so() -> None:
    rounded = _finding("custom-check-error", "22530000000000", check="siret")
    assert "des zéros" in message(rounded)
    assert "format texte" in fix(rounded)
    assert "des zéros" not in message(_finding("custom-check-error", "22530001100010", check="siret"))


def test_an_act_without_its_subject_is_answered_with_an_example_that_passes() -> None:
    for family in FAMILIES:
        said = fix(_finding("custom-check-error", family.upper(), check="nomenclature-acte"))
        assert is_acte(re.findall(r"Par exemple : « (.+?) »", said.replace("\u00a0", " "))[0])


def test_words_that_mean_themselves_are_not_explained() -> None:
    french = _finding("type-error", "NA", type="boolean", format="default", yes="oui", no="non")
    english = _finding("type-error", "NA", type="boolean", format="default")
    assert "pour oui" not in fix(french)
    assert "pour oui" in fix(english)


@pytest.mark.parametrize(
    "params",
    [{"type": "string", "format": "email"}, {"type": "number"}, {"type": "integer"}, {"type": "date"}],
    ids=str,
)
@pytest.mark.parametrize("cell", ["1" * 1_000_000 + "x", "a." * 500_000, "1 " * 500_000 + "x"], ids=["1", "a.", "1 "])
def test_a_cell_of_a_million_characters_is_answered_with_the_form(params: dict[str, str], cell: str) -> None:
    assert fix(_finding("type-error", cell, **params)).startswith("Écrivez")


def test_an_impossible_date_is_told_to_be_impossible() -> None:
    for day in ("2024-02-30", "31/02/2025"):
        assert "n’existe pas" in message(_finding("type-error", day, type="date", format="default"))


@pytest.mark.parametrize(
    ("params", "cell", "expected"),
    [
        ({"constraint": "enum", "expected": "aide en nature | aide en numéraire"}, "Aide en Numéraire",
         "« aide en numéraire »"),
        ({"constraint": "enum", "expected": "pour | contre"}, "xyz", "« pour », « contre »"),
        ({"constraint": "pattern", "expected": r"^\d{14}$"}, "200 069 110 00019", "« 20006911000019 »"),
        ({"constraint": "pattern", "expected": r"^\d{14}$"}, "2000", "14 chiffres"),
        ({"constraint": "pattern", "expected": r"^([013-9]\d|2[AB1-9])\d{3}$"}, "1004", "« 01004 »"),
        ({"constraint": "pattern", "expected": "X.*", "example": "X12"}, "Y", "« X12 »"),
        ({"constraint": "maximum", "expected": "1"}, "97.38", "« 0.9738 »"),
        ({"constraint": "maxLength", "expected": "5"}, "trop long", "5 caractères"),
        ({"constraint": "required", "example": "73065"}, "", "« 73065 »"),
        ({"constraint": "required", "type": "boolean", "yes": "oui", "no": "non", "example": "oui"}, "",
         "Remplissez la cellule : « oui » ou « non »."),
        ({"constraint": "required", "choices": "pour | contre", "example": "pour"}, "", "« pour », « contre »"),
        ({"constraint": "enum", "expected": "aide en nature | aide en numéraire | aide en nature;aide en numéraire"},
         "numéraire", "exactement « aide en numéraire »"),
        ({"constraint": "enum", "expected": "voie publique | place publique"}, "publique", "Choisissez parmi"),
        ({"constraint": "enum", "expected": "M | F | I"}, "Fille", "« F »"),
        ({"constraint": "enum", "expected": "Finances locales | Urbanisme"}, "finances", "« Finances locales »"),
        ({"constraint": "enum", "expected": "intérieur | extérieur"}, "intÃ©rieur", "« intérieur »"),
        ({"constraint": "pattern", "expected": r"^https?://.*\.(?:jpg|png)$", "example": "https://a.fr/b.jpg"},
         "http://a.fr/b.bmp", "la forme de cet exemple : « https://a.fr/b.jpg »"),
        ({"constraint": "pattern", "expected": r"^https?://.*\.jpg$"}, "htp://a.fr/b.jpg", "commence par https"),
        ({"constraint": "pattern", "expected": r"^\d{4}-\d\d-\d\d(?:/\d{4}-\d\d-\d\d)?$"}, "2014",
         "« 2014-01-01/2014-12-31 » s’il s’agit de l’année 2014 en entier"),
    ],
)  # fmt: skip
def test_a_broken_constraint_is_answered_with_what_to_type(params: dict[str, str], cell: str, expected: str) -> None:
    assert expected in fix(_finding("constraint-error", cell, **params))


@pytest.mark.parametrize(("cell", "todo"), [("2014", "2014-MM-JJ"), ("avril 2024", "le jour : 2024-04-JJ")])
def test_a_date_without_its_day_is_not_completed_for_the_author(cell: str, todo: str) -> None:
    assert todo in fix(_finding("type-error", cell, type="date", format="default"))


def test_a_space_too_many_is_said_because_it_cannot_be_seen() -> None:
    finding = _finding("constraint-error", " pour", constraint="enum", expected="pour | contre")
    assert "espace" in message(finding)
    assert "« pour »" in fix(finding)


def test_a_siret_turned_into_a_float_is_blamed_on_the_spreadsheet() -> None:
    assert "tableur" in message(_finding("custom-check-error", "2,10104E+13", check="siret"))


def test_an_act_family_is_proposed_with_its_accents() -> None:
    finding = _finding(
        "custom-check-error", "libertes publiques et pouvoir de police/ arrêtés", check="nomenclature-acte"
    )
    assert "« Libertés publiques et pouvoirs de police/arrêtés »" in fix(finding)


def test_a_renamed_column_is_named_in_the_answer() -> None:
    finding = Finding("missing-label", column="DELIB_ID", params={"label": "delib_id"})
    assert "« delib_id »" in fix(finding)
    assert "« DELIB_ID »" in fix(finding)


def test_a_place_is_told_in_words() -> None:
    assert place(Finding("type-error", row=42, column="DELIB_DATE", position=3)) == "ligne 42, colonne DELIB_DATE"
    assert place(Finding("unknown-label", row=1, column="x")) == "ligne des titres, colonne x"
    assert place(Finding("extra-cell", row=3, column="", position=9)) == "ligne 3, 9e colonne"
    assert place(Finding("check-error")) == ""


def test_a_period_written_otherwise_is_proposed_as_the_pattern_wants_it() -> None:
    pattern = r"\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?"
    params = {"constraint": "pattern", "expected": pattern, "example": "2025-05-02"}
    found = Finding(
        "constraint-error", row=2, column="datesPeriodeVersement", cell="2018-01-01_2018-03-31", params=params
    )
    assert fix(found) == "Écrivez « 2018-01-01/2018-03-31 »."
