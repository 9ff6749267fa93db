"""Checks against official lists of places: `code-commune-insee`, `departement`, `region`, `code-postal`...

The lists are Validata's (`odl_host.territory.lists`), those of the year that the schema names (parameter `cog`,
compulsory, 2023 or 2024); départements and régions are today's, which have not changed since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from odl_host.schemas.checks.problem import BadParameters, JudgeValue, Problem, ValueCheck

_COGS = ("2023", "2024")

Test: TypeAlias = Callable[[str, str], bool]
"""A text and the year of the list."""

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


def _listed(kind: str, *, by_year: bool = True) -> Test:
    def test(text: str, year: str) -> bool:
        from odl_host.territory.lists import is_listed

        return is_listed(kind, text, year if by_year else "")

    return test


def _is_fantoir(text: str, _year: str) -> bool:
    # Four signs for the street, then a key letter, which is not checked.
    return len(text) == 5 and "A" <= text[4] <= "Z" and _listed("fantoir", by_year=False)(text[:4], "")


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


def _fits(pattern: str) -> Test:
    return lambda text, _year: re.fullmatch(pattern, text) is not None


def _place(name: str, test: Test, good: tuple[str, ...], bad: tuple[str, ...], *, needs_cog: bool = True) -> ValueCheck:
    params = {"cog": "2024"} if needs_cog else {}
    return ValueCheck(name, _in_list(name, test, needs_cog=needs_cog), good, bad, params)


CHECKS = {
    check.name: check
    for check in (
        _place("code-commune-insee", _listed("commune-code"), ("73065", "2A004", "13201"), ("73999", " 73065", "1004")),
        _place("commune", _listed("commune-name"), ("Chambéry", "La Motte-Servolex"), ("Chambery", "Chambéry (73)")),
        _place("numero-departement", _is_departement_code, ("73", "2A", "974"), ("20", "073", "1")),
        _place("departement", _is_departement_name, ("Savoie", "Val-d'Oise"), ("savoie", "Val-d’Oise")),
        _place("code-region", _is_region_code, ("84", "01"), ("82", "4")),
        _place("region", _is_region_name, ("Auvergne-Rhône-Alpes", "Corse"), ("Rhône-Alpes", "auvergne-rhone-alpes")),
        _place(
            "code-postal", _listed("postcode", by_year=False), ("73000", "20000"), ("77777", "99999"), needs_cog=False
        ),
        _place("code-fantoir", _is_fantoir, ("ZB03A", "0145X"), ("1000", "zB03A", "ZZ99A"), needs_cog=False),
        _place("coordonnees-gps-francaises", _fits(_POINT), ("45.5646, 5.9178",), ("Chambéry",), needs_cog=False),
        _place("canton", _listed("canton"), ("Lagnieu", "Chambéry-1"), (" Lagnieu", "Ailleurs")),
        _place("pays", _listed("country", by_year=False), ("France", "Allemagne"), (" France", "Syldavie")),
        _place("code-pays-iso2", _listed("iso2"), ("FR",), ("fr", "FRA", "ZZ")),
        _place("code-pays-iso3", _listed("iso3"), ("FRA",), ("fra", "FR")),
    )
}
