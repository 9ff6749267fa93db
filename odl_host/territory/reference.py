"""The communes, EPCI, départements and régions that exist, by code and by name: what the rest of the project asks.

Nothing is read before it is asked for: one code costs one département's lines (milliseconds), the first search by name
costs all of them, and what only searches need is imported then. Places are values; what is not there is an exception
that names what is nearest.
"""

from __future__ import annotations

from functools import cache

from odl_host.errors import UnknownPlace
from odl_host.territory.archive import load_archive
from odl_host.territory.codes import normalise_code
from odl_host.territory.places import (
    Commune,
    Departement,
    Epci,
    FormerCommune,
    Match,
    Region,
    expand_epci_name,
)

TYPE_CHECKING = False  # see places.py
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from odl_host.territory.search import Search

__all__ = [
    "Commune",
    "Departement",
    "Epci",
    "FormerCommune",
    "Match",
    "Region",
    "find_communes",
    "find_epci",
    "get_commune",
    "get_departement",
    "get_epci",
    "get_region",
    "list_all_communes",
    "list_communes",
    "list_departements",
    "list_epci",
    "list_regions",
    "resolve_commune",
    "vintage",
]


def vintage() -> str:
    """Return the year whose 1 January the reference describes: "2026"."""
    return load_archive().vintage


def get_commune(code: str) -> Commune:
    """Return the current commune with this INSEE code.

    :raises UnknownPlace: when no current commune has it; for a former code, the hint says whose it is now
    """
    commune = load_archive().find_commune(code)
    if commune is not None:
        return commune
    if found := load_archive().find_former(code):
        now, former = found
        raise UnknownPlace(
            f"{code}{f' {former.name}' if former.name else ''} is not a commune in {vintage()}.",
            hint=f"It belongs to {now.code} {now.name}.",
        )
    raise _search().unknown(code)


def find_communes(text: str, *, limit: int | None = None) -> list[Match]:
    """Return the communes that answer to a name, a part of one, a code, a post code or a SIREN; the nearest first.

    Accents, case, hyphens, apostrophes and « St » do not count; former names and codes do, and the match says so.
    Order: same name, name that begins so, words that begin so, name that holds it; then the most inhabited first.
    « Sainte-Colombe (05) » and « Sainte-Colombe (Hautes-Alpes) » look in that département only.
    """
    return _search().find(text)[:limit]


def resolve_commune(text: str, *, within: Collection[str] | None = None) -> Match:
    """Return the one commune that a code, a former code, a SIREN, a SIRET or an exact name means.

    A post code is never taken for a code, nor a lost first zero put back: the exception proposes. `within`: the INSEE
    codes that may be meant; homonyms outside do not count.

    :raises AmbiguousPlace: when several communes have this name; the message lists them
    :raises UnknownPlace: when none has it, or none of `within`; the hint names the nearest
    """
    return _search().resolve(text, within)


def list_communes(
    *, epci: str | None = None, departement: str | None = None, region: str | None = None
) -> list[Commune]:
    """Return the communes of an EPCI or EPT (SIREN), a département, a région (codes), or of where all those given meet.

    In the order of codes; all the communes when nothing is given.

    :raises UnknownPlace: when one of these does not exist
    """
    archive = load_archive()
    members = get_epci(epci) if epci is not None else None
    places = list(members.departement_codes) if members else archive.departement_codes
    if departement is not None:
        wanted = get_departement(departement).code
        places = [code for code in places if code == wanted]
    if region is not None:
        wanted = get_region(region).code
        places = [code for code in places if archive.departements[code].region_code == wanted]
    communes = [commune for code in places for commune in archive.communes_of(code)]
    if members is None:
        return communes
    codes = set(members.member_codes)
    return [commune for commune in communes if commune.code in codes]


def list_all_communes() -> list[Commune]:
    """Return every current commune, in the order of codes."""
    return list_communes()


