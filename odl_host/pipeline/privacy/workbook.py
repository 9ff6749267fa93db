"""What a workbook tells beside its table: its author's name, and its other sheets. The received file is published too.

The author's name is taken out of the published copy; what stands in other sheets or in comments is said.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.pipeline.privacy.old_workbook import write_without_names
from odl_host.pipeline.privacy.watch import kinds_of

if TYPE_CHECKING:
    from odl_host.pipeline.reading.limits import ReadLimits

_AUTHORS = (
    (r"docProps/core\.xml", rb"(<(?:dc:creator|cp:lastModifiedBy)(?:\s[^>]*)?>)[^<]*(</)"),
    (r"docProps/app\.xml", rb"(<Manager(?:\s[^>]*)?>)[^<]*(</)"),
    (r"meta\.xml", rb"(<(?:dc:creator|meta:initial-creator|meta:printed-by)(?:\s[^>]*)?>)[^<]*(</)"),
    (r"xl/comments/?[^/]*\.xml", rb"(<author(?:\s[^>]*)?>)[^<]*(</)"),
    (r"xl/persons/[^/]*\.xml", rb"(\b(?:displayName|userId)=\")[^\"]*(\")"),
)
"""Where a document names who wrote it or a comment in it: the part, and what stands around the name."""
_COMMENTS = re.compile(r"xl/(?:comments/?|threadedComments/|persons/)[^/]*\.xml")
_TAG = re.compile(r"<[^>]+>")
_MAX_PART_BYTES = 16 << 20
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def write_without_author(path: Path, target: Path) -> bool:
    """Write a copy of an office document (.xlsx, .xls, .ods, .docx, .odt) without names; False when it named nobody.

    The same document gives the same bytes every time. A file that is none is left alone.

    :raises OSError: the copy cannot be written
    """
    from odl_host.pipeline.reading.kinds import find_container

    with path.open("rb") as file:
        if find_container(file.read(8)) == "ole":
            return write_without_names(path, target)
    try:
        with zipfile.ZipFile(path) as source:
            cleaned = {}
            for info in source.infolist():
                pattern = next((names for part, names in _AUTHORS if re.fullmatch(part, info.filename)), None)
                if pattern is not None and info.file_size <= _MAX_PART_BYTES:
                    before = source.read(info)
                    after = re.sub(pattern, rb"\1\2", before)
                    if after != before:
                        cleaned[info.filename] = after
            if not cleaned:
                return False
            part = target.with_name(f"{target.name}.part")
            with zipfile.ZipFile(part, "w") as copy:
                for info in source.infolist():
                    kept = zipfile.ZipInfo(info.filename, _FIXED_TIME)
                    # OpenDocument wants its first entry, `mimetype`, uncompressed.
                    kept.compress_type = info.compress_type
                    kept.external_attr = info.external_attr
                    if info.filename in cleaned:
                        copy.writestr(kept, cleaned[info.filename])
                        continue
                    with source.open(info) as reader, copy.open(kept, "w") as writer:
                        while chunk := reader.read(1 << 18):
                            writer.write(chunk)
            part.replace(target)
            return True
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        return False  # not a zip, or one that reading has refused already


def find_beside(path: Path, sheet: str | None, limits: ReadLimits) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the place in French and the text of what other sheets and comments tell about persons.

    `sheet`: the one that is published as the table, and looked at elsewhere.
    """
    from odl_host.pipeline.reading.kinds import find_container
    from odl_host.pipeline.reading.refusals import RefusedFile
    from odl_host.pipeline.reading.workbook import iter_other_sheets

    with path.open("rb") as file:
        container = find_container(file.read(8))
    if container is None:
        return
    try:
        for name, text in iter_other_sheets(path, container, limits, but=sheet):
            for kind, what in kinds_of(text):
                yield kind, f"feuille « {name} »", what
    except RefusedFile:
        return  # its table could be read: another sheet that cannot is no one's to read either
    for text in _comments(path):
        for kind, what in kinds_of(text):
            yield kind, "commentaires des cellules", what


def _comments(path: Path) -> Iterator[str]:
    try:
        with zipfile.ZipFile(path) as source:
            for info in source.infolist():
                if _COMMENTS.match(info.filename) and info.file_size <= _MAX_PART_BYTES:
                    yield _TAG.sub(" ", source.read(info).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        return
