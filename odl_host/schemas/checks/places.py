"""Checks against official lists of places: `code-commune-insee`, `departement`, `region`, `code-postal`...

Validata takes its lists from the COG of 2023 or 2024 (parameter `cog`, compulsory); ours come from
`odl_host.territory`, current and former codes together, so that a code abolished or created between two vintages is
accepted by both. Lists that we do not have (cantons, countries) are checked by their form only. Both differences
stand in docs/validation-differences.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from odl_host.schemas.checks.problem import BadParameters, JudgeValue, Problem, ValueCheck

_COGS = ("2023", "2024")

# Source: La Poste, topographic file FANTOIR: type and number of the street in four signs, then a key letter.
_FANTOIR = r"[0-9A-Z]{2}[0-9]{2}[A-HJ-NPR-Z]"
_ISO2 = r"[A-Z]{2}"
_ISO3 = r"[A-Z]{3}"
_POINT = r"\[?\s*-?[0-9]{1,3}(?:\.[0-9]+)?\s*,\s*-?[0-9]{1,3}(?:\.[0-9]+)?\s*\]?"


def _in_list(
    name: str, test: Callable[[str], bool], *, needs_cog: bool
) -> Callable[[Mapping[str, object]], JudgeValue]:
    def bind(params: Mapping[str, object]) -> JudgeValue:
        if needs_cog and params.get("cog") not in _COGS:
            raise BadParameters("cog")
        wrong = Problem("custom-check-error", {"check": name})

        def judge(value: object, text: str) -> Problem | None:
            return None if test(value if isinstance(value, str) else text) else wrong

        return judge

    return bind


def _is_commune_code(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_commune_code

    return is_commune_code(text)


def _is_commune_name(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_commune_name

    return is_commune_name(text)


def _is_departement_code(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_departement_code

    return is_departement_code(text)


def _is_departement_name(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_departement_name

    return is_departement_name(text)


def _is_region_code(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_region_code

    return is_region_code(text)


def _is_region_name(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_region_name

    return is_region_name(text)


def _is_post_code(text: str) -> bool:
    from odl_host.schemas.checks.territory import is_post_code

    return is_post_code(text)


def _is_name(text: str) -> bool:
    return bool(text) and text == text.strip() and not any(char.isdigit() and not text.endswith(char) for char in text)


def _fits(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _place(
    name: str, test: Callable[[str], bool], good: tuple[str, ...], bad: tuple[str, ...], *, needs_cog: bool = True
) -> ValueCheck:
    params = {"cog": "2024"} if needs_cog else {}
    return ValueCheck(name, _in_list(name, test, needs_cog=needs_cog), good, bad, params)


PLACE_CHECKS = (
    _place("code-commune-insee", _is_commune_code, ("73065", "2A004", "01004", "13201"), ("73999", " 73065", "1004")),
    _place("commune", _is_commune_name, ("Chambéry", "La Motte-Servolex"), ("Chambery", "Chambéry (73)")),
    _place("numero-departement", _is_departement_code, ("73", "2A", "974"), ("20", "073", "1")),
    _place("departement", _is_departement_name, ("Savoie", "Val-d'Oise"), ("savoie", "Val-d’Oise")),
    _place("code-region", _is_region_code, ("84", "01"), ("82", "4")),
    _place("region", _is_region_name, ("Auvergne-Rhône-Alpes", "Corse"), ("Rhône-Alpes", "auvergne-rhone-alpes")),
    _place("code-postal", _is_post_code, ("73000", "20000"), ("77777", "99999"), needs_cog=False),
    _place("code-fantoir", _fits(_FANTOIR), ("ZB03A", "0145X"), ("1000", "zB03A"), needs_cog=False),
    _place("coordonnees-gps-francaises", _fits(_POINT), ("45.5646, 5.9178",), ("Chambéry",), needs_cog=False),
    _place("canton", _is_name, ("Lagnieu", "Chambéry-1"), (" Lagnieu",)),
    _place("pays", _is_name, ("France", "Allemagne"), (" France",)),
    _place("code-pays-iso2", _fits(_ISO2), ("FR",), ("fr", "FRA")),
    _place("code-pays-iso3", _fits(_ISO3), ("FRA",), ("fra", "FR")),
)
