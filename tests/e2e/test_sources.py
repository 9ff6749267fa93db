"""Deposits that lie elsewhere, as an operator meets them."""

from __future__ import annotations

import contextlib
import http.server
import io
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ACCESS_KEY, SECRET_KEY, S3Server, Wire, rclone_s3

from .conftest import CommandLine

PRENOMS = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n"
WRONG = PRENOMS.replace(",3,", ",trois,")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_s3(tmp_path_factory.mktemp("s3") / "objects") as server:
        yield server


def with_bucket(odl: CommandLine, s3: S3Server, place: str, *, endpoint: str = "") -> CommandLine:
    odl.env.update(ODL_TEST_S3_ACCESS=ACCESS_KEY, ODL_TEST_S3_SECRET=SECRET_KEY)
    manifest = odl.home / "tenants" / "savoie.toml"
    text = manifest.read_text()
    manifest.write_text(
        f"""{text}
[[sources]]
url = "s3://{place}"
endpoint = "{endpoint or s3.url}"
access_key_env = "ODL_TEST_S3_ACCESS"
secret_key_env = "ODL_TEST_S3_SECRET"
"""
    )
    return odl


def test_source_check_says_of_each_source_whether_it_can_be_listed(savoie: CommandLine, s3: S3Server) -> None:
    bucket = s3.new_bucket("depots-verifies")
    bucket.put("73065/prenoms.csv", io.BytesIO(PRENOMS.encode()), len(PRENOMS.encode()))
    with_bucket(savoie, s3, "depots-verifies")
    (checked,) = savoie("--json", "source", "check").json["sources"]
    assert (checked["ok"], checked["files"], checked["size_bytes"]) == (True, 1, len(PRENOMS.encode()))
    savoie.env["ODL_TEST_S3_SECRET"] = "faux"
    refused = savoie("source", "check", code=4)
    assert "refused" in refused.stdout
    assert "GetObject" in refused.stderr
    assert "faux" not in refused.stdout + refused.stderr


def test_a_source_that_hangs_up_is_one_sentence_and_no_traceback(savoie: CommandLine) -> None:
    pytest.importorskip("paramiko")

    def hang_up() -> None:
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, daemon=True).start()
        address = f"sftp://depot@127.0.0.1:{listener.getsockname()[1]}/depots"
        checked = savoie("source", "check", address, code=5)
        assert "does not answer" in checked.stdout
        assert checked.stderr.splitlines() == [f"  → {address}: Wait a moment, then run the same command again."]


def items(document: Any) -> dict[str, Any]:
    return {item["path"]: item for item in document["items"]}


def test_a_deposit_in_a_bucket_is_published_corrected_and_pruned_and_never_when_it_is_down(
    savoie: CommandLine, s3: S3Server
) -> None:
    def put(path: str, text: str) -> None:
        bucket.put(path, io.BytesIO(text.encode()), len(text.encode()))

    with Wire(s3.url) as wire:
        bucket = s3.new_bucket("depots-savoie")
        put("2025/73065/prenoms.csv", PRENOMS)
        put("2025/73065/autres-prenoms.csv", PRENOMS.replace("Zoé", "Léa"))
        put("2025/73029/prenoms.csv", WRONG)
        put("2025/99999/prenoms.csv", PRENOMS)
        with_bucket(savoie, s3, "depots-savoie/2025", endpoint=wire.url)

        planned = items(savoie("--json", "plan").json)
        first = items(savoie("--json", "publish", code=6).json)
        assert {path: item["outcome"] for path, item in first.items()} == {
            "73029/prenoms.csv": "rejected",
            "73065/autres-prenoms.csv": "published",
            "73065/prenoms.csv": "published",
            "99999/prenoms.csv": "blocked",
        }
        assert planned["73065/prenoms.csv"]["url"] == first["73065/prenoms.csv"]["url"]

        put("2025/73029/prenoms.csv", PRENOMS.replace("73065", "73029").replace("Chambéry", "Barberaz"))
        second = savoie("--json", "publish", code=6).json["counts"]
        assert (second["published"], second["unchanged"], second["blocked"]) == (1, 2, 1)

        wire.cut_after = lambda: 0
        down = savoie("--json", "publish", "--prune", code=6).json
        assert (down["counts"]["unchanged"], down["counts"]["removed"], down["counts"]["failed"]) == (3, 0, 1)
        assert "does not answer" in items(down)["s3://depots-savoie/2025"]["reason"]
        shutil.rmtree(savoie.home / "data" / "savoie" / "mirror")
        worse = savoie("--json", "publish", "--prune", code=6).json
        assert (worse["counts"]["removed"], worse["counts"]["failed"]) == (0, 1)

        wire.cut_after = lambda: None
        bucket.delete("2025/73065/autres-prenoms.csv")
        kept = items(savoie("--json", "publish", code=6).json)
        assert "73065/autres-prenoms.csv" not in kept
        pruned = items(savoie("--json", "publish", "--prune", code=6).json)
        assert pruned["73065/autres-prenoms.csv"]["outcome"] == "removed"
        assert pruned["73065/prenoms.csv"]["outcome"] == "unchanged"

        once = savoie("--json", "publish", "s3://depots-savoie/2025/", code=6).json["counts"]
        assert (once["unchanged"], once["published"]) == (2, 0)


