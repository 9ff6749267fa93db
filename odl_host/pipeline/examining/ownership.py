"""Whose file is it? A file in the wrong member's folder must not be published under that member's name.

Only columns that name the publishing body are looked at, and a file is held back only when they name another body that
the reference knows: a CCAS or a school board publishes in its commune's folder with a SIREN of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.reading.batch import cells_of, distinct_of
from odl_host.schemas.registry import Schema
from odl_host.territory.codes import is_commune_code, is_siren

if TYPE_CHECKING:
    from odl_host.territory.reference import Commune, Epci

# Columns that hold the SIRET or the SIREN of the body whose data these are. Source: the schemas' own definitions.
OWNER_COLUMNS = frozenset({"COLL_SIRET", "BGT_SIRET", "idAttribuant", "menuCollSiret", "platCollSiret", "siren"})
# Columns that hold the INSEE code of the commune whose data these are. Source: scdl/prenoms 1.1.6.
COMMUNE_COLUMNS = frozenset({"COLL_INSEE"})
SIREN_LENGTH = 9
SAMPLE_ROWS = 2_000
"""Rows looked at: the body that publishes is the same on every row, or nearly."""


def find_owners(schema: Schema, header: Sequence[str], batches: Iterable[list[list[str]]]) -> frozenset[str]:
    """Return the SIREN, or the INSEE codes, of the bodies that a table names as its own; empty without a column."""
    fields = {one.name for one in schema.fields}
    labels = [label.strip() for label in header]
    for names, read in ((OWNER_COLUMNS, _siren_of), (COMMUNE_COLUMNS, _code_of)):
        place = next((place for place, label in enumerate(labels) if label in names & fields), None)
        if place is not None:
            return frozenset(filter(None, map(read, _first_cells(batches, place))))
    return frozenset()


def _first_cells(batches: Iterable[list[list[str]]], place: int) -> set[str]:
    cells: set[str] = set()
    left = SAMPLE_ROWS
    for batch in batches:
        cells |= distinct_of(cells_of(batch if len(batch) <= left else batch[:left], place))
        left -= len(batch)
        if left <= 0:
            break
    return cells


def find_other_owner(owners: frozenset[str], member: HeldMember) -> Commune | Epci | None:
    """Return the body whose file it is, when it is certainly not the member's; else None.

    An INSEE code tells something of a commune's folder only: others publish what they know of several communes.
    """
    sirens = sorted(owner for owner in owners if len(owner) == SIREN_LENGTH)
    codes = sorted(owners.difference(sirens))
    if sirens and member.siren is not None and member.siren not in sirens:
        return next((body for body in map(_known_body, sirens) if body is not None), None)
    if codes and member.commune_code is not None and member.commune_code not in codes:
        known = [commune for code in codes for commune in _communes_of(code)]
        if known and all(commune.code != member.commune_code for commune in known):
            return known[0]
    return None


def _siren_of(cell: str) -> str:
    siren = cell.replace(" ", "").replace("\u00a0", "")[:SIREN_LENGTH]
    return siren if is_siren(siren) else ""


def _code_of(cell: str) -> str:
    code = cell.strip().upper()
    return code if is_commune_code(code) else ""


def _communes_of(code: str) -> list[Commune]:
    """Return the commune that a code stands for, or those that one of earlier years went into."""
    from odl_host.territory import reference

    return [match.commune for match in reference.find_communes(code)]


def _known_body(siren: str) -> Commune | Epci | None:
    from odl_host.territory import reference

    for match in reference.find_communes(siren):
        if match.kind == "siren":
            return match.commune
    return next((epci for epci in reference.find_epci(siren) if epci.siren == siren), None)
