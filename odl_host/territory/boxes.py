"""The bounding box of each commune: enough to say that a point is far from it, never that it is inside.

Source: IGN, ADMIN EXPRESS (see data/README.md); `scripts/build_boxes.py` writes the file.
"""

from __future__ import annotations

import zlib
from functools import cache

from odl_host.territory.archive import DATA_DIR

TYPE_CHECKING = False  # see places.py
if TYPE_CHECKING:
    from typing import TypeAlias

    Box: TypeAlias = tuple[float, float, float, float]

_GZIP = zlib.MAX_WBITS | 16


def find_box(code: str) -> Box | None:
    """Return west, south, east and north of a current commune or arrondissement municipal, in degrees (WGS 84).

    None where there is no contour: overseas collectivités, and the few communes newer than the contours.
    """
    text = _boxes()
    start = text.find(f"\n{code}\t")
    if start < 0:
        return None
    west, south, width, height = map(int, text[start + 7 : text.index("\n", start + 1)].split("\t"))
    return west / 100, south / 100, (west + width) / 100, (south + height) / 100


@cache
def _boxes() -> str:
    with open(f"{DATA_DIR}/boxes.tsv.gz", "rb") as file:  # noqa: PTH123 (see archive.DATA_DIR)
        return "\n" + zlib.decompress(file.read(), _GZIP).decode()
