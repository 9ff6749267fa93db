"""Look into a zip container before anything unfolds it: what it is, and whether it is a bomb."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.limits import MIB
from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from pathlib import Path

    from odl_host.pipeline.reading.limits import ReadLimits

_MAX_MEMBERS = 20_000
# Deflate cannot do better than 1:1032, so a member this small unfolds to less than 16 MiB, whatever it claims.
_HARMLESS_BYTES = 16 * MIB // 1032
_OFFICE = {
    "xl/workbook.xml": "xlsx",
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.bin": "xlsb",
}
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_NOT_SHEETS = {
    "docx": ("a Word document", "un document Word"),
    "pptx": ("a PowerPoint document", "une présentation PowerPoint"),
    "odt": ("a Writer document", "un document de traitement de texte (ODT)"),
    "odp": ("an Impress document", "une présentation (ODP)"),
    "xlsb": ("a binary workbook (XLSB)", "un classeur binaire (XLSB) ; enregistrez-le en XLSX"),
}


def open_archive(path: Path, limits: ReadLimits) -> tuple[str, zipfile.ZipFile]:
    """Open a zip container that holds a workbook; return "xlsx" or "ods" and the open archive.

    :raises RefusedFile: damaged, encrypted, a bomb, or no workbook
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError) as error:
        raise RefusedFile("corrupt", path, detail=str(error)) from error
    try:
        kind = _kind(path, archive)
        _check_members(path, archive, limits)
    except BaseException:
        archive.close()
        raise
    return kind, archive


def read_member(path: Path, archive: zipfile.ZipFile, name: str, limits: ReadLimits) -> bytes:
    """Read one member whole, refusing what unfolds beyond the limit or does not match its checksum."""
    try:
        with archive.open(name) as member:
            data = member.read(limits.max_uncompressed + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise RefusedFile("corrupt", path, detail=f"{name}: {error}") from error
    if len(data) > limits.max_uncompressed:
        raise _bomb(path, limits, len(data))
    return data


def _kind(path: Path, archive: zipfile.ZipFile) -> str:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    lower = {name.lower().replace("\\", "/").lstrip("/") for name in names}
    if any(info.flag_bits & 1 for info in infos):
        raise RefusedFile("encrypted", path)
    kind = next((found for member, found in _OFFICE.items() if member in lower), "")
    if not kind and "content.xml" in names:
        kind = _open_document(path, archive, names)
    if kind in _NOT_SHEETS:
        english, french = _NOT_SHEETS[kind]
        raise RefusedFile("binary", path, what=english, what_fr=french)
    if not kind:
        count = len(names)
        listed = ", ".join(sorted(names)[:3]) + ("…" if count > 3 else "")
        raise RefusedFile("archive", path, detail=f"{count} file{'s' if count != 1 else ''}: {listed}")
    return kind


def _open_document(path: Path, archive: zipfile.ZipFile, names: set[str]) -> str:
    mimetype = b""
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        mimetype = _first_bytes(path, archive, "mimetype").strip().removesuffix(b"-template")
    if b"encryption-data" in (
        _first_bytes(path, archive, "META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
    ):
        raise RefusedFile("encrypted", path)
    return _MIMETYPES.get(mimetype, "ods")


def _first_bytes(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as member:
            return member.read(1 << 20)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusedFile("corrupt", path, detail=f"{name}: {error}") from error


def _check_members(path: Path, archive: zipfile.ZipFile, limits: ReadLimits) -> None:
    infos = archive.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise RefusedFile("bomb", path, detail=f"{len(infos)} files", bound=str(_MAX_MEMBERS))
    claimed = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if claimed > limits.max_uncompressed or (claimed > 16 * MIB and claimed > limits.zip_ratio * max(1, packed)):
        raise _bomb(path, limits, claimed)
    # Sizes are claims. A member that could hide a bomb is unfolded once, to nowhere, and must keep its word: zipfile
    # stops at the claimed size and then compares the checksum.
    for info in infos:
        if info.compress_size > _HARMLESS_BYTES and info.compress_size * 1032 > limits.max_uncompressed:
            _unfold(path, archive, info)


def _unfold(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    try:
        with archive.open(info) as member:
            while member.read(1 << 18):
                pass
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusedFile("corrupt", path, detail=f"{info.filename}: {error}") from error


def _bomb(path: Path, limits: ReadLimits, claimed: int) -> RefusedFile:
    bound = f"{limits.max_uncompressed} bytes, or {limits.zip_ratio} times the file"
    return RefusedFile("bomb", path, detail=f"{claimed} bytes", bound=bound)
