"""Our own checks, which no schema declares: warnings about what is probably wrong though the schema allows it.

Each is a unit with its examples, applied to the fields it recognises by type and name. They never run under
`--strict-validata`. What needs to know whose file it is (the member's SIRET, its territory) belongs here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from odl_host.schemas.checks.problem import BoundCheck, JudgeValue, Problem

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """A warning on the cells of the fields it concerns, with examples of what it lets pass and what it notes."""

    name: str
    concerns: Callable[[Field], bool]
    bind: Callable[[date], JudgeValue]
    good: tuple[object, ...]
    bad: tuple[object, ...]


# A field bears the INSEE code of a commune of today when its name says so, and nothing of another kind of place.
_COMMUNE_WORDS = ("insee", "code_commune", "codecommune", "commune_code")
_OTHER_WORDS = (
    *("dep", "reg", "epci", "canton", "iris", "nom", "name", "lib", "siren", "siret", "delegue", "ancien", "old"),
    *("voie", "rue", "pays", "date", "url"),
)
# Dates that may lie ahead by their nature.
_AHEAD_WORDS = (
    *("fin", "end", "ech", "exp", "achev", "recept", "valid", "prev", "prog", "proch", "futur", "term", "limite"),
    *("peremp", "cloture", "retrait", "ouvert", "serv", "effet", "debut", "start", "begin", "menu", "travaux"),
    *("livraison", "plan", "next", "due", "until", "jusqu", "conv"),
)


def _has_any(name: str, words: Sequence[str]) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in words)


def _is_commune_field(field: Field) -> bool:
    return field.type == "string" and _has_any(field.name, _COMMUNE_WORDS) and not _has_any(field.name, _OTHER_WORDS)


def _is_past_date(field: Field) -> bool:
    return field.type in ("date", "datetime") and not _has_any(field.name, _AHEAD_WORDS)


def _bind_commune(_today: date) -> JudgeValue:
    from odl_host.schemas.checks import territory

    def judge(_value: object, text: str) -> Problem | None:
        code = text.strip()
        if _is_arrondissement(code):
            return None
        meant = territory.find_by_post_code(code) if code.startswith("750") else None
        now = None if meant else territory.find_commune_now(code)
        if now is None:
            meant = meant or territory.find_by_post_code(code)
            params = {"vintage": territory.vintage()}
            if meant:
                params |= {"code": meant[0], "name": meant[1]}
            return Problem("odl-unknown-commune", params, "warning")
        if now == code:
            return None
        params = {"now": now, "name": territory.commune_name(now), "vintage": territory.vintage()}
        return Problem("odl-former-commune", params, "warning")

    return judge


def _is_arrondissement(code: str) -> bool:
    """Arrondissements municipaux of Paris, Lyon and Marseille are used as communes. Source: INSEE, COG 2026."""
    return code[:3] in ("751", "693", "132") and code[:4] in ("7510", "7511", "7512", "6938", "1320", "1321")


def _bind_future(today: date) -> JudgeValue:
    def judge(value: object, _text: str) -> Problem | None:
        day = value.date() if isinstance(value, datetime) else value
        if isinstance(day, date) and day > today:
            return Problem("odl-future-date", {"today": today.isoformat()}, "warning")
        return None

    return judge


UNKNOWN_COMMUNE = OwnCheck(
    "unknown-commune", _is_commune_field, _bind_commune, good=("73065", "2A004", "75101"), bad=("73999", "99999")
)
FUTURE_DATE = OwnCheck(
    "future-date", _is_past_date, _bind_future, good=(date(2026, 1, 1),), bad=(date(2026, 1, 2), date(2062, 1, 1))
)
"""Its examples hold on 1 January 2026."""

OWN_CHECKS = (UNKNOWN_COMMUNE, FUTURE_DATE)


def bind_ours(field: Field, today: date) -> list[BoundCheck]:
    """Return our checks for one field."""
    return [BoundCheck(field.name, check.bind(today)) for check in OWN_CHECKS if check.concerns(field)]


class RepeatedRows:
    """Finds rows that repeat an earlier one in all cells, among the first `LIMIT` rows.

    It is not used where the schema has a key or a unique field, which say it better.
    """

    LIMIT = 100_000
    """Rows looked at: 8 MB, and a tenth of a second of work, at the most."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._looked = 0

    @property
    def full(self) -> bool:
        """Whether no other row will be looked at."""
        return self._looked >= self.LIMIT

    def find(self, rows: Sequence[Sequence[str]], first_row: int) -> Iterator[tuple[int, int]]:
        """Take consecutive rows; give (index, earlier row) of each repeated one."""
        seen = self._seen
        if self.full:
            return
        self._looked += len(rows)
        for index, row in enumerate(rows):
            # 64 bits of hash stand for the row: a false alarm once in a billion files, and only a warning.
            key = hash(tuple(row))
            earlier = seen.setdefault(key, first_row + index)
            if earlier != first_row + index:
                yield index, earlier
