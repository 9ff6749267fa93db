"""Every reason for which a file is not read, once: English for the administrator, French for the town hall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odl_host.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

_SAVE_AS_CSV = "Open it in a spreadsheet, save it as CSV UTF-8 or XLSX, and deposit that file."
_ENREGISTRER = "Ouvrez-le dans un tableur, enregistrez-le en CSV UTF-8 ou en XLSX, puis déposez ce nouveau fichier."
_SPLIT = "Split the file, or raise the setting {limit} (see: odl-host config)."
_RACCOURCIR = "Raccourcissez-la, ou supprimez le guillemet qui y est ouvert et jamais refermé, puis déposez de nouveau."
_DECOUPER = "Découpez-le en plusieurs fichiers, ou demandez à votre administrateur de relever cette limite."

_SIDECAR = "Deposit the data as CSV or XLSX; to publish this file as it is, describe it in {name}.toml beside it."
_FICHE = "Pour le publier tel quel, demandez à votre administrateur de lui joindre une fiche ({name}.toml)."

# code: (message, hint, French sentences for the town hall)
_REFUSALS: dict[str, tuple[str, str, str]] = {
    "absent": (
        "{name}: cannot be opened ({detail}).",
        "Check the path and the rights on the file.",
        "Le fichier n’a pas pu être ouvert. Déposez-le de nouveau.",
    ),
    "changed": (
        "{name}: changed while it was being read ({detail}).",
        "Wait until the copy has ended, then run the same command again.",
        "Le fichier a changé pendant la lecture. Attendez la fin de la copie : il sera relu au prochain passage.",
    ),
    "empty": (
        "{name}: holds no data.",
        "Deposit the file again: the copy may have been cut off.",
        "Le fichier est vide. Vérifiez qu’il s’ouvre sur votre poste, puis déposez-le de nouveau.",
    ),
    "binary": (
        "{name}: is {what}, not a table.",
        _SIDECAR,
        "Ce fichier est {what_fr}, pas un tableau. Déposez les données elles-mêmes, en CSV ou en classeur (XLSX, ODS). "
        + _FICHE,
    ),
    "archive": (
        "{name}: is a zip archive that holds {detail}.",
        "Deposit the files one by one; to publish the archive as it is, describe it in {name}.toml beside it.",
        "Ce fichier est une archive compressée. Sortez-en les fichiers et déposez-les un par un. " + _FICHE,
    ),
    "json": (
        "{name}: is {what}, not a table.",
        _SIDECAR,
        "Ce fichier est au format {what}, qui n’est pas un tableau. Déposez les mêmes données en CSV. " + _FICHE,
    ),
    "html": (
        "{name}: is a web page without a table of data.",
        _SAVE_AS_CSV,
        "Ce fichier est une page web, pas un tableau. " + _ENREGISTRER,
    ),
    "xml-spreadsheet": (
        "{name}: is {what}.",
        _SAVE_AS_CSV,
        "Ce fichier est dans un format que nous ne lisons pas ({what_fr}). " + _ENREGISTRER,
    ),
    "encrypted": (
        "{name}: is protected by a password.",
        "Remove the password (File, Protect), save, and deposit the file again.",
        "Ce classeur est protégé par un mot de passe. Retirez la protection, enregistrez, puis déposez-le de nouveau.",
    ),
    "corrupt": (
        "{name}: is a damaged workbook ({detail}).",
        _SAVE_AS_CSV,
        "Ce classeur est abîmé. " + _ENREGISTRER,
    ),
    "no-sheet": (
        "{name}: no sheet holds data.",
        "Check that the right workbook was deposited.",
        "Aucune feuille de ce classeur ne contient de données. Vérifiez que vous avez déposé le bon fichier.",
    ),
    "bomb": (
        "{name}: unfolds to {detail}; the limit is {bound} (setting max_zip_ratio).",
        "Check where the file comes from; an honest workbook is saved again as CSV.",
        "Ce classeur est anormal : décompressé, il serait démesuré. " + _ENREGISTRER,
    ),
    "too-big": (
        "{name}: {detail} bytes; the limit is {bound} (setting {limit}).",
        _SPLIT,
        "Le fichier est trop gros. " + _DECOUPER,
    ),
    "too-many-cells": (
        "{name}: {detail} cells; the limit is {bound} (setting max_cells).",
        "Delete the empty rows and columns around the data, or save the sheet as CSV.",
        "La feuille est démesurée. Supprimez les lignes et colonnes vides autour des données, puis enregistrez.",
    ),
    "too-many-columns": (
        "{name}: {detail} columns; the limit is {bound} (setting max_columns).",
        _SPLIT,
        "Le tableau a trop de colonnes ({detail}). Supprimez celles qui ne font pas partie du modèle.",
    ),
    "line-too-long": (
        "{name}: a line of more than {bound} bytes.",
        "Check that the file is a table with one record per line.",
        "Le fichier contient une ligne démesurée : ce n’est sans doute pas un tableau. " + _ENREGISTRER,
    ),
    "cell-too-long": (
        "{name}: a row near {detail} holds a cell of more than {bound} characters.",
        "Look for a quotation mark that is opened and never closed, or shorten the text.",
        "Autour de la ligne {detail}, une cellule dépasse {bound} caractères. " + _RACCOURCIR,
    ),
}


class RefusedFile(UnreadableFile):
    """The file cannot be read as a table.

    `code` is stable (see `REFUSAL_CODES`); `french` says to the town hall what is wrong and what to do.
    """

    def __init__(self, code: str, path: Path, **facts: str) -> None:
        message, hint, french = _REFUSALS[code]
        facts = {"name": path.name, "limit": "", **facts}
        super().__init__(message.format(**facts), hint=hint.format(**facts))
        self.code = code
        self.path = path
        self.french = french.format(**facts)


REFUSAL_CODES = tuple(_REFUSALS)
