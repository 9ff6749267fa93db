"""Measures a night: validating and publishing a département's deposit, beside frictionless and ckanapi on a real CKAN.

    python tests/bench/bench_publish.py                          # embedded: 2,000 files, then 10,000, then again
    python tests/bench/bench_publish.py --files 400 --many 0     # a quick look
    ODL_TEST_CKAN_URL=… ODL_TEST_CKAN_TOKEN=… python tests/bench/bench_publish.py --many 0 --ckan 200

It is a script, not a test: what it prints depends on the machine, whose load it prints too. Whole processes are
measured, start and imports included. "wall" is what a person waits, "processor" the time of all processes together,
"peak" their memory together (proportional set size). With `--ckan N` N files, as many to a commune, go to the CKAN by
`odl-host publish`, by frictionless and ckanapi one file after the other, and by `ckanapi load datasets -p 2` with
uploads; then by the first two with their rows, since a published table of the embedded catalogue can be queried at
once; what each made there is purged. The embedded catalogue publishes the same N files in the same run, and its rate
and that of `--files` stand beside each peer's.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.deposits import communes_for, lay_deposit  # noqa: E402 - after the path

TICK = os.sysconf("SC_CLK_TCK")

PEER = """
import csv, itertools, json, sys, warnings
warnings.simplefilter("ignore")
import ckanapi
from frictionless import Detector, Schema, formats, system, Dialect
from frictionless.resources import TableResource
system.trusted = True
job = json.load(open(sys.argv[1]))
TYPES = {"integer": "int", "number": "numeric", "date": "date", "datetime": "timestamp", "boolean": "bool"}

def load_rows(ckan, resource_id, file):
    kinds = {field["name"]: TYPES.get(field["type"], "text") for field in file["schema"]["fields"]}
    words = {field["name"]: {word: value for value, key in ((True, "trueValues"), (False, "falseValues"))
                             for word in field.get(key, ())} for field in file["schema"]["fields"]}
    with open(file["path"], encoding="utf-8", newline="") as content:
        rows = csv.DictReader(content)
        fields = [{"id": name, "type": kinds.get(name, "text")} for name in rows.fieldnames]
        records = ({name: words.get(name, {}).get(cell, cell or None) for name, cell in row.items()} for row in rows)
        batch = list(itertools.islice(records, job["batch_rows"]))
        ckan.action.datastore_create(resource_id=resource_id, fields=fields, records=batch, force=True)
        while batch := list(itertools.islice(records, job["batch_rows"])):
            ckan.action.datastore_upsert(resource_id=resource_id, records=batch, method="insert", force=True)

with ckanapi.RemoteCKAN(job["url"], apikey=job["token"]) as ckan:
    datasets = {}
    for file in job["files"]:
        schema = Schema.from_descriptor(file["schema"])
        report = TableResource(path=file["path"], encoding="utf-8", schema=schema,
                               dialect=Dialect(controls=[formats.CsvControl(delimiter=",")]),
                               detector=Detector(schema_sync=True)).validate(limit_errors=0)
        assert report.valid, report.to_summary()
        if file["dataset"] not in datasets:
            name, owner = file["dataset"], file["organization"]
            made = ckan.action.package_create(name=name, title=name, owner_org=owner)
            datasets[file["dataset"]] = made["id"]
        with open(file["path"], "rb") as content:
            made = ckan.action.resource_create(package_id=datasets[file["dataset"]], name=file["name"], format="CSV",
                                               upload=content)
        if job["rows"]:
            load_rows(ckan, made["id"], file)
