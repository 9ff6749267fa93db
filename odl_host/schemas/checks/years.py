"""`year-interval-value`: two years in order, AAAA/AAAA, or one year where the declaration allows it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from odl_host.schemas.checks.problem import BadParameters, JudgeValue, Problem, ValueCheck

_INTERVAL = r"([0-9]{4})/([0-9]{4})"
_YEAR = r"[0-9]{4}"
_YES = ("true", "yes")


def _bind(params: Mapping[str, object]) -> JudgeValue:
    allow = params.get("allow-year-only", "")
    if not isinstance(allow, str):
        raise BadParameters("allow-year-only")
    year_only = allow in _YES
    wrong = Problem("year-interval-value", {"year_only": "oui" if year_only else ""})

    def judge(value: object, text: str) -> Problem | None:
        word = value if isinstance(value, str) else text
        interval = re.fullmatch(_INTERVAL, word)
        if interval:
            return None if interval[1] < interval[2] else wrong
        return None if year_only and re.fullmatch(_YEAR, word) else wrong

    return judge


YEAR_INTERVAL = ValueCheck(
    "year-interval-value",
    _bind,
    good=("2019/2020", "2020"),
    bad=("2020/2019", "2020/2020", "2019-2020", "2019/20", " 2019", "1er semestre 2019"),
    params={"allow-year-only": "true"},
)

CHECKS = {YEAR_INTERVAL.name: YEAR_INTERVAL}
