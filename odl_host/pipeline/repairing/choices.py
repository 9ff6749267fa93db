"""Values of a list that differ from an allowed one by case, accents, spaces, apostrophes or dashes only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from odl_host.pipeline.repairing.mender import Mended

_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`\u2032]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


class ChoiceMender:
    """Writes a value as the list has it; two values of the list that look alike are not chosen between."""

    usual = None

    def __init__(self, allowed: Sequence[str]) -> None:
        self._by_look: dict[str, str | None] = {}
        for value in allowed:
            look = _look(value)
            self._by_look[look] = value if self._by_look.get(look, value) == value else None

    def look(self, text: str, *, good: bool) -> None:
        """Nothing of the column is evidence here: the list is."""

    def mend(self, text: str) -> Mended | None:
        """Return the value of the list that looks the same."""
        value = self._by_look.get(_look(text))
        return Mended(value, "choice") if value is not None else None

    def doubts(self, _text: str) -> bool:
        """Nothing: the sentence on the error names the nearest value already."""
        return False

    def question(self, _texts: Sequence[str], _count: int) -> str:
        """Never asked."""
        return ""


def _look(text: str) -> str:
    letters = unicodedata.normalize("NFD", _DASHES.sub("-", _APOSTROPHES.sub("'", text)).casefold())
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())
