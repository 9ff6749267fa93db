"""Whole files: they are published as repaired and kept as received, and findings show what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from odl_host.pipeline.engine.validate import validate_table
from odl_host.pipeline.examining.examine import Examination, ExamineSettings, examine_file
from odl_host.pipeline.reading.read import ReadLimits, read_table
from odl_host.pipeline.repairing.table import repair_table
from odl_host.schemas.registry import load_registry
from tests.unit.pipeline.repairing.columns import (
    CHAMBERY,
    NUMBER,
    TODAY,
    one_field,
    repaired,
    write,
)

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
