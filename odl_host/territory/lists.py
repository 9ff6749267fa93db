"""The official lists that a schema's checks may name: communes of a year, post codes, cantons, countries, FANTOIR.

They are Validata's, so that verdicts are the same; `scripts/build_lists.py` writes them. Of communes and post codes the
file holds only what differs from the reference of today.
"""

from __future__ import annotations

import lzma
from functools import cache

from odl_host.territory.archive import DATA_DIR

# Saint-Pierre-et-Miquelon, Saint-Barthélemy, Saint-Martin, and what the Pacific and the TAAF begin with.
_COLLECTIVITES = ("975", "977", "978", "98")


def is_listed(kind: str, text: str, year: str = "") -> bool:
    """Say whether an official list holds exactly this text.

    `kind`: "commune-code", "commune-name", "canton", "iso2", "iso3", which have a list for "2023" and one for "2024";
    "postcode", "country", "fantoir", which have one list. Communes include the déléguées, the associées and the
    arrondissements; the overseas collectivités are in no list.

    :raises KeyError: no such list
    """
    return text in _list(kind, year)


@cache
def _list(kind: str, year: str) -> frozenset[str]:
    added, gone = _differences()[kind, year]
    return (present(kind) - gone) | added


@cache
def present(kind: str) -> frozenset[str]:
    """Return what the reference of today holds of a kind; nothing of the kinds that it does not know."""
    from odl_host.territory.reference import list_all_communes

    if kind not in ("commune-code", "commune-name", "postcode"):
        return frozenset()
    communes = [one for one in list_all_communes() if not one.code.startswith(_COLLECTIVITES)]
    if kind == "postcode":
        return frozenset(code for one in communes for code in one.postcodes)
    named = [former for one in communes for former in one.former if former.kind != "ancienne"]
    if kind == "commune-code":
        return frozenset((*(one.code for one in communes), *(one.code for one in named)))
    return frozenset((*(one.name for one in communes), *(one.name for one in named)))


@cache
def _differences() -> dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]]:
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    with open(f"{DATA_DIR}/lists.tsv.xz", "rb") as file:  # noqa: PTH123 (see archive.DATA_DIR)
        text = lzma.decompress(file.read()).decode()
    for line in text.splitlines():
        kind, year, sign, value = line.split("\t")
        found.setdefault((kind, year), (set(), set()))[sign == "-"].add(value)
    return {key: (frozenset(added), frozenset(gone)) for key, (added, gone) in found.items()}
