from __future__ import annotations

import itertools
import time
from datetime import date
from typing import Any

import pytest

from odl_host.pipeline.engine.column import KNOWN_LIMIT, MEMO_LIMIT, Column
from odl_host.pipeline.engine.pattern import GIVE_UP_AFTER, Pattern
from odl_host.pipeline.engine.rows import BATCH_ROWS, Engine, batched
from odl_host.pipeline.engine.validate import Report, validate_rows
from odl_host.schemas.findings import CODES
from odl_host.schemas.messages import fix, message
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 1, 1)


def _validate(
    fields: list[dict[str, Any]],
    header: list[str],
    rows: list[list[str]],
    *,
    strict: bool = False,
    keep: int = 1000,
    **top: Any,
) -> Report:
    schema = parse_descriptor({"fields": fields, **top}, name="test/essai", version="1")
    return validate_rows(schema, header, rows, strict_validata=strict, max_findings=keep, today=TODAY)


def _codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def _text(name: str, **constraints: object) -> dict[str, Any]:
    return {"name": name, "type": "string", "constraints": constraints}


def test_a_finding_carries_the_place_and_the_text_of_its_cell() -> None:
    report = _validate(
        [{"name": "jour", "type": "date"}], ["autre", "jour"], [["x", "2024-01-01"], ["x", "31/03/2024"]]
    )
    (finding,) = [one for one in report.findings if one.severity == "error"]
    assert (finding.code, finding.row, finding.column, finding.position) == ("type-error", 3, "jour", 2)
    assert finding.cell == "31/03/2024"
    assert finding.params["type"] == "date"


def test_what_one_file_taught_of_its_rows_changes_nothing_for_the_next() -> None:
    fields = [{"name": name, "type": "date"} for name in ("debut", "fin")]
    checks = [{"name": "compare-columns-value", "params": {"column": "fin", "column2": "debut", "op": ">="}}]
    good = [[f"2024-01-{day:02}", f"2024-02-{day:02}"] for day in range(1, 29)]
    bad = [*good[:9], ["2024-03-01", "2024-02-01"], *good[9:]]
    for rows, expected in ((good, []), (bad, [11]), (bad, [11]), (good, [])):
        report = _validate(fields, ["debut", "fin"], rows, custom_checks=checks)
        assert [one.row for one in report.findings] == expected


@pytest.mark.parametrize(
    "row",
    [["sNaN", "1", "2"], ["1", "sNaN", "2"], ["1", "Infinity", "-Infinity"], ["9e999999", "9e999999", "9e999999"]],
)
def test_numbers_that_cannot_be_added_are_no_right_sum(row: list[str]) -> None:
    fields = [{"name": name, "type": "number"} for name in "tab"]
    checks = [{"name": "sum-columns-value", "params": {"column": "t", "columns": ["a", "b"]}}]
    report = _validate(fields, ["t", "a", "b"], [row, ["1", "2e0", "-1"]], custom_checks=checks)
    (finding,) = [one for one in report.findings if one.severity == "error"]
    assert (finding.code, finding.row) == ("sum-columns-value", 2)
    assert "ne peut pas être calculée" in message(finding)


def test_a_list_whose_schema_names_no_separator_is_cut_at_commas() -> None:
    fields = [{"name": "a", "type": "list", "itemType": "integer", "delimiter": ""}]
    assert _codes(_validate(fields, ["a"], [["1,2"], ["1,x"]])) == ["type-error"]


def test_a_cell_that_is_wrongly_written_is_not_said_to_be_empty() -> None:
    fields = [{"name": name, "type": "integer"} for name in "ab"]
    checks = [
        {"name": "cohesive-columns-value", "params": {"column": "a", "othercolumns": ["b"]}},
        {"name": "one-of-required", "params": {"column1": "a", "column2": "b"}},
    ]
    rows = [["1", "zéro"], ["un", "zéro"]]
    report = _validate(fields, ["a", "b"], rows, custom_checks=checks, primaryKey="b")
    said = {one.code: message(one) for one in report.findings if one.code != "type-error"}
    assert said.keys() == {"cohesive-columns-value", "one-of-required", "primary-key"}
    assert all("mal écrite" in sentence for sentence in said.values())


