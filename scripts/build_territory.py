"""Builds `odl_host/territory/data/` from the npm package @etalab/decoupage-administratif.

    python scripts/build_territory.py                       # npm fetches the package
    python scripts/build_territory.py --package PACKAGE.tgz # or a folder that holds its data/

The package is one year's Code officiel géographique and EPCI perimeters (INSEE, DGCL; Licence Ouverte 2.0). For another
year: set PACKAGE, VINTAGE and EXPECTED below, from the year's published counts, and run this again. The same package
gives the same files; counts that differ from EXPECTED stop it before anything is written.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from odl_host.territory.archive import DATA_DIR  # noqa: E402 (the script runs from a checkout, installed or not)
from odl_host.territory.codes import departement_of, is_siren  # noqa: E402
from odl_host.territory.grammar import infer_liaison  # noqa: E402

PACKAGE = "@etalab/decoupage-administratif@6.0.0"
VINTAGE = "2026"
MAX_SIZE_BYTES = 1_000_000  # what a package may weigh for this

# Counted in version 6.0.0, published in March 2026.
EXPECTED: dict[str, object] = {
    "communes": 34_969,
    "communes déléguées": 2_105,
    "communes associées": 471,
    "arrondissements municipaux": 45,
    "communes without SIREN": 94,
    "communes outside any EPCI": 98,
    "communes without population": 6,
    "communes without post code": 5,
    "population": 68_952_941,
    "post codes": 6_310,
    "names borne by several communes": 1_441,
    "codes both current and former": 584,
    "EPCI": {"CC": 989, "CA": 230, "METRO": 21, "CU": 14, "MET69": 1},
    "EPT": 11,
    "départements": 109,
    "régions": 26,
    "arrondissements": 333,
    "wrong SIREN": 0,
}
# The source gives 0 to all the overseas collectivités.
LIAISONS = {"984": 4, "987": 3, "988": 3, "989": 5}
KINDS = {"commune-deleguee": "d", "commune-associee": "a", "arrondissement-municipal": "m"}

Record = dict[str, Any]
Source = Mapping[str, list[Record]]


def main(arguments: list[str] | None = None) -> int:
    """Fetch, check, write."""
    parser = argparse.ArgumentParser(description="Build the territory reference.")
    parser.add_argument("--package", type=Path, help=f"the package as .tgz or folder (default: npm pack {PACKAGE})")
    parser.add_argument("--output", type=Path, default=Path(DATA_DIR), help="where to write (default: the project)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        source = load_source(options.package or fetch_package(Path(temporary)))
    problems = differences(count(source), EXPECTED)
    files = build_files(source)
    size = sum(map(len, files.values()))
    if size > MAX_SIZE_BYTES:
        problems.append(f"size: {size} bytes, at most {MAX_SIZE_BYTES}")
    if problems:
        sys.stderr.write("Nothing written: the package is not the one expected.\n  " + "\n  ".join(problems) + "\n")
        return 1
    options.output.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (options.output / name).write_bytes(data)
    sys.stderr.write(f"{options.output}: {len(files)} files, {size} bytes\n")
    return 0


def fetch_package(folder: Path) -> Path:
    """Have npm download the package, which checks its integrity; return the .tgz."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), PACKAGE]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (a constant command)
    return next(folder.glob("*.tgz"))


def load_source(package: Path) -> Source:
    """Read the JSON files of a package, .tgz or folder."""
    names = ("communes", "epci", "ept", "departements", "regions", "arrondissements")
    if package.is_dir():
        return {name: json.loads((package / "data" / f"{name}.json").read_bytes()) for name in names}
    source = {}
    with tarfile.open(package) as archive:
        for name in names:
            member = archive.extractfile(f"package/data/{name}.json")
            assert member is not None, f"{package}: no data/{name}.json"
            source[name] = json.loads(member.read())
    return source


def count(source: Source) -> dict[str, object]:
    """Count what EXPECTED names."""
    types = Counter(record["type"] for record in source["communes"])
    current = current_communes(source)
    codes = {record["code"] for record in current}
    members = {member["code"] for epci in source["epci"] for member in epci["membres"]}
    sirens = [record["siren"] for record in current if "siren" in record] + [e["code"] for e in source["epci"]]
    return {
        "communes": types["commune-actuelle"],
        "communes déléguées": types["commune-deleguee"],
        "communes associées": types["commune-associee"],
        "arrondissements municipaux": types["arrondissement-municipal"],
        "communes without SIREN": sum("siren" not in record for record in current),
        "communes outside any EPCI": len(codes - members),
        "communes without population": sum("population" not in record for record in current),
        "communes without post code": sum(not record.get("codesPostaux") for record in current),
        "population": sum(record.get("population", 0) for record in current),
        "post codes": len({postcode for record in current for postcode in record.get("codesPostaux", ())}),
        "names borne by several communes": sum(n > 1 for n in Counter(r["nom"] for r in current).values()),
        "codes both current and former": sum("chefLieu" in r and r["code"] in codes for r in source["communes"]),
        "EPCI": dict(Counter(epci["type"] for epci in source["epci"])),
        "EPT": len(source["ept"]),
        "départements": len(source["departements"]),
        "régions": len(source["regions"]),
        "arrondissements": len(source["arrondissements"]),
        "wrong SIREN": len(sirens) - len({siren for siren in sirens if is_siren(siren)}) + len(members - codes),
    }


