from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from odl_host.pipeline.engine.validate import validate_table
from odl_host.pipeline.reading.read import read_table
from odl_host.schemas.forms import boolean_words, expected_form
from odl_host.schemas.registry import Field, Schema, load_registry
from odl_host.schemas.template import GUIDE_SHEET, TemplateMember, write_template

REGISTRY = load_registry(None)
TABLES = [schema for schema in REGISTRY.list_schemas() if schema.kind == "table"]
CHAMBERY = TemplateMember("Commune de Chambéry", "21730065600014", "73065")


def template_of(schema: Schema, folder: Path, member: TemplateMember | None = None) -> Path:
    path = folder / f"{schema.short_name}.xlsx"
    write_template(schema, path, member=member)
    return path


def typed(field: Field) -> object:
    """Return the field's example as a person types it: a spreadsheet makes dates and numbers of it."""
    if field.type == "date" and field.format in ("default", "any", "%Y-%m-%d"):
        return date.fromisoformat(field.example)
    if field.type in ("integer", "year"):
        return int(field.example)
    return float(field.example) if field.type == "number" else field.example


@pytest.mark.parametrize("schema", TABLES, ids=lambda schema: schema.short_name)
def test_a_template_filled_with_its_examples_is_valid(schema: Schema, tmp_path: Path) -> None:
    path = template_of(schema, tmp_path)
    workbook = load_workbook(path)
    sheet = workbook.worksheets[0]
    for place, field in enumerate(schema.fields, start=1):
        if field.example:
            cell = sheet.cell(2, place)
            cell.value = typed(field)
            cell.number_format = sheet.column_dimensions[cell.column_letter].number_format
    workbook.save(path)
    table = read_table(path, columns=frozenset(schema.field_names))
    report = validate_table(table, schema, today=date(2027, 1, 1))
    assert table.header == schema.field_names
    assert [(one.code, one.column, one.cell) for one in report.findings if one.severity == "error"] == []
    assert report.rows == 1


def test_an_empty_template_is_read_as_its_schema(tmp_path: Path) -> None:
    schema = REGISTRY.get_schema("deliberations")
    table = read_table(template_of(schema, tmp_path), columns=frozenset(schema.field_names))
    assert (table.header, table.rows) == (schema.field_names, 0)


def test_no_line_of_the_explanations_begins_with_a_quotation_mark(tmp_path: Path) -> None:
    workbook = load_workbook(template_of(REGISTRY.get_schema("subventions"), tmp_path))
    guide = [str(cell.value) for row in workbook["Mode d’emploi"].iter_rows(min_row=9) for cell in row if cell.value]
    comments = [cell.comment.text for cell in workbook.worksheets[0][1] if cell.comment]
    assert any("«\u00a0" in text for text in (*guide, *comments))
    assert not [text for text in (*guide, *comments) if "« " in text or " »" in text]


def test_what_is_surely_the_members_is_filled_in(tmp_path: Path) -> None:
    schema = REGISTRY.get_schema("deliberations")
    sheet = load_workbook(template_of(schema, tmp_path, CHAMBERY)).worksheets[0]
    row = {title.value: cell.value for title, cell in zip(sheet[1], sheet[2], strict=True)}
    assert {name: value for name, value in row.items() if value} == {
        "COLL_NOM": "Commune de Chambéry",
        "COLL_SIRET": "21730065600014",
    }


def test_a_siren_is_not_written_where_a_siret_is_asked(tmp_path: Path) -> None:
    member = TemplateMember("Grand Chambéry", "200069110")
    sheet = load_workbook(template_of(REGISTRY.get_schema("deliberations"), tmp_path, member)).worksheets[0]
    assert [cell.value for cell in sheet[2] if cell.value] == ["Grand Chambéry"]


def test_codes_are_text_and_dates_are_iso(tmp_path: Path) -> None:
    schema = REGISTRY.get_schema("deliberations")
    sheet = load_workbook(template_of(schema, tmp_path)).worksheets[0]
    formats = {
        sheet.cell(1, place).value: sheet.column_dimensions[sheet.cell(1, place).column_letter].number_format
        for place in range(1, len(schema.fields) + 1)
    }
    assert formats["COLL_SIRET"] == "@"
    assert formats["DELIB_DATE"] == "yyyy-mm-dd"
    assert formats["VOTE_POUR"] == "0"