@pytest.mark.parametrize(
    ("sign", "row", "said"),
    [
        ("<", ["5", "5"], "« 5 » doit être plus petite que celle de la colonne b (« 5 »)."),
        (">=", ["1", "9"], "« 1 » doit être plus grande que celle de la colonne b (« 9 »), ou égale."),
        ("==", ["9", "1"], "« 9 » doit être égale à celle de la colonne b (« 1 »)."),
    ],
)
def test_what_a_column_should_be_to_another_is_told_with_the_value_there(sign: str, row: list[str], said: str) -> None:
    fields = [{"name": name, "type": "integer"} for name in "ab"]
    checks = [{"name": "compare-columns-value", "params": {"column": "a", "column2": "b", "op": sign}}]
    report = _validate(fields, ["a", "b"], [row], custom_checks=checks)
    assert [message(one) for one in report.findings] == [f"La valeur {said}"]


def test_the_right_sum_is_told_in_plain_digits() -> None:
    fields = [{"name": name, "type": "number"} for name in "tab"]
    checks = [{"name": "sum-columns-value", "params": {"column": "t", "columns": ["a", "b"]}}]
    report = _validate(fields, ["t", "a", "b"], [["1", "2e3", "0.50"]], custom_checks=checks)
    assert [fix(one).split(",")[0] for one in report.findings] == ["Écrivez « 2000.50 »"]


def test_rows_are_counted_exactly_even_when_the_header_forbids_to_judge_them() -> None:
    report = _validate([_text("a")], ["a", "a"], [["x", "y"]] * 1300)
    assert _codes(report) == ["duplicate-label"]
    assert (report.rows, report.valid) == (1300, False)


def test_findings_beyond_the_limit_are_counted_but_not_kept() -> None:
    rows = [["x", ""] for _ in range(3000)]
    report = _validate(
        [{"name": "n", "type": "integer"}, _text("a", required=True)], ["n", "a"], rows, keep=10, strict=True
    )
    assert len(report.findings) == 20
    assert report.counts == {("type-error", "n"): 3000, ("constraint-error", "a"): 3000}
    assert (report.findings_total, report.errors_total, report.warnings_total) == (6000, 6000, 0)


def test_what_a_column_remembers_stays_bounded_however_many_values_it_meets() -> None:
    fields = [{"name": "n", "type": "integer"}, _text("a", pattern=r"^\d+$"), _text("s", minLength=1)]
    schema = parse_descriptor({"fields": fields}, name="test/essai", version="1")
    engine = Engine(schema, ["n", "a", "s"], strict_validata=True, max_findings=10, today=TODAY)
    rows = ([f"{i}x" if i % 2 else f"{i}", f"{i}", f"texte {i}"] for i in range(130_000))
    engine.run(batched(rows))
    report = engine.report()
    assert (report.errors_total, len(report.findings)) == (65_000, 10)
    for column in engine.columns:
        assert column.remembered <= KNOWN_LIMIT + 2 * MEMO_LIMIT


def test_the_same_texts_get_the_same_verdict_in_every_batch() -> None:
    rows = [["1"], ["x"]] * BATCH_ROWS
    report = _validate([{"name": "n", "type": "integer"}], ["n"], rows, keep=10**6, strict=True)
    assert [finding.row for finding in report.findings] == list(range(3, 2 + len(rows), 2))


def test_a_column_with_too_many_distinct_values_to_remember_is_still_judged() -> None:
    rows = [[str(number)] for number in range(120_000)]
    rows[110_000] = ["x"]
    report = _validate([{"name": "n", "type": "integer"}], ["n"], rows, strict=True)
    assert [finding.row for finding in report.findings] == [110_002]


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_repeated_value_names_the_earlier_row_across_batches(name: str) -> None:
    rows = [[f"{number}", f"t{number}"] for number in range(2000)]
    rows[1500] = ["7", "t7"]
    fields = [{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}]
    for field in fields:
        if field["name"] == name:
            field["constraints"] = {"unique": True}  # type: ignore[assignment]
    report = _validate(fields, ["a", "b"], rows)
    assert [(one.code, one.row, one.params["row"]) for one in report.findings] == [("unique-error", 1502, "9")]


def test_the_blank_rows_are_found_whatever_column_is_often_empty() -> None:
    rows = [["", "x", ""] for _ in range(1500)]
    for index in (3, 900, 1400):
        rows[index] = ["", "", ""]
    report = _validate([_text("a"), _text("b"), _text("c")], ["a", "b", "c"], rows, strict=True)
    assert [(one.code, one.row) for one in report.findings] == [
        ("blank-row", 5),
        ("blank-row", 902),
        ("blank-row", 1402),
    ]