def differences(counted: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    """Say in one line each what is not as expected."""
    return [
        f"{name}: {counted.get(name)}, expected {value}"
        for name, value in expected.items()
        if counted.get(name) != value
    ]


def build_files(source: Source) -> dict[str, bytes]:
    """Return the data files by name."""
    former = former_by_commune(source)
    epci_of = {member["code"]: epci["code"] for epci in source["epci"] for member in epci["membres"]}
    blocks: dict[str, list[list[object]]] = {}
    for record in current_communes(source):
        code = record["code"]
        blocks.setdefault(record["departement"], []).append(
            [
                code,
                record["nom"],
                infer_liaison(record["nom"], record.get("typeLiaison")),
                record.get("siren", ""),
                record.get("population", ""),
                " ".join(record.get("codesPostaux", ())),
                record.get("arrondissement", ""),
                epci_of.get(code, ""),
                "".join(f"|{entry}" for entry in former.get(code, ())),
            ]
        )
    index, communes = [], b""
    for departement, rows in sorted(blocks.items()):
        member = compress(table(rows))
        index.append([departement, len(communes), len(member)])
        communes += member
    moved = sorted(
        (entry[:5], departement_of(code))
        for code, entries in former.items()
        for entry in entries
        if departement_of(entry[:5]) != departement_of(code)
    )
    return {
        "about.tsv": table([["vintage", VINTAGE], ["source", PACKAGE], ["licence", "Licence Ouverte 2.0"]]),
        "communes.index.tsv": table(index),
        "communes.tsv.gz": communes,
        "departements.tsv": table(
            [r["code"], r["nom"], liaison_of(r), r["chefLieu"], r["region"]] for r in by_code(source["departements"])
        ),
        "epci.tsv.gz": compress(table(epci_rows(source))),
        "moved.tsv": table(moved),
        "regions.tsv": table([r["code"], r["nom"], liaison_of(r), r["chefLieu"]] for r in by_code(source["regions"])),
    }


def former_by_commune(source: Source) -> dict[str, list[str]]:
    """Return, for each current commune, its former communes as "code" or "code kind name", in the order of codes.

    Where the list of former codes and the entry of a commune déléguée name two current communes (two cases in 2026),
    the entry is right: it says where the place is now.
    """
    named = {r["code"]: r for r in source["communes"] if r["type"] in KINDS}
    names = {record["code"]: record["nom"] for record in current_communes(source)}
    found: dict[str, list[str]] = {}
    for record in current_communes(source):
        found[record["code"]] = [code for code in record.get("anciensCodes", ()) if code not in named]
    for code, record in named.items():
        current = record.get("chefLieu") or record["commune"]
        if code != current or record["nom"] != names[current]:
            found[current].append(f"{code} {KINDS[record['type']]} {record['nom']}")
    return {code: sorted(entries) for code, entries in found.items() if entries}


def epci_rows(source: Source) -> Iterable[list[object]]:
    """EPCI, then EPT; only the EPT name their members, whose line names the EPCI."""
    for epci in by_code(source["epci"]):
        yield [*epci_head(epci), ""]
    for ept in by_code(source["ept"]):
        yield [*epci_head(ept), " ".join(sorted(member["code"] for member in ept["membres"]))]


def epci_head(epci: Record) -> list[object]:
    """Siren, name, type, population municipale, départements."""
    members = epci["membres"]
    population = epci.get("populationMunicipale") or sum(member["populationMunicipale"] for member in members)
    departements = sorted({departement_of(member["code"]) for member in members})
    return [epci["code"], " ".join(epci["nom"].split()), epci["type"], population, " ".join(departements)]


def current_communes(source: Source) -> list[Record]:
    """`code` is no key of communes.json: the communes in force are told by their type."""
    return by_code([record for record in source["communes"] if record["type"] == "commune-actuelle"])


def by_code(records: Iterable[Record]) -> list[Record]:
    """In the order of codes."""
    return sorted(records, key=lambda record: str(record["code"]))


def liaison_of(record: Record) -> int:
    """The liaison of a département or région."""
    return LIAISONS.get(record["code"], infer_liaison(record["nom"], record["typeLiaison"]))


def table(rows: Iterable[Iterable[object]]) -> bytes:
    """Tab-separated lines; no cell may hold what separates."""
    lines = []
    for row in rows:
        cells = [str(cell) for cell in row]
        assert not any(mark in cell for cell in cells for mark in "\t\n"), cells
        lines.append("\t".join(cells) + "\n")
    return "".join(lines).encode()


def compress(data: bytes) -> bytes:
    """One gzip member, without name or date, so that the same data gives the same bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(data) + packer.flush()


if __name__ == "__main__":
    sys.exit(main())
