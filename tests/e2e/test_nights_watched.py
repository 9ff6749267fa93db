"""What an operator sees of nights that nobody watches: past runs, figures, pings, lines for a log."""

from __future__ import annotations

import fcntl
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import CommandLine

PRENOMS = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n"
WRONG = PRENOMS.replace(",3,", ",trois,")


@pytest.fixture
def pinged() -> Iterator[tuple[str, list[str]]]:
    """An address that answers any GET, and the paths that were asked."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", paths
    server.shutdown()
    server.server_close()
    thread.join()


def folder_of(odl: CommandLine) -> Path:
    return odl.home / "data" / "savoie" / "deposit" / "73065"


def figures(path: Path) -> dict[str, float]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_nights_leave_runs_figures_and_pings(
    savoie: CommandLine, pinged: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, paths = pinged
    metrics = tmp_path / "odl.prom"
    settings = f'metrics_file = "{metrics}"\nping_url = "{url}/{{tenant}}"\nkeep_runs = 3\n'
    (savoie.home / "odl.toml").write_text(settings)
    assert "No run yet" in savoie("runs").stdout
    (folder_of(savoie) / "prenoms.csv").write_text(PRENOMS)
    savoie("publish")
    assert paths == ["/savoie/start", "/savoie"]
    (folder_of(savoie) / "faux.csv").write_text(WRONG)
    assert "faux.csv" in savoie("publish", "--quiet", code=6).stdout
    assert savoie("publish", "--quiet", code=6).stdout == ""  # nobody needs to be told twice
    (folder_of(savoie) / "faux.csv").unlink()
    savoie("publish", "--quiet")
    assert paths.count("/savoie") == 4

    held = figures(metrics)
    assert held['odl_host_runs_total{tenant="savoie",result="complete"}'] == 2
    assert held['odl_host_runs_total{tenant="savoie",result="incomplete"}'] == 2
    assert held['odl_host_files_total{tenant="savoie",outcome="rejected"}'] == 2
    assert held['odl_host_last_run_files{tenant="savoie",outcome="unchanged"}'] == 1
    end, success = (held[f'odl_host_last_{what}_timestamp_seconds{{tenant="savoie"}}'] for what in ("run", "success"))
    assert end == success > 1_700_000_000
    assert held['odl_host_last_run_duration_seconds{tenant="savoie"}'] > 0
    assert re.fullmatch(r"(# (HELP|TYPE) .+\n|\w+\{.+\} [\d.e+]+\n)+", metrics.read_text())

    listed = savoie("--json", "runs").json["runs"]
    assert len(listed) == 3  # the first night's journal was forgotten
    assert listed[0]["counts"]["unchanged"] == 1
    assert listed[0]["run"] in savoie("runs").stdout
    rejected = savoie("--json", "runs", "show", listed[1]["run"]).json
    assert {item["path"]: item["outcome"] for item in rejected["items"]}["73065/faux.csv"] == "rejected"
    shown = savoie("runs", "show", listed[1]["run"]).stdout
    assert "faux.csv" in shown and "1 rejected" in shown.splitlines()[-1]
    assert savoie("--json", "runs", "show", "last").json["run"] == listed[0]["run"]
    assert "runs" in savoie("runs", "show", "1999", code=2).stderr


def test_a_run_that_fails_says_so_and_a_dead_ping_address_fails_no_run(
    savoie: CommandLine, pinged: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, paths = pinged
    metrics = tmp_path / "odl.prom"
    savoie("publish", tmp_path / "absent", code=2, ODL_PING_URL=url, ODL_METRICS_FILE=str(metrics))
    assert paths == ["/start", "/fail"]
    assert figures(metrics)['odl_host_runs_total{tenant="savoie",result="error"}'] == 1
    dead = savoie("publish", ODL_PING_URL="http://127.0.0.1:9/secret-uuid", ODL_METRICS_FILE="/proc/nowhere/x")
    assert "ping address was not reached" in dead.stderr
    assert "secret-uuid" not in dead.stderr
    assert "figures of this run were not written" in dead.stderr


def test_each_step_of_a_run_is_a_line_of_json_when_asked(savoie: CommandLine) -> None:
    (folder_of(savoie) / "prenoms.csv").write_text(PRENOMS)
    wrong = PRENOMS.splitlines()[0] + "".join(f"\nChambéry;73065;F;Zoé{n};beaucoup;2024" for n in range(300))
    (folder_of(savoie) / "prenoms-2025.csv").write_text(wrong)
    run = savoie("--json", "publish", "--log-format", "json", code=6)
    assert max(map(len, run.stderr.splitlines())) < 4_000  # a collector of logs cuts long lines off
    events = [json.loads(line) for line in run.stderr.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "start"
    assert names[-1] == "end"
    assert {"sending", "sent"} <= set(names)
    assert all("at" in event for event in events)
    assert events[-1]["report"]["counts"]["published"] == 1
    assert run.json["counts"]["published"] == 1


def test_a_second_run_beside_the_first_raises_no_alarm(savoie: CommandLine, pinged: tuple[str, list[str]]) -> None:
    url, paths = pinged
    with (savoie.home / "data" / "savoie" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy = savoie("--lang", "fr", "publish", code=5, ODL_PING_URL=url)
    assert paths == []
    assert busy.stdout == ""


def test_a_quiet_night_tells_only_of_files_that_nobody_was_told_of(savoie: CommandLine) -> None:
    folder = folder_of(savoie)
    (folder / "faux.csv").write_text(WRONG, encoding="utf-8")
    savoie("publish", "--quiet", code=6)
    (folder / "prenoms.csv").write_text(PRENOMS, encoding="utf-8")
    (folder / "autre.csv").write_text(WRONG.replace("2024", "2023"), encoding="utf-8")
    told = savoie("publish", "--quiet", code=6).stdout
    assert "autre.csv" in told and "faux.csv" not in told
    assert "1 published, 0 unchanged, 2 rejected" in told


def test_what_is_rejected_is_said_with_its_line_and_column_wherever_it_is_listed(savoie: CommandLine) -> None:
    (folder_of(savoie) / "faux.csv").write_text(WRONG, encoding="utf-8")
    place = "ligne 2, colonne NOMBRE_OCCURRENCES : "
    assert place in savoie("publish", code=6).stdout
    for command in (["status"], ["runs", "show", "last"], ["quarantine", "show", "73065/faux.csv"]):
        assert place in savoie(*command).stdout, command


def test_a_plan_that_is_refused_leaves_no_run_behind(savoie: CommandLine) -> None:
    folder = folder_of(savoie)
    (folder / "faux.csv").write_text(WRONG, encoding="utf-8")
    savoie("publish", code=6)
    plan = savoie.home / "plan.json"
    assert savoie("plan", "-q", "-o", str(plan)).stdout == ""
    (folder / "prenoms.csv").write_text(PRENOMS, encoding="utf-8")
    savoie("publish", "--plan", str(plan), code=7)
    status = savoie("--json", "status").json
    assert status["last_run"]["finished"] and [item["path"] for item in status["pending"]] == ["73065/faux.csv"]
    assert len(savoie("--json", "runs").json["runs"]) == 1
