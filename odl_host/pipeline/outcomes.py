"""How the files of a run ended: values, and their stable JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from odl_host.pipeline.plan import Step

OUTCOMES = ("published", "unchanged", "rejected", "failed", "blocked")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file ended."""

    step: Step
    outcome: str
    resource_id: str = ""
    url: str = ""
    detail: str = ""
    report: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        from odl_host.pipeline.reporting.document import findings_json

        step = self.step
        report = step.examination.report if step.examination else None
        findings = sorted(report.findings, key=lambda one: one.severity != "error") if report else []
        member = step.source.member
        return {
            "path": step.source.relative,
            "commune_code": member.commune_code if member else None,
            "member": member.name if member else None,
            "schema": step.schema or None,
            "outcome": self.outcome,
            "reason": self.detail or step.reason or None,
            "dataset": step.dataset_name or None,
            "resource_id": self.resource_id or step.resource_id or None,
            "url": self.url or step.url or None,
            "rows": report.rows if report else None,
            "findings": findings_json(findings) if self.outcome == "rejected" else [],
            "report": self.report or None,
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did."""

    tenant: str
    run: str
    outcomes: tuple[Outcome, ...]
    duration_s: float

    @property
    def counts(self) -> dict[str, int]:
        """The number of files per outcome."""
        counts = dict.fromkeys(OUTCOMES, 0)
        for outcome in self.outcomes:
            counts[outcome.outcome] += 1
        return counts

    @property
    def complete(self) -> bool:
        """Whether every file ended published or unchanged."""
        return all(outcome.outcome in {"published", "unchanged"} for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "tenant": self.tenant,
            "run": self.run,
            "counts": self.counts,
            "items": [outcome.as_json() for outcome in self.outcomes],
            "duration_s": round(self.duration_s, 3),
        }
