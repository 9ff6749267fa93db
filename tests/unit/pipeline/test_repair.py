"""Repairs: what has one reading is put right and said, the rest is asked, and what is right is never touched."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odl_host.pipeline.examine import Examination, ExamineSettings, examine_file
from odl_host.pipeline.read import ReadLimits, read_table
from odl_host.pipeline.repairing.kinds import KINDS
from odl_host.pipeline.repairing.table import RepairedTable, repair_table
from odl_host.pipeline.validate import validate_table
from odl_host.schemas.descriptor import build_schema
from odl_host.schemas.registry import Schema, load_registry
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 11, 23)
CHAMBERY = "21730065600014"


def one_field(field: Mapping[str, Any], **more: object) -> Schema:
    return parse_descriptor({"fields": [{"name": "c", **field}], **more}, name="essai", version="1")


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])
    return path


def repaired(path: Path, schema: Schema, texts: Sequence[str]) -> tuple[list[str], RepairedTable]:
    """Repair a column `c`, beside a column that keeps blank rows from being blank."""
    write(path / "f.csv", ["c", "autre"], [[text, "z"] for text in texts])
    table = repair_table(read_table(path / "f.csv", columns=frozenset({"c", "autre"})), schema, today=TODAY)
    return [row[0] for row in table.iter_rows()], table


NUMBER = {"type": "number"}
DATE = {"type": "date"}
SIRET = {"name": "siret", "type": "string", "constraints": {"pattern": r"^\d{14}$"}}
PERIOD = {"constraints": {"pattern": r"\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?"}}
YES_NO = {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}

CERTAIN: list[tuple[str, Mapping[str, Any], list[str], list[str]]] = [
    ("a decimal comma", NUMBER, ["1,5", "12,75"], ["1.5", "12.75"]),
    (
        "thin and no-break spaces",
        NUMBER,
        ["1\u202f234,50", "12\u00a0345", "1 234 567,8"],
        ["1234.50", "12345", "1234567.8"],
    ),
    ("a euro sign", NUMBER, ["300,00 €", "12€", "7 EUR"], ["300.00", "12", "7"]),
    ("both marks", NUMBER, ["1.234,56"], ["1234.56"]),
    ("English marks", NUMBER, ["1,234.56"], ["1234.56"]),
    ("three decimals that others prove", NUMBER, ["45,123", "5,9"], ["45.123", "5.9"]),
    ("three decimals and a unit that others prove", NUMBER, ["1.234 €", "2.5"], ["1.234", "2.5"]),
    ("three decimals after a zero", NUMBER, ["0,125"], ["0.125"]),
    ("whole numbers with a nil decimal", {"type": "integer"}, ["9.0", "12,00", "1 200"], ["9", "12", "1200"]),
    ("years with a nil decimal", {"type": "year"}, ["2024.0", " 2023"], ["2024", "2023"]),
    ("French dates that one of them proves", DATE, ["03/04/2024", "31/12/2024"], ["2024-04-03", "2024-12-31"]),
    ("one day in the month of its number", DATE, ["04/04/2024"], ["2024-04-04"]),
    ("midnight", DATE, ["2024-12-31 00:00:00", "2024-01-02T00:00:00"], ["2024-12-31", "2024-01-02"]),
    ("slashes after the year", DATE, ["2024/12/31"], ["2024-12-31"]),
    ("spaces around dates", DATE, ["\u00a02024-12-31 ", "2024-01-02"], ["2024-12-31", "2024-01-02"]),
    ("French yes and no", YES_NO, ["Oui", "NON", "vrai", "oui"], ["oui", "non", "oui", "oui"]),
    ("letters in a column of yes and no", YES_NO, ["O", "N"], ["oui", "non"]),
    ("yes for a field in English", {"type": "boolean"}, ["oui", "Non"], ["true", "false"]),
    (
        "case, accents, apostrophes and dashes of a list",
        {"constraints": {"enum": ["Aide d'État", "Saint-Alban", "numéraire"]}},
        ["aide d’etat", "SAINT–ALBAN", "Numeraire "],
        ["Aide d'État", "Saint-Alban", "numéraire"],
    ),
    (
        "a period with another mark between its days",
        PERIOD,
        ["2018-01-01_2018-12-31", "2018/01/30_2022/01/29", "du 2024-01-01 au 2024-02-01", "2024-05-02"],
        ["2018-01-01/2018-12-31", "2018-01-30/2022-01-29", "2024-01-01/2024-02-01", "2024-05-02"],
    ),
    ("spaces that a pattern refuses", {"constraints": {"pattern": "[a-z]+"}}, ["\u00a0abc "], ["abc"]),
]

UNCERTAIN: list[tuple[str, Mapping[str, Any], list[str], str]] = [
    ("a comma before three digits", NUMBER, ["1,234", "2,500"], "2 nombres ambigus"),
    ("commas of both kinds", NUMBER, ["1,234", "1,234,567"], "nombres ambigus"),
    ("a point before three digits and a unit", NUMBER, ["1.234 €", "2.500 €"], "2 nombres ambigus"),
    ("three figures after the point of a whole number", {"type": "integer"}, ["9.000", "9.5"], "1 nombre ambigu"),
    ("a decimal comma beside such a point", NUMBER, ["1.234", "2,50"], "mais « 1.234 » a un point"),
    ("points that may be thousands", NUMBER, ["1.234", "1.234,5"], "ambigu"),
    ("dates that nothing proves", DATE, ["03/04/2024", "05/06/2024"], "est-ce le 3 avril ou le 4 mars ?"),
    ("dates in both orders", DATE, ["13/04/2024", "04/13/2024"], "2 dates ambiguës"),
    ("dates half turned by a spreadsheet", DATE, ["2024-03-04", "2024-12-01", "25/03/2024"], "1 date ambiguë"),
    ("crosses", YES_NO, ["x", "oui"], "est-ce oui ou non ?"),
    ("figures that are not yes nor no", YES_NO, ["1", "2"], "est-ce oui ou non ?"),
]

KEPT: list[tuple[str, Mapping[str, Any], list[str]]] = [
    ("spaces around a free text", {}, [" texte ", "\u00a0autre"]),
    ("a point before three digits", NUMBER, ["1.234", "2.5"]),
    ("decimals of a whole number", {"type": "integer"}, ["9.5", "9.0001"]),
    ("groups of odd lengths", NUMBER, ["12 34", "1 2345"]),
    ("full-width digits", DATE, ["２０２４/12/31"]),
    ("a date that does not exist", DATE, ["31/02/2024", "13/01/24"]),
    ("an hour that is not midnight", DATE, ["2024-12-31 10:00:00"]),
    ("two values of a list that look alike", {"constraints": {"enum": ["Été", "ete"]}}, ["ÉTE"]),
    ("another word", {"constraints": {"enum": ["en nature"]}}, ["nature"]),
    ("a number with its own marks", {"type": "number", "decimalChar": ","}, ["1.5", "1 234,5"]),
    ("a cell of half a million spaces", NUMBER, ["1" + " " * 500_000 + "€"]),
    ("a period that ends before it begins", PERIOD, ["2024-12-31_2024-01-01"]),
    ("a period whose days may be months", PERIOD, ["01/02/2024_03/04/2024"]),
    ("a pattern that takes the mark", {"constraints": {"pattern": "[-0-9_/]+"}}, ["2024-01-01_2024-12-31"]),
    ("O beside 0", YES_NO, ["O", "0"]),
]


@pytest.mark.parametrize(
    ("field", "before", "after"), [case[1:] for case in CERTAIN], ids=[case[0] for case in CERTAIN]
)
def test_what_has_one_reading_is_put_right(
    field: Mapping[str, Any], before: list[str], after: list[str], tmp_path: Path
) -> None:
    schema = one_field(field)
    texts, table = repaired(tmp_path, schema, before)
    assert texts == after
    assert not table.proposals
    assert validate_table(table, schema, today=TODAY).valid
    assert sum(repair.count for repair in table.repairs) == sum(a != b for a, b in zip(before, after, strict=True))
    assert {repair.kind for repair in table.repairs} <= set(KINDS)


@pytest.mark.parametrize(
    ("field", "before", "asked"), [case[1:] for case in UNCERTAIN], ids=[case[0] for case in UNCERTAIN]
)
def test_what_has_two_readings_is_asked(
    field: Mapping[str, Any], before: list[str], asked: str, tmp_path: Path
) -> None:
    texts, table = repaired(tmp_path, one_field(field), before)
    assert [text for text in texts if text not in before and text != "1234567"] == []
    assert asked in " ".join(note.detail for note in table.proposals)


def test_amounts_in_cents_do_not_prove_that_a_number_has_three_decimals(tmp_path: Path) -> None:
    texts, table = repaired(tmp_path, one_field(NUMBER), ["1,234", "12,50", "7 000,00"])
    assert texts == ["1,234", "12.50", "7000.00"]
    assert "1 nombre ambigu" in table.proposals[0].detail


@pytest.mark.parametrize(("field", "before"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT])
def test_what_no_rule_is_sure_of_stays(field: Mapping[str, Any], before: list[str], tmp_path: Path) -> None:
    texts, table = repaired(tmp_path, one_field(field), before)
    assert texts == before
    assert not table.repairs


# -- codes -----------------------------------------------------------------------------------------------------------


def codes(path: Path, field: Mapping[str, Any], texts: Sequence[str]) -> tuple[list[str], RepairedTable]:
    name = str(field["name"])
    schema = parse_descriptor({"fields": [field]}, name="essai", version="1")
    write(path / "f.csv", [name, "autre"], [[text, "z"] for text in texts])
    table = repair_table(read_table(path / "f.csv", columns=frozenset({name, "autre"})), schema, today=TODAY)
    return [row[0] for row in table.iter_rows()], table


def test_spaces_and_decimals_leave_a_siret_that_its_key_proves(tmp_path: Path) -> None:
    texts, table = codes(tmp_path, SIRET, ["217 300 656 00014", f"{CHAMBERY}.0", CHAMBERY, "217 300 656 00015"])
    assert texts == [CHAMBERY, CHAMBERY, CHAMBERY, "217 300 656 00015"]
    assert [(repair.kind, repair.count) for repair in table.repairs] == [("code-spaces", 2)]


def test_a_zero_comes_back_where_the_key_proves_it(tmp_path: Path) -> None:
    siret = "00542092000117"
    short = siret[1:]
    from odl_host.territory.codes import has_luhn_key, is_siret

    siren = next(f"0054209{tail:02d}" for tail in range(100) if has_luhn_key(f"0054209{tail:02d}"))
    siret = next(f"{siren}{tail:05d}" for tail in range(10, 99) if is_siret(f"{siren}{tail:05d}"))
    short = siret[1:]
    assert codes(tmp_path, SIRET, [short])[0] == [siret]
    # A zero that was kept elsewhere, or a code that no zero makes right, says that zeros were not what was lost.
    assert codes(tmp_path, SIRET, [short, siret])[0] == [short, siret]
    wrong = short[:-1] + str((int(short[-1]) + 1) % 10)
    texts, table = codes(tmp_path, SIRET, [short, wrong])
    assert texts == [short, wrong]
    assert "un zéro s’est-il perdu" in table.proposals[0].detail


def test_a_zero_comes_back_in_codes_of_communes_that_exist(tmp_path: Path) -> None:
    insee = {"name": "code_insee", "type": "string"}
    texts, table = codes(tmp_path, insee, ["1004", "73065", "2a004"])
    assert texts == ["01004", "73065", "2A004"]
    assert {repair.kind for repair in table.repairs} == {"leading-zero", "code-capitals"}
    assert codes(tmp_path, insee, ["1999"])[0] == ["1999"]
    postal = {"name": "code_postal", "type": "string", "constraints": {"pattern": "[0-9]{5}"}}
    assert codes(tmp_path, postal, ["1500", "73000"])[0] == ["01500", "73000"]


def test_a_siret_in_scientific_notation_is_said_to_be_lost(tmp_path: Path) -> None:
    texts, table = codes(tmp_path, SIRET, ["2,17301E+13"])
    assert texts == ["2,17301E+13"]
    assert "ne peuvent pas être retrouvés" in table.proposals[0].detail


# -- headers ---------------------------------------------------------------------------------------------------------

THREE = build_schema(
    {
        "fields": [
            {
                "name": "DELIB_DATE",
                "title": "Date de la délibération",
                "type": "date",
                "constraints": {"required": True},
            },
            {"name": "montant", "type": "number", "aliases": ["montant de la subvention"]},
            {"name": "idAttribuant", "title": "SIRET de qui donne", "aliases": ["identification de l'attribuant"]},
            {"name": "idBeneficiaire", "title": "SIRET de qui reçoit", "aliases": ["siret"]},
        ],
        "name": "essai",
        "version": "1",
    }
)


def header_of(path: Path, header: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    write(path / "f.csv", header, [row])
    return repair_table(read_table(path / "f.csv", repair=False), THREE, today=TODAY).header


@pytest.mark.parametrize(
    ("label", "row", "becomes"),
    [
        ("délib date", "2024-01-31", "DELIB_DATE"),
        ("Montant de la subvention", "12,5", "montant"),
        ("Montant", "12,5", "montant"),
        ("Identification de l’attribuant", CHAMBERY, "idAttribuant"),
        # Values that do not suit, a word of which nobody can tell whose it is, and an unknown name stay.
        ("Montant de la subvention", "à voir", "Montant de la subvention"),
        ("SIRET", CHAMBERY, "SIRET"),
        ("Remarque", "oui", "Remarque"),
    ],
)
def test_a_column_takes_its_name_back_when_name_and_values_agree(
    label: str, row: str, becomes: str, tmp_path: Path
) -> None:
    assert header_of(tmp_path, [label, "z"], [row, "z"]) == (becomes, "z")


def test_a_column_that_nearly_fits_is_asked_about(tmp_path: Path) -> None:
    write(tmp_path / "f.csv", ["DELIB_DATE", "Montant"], [["2024-01-31", "à voir"], ["2024-01-31", "12"]])
    table = repair_table(read_table(tmp_path / "f.csv", repair=False), THREE, today=TODAY)
    assert table.header == ("DELIB_DATE", "Montant")
    (question,) = table.proposals
    assert "est-elle" not in question.detail  # only the case differs: no doubt which column is meant
    assert "« Montant »" in question.detail and "« montant »" in question.detail and "« à voir »" in question.detail


def test_two_columns_never_become_one(tmp_path: Path) -> None:
    for header in (["montant", "Montant"], ["MONTANT", "Montant"], ["montant", "Montant de la subvention"]):
        assert header_of(tmp_path, header, ["1", "2"]) == tuple(header)
    assert header_of(tmp_path, ["montant", "montant"], ["1", "2"]) == ("montant", "montant")


# -- the whole job ---------------------------------------------------------------------------------------------------

SUBSIDIES = load_registry(None).get_schema("subventions")
ROW = {
    "nomAttribuant": "Chambéry",
    "idAttribuant": CHAMBERY,
    "dateConvention": "2024-03-31",
    "nomBeneficiaire": "Club",
    "idBeneficiaire": CHAMBERY,
    "objet": "Fête",
    "montant": "12.5",
    "nature": "aide en numéraire",
    "conditionsVersement": "unique",
    "datesPeriodeVersement": "2024-04-01",
    "notificationUE": "non",
    "pourcentageSubvention": "1",
}


def subsidies(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    return write(path, list(ROW), [[{**ROW, **row}[name] for name in ROW] for row in rows])


def examine(path: Path, spool: Path | None = None, **changes: Any) -> Examination:
    asked = ExamineSettings(limits=ReadLimits(), max_findings=100, today=TODAY, spool=spool, **changes)
    return examine_file(path, load_registry(None), asked, schema=SUBSIDIES)


def test_a_repaired_file_is_published_as_judged_and_kept_as_received(tmp_path: Path) -> None:
    path = subsidies(
        tmp_path / "s.csv", [{"dateConvention": "31/03/2024", "montant": "1 250,50 €", "notificationUE": "Non"}]
    )
    received = path.read_bytes()
    examination = examine(path, tmp_path / "spool")
    assert examination.outcome == "valid" and examination.report is not None
    assert {repair.kind for repair in examination.report.repairs} == {"date", "number", "boolean"}
    assert any("« 31/03/2024 » → « 2024-03-31 »" in repair.detail for repair in examination.report.repairs)
    assert examination.normalised is not None and examination.normalised.path is not None
    published = examination.normalised.path.read_text(encoding="utf-8")
    assert ",2024-03-31," in published and ",1250.50," in published
    assert path.read_bytes() == received


def test_repairs_are_refused_on_demand_and_under_the_strict_verdict(tmp_path: Path) -> None:
    path = subsidies(tmp_path / "s.csv", [{"montant": "12,50"}])
    assert examine(path).outcome == "valid"
    for changes in ({"repair": False}, {"strict_validata": True}):
        examination = examine(path, **changes)
        assert examination.outcome == "invalid" and examination.report is not None
        assert examination.report.repairs == ()


def test_without_repair_every_row_of_the_file_counts(tmp_path: Path) -> None:
    path = subsidies(tmp_path / "s.csv", [{}])
    rows = path.read_text(encoding="utf-8")
    path.write_text(rows + ";" * 13 + "\n", encoding="utf-8")
    assert examine(path).outcome == "valid"
    for changes in ({"repair": False}, {"strict_validata": True}):
        report = examine(path, **changes).report
        assert report is not None
        assert ("blank-row", 3) in [(one.code, one.row) for one in report.findings]
    path.write_text("Subventions 2024" + ";" * 13 + "\n" + rows, encoding="utf-8")
    assert examine(path).outcome == "valid"
    titled = examine(path, repair=False).report
    assert titled is not None and titled.header_row == 1 and titled.outcome == "invalid"


def test_findings_show_the_cells_of_the_file_at_their_places(tmp_path: Path) -> None:
    path = subsidies(
        tmp_path / "s.csv", [{}, {"montant": "beaucoup", "dateConvention": "31/03/2024"}, {"montant": "1,5"}]
    )
    report = examine(path).report
    assert report is not None
    (finding,) = [one for one in report.findings if one.severity == "error"]
    assert (finding.row, finding.column, finding.cell) == (3, "montant", "beaucoup")


def test_a_rule_between_columns_shows_what_was_typed(tmp_path: Path) -> None:
    schema = one_field({"type": "integer", "constraints": {"unique": True}})
    write(tmp_path / "f.csv", ["c", "autre"], [["9.0", "a"], ["9", "b"], ["9,0", "c"]])
    table = repair_table(read_table(tmp_path / "f.csv", columns=frozenset({"c"})), schema, today=TODAY)
    report = table.restore_cells(validate_table(table, schema, today=TODAY))
    assert [(one.code, one.row, one.cell) for one in report.findings if one.severity == "error"] == [
        ("unique-error", 3, "9"),
        ("unique-error", 4, "9,0"),
    ]


def test_questions_come_first_in_the_report(tmp_path: Path) -> None:
    report = examine(subsidies(tmp_path / "s.csv", [{"dateConvention": "03/04/2024"}])).report
    assert report is not None
    assert [note.code for note in report.advice] == ["proposal"]


def test_rows_keep_their_places_over_several_batches(tmp_path: Path) -> None:
    texts = [f"{number},5" if number % 3 else str(number) for number in range(2_000)]
    found, table = repaired(tmp_path, one_field(NUMBER), texts)
    assert found == [text.replace(",", ".") for text in texts]
    assert table.rows == 2_000
    assert [repair.count for repair in table.repairs] == [sum("," in text for text in texts)]


def test_nothing_is_repaired_in_a_row_whose_cells_may_have_shifted(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("c,autre\n58 400,00,z\n12 000,z\n7 000\n", encoding="utf-8")
    table = repair_table(read_table(tmp_path / "f.csv", columns=frozenset({"c"})), one_field(NUMBER), today=TODAY)
    assert list(table.iter_rows()) == [["58 400", "00", "z"], ["12000", "z"], ["7 000"]]


# -- properties ------------------------------------------------------------------------------------------------------

_FIELDS: list[Mapping[str, Any]] = [
    NUMBER,
    {"type": "integer"},
    {"type": "year"},
    DATE,
    YES_NO,
    {"type": "boolean"},
    {"constraints": {"enum": ["Oui", "Non", "peut-être"]}},
    {"constraints": {"pattern": "[0-9]{4}-[0-9]{2}-[0-9]{2}"}},
    SIRET | {"name": "c"},
    {},
]
_DAYS = st.dates(date(2019, 1, 1), date(2026, 1, 1))
_TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "x", "oui", "Non", "O", "1", "0", "Peut–être", "9.0", "1.234", "1,234", "12 €", CHAMBERY]
    ),
    st.from_regex(r"\A[+-]?[0-9]{1,4}([ .,\u202f][0-9]{3}){0,2}([.,][0-9]{1,3})?( ?€)?\Z"),
    _DAYS.map(lambda day: day.strftime("%d/%m/%Y")),
    _DAYS.map(lambda day: day.strftime("%m/%d/%Y")),
    _DAYS.map(str),
    st.text(alphabet=" \u00a0aeé1,./-", max_size=8),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(_FIELDS), texts=st.lists(_TEXTS, min_size=1, max_size=8))
def test_repairing_touches_nothing_valid_settles_at_once_and_merges_no_meanings(
    field: Mapping[str, Any], texts: list[str], tmp_path: Path
) -> None:
    schema = one_field(field)
    after, table = repaired(tmp_path, schema, texts)
    before = [row[0] for row in table.original.iter_rows()]
    first = validate_table(table.original, schema, today=TODAY, max_findings=1000)
    wrong = {one.row for one in first.findings if one.severity == "error" and one.column == "c"}
    assert all(
        old == new for row, (old, new) in enumerate(zip(before, after, strict=True), start=2) if row not in wrong
    )
    # What was repaired is right, reads the same without repairs, and is not repaired again.
    second = validate_table(table, schema, today=TODAY, max_findings=1000)
    still = {one.row for one in second.findings if one.severity == "error" and one.column == "c"}
    assert (
        still == {row for row, (old, new) in enumerate(zip(before, after, strict=True), start=2) if old == new} & wrong
    )
    again, anew = repaired(tmp_path, schema, after)
    assert again == after
    bare = validate_table(anew.original, schema, today=TODAY, max_findings=1000)
    assert [one._replace(params={}) for one in bare.findings] == [one._replace(params={}) for one in second.findings]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(_DAYS, min_size=1, max_size=6), day_first=st.booleans())
def test_dates_come_back_as_they_were_meant_or_stay(days: list[date], day_first: bool, tmp_path: Path) -> None:
    form = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    texts = [day.strftime(form) for day in days]
    after, _ = repaired(tmp_path, one_field(DATE), texts)
    assert all(new in (old, str(day)) for old, new, day in zip(texts, after, days, strict=True))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cents=st.lists(st.integers(0, 10**9), min_size=1, max_size=6),
    form=st.sampled_from([(" ", ","), ("\u202f", ","), (".", ","), (",", "."), ("", ","), ("", ".")]),
)
def test_amounts_come_back_as_they_were_meant_or_stay(cents: list[int], form: tuple[str, str], tmp_path: Path) -> None:
    group, mark = form
    texts = [f"{value / 100:,.2f}".replace(",", "g").replace(".", mark).replace("g", group) for value in cents]
    after, _ = repaired(tmp_path, one_field(NUMBER), texts)
    meant = [f"{value / 100:.2f}" for value in cents]
    assert all(new in (old, right) for old, new, right in zip(texts, after, meant, strict=True))
