"""What the checks ask of the territory: whether a code or a name exists, now or before.

The reference is loaded at the first question, a département at a time for codes.
"""

from __future__ import annotations

from functools import cache


def is_commune_code(code: str) -> bool:
    """Say whether the INSEE code is or was that of a commune, a delegated one or an arrondissement municipal."""
    return find_commune_now(code) is not None


def find_commune_now(code: str) -> str | None:
    """Return the current INSEE code of the commune that a current or former code belongs to."""
    from odl_host.territory.archive import load_archive
    from odl_host.territory.codes import is_commune_code as looks_right

    # Validata's lists stop at the départements: no commune of the Pacific nor of the TAAF.
    if not looks_right(code) or code.startswith("98"):
        return None
    archive = load_archive()
    commune = archive.find_commune(code)
    if commune is not None:
        return commune.code
    former = archive.find_former(code)
    return former[0].code if former is not None else None


def commune_name(code: str) -> str:
    """Return the name of a current commune, "" when there is none."""
    from odl_host.territory.archive import load_archive

    commune = load_archive().find_commune(code)
    return commune.name if commune is not None else ""


def find_by_post_code(code: str) -> tuple[str, str] | None:
    """Return code and name of the one commune of its département that has this post code; None when several have."""
    from odl_host.territory.archive import load_archive

    if len(code) == 5 and code[:3] == "750" and code.isdigit() and 1 <= int(code[3:]) <= 20:
        # In Paris the post code of an arrondissement differs from its INSEE code by one digit.
        return f"751{code[3:]}", f"Paris, {int(code[3:])}e arrondissement"
    archive = load_archive()
    departement = code[:3] if code.startswith("97") else code[:2]
    if departement not in archive.departements:
        return None
    found = [commune for commune in archive.communes_of(departement) if code in commune.postcodes]
    return (found[0].code, found[0].name) if len(found) == 1 else None


def vintage() -> str:
    """Return the year of the reference."""
    from odl_host.territory.reference import vintage as reference_vintage

    return reference_vintage()


@cache
def _post_codes() -> frozenset[str]:
    from odl_host.territory.reference import list_all_communes

    return frozenset(code for commune in list_all_communes() for code in commune.postcodes)


@cache
def _departements() -> tuple[frozenset[str], frozenset[str]]:
    from odl_host.territory.reference import list_departements

    places = list_departements()
    # As INSEE's list of 2023 and 2024 writes it.
    names = (place.name.replace("Wallis et Futuna", "Wallis-et-Futuna") for place in places)
    return frozenset(place.code for place in places), frozenset(names)


@cache
def _regions() -> tuple[frozenset[str], frozenset[str]]:
    from odl_host.territory.reference import list_regions

    # The overseas collectivités, of three digits, are no régions.
    places = [place for place in list_regions() if len(place.code) == 2]
    return frozenset(place.code for place in places), frozenset(place.name for place in places)


def is_post_code(code: str) -> bool:
    """Say whether La Poste serves a commune under this code."""
    return code in _post_codes()


def is_departement_code(code: str) -> bool:
    """Say whether a département has this code."""
    return code in _departements()[0]


def is_departement_name(name: str) -> bool:
    """Say whether a département has exactly this name."""
    return name in _departements()[1]


def is_region_code(code: str) -> bool:
    """Say whether a région has this code."""
    return code in _regions()[0]


def is_region_name(name: str) -> bool:
    """Say whether a région has exactly this name."""
    return name in _regions()[1]
