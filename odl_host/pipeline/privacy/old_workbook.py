"""The names in an old workbook (.xls): its author's, its last writer's, its manager's, blanked where they stand.

Sources: [MS-OLEPS] 2.21 (property sets), [MS-XLS] 2.4.349 (WriteAccess: who wrote the file last).
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PROPERTIES = {"\x05SummaryInformation": frozenset({4, 8}), "\x05DocumentSummaryInformation": frozenset({14})}
"""Per stream, the properties that name a person: PIDSI_AUTHOR, PIDSI_LASTAUTHOR; GKPIDDSI_MANAGER."""
_STRINGS = {30: 1, 31: 2}
"""VT_LPSTR and VT_LPWSTR, with the bytes of one of the characters that their length counts."""
_BOOKS = ("Workbook", "Book")
_WRITE_ACCESS = 0x5C
_END_OF_GLOBALS = 0x0A


def write_without_names(path: Path, target: Path) -> bool:
    """Write a copy of an old workbook that names nobody; False when it named nobody, or cannot be told.

    :raises OSError: the copy cannot be written
    """
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as book:
            blanked = dict(_blanked(book))
    except Exception:  # noqa: BLE001 - whatever a damaged container is to the library, its table could be read
        return False
    if not blanked:
        return False
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(path, part)
    with olefile.OleFileIO(str(part), write_mode=True) as copy:
        for name, data in blanked.items():
            copy.write_stream(name, data)
    part.replace(target)
    return True


def _blanked(book: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the streams that name somebody, without the names and as long as they were."""
    for name, wanted in _PROPERTIES.items():
        if book.exists(name):
            before = book.openstream(name).read()
            after = without_properties(before, wanted)
            if after != before:
                yield name, after
    for name in _BOOKS:
        if book.exists(name):
            before = book.openstream(name).read()
            after = _without_writer(before)
            if after != before:
                yield name, after


def without_properties(data: bytes, wanted: frozenset[int]) -> bytes:
    """Blank texts of the first property set of a stream."""
    blank = bytearray(data)
    (section,) = struct.unpack_from("<I", data, 44)
    (count,) = struct.unpack_from("<I", data, section + 4)
    for number in range(count):
        identifier, offset = struct.unpack_from("<II", data, section + 8 + 8 * number)
        if identifier not in wanted:
            continue
        kind, length = struct.unpack_from("<II", data, section + offset)
        start = section + offset + 8
        end = min(start + length * _STRINGS.get(kind, 0), len(blank))
        blank[start:end] = bytes(max(0, end - start))
    return bytes(blank)


def _without_writer(data: bytes) -> bytes:
    """Blank the record that says who wrote the file last; it stands among the first ones of the workbook."""
    place: int = 0
    while place + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, place)
        if kind == _END_OF_GLOBALS:
            break
        if kind == _WRITE_ACCESS:
            # A text of one space, in the form of its version (Excel 97: two bytes of length and one of flags).
            beginning = b"\x01\x00\x00" if length >= 112 else b"\x01"
            name: bytes = beginning[:length] + b" " * max(0, length - len(beginning))
            return data[: place + 4] + name + data[place + 4 + length :]
        place += 4 + length
    return data
