"""Spreadsheets and web pages: cells as a careful person would export them."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest

from odl_host.pipeline.reading import unfolded
from odl_host.pipeline.reading.read import ReadNote, read_table
from odl_host.pipeline.reading.workbook import cell_text

DATA = Path(__file__).resolve().parents[3] / "data"
SUBVENTIONS = frozenset(["nomAttribuant", "idAttribuant", "dateConvention", "nomBeneficiaire", "objet", "montant"])


def notes(path: Path, columns: frozenset[str] = frozenset()) -> dict[str, ReadNote]:
    return {note.code: note for note in read_table(path, columns=columns).notes}


def saved(folder: Path, workbook: openpyxl.Workbook) -> Path:
    workbook.save(folder / "classeur.xlsx")
    return folder / "classeur.xlsx"


def test_typed_cells_become_the_text_a_careful_person_would_export() -> None:
    table = read_table(DATA / "cellules-typees.xlsx")
    rows = [dict(zip(table.header, row, strict=True)) for row in table.iter_rows()]
    assert rows[0] == {
        "SIRET": "21730065600014",
        "code_insee": "1004",
        "montant": "1500.5",
        "taux": "0.3",
        "date": "2024-03-12",
        "reçu le": "2024-03-12T09:30:00",
        "ouvert": "true",
        "heure": "08:15:00",
        "durée": "30:00:00",
        "remarque": "  des espaces ",
        "total": "",
    }
    assert [rows[1][name] for name in ("reçu le", "ouvert", "durée", "remarque")] == [
        "2024-03-12",
        "false",
        "00:05:00",
        "",
    ]


def test_cells_in_error_and_formulas_without_a_result_are_said() -> None:
    found = notes(DATA / "cellules-typees.xlsx")
    assert (found["cell-errors"].count, found["uncached-formulas"].count) == (1, 1)
    assert set(notes(DATA / "dimension-fausse.xlsx")) == {"title-rows"}


def test_formulas_are_never_computed_nor_shown(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["nom", "valeur"])
    workbook.active.append(["a", "=cmd|'/c calc'!A1"])
    table = read_table(saved(tmp_path, workbook))
    assert list(table.iter_rows()) == [["a", ""]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (21730065600014.0, "21730065600014"),
        (0.0, "0"),
        (-12.0, "-12"),
        (1e15, "1000000000000000"),
        (5.7145295, "5.7145295"),
        (1e-5, "0.00001"),
        (1.5e22, "15000000000000000000000"),
        (datetime.datetime.fromisoformat("2024-02-29T00:00:00"), "2024-02-29"),
        (datetime.timedelta(hours=100, seconds=1), "100:00:01"),
        ("=1+1", "=1+1"),
    ],
)
def test_numbers_and_moments_have_one_spelling(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_the_sheet_with_the_known_columns_is_read_under_its_merged_title() -> None:
    path = DATA / "plusieurs-feuilles.xlsx"
    table = read_table(path, columns=SUBVENTIONS)
    assert (table.sheet, table.header_row, table.rows) == ("Données 2024", 3, 3)
    assert notes(path, SUBVENTIONS)["sheet-chosen"].count == 3


def test_sheets_that_we_wrote_ourselves_are_not_called_to_mind(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "À corriger"
    for name in ("Données", "Mode d’emploi", "Listes"):
        workbook.create_sheet(name)
    for sheet in workbook.worksheets:
        sheet.append(["nom", "montant"])
        sheet.append(["a", "1"])
    workbook["Listes"].sheet_state = "hidden"
    workbook.save(tmp_path / "retour.xlsx")
    assert "sheet-chosen" not in notes(tmp_path / "retour.xlsx")


def test_without_known_columns_the_first_visible_sheet_with_data_is_read() -> None:
    assert read_table(DATA / "plusieurs-feuilles.xlsx").sheet == "Lisez-moi"


def test_a_hidden_sheet_is_read_when_only_it_has_the_known_columns_and_this_is_said(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["Voir l’autre feuille"])
    hidden = workbook.create_sheet("Cachée")
    hidden.append(sorted(SUBVENTIONS))
    hidden.append(["x"] * 6)
    hidden.sheet_state = "veryHidden"
    path = saved(tmp_path, workbook)
    assert read_table(path, columns=SUBVENTIONS).sheet == "Cachée"
    assert "hidden-sheet" in notes(path, SUBVENTIONS)
    assert read_table(path).sheet == "Sheet"


def test_a_dimension_that_lies_and_a_table_that_begins_in_b3_change_no_row_nor_column() -> None:
    table = read_table(DATA / "dimension-fausse.xlsx")
    assert (table.header, table.header_row) == (("", "nom", "montant"), 3)
    assert list(table.iter_rows()) == [["", "Mairie", "12"], ["", "École", "7"]]


def test_opendocument_and_old_excel_give_the_same_kinds_of_text() -> None:
    assert next(read_table(DATA / "classeur-libre.ods").iter_rows()) == ["Chambéry", "Léa", "9", "2024"]
    assert list(read_table(DATA / "ancien-excel.xls").iter_rows()) == [
        ["Amicale", "21730065600014", "2024-03-12"],
        ["Chœur", "217 300 656 00014", "12 mars"],
    ]


def test_a_workbook_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "subventions.csv"
    path.write_bytes((DATA / "classeur-libre.ods").read_bytes())
    table = read_table(path)
    assert (table.format, table.rows) == ("ods", 3)
    assert "wrong-extension" in {note.code for note in table.notes}


def test_blank_rows_and_columns_around_the_data_of_a_sheet_are_left_out(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["nom", "montant"])
    sheet.append(["Aiton", 3])
    sheet["E9"] = " "
    table = read_table(saved(tmp_path, workbook))
    assert (table.header, list(table.iter_rows())) == (("nom", "montant"), [["Aiton", "3"]])
    assert {note.code: note.count for note in table.notes} == {"trailing-blank-columns": 3, "trailing-blank-rows": 7}


def test_a_workbook_reads_the_same_when_it_is_too_large_to_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["Subventions", None, None])
    sheet.merge_cells("A1:C1")
    sheet.append(["nom", "date", "montant"])
    sheet.append(["Été & <sheetData>", datetime.date(2024, 1, 31), 12.5])
    workbook.create_sheet("vide")
    path = saved(tmp_path, workbook)
    copied = read_table(path)
    monkeypatch.setattr(unfolded, "MOST_BYTES", 0)
    opened = read_table(path)
    assert list(copied.iter_rows()) == list(opened.iter_rows()) == [["Été & <sheetData>", "2024-01-31", "12.5"]]
    assert (copied.header, copied.notes) == (opened.header, opened.notes)


def test_a_damaged_part_of_a_workbook_that_nobody_needs_does_not_stop_its_reading(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].append(["nom", "lieu"])
    workbook.worksheets[0].append(["Fête", "Barby"])
    path = saved(tmp_path, workbook)
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("docProps/core.xml")
    content = bytearray(path.read_bytes())
    content[part.header_offset + 30 + len(part.filename) + 8] ^= 0xFF
    path.write_bytes(content)
    assert list(read_table(path).iter_rows()) == [["Fête", "Barby"]]


def test_the_parts_of_a_workbook_may_have_any_name(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].append(["nom", "lieu"])
    workbook.worksheets[0].append(["Fête", "Barby"])
    path = tmp_path / "noms.xlsx"
    with zipfile.ZipFile(saved(tmp_path, workbook)) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name).replace(b"sheet1.xml", b"sheet1.dat").replace(b"sharedStrings.xml", b"textes")
            target.writestr(name.replace("sheet1.xml", "sheet1.dat").replace("sharedStrings.xml", "textes"), data)
    assert list(read_table(path).iter_rows()) == [["Fête", "Barby"]]


def test_dates_of_the_1904_calendar_are_the_dates_that_excel_shows(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    workbook.active.append(["jour"])
    workbook.active.append([datetime.date(2024, 3, 12)])
    assert list(read_table(saved(tmp_path, workbook)).iter_rows()) == [["2024-03-12"]]


def test_a_web_page_called_xls_gives_its_largest_table() -> None:
    table = read_table(DATA / "page-web.xls")
    assert (table.format, table.header) == ("html", ("nom", "montant", "adresse"))
    assert list(table.iter_rows()) == [
        ["Amicale des pompiers", "1 500,50\u00a0€", "1 place\nde la Mairie"],
        ["École & cie", "350", ""],
        ["Total", "", "2"],
    ]
    assert "html-table" in notes(DATA / "page-web.xls")
