"""Quotas: how much a member, and a whole tenant, may publish. Held before anything is sent.

A file counts for its size as the town hall sent it; the copy made of it, and earlier versions, count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from odl_host.catalogue.members import HeldMember
from odl_host.ckan import PackageDict
from odl_host.pipeline.examining.examine import measure_file
from odl_host.pipeline.plans.plan import DatasetPlan, Plan, Step
from odl_host.tenants import Quotas, Tenant

MB = 1_000_000

FILE_FRENCH = (
    "Ce fichier pèse {size_mb} Mo, et le plus gros qui puisse être publié {most} Mo : déposez-le en plusieurs parties, "
    "par exemple une par année."
)
BYTES_FRENCH = (
    "Avec ce fichier, {whose} dépasserait {most} Mo publiés : retirez des fichiers qui ne servent plus, "
    "ou demandez à l’administrateur du portail d’augmenter le quota."
)
FILES_FRENCH = (
    "Avec ce fichier, {whose} dépasserait {most} fichiers publiés : retirez des fichiers qui ne servent plus, "
    "ou demandez à l’administrateur du portail d’augmenter le quota."
)


@dataclass(slots=True)
class Usage:
    """What is published: files, and their bytes as they were sent."""

    files: int = 0
    size_bytes: int = 0

    def add(self, files: int, size_bytes: int) -> None:
        """Count some more, or fewer."""
        self.files += files
        self.size_bytes += size_bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What a member may publish; 0 sets no limit."""

    files: int
    mb: int
    file_mb: int


def limits_of(quotas: Quotas, member: HeldMember) -> Limits:
    """Return a member's limits: its own where the manifest names it, else everyone's."""
    own = next((entry for entry in quotas.members if entry.member.lower() in member.folders), None)
    if own is None:
        return Limits(quotas.member_files, quotas.member_mb, quotas.file_mb)
    return Limits(own.files or quotas.member_files, own.mb or quotas.member_mb, own.file_mb or quotas.file_mb)


def datasets_of(
    tenant: Tenant, members: Iterable[HeldMember], datasets: Iterable[PackageDict]
) -> Iterator[PackageDict]:
    """Yield the datasets that are the tenant's: its own catalogue holds no others, a CKAN elsewhere may be shared."""
    own = {member.id for member in members}
    is_shared = tenant.manifest.catalogue.kind == "ckan"
    return (dataset for dataset in datasets if not is_shared or dataset.get("owner_org") in own)


def count_usage(datasets: Iterable[PackageDict]) -> dict[str, Usage]:
    """Return what each organization publishes, by its id."""
    usage: dict[str, Usage] = {}
    for dataset in datasets:
        of_owner = usage.setdefault(dataset.get("owner_org") or "", Usage())
        for resource in dataset.get("resources", ()):
            fields: Mapping[str, Any] = resource
            if not fields.get("original_of"):
                of_owner.add(1, _size_of(fields))
    return usage


def hold_quotas(
    parts: Iterable[Plan], datasets: Iterable[PackageDict], quotas: Quotas, *, leaving: Iterable[Step]
) -> Iterator[Plan]:
    """Yield the parts of a plan with the files that would pass a quota blocked, in their order, then that of the paths.

    What is `leaving` the catalogue makes room first; a file that becomes smaller always passes.
    """
    if quotas == Quotas():
        yield from parts
        return
    held = list(datasets)
    sizes: dict[str, int] = {
        resource["id"]: _size_of(resource) for dataset in held for resource in dataset.get("resources", ())
    }
    usage = count_usage(held)
    total = Usage(sum(one.files for one in usage.values()), sum(one.size_bytes for one in usage.values()))
    for step in leaving:
        if step.source.member is not None:
            for counted in (usage.setdefault(step.source.member.id, Usage()), total):
                counted.add(-1, -sizes.get(step.resource_id, 0))
    for part in parts:
        blocked: dict[str, str] = {}
        steps = (step for dataset in part.datasets for step in dataset.steps)
        for step in sorted(steps, key=lambda step: step.source.relative):
            if step.action not in {"create", "update"} or step.source.member is None:
                continue
            files, size = (1, 0) if step.action == "create" else (0, sizes.get(step.resource_id, 0))
            weight = measure_file(step.source.path)
            counted = usage.setdefault(step.source.member.id, Usage())
            if reason := _refusal(step.source.member, weight, files, weight - size, counted, total, quotas):
                blocked[step.source.relative] = reason
            else:
                counted.add(files, weight - size)
                total.add(files, weight - size)
        yield _without(part, blocked)


def _refusal(
    member: HeldMember, weight: int, files: int, more_bytes: int, counted: Usage, total: Usage, quotas: Quotas
) -> str:
    """Return why a file may not be published, in French, or ""."""
    limits = limits_of(quotas, member)
    if limits.file_mb and weight > limits.file_mb * MB and more_bytes > 0:
        return FILE_FRENCH.format(size_mb=_megabytes(weight), most=limits.file_mb)
    for most_files, most_mb, held, whose in (
        (limits.files, limits.mb, counted, member.title),
        (quotas.tenant_files, quotas.tenant_mb, total, "le portail"),
    ):
        if most_files and files and held.files + files > most_files:
            return FILES_FRENCH.format(whose=whose, most=most_files)
        if most_mb and more_bytes > 0 and held.size_bytes + more_bytes > most_mb * MB:
            return BYTES_FRENCH.format(whose=whose, most=most_mb)
    return ""


def _without(plan: Plan, blocked: Mapping[str, str]) -> Plan:
    if not blocked:
        return plan
    datasets: list[DatasetPlan] = []
    others: list[Step] = list(plan.others)
    for dataset in plan.datasets:
        kept = tuple(step for step in dataset.steps if step.source.relative not in blocked)
        others += [
            replace(step, action="block", reason=blocked[step.source.relative])
            for step in dataset.steps
            if step.source.relative in blocked
        ]
        if len(kept) == len(dataset.steps):
            datasets.append(dataset)
        elif kept or (dataset.create is None and (dataset.changes or dataset.activate)):
            datasets.append(replace(dataset, steps=kept))
    return Plan(tuple(datasets), tuple(others))


def _size_of(resource: Mapping[str, Any]) -> int:
    """Return a resource's size as it was sent; a CKAN may tell it as a text, or not at all."""
    for key in ("original_size", "size"):
        try:
            return int(resource.get(key) or "")
        except (TypeError, ValueError):
            continue
    return 0


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MB:.1f}".rstrip("0").rstrip(".").replace(".", ",")
