"""When two column names are the same name, and the one sheet whose name is ours."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

CORRECTIONS_SHEET = "À corriger"
"""The sheet that a corrections workbook begins with: a town hall that sends the workbook back sends its data too."""

_NOT_A_LETTER = re.compile(r"[^0-9a-z]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "°": "o", "º": "o"})


@lru_cache(maxsize=65_536)
def name_key(label: str) -> str:
    """Reduce a column name to what identifies it: case, accents, spaces and punctuation left out.

    >>> name_key(" Délib_Objet ") == name_key("DELIB-OBJET") == "delibobjet"
    True
    """
    if label.isascii():
        return _NOT_A_LETTER.sub("", label.lower())
    import unicodedata

    folded = unicodedata.normalize("NFKD", label.translate(_LIGATURES)).casefold().translate(_LIGATURES)
    return _NOT_A_LETTER.sub("", folded)


@lru_cache(maxsize=16)
def _keys_of(columns: frozenset[str]) -> frozenset[str]:
    return frozenset(key for key in map(name_key, columns) if key)


def name_keys(columns: Collection[str]) -> frozenset[str]:
    """Return the keys of a set of column names; a frozenset is worked out once."""
    return _keys_of(columns if isinstance(columns, frozenset) else frozenset(columns))


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@lru_cache(maxsize=65_536)
def name_words(label: str) -> frozenset[str]:
    """Return the words of a name, without case, accents, or the s of a plural; "nomAttribuant" has two.

    >>> name_words("nomAttribuant") == name_words("ATTRIBUANT_NOM") == name_words("noms attribuants")
    True
    """
    plain = label
    if not label.isascii():
        import unicodedata

        spelt = unicodedata.normalize("NFKD", label.translate(_LIGATURES))
        plain = "".join(char for char in spelt if not unicodedata.combining(char))
    words = (word.casefold() for word in _WORD.findall(plain))
    return frozenset(word.rstrip("sx") if len(word) > 3 else word for word in words)


def one_typo_apart(one: str, other: str) -> bool:
    """Tell whether two different keys differ by one letter: wrong, missing, doubled or swapped with its neighbour.

    >>> one_typo_apart("nombreoccurences", "nombreoccurrences"), one_typo_apart("voie", "voies")
    (True, True)
    """
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or one == other:
        return False
    start = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1]
    return short[start + 1 :] == long[start + 1 :] or (swapped and short[start + 2 :] == long[start + 2 :])
