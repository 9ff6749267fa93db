"""Making a plan from what lies in a deposit, what was found in its files, and what the catalogue holds.

It is made member by member, always in the same order: what is planned for one can be applied while the files of the
next are examined. Nothing is written, nothing is read: values come in and a plan comes out, the same one for the same
values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from odl_host.catalogue.members import HeldMember
from odl_host.ckan import PackageDict, extras_dict
from odl_host.pipeline.deposits.deposit import Deposit, source_path
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.deposits.sidecar import NO_SCHEMA
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.plans import identity
from odl_host.pipeline.plans.decided import decision_on, withdrawn_reason
from odl_host.pipeline.plans.doorstep import Doorstep
from odl_host.pipeline.plans.gates import GATES, Gate
from odl_host.pipeline.plans.holds import list_holds
from odl_host.pipeline.plans.items import Findings, Group, Item
from odl_host.pipeline.plans.metadata import Subject, dataset_changes, dataset_metadata
from odl_host.pipeline.plans.plan import DatasetPlan, Plan, Step
from odl_host.pipeline.plans.pruning import iter_takedowns, list_removals, removal_plan
from odl_host.pipeline.plans.state import CatalogueState, Published, schema_reference, stamp_of
from odl_host.pipeline.plans.steps import held_back, kept_out, step_of
from odl_host.pipeline.records.decisions import Decisions
from odl_host.schemas.registry import Registry, Schema
from odl_host.tenants import Tenant

IN_SHARED_DATASET_FRENCH = (
    "Ce fichier est déjà publié dans « {title} » avec d’autres : la fiche {sidecar} le mettrait à part, et son adresse "
    "changerait. Retirez la fiche, ou déposez le fichier sous un autre nom."
)
OF_TWO_MEMBERS = (
    "Files of two members would go to the dataset {name}, which somebody gave to another organization: give it back "
    "to its own, then run the same command again."
)


class Planner:
    """Makes the plan of one run, a part of it at each call; the parts depend on the order of the members alone."""

    def __init__(
        self,
        tenant: Tenant,
        registry: Registry,
        state: CatalogueState,
        deposit: Deposit,
        decisions: Decisions,
        *,
        members: Sequence[HeldMember] = (),
        gates: Sequence[Gate] = GATES,
        rows: bool = False,
    ) -> None:
        """Prepare to plan; `rows`: the catalogue must hold the rows of each table too.

        `members`: all those of the tenant; what was taken down of theirs and is still there leaves the catalogue.
        """
        self._tenant = tenant
        self._registry = registry
        self._state = state
        self._deposit = deposit
        self._decisions = decisions
        self._gates = gates
        self._rows = rows
        self._doorstep = Doorstep(state)
        self._others: list[Step] = []
        self._groups: dict[str, Group] = {}
        self._found: dict[tuple[str, str | None], tuple[str, PackageDict | None]] = {}
        self._planned: set[str] = set()
        self._schemas: dict[str, Schema | None] = {}
        self.takedowns = tuple(iter_takedowns(state, members, decisions))
        self._taken_down = {step.resource_id for step in self.takedowns}

    def plan(self, member: HeldMember | None, findings: Findings, *, prune: bool = False) -> Plan:
        """Return what to do with each file of a member; of None: with those that are nobody's.

        `prune`: what left the member's deposit leaves the catalogue too.

        :raises ConfigError: one of the tenant's templates cannot be used.
        """
        self._others, self._groups, self._found = [], {}, {}
        items = self._sort_out(member, findings)
        renamed = self._match_periods(items)
        for item in items:
            item.published = item.published or renamed.get(item.source.path)
            policy = self._tenant.manifest.publish
            holds = list_holds(item, self._gates, policy) if item.examination is not None else []
            if holds:
                self._others.append(held_back(item, holds, self._decisions))
            else:
                self._join(item)
        claimed = {published.resource["id"] for published in (*findings.renamed.values(), *renamed.values())}
        removals: dict[str, list[Step]] = {}
        if prune and member is not None:
            removals = list_removals(
                self._state, self._deposit, member, claimed=claimed | self._taken_down, kept_out=self._others
            )
        for step in self.takedowns:
            if step.source.member == member:
                removals.setdefault(step.dataset_id, []).append(step)
        plans = [self._dataset_plan(group, removals.pop(key, [])) for key, group in self._groups.items()]
        plans += [
            removal_plan(self._state.by_id[dataset_id], steps)
            for dataset_id, steps in removals.items()
            if dataset_id not in self._planned
        ]
        datasets = tuple(plan for plan in plans if plan is not None)
        self._planned |= {plan.id for plan in datasets}
        return Plan(datasets, tuple(self._others))

    def _sort_out(self, member: HeldMember | None, findings: Findings) -> list[Item]:
        """Set aside what stays out, and return the files that are, or may be, published."""
        items: list[Item] = []
        for source, wrong in self._deposit.wrong:
            if source.member == member:
                self._keep_out(source, "block", wrong.problem)
        for source in self._deposit.files_of(member):
            examination = findings.examinations.get(source.path)
            sidecar = self._deposit.find_sidecar(source)
            if reason := self._doorstep.refusal(source, sidecar):
                self._keep_out(source, "fail" if source.failed else "block", reason)
                continue
            assert member is not None
            published = self._state.find_published(member, source_path(source)) or findings.renamed.get(source.path)
            if published is not None and published.resource["id"] in self._taken_down:
                continue  # its removal says why
            item = Item(source, member, published, sidecar, examination)
            sha256 = examination.sha256 if examination is not None else findings.hashes.get(source.path, "")
            item.decision = decision_on(self._decisions, source, published, sha256)
            item.takedown = self._decisions.takedown_of(member.key, source_path(source), sha256)
            if examination is None and item.takedown is not None and item.takedown.path == source_path(source):
                reason = withdrawn_reason(item.takedown)
                self._others.append(replace(kept_out(source, "block", reason, self._decisions), sha256=sha256))
                continue
            if examination is None or examination.outcome in {"valid", "invalid"}:
                items.append(item)
            else:
                action = "block" if examination.outcome == "blocked" else "fail"
                self._keep_out(source, action, examination.reason, examination, published)
        return items

    def _match_periods(self, items: Sequence[Item]) -> dict[Path, Published]:
        """Find the new files that replace one of the same schema and period which is gone."""
        new = {
            item.source.path: (item.schema_name, item.examination.period)
            for item in items
            if item.published is None and item.examination is not None and item.examination.period
        }
        if not new:
            return {}
        member = items[0].member
        taken = [item.published for item in items if item.published]
        found = identity.match_periods(self._state, member, self._deposit.paths_of(member), taken, new)
        return {path: one for path, one in found.items() if one.resource["id"] not in self._taken_down}

    def _join(self, item: Item) -> None:
        """Put a file into the group of its dataset: the one that it is in, else the one that it should be in."""
        subject = Subject(item.member, self._schema_of(item), item.sidecar)
        if item.published:
            held: PackageDict | None = item.published.dataset
            key = item.published.dataset["id"]
        else:
            key, held = self._find_dataset(subject)
        if held is not None and key in self._planned:
            reason = OF_TWO_MEMBERS.format(name=held["name"])  # one writer to a dataset: it may be at work already
            self._keep_out(item.source, "fail", reason, item.examination, item.published)
            return
        self._groups.setdefault(key, Group(key, subject, held)).items.append(item)

    def _find_dataset(self, subject: Subject) -> tuple[str, PackageDict | None]:
        """Return what `identity.find_dataset` does; it looks once for all files of a subject."""
        about = (subject.schema.name if subject.schema else "", subject.sidecar.scope if subject.sidecar else None)
        if about not in self._found:
            self._found[about] = identity.find_dataset(self._tenant, self._state, subject)
        return self._found[about]

    def _schema_of(self, item: Item) -> Schema | None:
        """Return the schema that an item's dataset is about."""
        if item.sidecar is not None:
            wanted = item.sidecar.schema
            return self._find_schema(wanted) if wanted != NO_SCHEMA else None
        if item.examination is not None:
            return item.examination.schema
        return self._find_schema(item.schema_name)

    def _schema_said(self, item: Item) -> Schema | None:
        """Return the schema that an item's resource is said to follow."""
        if item.examination is not None:
            return item.examination.schema
        return self._find_schema(schema_reference(item.published.fields if item.published else {}))

    def _find_schema(self, name: str) -> Schema | None:
        if name not in self._schemas:
            self._schemas[name] = self._registry.find_schema(name) if name else None
        return self._schemas[name]

    def _settle_subject(self, group: Group) -> None:
        """Decide what describes a dataset whose files are not all described by the same; some then stay out.

        A file that was published never leaves its dataset, even when a sidecar comes or goes later: its address would
        change. So a sidecar describes such a dataset only when all its files are the sidecar's.
        """
        sidecars = {item.sidecar.path if item.sidecar else "": item.sidecar for item in group.items}
        if len(sidecars) == 1 or group.held is None:
            return
        native = extras_dict(group.held).get("sidecar", "")
        if native not in sidecars:
            native = "" if "" in sidecars else min(sidecars)
        at_home: list[Item] = []
        strangers: list[Item] = []
        for item in group.items:
            path = item.sidecar.path if item.sidecar else ""
            (at_home if path in ("", native) else strangers).append(item)
        first = next(item for item in at_home if (item.sidecar.path if item.sidecar else "") == native)
        group.subject = Subject(first.member, self._schema_of(first), first.sidecar)
        group.items = at_home
        for item in strangers:
            assert item.sidecar is not None
            reason = IN_SHARED_DATASET_FRENCH.format(title=group.held.get("title"), sidecar=item.sidecar.path)
            self._keep_out(item.source, "block", reason, item.examination, item.published)

    def _dataset_plan(self, group: Group, removals: list[Step]) -> DatasetPlan | None:
        """Return what happens to a dataset, or None when nothing does; unchanged files go to the others."""
        self._settle_subject(group)
        subject, held = self._completed(group), group.held
        wanted = self._wanted(group.id, subject, held)
        name = held["name"] if held else wanted["name"] if wanted else ""
        if held is None:
            self._state.names.setdefault(name, group.id)
        steps: list[Step] = []
        for item in group.items:
            step = step_of(
                item, self._schema_said(item), self._tenant, self._registry, dataset=(group.id, name), rows=self._rows
            )
            (self._others if step.action == "unchanged" else steps).append(step)
        steps += removals
        changes = dataset_changes(held, wanted) if held and wanted else ()
        if not steps and not changes:
            return None
        return DatasetPlan(
            id=group.id,
            name=name,
            title=str((wanted or held or {}).get("title") or name),
            create=wanted if held is None else None,
            held=held,
            changes=changes,
            activate=held is None or held.get("state") != "active",
            steps=tuple(sorted(steps, key=lambda step: step.source.relative)),
            stamp=stamp_of(held),
        )

    def _completed(self, group: Group) -> Subject:
        """Return the subject of a group; one whose sidecar names no schema has that of its files, if they share one."""
        subject = group.subject
        names = {item.schema_name for item in group.items}
        if subject.sidecar is None or subject.schema is not None or len(names) != 1 or names == {""}:
            return subject
        return replace(subject, schema=self._find_schema(names.pop()))

    def _wanted(self, dataset_id: str, subject: Subject, held: PackageDict | None) -> PackageDict | None:
        """Return a dataset's metadata as they should be; None for one that nothing describes any more."""
        if subject.schema is None and subject.sidecar is None:
            return None
        name = held["name"] if held else identity.free_dataset_name(self._state, subject, dataset_id)
        return dataset_metadata(self._tenant, subject, dataset_id=dataset_id, name=name)

    def _keep_out(
        self,
        source: SourceFile,
        action: str,
        reason: str,
        examination: Examination | None = None,
        published: Published | None = None,
    ) -> None:
        self._others.append(kept_out(source, action, reason, self._decisions, examination, published))
