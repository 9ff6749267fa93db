"""Numbers that belong to one person: social security number (NIR), bank account (IBAN), mobile phone, date of birth.

A form and, where there is one, a key: a long number alone proves nothing.

Sources: INSEE, definition c1409 (NIR, key = 97 − number mod 97, 2A and 2B counted as 19 and 18); ISO 13616 (IBAN,
remainder 1 modulo 97); ARCEP, plan national de numérotation (06 and 07 are mobile numbers, 0700 machines).
"""

from __future__ import annotations

import re

_SPACES = " \u00a0\u202f"
"""The blank, and those that a word processor puts so that no line ends there."""
_NIR = re.compile(
    rf"(?<![\dA-Za-z])([12378])[{_SPACES}.]?(\d\d)[{_SPACES}.]?(0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)[{_SPACES}.]?"
    rf"(\d\d|2[ABab])[{_SPACES}.]?(\d{{3}})[{_SPACES}.]?(\d{{3}})[{_SPACES}.\-]{{0,3}}(\d\d)(?![\dA-Za-z])"
)
_IBAN = re.compile(
    rf"(?<![0-9A-Za-z])([A-Z]{{2}}\d\d(?:[{_SPACES}]?[0-9A-Z]{{4}}){{3,7}}(?:[{_SPACES}]?[0-9A-Z]{{1,3}})?)"
    r"(?![0-9A-Za-z])"
)
_IBAN_LENGTHS = {
    country: length
    for countries, length in (
        *(("BE", 16), ("DK FI NL", 18), ("AT LU", 20), ("CH", 21), ("DE GB IE", 22)),
        *(("ES RO SE", 24), ("PT", 25), ("FR IT MC", 27), ("MA PL", 28)),
    )
    for country in countries.split()
}
_SPACED_MOBILE = re.compile(
    rf"(?<![\d.,])(?:(?:\+|00)33[{_SPACES}.]?(?:\(0\)[{_SPACES}.]?)?[67](?:[{_SPACES}.\-]?\d\d){{4}}"
    rf"|0[67](?:([{_SPACES}.\-/])\d\d)(?:\1\d\d){{3}})(?![\d.,]?\d)"
)
_BARE_MOBILE = re.compile(r"(?<!\d)0?[67]\d{8}(?!\d)")
_MACHINES = re.compile(r"0?700")
# The shape of a text: 0 for a digit, A for a capital (and for the letters of "2a" and "2b"), without what may stand
# between digits. To look for one in all texts of a column takes a tenth of the time that the patterns take.
_DIGITS_ELSEWHERE = b"\xd9\xdb\xdf\xe0\xe1\xea\xef\xf0"
"""What the digits of other scripts begin with in UTF-8; the patterns know them."""
_SHAPE = bytes(
    48 if 48 <= sign < 58 else 65 if 65 <= sign <= 90 or sign in b"ab" else 255 if sign in _DIGITS_ELSEWHERE else sign
    for sign in range(256)
)
_BETWEEN = f"{_SPACES}.-/()".encode()
_LONG_NUMBER, _CORSICAN, _ACCOUNT = b"000000000", b"0A00000000", b"AA00"
_MONTHS = "janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre"
_BORN = re.compile(
    r"\bn[ée]{1,2}(?:\(e\)|·e|\.e)?(?:\(?s\)?)? le (?:0?[1-9]|[12]\d|3[01])(?:er)?"
    rf"[/. -](?:0?[1-9]|1[0-2]|{_MONTHS})[/. -](?:19|20)\d\d",
    re.I,
)
_FULL_DATE = re.compile(
    r"(?:(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[/.-](?:0?[1-9]|1[0-2])[/.-](?:19|20)\d\d)(?:[T ].*)?"
)


def may_tell(texts: str, *, bare: bool = False) -> bool:
    r"""Tell whether one of some texts, put together by line feeds, may tell a number or a date of these kinds.

    A no is certain, and quick. `bare`: see `find_mobile`.

    >>> may_tell("Objet 12\n2024-12-31\nREF2024-118"), may_tell("Objet 12\nappeler le 06 12 34 56 78")
    (False, True)
    """
    shape = texts.encode("utf-8", "replace").translate(_SHAPE, _BETWEEN)
    is_odd = b"\xff" in shape
    if (is_odd or _LONG_NUMBER in shape or _CORSICAN in shape) and (
        _NIR.search(texts) or _SPACED_MOBILE.search(texts) or (bare and _BARE_MOBILE.search(texts))
    ):
        return True
    if (is_odd or _ACCOUNT in shape) and _IBAN.search(texts):
        return True
    return " le " in texts.lower() and _BORN.search(texts) is not None


def find_nir(text: str) -> str | None:
    """Return the first social security number of a text, key and all, or None.

    >>> find_nir("assuré 1 85 05 78 006 084 91"), find_nir("185057800608491"), find_nir("2850578006084 36")
    ('1 85 05 78 006 084 91', '185057800608491', None)
    """
    for match in _NIR.finditer(text):
        sex, year, month, departement, commune, order, key = match.groups()
        departement = departement.upper().replace("2A", "19").replace("2B", "18")
        if 97 - int(sex + year + month + departement + commune + order) % 97 == int(key):
            return match[0]
    return None


def find_iban(text: str) -> str | None:
    """Return the first bank account of a text, or None.

    >>> find_iban("RIB : FR76 3000 6000 0112 3456 7890 189."), find_iban("FR76 3000 6000 0112 3456 7890 188")
    ('FR76 3000 6000 0112 3456 7890 189', None)
    """
    for match in _IBAN.finditer(text):
        compact = "".join(match[0].split())
        wanted = _IBAN_LENGTHS.get(compact[:2])
        if wanted is None or len(compact) < wanted:
            continue
        compact = compact[:wanted]
        if int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1:
            return match[0]
    return None


def find_mobile(text: str, *, bare: bool = False) -> str | None:
    """Return the first mobile number of a text, or None; `bare`: ten digits in a row count too (a column of phones).

    >>> find_mobile("appelez le 06 12 34 56 78"), find_mobile("+33612345678"), find_mobile("0612345678")
    ('06 12 34 56 78', '+33612345678', None)
    >>> find_mobile("0612345678", bare=True), find_mobile("04 79 33 00 00", bare=True)
    ('0612345678', None)
    """
    match = _SPACED_MOBILE.search(text) or (_BARE_MOBILE.search(text) if bare else None)
    return match[0] if match and not _MACHINES.match(match[0]) else None


def find_birth(text: str) -> str | None:
    """Return the words that tell someone's date of birth in a text, or None.

    >>> find_birth("Mme Roux, née le 3 mars 1961 à Aime"), find_birth("Nom déposé le 3 mars 1961")
    ('née le 3 mars 1961', None)
    """
    match = _BORN.search(text)
    return match[0] if match else None


def is_full_date(text: str) -> bool:
    """Tell whether a text is a date with its day.

    >>> [is_full_date(text) for text in ("1961-03-03", "03/03/1961", "1961", "03/1961")]
    [True, True, False, False]
    """
    return _FULL_DATE.fullmatch(text.strip()) is not None
