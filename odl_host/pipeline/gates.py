"""Gates: what holds a valid file back from publication, each with the French sentence that says why.

A gate is a function from a candidate to a reason, "" when the file may pass. They are asked in order; the first reason
counts. A file that a gate holds back is blocked: it stays where it is, and what was online stays online.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.discover import SourceFile
from odl_host.pipeline.examine import Examination
from odl_host.pipeline.ownership import name_other_owner
from odl_host.pipeline.sidecar import Sidecar
from odl_host.pipeline.state import Published

OTHER_OWNER_FRENCH = (
    "Ce fichier est celui de {name}, d’après son numéro SIRET : déplacez-le dans le dossier de cette collectivité, "
    "ou corrigez le numéro."
)
NO_ROW_LEFT_FRENCH = (
    "Ce fichier ne contient plus aucune ligne, alors que la version en ligne en a : redéposez le fichier complet. "
    "La version en ligne reste en place."
)
OTHER_SCHEMA_FRENCH = (
    "Sous ce nom est déjà publié « {old} », et ce fichier contient maintenant « {new} » : donnez-lui un autre nom."
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid file about to be published; `published` is what it would replace."""

    source: SourceFile
    member: HeldMember
    examination: Examination
    published: Published | None
    sidecar: Sidecar | None


Gate: TypeAlias = Callable[[Candidate], str]


def other_owner(candidate: Candidate) -> str:
    """Hold back a file that names another body as its own."""
    other = name_other_owner(candidate.examination.owners, candidate.member)
    return OTHER_OWNER_FRENCH.format(name=other) if other else ""


def other_schema(candidate: Candidate) -> str:
    """Hold back a file that would replace data of another kind under one address."""
    if candidate.published is None:
        return ""
    schema = candidate.examination.schema
    if (candidate.published.fields.get("schema_name") or "") == (schema.name if schema else ""):
        return ""
    new = schema.title if schema else "un fichier sans schéma"
    return OTHER_SCHEMA_FRENCH.format(old=candidate.published.dataset.get("title"), new=new)


def no_row_left(candidate: Candidate) -> str:
    """Hold back a file without rows that would replace one that has some: surely a copy that went wrong."""
    report = candidate.examination.report
    if candidate.published is None or report is None or report.rows != 0:
        return ""
    return NO_ROW_LEFT_FRENCH if str(candidate.published.fields.get("rows") or "0") != "0" else ""


GATES: tuple[Gate, ...] = (other_owner, other_schema, no_row_left)
