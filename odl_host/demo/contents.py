"""What the sample deposit holds and what must become of each file: the table that tests hold the product to.

Plain data; it reads no file and judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file of the sample deposit.

    `outcome`: "valid", "invalid" or "blocked", in the words of an examination; `stray` files read well but lie
    under a folder that is no member's, so a run blocks them. `schema` is a short name or a whole one, "" where none can
    be told. `rows` are data rows. `shows`: why the file is there.
    """

    path: str
    outcome: str
    schema: str
    rows: int
    shows: str
    stray: bool = False


# path | schema | data rows | what it shows
_VALID = """
200069110/Aires de covoiturage.csv|schema-lieux-covoiturage|8|cp1252, semicolons, CRLF, a space in its name
200069110/catalogue.csv|scdl/catalogue|6|every cell quoted, cells of several lines
200069110/deliberations-2025.csv|scdl/deliberations|70|the plain form: UTF-8, commas
200069110/fonds-de-concours-subventions-2025.csv|scdl/subventions|18|BOM, semicolons, CRLF; town halls as beneficiaries
200069110/hautes-remunerations.csv|schema-hautes-remunerations|4|one line a year, small and complete
200069110/irve-grand-chambery.csv|schema-irve-statique|28|BOM, forty columns, positions as JSON
200069110/stationnement-velo.csv|schema-stationnement-cyclable|35|positions as JSON between commas
217302223/Prénoms 2025.xls|scdl/prenoms|20|Excel 97, accents in its name, a folder named by SIREN
217302223/bal_saint-alban-leysse.csv|schema-bal|90|a column more than the model has
73020/subvention 2023.csv|scdl/subventions|6|French dates and amounts only: safe repairs mend it
73029/Budget primitif 2025.xlsx|scdl/budget|33|a workbook with amounts as numbers and codes with a leading zero
73029/deliberations-2025.tsv|scdl/deliberations|24|tabs, BOM, CRLF
73030/subventions-2025.csv|scdl/subventions|9|every cell quoted
73031/arbres.csv|schema-arbre|60|columns in another order
73065/Dix plus hautes rémunérations.ods|schema-hautes-remunerations|3|OpenDocument, typed numbers
73065/Subventions versées 2025.xlsx|scdl/subventions|18|SIRET typed as a number, formatted empty rows at the end
73065/arbres-2026.csv|schema-arbre|220|the longest file, for previews and pages
73065/budget-primitif-2026.tsv|scdl/budget|33|tabs
73065/dae.csv|schema-dae|9|forty-six columns, dates to come that are right
73065/deliberations-2023.csv|scdl/deliberations|60|a series of years, first in cp1252
73065/deliberations-2024.csv|scdl/deliberations|64|then with BOM and CRLF
73065/deliberations-2025.csv|scdl/deliberations|66|then in UTF-8 with commas
73065/equipements.csv|scdl/equipements|34|BOM, semicolons, CRLF
73065/menus-novembre-2026.csv|scdl/menus-collectifs|80|lists as JSON in quoted cells, CRLF
73065/prenoms-2023-2025.csv|scdl/prenoms|144|several years in one file
73065/stationnement.csv|schema-stationnement|8|decimal prices, car parks with and without a roof
73065/subventions-2024.csv|scdl/subventions|18|cp1252, semicolons
73081/délibérations 2025.csv|scdl/deliberations|10|cp1252, an accented name in lower case
73087/menus-cantine.csv|scdl/menus-collectifs|40|JSON lists between commas
73087/subventions 2024.ods|scdl/subventions|11|OpenDocument, two optional columns left out
73098/parkings-stationnement.csv|schema-stationnement|4|free car parks, prices left empty
73098/Équipements.ods|scdl/equipements|6|OpenDocument, a name that starts with an accent
73106/deliberations.xls|scdl/deliberations|8|Excel 97 with real dates shown the French way
73137/menus novembre.csv|scdl/menus-collectifs|40|cp1252
73139/bal.csv|schema-bal|25|the address base of a village
73146/deliberations-2025.csv|scdl/deliberations|12|CRLF
73179-la-motte-servolex/Délibérations 2024.csv|scdl/deliberations|40|cp1252; a folder named by code and name
73179-la-motte-servolex/aire-covoiturage.csv|schema-lieux-covoiturage|2|two rows are enough
73179-la-motte-servolex/prenoms_2025.csv|scdl/prenoms|24|BOM with commas
73179-la-motte-servolex/Équipements communaux.xlsx|scdl/equipements|18|SIRET and post codes typed as numbers
73213/DAE.csv|schema-dae|6|cp1252, CRLF, nothing but the schema in its name
73213/Délibérations 2025.xlsx|scdl/deliberations|28|two title rows above the header, real dates
73213/stationnement vélos.ods|schema-stationnement-cyclable|9|forty empty rows declared at the end
73225/BAL_73225.csv|schema-bal|64|BOM
73243/bal-saint-jean-d'arvey.csv|schema-bal|42|an apostrophe in its name
73243/deliberations_2026.csv|scdl/deliberations|12|the current year, not over
73249/Délibérations 2025 – texte complet.csv|scdl/deliberations|14|cells of several lines in cp1252, a dash in its name
73288/equipements.csv|scdl/equipements|8|the plain form
73294/DAE La Thuile.csv|schema-dae|2|cp1252, a small town
73326/deliberations-2024.csv|scdl/deliberations|18|fifteen rows of semicolons at the end
challes-les-eaux/equipements.csv|scdl/equipements|14|six empty rows at the end, a folder named by slug
challes-les-eaux/stationnement.csv|schema-stationnement|5|the plain form
"""
_INVALID = """
73004/equipements.csv|scdl/equipements|9|required cells left empty, a theme that is not in the list
73031/défibrillateurs.csv|schema-dae|6|a serial number three times, own words for a state, 30 February
73087/subventions 2025.csv|scdl/subventions|9|two digits of the SIRET swapped
73137/prenoms 2025.csv|scdl/prenoms|18|words for a number, the sex written out
73160/deliberations-2025.csv|scdl/deliberations|14|matters misspelt, votes that do not add up, a receipt before its act
73225/Subventions 2024.csv|scdl/subventions|7|dates of which nobody can tell the day from the month
73326/Subventions 2024.xlsx|scdl/subventions|8|own words for the nature and for an amount, 40 for 40 %
challes-les-eaux/Délibérations 2025.csv|scdl/deliberations|20|a required column is missing
"""
_BLOCKED = """
200069110/Rapport d’activité 2025.pdf||0|a PDF
73036/subventions-2025.csv||0|an empty file
73081/Planning salle polyvalente.xlsx||0|a table of no known model
73146/Délibérations juin 2026.xlsx||0|a workbook whose transfer stopped half-way
"""
_STRAY = "38185/deliberations-2025.csv|scdl/deliberations|6|a good file of a town that is not of Grand Chambéry"


def _read(table: str, outcome: str, *, stray: bool = False) -> tuple[SampleFile, ...]:
    lines = [line.split("|") for line in table.strip().splitlines()]
    return tuple(SampleFile(path, outcome, schema, int(rows), shows, stray) for path, schema, rows, shows in lines)


CONTENTS = (
    *_read(_VALID, "valid"),
    *_read(_INVALID, "invalid"),
    *_read(_BLOCKED, "blocked"),
    *_read(_STRAY, "valid", stray=True),
)