def test_findings_of_a_row_come_cells_first_then_keys_then_custom_checks() -> None:
    report = _validate(
        [{"name": "s", "type": "string"}, {"name": "n", "type": "integer"}],
        ["s", "n"],
        [["123", "1"], ["123", "x", "trop"]],
        primaryKey="s",
        custom_checks=[{"name": "siren", "params": {"column": "s"}}],
    )
    assert [one.code for one in report.findings if one.row == 3] == [
        "type-error", "extra-cell", "primary-key", "custom-check-error",
    ]  # fmt: skip


def test_our_warnings_are_given_by_default_and_never_under_strict_validata() -> None:
    fields = [{"name": "DELIB_DATE", "type": "date"}, {"name": "COLL_INSEE", "type": "string"}]
    rows = [["2062-01-01", "73065"], ["2020-01-01", "73999"], ["2020-01-01", "73999"]]
    report = _validate(fields, ["DELIB_DATE", "COLL_INSEE"], rows)
    assert [(one.code, one.row) for one in report.findings] == [
        ("odl-future-date", 2), ("odl-unknown-commune", 3), ("odl-unknown-commune", 4), ("odl-duplicate-row", 4),
    ]  # fmt: skip
    assert report.valid
    assert _codes(_validate(fields, ["DELIB_DATE", "COLL_INSEE"], rows, strict=True)) == []


def test_header_warnings_say_what_is_absent_unknown_or_in_another_order() -> None:
    fields = [_text("a", required=True), _text("b")]
    assert _codes(_validate(fields, ["a"], [])) == ["optional-label-missing"]
    assert _codes(_validate(fields, ["a", "b", "z"], [])) == ["unknown-label"]
    assert _codes(_validate(fields, ["b", "a"], [])) == ["disordered-labels"]
    assert _codes(_validate(fields, [" a ", "b"], [])) == []


def test_a_required_column_under_another_case_is_named() -> None:
    report = _validate([_text("Nom", required=True)], ["NOM", "x"], [])
    (missing,) = [one for one in report.findings if one.code == "missing-label"]
    assert missing.params == {"label": "NOM"}


def test_a_file_without_labels_is_told_so() -> None:
    assert _codes(_validate([_text("a")], [], [["x"]])) == ["blank-header"]


def test_a_check_that_cannot_work_on_a_text_is_told_once_and_without_a_place() -> None:
    fields = [{"name": "t", "type": "string"}, {"name": "a", "type": "string"}]
    checks = [{"name": "sum-columns-value", "params": {"column": "t", "columns": ["a"]}}]
    report = _validate(fields, ["t", "a"], [["1", "2"], ["3", "4"]], custom_checks=checks)
    assert [(one.code, one.row, one.column) for one in report.findings] == [("error", None, None)]


@pytest.mark.parametrize("source", [r"^(a+)+$", r"^(\w+ ?)*$", r"^(a|aa)*b$", r".*.*.*=.*;"])
def test_a_pattern_that_would_take_years_is_given_up_in_seconds(source: str) -> None:
    pattern = Pattern(source)
    start = time.thread_time()
    for _ in range(200):
        pattern.accepts("a" * 3000 + "!")
    # Not a measure of speed: without a bound the first cell alone would outlive the machine.
    assert time.thread_time() - start < 60


def test_no_pattern_is_slow_because_the_machine_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(step=5)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    pattern = Pattern(r"^(a+)+$")
    assert pattern.accepts("aaa")
    assert not pattern.has_struggled and not pattern.given_up


def test_a_pattern_given_up_is_a_warning_on_its_column() -> None:
    rows = [["a" * 60 + "!" * number] for number in range(1, GIVE_UP_AFTER + 3)]
    report = _validate([_text("v", pattern=r"^(a|aa)+$")], ["v"], rows)
    assert ("pattern-not-checked", "v") in report.counts
    assert report.valid


def test_a_risky_pattern_still_judges_ordinary_cells() -> None:
    report = _validate([_text("v", pattern=r"^(\w+ ?)*$")], ["v"], [["un deux"], ["un, deux"]], strict=True)
    assert [(one.code, one.row) for one in report.findings] == [("constraint-error", 3)]


def test_a_required_cell_is_missed_even_where_the_missing_text_looks_good() -> None:
    fields = [{"name": "n", "type": "integer", "constraints": {"required": True}}]
    report = _validate(
        [*fields, _text("b")], ["n", "b"], [["1", "x"], ["9999", "x"]], strict=True, missingValues=["", "9999"]
    )
    assert [(one.row, one.params["constraint"]) for one in report.findings] == [(3, "required")]


