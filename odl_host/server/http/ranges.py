"""The part of a file that a request asks for. Source: RFC 9110, section 14."""

from __future__ import annotations

import re

_ONE_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*\Z")


class Unsatisfiable(Exception):
    """The range begins after the end of the file: 416."""


def find_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and the one after the last of a `Range` header, or None when the whole file is to be sent.

    Several ranges at once, and what is no range, are answered with the whole, as the RFC allows.

    :raises Unsatisfiable: no byte of a file of `size` bytes lies in the range.

    >>> find_range("bytes=0-99", 1000), find_range("bytes=900-", 1000), find_range("bytes=-10", 1000)
    ((0, 100), (900, 1000), (990, 1000))
    >>> find_range("bytes=0-1,5-6", 1000), find_range("bytes=9-5", 1000), find_range("", 1000)
    (None, None, None)
    """
    match = _ONE_RANGE.match(header)
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(size, int(last) + 1) if last else size
