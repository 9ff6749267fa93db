"""What the planner works on: what was found out about a deposit, its files on their way, the datasets they go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from odl_host.catalogue.members import HeldMember
from odl_host.ckan import PackageDict
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.deposits.sidecar import Sidecar
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.plans.metadata import Subject
from odl_host.pipeline.plans.state import Published
from odl_host.pipeline.records.decisions import Decision


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out about a deposit: SHA-256, examinations and what renamed files were, by the file's path.

    A file without an examination is one that the catalogue already shows, or one that is nobody's.
    """

    hashes: Mapping[Path, str]
    examinations: Mapping[Path, Examination]
    renamed: Mapping[Path, Published]


@dataclass(slots=True)
class Item:
    """A file on its way into the plan: what it was published as, and what describes it."""

    source: SourceFile
    member: HeldMember
    published: Published | None
    sidecar: Sidecar | None
    examination: Examination | None
    decision: Decision | None = None
    takedown: Decision | None = None

    @property
    def schema_name(self) -> str:
        """The schema that it follows, or that it followed when it was published; "" without one."""
        if self.examination is not None:
            return self.examination.schema.name if self.examination.schema else ""
        return str(self.published.fields.get("schema_name") or "") if self.published else ""


@dataclass(slots=True)
class Group:
    """The files of one dataset. `id`: the dataset's, the one that it has or the one that it will get."""

    id: str
    subject: Subject
    held: PackageDict | None
    items: list[Item] = field(default_factory=list)
