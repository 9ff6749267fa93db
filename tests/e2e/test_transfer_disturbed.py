"""An import or an export that is stopped, in whatever way, goes on by the same command as if nothing had been."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from odl_host.catalogue.source import fetch
from odl_host.errors import Unavailable
from tests.e2e.conftest import CommandLine
from tests.e2e.faulty import FaultyProxy
from tests.e2e.test_serve import start
from tests.e2e.test_transfer_whole import contents, dataset, fill, new_home, write
from tests.ports import free_port

GENEROUS_S = 60


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """What a filled catalogue exports."""
    odl = new_home(tmp_path / "depart")
    fill(odl, tmp_path / "envoi")
    odl("export", tmp_path / "sortie", "--files")
    return tmp_path / "sortie"


def assert_whole(odl: CommandLine, dump: Path, again: Path) -> None:
    odl("export", again, "--files")
    before, after = (
        {name: re.sub(rb'"last_active":("[^"]*"|null)', b"", content) for name, content in contents(folder).items()}
        for folder in (dump, again)
    )
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == set()


def test_an_import_that_is_killed_goes_on(dump: Path, tmp_path: Path) -> None:
    odl = new_home(tmp_path / "arrivee")
    running = subprocess.Popen(
        odl.arguments("import", "--from", dump), env=odl.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    journals = tmp_path / "arrivee" / "data" / "essai" / "imports"
    deadline = time.monotonic() + GENEROUS_S
    while running.poll() is None and not list(journals.glob("*")) and time.monotonic() < deadline:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.wait()
    odl("import", "--from", dump)
    assert_whole(odl, dump, tmp_path / "encore")


def test_a_target_that_fails_costs_calls_and_no_object(dump: Path, tmp_path: Path) -> None:
    odl = new_home(tmp_path / "arrivee")
    port = free_port()
    odl.env["TARGET_TOKEN"] = odl("--json", "token", "create", "--sysadmin").json["token"]
    server = start(odl, port, workers=1)
    try:
        with FaultyProxy(f"http://127.0.0.1:{port}", delay_s=0, seed=7) as proxy:
            proxy.rate = 0.05
            arguments = ("import", "--from", dump, "--to", proxy.url, "--to-token-env", "TARGET_TOKEN")
            for _ in range(40):
                run = odl(*arguments, code=None)
                if run.code == 0:
                    break
                assert run.code in (5, 6), run.stderr
                assert "run the same command again" in run.stdout + run.stderr
            assert run.code == 0
            assert proxy.happened.total() > proxy.happened[""]
    finally:
        server.terminate()
        server.wait(GENEROUS_S)
        assert server.stderr is not None
        server.stderr.close()
    assert_whole(odl, dump, tmp_path / "encore")


def limited(odl: CommandLine, size_bytes: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command that may write no file longer than this: to it, a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))

    return subprocess.run(
        odl.arguments(*arguments), env=odl.env, capture_output=True, text=True, check=False, preexec_fn=limit,
        timeout=GENEROUS_S,
    )  # fmt: skip


def test_a_full_disk_is_told_once_and_the_same_command_goes_on(odl: CommandLine, tmp_path: Path) -> None:
    odl("init", "essai", "--commune", "73065")
    odl("db", "check")
    key = "2c0ff5cc-2c77-44a5-9d0c-6d9c1f1c7a53"
    file = {"id": key, "url": f"http://127.0.0.1:8000/dataset/d/resource/{key}/download/gros.bin", "url_type": "upload"}
    dump, content = tmp_path / "sortie", bytes(4 << 20)
    (dump / "files" / key).mkdir(parents=True)
    (dump / "files" / key / "gros.bin").write_bytes(content)
    write(dump / "organizations.jsonl", {"name": "aime", "title": "Aime", "is_organization": True})
    small = (dataset(f"jeu-{number}", owner_org="aime") for number in range(3))
    write(dump / "datasets.jsonl", *small, dataset("gros", owner_org="aime", resources=[file]))
    arguments = ("import", "--from", dump)
    stopped = limited(odl, 3 << 20, *arguments)
    assert (stopped.returncode, stopped.stderr.count("→")) == (4, 1), stopped.stderr
    assert "free space" in stopped.stderr
    assert "run the same command again" in stopped.stderr
    assert odl("--json", *arguments).json["files"] == 1
    stopped = limited(odl, 3 << 20, "export", tmp_path / "encore", "--files")
    assert stopped.returncode == 4, stopped.stderr
    assert "run the same command again" in stopped.stderr
    odl("export", tmp_path / "encore", "--files")
    assert (tmp_path / "encore" / "files" / key / "gros.bin").read_bytes() == content


@contextmanager
def answering(*statuses: int) -> Iterator[str]:
    """Serve these answers, one after the other; 200 has a body."""
    waiting = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = waiting.pop(0)
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.end_headers()
            if status == 200:
                self.wfile.write(b"a;b\n")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/fichier.csv"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [429, 503])
def test_a_file_that_is_refused_for_now_is_asked_for_again(status: int) -> None:
    with answering(status, 200) as address:
        assert b"".join(fetch(address, {}, timeout_s=GENEROUS_S)) == b"a;b\n"
    with answering(status, status, status) as address, pytest.raises(Unavailable, match=f"answers {status}"):
        list(fetch(address, {}, timeout_s=GENEROUS_S))


def test_a_token_that_ends_in_the_middle_stops_the_run_at_once(dump: Path, tmp_path: Path) -> None:
    odl = new_home(tmp_path / "arrivee")
    port = free_port()
    server = start(odl, port, workers=1)
    try:
        to = ("--to", f"http://127.0.0.1:{port}", "--to-token-env", "TARGET_TOKEN")
        stopped = odl("import", "--from", dump, *to, code=4, TARGET_TOKEN="expire").stderr
    finally:
        server.terminate()
        server.wait(GENEROUS_S)
        assert server.stderr is not None
        server.stderr.close()
    assert "does not know the token" in stopped
    assert "run the same command again" in stopped
    assert stopped.count("→") == 1
