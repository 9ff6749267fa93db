"""`opening-hours-value`: opening hours in OpenStreetMap's grammar, as the `opening_hours` library reads it."""

from __future__ import annotations

from collections.abc import Mapping

from odl_host.schemas.checks.problem import JudgeValue, Problem, ValueCheck


def is_opening_hours(text: str) -> bool:
    """Say whether the text follows OpenStreetMap's grammar of opening hours."""
    # A compiled extension: imported only by the schemas that need it.
    import opening_hours

    return bool(opening_hours.validate(text))


def _bind(_params: Mapping[str, object]) -> JudgeValue:
    wrong = Problem("opening-hours-value")

    def judge(value: object, text: str) -> Problem | None:
        return None if is_opening_hours(value if isinstance(value, str) else text) else wrong

    return judge


OPENING_HOURS = ValueCheck(
    "opening-hours-value",
    _bind,
    good=("24/7", "Mo-Fr 08:30-12:00,13:30-17:30", "Mo-Fr 08:30-12:00; Sa 09:00-12:00", "off"),
    bad=("lundi au vendredi", "Mo-Fr 9:00-18:00", "24h/24", "Mo-Fr 08:30-12:00;"),
)

CHECKS = {OPENING_HOURS.name: OPENING_HOURS}