def test_lists_offer_exactly_the_allowed_values(tmp_path: Path) -> None:
    schema = REGISTRY.get_schema("budget")
    workbook = load_workbook(template_of(schema, tmp_path))
    sheet = workbook.worksheets[0]
    offered = {}
    for check in sheet.data_validations.dataValidation:
        if check.type == "list":
            name, _, place = check.formula1.lstrip("=").partition("!")
            values = tuple(row[0].value for row in workbook[name][place.replace("$", "")])
            offered[sheet[f"{str(check.sqref).partition(':')[0].rstrip('2')}1"].value] = values
    assert offered == {field.name: field.enum for field in schema.fields if field.enum}
    assert workbook["Listes"].sheet_state == "hidden"


def test_required_columns_differ_in_colour_and_in_words(tmp_path: Path) -> None:
    schema = REGISTRY.get_schema("deliberations")
    workbook = load_workbook(template_of(schema, tmp_path))
    sheet = workbook.worksheets[0]
    prompts = {str(check.sqref).partition(":")[0]: check for check in sheet.data_validations.dataValidation}
    for place, field in enumerate(schema.fields, start=1):
        cell = sheet.cell(1, place)
        word = "Obligatoire" if field.required else "Facultatif"
        assert cell.comment.text.startswith(word)
        assert prompts[f"{cell.column_letter}2"].promptTitle == word
        assert len(prompts[f"{cell.column_letter}2"].prompt) <= 255
    dark, light = (sheet.cell(1, 1 + schema.field_names.index(name)) for name in ("COLL_NOM", "DELIB_URL"))
    assert dark.fill.start_color.rgb != light.fill.start_color.rgb
    guide = [[cell.value for cell in row] for row in workbook[GUIDE_SHEET].iter_rows()]
    told = {row[0]: row[5] for row in guide if row[0] in schema.field_names}
    assert told == {field.name: "oui" if field.required else "non" for field in schema.fields}


@pytest.mark.parametrize(
    ("field", "form"),
    [
        (Field("a", "date"), "une date (AAAA-MM-JJ)"),
        (Field("a", "date", "%d/%m/%Y"), "une date (JJ/MM/AAAA)"),
        (Field("a", constraints={"pattern": "^\\d{14}$"}), "14 chiffres (numéro SIRET)"),
        (Field("a", constraints={"enum": ["réel", "ordre"]}), "« réel » ou « ordre »"),
        (Field("a", "integer", constraints={"minimum": 0, "maximum": 9}), "un nombre entier, de 0 à 9"),
        (Field("a", "boolean"), "« true » pour oui, « false » pour non"),
        (
            REGISTRY.get_schema("subventions").find_field("datesPeriodeVersement"),
            "un jour (AAAA-MM-JJ), ou le premier et le dernier séparés par une barre (AAAA-MM-JJ/AAAA-MM-JJ)",
        ),
        (Field("a", constraints={"maxLength": 256}), "un texte, de 256 caractères au plus"),
    ],
)
def test_the_form_of_a_column_is_said_in_french(field: Field, form: str) -> None:
    assert expected_form(field) == form


def test_a_boolean_column_is_typed_with_its_own_words() -> None:
    field = Field("a", "boolean", properties={"trueValues": ["oui"], "falseValues": ["non"]})
    assert boolean_words(field) == ("oui", "non")
    assert expected_form(field) == "« oui » ou « non »"


def test_a_siret_that_follows_from_the_siren_is_filled_in_to_be_verified(tmp_path: Path) -> None:
    member = TemplateMember("Commune de Chambéry", "21730065600014", "73065", likely=True)
    sheet = load_workbook(template_of(REGISTRY.get_schema("deliberations"), tmp_path, member)).worksheets[0]
    row = {title.value: cell for title, cell in zip(sheet[1], sheet[2], strict=True)}
    assert row["COLL_SIRET"].value == "21730065600014"
    assert "À vérifier" in row["COLL_SIRET"].comment.text
    assert row["COLL_NOM"].comment is None
