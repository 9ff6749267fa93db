"""Our own checks: warnings about what is probably wrong though the schema allows it.

Each is a unit with its examples, applied to the fields it recognises by type and name. A schema may declare one among
its `custom_checks`, by the code of its finding: `{"name": "odl-future-date", "params": {"column": "date"}}` makes it an
error on that column, whatever the column's name; `"severity"` may be "error", "warning" or "off". They never run under
`--strict-validata`, for which such a declaration is an unknown check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from odl_host.record import Record
from odl_host.schemas.checks.problem import BadParameters, BoundCheck, JudgeValue, Problem
from odl_host.schemas.findings import Severity

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field


Declared: TypeAlias = Mapping[tuple[str, str], Severity | None]
"""What a schema makes of our findings, by code and column ("" for whole rows or the file); None: not looked for."""

OWN_CODES = (
    "odl-unknown-commune",
    "odl-former-commune",
    "odl-future-date",
    "odl-far-point",
    "odl-duplicate-row",
    "odl-other-period",
)
"""What a schema may declare; the last two concern no column."""
_WITHOUT_COLUMN = frozenset(OWN_CODES[-2:])
_SEVERITIES: Mapping[object, Severity | None] = {"error": "error", "warning": "warning", "off": None}


class OwnCheck(Record):
    """A warning on the cells of the fields it concerns, with examples of what it lets pass and what it notes."""

    codes: tuple[str, ...]
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


def is_commune_field(field: Field) -> bool:
    """Say whether a field bears, by its name, the INSEE code of a commune of today."""
    return field.type == "string" and _has_any(field.name, _COMMUNE_WORDS) and not _has_any(field.name, _OTHER_WORDS)


def is_past_date(field: Field) -> bool:
    """Say whether a field is a date that tells, by its name, what has happened."""
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
    ("odl-unknown-commune", "odl-former-commune"),
    is_commune_field,
    _bind_commune,
    good=("73065", "2A004", "75101"),
    bad=("73999", "99999"),
)
FUTURE_DATE = OwnCheck(
    ("odl-future-date",),
    is_past_date,
    _bind_future,
    good=(date(2026, 1, 1),),
    bad=(date(2026, 1, 2), date(2062, 1, 1)),
)
"""Its examples hold on 1 January 2026."""

OWN_CHECKS = (UNKNOWN_COMMUNE, FUTURE_DATE)


def read_declaration(name: str, params: Mapping[str, object]) -> tuple[tuple[str, str], Severity | None]:
    """Return what one declaration makes of our finding `name`. :raises BadParameters: without column, odd severity."""
    column = "" if name in _WITHOUT_COLUMN else params.get("column")
    if not isinstance(column, str):
        raise BadParameters("column")
    wanted = params.get("severity", "error")
    if not isinstance(wanted, str) or wanted not in _SEVERITIES:
        raise BadParameters("severity")
    return (name, column), _SEVERITIES[wanted]


def bind_ours(field: Field, today: date, declared: Declared) -> list[BoundCheck]:
    """Return our checks for one field."""
    bound = []
    for check in OWN_CHECKS:
        default: Severity | None = "warning" if check.concerns(field) else None
        severities = {code: declared.get((code, field.name), default) for code in check.codes}
        if any(severities.values()):
            bound.append(BoundCheck(field.name, _with_severity(check.bind(today), severities)))
    return bound


def _with_severity(judge: JudgeValue, severities: Mapping[str, Severity | None]) -> JudgeValue:
    if set(severities.values()) == {"warning"}:
        return judge

    def judged(value: object, text: str) -> Problem | None:
        problem = judge(value, text)
        severity = severities.get(problem.code) if problem else None
        return problem._replace(severity=severity) if problem and severity else None

    return judged
