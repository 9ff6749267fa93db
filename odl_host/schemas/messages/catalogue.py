"""Which sentences go with which finding, by its code, and how its place is said."""

from __future__ import annotations

from odl_host.schemas.findings import Finding
from odl_host.schemas.messages import checks, columns, constraints, ours, structure, types
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode


def sentences(finding: Finding) -> Sentences:
    """Say what is wrong, and what to type instead or what to do ("" when there is nothing to do)."""
    found = _BY_CODE.get(finding.code)
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


_BY_CODE: SentencesByCode = {
    **structure.BY_CODE,
    **types.BY_CODE,
    **constraints.BY_CODE,
    **checks.BY_CODE,
    **columns.BY_CODE,
    **ours.BY_CODE,
}
