"""The files that hold the mistakes people make; none but one could be put right without asking their author."""

from __future__ import annotations

from datetime import date

from sample_deposit import deliberations as acts
from sample_deposit import families, finances, spots
from sample_deposit.places import TOWNS
from sample_deposit.writing import Cell, csv_bytes, without, xlsx_bytes

Row = list[Cell]


def rejected_files() -> dict[str, bytes]:
    """Return the content of each file by its path in the deposit."""
    return {
        "73087/subventions 2025.csv": _wrong_siret(),
        "challes-les-eaux/Délibérations 2025.csv": _missing_column(),
        "73031/défibrillateurs.csv": _duplicates(),
        "73137/prenoms 2025.csv": _text_for_number(),
        "73225/Subventions 2024.csv": _ambiguous_dates(),
        "73326/Subventions 2024.xlsx": _free_words(),
        "73160/deliberations-2025.csv": _misspelt_matter(),
        "73004/equipements.csv": _empty_required(),
        "73020/subvention 2023.csv": _french_habits(),
    }


def _wrong_siret() -> bytes:
    """Two digits of the town hall's SIRET are swapped, and the mistake was copied down."""
    rows = _subventions("73087", 2025, 9)
    for row in rows:
        _set(row, "idAttribuant", TOWNS["73087"].siret.replace("0870", "0780", 1))
    return csv_bytes(finances.SUBVENTIONS_HEADER, rows, delimiter=";", encoding="cp1252", newline="\r\n")


def _missing_column() -> bytes:
    """The column of the object, which is required, was left out of the export."""
    rows = acts.deliberations(TOWNS["73064"], 2025, 20)
    return csv_bytes(*without(acts.HEADER, rows, ["DELIB_OBJET"]), delimiter=";", encoding="cp1252", newline="\r\n")


def _duplicates() -> bytes:
    """A line was copied with its serial number; two states are in somebody's own words; a date is impossible."""
    rows = spots.defibrillators(TOWNS["73031"], 6)
    column = spots.DAE_HEADER.index
    rows[4][column("num_serie")] = rows[1][column("num_serie")]
    rows[5][column("num_serie")] = rows[1][column("num_serie")]
    rows[2][column("etat_fonct")] = "Marche bien"
    rows[3][column("etat_fonct")] = "En réparation"
    rows[0][column("dermnt")] = "2026-02-30"
    return csv_bytes(spots.DAE_HEADER, rows, delimiter=";")


def _text_for_number() -> bytes:
    """Small numbers are hidden by words, and the sex is written out."""
    rows = families.first_names(TOWNS["73137"], range(2025, 2026), 9)
    for number, row in enumerate(rows):
        row[2] = "Fille" if row[2] == "F" else "Garçon"
        if number % 3 == 2:
            row[4] = "moins de 3"
    return csv_bytes(families.NAMES_HEADER, rows, delimiter=";", encoding="cp1252", newline="\r\n")


def _ambiguous_dates() -> bytes:
    """No date of the column tells whether the day or the month comes first; the periods are words."""
    rows = _subventions("73225", 2024, 7)
    dates = ("03/04/2024", "05/06/2024", "04/03/2024", "02/07/2024", "06/05/2024", "03/09/2024", "05/11/2024")
    periods = (
        "avril 2024",
        "juin 2024",
        "2e trimestre",
        "juillet 2024",
        "à réception du bilan",
        "septembre",
        "fin 2024",
    )
    for row, day, period in zip(rows, dates, periods, strict=True):
        _set(row, "dateConvention", day)
        _set(row, "datesPeriodeVersement", period)
    return csv_bytes(finances.SUBVENTIONS_HEADER, rows, delimiter=";", encoding="cp1252", newline="\r\n")


def _free_words() -> bytes:
    """The nature is not of the list, one amount refers to a paper, one share is a percentage above 1."""
    rows = _subventions("73326", 2024, 8)
    for number, row in enumerate(rows):
        _set(row, "nature", "subvention de fonctionnement" if number % 2 else "prêt de matériel")
    _set(rows[3], "montant", "voir délibération")
    _set(rows[6], "pourcentageSubvention", 40)
    return xlsx_bytes(finances.SUBVENTIONS_HEADER, rows, numbers=["idAttribuant"], sheet="Subventions")


def _misspelt_matter() -> bytes:
    """Families of the nomenclature are misspelt, two votes do not add up, a receipt is older than its act."""
    rows = acts.deliberations(TOWNS["73160"], 2025, 14)
    column = acts.HEADER.index
    wrong = {"Finances locales": "Finances communales", "Urbanisme": "Urba", "Fonction publique": "Personnel"}
    for row in rows:
        family, slash, rest = str(row[column("DELIB_MATIERE_NOM")]).partition("/")
        row[column("DELIB_MATIERE_NOM")] = wrong.get(family, family) + slash + rest
    for place in (2, 9):
        rows[place][column("VOTE_POUR")] = int(str(rows[place][column("VOTE_POUR")])) - 2
    rows[6][column("PREF_DATE")] = date(2025, 1, 6)
    return csv_bytes(acts.HEADER, rows, delimiter=";", encoding="utf-8-sig", newline="\r\n")


def _empty_required() -> bytes:
    """Nobody looked up the positions of three buildings; a post code and a name are missing; a theme is invented."""
    rows = spots.equipment(TOWNS["73004"], 9)
    column = spots.EQUIPMENT_HEADER.index
    for place in (1, 4, 7):
        rows[place][column("EQUIP_LAT")] = rows[place][column("EQUIP_LONG")] = ""
    rows[5][column("ADR_CODEPOSTAL")] = ""
    rows[2][column("EQUIP_NOM")] = ""
    rows[8][column("EQUIP_THEME")] = "Tourisme"
    return csv_bytes(spots.EQUIPMENT_HEADER, rows, delimiter=";", encoding="cp1252", newline="\r\n")


def _french_habits() -> bytes:
    """Dates and amounts as one writes them in French: nothing is wrong but the form."""
    rows = _subventions("73020", 2023, 6)
    amounts = ("1 250,50 €", "300,00 €", "850,00 €", "2 000,00 €", "175,50 €", "1 100,00 €")
    for place, (row, amount) in enumerate(zip(rows, amounts, strict=True)):
        _set(row, "dateConvention", f"{16 + 2 * place:02d}/{4 + place:02d}/2023")
        _set(row, "montant", amount)
        _set(row, "pourcentageSubvention", "0,5")
    return csv_bytes(finances.SUBVENTIONS_HEADER, rows, delimiter=";", encoding="cp1252", newline="\r\n")


def _subventions(code: str, year: int, count: int) -> list[Row]:
    return finances.subventions(TOWNS[code], year, count)


def _set(row: Row, name: str, value: Cell) -> None:
    row[finances.SUBVENTIONS_HEADER.index(name)] = value
