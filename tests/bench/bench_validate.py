"""Measures validation against frictionless 5.21 on the same files: whole processes, interleaved, as ratios.

    python tests/bench/bench_validate.py                 # files of 100 and 10,000 rows, 2,000 small files
    python tests/bench/bench_validate.py --million       # the files of 1,000,000 rows too (minutes)

It is a script, not a test: what it prints depends on the machine, whose load it prints too. `errors` must be equal on
both sides: a tool that stops early measures nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

HEADER = (
    *("nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire"),
    *("rnaBeneficiaire", "objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement"),
    *("notificationUE", "pourcentageSubvention"),
)

OURS = """
import json, sys
from pathlib import Path
from odl_host.pipeline.read import ReadLimits, read_table
from odl_host.pipeline.validate import validate_table
from odl_host.schemas.registry import load_registry
schema = load_registry(None).get_schema("scdl/subventions")
columns = [field.name for field in schema.fields]
errors = rows = 0
for path in json.loads(sys.argv[1]):
    table = read_table(Path(path), limits=ReadLimits(), columns=columns)
    report = validate_table(table, schema, strict_validata=True)
    baseline = ("type-error", "constraint-error", "blank-row", "extra-cell", "missing-cell", "unique-error")
    errors += sum(count for (code, _), count in report.counts.items() if code in baseline)
    rows += report.rows
print(json.dumps({"rows": rows, "errors": errors}))
"""

THEIRS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from frictionless import Detector, Dialect, Schema, formats, system
from frictionless.resources import TableResource
system.trusted = True
errors = rows = 0
for path in json.loads(sys.argv[1]):
    schema = Schema.from_descriptor(json.load(open(sys.argv[2])))
    control = formats.CsvControl(delimiter=",")
    resource = TableResource(path=path, encoding="utf-8", dialect=Dialect(controls=[control]), schema=schema,
                             detector=Detector(schema_sync=True))
    report = resource.validate(limit_errors=0)
    errors += report.stats["errors"]
    rows += resource.stats.rows or 0
print(json.dumps({"rows": rows, "errors": errors}))
"""


def siret(random_: random.Random) -> str:
    """Return a SIRET with its keys."""

    def key(digits: str) -> str:
        total = sum(
            digit if place % 2 else digit * 2 - 9 * (digit > 4)
            for place, digit in enumerate(map(int, reversed(digits)))
        )
        return str(-total % 10)

    siren = f"{random_.randrange(10**7, 10**8)}"
    siren += key(siren)
    nic = f"{random_.randrange(1, 100):04d}"
    return siren + nic + key(siren + nic)


def write_file(path: Path, rows: int, bad: float, seed: int = 1) -> None:
    """Write subventions of 14 columns, about 200 bytes a row, a share of them spoilt."""
    random_ = random.Random(seed)
    bodies = [(f"Commune de Saint-{number:05d}", siret(random_)) for number in range(200)]
    others = [(f"Association n° {number:06d} des amis", siret(random_)) for number in range(20_000)]
    natures = ("aide en numéraire", "aide en nature", "aide en numéraire;aide en nature")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            name, code = random_.choice(bodies)
            beneficiary, other = random_.choice(others)
            day = f"{random_.randrange(2015, 2026)}-{random_.randrange(1, 13):02d}-{random_.randrange(1, 29):02d}"
            row = [
                *(name, code, day, f"2024-{number:07d}", beneficiary, other, "", f"Soutien au projet numéro {number}"),
                *(f"{random_.randrange(100, 100_000)}.{random_.randrange(100):02d}", random_.choice(natures), "unique"),
                *("2017-03-14/2018-03-14", random_.choice(("oui", "non")), f"0.{random_.randrange(1, 99):02d}"),
            ]
            if random_.random() < bad:
                spoil(row, random_)
            writer.writerow(row)


