"""Everything that a run looks at: the tenant's deposit and its other sources, brought to folders of this machine.

A source that cannot be read never looks like one whose files were removed: its members are not `settled`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from odl_host.catalogue.members import HeldMember
from odl_host.ckan import slug
from odl_host.errors import Interrupted, OdlError, StorageError
from odl_host.pipeline.deposits.discover import SourceFile, discover, member_folders, member_of
from odl_host.pipeline.sources.mirror import Mirror, Synced
from odl_host.pipeline.sources.opening import find_address, open_source
from odl_host.storage.address import SourceAddress, is_remote
from odl_host.tenants import Tenant

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The files of every source in the order of their paths, those that could not be fetched included.

    `settled`: the ids of the members whose folder is there and all of whose files were seen; only what is missing there
    may be taken as removed. A folder that is gone as a whole (a mount that failed, a share renamed) removes nothing.
    """

    files: tuple[SourceFile, ...]
    settled: frozenset[str]


def list_addresses(tenant: Tenant, deposit: str) -> list[SourceAddress]:
    """Return the sources that lie elsewhere: the given deposit, or all of the tenant's when none is given.

    :raises UsageError: an address cannot be used.
    """
    known = tenant.manifest.sources
    if deposit:
        return [find_address(deposit, known)] if is_remote(deposit) else []
    main = tenant.manifest.publish.deposit
    first = [find_address(main, known)] if is_remote(main) else []
    return first + [entry for entry in known if entry.url != main or entry.member]


def is_whole(tenant: Tenant, deposit: str) -> bool:
    """Tell whether a run of `deposit` looks at every source that a tenant has."""
    return not deposit or (not is_elsewhere(tenant) and deposit == str(tenant.deposit))


def is_elsewhere(tenant: Tenant) -> bool:
    """Return whether some of the tenant's own deposit does not lie in its folder."""
    return bool(tenant.manifest.sources) or is_remote(tenant.manifest.publish.deposit)


def mirror_folder(tenant: Tenant, address: SourceAddress) -> Path:
    """Return where the mirror of a source lies; another source has another."""
    key = hashlib.sha256(f"{address.member} {address.url}".encode()).hexdigest()[:8]
    return tenant.data / "mirror" / f"{slug(address.url.partition('://')[2])[:60]}-{key}"


def looked_at(tenant: Tenant, deposit: str) -> list[Path]:
    """Return the folders of this machine that a run of this deposit looks at ("": all the tenant's)."""
    folder = _local_folder(tenant, deposit)
    mirrors = [mirror_folder(tenant, address) for address in list_addresses(tenant, deposit)]
    return [*([folder] if folder else []), *mirrors]


def is_hollow(tenant: Tenant, deposit: str) -> bool:
    """Return whether the one folder that a run looks at holds nothing at all, as a mount point without its disk does.

    A source that lies elsewhere sees by itself that it lists nothing any more.
    """
    folder = _local_folder(tenant, deposit)
    return folder is not None and not list_addresses(tenant, deposit) and not any(folder.iterdir())


def gather(
    tenant: Tenant,
    members: Iterable[HeldMember],
    *,
    deposit: str = "",
    max_file_bytes: int,
    progress: Progress | None = None,
) -> Gathered:
    """Bring the mirrors up to date and return every file. `deposit`: a folder or an address, instead of the tenant's.

    :raises UsageError: the deposit is a folder that cannot be listed, or an address that cannot be used.
    """
    members = list(members)
    addresses = list_addresses(tenant, deposit)
    files: list[SourceFile] = []
    settled: set[str] = set()
    unsettled: set[str] = set()
    folder = _local_folder(tenant, deposit)
    if folder is not None:
        files += discover(folder, members)
        there, closed = member_folders(folder, members)
        settled |= there
        unsettled |= closed
    for address in addresses:
        mirror = Mirror(mirror_folder(tenant, address), max_file_bytes=max_file_bytes, below=address.member)
        synced = _sync(mirror, address, progress)
        owner = member_of(address.member, members) if address.member else None
        if mirror.root.is_dir():
            files += _with_what_failed(discover(mirror.root, members), mirror, address, members, synced)
            settled |= member_folders(mirror.root, members)[0]
        if synced.error is not None:
            files.append(_failed_source(mirror, address, owner, synced.error))
            unsettled |= {owner.id} if owner else {member.id for member in members}
    settled |= {file.member.id for file in files if file.member and not file.failed}
    files.sort(key=lambda file: file.relative)
    return Gathered(tuple(files), frozenset(settled - unsettled))


def _local_folder(tenant: Tenant, deposit: str) -> Path | None:
    """Return the deposit on this machine, or None when there is none: it may be left out where there are sources."""
    if deposit:
        return None if is_remote(deposit) else Path(deposit)
    if is_remote(tenant.manifest.publish.deposit):
        return None
    return tenant.deposit if tenant.deposit.is_dir() or not tenant.manifest.sources else None


def _sync(mirror: Mirror, address: SourceAddress, progress: Progress | None) -> Synced:
    """Bring a mirror up to date; whatever one source does is told in the result, and the others are looked at."""
    show = (lambda done, total: progress("fetch", done, total)) if progress else None
    try:
        source = open_source(address)
        try:
            return mirror.sync(source, progress=show)
        finally:
            source.close()
    except Interrupted:
        raise
    except OdlError as error:
        return Synced(error=error)
    except Exception as error:  # noqa: BLE001 - one source must never stop the others; the outcome names the error
        return Synced(error=StorageError(f"{address.shown}: {type(error).__name__}: {str(error)[:200]}"))


def _with_what_failed(
    found: Sequence[SourceFile],
    mirror: Mirror,
    address: SourceAddress,
    members: Sequence[HeldMember],
    synced: Synced,
) -> list[SourceFile]:
    """Return the mirror's files, those that a person must correct or that could not be fetched as such."""
    files = {file.relative: file for file in found}
    for problems, failed in ((synced.problems, False), (synced.failures, True)):
        for path, said in problems.items():
            relative = f"{address.member}/{path}" if address.member else path
            held = files.get(relative)
            if held is None:
                folder = relative.partition("/")[0] if "/" in relative else ""
                held = SourceFile(mirror.root / relative, relative, folder, member_of(folder, members))
            files[relative] = replace(held, problem=said, failed=failed)
    return list(files.values())


def _failed_source(mirror: Mirror, address: SourceAddress, owner: HeldMember | None, error: OdlError) -> SourceFile:
    said = f"{error.message} {error.hint}".strip()
    return SourceFile(mirror.root, address.shown, address.member, owner, problem=said, failed=True)
