"""Yes and no as people write them, in the words that the field takes.

`oui`, `non`, `vrai`, `faux` have one meaning. `O`, `N`, `0` and `1` have it only in a column where every text is such a
word. A cross is left alone: beside it, an empty cell may mean "no" or "unknown".
"""

from __future__ import annotations

from collections.abc import Sequence

from odl_host.pipeline.engine.types import FALSE_VALUES, TRUE_VALUES
from odl_host.pipeline.reading.notes import plural
from odl_host.pipeline.repairing.kinds import listed
from odl_host.pipeline.repairing.mender import Mended
from odl_host.schemas.registry import Field

_YES, _NO = frozenset({"oui", "vrai", "true"}), frozenset({"non", "faux", "false"})
_SHORT_YES, _SHORT_NO = frozenset({"o", "1"}), frozenset({"n", "0"})


class BooleanMender:
    """Writes yes and no with the field's own words."""

    usual = None

    def __init__(self, field: Field) -> None:
        self._yes = _first_word(field, "trueValues", TRUE_VALUES)
        self._no = _first_word(field, "falseValues", FALSE_VALUES)
        self._foreign = False
        self._short_yes: set[str] = set()
        self._short_no: set[str] = set()

    def look(self, text: str, *, good: bool) -> None:
        """Note whether the column holds anything but yes and no."""
        word = text.casefold()
        if word in _SHORT_YES:
            self._short_yes.add(word)
        elif word in _SHORT_NO:
            self._short_no.add(word)
        elif not (good or not word or word in _YES or word in _NO):
            self._foreign = True

    def mend(self, text: str) -> Mended | None:
        """Write the word for yes or for no."""
        word = text.casefold()
        if word in _YES or (word in _SHORT_YES and self._closed()):
            return Mended(self._yes, "boolean")
        if word in _NO or (word in _SHORT_NO and self._closed()):
            return Mended(self._no, "boolean")
        return None

    def _closed(self) -> bool:
        # O and 0 look alike: a column with both says nothing for certain.
        return not self._foreign and not ("o" in self._short_yes and "0" in self._short_no)

    def doubts(self, text: str) -> bool:
        """Tell whether it is one letter, digit or cross."""
        word = text.casefold()
        return word in _SHORT_YES or word in _SHORT_NO or word in ("x", "✓", "✔")

    def question(self, texts: Sequence[str], count: int) -> str:
        """Ask whether yes or no is meant."""
        said = plural(count, "cellule contient", "cellules contiennent")
        return f"{said} {listed(texts)} : est-ce oui ou non ? Écrivez « {self._yes} » ou « {self._no} »."


def _first_word(field: Field, name: str, default: Sequence[str]) -> str:
    words = field.properties.get(name)
    return str(words[0]) if isinstance(words, (list, tuple)) and words else default[0]
