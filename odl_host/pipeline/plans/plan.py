"""The plan: what a run does to the catalogue, file by file; `plan` prints it, `publish` applies it.

Only values here, and their JSON form; `planner.py` makes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from odl_host.ckan import PackageDict
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.plans.metadata import Change

ACTIONS = ("create", "update", "describe", "unchanged", "remove", "reject", "block", "fail")
"""What may happen to a file: it goes to the catalogue, as a new one or in place of another; only what is said of it
changes; nothing; it leaves the catalogue; or it is kept out, for its data, for a person to decide, by an error."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one file, and why.

    `metadata`: the plain fields of its resource, for what goes to the catalogue; `filename`: what its address ends
    with, `received_name`: what that of the file as received ends with. `renamed_from`: the path that the same resource
    had before. `rows_before`: the data rows of what it replaces or removes. `holds`: what a person may release it from.
    `for_good`: a removal that forgets the earlier versions too, since a person took the file off the portal. `decided`:
    "dismiss" or "takedown" when a person decided that the file stays out, so that nobody has to see to it any more.
    """

    source: SourceFile
    action: str
    examination: Examination | None = None
    sha256: str = ""
    dataset_id: str = ""
    dataset_name: str = ""
    resource_id: str = ""
    url: str = ""
    schema: str = ""
    reason: str = ""
    period: str = ""
    renamed_from: str = ""
    rows_before: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    filename: str = ""
    received_name: str = ""
    changes: tuple[Change, ...] = ()
    holds: tuple[str, ...] = ()
    for_good: bool = False
    decided: str = ""

    @property
    def rows(self) -> int | None:
        """The data rows of the file as it is now; of one that does not change, those of what is published."""
        if self.examination is not None:
            return self.examination.report.rows if self.examination.report else None
        return self.rows_before if self.action in {"unchanged", "describe"} else None

    def _findings(self) -> str:
        """Return what is wrong with a rejected file, without any of its cells."""
        report = self.examination.report if self.examination else None
        if self.action != "reject" or report is None:
            return ""
        from odl_host.pipeline.reporting.problems import summarise

        return "; ".join(summarise(report))

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        member = self.source.member
        return {
            "path": self.source.relative,
            "commune_code": member.commune_code if member else None,
            "member": member.name if member else None,
            "schema": self.schema or None,
            "action": self.action,
            "dataset": self.dataset_name or None,
            "resource_id": self.resource_id or None,
            "url": self.url or None,
            "rows": self.rows,
            "rows_before": self.rows_before,
            "period": self.period or None,
            "renamed_from": self.renamed_from or None,
            "changes": [change.as_json() for change in self.changes],
            "sha256": self.sha256 or None,
            "holds": list(self.holds),
            "reason": self.reason or self._findings() or None,
        }


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """What happens to one dataset, and the steps on its files.

    `create`: its metadata when it is not in the catalogue yet. `held`: what the catalogue holds otherwise; `changes`:
    what of its metadata is not as it should be. `activate`: it is (or was left) a draft that must be shown once its
    files are there. `remove`: all its files leave, so it leaves too. `stamp`: changes when the catalogue's copy does.
    """

    id: str
    name: str
    title: str
    create: PackageDict | None = None
    held: PackageDict | None = None
    changes: tuple[Change, ...] = ()
    activate: bool = False
    remove: bool = False
    steps: tuple[Step, ...] = ()
    stamp: str = ""

    @property
    def action(self) -> str:
        """What happens to the dataset itself: "create", "update", "remove"; "keep" when only its files change."""
        if self.create is not None:
            return "create"
        return "remove" if self.remove else "update" if self.changes else "keep"

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form; its files are among the plan's items."""
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title,
            "action": self.action,
            "changes": [change.as_json() for change in self.changes],
            "stamp": self.stamp or None,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run does, or a part of it: the datasets to write, and the files that stay where they are."""

    datasets: tuple[DatasetPlan, ...]
    others: tuple[Step, ...]

    @classmethod
    def join(cls, parts: Iterable[Plan]) -> Plan:
        """Return the plan that some parts make up."""
        parts = list(parts)
        return cls(
            tuple(dataset for part in parts for dataset in part.datasets),
            tuple(step for part in parts for step in part.others),
        )

    def steps(self) -> list[Step]:
        """Return every step in the order of the files' paths."""
        all_steps = [step for dataset in self.datasets for step in dataset.steps] + list(self.others)
        return sorted(all_steps, key=lambda step: step.source.relative)

    @property
    def removals(self) -> int:
        """How many files leave the catalogue because they left the deposit."""
        return sum(step.action == "remove" and not step.for_good for dataset in self.datasets for step in dataset.steps)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form: the counts of files per action, the datasets written, every file."""
        steps = self.steps()
        return {
            "counts": dict(Counter(step.action for step in steps)),
            "datasets": [dataset.as_json() for dataset in sorted(self.datasets, key=lambda one: one.name)],
            "items": [step.as_json() for step in steps],
        }
