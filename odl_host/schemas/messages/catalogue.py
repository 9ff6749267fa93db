"""Which sentences go with which finding, by its code, and how its place is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from odl_host.schemas.findings import Finding

if TYPE_CHECKING:
    from odl_host.schemas.messages.phrases import Sentences

_HOMES = ("structure", "types", "constraints", "checks", "columns", "ours")
"""The modules whose `BY_CODE` holds sentences; they are looked through, and imported, in this order."""


def sentences(finding: Finding) -> Sentences:
    """Say what is wrong, and what to type instead or what to do ("" when there is nothing to do)."""
    found = _of_code(finding.code)
    if found is None:
        return "Une anomalie a été relevée ici.", "Vérifiez cette valeur."
    return found(finding) if callable(found) else found


def message(finding: Finding) -> str:
    """Say what is wrong."""
    return sentences(finding)[0]


def fix(finding: Finding) -> str:
    """Say what to type instead, or what to do; "" when there is nothing to do."""
    return sentences(finding)[1]


def place(finding: Finding) -> str:
    """Say where: "ligne 42, colonne DELIB_DATE"; "" for what concerns the whole file."""
    parts = []
    if finding.row is not None:
        parts.append(f"ligne {finding.row}" if finding.row > 1 else "ligne des titres")
    if finding.column:
        parts.append(f"colonne {finding.column}")
    elif finding.position:
        parts.append(f"{finding.position}e colonne")
    return ", ".join(parts)


@lru_cache(maxsize=256)
def _of_code(code: str) -> Sentences | Callable[[Finding], Sentences] | None:
    tables = (import_module(f"odl_host.schemas.messages.{home}").BY_CODE for home in _HOMES)
    return next((table[code] for table in tables if code in table), None)