def spoil(row: list[str], random_: random.Random) -> None:
    """Make one of the usual mistakes."""
    match random_.randrange(8):
        case 0:
            row[2] = "/".join(reversed(row[2].split("-")))
        case 1:
            row[8] = row[8].replace(".", ",")
        case 2:
            row[1] = row[1][:-1]
        case 3:
            row[4] = ""
        case 4:
            row[9] = row[9].capitalize()
        case 5:
            row[12] = "Oui"
        case 6:
            row.append("de trop")
        case 7:
            row[:] = [""] * len(row)


def run(command: list[str]) -> tuple[float, float, float, str]:
    """Return wall seconds, processor seconds, peak megabytes (children together at most) and output of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    assert process.stdout is not None
    output = process.stdout.read().decode()
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.strip()


def compare(title: str, commands: dict[str, list[str]], rounds: int) -> None:
    """Run commands in turn and print the medians and their ratio to the first."""
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    outputs = {}
    for _ in range(rounds):
        for name, command in commands.items():
            wall, cpu, peak, output = run(command)
            taken[name].append((wall, cpu, peak))
            outputs[name] = output
    print(f"\n{title}  (load {os.getloadavg()[0]:.1f}, {rounds} rounds)")
    reference: tuple[float, float] | None = None
    for name, values in taken.items():
        wall, cpu = (statistics.median(value[place] for value in values) for place in (0, 1))
        reference = reference or (wall, cpu)
        print(
            f"  {name:28} wall {wall:8.3f} s  cpu {cpu:8.3f} s  peak {max(value[2] for value in values):5.0f} MB"
            f"  x{reference[0] / wall:.1f} wall  x{reference[1] / cpu:.1f} cpu  {' '.join(outputs[name].split())[:60]}"
        )


def main() -> None:
    """Generate the files and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million", action="store_true", help="the files of a million rows too")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the large files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=2000, help="number of small files")
    parser.add_argument("--only", choices=("100", "10000", "files", "million"))
    options = parser.parse_args()
    from odl_host.schemas.registry import load_registry

    with tempfile.TemporaryDirectory(prefix="odl-bench-") as folder:
        home = Path(folder)
        descriptor = home / "subventions.schema.json"
        descriptor.write_text(json.dumps(load_registry(None).get_schema("scdl/subventions").descriptor))
        python = sys.executable

        def ours(paths: list[Path]) -> list[str]:
            return [python, "-c", OURS, json.dumps([str(path) for path in paths])]

        def theirs(paths: list[Path]) -> list[str]:
            return [python, "-c", THEIRS, json.dumps([str(path) for path in paths]), str(descriptor)]

        for rows in (100, 10_000):
            if options.only not in (None, str(rows)):
                continue
            path = home / f"bad{rows}.csv"
            write_file(path, rows, 0.1)
            commands = {
                "frictionless API": theirs([path]),
                "frictionless CLI": [
                    *(str(Path(python).with_name("frictionless")), "validate", str(path), "--trusted", "--json"),
                    *("--schema", str(descriptor), "--schema-sync", "--limit-errors", "1000000"),
                ],
                "odl-host engine": ours([path]),
                "odl-host validate": [
                    *(str(Path(python).with_name("odl-host")), "--json", "validate", str(path)),
                    *("--schema", "scdl/subventions"),
                ],
            }
            compare(f"{rows} rows, 10 % wrong", commands, options.rounds)
        if options.only in (None, "files"):
            paths = []
            for number in range(options.files):
                path = home / f"small{number}.csv"
                write_file(path, 250, 0.1 if number % 3 == 0 else 0, seed=number)
                paths.append(path)
            compare(f"{options.files} files of 50 KB", {"frictionless API": theirs(paths), "odl-host": ours(paths)}, 1)
        if options.million or options.only == "million":
            for bad in (0.0, 0.1):
                path = home / f"large{bad}.csv"
                write_file(path, options.rows, bad)
                size = path.stat().st_size / 1e6
                commands = {
                    "frictionless API": theirs([path]),
                    "odl-host, one process": ours([path]),
                }
                compare(f"{options.rows:,} rows, {size:.0f} MB, {bad:.0%} wrong", commands, 1)


if __name__ == "__main__":
    main()