def test_every_code_given_is_in_the_catalogue() -> None:
    report = _validate(
        [_text("a", required=True), {"name": "n", "type": "integer"}, _text("c")],
        ["n", "z", "a"],
        [["x", "", ""], ["", "", ""], ["1"], ["1", "2", "3", "4"]],
        custom_checks=[{"name": "inconnu", "params": {}}],
    )
    assert set(_codes(report)) <= CODES.keys()
    assert len(set(_codes(report))) >= 7


def test_a_field_without_rules_is_not_even_looked_at() -> None:
    schema = parse_descriptor({"fields": [{"name": "libre", "type": "string"}]}, name="test/essai", version="1")
    assert Column(schema.fields[0], 1, ("",)).idle


JOUR = {"name": "jour", "type": "date"}


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(None, [("error", "odl-future-date")]), ("warning", [("warning", "odl-future-date")]), ("off", [])],
)
def test_a_schema_decides_how_serious_our_own_findings_are(
    severity: str | None, expected: list[tuple[str, str]]
) -> None:
    declared = {"name": "odl-future-date", "params": {"column": "jour", **({"severity": severity} if severity else {})}}
    report = _validate([JOUR], ["jour"], [["2031-01-01"]], custom_checks=[declared])
    assert [(one.severity, one.code) for one in report.findings] == expected
    assert report.valid is (severity is not None)


def test_without_a_declaration_our_own_findings_are_warnings_that_validata_does_not_know() -> None:
    report = _validate([JOUR], ["jour"], [["2031-01-01"], ["2031-01-01"]])
    assert [one.severity for one in report.findings] == ["warning"] * 3
    assert _codes(_validate([JOUR], ["jour"], [["2031-01-01"]], strict=True)) == []


def test_a_declaration_of_ours_is_an_unknown_check_for_validata() -> None:
    declared = {"name": "odl-duplicate-row", "params": {}}
    assert _codes(_validate([JOUR], ["jour"], [["2020-01-01"]], strict=True, custom_checks=[declared])) == [
        "check-error"
    ]
    report = _validate([JOUR], ["jour"], [["2020-01-01"], ["2020-01-01"]], custom_checks=[declared])
    assert (_codes(report), report.valid) == (["odl-duplicate-row"], False)


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ([{"name": "longitude", "type": "number"}, {"name": "latitude", "type": "number"}], ["2.35", "48.85"]),
        ([{"name": "point", "type": "geopoint"}], ["2.35, 48.85"]),
        ([{"name": "point", "type": "geopoint", "format": "array"}], ["[2.35, 48.85]"]),
    ],
    ids=["two-columns", "geopoint", "array"],
)
def test_points_far_from_the_commune_of_their_row_are_noted(fields: list[dict[str, Any]], row: list[str]) -> None:
    header = ["code_insee", *(str(field["name"]) for field in fields)]
    report = _validate(
        [_text("code_insee"), *fields], header, [["75104", *row], ["73065", *row], ["73065", *[""] * len(row)]]
    )
    (finding,) = [one for one in report.findings if one.code == "odl-far-point"]
    assert (finding.row, finding.column, finding.cell) == (3, fields[0]["name"], row[0])
    assert report.valid


def test_a_nan_repeats_no_other_nan() -> None:
    field = {"name": "n", "type": "number", "constraints": {"unique": True}}
    assert _codes(_validate([field], ["n"], [["NaN"], ["NaN"], ["1"], ["1.0"]])) == ["unique-error"]


def test_columns_that_refer_to_another_table_are_said_to_be_unchecked() -> None:
    keys = [{"fields": "a", "reference": {"resource": "programme", "fields": "id"}}]
    report = _validate([_text("a")], ["a"], [["x"]], foreignKeys=keys)
    (finding,) = report.findings
    assert (finding.code, finding.severity, finding.column) == ("foreign-key-not-checked", "warning", "a")
    assert finding.params["other"] == "programme"
    assert _codes(_validate([_text("a")], ["a"], [["x"]], foreignKeys=keys, strict=True)) == []


def test_a_missing_column_names_the_title_that_is_one_letter_off() -> None:
    fields = [{"name": "coordonnees", "constraints": {"required": True}}, {"name": "nom"}]
    schema = parse_descriptor({"fields": fields}, name="x/y", version="1")
    report = validate_rows(schema, ["coordonnnées", "nom"], [["1", "2"]])
    missing = next(one for one in report.findings if one.code == "missing-label")
    assert missing.params["label"] == "coordonnnées"
