"""Whose file is it? A file in the wrong member's folder must not be published under that member's name.

Only columns that name the publishing body are looked at, and a file is held back only when they name another body that
the reference knows: a CCAS or a school board publishes in its commune's folder with a SIREN of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from odl_host.catalogue.members import HeldMember
from odl_host.schemas.registry import Schema
from odl_host.territory.codes import is_siren

# Columns that hold the SIRET or the SIREN of the body whose data these are. Source: the schemas' own definitions.
OWNER_COLUMNS = frozenset({"COLL_SIRET", "BGT_SIRET", "idAttribuant", "menuCollSiret", "platCollSiret", "siren"})
SIREN_LENGTH = 9
SAMPLE_ROWS = 2_000
"""Rows looked at: the body that publishes is the same on every row, or nearly."""


def find_owners(schema: Schema, header: Sequence[str], rows: Iterable[Sequence[str]]) -> frozenset[str]:
    """Return the SIREN of the bodies that a table names as its own; empty when it has no such column."""
    names = {one.name for one in schema.fields} & OWNER_COLUMNS
    places = [place for place, label in enumerate(header) if label.strip() in names]
    if not places:
        return frozenset()
    place = places[0]
    cells = {row[place] for row in itertools.islice(rows, SAMPLE_ROWS) if len(row) > place}
    sirens = {cell.replace(" ", "").replace("\u00a0", "")[:SIREN_LENGTH] for cell in cells}
    return frozenset(siren for siren in sirens if is_siren(siren))


def name_other_owner(owners: frozenset[str], member: HeldMember) -> str | None:
    """Return the name of the body whose file it is, when it is certainly not the member's; else None."""
    if not owners or member.siren is None or member.siren in owners:
        return None
    for siren in sorted(owners):
        if name := _known_body(siren):
            return name
    return None


def _known_body(siren: str) -> str | None:
    from odl_host.territory import reference

    for match in reference.find_communes(siren):
        if match.kind == "siren":
            return match.commune.name
    return next((epci.full_name for epci in reference.find_epci(siren) if epci.siren == siren), None)
