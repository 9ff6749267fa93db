"""When two column names are the same name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_NOT_A_LETTER = re.compile(r"[^0-9a-z]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "°": "o", "º": "o"})


@lru_cache(maxsize=65_536)
def name_key(label: str) -> str:
    """Reduce a column name to what identifies it: case, accents, spaces and punctuation left out.

    >>> name_key(" Délib_Objet ") == name_key("DELIB-OBJET") == "delibobjet"
    True
    """
    folded = unicodedata.normalize("NFKD", label.translate(_LIGATURES)).casefold().translate(_LIGATURES)
    return _NOT_A_LETTER.sub("", folded)


@lru_cache(maxsize=16)
def _keys_of(columns: frozenset[str]) -> frozenset[str]:
    return frozenset(key for key in map(name_key, columns) if key)


def name_keys(columns: Collection[str]) -> frozenset[str]:
    """Return the keys of a set of column names; a frozenset is worked out once."""
    return _keys_of(columns if isinstance(columns, frozenset) else frozenset(columns))
