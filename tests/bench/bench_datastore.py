"""Measures the row API beside a real CKAN's DataStore: rows written and searches answered per second, as ratios.

    python tests/bench/bench_datastore.py --ckan http://127.0.0.1:5000 --token TOKEN

It is a script, not a test: what it prints depends on the machine, whose load it prints too. Calls on both alternate and
only ratios of one run count. Both have two worker processes. Searches are measured with wrk at 8 connections; each
request has another page at least, so that no answer is given twice ("again" has one address, and may be kept).
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.bench_catalogue import Side, serve  # noqa: E402 - after the path

ROWS = 10_000
BATCH = 1_000
FIELDS = [{"id": f"c{n}", "type": "text" if n % 2 else "int"} for n in range(10)]
SEARCHES = {
    "datastore_search, 100 rows": "",
    "datastore_search, 10 rows": "&limit=10",
    "datastore_search, pages of one filter": '&filters={"c2":{"lt":2000}}&limit=10',
    "datastore_search, another filter each time": '&filters={"c2":{"lt":NUMBER}}&limit=10',
    "datastore_search, pages of one sort": "&sort=c1&limit=10",
    "datastore_search, another filter and sort each time": '&filters={"c2":{"gt":NUMBER}}&sort=cDIGIT WAY&limit=10',
    "datastore_search, pages of one q": "&q=arbre&limit=10",
    "datastore_search, other words each time": "&q=planté NUMBER&limit=10",
}
TARGETS = {"insert": 3, "upsert": 3, "upsert, one row": 3} | dict.fromkeys(SEARCHES, 10)
OTHER_EACH_TIME = """
math.randomseed({seed})
request = function()
  local path = "{path}&offset=" .. math.random(0, 900) .. "&total_estimation_threshold=" .. math.random(1, 1e9)
  path = path:gsub("NUMBER", math.random(1, 9999)):gsub("DIGIT", math.random(0, 9))
  path = path:gsub("WAY", math.random(2) == 1 and "asc" or "desc")
  return wrk.format("GET", path)
end
"""


def record(number: int) -> dict[str, Any]:
    """One row: texts and numbers; every fifth speaks of a tree."""
    values: dict[str, Any] = {f"c{n}": f"valeur {number} {n}" if n % 2 else number * n for n in range(10)}
    values["c0"] = number
    if number % 5 == 0:
        values["c9"] = f"un arbre planté le {number}"
    return values


def per_second(url: str, path: str, *, varies: bool, seed: int) -> float:
    """Return the answers per second at 8 connections."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(OTHER_EACH_TIME.format(seed=seed, path=path) if varies else "")
        script.flush()
        command = ["wrk", "-t1", "-c8", "-d4s", "-s", script.name, f"{url}{path}"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    if "Non-2xx" in ran.stdout:
        raise SystemExit(f"{url}{path} answers with errors:\n{ran.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", ran.stdout)
    assert found
    return float(found[1])


def prepare(side: Side) -> str:
    """Make an organization, a dataset and a resource with an empty table, and return the resource's id."""
    side.connection.close()  # a server ends one that was quiet for the length of the searches; it opens again by itself
    if not side.owner:
        side.owner = side.call("organization_create", {"name": side.prefix})["id"]
    name = f"{side.prefix}-{time.monotonic_ns()}"
    dataset = side.call("package_create", {"name": name, "owner_org": side.owner})
    table = {"resource": {"package_id": dataset["id"]}, "fields": FIELDS, "primary_key": "c0"}
    return str(side.call("datastore_create", table)["resource_id"])


def measure(side: Side, round_number: int) -> dict[str, float]:
    """Return what this side did per second, by work."""
    rates = {}
    resource = prepare(side)
    for method in ("insert", "upsert"):
        started = time.perf_counter()
        for first in range(0, ROWS, BATCH):
            records = [record(number) for number in range(first, first + BATCH)]
            side.call("datastore_upsert", {"resource_id": resource, "method": method, "records": records})
        rates[method] = ROWS / (time.perf_counter() - started)
    started = time.perf_counter()
    for number in range(50):
        side.call("datastore_upsert", {"resource_id": resource, "records": [record(number)]})
    rates["upsert, one row"] = 50 / (time.perf_counter() - started)
    for what, parameters in SEARCHES.items():
        path = f"/api/3/action/datastore_search?resource_id={resource}{quote(parameters, safe='&=')}"
        rates[what] = per_second(side.url, path, varies=True, seed=round_number)
    path = f"/api/3/action/datastore_search?resource_id={resource}"
    rates["the same search again"] = per_second(side.url, path, varies=False, seed=0)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ckan", required=True, help="a real CKAN with its DataStore")
    parser.add_argument("--token", required=True, help="the API token of its sysadmin")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18_081)
    options = parser.parse_args()
    print(f"{ROWS} rows of 10 columns; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="odl-bench-") as folder:
        home, url = Path(folder), f"http://127.0.0.1:{options.port}"
        (home / "tenants").mkdir()
        (home / "tenants" / "essai.toml").write_text(
            f'title = "Essai"\nurl = "{url}"\n[catalogue]\nkind = "embedded"\n'
        )
        made = subprocess.run(
            [sys.executable, "-m", "odl_host", "--home", folder, "--json", "token", "create", "--sysadmin"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        server, _ = serve(home, options.port, 2)
        try:
            token = re.search(r'"token": ?"([^"]+)"', made.stdout)
            assert token, made.stdout
            sides = (Side("CKAN", options.ckan, options.token), Side("ours", url, token[1]))
            rates: dict[str, dict[str, list[float]]] = {}
            for round_number in range(options.rounds):
                for side in sides:
                    for what, rate in measure(side, round_number).items():
                        rates.setdefault(what, {}).setdefault(side.name, []).append(rate)
        finally:
            server.terminate()
            server.wait(30)
    print("\n| work, per second | CKAN | ours | ratio | target |\n|---|---|---|---|---|")
    for what, by_side in rates.items():
        there, here = statistics.median(by_side["CKAN"]), statistics.median(by_side["ours"])
        target = f"≥ {TARGETS[what]} ×" if what in TARGETS else ""
        print(f"| {what} | {there:.0f} | {here:.0f} | {here / there:.1f} × | {target} |")
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
