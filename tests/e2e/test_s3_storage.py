"""A portal whose files lie in a bucket: published, served, and never betraying its keys."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ports import free_port
from tests.servers import ACCESS_KEY, SECRET_KEY, S3Server, Wire, rclone_s3

from .conftest import CommandLine
from .test_serve import start

BUCKET = "odl-savoie"
ROWS = 20_000


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_s3(tmp_path_factory.mktemp("s3") / "objects") as server:
        server.new_bucket(BUCKET)
        yield server


def prepare(home: Path, url: str, endpoint: str, extra: str = "") -> CommandLine:
    home.mkdir(exist_ok=True)
    odl = CommandLine(home)
    odl.env.update(ODL_TEST_S3_ACCESS=ACCESS_KEY, ODL_TEST_S3_SECRET=SECRET_KEY)
    odl("init", "savoie", "--commune", "73065", "--url", url)
    manifest = home / "tenants" / "savoie.toml"
    storage = f"""[storage]
kind = "s3"
bucket = "{BUCKET}"
prefix = "portails/{home.name}"
endpoint = "{endpoint}"
access_key_env = "ODL_TEST_S3_ACCESS"
secret_key_env = "ODL_TEST_S3_SECRET"
{extra}
"""
    manifest.write_text(manifest.read_text().replace('[storage]\nkind = "local"\n', storage))
    odl("provision")
    odl("add-commune", "73065")
    return odl


def deposit(home: Path) -> Path:
    folder = home / "data" / "savoie" / "deposit" / "73065"
    folder.mkdir(parents=True, exist_ok=True)
    header = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\n"
    names = itertools.islice(itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=4), ROWS)
    rows = "".join(f"Chambéry,73065,F,Zoé{''.join(name)},3,2024\n" for name in names)
    (folder / "prenoms-2024.csv").write_text(header + rows, encoding="utf-8")
    return folder


@contextlib.contextmanager
def serving(odl: CommandLine, port: int) -> Iterator[None]:
    process = start(odl, port, workers=1)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
        assert process.stderr is not None
        process.stderr.close()


def publish(odl: CommandLine) -> Any:
    report = odl("--json", "publish").json
    assert report["counts"]["published"] == 1, report
    return report["items"][0]


def test_a_portal_publishes_to_a_bucket_and_serves_from_it(s3: S3Server, tmp_path: Path) -> None:
    port = free_port()
    odl = prepare(tmp_path / "streaming", f"http://127.0.0.1:{port}", s3.url)
    deposit(odl.home)
    url = publish(odl)["url"]
    assert odl("--json", "publish").json["counts"]["unchanged"] == 1
    assert not (odl.home / "data" / "savoie" / "files").exists()
    assert s3.folder is not None
    assert [folder.name for folder in (s3.folder / BUCKET / "portails" / "streaming").iterdir()] == ["savoie"]
    with serving(odl, port):
        whole = requests.get(url, allow_redirects=False, timeout=60)
        assert whole.status_code == 200
        assert whole.content.count(b"\n") == ROWS + 1
        assert int(whole.headers["content-length"]) == len(whole.content)
        assert whole.headers["accept-ranges"] == "bytes"
        part = requests.get(url, headers={"Range": "bytes=100000-100009"}, timeout=60)
        assert (part.status_code, part.content) == (206, whole.content[100_000:100_010])
        assert part.headers["content-range"] == f"bytes 100000-100009/{len(whole.content)}"
        tail = requests.get(url, headers={"Range": "bytes=-20"}, timeout=60)
        assert (tail.status_code, tail.content) == (206, whole.content[-20:])
        changed = requests.get(url, headers={"Range": "bytes=0-9", "If-Range": '"autre"'}, timeout=60)
        assert (changed.status_code, len(changed.content)) == (200, len(whole.content))
        beyond = requests.get(url, headers={"Range": "bytes=99999999-"}, timeout=60)
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")
        head = requests.head(url, timeout=60)
        assert (head.status_code, head.headers["content-length"]) == (200, whole.headers["content-length"])
        again = requests.get(url, headers={"If-None-Match": whole.headers["etag"]}, timeout=60)
        assert (again.status_code, again.content) == (304, b"")
        page = requests.get(url.partition("/resource/")[0], timeout=60)
        assert "Zoéaaab" in page.text
        resource = url.partition("/resource/")[2].partition("/")[0]
        rows = requests.get(
            f"http://127.0.0.1:{port}/api/3/action/datastore_search?resource_id={resource}&limit=2", timeout=60
        ).json()["result"]
        assert (rows["total"], rows["records"][0]["ENFANT_PRENOM"]) == (ROWS, "Zoéaaaa")
    written = [file.read_bytes() for file in odl.home.rglob("*") if file.is_file()]
    assert not any(SECRET_KEY.encode() in content or ACCESS_KEY.encode() in content for content in written)


def test_readers_are_sent_to_the_bucket_only_where_the_manifest_says_so(s3: S3Server, tmp_path: Path) -> None:
    port = free_port()
    odl = prepare(tmp_path / "redirecting", f"http://127.0.0.1:{port}", s3.url, "redirect_s = 60")
    deposit(odl.home)
    url = publish(odl)["url"]
    with serving(odl, port):
        answer = requests.get(url, allow_redirects=False, timeout=60)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(f"{s3.url}/{BUCKET}/")
        assert SECRET_KEY not in answer.headers["location"]
        followed = requests.get(url, timeout=60)
        assert followed.content.count(b"\n") == ROWS + 1
        assert 'filename="prenoms-2024.csv"' in followed.headers["content-disposition"]


def test_a_bucket_out_of_reach_is_said_and_the_next_run_completes(s3: S3Server, tmp_path: Path) -> None:
    port = free_port()
    with Wire(s3.url) as wire:
        odl = prepare(tmp_path / "apart", f"http://127.0.0.1:{port}", wire.url)
        deposit(odl.home)
        wire.cut_after = lambda: 0
        failed = odl("--json", "publish", code=6).json
        assert failed["counts"]["failed"] == 1
        assert "does not answer" in failed["items"][0]["reason"]
        wire.cut_after = lambda: None
        url = publish(odl)["url"]
        with serving(odl, port):
            assert requests.get(url, timeout=60).status_code == 200
            wire.cut_after = lambda: 0
            wire.drop()
            answer = requests.get(url, timeout=60)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    written = "".join(f"{file.read_text()}" for file in (odl.home / "data" / "savoie" / "runs").rglob("*.jsonl"))
    assert "does not answer" in written
    assert SECRET_KEY not in written


def test_a_key_that_is_not_there_is_named_before_anything_is_done(s3: S3Server, tmp_path: Path) -> None:
    odl = prepare(tmp_path / "sans-cle", "http://127.0.0.1:1", s3.url)
    del odl.env["ODL_TEST_S3_SECRET"]
    refused = odl("publish", code=2)
    assert "ODL_TEST_S3_SECRET" in refused.stderr