def test_a_member_has_its_own_source_beside_the_common_folder(savoie: CommandLine, s3: S3Server) -> None:
    bucket = s3.new_bucket("chambery-donnees")
    text = PRENOMS.encode()
    bucket.put("export/prenoms.csv", io.BytesIO(text), len(text))
    with_bucket(savoie, s3, "chambery-donnees")
    manifest = savoie.home / "tenants" / "savoie.toml"
    manifest.write_text(
        manifest.read_text().replace(
            'url = "s3://chambery-donnees"', 'url = "s3://chambery-donnees/export"\nmember = "73065"'
        )
    )
    folder = savoie.home / "data" / "savoie" / "deposit" / "73029"
    (folder / "prenoms.csv").write_text(PRENOMS.replace("73065", "73029").replace("Chambéry", "Barberaz"))
    found = items(savoie("--json", "publish").json)
    assert {path: item["outcome"] for path, item in found.items()} == {
        "73029/prenoms.csv": "published",
        "73065/prenoms.csv": "published",
    }
    part = savoie("publish", "--prune", savoie.home / "data" / "savoie" / "deposit", code=2)
    assert "every source" in part.stderr


def test_a_run_killed_while_it_fetches_leaves_no_part_of_a_file_and_the_next_one_completes(
    savoie: CommandLine,
) -> None:
    halfway, go_on = threading.Event(), threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = b"73065;/prenoms.csv\n" if self.path == "/liste.txt" else PRENOMS.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:20])
            if self.path != "/liste.txt":
                halfway.set()
                go_on.wait(300)
            with contextlib.suppress(OSError):
                self.wfile.write(content[20:])

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/liste.txt"
        manifest = savoie.home / "tenants" / "savoie.toml"
        manifest.write_text(f'{manifest.read_text()}\n[[sources]]\nurl = "{url}"\n')
        process = subprocess.Popen(savoie.arguments("publish"), env=savoie.env, stderr=subprocess.DEVNULL)
        assert halfway.wait(120)
        process.kill()
        process.wait(60)
        mirror = savoie.home / "data" / "savoie" / "mirror"
        assert list(mirror.glob("*/files/**/*.csv")) == []
        go_on.set()
        assert savoie("--json", "publish").json["counts"]["published"] == 1
        assert [file.read_text() for file in mirror.glob("*/files/**/*.csv")] == [PRENOMS]
        assert list(mirror.glob("*/incoming/*")) == []
    finally:
        go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_without_sources_the_check_says_that_the_deposit_is_a_folder(savoie: CommandLine, tmp_path: Path) -> None:
    assert "folder" in savoie("source", "check").stdout
