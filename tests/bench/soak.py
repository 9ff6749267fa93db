"""Keeps many connections busy with reads and writes for a while, then counts errors and lost writes, and the memory.

    python tests/bench/soak.py                                   # 200 connections, 60 seconds, 2 processes
    python tests/bench/soak.py --seconds 600
    python tests/bench/soak.py --database postgresql://odl@127.0.0.1/essai

It ends with 1 when anything failed or was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.bench_catalogue import rss_mb, serve  # noqa: E402 - after the path

IDLE_S = 15.0
"""Servers close connections that say nothing for longer than this."""


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.used = 0.0

    async def ask(self, action: str, data: dict[str, Any] | None = None, query: str = "") -> tuple[int, Any]:
        if self.streams is None or time.monotonic() - self.used > IDLE_S:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        body = json.dumps(data).encode() if data is not None else b""
        method = "GET" if data is None else "POST"
        writer.write(
            f"{method} /api/3/action/{action}{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := (await reader.readline()).strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.used = time.monotonic()
        return status, json.loads(await reader.readexactly(length))


async def client(
    number: int, port: int, token: str, until: float, tally: Any, made: list[str], waited: dict[str, list[float]]
) -> None:
    chance = random.Random(number)
    writer, reader = Connection(port, token), Connection(port, "")
    own: list[str] = []
    while time.monotonic() < until:
        draw = chance.random()
        kind = "create" if draw < 0.15 or not own else "patch" if draw < 0.25 else "search" if draw < 0.6 else "show"
        started = time.perf_counter()
        try:
            if kind == "create":
                name = f"charge-{number}-{len(own)}"
                fields = {"name": name, "owner_org": "charge", "title": f"Budget {number}", "notes": "eau potable"}
                status, _ = await writer.ask("package_create", fields)
                if status == 200:
                    own.append(name)
                    made.append(name)
            elif kind == "patch":
                status, _ = await writer.ask("package_patch", {"id": chance.choice(own), "notes": f"revu {draw}"})
            elif kind == "search":
                words = quote(chance.choice(("budget", "eau", "revu", f"budget {number}", "*:*")))
                status, _ = await reader.ask("package_search", query=f"?q={words}&rows=5&start={chance.randrange(50)}")
            else:
                status, _ = await reader.ask("package_show", query=f"?id={chance.choice(own)}")
            tally[status] += 1
        except (OSError, asyncio.IncompleteReadError, IndexError, ValueError) as error:
            tally[type(error).__name__] += 1
            writer, reader = Connection(port, token), Connection(port, "")
        waited[kind].append(time.perf_counter() - started)


async def run(options: argparse.Namespace, token: str, pid: int) -> int:
    tally: collections.Counter[Any] = collections.Counter()
    made: list[str] = []
    waited: dict[str, list[float]] = collections.defaultdict(list)
    admin = Connection(options.port, token)
    await admin.ask("organization_create", {"name": "charge"})
    until = time.monotonic() + options.seconds
    work = [client(number, options.port, token, until, tally, made, waited) for number in range(options.connections)]
    tasks = [asyncio.create_task(each) for each in work]
    memory = []
    while time.monotonic() < until:
        await asyncio.sleep(min(10, max(until - time.monotonic(), 0.1)))
        memory.append(f"{rss_mb(pid):.0f}")
    await asyncio.gather(*tasks)
    lost = 0
    for name in made:
        status, _ = await admin.ask("package_show", query=f"?id={name}")
        lost += status != 200
    _, found = await admin.ask("package_search", query="?rows=0")
    count = found["result"]["count"]
    print(f"answers: {dict(tally)}")
    for kind, times in sorted(waited.items()):
        times.sort()
        middle, late, last = (times[int(len(times) * part)] for part in (0.5, 0.99, 0.999999))
        print(f"{kind:7} {len(times):6}  p50 {middle:.2f} s  p99 {late:.2f} s  slowest {last:.2f} s")
    print(f"written {len(made)}, lost {lost}, found by search {count}; memory MB every 10 s: {' '.join(memory)}")
    is_well = set(tally) <= {200} and not lost and count == len(made)
    return 0 if is_well else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=18_081)
    parser.add_argument("--database", default="", help="a PostgreSQL URL; by default SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="odl-soak-") as temporary:
        home = Path(temporary)
        (home / "tenants").mkdir()
        database = f'database = "{options.database}"\n' if options.database else ""
        manifest = f'url = "http://127.0.0.1:{options.port}"\n[catalogue]\n{database}'
        (home / "tenants" / "charge.toml").write_text(manifest)
        from odl_host.config import Home
        from odl_host.server.sites import create_token, ensure_sysadmin
        from odl_host.tenants import load_tenant
        from odl_host.wiring import open_site

        site = open_site(load_tenant(Home(home), "charge"))
        token = create_token(site, ensure_sysadmin(site), "soak")
        site.close()
        server, _ = serve(home, options.port, options.workers)
        try:
            print(f"{options.connections} connections, {options.seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
            return asyncio.run(run(options, token, server.pid))
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    sys.exit(main())
