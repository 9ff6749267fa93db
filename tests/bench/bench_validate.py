"""Measures validation against frictionless 5.21 on the same files, interleaved, and prints a Markdown table of ratios.

    python tests/bench/bench_validate.py                 # everything: ten minutes on an idle machine
    python tests/bench/bench_validate.py --only 100 --rounds 9
    python tests/bench/bench_validate.py --huge          # a CSV of 1 GB alone: its time and memory, without a peer

It is a script, not a test: what it prints depends on the machine, whose load it prints too. Whole processes are
measured, start and imports included; memory is that of all processes of a command together (proportional set size).
"wall" is what a person waits; "processor" compares the processor time of the busiest process on each side, which is
what the wait would be on an idle machine.
Both sides must find as many errors: a tool that stops early measures nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import select
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
BIN = Path(sys.executable).parent
TICK = os.sysconf("SC_CLK_TCK")
SAMPLE_EVERY_S = 0.02

HEADER = (
    *("nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire"),
    *("rnaBeneficiaire", "objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement"),
    *("notificationUE", "pourcentageSubvention"),
)

THEIRS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from frictionless import Detector, Dialect, Schema, formats, system
from frictionless.resources import TableResource
system.trusted = True
errors = 0
for path in json.load(open(sys.argv[1])):
    schema = Schema.from_descriptor(json.load(open(sys.argv[2])))
    dialect = Dialect(controls=[formats.CsvControl(delimiter=",")]) if path.endswith(".csv") else Dialect()
    resource = TableResource(path=path, encoding="utf-8", dialect=dialect, schema=schema,
                             detector=Detector(schema_sync=True))
    errors += resource.validate(limit_errors=0).stats["errors"]
print(json.dumps({"stats": {"errors": errors}}))
"""
"""frictionless at its best: one warm process, nothing left to be guessed from a sample."""

