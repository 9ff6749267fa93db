"""From a name that a source gives to a place in the mirror: nothing may leave it, or hide another file."""

from __future__ import annotations

import unicodedata

MOST_BYTES_OF_A_NAME = 200
MOST_BYTES_OF_A_PATH = 2000

OUTSIDE_FRENCH = "Le chemin de ce fichier ne peut pas être suivi ({path}) : redéposez-le dans le dossier de la commune."
CONTROL_FRENCH = "Le nom de ce fichier contient un caractère invisible ({path}) : renommez-le."
TOO_LONG_FRENCH = "Le nom de ce fichier est trop long : renommez-le."
FOLDER_TOO_FRENCH = "Un dossier porte le même nom que ce fichier ({path}) : renommez l’un des deux."


class UnsafeName(ValueError):
    """A name that cannot be mirrored; its words are French."""


def mirror_path(name: str) -> str:
    """Return a source's file name as a path below the mirror's root.

    >>> mirror_path("73065/Subventions 2025.xlsx"), mirror_path("./73065//a.csv")
    ('73065/Subventions 2025.xlsx', '73065/a.csv')

    :raises UnsafeName: it would lead outside, or no disk would keep it
    """
    shown = printable(name)
    if name.startswith("/") or any(part == ".." for part in name.split("/")):
        raise UnsafeName(OUTSIDE_FRENCH.format(path=shown))
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        raise UnsafeName(CONTROL_FRENCH.format(path=shown))
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if not parts:
        raise UnsafeName(OUTSIDE_FRENCH.format(path=shown))
    if len(name.encode()) > MOST_BYTES_OF_A_PATH or any(len(part.encode()) > MOST_BYTES_OF_A_NAME for part in parts):
        raise UnsafeName(TOO_LONG_FRENCH)
    return "/".join(parts)


def printable(name: str) -> str:
    """Return a name fit for one line of a terminal or of a report: what cannot be seen is replaced by �."""
    return "".join("�" if unicodedata.category(char) in {"Cc", "Cs"} else char for char in name)[:200]
