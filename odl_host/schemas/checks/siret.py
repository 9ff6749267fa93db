"""`siret` and `siren`: identifiers of the SIRENE register, checked by their key, not by their existence.

Source: INSEE, definitions c1841 (SIREN) and c2000 (SIRET); Luhn's key, except La Poste's establishments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import compress
from operator import or_

from odl_host.schemas.checks.problem import JudgeValue, Problem, ValueCheck

_LA_POSTE = "356000000"
_LA_POSTE_HEAD_OFFICE = "35600000000048"

# The sum that two, then four digits add to Luhn's total; the last of them is not doubled.
_LUHN2 = [n % 10 + (n // 10 * 2 - 9 * (n >= 50)) for n in range(100)]
_LUHN4 = [high + low for high in _LUHN2 for low in _LUHN2]

_DIGITS = bytes((code - ord("0")) % 256 for code in range(256))
_DOUBLED = bytes(n * 2 - 9 * (n > 4) if n < 10 else 0 for n in range(256))
_NOT_TENS = bytes(n % 10 > 0 for n in range(256))


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


def doubtful_sirets(texts: Collection[str]) -> list[str]:
    """Return the texts that are not surely a SIRET: hundreds are cleared in the time of ten."""
    shaped, found = _by_shape(texts, 14)
    if shaped:
        columns = _columns(shaped)
        found += compress(shaped, map(or_, _wrong_keys(columns), _wrong_keys(columns[:9])))
        if _LA_POSTE in "".join(shaped):
            found += [text for text in shaped if text.startswith(_LA_POSTE)]  # these have a key of their own
    return found


def doubtful_sirens(texts: Collection[str]) -> list[str]:
    """Return the texts that are not surely a SIREN."""
    shaped, found = _by_shape(texts, 9)
    if shaped:
        found += compress(shaped, _wrong_keys(_columns(shaped)))
    return found


def _by_shape(texts: Collection[str], length: int) -> tuple[Collection[str], list[str]]:
    """Return the texts of so many digits, and the others."""
    joined = "".join(texts)
    if joined.isascii() and joined.isdigit() and {*map(len, texts)} == {length}:
        return texts, []
    shaped = [text for text in texts if len(text) == length and text.isascii() and text.isdigit()]
    return shaped, list(set(texts).difference(shaped))


def _columns(shaped: Collection[str]) -> list[bytes]:
    """Return the first digits of all texts, their second digits, and so on, as bytes from 0 to 9."""
    digits = "".join(shaped).encode().translate(_DIGITS)
    length = len(digits) // len(shaped)
    return [digits[place::length] for place in range(length)]


def _wrong_keys(columns: list[bytes]) -> bytes:
    """Return a 1 for each text whose digits do not have Luhn's key, else a 0.

    A column of digits, read as one large number, is added to the next in one go: a byte never overflows.
    """
    total = 0
    for place, column in enumerate(reversed(columns)):
        total += int.from_bytes(column.translate(_DOUBLED) if place % 2 else column, "little")
    return total.to_bytes(len(columns[0]), "little").translate(_NOT_TENS)


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
    doubts=doubtful_sirets,
)
SIREN = ValueCheck(
    "siren",
    _bind_siren,
    good=("200069110", "200 069 110", "000000000"),
    bad=("200069111", "20006911", "20006911000019", "20006911O"),
    doubts=doubtful_sirens,
)

CHECKS = {SIRET.name: SIRET, SIREN.name: SIREN}
