"""The communes of earlier years, for checks that name one: what their lists have more or less than the reference.

Only the years that `scripts/build_vintages.py` wrote; the overseas collectivités are in none of these lists, the
arrondissements of Paris, Lyon and Marseille in all.
"""

from __future__ import annotations

from functools import cache

from odl_host.territory.archive import DATA_DIR, load_archive

# Saint-Pierre-et-Miquelon, Saint-Barthélemy, Saint-Martin, and what the Pacific and the TAAF begin with.
_COLLECTIVITES = ("975", "977", "978", "98")

Places = frozenset[tuple[str, str]]


def was_commune_code(code: str, year: str) -> bool:
    """Say whether a commune had this code on 1 January of a year. :raises KeyError: for a year that is not there."""
    added, gone = _differences()[year]
    if any(code == one for one, _ in added):
        return True
    if code.startswith(_COLLECTIVITES) or any(code == one for one, _ in gone):
        return False
    archive = load_archive()
    if archive.find_commune(code) is not None:
        return True
    former = archive.find_former(code)
    return former is not None and former[1].kind == "arrondissement"


def was_commune_name(name: str, year: str) -> bool:
    """Say whether a commune had exactly this name on 1 January of a year. :raises KeyError: as above."""
    return name in _names(year)


@cache
def _names(year: str) -> frozenset[str]:
    from odl_host.territory.reference import list_all_communes

    present: set[tuple[str, str]] = set()
    for commune in list_all_communes():
        if not commune.code.startswith(_COLLECTIVITES):
            present.add((commune.code, commune.name))
            present.update((one.code, one.name) for one in commune.former if one.kind == "arrondissement")
    added, gone = _differences()[year]
    return frozenset(name for _, name in (present - gone) | added)


@cache
def _differences() -> dict[str, tuple[Places, Places]]:
    found: dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]] = {}
    with open(f"{DATA_DIR}/vintages.tsv", encoding="utf-8") as file:  # noqa: PTH123 (see archive.DATA_DIR)
        for line in file:
            year, sign, code, name = line.rstrip("\n").split("\t")
            found.setdefault(year, (set(), set()))[sign == "-"].add((code, name))
    return {year: (frozenset(added), frozenset(gone)) for year, (added, gone) in found.items()}
