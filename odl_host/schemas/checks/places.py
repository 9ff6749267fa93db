"""Checks against official lists of places: `code-commune-insee`, `departement`, `region`, `code-postal`...

The lists are those of the year that the schema names (parameter `cog`, compulsory, 2023 or 2024), from
`odl_host.territory`. Lists that we do not have (cantons, names of countries) are checked by their form only: see
docs/validation-differences.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from odl_host.schemas.checks.problem import BadParameters, JudgeValue, Problem, ValueCheck

_COGS = ("2023", "2024")

Test: TypeAlias = Callable[[str, str], bool]
"""A text and the year of the list."""

# Source: La Poste, topographic file FANTOIR: type and number of the street in four signs, then a key letter.
_FANTOIR = r"[0-9A-Z]{2}[0-9]{2}[A-HJ-NPR-Z]"
_ISO2 = r"[A-Z]{2}"
_ISO3 = r"[A-Z]{3}"
_POINT = r"\[?\s*-?[0-9]{1,3}(?:\.[0-9]+)?\s*,\s*-?[0-9]{1,3}(?:\.[0-9]+)?\s*\]?"


def _in_list(name: str, test: Test, *, needs_cog: bool) -> Callable[[Mapping[str, object]], JudgeValue]:
    def bind(params: Mapping[str, object]) -> JudgeValue:
        year = params.get("cog")
        if needs_cog and year not in _COGS:
            raise BadParameters("cog")
        wrong = Problem("custom-check-error", {"check": name})

        def judge(value: object, text: str) -> Problem | None:
            return None if test(value if isinstance(value, str) else text, str(year)) else wrong

        return judge

    return bind


def _is_commune_code(text: str, year: str) -> bool:
    from odl_host.territory.codes import is_commune_code
    from odl_host.territory.vintages import was_commune_code

    return is_commune_code(text) and was_commune_code(text, year)


def _is_commune_name(text: str, year: str) -> bool:
    from odl_host.territory.vintages import was_commune_name

    return was_commune_name(text, year)


def _is_departement_code(text: str, _year: str) -> bool:
    from odl_host.schemas.checks.territory import is_departement_code

    return is_departement_code(text)


def _is_departement_name(text: str, _year: str) -> bool:
    from odl_host.schemas.checks.territory import is_departement_name

    return is_departement_name(text)


def _is_region_code(text: str, _year: str) -> bool:
    from odl_host.schemas.checks.territory import is_region_code

    return is_region_code(text)


def _is_region_name(text: str, _year: str) -> bool:
    from odl_host.schemas.checks.territory import is_region_name

    return is_region_name(text)


def _is_post_code(text: str, _year: str) -> bool:
    from odl_host.schemas.checks.territory import is_post_code

    return is_post_code(text)


def _is_name(text: str, _year: str) -> bool:
    return bool(text) and text == text.strip() and not any(char.isdigit() and not text.endswith(char) for char in text)


def _fits(pattern: str) -> Test:
    return lambda text, _year: re.fullmatch(pattern, text) is not None


def _place(name: str, test: Test, good: tuple[str, ...], bad: tuple[str, ...], *, needs_cog: bool = True) -> ValueCheck:
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
