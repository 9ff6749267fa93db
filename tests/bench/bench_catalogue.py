"""Measures the catalogue: search over a synthetic France, start, memory, reindexing, and its work beside a real CKAN.

    python tests/bench/bench_catalogue.py                                    # 35,000 datasets
    python tests/bench/bench_catalogue.py --datasets 350000                  # all of France (minutes)
    python tests/bench/bench_catalogue.py --ckan http://127.0.0.1:5000 --token TOKEN    # the same calls on both

It is a script, not a test: what it prints depends on the machine, whose load it prints too. Only ratios taken in one
run count. Calls on both alternate; requests per second are measured with wrk where it is installed. Ours is served as
`odl-host serve` does it where nothing else is asked for: by one process. `ckanapi load` has about six seconds of work
on either side: it takes half a second to start, a fifth of what 1,000 datasets would take here. Its two processes work
longer on a dataset than our server: what they reach on one that does nothing (`idle_server`), and on one that does no
more than keep what it is sent, stands beside.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.synthetic_france import SUBJECTS, TAGS, build  # noqa: E402 - after the path

FACETS = '["organization","tags","res_format","license_id"]'
SEARCHES = 300
BOUNDARY = "odl-bench-boundary"
REINDEX = """
import resource, sys, time
from pathlib import Path
from odl_host.server.sites import open_site
from odl_host.storage.local import LocalStorage
folder = Path(sys.argv[1])
site = open_site(name="f", title="", url="http://x", description="", data_dir=folder, storage=LocalStorage(folder))
started = time.monotonic()
count = site.index.rebuild()
print(count, time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


class Side:
    """One catalogue over HTTP."""

    def __init__(self, name: str, url: str, token: str) -> None:
        self.name, self.url, self.token = name, url.rstrip("/"), token
        parts = urlsplit(self.url)
        # The standard library's client: a heavier one would hide the server.
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)
        self.owner = ""
        self.prefix = f"banc-{uuid.uuid4().hex[:8]}"

    def call(self, action: str, data: dict[str, Any] | None = None, file: bytes | None = None) -> Any:
        headers = {"Authorization": self.token, "Content-Type": "application/json"}
        body = json.dumps(data or {}).encode()
        if file is not None:
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            fields = [f'name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in (data or {}).items()]
            fields.append(b'name="upload"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n' + file + b"\r\n")
            opening = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
            body = b"".join(opening + field for field in fields) + f"--{BOUNDARY}--\r\n".encode()
        self.connection.request("POST", f"/api/3/action/{action}", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{self.name}: {action} answered {answer.status}: {text[:300]!r}")
        return json.loads(text)["result"]


def milliseconds(values: list[float]) -> str:
    ordered = sorted(values)
    middle, last = statistics.median(ordered), ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
    return f"p50 {middle * 1000:.1f} ms, p99 {last * 1000:.1f} ms"


def resident_mb(pid: int) -> float:
    """Return what a process and its children hold that they do not share, and their part of what they do (PSS)."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    total = 0.0
    for each in [str(pid), *children]:
        text = Path(f"/proc/{each}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) / 1024 if found else 0.0
    return total


def rss_mb(pid: int) -> float:
    children = subprocess.run(["ps", "-o", "rss=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    own = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True).stdout.split()
    return sum(map(int, [*own, *children])) / 1024


def serve(home: Path, port: int, workers: int) -> tuple[subprocess.Popen[bytes], float]:
    """Start the server and return it with the seconds to its first answer."""
    arguments = ["--home", str(home), "serve", "--port", str(port), "--workers", str(workers)]
    return start(["-m", "odl_host", *arguments], port, {**os.environ, "ODL_HOME": str(home)})


def start(arguments: Sequence[str], port: int, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], float]:
    """Start a server in Python and return it with the seconds to its first answer."""
    started = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, *arguments], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment
    )
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request("GET", "/api/3/action/package_show?id=jeu-1")
            connection.getresponse().read()
            return server, time.monotonic() - started
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()


def search_times(url: str, params: Callable[[random.Random], dict[str, Any]]) -> list[float]:
    """Return the seconds of searches that all differ, one after the other on one connection."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    chance = random.Random(7)
    times = []
    for number in range(SEARCHES + 10):
        address = f"/api/3/action/package_search?{urlencode(params(chance))}"
        started = time.perf_counter()
        connection.request("GET", address)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{address}: {body[:300]!r}")
        if number >= 10:
            times.append(time.perf_counter() - started)
    connection.close()
    return times


def words_and_facets(chance: random.Random) -> dict[str, Any]:
    words = chance.choice(SUBJECTS).split()
    query = {"q": chance.choice(words), "facet.field": FACETS, "rows": 20, "start": chance.randrange(40)}
    if chance.random() < 0.5:
        query["fq"] = f'tags:"{chance.choice(TAGS)}"' if chance.random() < 0.5 else "res_format:CSV"
    return query


def everything_and_facets(chance: random.Random) -> dict[str, Any]:
    return {"q": "*:*", "facet.field": FACETS, "rows": 20, "start": chance.randrange(100_000)}


def requests_per_s(url: str, path: str) -> float:
    """Return requests per second at 8 connections, 0 without wrk."""
    if shutil.which("wrk") is None:
        return 0.0
    ran = subprocess.run(["wrk", "-t1", "-c8", "-d5s", f"{url}{path}"], capture_output=True, text=True, check=True)
    if "Non-2xx" in ran.stdout:
        raise SystemExit(f"{url}{path} answers with errors:\n{ran.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", ran.stdout)
    return float(found[1]) if found else 0.0


def measure_scale(site_folder: Path, home: Path, port: int) -> None:
    lines: list[tuple[str, str, str]] = []
    ran = subprocess.run(
        [sys.executable, "-c", REINDEX, str(site_folder)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    count, seconds, peak = ran.stdout.split()
    lines.append(
        ("full reindex", f"{float(seconds):.1f} s for {count}, peak {float(peak):.0f} MB", "350,000 in ≤ 180 s")
    )
    server, ready = serve(home, port, 1)
    url = f"http://127.0.0.1:{port}"
    try:
        lines.append(("start to first answer", f"{ready:.2f} s", "≤ 1 s"))
        lines.append(("memory after the first answer (RSS)", f"{rss_mb(server.pid):.0f} MB", ""))
        times = search_times(url, words_and_facets)
        lines.append(("package_search, words and 4 facets", milliseconds(times), "p50 ≤ 20, p99 ≤ 60 ms"))
        times = search_times(url, everything_and_facets)
        lines.append(("package_search, everything and 4 facets", milliseconds(times), ""))
        times = search_times(url, lambda chance: {"q": f"name:jeu-{chance.randrange(30_000)}"})
        lines.append(("package_search, one name", milliseconds(times), ""))
        for name, path in PATHS.items():
            lines.append((f"{name}, requests/s at 8 connections", f"{requests_per_s(url, path):.0f}", ""))
        memory = f"RSS {rss_mb(server.pid):.0f} MB, PSS {resident_mb(server.pid):.0f} MB"
        lines.append(("memory after all of this", memory, "≤ 500 MB"))
    finally:
        server.terminate()
        server.wait(30)
    print("\n| measure | here | target |\n|---|---|---|")
    for line in lines:
        print("| " + " | ".join(line) + " |")


PATHS = {
    "package_show": "/api/3/action/package_show?id=jeu-7",
    "package_search": "/api/3/action/package_search?q=budget&rows=10",
}


LOADED = "ckanapi load -p 2"
IDLE = {
    f"{LOADED} into nothing": False,
    f"{LOADED} into one table": True,
}
"""What the client reaches by itself (`idle_server`), and whether what it sends is kept."""


def beside(ours: Side, theirs: Side, rounds: int, idle_port: int) -> None:
    """Run the same calls on both, alternating, and print the ratios."""
    targets = {
        "package_create": "≥ 30 ×",
        LOADED: "≥ 20 ×",
        "50 KB upload": "≥ 20 ×",
        "package_show req/s": "≥ 20 ×",
        "package_search req/s": "≥ 15 ×",
    }
    rates: dict[str, dict[str, list[float]]] = {}

    def note(what: str, side: Side, rate: float) -> None:
        rates.setdefault(what, {}).setdefault(side.name, []).append(rate)

    content = b"a;b;c\n" + b"1;2;3\n" * 8_500
    for side in (ours, theirs):
        side.owner = side.call("organization_create", {"name": side.prefix})["id"]
        side.call("package_create", {"name": f"{side.prefix}-fichiers", "owner_org": side.owner, "title": "Budget"})
    for round_number in range(rounds):
        for side in (ours, theirs):
            side.connection.close()  # while the other worked, the server has closed it; it opens again by itself
            calls = 60 if side is theirs else 300
            started = time.perf_counter()
            for number in range(calls):
                side.call("package_create", dataset(side, f"{round_number}-{number}"))
            note("package_create", side, calls / (time.perf_counter() - started))
            note(LOADED, side, load(side, round_number))
            side.connection.close()
            side.call("package_show", {"id": last_loaded(side, round_number)})  # or else it has loaded nothing
            calls = 30 if side is theirs else 150
            started = time.perf_counter()
            for _ in range(calls):
                side.call("resource_create", {"package_id": f"{side.prefix}-fichiers", "name": "f"}, content)
            note("50 KB upload", side, calls / (time.perf_counter() - started))
            shown = f"/api/3/action/package_show?id={side.prefix}-0-1"
            note("package_show req/s", side, requests_per_s(side.url, shown))
            note("package_search req/s", side, requests_per_s(side.url, PATHS["package_search"]))
        for what, is_kept in IDLE.items():
            note(what, theirs, rates[LOADED][theirs.name][-1])
            note(what, ours, load_idle(idle_port, round_number, is_kept=is_kept))
    print("\n| work, per second | CKAN | ours | ratio | target |\n|---|---|---|---|---|")
    for what, by_side in rates.items():
        there, here = statistics.median(by_side[theirs.name]), statistics.median(by_side[ours.name])
        ratio = f"{here / there:.1f} ×" if there else "no wrk"
        print(f"| {what} | {there:.1f} | {here:.1f} | {ratio} | {targets.get(what, '')} |")


def dataset(side: Side, suffix: str) -> dict[str, Any]:
    """A dataset as a town hall's is described: every field that a form asks for, and one file."""
    return {
        "name": f"{side.prefix}-{suffix}",
        "title": f"Budget {suffix}",
        "notes": "Budget primitif voté par le conseil municipal. " * 5,
        "owner_org": side.owner,
        "license_id": "odc-odbl",
        "author": "Mairie",
        "maintainer": "Secrétariat",
        "tags": [{"name": "budget"}, {"name": "finances"}, {"name": "comptes"}],
        "extras": [{"key": "frequency", "value": "annual"}, {"key": "contact", "value": f"bureau {suffix}"}],
        "resources": [
            {
                "name": "fichier",
                "url": "https://exemple.fr/a.csv",
                "format": "CSV",
                "description": "Le budget, par article",
            }
        ],
    }


def load(side: Side, round_number: int) -> float:
    """Load new datasets into a catalogue and return how many it took per second."""
    count = loaded_count(side)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "datasets.jsonl"
        file.write_text(
            "".join(json.dumps(dataset(side, f"l{round_number}-{number}")) + "\n" for number in range(count))
        )
        started = time.perf_counter()
        subprocess.run(
            ["ckanapi", "load", "datasets", "-I", str(file), "-p", "2", "-q", "-r", side.url, "-a", side.token],
            check=True, capture_output=True,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        return count / (time.perf_counter() - started)


def loaded_count(side: Side) -> int:
    return 3000 if side.name == "ours" else 150


def last_loaded(side: Side, round_number: int) -> str:
    return f"{side.prefix}-l{round_number}-{loaded_count(side) - 1}"


def load_idle(port: int, round_number: int, *, is_kept: bool) -> float:
    """Load as many datasets as into ours into a server that does nothing of what a catalogue does."""
    with tempfile.TemporaryDirectory() as folder:
        script = str(Path(__file__).with_name("idle_server.py"))
        server, _ = start([script, str(port), *[folder] * is_kept], port, os.environ)
        try:
            return load(Side("ours", f"http://127.0.0.1:{port}", "x" * 150), round_number)
        finally:
            server.terminate()
            server.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=35_000)
    parser.add_argument("--home", type=Path, help="keep the catalogue here, and use it again")
    parser.add_argument("--ckan", help="a real CKAN to measure beside")
    parser.add_argument("--token", help="the API token of its sysadmin")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-scale", action="store_true", help="only the work beside the real CKAN")
    parser.add_argument("--port", type=int, default=18_080)
    parser.add_argument("--workers", type=int, default=1, help="processes that serve ours beside the real CKAN")
    options = parser.parse_args()
    print(f"{options.datasets} datasets; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="odl-bench-") as temporary:
        home = options.home or Path(temporary)
        (home / "tenants").mkdir(parents=True, exist_ok=True)
        url = f"http://127.0.0.1:{options.port}"
        (home / "tenants" / "france.toml").write_text(
            f'title = "France"\nurl = "{url}"\n[catalogue]\nkind = "embedded"\n'
        )
        started = time.monotonic()
        site = build(home / "data" / "france", url, options.datasets)
        from odl_host.server.sites import create_token, ensure_sysadmin

        token = create_token(site, ensure_sysadmin(site), "bench")
        site.close()
        print(f"built in {time.monotonic() - started:.0f} s")
        if not options.skip_scale:
            measure_scale(home / "data" / "france", home, options.port)
        if options.ckan:
            server, _ = serve(home, options.port, options.workers)
            try:
                ours, theirs = Side("ours", url, token), Side("CKAN", options.ckan, options.token)
                beside(ours, theirs, options.rounds, options.port + 1)
            finally:
                server.terminate()
                server.wait(30)
        print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
