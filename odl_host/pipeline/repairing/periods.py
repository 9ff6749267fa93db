"""Two days with something else than a bar between them: `2018-01-01_2018-12-31`, as an older SCDL wanted it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from odl_host.pipeline.repairing.mender import Mended

# Year first only: a day-first date may be read in two ways, and a column of periods proves neither.
_DAY = r"([0-9]{4})[-/.]([0-9]{2})[-/.]([0-9]{2})"
_PERIOD = re.compile(rf"(?:du )?{_DAY}(?:\s*[_;/]\s*| ?- ?| au | à |\s+){_DAY}", re.IGNORECASE)


class PeriodMender:
    """Writes a period as 2018-01-01/2018-12-31."""

    usual = None

    def look(self, text: str, *, good: bool) -> None:
        """Nothing of the column is evidence here: each text says it all."""

    def mend(self, text: str) -> Mended | None:
        """Return the period of two days of the calendar, the first one first."""
        found = _PERIOD.fullmatch(text)
        if found is None:
            return None
        try:
            first, last = (date(*map(int, part)) for part in (found.groups()[:3], found.groups()[3:]))
        except ValueError:
            return None
        return Mended(f"{first}/{last}", "period") if first <= last else None

    def doubts(self, _text: str) -> bool:
        """Nothing: the sentence on the error proposes the period."""
        return False

    def question(self, _texts: Sequence[str], _count: int) -> str:
        """Never asked."""
        return ""
