from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from odl_host.errors import StorageError
from odl_host.pipeline.engine.validate import validate_table
from odl_host.pipeline.reading.read import Table, read_table
from odl_host.pipeline.reporting.cells import AUTHOR, HEAD, WRONG
from odl_host.pipeline.reporting.model import FileReport, file_report
from odl_host.pipeline.reporting.workbook import write_corrections_workbook
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 3, 1)
NEW_YEAR = datetime(2024, 1, 2)  # noqa: DTZ001 - the cells of a workbook have no time zone
SCHEMA = parse_descriptor(
    {
        "fields": [
            {"name": "SALLE", "constraints": {"required": True}},
            {"name": "JOUR", "type": "date"},
            {"name": "PRIX", "type": "number"},
            {"name": "CODE", "constraints": {"pattern": "[0-9]{5}"}},
        ]
    },
    name="test/salles",
    version="1.0.0",
)
COLUMNS = frozenset(SCHEMA.field_names)
HEADER = ["SALLE", "JOUR", "PRIX", "CODE"]


def judge(path: Path) -> tuple[Table, FileReport]:
    table = read_table(path, columns=COLUMNS)
    report = validate_table(table, SCHEMA, today=TODAY)
    return table, file_report(path.name, table=table, report=report, today=TODAY)


def give_back(path: Path) -> Path:
    """Write the corrections workbook of a file, and return where it is."""
    table, report = judge(path)
    target = path.with_name(f"rendu-{path.stem}.xlsx")
    write_corrections_workbook(path, table, report, target)
    return target


def colour(sheet: Worksheet, place: str) -> object:
    cell = sheet[place]
    return cell.fill.start_color.rgb if cell.fill.fill_type else None


@pytest.fixture
def her_workbook(tmp_path: Path) -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Salles 2024"
    sheet.append(HEADER)
    sheet.append(["Foyer", NEW_YEAR, 12.5, "73065"])
    sheet.append(["Foyer", "hier", "=10+2", "73065"])
    sheet.append(["Foyer", NEW_YEAR, 3, "1234"])
    sheet["B3"].comment = Comment("vu avec le maire", "Secrétariat")
    sheet.column_dimensions["A"].width = 33
    other = workbook.create_sheet("Calculs")
    other["A1"] = "=SUM('Salles 2024'!C2:C9)"
    other["A2"] = "à garder"
    path = tmp_path / "salles.xlsx"
    workbook.save(path)
    return path


def test_her_workbook_stays_hers(her_workbook: Path) -> None:
    given = load_workbook(give_back(her_workbook))
    assert given.sheetnames == ["À corriger", "Salles 2024", "Calculs"]
    sheet = given["Salles 2024"]
    assert sheet.column_dimensions["A"].width == 33
    assert sheet["B2"].value == NEW_YEAR
    assert sheet["C3"].value == "=10+2"
    assert (given["Calculs"]["A1"].value, given["Calculs"]["A2"].value) == ("=SUM('Salles 2024'!C2:C9)", "à garder")


def test_wrong_cells_are_coloured_and_explained_and_right_ones_are_not(her_workbook: Path) -> None:
    sheet = load_workbook(give_back(her_workbook))["Salles 2024"]
    assert (colour(sheet, "B3"), colour(sheet, "D4")) == (WRONG, WRONG)
    assert colour(sheet, "B2") is None
    assert "n’est pas une date" in sheet["B3"].comment.text
    assert "→ " in sheet["B3"].comment.text
    assert "vu avec le maire" in sheet["B3"].comment.text
    assert sheet["B2"].comment is None


def test_the_first_sheet_lists_what_to_correct_with_a_link_to_each_cell(her_workbook: Path) -> None:
    given = load_workbook(give_back(her_workbook))
    sheet = given.worksheets[0]
    assert "corrections à faire dans salles.xlsx" in str(sheet["A1"].value)
    rows = {row[0].value: row for row in sheet.iter_rows() if isinstance(row[0].value, int)}
    assert rows[3][1].value == "B"
    assert rows[3][5].hyperlink.location == "'Salles 2024'!B3"
    assert [view.sheet_view.tabSelected for view in given.worksheets] == [True, False, False]


def test_a_workbook_given_back_twice_has_one_list_and_no_stale_mark(her_workbook: Path) -> None:
    first = give_back(her_workbook)
    workbook = load_workbook(first)
    workbook["Salles 2024"]["D4"] = "73065"
    again = her_workbook.with_name("encore.xlsx")
    workbook.save(again)
    given = load_workbook(give_back(again))
    assert given.sheetnames == ["À corriger", "Salles 2024", "Calculs"]
    sheet = given["Salles 2024"]
    assert (colour(sheet, "D4"), sheet["D4"].comment) == (None, None)
    assert sheet["B3"].comment.text.count("n’est pas une date") == 1


def test_the_corrected_copy_can_be_deposited(her_workbook: Path) -> None:
    copy = give_back(her_workbook)
    workbook = load_workbook(copy)
    sheet = workbook["Salles 2024"]
    sheet["B3"], sheet["C3"], sheet["D4"] = NEW_YEAR, 12, "73065"
    workbook.save(copy)
    table, report = judge(copy)
    assert table.sheet == "Salles 2024"
    assert (report.outcome, report.rows) == ("valid", 3)


