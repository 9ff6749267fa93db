"""Gates: what holds a valid file back from publication, each with the French sentence that says why.

A gate is a function from a candidate to a hold, None when the file may pass. A file that one holds back is blocked: it
stays where it is, and what was online stays online, until it is corrected or a person releases it from every hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.deposits.sidecar import NO_SCHEMA, Sidecar
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.examining.ownership import find_other_owner
from odl_host.pipeline.plans.state import Published
from odl_host.pipeline.records.decisions import PERSONAL_DATA

OTHER_OWNER_FRENCH = (
    "Ce fichier est celui {of_name}, d’après le numéro SIRET ou le code INSEE qu’il porte : déplacez-le dans le "
    "dossier de cette collectivité, ou corrigez ce numéro."
)
NO_ROW_LEFT_FRENCH = (
    "Ce fichier ne contient plus aucune ligne, alors que la version en ligne en a : redéposez le fichier complet. "
    "La version en ligne reste en place."
)
OTHER_SCHEMA_FRENCH = (
    "Sous ce nom est déjà publié « {old} », et ce fichier contient maintenant « {new} » : donnez-lui un autre nom."
)
PERSONAL_DATA_FRENCH = (
    "Ce fichier semble contenir des données personnelles ({what}) : retirez-les, puis redéposez-le sous le même nom. "
    "Si elles peuvent être publiées, dites pourquoi à votre administrateur : lui seul peut laisser passer le fichier."
)
_KINDS_FRENCH = {
    "nir": "numéro de sécurité sociale",
    "iban": "numéro de compte bancaire",
    "email": "adresse électronique d’une personne",
    "phone": "téléphone portable",
    "birth-date": "date de naissance",
    "person": "nom d’une personne avec un montant ou une adresse",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid file about to be published; `published` is what it would replace."""

    source: SourceFile
    member: HeldMember
    examination: Examination
    published: Published | None
    sidecar: Sidecar | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a file is held back: `codes` say what a release must free it from, `reason` says it in French.

    Without a code nobody can release it: what was published would break.
    """

    codes: tuple[str, ...]
    reason: str


Gate: TypeAlias = Callable[[Candidate], Hold | None]


def other_owner(candidate: Candidate) -> Hold | None:
    """Hold back a file that names another body as its own."""
    other = find_other_owner(candidate.examination.owners, candidate.member)
    if other is None:
        return None
    name = getattr(other, "full_name", other.name)
    return Hold((f"other-owner/{name}",), OTHER_OWNER_FRENCH.format(of_name=other.of_name))


def other_schema(candidate: Candidate) -> Hold | None:
    """Hold back a file that would replace data of another kind under one address."""
    if candidate.published is None:
        return None
    schema = candidate.examination.schema
    if candidate.sidecar is not None and candidate.sidecar.schema == NO_SCHEMA:
        return None  # it was asked for: the address gives the file as it is from now on
    if (candidate.published.fields.get("schema_name") or "") == (schema.name if schema else ""):
        return None
    new = schema.title if schema else "un fichier sans schéma"
    reason = OTHER_SCHEMA_FRENCH.format(old=candidate.published.dataset.get("title"), new=new)
    return Hold((), reason)


def no_row_left(candidate: Candidate) -> Hold | None:
    """Hold back a file without rows that would replace one that has some: surely a copy that went wrong."""
    report = candidate.examination.report
    if candidate.published is None or report is None or report.rows != 0:
        return None
    had_rows = str(candidate.published.fields.get("rows") or "0") != "0"
    return Hold(("no-row-left",), NO_ROW_LEFT_FRENCH) if had_rows else None


def personal_data(candidate: Candidate) -> Hold | None:
    """Hold back a file that seems to tell something about natural persons."""
    personal = candidate.examination.personal
    if not personal:
        return None
    codes = tuple(sorted(f"{PERSONAL_DATA}/{kind}/{column}" for kind, column in personal.counts))
    what = ", ".join(_KINDS_FRENCH[kind] for kind in personal.kinds)
    return Hold(codes, PERSONAL_DATA_FRENCH.format(what=what))


GATES: tuple[Gate, ...] = (other_owner, other_schema, no_row_left, personal_data)
