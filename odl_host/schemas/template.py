"""The empty workbook of a schema, ready to be filled in: titles, lists to choose from, formats, and an explanation.

A column that must be filled is dark, and says so in words wherever its cell is selected; its title stays exactly the
schema's, since that is how the column is recognised. Codes are text, so that no leading zero is lost.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.schemas.forms import boolean_words, expected_form
from odl_host.storage.atomic import written_beside
from odl_host.typography import typeset

if TYPE_CHECKING:
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

    from odl_host.schemas.registry import Field, Schema

GUIDE_SHEET, LISTS_SHEET = "Mode d’emploi", "Listes"
_LAST_ROW = 1_048_576
_AUTHOR, _FONT = "Modèle", "Calibri"
_DARK, _LIGHT, _WHITE, _BLACK, _CARE = "FF1F3864", "FFD9E2F3", "FFFFFFFF", "FF1F1F1F", "FFFFE699"
_SIRET_DIGITS = 14
_ISO_DATES = frozenset({"default", "any", "%Y-%m-%d"})
_MAX_PROMPT, _MAX_PROMPT_TITLE = 255, 32  # Source: Excel's limits on the message of a validated cell.

# The columns that hold the publishing collectivité itself in every row.
_NAME_COLUMNS = frozenset({"COLL_NOM", "nomAttribuant", "BGT_NOM"})
_SIRET_COLUMNS = frozenset({"COLL_SIRET", "idAttribuant", "menuCollSiret", "platCollSiret"})
_SIREN_COLUMNS = frozenset({("etalab/schema-hautes-remunerations", "siren")})
_COMMUNE_CODE_COLUMNS = frozenset({"COLL_INSEE", "commune_insee"})


@dataclass(frozen=True, slots=True)
class TemplateMember:
    """Whose workbook it is. `code` is a SIRET (14 digits), a SIREN (9) or ""; `commune_code` is "" for no commune.

    `likely`: the SIRET follows from the SIREN and is to be verified; its cell says so.
    """

    title: str
    code: str = ""
    commune_code: str = ""
    likely: bool = False


def write_template(schema: Schema, target: Path, *, member: TemplateMember | None = None) -> None:
    """Write the empty workbook (.xlsx) of a schema; the first line is begun with what is surely the member's.

    :raises StorageError: the target cannot be written
    """
    from openpyxl import Workbook
    from openpyxl.worksheet.properties import PageSetupProperties

    workbook = Workbook()
    for empty in list(workbook.worksheets):
        workbook.remove(empty)
    data: Worksheet = workbook.create_sheet(_sheet_name(schema))
    guide: Worksheet = workbook.create_sheet(GUIDE_SHEET)
    lists: Worksheet = workbook.create_sheet(LISTS_SHEET)
    lists.sheet_state = "hidden"
    for place, field in enumerate(schema.fields, start=1):
        _write_column(data, lists, schema, field, place)
        if member is not None:
            own = _own_value(schema, field, member)
            _put(data, 2, place, own, bold=False)
            if member.likely and own == member.code and len(own) == _SIRET_DIGITS:
                _ask_to_verify(data, place)
    data.freeze_panes = "A2"
    data.row_dimensions[1].height = 24
    data.page_setup.orientation, data.page_setup.fitToHeight = "landscape", 0
    data.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    data.print_title_rows = "1:1"
    _write_guide(guide, schema)
    if not lists.max_row or lists["A1"].value is None:
        workbook.remove(lists)
    workbook.properties.title, workbook.properties.creator = schema.title, "odl-host"
    with written_beside(target, refusal=f"The workbook {target} cannot be written") as beside:
        workbook.save(beside)


def _ask_to_verify(data: Worksheet, place: int) -> None:
    from openpyxl.comments import Comment

    data.cell(2, place).fill = _fill(_CARE)
    said = "À vérifier : ce SIRET est celui du premier établissement de la collectivité. S’il a changé, tapez le bon."
    data.cell(2, place).comment = Comment(said, _AUTHOR, width=340, height=80)


def _sheet_name(schema: Schema) -> str:
    # Excel refuses these characters and more than 31 of any.
    return "".join("-" if char in "[]:*?/\\'" else char for char in schema.short_name)[:31] or "Données"


def _write_column(data: Worksheet, lists: Worksheet, schema: Schema, field: Field, place: int) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(place)
    _put(data, 1, place, field.name, bold=True)
    title = data.cell(1, place)
    title.font = Font(name=_FONT, bold=field.required, color=_WHITE if field.required else _BLACK)
    title.fill = _fill(_DARK if field.required else _LIGHT)
    title.alignment = Alignment(vertical="center")
    text = "\n".join(part for part in (_duty(field), field.title, *_explanation(schema, field)) if part)
    title.comment = Comment(text, _AUTHOR, width=340, height=40 + 19 * sum(1 + len(x) // 46 for x in text.split("\n")))
    data.column_dimensions[letter].number_format = _number_format(field)
    data.column_dimensions[letter].width = max(14, min(40, max(len(field.name) + 4, len(field.example) + 3)))
    check = _validation(lists, field, place)
    check.promptTitle = _duty(field)[:_MAX_PROMPT_TITLE]
    check.prompt = _clip(" ".join(_explanation(schema, field)))
    check.showInputMessage = check.showErrorMessage = True
    check.errorTitle, check.error = "À corriger", _clip(f"Ici, il faut {expected_form(field, schema)}.")
    check.add(f"{letter}2:{letter}{_LAST_ROW}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.add_data_validation(check)


def _duty(field: Field) -> str:
    return "Obligatoire" if field.required else "Facultatif"


def _explanation(schema: Schema, field: Field) -> list[str]:
    said = [typeset(field.description or f"{field.title}."), typeset(f"Attendu : {expected_form(field, schema)}.")]
    return [*said, f"Exemple : {field.example}"] if field.example else said


def _number_format(field: Field) -> str:
    """Return how the cells are shown; text wherever a spreadsheet could change what is typed."""
    if field.enum:
        return "@"
    if field.type == "date" and field.format in _ISO_DATES:
        return "yyyy-mm-dd"
    if field.type in ("integer", "year"):
        return "0"
    return "General" if _is_plain_number(field) else "@"


def _is_plain_number(field: Field) -> bool:
    return field.type == "number" and not field.properties.get("decimalChar") and not field.properties.get("groupChar")


def _validation(lists: Worksheet, field: Field, place: int) -> DataValidation:
    """Return what a spreadsheet lets one type in the column: a list, a date, a number, or anything."""
    from openpyxl.worksheet.datavalidation import DataValidation

    values = field.enum or (boolean_words(field) if field.type == "boolean" else ())
    if values:
        from openpyxl.utils import get_column_letter

        for row, value in enumerate(values, start=1):
            _put(lists, row, place, value, bold=False)
        letter = get_column_letter(place)
        return DataValidation("list", formula1=f"={LISTS_SHEET}!${letter}$1:${letter}${len(values)}")
    bounds = field.constraints
    if _number_format(field) == "yyyy-mm-dd":
        return DataValidation("date", operator="greaterThanOrEqual", formula1="1")
    if field.type == "year":
        return DataValidation("whole", operator="between", formula1="1000", formula2="9999")
    if field.type in ("integer", "number") and _number_format(field) != "@":
        low, high = (_bound(bounds.get(name)) for name in ("minimum", "maximum"))
        return DataValidation(
            "whole" if field.type == "integer" else "decimal",
            operator="between",
            formula1=low or "-1E+300",
            formula2=high or "1E+300",
        )
    return DataValidation(None)


def _bound(value: object) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _own_value(schema: Schema, field: Field, member: TemplateMember) -> str:
    """Return what the member would type in this column, "" when that is not sure."""
    if field.name in _NAME_COLUMNS:
        return member.title
    if field.name in _SIRET_COLUMNS:
        return member.code if len(member.code) == 14 else ""
    if (schema.name, field.name) in _SIREN_COLUMNS:
        return member.code[:9] if len(member.code) in (9, 14) else ""
    return member.commune_code if field.name in _COMMUNE_CODE_COLUMNS else ""


def _write_guide(sheet: Worksheet, schema: Schema) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.worksheet.properties import PageSetupProperties

    _put(sheet, 1, 1, schema.title, bold=True)
    sheet.cell(1, 1).font = Font(name=_FONT, bold=True, size=14)
    lines = (
        typeset(schema.description),
        f"Remplissez la feuille « {_sheet_name(schema)} » sans changer les titres de sa première ligne.",
        "Les colonnes à titre foncé sont obligatoires : elles doivent être remplies à chaque ligne.",
        "Les autres colonnes sont facultatives : elles peuvent rester vides.",
        "Cliquez sur une case pour lire ce qu’il faut y écrire ; une flèche à sa droite ouvre la liste des choix.",
        f"Modèle {schema.short_name}, version {schema.version}. {schema.homepage}".strip(),
    )
    for row, text in enumerate(lines, start=2):
        _put(sheet, row, 1, text, bold=False)
    top = len(lines) + 3
    labels = (
        "Titre de la colonne",
        "Ce que c’est",
        "Ce qu’il faut écrire",
        "Forme attendue",
        "Exemple",
        "Obligatoire ?",
    )
    widths = (28, 30, 52, 38, 26, 14)
    thin = Side(style="thin", color="FFBFBFBF")
    for place, (label, width) in enumerate(zip(labels, widths, strict=True), start=1):
        _put(sheet, top, place, label, bold=True)
        sheet.cell(top, place).font = Font(name=_FONT, bold=True, color=_WHITE)
        sheet.cell(top, place).fill = _fill(_DARK)
        sheet.column_dimensions["ABCDEF"[place - 1]].width = width
    for row, field in enumerate(schema.fields, start=top + 1):
        texts = (
            field.name,
            field.title,
            typeset(field.description),
            typeset(expected_form(field, schema)),
            field.example,
            "oui" if field.required else "non",
        )
        for place, text in enumerate(texts, start=1):
            _put(sheet, row, place, text, bold=place == 1 or (place == 6 and field.required))
            sheet.cell(row, place).alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
            sheet.cell(row, place).border = Border(bottom=thin)
        tall = max(1 + len(text) // (width + 2) for text, width in zip(texts, widths, strict=True))
        sheet.row_dimensions[row].height = 15 * tall + 3
    sheet.freeze_panes = f"A{top + 1}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _put(sheet: Worksheet, row: int, place: int, text: str, *, bold: bool) -> None:
    """Write a text into a cell, as text whatever it looks like."""
    from openpyxl.styles import Font

    if not text:
        return
    cell: Any = sheet.cell(row, place)
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    cell.font = Font(name=_FONT, bold=bold)


def _fill(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour, end_color=colour)


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_PROMPT else f"{text[: _MAX_PROMPT - 1]}…"
