"""Finding the files of a deposit, and whose they are.

A deposit holds one folder per member, named by its INSEE code, its SIREN or its slug. Nothing is opened here.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from odl_host.catalogue.members import HeldMember
from odl_host.errors import UsageError

# What operating systems, spreadsheets and odl-host itself leave beside the files.
IGNORED_NAMES = frozenset({"readme.txt", "readme.md", "lisezmoi.txt", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a deposit. `relative` is its path under the deposit, with `/`, in Unicode's composed form (NFC)."""

    path: Path
    relative: str
    folder: str
    size_bytes: int
    member: HeldMember | None

    @property
    def name(self) -> str:
        """The file's own name, composed: the same however the operating system spells its accents."""
        return self.relative.rpartition("/")[2]


def discover(deposit: Path, members: Iterable[HeldMember]) -> list[SourceFile]:
    """Return the files of a deposit in the order of their paths.

    A file whose folder is no member's has `member` None. A folder that holds files itself and is named after a member
    is taken as that member's deposit: `publish depot/73065` works too.

    :raises UsageError: the deposit is not a folder that can be listed.
    """
    if not deposit.is_dir():
        raise UsageError(
            f"The deposit {deposit} is not a folder.",
            hint="Give the folder that holds one sub-folder per member, named by its INSEE code.",
        )
    by_folder = {folder: member for member in members for folder in member.folders}
    found: list[SourceFile] = []
    try:
        root = (
            deposit.parent if _member_of(deposit.name, by_folder) and not _has_folders(deposit, by_folder) else deposit
        )
        for path in _walk(deposit):
            parts = path.relative_to(root).parts
            folder = parts[0] if len(parts) > 1 else ""
            found.append(
                SourceFile(
                    path=path,
                    relative=unicodedata.normalize("NFC", "/".join(parts)),
                    folder=folder,
                    size_bytes=path.stat().st_size,
                    member=_member_of(folder, by_folder),
                )
            )
    except OSError as error:
        raise UsageError(f"The deposit {deposit} cannot be read: {error.strerror} ({error.filename}).") from error
    return sorted(found, key=lambda source: source.relative)


def _member_of(folder: str, by_folder: dict[str, HeldMember]) -> HeldMember | None:
    """Return the member that a folder name stands for; "73065-chambery" is read as "73065"."""
    name = unicodedata.normalize("NFC", folder).lower()
    return by_folder.get(name) or by_folder.get(name.partition("-")[0]) or by_folder.get(name.partition(" ")[0])


def _has_folders(deposit: Path, by_folder: dict[str, HeldMember]) -> bool:
    return any(child.is_dir() and _member_of(child.name, by_folder) for child in deposit.iterdir())


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the regular files below `folder`; links are not followed out of a deposit, temporary files are left."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name.lower() in IGNORED_NAMES:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
