"""What a letter may say of one file, whether the run has happened or is only planned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.plans.plan import Plan, Step
from odl_host.pipeline.reporting.verdict import warnings_to_read
from odl_host.pipeline.runs.outcomes import Outcome, first_findings

ONLINE = frozenset({"published", "removed"})
TO_CORRECT = frozenset({"rejected", "blocked"})
TAKEN_DOWN = "taken down"
_PLANNED = {"create": "published", "update": "published", "remove": "removed", "reject": "rejected", "block": "blocked"}


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a run. `outcome`: one of `outcomes.OUTCOMES`, `TAKEN_DOWN`, or "dismissed": of it nothing is said."""

    member: HeldMember | None
    path: str
    outcome: str
    reasons: tuple[str, ...] = ()
    url: str = ""
    page: Path | None = None
    sha256: str = ""
    points: int = 0
    """What is worth a look in a file that is published all the same."""


def items_of_run(outcomes: Iterable[Outcome]) -> list[Item]:
    """Return what happened to each file."""
    return [
        _item(
            one.step,
            one.outcome,
            one.detail,
            url=one.url or one.step.url,
            page=Path(one.report) if one.report else None,
        )
        for one in outcomes
    ]


def items_of_plan(plan: Plan) -> list[Item]:
    """Return what would happen to each file."""
    return [_item(step, _PLANNED.get(step.action, "unchanged"), step.reason, url=step.url) for step in plan.steps()]


def _item(step: Step, outcome: str, detail: str, *, url: str, page: Path | None = None) -> Item:
    reasons = first_findings(step) if outcome == "rejected" else []
    report = step.examination.report if step.examination else None
    sha256 = step.sha256 or (step.examination.sha256 if step.examination else "")
    if outcome in TO_CORRECT and step.decided:
        outcome = TAKEN_DOWN if step.decided == "takedown" else "dismissed"
    return Item(
        step.source.member,
        step.source.relative,
        outcome,
        tuple(reasons or filter(None, [detail or step.reason])),
        url,
        page,
        sha256,
        warnings_to_read(report) if outcome == "published" and report else 0,
    )


def state_of(items: Iterable[Item]) -> str:
    """Return what is the same as long as the same files wait for the same reasons; "" when none waits."""
    waiting = sorted((item.path, item.outcome, item.sha256, *item.reasons) for item in items)
    return hashlib.sha256(repr(waiting).encode()).hexdigest() if waiting else ""
