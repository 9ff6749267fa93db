"""A copy in memory of an XLSX workbook that was unfolded already, which calamine reads in half the time.

It need not be unfolded again, and says first that no cells are merged: calamine looks for merged cells, which nobody
asks for here, in a second pass that ends at their list; the list stands behind all the cells.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from odl_host.pipeline.reading.archive import read_member
from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from odl_host.pipeline.reading.limits import ReadLimits

MOST_BYTES = 64 << 20
"""Unfolded size up to which a copy is made: in memory it stands twice for a moment."""
_UNREAD = (".bin", ".emf", ".gif", ".jpeg", ".jpg", ".png", ".vml", ".wmf")
"""Images and settings of printers; what bears another name may be a sheet."""
_CELLS = b"<sheetData"
_NONE_MERGED = b"<mergeCells/>"


def is_small(archive: zipfile.ZipFile) -> bool:
    """Say whether a copy is worth its memory."""
    return sum(info.file_size for info in archive.infolist()) <= MOST_BYTES


def copy_unfolded(
    path: Path, archive: zipfile.ZipFile, sheets: Mapping[str, bytes], limits: ReadLimits
) -> BinaryIO | None:
    """Return the copy of a workbook, `sheets` being its sheets by member; None where a member cannot be read."""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as target:
        for name in archive.NameToInfo:
            if name.lower().endswith(_UNREAD):
                continue
            data = sheets.get(name)
            if data is not None:
                data = data.replace(_CELLS, _NONE_MERGED + _CELLS, 1)
            else:
                try:
                    data = read_member(path, archive, name, limits)
                except RefusedFile:  # perhaps one that nobody needs
                    return None
            target.writestr(zipfile.ZipInfo(name), data)
    copy.seek(0)
    return copy