def get_epci(siren: str) -> Epci:
    """Return the EPCI, or the EPT, with this SIREN.

    :raises UnknownPlace: when none has it
    """
    epci = load_archive().find_epci(siren)
    if epci is not None:
        return epci
    nearest = find_epci(siren)[:3]
    if not nearest:
        from difflib import get_close_matches

        lines = load_archive().epci_lines
        nearest = [get_epci(near) for near in get_close_matches(siren, lines, 3, 0.8)]
    proposals = ", ".join(f"{near.siren} {near.name}" for near in nearest)
    raise UnknownPlace(
        f"No EPCI has the SIREN « {siren} » in {vintage()}.",
        hint=f"Did you mean {proposals}?"
        if proposals
        else "A commune's card names its EPCI: odl-host commune show CODE",
    )


def find_epci(text: str) -> list[Epci]:
    """Return the EPCI and EPT that answer to a name, a part of one or a SIREN; the nearest, then the largest first."""
    from odl_host.territory.names import normalise_name

    archive = load_archive()
    number = normalise_code(text)
    if epci := archive.find_epci(number):
        return [epci]
    name = normalise_name(text)
    if not name:
        return []
    found = []
    for siren, short, full in _epci_names():
        if name in short or name in full:
            bare = short.split(" ", 1)[-1]
            exact = name in (short, full) or name in (bare, bare.removeprefix("du ").removeprefix("de "))
            population = int(archive.epci_lines[siren][3])
            found.append((not exact, -population, siren))
    return [get_epci(siren) for *_, siren in sorted(found)]


def list_epci(*, departement: str | None = None) -> list[Epci]:
    """Return the EPCI (no EPT), those with a commune in a département when one is given, in the order of SIREN.

    :raises UnknownPlace: when the département does not exist
    """
    wanted = get_departement(departement).code if departement is not None else None
    return [
        get_epci(siren)
        for siren, cells in load_archive().epci_lines.items()
        if cells[2] != "EPT" and (wanted is None or wanted in cells[4].split())
    ]


def get_departement(text: str) -> Departement:
    """Return the département with this code or name (overseas collectivités included).

    :raises UnknownPlace: when none has it
    """
    departements = load_archive().departements
    return departements[_code_of(text, departements, "département")]


def get_region(text: str) -> Region:
    """Return the région with this code or name (overseas collectivités included).

    :raises UnknownPlace: when none has it
    """
    regions = load_archive().regions
    return regions[_code_of(text, regions, "région")]


def list_departements() -> list[Departement]:
    """Return the 101 départements and the overseas collectivités, in the order of codes."""
    return list(load_archive().departements.values())


def list_regions() -> list[Region]:
    """Return the 18 régions and the overseas collectivités, in the order of codes."""
    return list(load_archive().regions.values())


def _code_of(text: str, places: Mapping[str, Departement | Region], kind: str) -> str:
    code = normalise_code(text)
    if code in places:
        return code
    from difflib import get_close_matches

    from odl_host.territory.names import normalise_name, without_article

    code_of = {without_article(normalise_name(place.name)): place.code for place in places.values()}
    name = without_article(normalise_name(text))
    if name in code_of:
        return code_of[name]
    near = [f"0{code}"] if f"0{code}" in places else []
    near += [code_of[known] for known in get_close_matches(name, code_of, 3, 0.6)]
    proposals = ", ".join(f"{code} {places[code].name}" for code in near)
    raise UnknownPlace(
        f"No {kind} has the code or name « {text} ».",
        hint=f"Did you mean {proposals}?" if proposals else f"Give the INSEE code of the {kind}.",
    )


@cache
def _search() -> Search:
    from odl_host.territory.search import Search

    return Search(load_archive())


@cache
def _epci_names() -> list[tuple[str, str, str]]:
    """SIREN, normalised name, normalised full name."""
    from odl_host.territory.names import normalise_names

    lines = load_archive().epci_lines
    names = [cells[1] for cells in lines.values()]
    short = normalise_names("\n".join(names))
    full = normalise_names("\n".join(map(expand_epci_name, names)))
    return list(zip(lines, short, full, strict=True))
