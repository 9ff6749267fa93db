"""How the files and the datasets of a run ended: values, and their stable JSON form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from odl_host.pipeline.plans.plan import DatasetPlan, Step

if TYPE_CHECKING:
    from odl_host.schemas.findings import Finding

_NAMES_COLUMN = frozenset({"missing-label", "duplicate-label", "unknown-label"})
"""Codes whose sentence names the column itself."""
OUTCOMES = ("published", "updated", "unchanged", "removed", "rejected", "failed", "blocked")
"""Online now; online, and what is said of it changed; as before; not online any more; or kept out, and why."""

GOOD_OUTCOMES = frozenset({"published", "updated", "unchanged", "removed"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file ended."""

    step: Step
    outcome: str
    resource_id: str = ""
    url: str = ""
    detail: str = ""
    report: str = ""

    @property
    def waits(self) -> bool:
        """Whether somebody must see to the file: it is kept out, and nobody decided that it stays so."""
        return self.outcome not in GOOD_OUTCOMES and not self.step.decided

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
            "member_key": member.key if member else None,
            "schema": step.schema or None,
            "action": step.action,
            "outcome": self.outcome,
            "reason": self.detail or step.reason or None,
            "dataset": step.dataset_name or None,
            "resource_id": self.resource_id or step.resource_id or None,
            "url": self.url or step.url or None,
            "rows": step.rows,
            "rows_before": step.rows_before,
            "renamed_from": step.renamed_from or None,
            "findings": findings_json(findings) if self.outcome == "rejected" else [],
            "report": self.report or None,
            "sha256": step.sha256 or None,
            "holds": list(step.holds),
            "decided": step.decided or None,
        }


@dataclass(frozen=True, slots=True)
class DatasetOutcome:
    """How one dataset ended whose own metadata were to change; `error` says why they did not, or is ""."""

    plan: DatasetPlan
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "dataset": self.plan.name,
            "action": self.plan.action,
            "changes": [change.as_json() for change in self.plan.changes],
            "error": self.error or None,
        }


@dataclass(frozen=True)
class RunReport:
    """What a run did. `datasets`: those whose own metadata changed, or should have.

    `problems`: what else went wrong, a sentence each: none of it kept a file from being published. `waiting`: all that
    waits now, in sources that the run did not look at too (see `waiting.py`).
    """

    tenant: str
    run: str
    outcomes: tuple[Outcome, ...]
    duration_s: float
    datasets: tuple[DatasetOutcome, ...] = ()
    problems: tuple[str, ...] = ()
    waiting: tuple[Mapping[str, Any], ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The number of files per outcome."""
        counts = dict.fromkeys(OUTCOMES, 0)
        for outcome in self.outcomes:
            counts[outcome.outcome] += 1
        return counts

    @property
    def complete(self) -> bool:
        """Whether nobody has to see to a file, or to a dataset."""
        return not any(outcome.waits for outcome in self.outcomes) and not any(
            dataset.error for dataset in self.datasets
        )

    @property
    def changed(self) -> bool:
        """Whether the run changed anything that the public sees."""
        return bool(self.datasets) or any(
            outcome.outcome in {"published", "updated", "removed"} for outcome in self.outcomes
        )

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form, made once: it is the journal's last line, and what is printed."""
        return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        return {
            "tenant": self.tenant,
            "run": self.run,
            "counts": self.counts,
            "items": [outcome.as_json() for outcome in self.outcomes],
            "datasets": [dataset.as_json() for dataset in self.datasets],
            "problems": list(self.problems),
            "duration_s": round(self.duration_s, 3),
        }


def is_news(report: RunReport, last: Sequence[Mapping[str, Any]] | None) -> bool:
    """Return whether a run did something, or other files wait than after the last one (None: there was none)."""
    return report.changed or _told(report.waiting) != _told(last)


def not_told(report: RunReport, last: Sequence[Mapping[str, Any]] | None) -> list[Outcome]:
    """Return what a run kept out and the last one did not, or for other reasons."""
    told = _told(last)
    return [one for one in report.outcomes if (said := _kept_out(one.as_json())) is not None and said not in told]


def said_of_finding(finding: Mapping[str, Any]) -> str:
    """Return where a finding, in its JSON form, is and what it says, on one line."""
    row, column = finding.get("row"), finding.get("column")
    where = [
        f"ligne {row}" if row and row > 1 else "ligne des titres" if row else "",
        f"colonne {column}" if column and finding.get("code") not in _NAMES_COLUMN else "",
    ]
    place = ", ".join(filter(None, where))
    return f"{place} : {finding['message']}" if place else str(finding["message"])


def _told(waiting: Sequence[Mapping[str, Any]] | None) -> set[tuple[Any, ...] | None]:
    return {_kept_out(one["item"]) for one in waiting or ()}


def _kept_out(item: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if item["outcome"] in GOOD_OUTCOMES or item.get("decided"):
        return None
    messages = tuple(finding.get("message") for finding in item["findings"])
    return item["path"], item["outcome"], item["reason"], messages


def first_findings(step: Step, most: int = 2) -> list[str]:
    """Return the first things to correct in a rejected file, one line each."""
    from odl_host.pipeline.reporting.causes import gather_causes
    from odl_host.pipeline.reporting.verdict import instruction, is_shifted
    from odl_host.pipeline.reporting.wording import number

    if step.examination is None or step.examination.report is None:
        return []
    report = gather_causes(step.examination.report)
    if is_shifted(report):
        return [instruction(report, name="ce fichier")]
    errors: dict[tuple[str, str | None], Finding] = {}
    for finding in report.findings:
        if finding.severity == "error":
            errors.setdefault((finding.code, finding.column), finding)
    lines = []
    for finding in list(errors.values())[:most]:
        line = report.line_of(finding)
        where = f"ligne {line}" if line else ""
        named = finding.column and (line or finding.code not in _NAMES_COLUMN)
        place = ", ".join(filter(None, (where, f"colonne {finding.column}" if named else "")))
        lines.append(" : ".join(filter(None, (place, report.sentences(finding)[0]))))
    rest = report.errors_total - len(lines)
    return [*lines, f"… {number(rest)} de plus dans le rapport"] if rest > 0 else lines
