"""How the portal writes numbers, sizes, dates and plurals in French. Pure functions; no template, no catalogue."""

from __future__ import annotations

import re
from datetime import date

from odl_host.typography import NARROW, SPACE

_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)
_UNITS = ("octets", "Ko", "Mo", "Go", "To")


def number(value: int | str) -> str:
    """Return a count with its thousands apart; text that is no number comes back as it is.

    >>> number(59964).replace(NARROW, "_"), number("812"), number("inconnue")
    ('59_964', '812', 'inconnue')
    """
    try:
        return f"{int(value):,}".replace(",", NARROW)
    except ValueError:
        return str(value)


def size(size_bytes: int) -> str:
    """Return a file's size; a kilo-octet is 1,000 octets, as in the International System.

    >>> [size(n).replace(SPACE, " ") for n in (1, 812, 12_340, 999_960, 5_260_000)]
    ['1 octet', '812 octets', '12,3 Ko', '1 Mo', '5,3 Mo']
    """
    if size_bytes < 1000:
        return count(size_bytes, "octet", "octets")
    amount, unit = float(size_bytes), 0
    while round(amount, 1) >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f}".removesuffix(".0").replace(".", ",") + SPACE + _UNITS[unit]


def day(timestamp: str | None) -> str:
    """Return the day of an ISO timestamp in words, or "" when there is none.

    >>> day("2026-11-23T08:30:00.123456").replace(SPACE, " "), day("2026-05-01").replace(SPACE, " "), day(None)
    ('23 novembre 2026', '1er mai 2026', '')
    """
    try:
        value = date.fromisoformat((timestamp or "")[:10])
    except ValueError:
        return ""
    return f"{'1er' if value.day == 1 else value.day}{SPACE}{_MONTHS[value.month - 1]}{SPACE}{value.year}"


def count(amount: int, one: str, several: str) -> str:
    """Return a number with the word it counts; French takes the singular below two.

    >>> count(0, "fichier", "fichiers").replace(SPACE, " "), count(2, "fichier", "fichiers").replace(SPACE, " ")
    ('0 fichier', '2 fichiers')
    """
    return f"{number(amount)}{SPACE}{one if abs(amount) < 2 else several}"


def excerpt(text: str, length: int = 220) -> str:
    r"""Return the beginning of a description as plain words, cut between two of them.

    >>> excerpt("Les **délibérations** du [conseil](https://a.fr).\n\n- un\n- deux"), excerpt("un deux trois", 8)
    ('Les délibérations du conseil. un deux', 'un deux…')
    """
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text[: 4 * length + 4000])
    plain = re.sub(r"(?m)^\s*(?:[-*+]|\d+[.)]|#{1,6}|>)\s+", "", plain)
    plain = " ".join(re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", plain).split())
    if len(plain) <= length:
        return plain
    return plain[: length + 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
