from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from odl_host.ckan import NotFound, ValidationError
from odl_host.errors import Unavailable
from odl_host.server.database import tables
from odl_host.server.database.database import Busy
from odl_host.server.params import Params
from odl_host.server.permissions import anyone
from odl_host.server.registry import Context, action
from odl_host.server.sites import Site


def test_every_commit_is_flushed_to_the_disk(site: Site) -> None:
    with site.db.writing() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, open_at: Callable[..., Site]) -> None:
    program = f"""
from pathlib import Path
from odl_host.server.sites import open_site
from odl_host.storage.local import LocalStorage
folder = Path({str(tmp_path)!r})
storage = LocalStorage(folder / "files")
site = open_site(name="t", title="", url="http://x", description="", data_dir=folder, storage=storage)
ckan = site.as_sysadmin()
ckan.call_action("organization_create", {{"name": "aime"}})
for n in range(100000):
    ckan.call_action("package_create", {{"name": f"jeu-{{n}}", "owner_org": "aime", "tag_string": "routes"}})
    print(n, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = -1
    while last < 60:
        last = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    acknowledged = int(rest[-1]) if rest else last
    site = open_at(tmp_path)
    names = set(site.as_anonymous().call_action("package_list"))
    assert {f"jeu-{n}" for n in range(acknowledged + 1)} <= names
    assert site.as_anonymous().call_action("package_search", {"q": "tags:routes"})["count"] == len(names)


def test_a_refused_call_leaves_nothing_behind(site: Site) -> None:
    ckan = site.as_sysadmin()
    users = [{"name": "personne", "capacity": "admin"}]
    with pytest.raises(ValidationError):
        ckan.call_action("organization_create", {"name": "aime", "users": users})
    with pytest.raises(NotFound):
        ckan.call_action("organization_show", {"id": "aime"})


def test_of_two_creations_of_one_name_at_once_one_wins(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def create() -> None:
        barrier.wait()
        try:
            ckan.call_action("package_create", {"name": "course", "owner_org": "aime"})
            outcomes.append("won")
        except ValidationError as error:
            outcomes.append(error.error_dict["name"][0])

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["That URL is already in use."] * 3 + ["won"]


def test_who_came_first_writes_first(site: Site) -> None:
    is_done = threading.Event()
    turns: list[str] = []

    def write() -> None:
        with site.db.writing():
            turns.append("waited")
            is_done.wait(30)

    for _ in range(20):  # who ended may take the turn again before a thread that waits for it has woken up
        is_done.clear()
        with site.db.writing():
            waiting = threading.Thread(target=write)
            waiting.start()
            while not site.db._queue.locked():
                time.sleep(0.001)
        with pytest.raises(Busy), site.db.writing(waits=False):
            turns.append("went ahead")
        is_done.set()
        waiting.join()
    assert turns == ["waited"] * 20


def test_a_writer_waits_for_that_of_another_program(site: Site, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "catalogue.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE counters SET value = value + 1 WHERE name = 'writes'")
    before = site.db.last_write()
    end = threading.Timer(0.3, other.execute, ["COMMIT"])
    end.start()
    site.as_sysadmin().call_action("organization_create", {"name": "aime"})
    end.join()
    other.close()
    assert site.db.last_write() > before + 1


def test_who_will_not_wait_for_its_turn_is_told_so_and_may_ask_again(site: Site, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy), site.db.writing(waits=False):
        pass
    other.close()
    with site.db.writing(waits=False), pytest.raises(Busy), site.db.writing(waits=False):
        pass
    with site.db.writing(waits=False) as db:
        db.exec_driver_sql("UPDATE counters SET value = value + 1 WHERE name = 'writes'")


def test_a_writer_says_when_another_program_does_not_end(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.as_sysadmin().call_action("organization_create", {"name": "aime"})
    other = sqlite3.connect(tmp_path / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    seconds = itertools.count(step=7)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(seconds)))
    with pytest.raises(Unavailable, match=r"has been writing to .* for 30 seconds"):
        site.as_sysadmin().call_action("organization_create", {"name": "bourg"})
    monkeypatch.undo()
    other.close()
    assert site.as_sysadmin().call_action("organization_create", {"name": "bourg"})


def test_tokens_and_passwords_are_not_kept_as_they_are(site: Site) -> None:
    fields = {"name": "claire", "email": "claire@example.org", "password": "motdepasse", "with_apitoken": True}
    token = site.as_sysadmin().call_action("user_create", fields)["token"]
    with site.db.reading() as db:
        rows = str([*db.execute(sa.select(tables.users)), *db.execute(sa.select(tables.api_tokens))])
    assert token not in rows
    assert "motdepasse" not in rows
    found = site.find_user_by_token(token)
    assert found is not None
    assert found.name == "claire"


def test_an_expired_token_is_anonymous(site: Site) -> None:
    ckan = site.as_sysadmin()
    fields = {"name": "claire", "email": "claire@example.org", "password": "motdepasse"}
    ckan.call_action("user_create", fields)
    made = ckan.call_action("api_token_create", {"user": "claire", "name": "bref", "expires_in": 0})
    assert site.find_user_by_token(made["token"]) is None


def test_signs_that_no_database_keeps_are_left_out(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    sent = {"name": "signes", "owner_org": "aime", "notes": "a\x00b\ud800c\ufdd0d", "title": "Éà 😀"}
    shown = ckan.call_action("package_create", sent)
    assert (shown["notes"], shown["title"]) == ("abcd", "Éà 😀")


class NoParams(Params):
    """None."""


def test_an_action_needs_documentation() -> None:
    with pytest.raises(TypeError, match="no documentation"):

        @action(params=NoParams, allow=anyone)
        def undocumented(ctx: Context, params: NoParams) -> None:
            pass


def test_an_action_is_declared_once() -> None:
    from odl_host.server.registry import all_actions

    assert "package_show" in all_actions()
    with pytest.raises(TypeError, match="declared twice"):

        @action(params=NoParams, allow=anyone)
        def package_show(ctx: Context, params: NoParams) -> None:
            """Show."""