def test_a_csv_comes_back_as_text_cells_at_the_same_lines(tmp_path: Path) -> None:
    path = tmp_path / "salles.csv"
    path.write_text("Liste des salles;;;\nSALLE;JOUR;PRIX;CODE\nFoyer;2024-01-02;1;01004\n=1+1;hier;2;1004\n")
    sheet = load_workbook(give_back(path))["Données"]
    assert [cell.value for cell in sheet[2]] == HEADER
    assert [cell.value for cell in sheet[3]] == ["Foyer", "2024-01-02", "1", "01004"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} == {"s"}
    assert sheet["A4"].value == "=1+1"
    assert sheet["A4"].quotePrefix
    assert (colour(sheet, "B4"), colour(sheet, "D4")) == (WRONG, WRONG)


def test_a_missing_column_colours_the_titles(tmp_path: Path) -> None:
    path = tmp_path / "salles.csv"
    path.write_text("JOUR;PRIX\n2024-01-02;1\n")
    sheet = load_workbook(give_back(path))["Données"]
    assert (colour(sheet, "A1"), colour(sheet, "B1")) == (HEAD, HEAD)
    assert "SALLE" in sheet["A1"].comment.text
    assert sheet["A1"].comment.author == AUTHOR


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", '=DDE("cmd";"/C calc";"x")', "=MSEXCEL|'\\..\\x'!''"])
def test_a_formula_that_starts_a_program_comes_back_as_text(tmp_path: Path, formula: str) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.append(HEADER)
    sheet.append(["Foyer", "hier", 1, "73065"])
    sheet["A3"] = formula
    sheet["D3"] = "73065"
    path = tmp_path / "salles.xlsx"
    workbook.save(path)
    given = load_workbook(give_back(path))
    assert not [cell for sheet in given for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_program_is_not_started_from_another_sheet_nor_by_a_formula_of_several_cells(tmp_path: Path) -> None:
    formula = "=cmd|' /C calc'!A0"
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.append(HEADER)
    sheet.append(["Foyer", "hier", 1, "73065"])
    sheet["F2"] = ArrayFormula("F2:F3", formula)
    other = workbook.create_sheet("Notes")
    other["A1"], other["A2"] = formula, "=SUM(A3:A4)"
    path = tmp_path / "salles.xlsx"
    workbook.save(path)
    given = load_workbook(give_back(path))
    assert (given["Sheet"]["F2"].value, given["Sheet"]["F2"].data_type) == (formula, "s")
    assert (given["Notes"]["A1"].value, given["Notes"]["A1"].data_type) == (formula, "s")
    assert given["Notes"]["A2"].data_type == "f"


def test_what_a_cell_holds_never_becomes_a_formula_in_the_list(tmp_path: Path) -> None:
    path = tmp_path / "salles.csv"
    path.write_text("SALLE;JOUR;PRIX;CODE\nFoyer;=1+1;@SUM(A1);+33\n")
    given = load_workbook(give_back(path))
    texts = [cell for sheet in given for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in texts} <= {"s", "n"}
    listed = [str(cell.value) for row in given.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert not [text for text in listed if text[:1] in ("=", "+", "-", "@")]


def test_merged_cells_are_marked_where_their_value_is(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.append(HEADER)
    sheet.append(["Foyer", "hier", 1, "73065"])
    sheet.append([None, NEW_YEAR, 1, "73065"])
    sheet.merge_cells("A2:A3")
    path = tmp_path / "salles.xlsx"
    workbook.save(path)
    sheet = load_workbook(give_back(path))["Sheet"]
    assert "obligatoire" in sheet["A2"].comment.text


def test_a_large_table_gives_the_list_alone(tmp_path: Path) -> None:
    path = tmp_path / "salles.csv"
    path.write_text("SALLE;JOUR;PRIX;CODE\n" + "Foyer;hier;1;73065\n" * 5)
    table, report = judge(path)
    write_corrections_workbook(path, table, report, tmp_path / "rendu.xlsx", max_cells=10)
    given = load_workbook(tmp_path / "rendu.xlsx")
    assert given.sheetnames == ["À corriger"]
    assert any("trop grand" in str(row[0].value) for row in given.worksheets[0].iter_rows())


def test_a_target_that_cannot_be_written_is_said(her_workbook: Path) -> None:
    table, report = judge(her_workbook)
    blocked = her_workbook.parent / "fichier"
    blocked.write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        write_corrections_workbook(her_workbook, table, report, blocked / "x.xlsx")


def test_real_rejected_files_come_back(reference_dir: Path, tmp_path: Path) -> None:
    from odl_host.schemas.registry import load_registry

    schema = load_registry(None).get_schema("scdl/subventions")
    columns = frozenset(schema.field_names)
    seen = 0
    for path in sorted((reference_dir / "real" / "subventions").glob("*")):
        if path.stat().st_size > 60_000:
            continue
        table = read_table(path, columns=columns)
        report = validate_table(table, schema, max_findings=100, today=TODAY)
        target = tmp_path / f"{path.name}.xlsx"
        shown = file_report(path.name, table=table, report=report, today=TODAY)
        write_corrections_workbook(path, None, shown, target)
        assert load_workbook(target).sheetnames[0] == "À corriger"
        seen += 1
    assert seen >= 8


def test_a_corrections_workbook_sent_back_is_read_from_its_data_sheet(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.title = "À corriger"
    workbook.active.append(["Liste des corrections"])
    data = workbook.create_sheet("Données")
    data.append(["autre", "titre"])
    data.append(["1", "2"])
    workbook.save(tmp_path / "retour.xlsx")
    assert read_table(tmp_path / "retour.xlsx").sheet == "Données"
