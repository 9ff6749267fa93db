"""What happens to a deposit or a catalogue while a run works is said, with the next thing to do; the rest goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import CommandLine
from .nights import HttpDoor, build_template, lay, open_door, prenoms, read_log, start_logged


def items(run: dict[str, object]) -> dict[str, dict[str, str]]:
    found = run["items"]
    assert isinstance(found, list)
    return {item["path"]: item for item in found}


@pytest.fixture
def deposit(savoie: CommandLine) -> Path:
    return savoie.home / "data" / "savoie" / "deposit"


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(savoie: CommandLine, deposit: Path) -> None:
    files = {f"73065/prenoms-{year}.csv": prenoms(year) for year in range(2001, 2020)}
    lay(deposit, files)
    changing = deposit / "73065" / "prenoms-2019.csv"
    stop = threading.Event()

    def keep_writing() -> None:
        number = 0
        while not stop.wait(0.002):
            number += 1
            with changing.open("a", encoding="utf-8") as file:
                file.write(f"Barby,73030,F,Zo{'abcdefghij'[number % 10]}{'aeiou'[number % 5]},1,2019\n")

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        run = savoie("--json", "publish", "--jobs", "1", code=None).json
    finally:
        stop.set()
        writer.join()
    others = {path: item["outcome"] for path, item in items(run).items() if path != "73065/prenoms-2019.csv"}
    assert set(others.values()) == {"published"} and len(others) == 18
    last = items(run)["73065/prenoms-2019.csv"]
    assert last["outcome"] in {"failed", "rejected"}
    if last["outcome"] == "failed":
        assert "changed while it was being published" in last["reason"]
        assert "run the same command again" in last["reason"]
    changing.write_text(prenoms(2019).replace(",73030,", ",73065,"), encoding="utf-8")
    assert savoie("--json", "publish").json["counts"]["published"] == 1


def test_a_deposit_that_is_gone_is_said_and_nothing_is_pruned(savoie: CommandLine, deposit: Path) -> None:
    lay(deposit, {"73065/prenoms.csv": prenoms(2024)})
    savoie("publish")
    deposit.rename(deposit.with_name("elsewhere"))
    refused = savoie("--json", "publish", "--prune", code=2).json["error"]
    assert "is not there" in refused["message"] and refused["hint"]
    deposit.mkdir()  # an unmounted disk leaves an empty folder
    refused = savoie("--json", "publish", "--prune", code=2).json["error"]
    assert "is its disk mounted?" in refused["message"] and refused["hint"]
    assert savoie("--json", "status").json["resources"] == 1


def test_a_member_whose_folder_cannot_be_opened_loses_nothing(savoie: CommandLine, deposit: Path) -> None:
    lay(deposit, {f"73029/prenoms-{year}.csv": prenoms(year) for year in range(2001, 2005)})
    lay(deposit / "73065", {"prenoms.csv": prenoms(2024).replace("73030", "73065")})
    savoie("publish")
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    bounds = bounded if os.geteuid() == 0 else []  # root opens any folder
    if bounds and not shutil.which("setpriv"):
        pytest.skip("root opens any folder, and setpriv (util-linux) is not there to forbid it")
    (deposit / "73065").chmod(0)
    try:
        arguments = savoie.arguments("--json", "publish", "--prune")
        done = subprocess.run([*bounds, *arguments], capture_output=True, text=True, env=savoie.env, check=False)
    finally:
        (deposit / "73065").chmod(0o755)
    run = json.loads(done.stdout)
    assert (run["counts"]["removed"], run["counts"]["blocked"], run["counts"]["unchanged"]) == (0, 1, 4)
    assert savoie("--json", "publish", "--prune").json["counts"]["unchanged"] == 5


def test_an_organization_deleted_by_hand_is_named_and_the_others_go_on(savoie: CommandLine, deposit: Path) -> None:
    from odl_host.config import Home
    from odl_host.tenants import load_tenant
    from odl_host.wiring import open_site

    lay(deposit, {"73065/prenoms.csv": prenoms(2024), "73029/prenoms.csv": prenoms(2024)})
    site = open_site(load_tenant(Home(savoie.home), "savoie"))
    site.as_sysadmin().call_action("organization_delete", {"id": "barberaz"})
    site.close()
    run = items(savoie("--json", "publish", code=6).json)
    assert run["73065/prenoms.csv"]["outcome"] == "published"
    assert run["73029/prenoms.csv"]["outcome"] == "blocked"
    assert "Barberaz n’est pas (ou n’est plus) membre" in run["73029/prenoms.csv"]["reason"]
    assert "odl-host add-commune 73029" in run["73029/prenoms.csv"]["reason"]
    savoie("add-commune", "73029")
    assert savoie("--json", "publish").json["counts"]["published"] == 1


def test_a_token_revoked_in_the_middle_is_said_and_a_new_one_completes_the_run(
    odl: CommandLine, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    build_template(odl, over_http=True, port=port)
    door = open_door(odl, odl.home, tmp_path / "copy", over_http=True, port=port)
    assert isinstance(door, HttpDoor)
    with door.serving():
        process = start_logged(door.odl, "--json", "publish", "--jobs", "1", ODL_WRITERS="1")
        read_log(process, "sent")
        _revoke_all_tokens(door)
        out, _ = process.communicate(timeout=300)
        run = json.loads(out)
        failed = [item for item in run["items"] if item["outcome"] == "failed"]
        assert process.returncode == 6 and failed
        assert all("does not know the token" in item["reason"] for item in failed)
        assert all("Make a new one" in item["reason"] for item in failed)
        door.catalogue()
        server = CommandLine(door.catalogue_home)
        (door.home / "token").write_text(server("--json", "token", "create", "--sysadmin").json["token"])
        assert door.publish()["counts"]["failed"] == 0


def _revoke_all_tokens(door: HttpDoor) -> None:
    import sqlite3

    with sqlite3.connect(door.catalogue_home / "data" / "savoie" / "catalogue.sqlite", timeout=30) as database:
        database.execute("delete from api_tokens")
    database.close()


def test_two_operators_at_once_publish_everything_once(savoie: CommandLine, deposit: Path) -> None:
    lay(deposit, {f"73065/prenoms-{year}.csv": prenoms(year) for year in range(1990, 2010)})
    both = [
        subprocess.Popen(
            savoie.arguments("--json", "publish", "--jobs", "1"), env=savoie.env, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=300)[0]) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 5], [0, 0])
    if codes == [0, 5]:
        (refused,) = [answer for answer in answers if "error" in answer]
        assert "Another run is under way" in refused["error"]["message"]
    assert savoie("--json", "status").json["resources"] == 20


def test_a_clock_that_went_back_leaves_the_last_run_the_last(savoie: CommandLine, deposit: Path) -> None:
    lay(deposit, {"73065/prenoms.csv": prenoms(2024)})
    runs = savoie.home / "data" / "savoie" / "runs"
    runs.mkdir(exist_ok=True)
    ahead = runs / "20990101T000000Z-abcd.jsonl"
    ahead.write_text('{"event": "start", "at": "2099-01-01T00:00:00.000+00:00"}\n')
    run = savoie("--json", "publish").json["run"]
    assert run > ahead.stem
    assert savoie("--json", "status").json["last_run"]["run"] == run


def test_published_files_that_the_storage_lost_are_sent_again_and_keep_their_addresses(
    savoie: CommandLine, deposit: Path
) -> None:
    lay(deposit, {"73065/prenoms.csv": prenoms(2024), "73029/prenoms.csv": prenoms(2023)})
    before = {path: item["url"] for path, item in items(savoie("--json", "publish").json).items()}
    shutil.rmtree(savoie.home / "data" / "savoie" / "files")
    run = items(savoie("--json", "publish").json)
    assert {path: (item["outcome"], item["url"]) for path, item in run.items()} == {
        path: ("published", url) for path, url in before.items()
    }
    assert savoie("--json", "db", "check").json["problems"] == []
    assert savoie("--json", "publish").json["counts"]["unchanged"] == 2


@pytest.mark.parametrize(
    "command", [["status"], ["publish"], ["provision"], ["gc"], ["db", "check"], ["db", "migrate"]]
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_database_that_is_gone_is_said_and_no_empty_catalogue_takes_its_place(
    savoie: CommandLine, deposit: Path, command: list[str], is_empty: bool
) -> None:
    lay(deposit, {"73065/prenoms.csv": prenoms(2024)})
    savoie("publish")
    database = savoie.home / "data" / "savoie" / "catalogue.sqlite"
    database.unlink()
    if is_empty:
        database.touch()
    refused = savoie("--json", *command, code=4).json["error"]
    assert str(database) in refused["message"] and "backup" in refused["hint"]
    assert is_empty or not database.exists()
