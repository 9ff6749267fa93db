"""The shape of official codes: INSEE codes, SIREN, SIRET.

A shape says that a code *could* exist; `odl_host.territory.reference` says whether it does. Codes are strings, always:
"01004", "2A004". Nothing here guesses silently: what repairs a code is called `restore_…` and proposes.

Sources: INSEE, Code officiel géographique 2026; INSEE, definitions c2047 (SIREN) and c1841 (SIRET).
"""

from __future__ import annotations

import re

# "20" left the list in 1976 (2A and 2B); codes beginning with 20 are former ones.
_DEPARTEMENT = r"(?:0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5])"
_OVERSEAS = r"(?:97[1-8]|98[46789])"
_IS_DEPARTEMENT = re.compile(rf"{_DEPARTEMENT}|{_OVERSEAS}", re.ASCII).fullmatch
_IS_COMMUNE = re.compile(rf"{_DEPARTEMENT}(?!000)\d{{3}}|{_OVERSEAS}(?!00)\d{{2}}", re.ASCII).fullmatch
_IS_COMMUNE_LIKE = re.compile(r"\d[\dAB]\d{3}", re.ASCII).fullmatch
_IS_SIREN = re.compile(r"\d{9}", re.ASCII).fullmatch
_IS_SIRET = re.compile(r"\d{14}", re.ASCII).fullmatch
_IS_POSTCODE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-5]|97|98)\d{3}", re.ASCII).fullmatch
_IS_REGION = re.compile(r"0[12346]|11|2[478]|32|44|5[23]|7[56]|84|9[34]|97[578]|98[46789]", re.ASCII).fullmatch

LA_POSTE_SIREN = "356000000"
_LA_POSTE_HEAD_OFFICE = "35600000000048"


def normalise_code(text: str) -> str:
    """Return the code without spaces and in capitals; nothing is added.

    >>> normalise_code(" 2a004 ")
    '2A004'
    >>> normalise_code("217 300 656")
    '217300656'
    """
    return "".join(text.split()).upper()


def is_commune_code(code: str) -> bool:
    """Tell whether this has the shape of an INSEE commune code in force.

    >>> [is_commune_code(code) for code in ("73065", "01004", "2A004", "97411", "98735")]
    [True, True, True, True, True]
    >>> [is_commune_code(code) for code in ("1004", "20004", "2a004", "96001", "73000", " 73065")]
    [False, False, False, False, False, False]
    """
    return _IS_COMMUNE(code) is not None


def is_commune_like(code: str) -> bool:
    """Tell whether this was ever the shape of a commune code: the Corsican codes before 1976 are.

    >>> is_commune_like("20004"), is_commune_like("2A004"), is_commune_like("1004")
    (True, True, False)
    """
    return _IS_COMMUNE_LIKE(code) is not None


def is_departement_code(code: str) -> bool:
    """Tell whether this is the code of a département, or of an overseas collectivité counted as one.

    >>> [is_departement_code(code) for code in ("01", "2A", "73", "974", "988")]
    [True, True, True, True, True]
    >>> [is_departement_code(code) for code in ("1", "20", "96", "970", "2C")]
    [False, False, False, False, False]
    """
    return _IS_DEPARTEMENT(code) is not None


def is_region_code(code: str) -> bool:
    """Tell whether this is the code of one of the 18 régions, or of an overseas collectivité counted as one.

    >>> is_region_code("84"), is_region_code("01"), is_region_code("82")
    (True, True, False)
    """
    return _IS_REGION(code) is not None


def is_postcode(code: str) -> bool:
    """Tell whether this has the shape of a French post code.

    >>> is_postcode("73000"), is_postcode("20090"), is_postcode("2A004"), is_postcode("99123")
    (True, True, False, False)
    """
    return _IS_POSTCODE(code) is not None


def departement_of(commune_code: str) -> str:
    """Return the département part of a commune code.

    >>> departement_of("73065"), departement_of("2A004"), departement_of("97411")
    ('73', '2A', '974')
    """
    return commune_code[:3] if commune_code.startswith(("97", "98")) else commune_code[:2]


def restore_commune_code(text: str) -> str | None:
    """Propose the commune code whose first zero a spreadsheet ate, or None; a human or an explicit rule decides.

    >>> restore_commune_code(" 1004 ")
    '01004'
    >>> restore_commune_code("01004") is None, restore_commune_code("104") is None
    (True, True)
    """
    code = normalise_code(text)
    if len(code) == 4 and code.isascii() and code.isdigit() and is_commune_code(f"0{code}"):
        return f"0{code}"
    return None


def has_luhn_key(digits: str) -> bool:
    """Tell whether a string of digits ends with the right Luhn key (ISO/IEC 7812-1).

    >>> has_luhn_key("217300656"), has_luhn_key("217300657")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_siren(number: str) -> bool:
    """Tell whether this is a SIREN: nine digits, the last one a Luhn key; spaces are refused.

    >>> is_siren("217300656"), is_siren("217300657"), is_siren("217 300 656"), is_siren("000000000")
    (True, False, False, False)
    """
    return _IS_SIREN(number) is not None and number != "000000000" and has_luhn_key(number)


def is_siret(number: str) -> bool:
    """Tell whether this is a SIRET: fourteen digits, the last one a Luhn key; spaces are refused.

    The establishments of La Poste follow another rule: their digits add up to a multiple of five.

    >>> is_siret("21730065600014"), is_siret("21730065600015"), is_siret("217300656")
    (True, False, False)
    >>> is_siret("35600000049837"), is_siret("35600000049838"), is_siret("35600000000048")
    (True, False, True)
    """
    if _IS_SIRET(number) is None or not is_siren(number[:9]):
        return False
    if number[:9] == LA_POSTE_SIREN and number != _LA_POSTE_HEAD_OFFICE:
        return sum(map(int, number)) % 5 == 0
    return has_luhn_key(number)


def first_siret(siren: str) -> str:
    """Return the SIRET of the first establishment that a body ever had: its main one, unless that moved since.

    Source: INSEE, definition c1841: the order number of the establishment, then a digit that makes the Luhn key right.

    >>> first_siret("217300656")
    '21730065600014'
    """
    return next(siret for key in "0123456789" if has_luhn_key(siret := f"{siren}0001{key}"))


def siren_of_siret(siret: str) -> str:
    """Return the SIREN in a SIRET.

    >>> siren_of_siret("21730065600014")
    '217300656'

    :raises ValueError: when this is no SIRET
    """
    if not is_siret(siret):
        raise ValueError(f"{siret!r} is not a SIRET: fourteen digits, the last one a key")
    return siret[:9]
