"""Builds `odl_host/territory/data/vintages.tsv`: what the communes of earlier years were more or less than ours.

    python scripts/build_vintages.py                   # npm fetches the packages
    python scripts/build_vintages.py --packages FOLDER # that holds their .tgz

Checks that name a year (`cog`: 2023 or 2024, the two that Validata knows) take the communes of that year, those of the
overseas collectivités left out, and the arrondissements of Paris, Lyon and Marseille. Source of each year: the npm
package @etalab/decoupage-administratif of that year (INSEE; Licence Ouverte 2.0).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "@etalab/decoupage-administratif"
PRESENT = "6.0.0"
PACKAGES = {"2023": "3.1.1", "2024": "4.1.0"}
# Communes of the départements and arrondissements municipaux. Source: INSEE, COG 2023, 2024, 2026.
EXPECTED = {"2023": 34_990, "2024": 34_980, PRESENT: 34_920}

Places = set[tuple[str, str]]


def main() -> int:
    """Fetch, check, write."""
    parser = argparse.ArgumentParser(description="Build the differences between vintages.")
    parser.add_argument("--packages", type=Path, help="a folder with the packages as .tgz")
    parser.add_argument("--output", type=Path, default=ROOT / "odl_host" / "territory" / "data" / "vintages.tsv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.packages or Path(temporary)
        if options.packages is None:
            wanted = [f"{NAME}@{version}" for version in (PRESENT, *PACKAGES.values())]
            command = ["npm", "pack", "--silent", "--pack-destination", str(folder), *wanted]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (a constant command)
        present = _places(folder, PRESENT)
        years = {year: _places(folder, version) for year, version in PACKAGES.items()}
    counted = {PRESENT: len(present), **{year: len(places) for year, places in years.items()}}
    if counted != EXPECTED:
        sys.stderr.write(f"Nothing written: {counted}, expected {EXPECTED}.\n")
        return 1
    lines = [
        f"{year}\t{sign}\t{code}\t{name}\n"
        for year, places in sorted(years.items())
        for sign, ones in (("-", present - places), ("+", places - present))
        for code, name in sorted(ones)
    ]
    options.output.write_text("".join(lines), encoding="utf-8", newline="\n")
    sys.stderr.write(f"{options.output}: {len(lines)} lines\n")
    return 0


def _places(folder: Path, version: str) -> Places:
    with tarfile.open(folder / f"etalab-decoupage-administratif-{version}.tgz") as archive:
        member = archive.extractfile("package/data/communes.json")
        assert member is not None
        records = json.load(member)
    return {
        (record["code"], record["nom"])
        for record in records
        if record["type"] == "arrondissement-municipal"
        or (record["type"] == "commune-actuelle" and record["zone"] in ("metro", "drom"))
    }


if __name__ == "__main__":
    sys.exit(main())