BASELINE = ("type-error", "constraint-error", "blank-row", "extra-cell", "missing-cell", "unique-error", "primary-key")
"""Our codes for what frictionless finds too."""


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
    others: dict[int, str] = {}
    natures = ("aide en numéraire", "aide en nature", "aide en numéraire;aide en nature")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            name, code = random_.choice(bodies)
            other = random_.randrange(20_000)
            if other not in others:
                others[other] = siret(random_)
            day = f"{random_.randrange(2015, 2026)}-{random_.randrange(1, 13):02d}-{random_.randrange(1, 29):02d}"
            row = [
                *(
                    name,
                    code,
                    day,
                    f"2024-{number:07d}",
                    f"Association n° {other:06d} des amis",
                    others[other],
                    "",
                    f"Soutien au projet numéro {number}",
                ),
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


def write_workbook(path: Path, rows: int, bad: float) -> None:
    """Write the same rows as text cells of a workbook."""
    from openpyxl import Workbook

    source = path.with_suffix(".tmp.csv")
    write_file(source, rows, bad)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("subventions")
    with source.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            # A cell beyond the header gives a sheet one more column: then nothing is "too much" for us.
            sheet.append([cell or None for cell in row[: len(HEADER)]])
    book.save(path)
    source.unlink()


@dataclass
class Cost:
    """What one run of a command took: seconds, seconds of processor in its busiest process, megabytes of all."""

    wall: float
    busiest: float
    peak: float
    output: str


@dataclass
class Work:
    """One line of the table: the same work by frictionless and by us."""

    title: str
    target: str
    theirs: list[str]
    ours: list[str]
    repairs: bool = False
    rounds: int | None = None
    costs: tuple[list[Cost], list[Cost]] = field(default_factory=lambda: ([], []))

    def measure(self, rounds: int, environment: dict[str, str]) -> None:
        """Run both sides in turn."""
        for _ in range(self.rounds or rounds):
            for command, costs in zip((self.theirs, self.ours), self.costs, strict=True):
                costs.append(run(command, environment))

    def line(self) -> str:
        """Return the medians as a line of Markdown."""
        theirs, ours = self.costs
        walls, busy = (
            [statistics.median(getattr(cost, name) for cost in costs) for costs in self.costs]
            for name in ("wall", "busiest")
        )
        found = [count_errors(costs[-1].output) for costs in (theirs, ours)]
        errors = f"{found[0]:,} = {found[1]:,}" if found[0] == found[1] else f"{found[0]:,} ≠ {found[1]:,}"
        if self.repairs:
            errors = f"{found[0]:,}, {found[1]:,} after repairs"
        return (
            f"| {self.title} | {walls[0]:.2f} s | {walls[1]:.3f} s | {walls[0] / walls[1]:.1f}× "
            f"| {busy[0] / busy[1]:.1f}× | {self.target} | {max(cost.peak for cost in theirs):.0f} MB "
            f"| {max(cost.peak for cost in ours):.0f} MB | {errors} | {os.getloadavg()[0]:.1f} |"
        )


TABLE_HEAD = (
    "| work | frictionless | odl-host | wall | processor | target | its memory | our memory | errors | load |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def count_errors(output: str) -> int:
    """Return how many errors a command said that it found, of those that both sides look for."""
    documents = json.loads(output)
    found = 0
    for one in documents if isinstance(documents, list) else [documents]:
        found += one["stats"]["errors"] if "stats" in one else 0
        found += sum(entry["count"] for entry in one.get("counts", ()) if entry["code"] in BASELINE)
    return found


def run(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command and watch all its processes."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment)
        peak, seconds = 0.0, dict[int, float]()
        ended = os.pidfd_open(process.pid)  # wakes at the end itself: a small file takes few times the interval
        while not select.select([ended], [], [], SAMPLE_EVERY_S)[0]:
            peak = max(peak, watch(process.pid, seconds))
        wall = time.perf_counter() - start
        os.close(ended)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it was waited for here, for what it used
        output.seek(0)
        text = output.read().decode()
    busiest = usage.ru_utime + usage.ru_stime if len(seconds) < 2 else max(seconds.values())
    return Cost(wall, busiest, peak or usage.ru_maxrss / 1024, text)


def watch(pid: int, seconds: dict[int, float]) -> float:
    """Note the processor time of a process and of all below it; return the megabytes they hold together."""
    total = 0.0
    family = [pid]
    for one in family:
        proc = Path(f"/proc/{one}")
        try:
            fields = (proc / "stat").read_text().rpartition(")")[2].split()
            rollup = (proc / "smaps_rollup").read_text()
            family += map(int, (proc / f"task/{one}/children").read_text().split())
        except OSError:  # it has just ended
            continue
        seconds[one] = (int(fields[11]) + int(fields[12])) / TICK
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return total


def list_works(home: Path, options: argparse.Namespace, environment: dict[str, str]) -> list[Work]:
    """Generate the files, let both sides compile their modules, and return what is to be measured."""
    from odl_host.schemas.registry import load_registry

    descriptor = home / "subventions.schema.json"
    descriptor.write_text(json.dumps(load_registry(None).get_schema("scdl/subventions").descriptor))
    their_command = [str(BIN / "frictionless"), "validate", "--trusted", "--json", "--schema", str(descriptor)]
    their_command += ["--schema-sync", "--limit-errors", "1000000000"]
    our_command = [str(BIN / "odl-host"), "--json", "validate", "--schema", "scdl/subventions"]
    as_it_is = [*our_command, "--no-repair"]

    def warm(paths: list[Path]) -> list[str]:
        listed = home / f"{paths[0].stem}.json"
        listed.write_text(json.dumps([str(path) for path in paths]))
        return [sys.executable, "-c", THEIRS, str(listed), str(descriptor)]

    def wanted(name: str) -> bool:
        return options.only in (None, name)

    small = home / "small.csv"
    write_file(small, 20, 0.5)
    for command in (warm([small]), [*their_command, str(small)], [*our_command, str(small)]):
        run(command, environment)
    works: list[Work] = []
    for rows, target in ((100, "≥ 8×, ≤ 130 ms"), (10_000, "≥ 8×")):
        for bad in (0.0, 0.1) if wanted(str(rows)) else ():
            path = home / f"{rows}-{bad}.csv"
            write_file(path, rows, bad)
            title = f"{rows:,} rows, {bad:.0%} wrong, whole command"
            works.append(Work(title, target, [*their_command, str(path)], [*as_it_is, str(path)]))
            if bad:
                ours = [*our_command, str(path)]
                works.append(Work(f"{title}, repairs", "", [*their_command, str(path)], ours, repairs=True))
    if wanted("xlsx"):
        path = home / "10000.xlsx"
        write_workbook(path, 10_000, 0.1)
        works.append(Work("xlsx of 10,000 rows, 10% wrong", "≥ 10×", warm([path]), [*as_it_is, str(path)]))
    if wanted("files"):
        folder = home / "files"
        folder.mkdir()
        paths = [folder / f"{number}.csv" for number in range(options.files)]
        for number, path in enumerate(paths):
            write_file(path, 250, 0.1 if number % 3 == 0 else 0, seed=number)
        ours = [*as_it_is, "--jobs", "1", str(folder)]
        works.append(
            Work(f"{options.files:,} files of 50 KB, one core", "≥ 12×, ≤ 150 MB", warm(paths), ours, rounds=1)
        )
    for bad, bound in ((0.0, 200), (0.1, 250)) if wanted("million") else ():
        path = home / f"million-{bad}.csv"
        write_file(path, options.rows, bad)
        title = f"{options.rows:,} rows × 14, {bad:.0%} wrong, two cores"
        ours = [*as_it_is, "--jobs", "2", str(path)]
        works.append(Work(title, f"≥ 12×, aim 20×, ≤ {bound} MB", warm([path]), ours, rounds=1))
    return works


def measure_huge(home: Path, environment: dict[str, str]) -> None:
    """Validate a CSV of 1 GB and print what it took."""
    path, block = home / "huge.csv", home / "block.csv"
    write_file(block, 300_000, 0.01)
    header, _, rows = block.read_bytes().partition(b"\r\n")
    with path.open("wb") as file:
        file.write(header + b"\r\n")
        while file.tell() < 940_000_000:
            file.write(rows)
    cost = run([str(BIN / "odl-host"), "--json", "validate", str(path)], environment)
    size, read = path.stat().st_size / 1e9, json.loads(cost.output)["rows"]
    print(f"A CSV of {size:.2f} GB, {read:,} rows, repairs: {cost.wall:.0f} s, {cost.peak:.0f} MB of all processes")


def main() -> None:
    """Generate the files and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the large files")
    parser.add_argument("--rounds", type=int, default=5, help="times that the small works are measured")
    parser.add_argument("--files", type=int, default=2000, help="number of small files")
    parser.add_argument("--only", choices=("100", "10000", "xlsx", "files", "million"))
    parser.add_argument("--huge", action="store_true", help="a CSV of 1 GB alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="odl-bench-") as folder:
        home = Path(folder)
        # Compiled modules on both sides, as after an installation, and kept out of the checkout.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ODL_"))}
        environment["PYTHONPYCACHEPREFIX"] = str(home / "compiled")
        if options.huge:
            measure_huge(home, environment)
            return
        print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}\n\n{TABLE_HEAD}")
        for work in list_works(home, options, environment):
            work.measure(options.rounds, environment)
            print(work.line(), flush=True)


if __name__ == "__main__":
    main()
