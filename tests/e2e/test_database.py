"""The commands of `odl-host db`, and the whole job on PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from tests.e2e.conftest import CommandLine
from tests.e2e.test_serve import start

BUDGET = "http://127.0.0.1:{port}/api/3/action/package_search?q=chambery"


def test_a_sound_catalogue_is_said_to_be_sound(savoie: CommandLine) -> None:
    answer = savoie("--json", "db", "check").json
    assert answer["problems"] == []
    assert answer["size_bytes"] > 0


def test_what_is_damaged_is_named(savoie: CommandLine) -> None:
    with sqlite3.connect(savoie.home / "data" / "savoie" / "catalogue.sqlite") as db:
        db.execute("INSERT INTO resources VALUES ('r1', 'gone', 0, ?, 'a.csv', NULL, NULL, '{')", ["ab" * 32])
    db.close()
    problems = " ".join(savoie("--json", "db", "check", code=4).json["problems"])
    assert "1 resources whose dataset is gone: r1" in problems
    assert "resources/r1" in problems
    assert "1 resources whose file is not in the storage: r1" in problems


def test_a_file_that_is_no_database_is_said_so(savoie: CommandLine) -> None:
    (savoie.home / "data" / "savoie" / "catalogue.sqlite").write_bytes(b"not a database at all" * 100)
    assert "cannot be used" in savoie("db", "check", code=4).stderr


def test_the_database_is_shrunk_reindexed_and_migrated(savoie: CommandLine) -> None:
    assert savoie("--json", "db", "vacuum").json["size_bytes"] > 0
    assert savoie("--json", "db", "reindex").json["datasets"] == 0
    assert savoie("--json", "db", "migrate").json["steps"] == []


def test_a_database_of_the_first_version_shows_its_steps_before_they_are_taken(odl: CommandLine) -> None:
    from tests.unit.server.database.test_migrations import RELEASES, load

    odl("init", "savoie", "--department", "73")
    folder = odl.home / "data" / "savoie"
    folder.mkdir(parents=True)
    load(RELEASES[0], folder)
    steps = odl("--json", "db", "migrate", "--dry-run").json["steps"]
    assert "m003_identity" in steps
    assert odl("--json", "db", "migrate").json["steps"] == steps
    assert odl("--json", "db", "migrate").json["steps"] == []


def test_a_password_in_a_manifest_is_refused(savoie: CommandLine) -> None:
    manifest = savoie.home / "tenants" / "savoie.toml"
    text = manifest.read_text().replace('kind = "embedded"', 'kind = "embedded"\ndatabase = "postgresql://a:b@c/d"')
    manifest.write_text(text)
    assert "database_env" in savoie("provision", code=2).stderr


def test_the_whole_job_runs_on_postgresql(
    odl: CommandLine, new_postgresql: Callable[[], str], free_port: Callable[[], int]
) -> None:
    odl("init", "savoie", "--department", "73")
    manifest = odl.home / "tenants" / "savoie.toml"
    port = free_port()
    text = manifest.read_text().replace(":8000", f":{port}")
    manifest.write_text(text.replace('kind = "embedded"', 'kind = "embedded"\ndatabase_env = "ODL_SAVOIE_DATABASE"'))
    assert "ODL_SAVOIE_DATABASE" in odl("provision", code=2).stderr
    odl.env["ODL_SAVOIE_DATABASE"] = new_postgresql()
    odl("provision")
    odl("add-commune", "73065")
    deposit = odl.home / "data" / "savoie" / "deposit" / "73065"
    deposit.mkdir(parents=True, exist_ok=True)
    (deposit / "prenoms.csv").write_text(
        "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n",
        encoding="utf-8",
    )
    odl("publish")
    assert odl("--json", "db", "check").json["problems"] == []
    assert not (odl.home / "data" / "savoie" / "catalogue.sqlite").exists()
    server = start(odl, port, workers=2)
    try:
        with urllib.request.urlopen(BUDGET.format(port=port), timeout=60) as answer:
            assert json.load(answer)["result"]["count"] == 1
    finally:
        server.terminate()
        server.communicate(timeout=60)


def test_a_server_says_which_database_is_gone_instead_of_serving_an_empty_portal(
    savoie: CommandLine, free_port: Callable[[], int]
) -> None:
    (savoie.home / "data" / "savoie" / "catalogue.sqlite").unlink()
    refused = savoie("serve", "--port", str(free_port()), code=4).stderr
    assert "catalogue.sqlite is gone" in refused and "backup" in refused


def test_a_portal_whose_database_is_damaged_answers_503_without_a_traceback(
    savoie: CommandLine, free_port: Callable[[], int]
) -> None:
    database = savoie.home / "data" / "savoie" / "catalogue.sqlite"
    database.write_bytes(b"not a database at all" * 100)
    port = free_port()
    server = subprocess.Popen(
        savoie.arguments("serve", "--port", str(port)), env=savoie.env, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stderr is not None
        said = ""
        while "Ctrl-C" not in said:
            said += (line := server.stderr.readline())
            assert line, "the server ended at once"
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60)
        assert answer.value.code == 503 and "indisponible" in answer.value.read().decode()
    finally:
        server.terminate()
        said += server.communicate(timeout=60)[1]
    assert str(database) in said and "Traceback" not in said
