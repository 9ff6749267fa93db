"""What lies in a deposit once its sidecars are told from its data: files to publish, and what describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.deposits.sidecar import (
    Sidecar,
    described_name,
    is_folder_sidecar,
    nothing_described,
    read_sidecar,
)
from odl_host.tenants import Publishing


def source_path(source: SourceFile) -> str:
    """Return a file's path inside its member's folder: what tells one resource of a member from another."""
    return source.relative.partition("/")[2] or source.relative


@dataclass(frozen=True, slots=True)
class Deposit:
    """The files of a deposit in the order of their paths, and its sidecars by member's id and scope.

    `wrong`: sidecars that cannot be used; each is an item of the run, like a file. `shares`: the files by member's id,
    "" for those that are nobody's; members come in the order of their first file. `paths`: the files' paths inside
    their member's folder, by member's id.
    """

    files: tuple[SourceFile, ...]
    sidecars: Mapping[tuple[str, str], Sidecar]
    wrong: tuple[tuple[SourceFile, Sidecar], ...] = ()
    shares: Mapping[str, Sequence[SourceFile]] = field(default_factory=dict)
    paths: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def find_sidecar(self, source: SourceFile) -> Sidecar | None:
        """Return what describes a file: its own sidecar, else the one of the nearest folder above it."""
        if source.member is None:
            return None
        place = source_path(source)
        while True:
            sidecar = self.sidecars.get((source.member.id, place))
            if sidecar is not None or not place:
                return sidecar
            place = place.rpartition("/")[0]

    def files_of(self, member: HeldMember | None) -> Sequence[SourceFile]:
        """Return a member's files in the order of their paths; of None those that are nobody's."""
        return self.shares.get(member.id if member else "", ())

    def paths_of(self, member: HeldMember) -> frozenset[str]:
        """Return the paths, inside the member's folder, of all its files."""
        return self.paths.get(member.id, frozenset())


def sort_deposit(sources: Sequence[SourceFile], publishing: Publishing) -> Deposit:
    """Tell the sidecars from the data and read them."""
    everything = {source.relative for source in sources}
    files: list[SourceFile] = []
    wrong: list[tuple[SourceFile, Sidecar]] = []
    sidecars: dict[tuple[str, str], Sidecar] = {}
    for source in sources:
        scope = None if source.member is None or source.problem else _scope(source, everything)
        if scope is None:
            missing = described_name(source.name) if source.member and not source.problem else ""
            files.append(replace(source, problem=nothing_described(source.name, missing)) if missing else source)
            continue
        assert source.member is not None
        sidecar = read_sidecar(source.path, path=source_path(source), scope=scope, publishing=publishing)
        first = sidecars.get((source.member.id, scope))
        if first is not None:
            sidecar = replace(sidecar, problem=f"{first.path} décrit déjà la même chose : gardez l’un des deux.")
        sidecars[(source.member.id, scope)] = sidecar
        if sidecar.problem:
            wrong.append((source, sidecar))
    shares: dict[str, list[SourceFile]] = {}
    for source in files:
        shares.setdefault(source.member.id if source.member else "", []).append(source)
    paths = {member: frozenset(map(source_path, of_member)) for member, of_member in shares.items() if member}
    return Deposit(tuple(files), sidecars, tuple(wrong), shares, paths)


def _scope(source: SourceFile, everything: set[str]) -> str | None:
    """Return what a file describes, when it is a sidecar, as a path inside the member's folder."""
    place = source_path(source)
    folder = place.rpartition("/")[0]
    if is_folder_sidecar(source.name):
        return folder
    name = described_name(source.name)
    beside = source.relative.rpartition("/")[0]
    if name and f"{beside}/{name}" in everything:
        return f"{folder}/{name}" if folder else name
    return None
