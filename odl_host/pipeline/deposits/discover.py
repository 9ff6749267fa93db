"""Finding the files of a deposit, and whose they are.

A deposit holds one folder per member, named by its INSEE code, its SIREN or its slug. Nothing is opened here.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from odl_host.catalogue.members import HeldMember
from odl_host.errors import UsageError

# What file transfers call a file that has not arrived whole.
UNFINISHED_ENDINGS = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
LINK_FRENCH = "C’est un raccourci vers un autre fichier : déposez le fichier lui-même."
NO_FILE_FRENCH = "Ce n’est ni un fichier ni un dossier (un tube, une prise…) : déposez le fichier lui-même."
UNREADABLE_FOLDER_FRENCH = "Ce dossier ne peut pas être ouvert ({reason}) : demandez à votre administrateur."
_CODE_THEN_NAME = re.compile(r"(\d[\dab]\d{3}|\d{9}|dep-\d[\dab]\d?|reg-\d\d)[-_ ]")
# What operating systems, spreadsheets and odl-host itself leave beside the files.
IGNORED_NAMES = frozenset({"readme.txt", "readme.md", "lisezmoi.txt", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a deposit.

    `relative` is its path under the deposit, with `/`, in Unicode's composed form (NFC), fit to be printed. `problem`
    says, in French, why the file cannot be opened at all; "" when nothing stands in the way. `failed`: that is an error
    of the disk or of the network, which the next run may not meet, and nobody's to correct.
    """

    path: Path
    relative: str
    folder: str
    member: HeldMember | None
    problem: str = ""
    failed: bool = False

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
    by_folder = {folder: member for member in members for folder in member.folders}
    found: list[SourceFile] = []
    try:
        root = (
            deposit.parent if _member_of(deposit.name, by_folder) and not _has_folders(deposit, by_folder) else deposit
        )
        above = f"{deposit.name}/" if root != deposit else ""
        owners: dict[str, HeldMember | None] = {}
        for inner, problem in _walk(deposit):
            place = os.fsencode(above + inner).decode("utf-8", "replace")
            folder = place[: place.find("/")] if "/" in place else ""
            if folder not in owners:
                owners[folder] = _member_of(folder, by_folder)
            relative = unicodedata.normalize("NFC", place)
            found.append(SourceFile(deposit / inner, relative, folder, owners[folder], problem))
    except FileNotFoundError as error:
        raise UsageError(
            f"The deposit {deposit} is not there.",
            hint="Correct its path, make the folder, or mount its disk; then run the same command again.",
        ) from error
    except NotADirectoryError as error:
        raise UsageError(
            f"The deposit {deposit} is a file, not a folder.",
            hint="Give the folder that holds one sub-folder per member, named by its INSEE code.",
        ) from error
    except OSError as error:  # no rights, or a disk or a network that is gone
        raise UsageError(
            f"The deposit {deposit} cannot be read: {error.strerror} ({error.filename}).",
            hint="Give this user the right to list it, or mount its disk again; then run the same command again.",
        ) from error
    return sorted(found, key=lambda source: source.relative)


def member_of(folder: str, members: Iterable[HeldMember]) -> HeldMember | None:
    """Return the member that a folder name or a code stands for, or None."""
    return _member_of(folder, {name: member for member in members for name in member.folders})


def member_folders(deposit: Path, members: Iterable[HeldMember]) -> tuple[set[str], set[str]]:
    """Return the ids of the members that have a folder in a deposit, be it empty; and of those whose own is closed."""
    by_folder = {folder: member for member in members for folder in member.folders}
    there: set[str] = set()
    closed: set[str] = set()
    with os.scandir(deposit) as entries:
        for entry in entries:
            member = _member_of(entry.name, by_folder) if entry.is_dir(follow_symlinks=False) else None
            if member is not None:
                there.add(member.id)
                if not os.access(entry.path, os.R_OK | os.X_OK):
                    closed.add(member.id)
    return there, closed


def _member_of(folder: str, by_folder: dict[str, HeldMember]) -> HeldMember | None:
    """Return the member that a folder name stands for; a code may be followed by a name: "73065-chambery"."""
    name = unicodedata.normalize("NFC", folder).lower()
    code = _CODE_THEN_NAME.match(name)
    return by_folder.get(name) or (by_folder.get(code[1]) if code else None)


def _has_folders(deposit: Path, by_folder: dict[str, HeldMember]) -> bool:
    return any(child.is_dir() and _member_of(child.name, by_folder) for child in deposit.iterdir())


def is_ignored(name: str) -> bool:
    """Return whether a file of this name is what a system, a spreadsheet or odl-host leaves beside the data."""
    lower = name.lower()
    return name.startswith((".", "~$")) or lower.endswith(UNFINISHED_ENDINGS) or lower in IGNORED_NAMES


def _walk(folder: Path | str, inner: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path below `folder` of each file, and what stands in the way of opening it; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_ignored(entry.name):
                continue
            path = f"{inner}{entry.name}"
            if entry.is_symlink():
                yield path, LINK_FRENCH
            elif entry.is_dir(follow_symlinks=False):
                try:
                    yield from _walk(entry.path, f"{path}/")
                except OSError as error:
                    yield path, UNREADABLE_FOLDER_FRENCH.format(reason=error.strerror)
            else:  # what is no file would keep who opens it waiting for ever
                yield path, "" if entry.is_file(follow_symlinks=False) else NO_FILE_FRENCH