"""
"""What a careful person writes: one warm process, each file validated, then uploaded, then its rows where asked for."""

PEER_BATCH_ROWS = 5_000
TARGET_RATIO = 30
"""How many times the peer's rate the embedded catalogue's is to be."""


@dataclass
class Measure:
    """One command: seconds waited, seconds of processors, megabytes at the most."""

    wall_s: float
    processor_s: float
    peak_mb: float
    output: str


def measure(arguments: list[str], **env: str) -> Measure:
    """Run a command and watch it with all the processes that it starts."""
    start = time.monotonic()
    peak = 0.0
    spent: dict[int, float] = {}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(arguments, env={**os.environ, **env}, stdout=out, stderr=err, cwd=ROOT)
        while process.poll() is None:
            total = 0.0
            for pid in family(process.pid):
                total += memory_mb(pid)
                spent[pid] = max(spent.get(pid, 0.0), processor_s(pid))
            peak = max(peak, total)
            time.sleep(0.1)
        wall = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        if process.returncode not in (0, 6):
            sys.exit(f"{arguments[:3]} ended with {process.returncode}\n{out.read()}\n{err.read()}")
        return Measure(wall, sum(spent.values()), peak, out.read())


def family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def memory_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1]) / 1024
    except (OSError, StopIteration):
        return 0.0


def processor_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    except OSError:
        return 0.0


WITHOUT_ROWS = "datastore = false\n"


class Host:
    """A home with a tenant of 273 communes."""

    def __init__(self, home: Path, *, ckan: tuple[str, str] | None = None) -> None:
        self.home = home
        home.mkdir()
        self.name = f"bench-{uuid.uuid4().hex[:6]}"
        self.env = {"ODL_HOME": str(home), "LANG": "C.UTF-8"}
        self("init", self.name, "--department", "73")
        if ckan:
            url, token = ckan
            (home / "token").write_text(token)
            manifest = home / "tenants" / f"{self.name}.toml"
            # The peers load no rows at first: neither do we, the work is the same.
            point = f'kind = "ckan"\nurl = "{url}"\ntoken_file = "{home / "token"}"\n{WITHOUT_ROWS}'
            manifest.write_text(manifest.read_text("utf-8").replace('kind = "embedded"\n', point, 1), "utf-8")
        self("provision")
        self("add-commune", "--department", "73")

    @property
    def deposit(self) -> Path:
        return self.home / "data" / self.name / "deposit"

    def load_rows(self) -> None:
        """From now on load the rows of tables into the CKAN too."""
        manifest = self.home / "tenants" / f"{self.name}.toml"
        manifest.write_text(manifest.read_text("utf-8").replace(WITHOUT_ROWS, "", 1), "utf-8")

    def __call__(self, *arguments: str) -> Measure:
        return measure([sys.executable, "-m", "odl_host", *arguments], **self.env)


def report(title: str, done: Measure, files: int, **more: Any) -> None:
    extra = "".join(f", {key} {value}" for key, value in more.items())
    print(
        f"| {title} | {files} | {done.wall_s:.1f} s | {done.processor_s:.1f} s | {files / done.wall_s:.0f}/s | "
        f"{done.peak_mb:.0f} MB |{extra}",
        flush=True,
    )


def embedded(folder: Path, files: int, label: str, *, most_communes: int = 273) -> float:
    """Publish a new night, then the same again, on the embedded catalogue; return files per second of the first."""
    host = Host(folder / f"embedded-{files}")
    lay_deposit(host.deposit, files, most_communes=most_communes)
    time.sleep(3)  # the hash of a file that was written this instant is not remembered
    first = host("--json", "publish")
    counts = json.loads(first.output)["counts"]
    assert counts["published"] == files, counts
    report(f"{label}: new", first, files)
    calls = count_calls(host)
    again = host("--json", "publish")
    counts = json.loads(again.output)["counts"]
    assert counts["unchanged"] == files, counts
    report(f"{label}: the same night again", again, files, **calls)
    shutil.rmtree(host.home)
    return files / first.wall_s


def count_calls(host: Host) -> dict[str, int]:
    """Count what a night without changes asks of the catalogue."""
    code = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from odl_host.config import Home, Settings\n"
        "from odl_host.pipeline.context import RunContext\n"
        "from odl_host.pipeline.run import publish_deposit\n"
        "from odl_host.tenants import list_tenants\n"
        "from odl_host.wiring import open_catalogue\n"
        "from pathlib import Path\n"
        "(tenant,) = list_tenants(Home(Path(sys.argv[1])))\n"
        "calls = []\n"
        "with open_catalogue(tenant, Settings()) as catalogue:\n"
        "    call = catalogue.call_action\n"
        "    catalogue.call_action = lambda name, *rest: calls.append(name) or call(name, *rest)\n"
        "    context = RunContext(tenant, catalogue, Settings(), datetime.now(UTC))\n"
        "    publish_deposit(context, tenant.deposit, command='bench', progress=lambda *_: None)\n"
        "    found = call('package_search', {'rows': 0, 'include_drafts': True, 'include_private': True})\n"
        "reads = sum(name.endswith(('_show', '_list', '_search')) for name in calls)\n"
        "print(len(calls), len(calls) - reads, found['count'])\n"
    )
    out = measure([sys.executable, "-c", code, str(host.home)]).output
    calls, writes, datasets = map(int, out.split())
    return {"calls": calls, "writes": writes, "datasets": datasets}


def on_ckan(folder: Path, files: int, url: str, token: str, rates: dict[str, float]) -> None:
    """The same files, several ways, on a real CKAN; `rates`: files per second of the embedded catalogue, by work."""
    import ckanapi

    host = Host(folder / "ckan", ckan=(url, token))
    lay_deposit(host.deposit, files, most_communes=communes_for(files))
    with ckanapi.RemoteCKAN(url, apikey=token) as ckan:
        ours, items = publish_to_ckan(host, files, "CKAN: odl-host publish")
        report("CKAN: the same night again", host("--json", "publish"), files)
        purge(ckan, {item["dataset"] for item in items})
        peer = run_peer(folder, host, items, url, token, rows=False)
        purge(ckan, {file["dataset"] for file in peer_files(host, items)})
        load = run_load(folder, host, items, url, token)
        purge(ckan, {f"{file['dataset']}-load"[:100] for file in peer_files(host, items)})
        host.load_rows()
        ours_rows, _ = publish_to_ckan(host, files, "CKAN: odl-host publish, with rows")
        purge(ckan, {item["dataset"] for item in items})
        peer_rows = run_peer(folder, host, items, url, token, rows=True)
        purge(ckan, {file["dataset"] for file in peer_files(host, items)})
    print("\n| odl-host on this CKAN, beside | ratio |\n|---|---|")
    print(f"| frictionless + ckanapi | {peer.wall_s / ours.wall_s:.2f}x |")
    print(f"| ckanapi load -p 2 with uploads | {load.wall_s / ours.wall_s:.2f}x |")
    print(f"| frictionless + ckanapi, with rows (ours too) | {peer_rows.wall_s / ours_rows.wall_s:.2f}x |")
    print(f"\n| embedded, rows can be queried | rate | beside | its rate | ratio (target {TARGET_RATIO}) |")
    print("|---|---|---|---|---|")
    for work, rate in rates.items():
        for name, done in (("files only", peer), ("files and rows", peer_rows)):
            pace = files / done.wall_s
            print(f"| {work} | {rate:.0f}/s | frictionless + ckanapi, {name} | {pace:.1f}/s | {rate / pace:.1f}x |")


def publish_to_ckan(host: Host, files: int, title: str) -> tuple[Measure, list[dict[str, Any]]]:
    done = host("--json", "publish")
    items = json.loads(done.output)["items"]
    assert all(item["outcome"] == "published" for item in items), json.loads(done.output)["counts"]
    report(title, done, files)
    return done, items


def run_peer(folder: Path, host: Host, items: list[dict[str, Any]], url: str, token: str, *, rows: bool) -> Measure:
    job = {"url": url, "token": token, "files": list(peer_files(host, items)), "rows": rows}
    (folder / "peer.json").write_text(json.dumps({**job, "batch_rows": PEER_BATCH_ROWS}))
    done = measure([sys.executable, "-c", PEER, str(folder / "peer.json")])
    report(f"CKAN: frictionless + ckanapi{', with rows' if rows else ''}", done, len(items))
    return done


def run_load(folder: Path, host: Host, items: list[dict[str, Any]], url: str, token: str) -> Measure:
    lines = folder / "datasets.jsonl"
    with served(host.deposit) as address:
        lines.write_text("".join(f"{json.dumps(one)}\n" for one in load_lines(address, items)))
        program = folder / "ckanapi"  # ckanapi starts its workers by this name
        program.write_text(f"#!{sys.executable}\nfrom ckanapi.cli.main import main\nimport sys\nsys.exit(main())\n")
        program.chmod(0o755)
        options = ["-I", str(lines), "-p", "2", "-r", url, "-a", token, "--upload-resources"]
        done = measure([str(program), "load", "datasets", *options], PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    report("CKAN: ckanapi load -p 2 with uploads (no validation)", done, len(items))
    return done


def purge(ckan: Any, names: set[str]) -> None:
    for name in names:
        ckan.action.dataset_purge(id=name)


def peer_files(host: Host, items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    from odl_host.schemas.registry import load_registry

    registry = load_registry(None)
    for item in items:
        schema = registry.get_schema(item["schema"])
        yield {
            "path": str(host.deposit / item["path"]),
            "name": item["path"],
            "dataset": f"{item['dataset']}-peer"[:100],
            "organization": item["member"],
            "schema": schema.descriptor,
        }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder: `ckanapi load` fetches what it uploads."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: Any) -> None:
        pass


def load_lines(address: str, items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    datasets: dict[str, dict[str, Any]] = {}
    for item in items:
        name = f"{item['dataset']}-peer-load"[:100]
        dataset = datasets.setdefault(name, {"name": name, "title": name, "owner_org": item["member"], "resources": []})
        url = f"{address}/{item['path']}"
        resource = {"id": str(uuid.uuid4()), "name": item["path"], "format": "CSV", "url_type": "upload", "url": url}
        dataset["resources"].append(resource)
    yield from datasets.values()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000, help="files of the new night")
    parser.add_argument("--many", type=int, default=10_000, help="files of the large night; 0 leaves it out")
    parser.add_argument("--ckan", type=int, default=0, help="files that go to the real CKAN; 0 leaves it out")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n")
    print("| work | files | wall | processor | rate | peak |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="odl-bench-") as name:
        folder = Path(name)
        rates: dict[str, float] = {}
        if options.files:
            rates[f"{options.files} files"] = embedded(folder, options.files, "embedded")
        if options.many:
            embedded(folder, options.many, "embedded, large")
        if options.ckan:
            if options.ckan != options.files:
                rate = embedded(
                    folder, options.ckan, "embedded, the CKAN's files", most_communes=communes_for(options.ckan)
                )
                rates[f"the same {options.ckan} files"] = rate
            on_ckan(folder, options.ckan, os.environ["ODL_TEST_CKAN_URL"], os.environ["ODL_TEST_CKAN_TOKEN"], rates)
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
