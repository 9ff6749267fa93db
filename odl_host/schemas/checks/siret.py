"""`siret` and `siren`: identifiers of the SIRENE register, checked by their key, not by their existence.

Source: INSEE, definitions c1841 (SIREN) and c2000 (SIRET); Luhn's key, except La Poste's establishments.
"""

from __future__ import annotations

from collections.abc import Mapping

from odl_host.schemas.checks.problem import JudgeValue, Problem, ValueCheck

_LA_POSTE = "356000000"
_LA_POSTE_HEAD_OFFICE = "35600000000048"

# The sum that two, then four digits add to Luhn's total; the last of them is not doubled.
_LUHN2 = [n % 10 + (n // 10 * 2 - 9 * (n >= 50)) for n in range(100)]
_LUHN4 = [high + low for high in _LUHN2 for low in _LUHN2]


def _siren_sum(digits: str) -> int:
    return int(digits[0]) + _LUHN4[int(digits[1:5])] + _LUHN4[int(digits[5:9])]


def _siret_sum(digits: str) -> int:
    return _LUHN2[int(digits[:2])] + _LUHN4[int(digits[2:6])] + _LUHN4[int(digits[6:10])] + _LUHN4[int(digits[10:])]


def compact(text: str) -> str:
    """Take the spaces out, inside and around."""
    return "".join(text.split())


def is_siren(text: str) -> bool:
    """Say whether the text is a SIREN: nine digits and their key, spaces allowed."""
    digits = compact(text)
    return len(digits) == 9 and digits.isascii() and digits.isdigit() and _siren_sum(digits) % 10 == 0


def is_siret(text: str) -> bool:
    """Say whether the text is a SIRET: a SIREN, five digits and their key, spaces allowed."""
    digits = text if len(text) == 14 else compact(text)
    if len(digits) != 14 or not digits.isascii() or not digits.isdigit():
        return False
    if digits.startswith(_LA_POSTE) and digits != _LA_POSTE_HEAD_OFFICE:
        # La Poste has more establishments than Luhn's key can tell apart: the sum of the digits is a multiple of 5.
        return sum(map(int, digits)) % 5 == 0
    return _siret_sum(digits) % 10 == 0 and _siren_sum(digits) % 10 == 0


def _bind_siret(_params: Mapping[str, object]) -> JudgeValue:
    def judge(value: object, text: str) -> Problem | None:
        return None if is_siret(value if isinstance(value, str) else text) else wrong

    wrong = Problem("custom-check-error", {"check": "siret"})
    return judge


def _bind_siren(_params: Mapping[str, object]) -> JudgeValue:
    def judge(value: object, text: str) -> Problem | None:
        return None if is_siren(value if isinstance(value, str) else text) else wrong

    wrong = Problem("custom-check-error", {"check": "siren"})
    return judge


SIRET = ValueCheck(
    "siret",
    _bind_siret,
    good=("20006911000019", "200 069 110 00019", "35600000000048", "35600000049837", "00000000000000"),
    bad=("20006911000020", "200069110", "2000691100001", "2000691100001X", "2.0006911E13", "35600000000046"),
    accepts=is_siret,
)
SIREN = ValueCheck(
    "siren",
    _bind_siren,
    good=("200069110", "200 069 110", "000000000"),
    bad=("200069111", "20006911", "20006911000019", "20006911O"),
    accepts=is_siren,
)
