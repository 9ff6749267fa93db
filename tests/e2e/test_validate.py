"""`validate` takes what people have at hand, and prints what they need."""

from __future__ import annotations

import fcntl
import functools
import http.server
import io
import json
import os
import shutil
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from .conftest import CommandLine

GOOD = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n"
WRONG = GOOD.replace(",3,", ",trois,")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "good.csv").write_text(GOOD, encoding="utf-8")
    (folder / "sub" / "wrong.csv").write_text(WRONG, encoding="utf-8")
    (folder / "sub" / "~$wrong.xlsx").write_bytes(b"lock")
    return folder


@pytest.fixture
def web(folder: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_folder_a_pattern_and_several_files(odl: CommandLine, folder: Path) -> None:
    whole = odl("--json", "validate", folder, code=3).json
    assert [(Path(one["file"]).name, one["valid"]) for one in whole] == [("good.csv", True), ("wrong.csv", False)]
    assert odl("--json", "validate", folder / "good.csv", folder / "good.csv", "--jobs", "2").json[1]["valid"]
    assert odl("validate", folder / "absent*.csv", code=2)


def test_standard_input(odl: CommandLine, folder: Path) -> None:
    done = subprocess.run(
        odl.arguments("--json", "validate", "-"),
        input=GOOD.encode("cp1252"),
        capture_output=True,
        env=odl.env,
        check=True,
    )
    assert json.loads(done.stdout)["schema"] == "scdl/prenoms"


def test_ctrl_c_promises_nothing_that_a_second_run_would_not_do(odl: CommandLine) -> None:
    with subprocess.Popen(
        odl.arguments("validate", "-"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=odl.env
    ) as running:
        assert running.stdin and running.stderr
        running.stdin.write(b"x" * 1_000_000)
        running.stdin.flush()
        while not is_read_to_the_end(running):
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        try:
            running.wait(60)
        finally:
            running.kill()
        said = running.stderr.read().decode()
    assert running.returncode == 130
    assert "No report was given" in said and "takes up" not in said


def is_read_to_the_end(process: subprocess.Popen[bytes]) -> bool:
    """Whether a program has read all that its standard input holds, and waits for more."""
    assert process.stdin
    left = fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4))
    state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return not any(left) and state == "S"


@pytest.mark.parametrize(
    ("module", "times"),
    [
        *(("odl_host.cli", 1), ("odl_host.cli.main", 1), ("odl_host.pipeline.pool", 1)),
        *(("encodings", 2), ("site", 2), ("multiprocessing.spawn", 2)),
        *(("odl_host.pipeline.interrupt", 2), ("odl_host.pipeline.pool", 3)),
    ],
)
def test_ctrl_c_shows_no_traceback_of_the_processes_that_begin(
    odl: CommandLine, folder: Path, module: str, times: int
) -> None:
    """A moment is when a module was read for the first time, or again by a process that was started."""
    for number in range(20):
        shutil.copy(folder / "good.csv", folder / f"{number}.csv")
    python, *arguments = odl.arguments("validate", folder, "--jobs", "2")
    with subprocess.Popen(
        [python, "-X", "importtime", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=odl.env,
        start_new_session=True,
        text=True,
    ) as running:
        assert running.stderr
        for line in running.stderr:
            times -= line.rpartition("|")[2].strip() == module
            if not times:
                break
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        said = running.stderr.read()
    assert "Traceback" not in said
    assert running.returncode in {130, 3, -signal.SIGINT}, "3: it had ended before; the signal: it had not begun"


def test_a_template_never_takes_the_place_of_a_workbook_that_may_be_filled_in(odl: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "modele.xlsx"
    odl("schema", "template", "prenoms", "-o", path)
    before = path.read_bytes()
    refused = odl("--lang", "fr", "schema", "template", "prenoms", "-o", path, code=2)
    assert "existe déjà" in refused.stderr
    assert path.read_bytes() == before


def test_no_workbook_is_given_for_what_is_no_table(odl: CommandLine, tmp_path: Path) -> None:
    refused = odl("--lang", "fr", "schema", "template", "zfe", "-o", tmp_path / "zfe.xlsx", code=2)
    assert "sont en GeoJSON" in refused.stderr
    assert not (tmp_path / "zfe.xlsx").exists()


def test_an_address(odl: CommandLine, web: str) -> None:
    assert odl("--json", "validate", f"{web}/good.csv").json["valid"] is True
    assert "404" in odl("validate", f"{web}/absent.csv", code=3).stderr
    assert "does not answer" in odl("validate", "http://127.0.0.1:9/a.csv", code=5).stderr


def test_a_schema_by_name_file_or_address(odl: CommandLine, folder: Path, web: str) -> None:
    descriptor = {"name": "mine", "fields": [{"name": "NOMBRE_OCCURRENCES", "type": "integer"}]}
    (folder / "schema.json").write_text(json.dumps(descriptor), encoding="utf-8")
    for schema in (str(folder / "schema.json"), f"{web}/schema.json"):
        assert odl("--json", "validate", folder / "good.csv", "--schema", schema).json["valid"] is True
        assert odl("--json", "validate", folder / "sub" / "wrong.csv", "--schema", schema, code=3).json[
            "findings_total"
        ]


def test_reports_are_laid_where_asked_and_a_second_attempt_is_compared(odl: CommandLine, folder: Path) -> None:
    reports = folder.parent / "reports"
    wrong = folder / "sub" / "wrong.csv"
    odl("validate", wrong, "--report", reports, code=3)
    assert {path.suffix for path in reports.iterdir()} == {".html", ".json", ".xlsx"}
    wrong.write_text(WRONG + "Chambéry,73065,F,Ana,deux,2024\n", encoding="utf-8")
    odl("validate", wrong, "--report", reports, code=3)
    (document,) = (json.loads(path.read_text(encoding="utf-8")) for path in reports.glob("*.json"))
    assert document["comparison"] == {"corrected": 0, "remaining": 1, "new": 1}


def test_files_of_one_name_are_told_apart_by_their_folders(odl: CommandLine, folder: Path) -> None:
    for member in ("73065", "73087-cognin"):
        (folder / member).mkdir()
        (folder / member / "prenoms.csv").write_text(WRONG, encoding="utf-8")
    reports = folder.parent / "reports"
    printed = odl("validate", folder, "--report", reports, code=3).stdout
    (page,) = (reports / "73087-cognin").glob("prenoms-csv-*.html")
    assert f"dans {folder}/73087-cognin/prenoms.csv" in " ".join(printed.split())
    assert f"→ {page}" in printed
    documents = odl("--json", "validate", f"{folder}/*/prenoms.csv", "--report", reports, code=3).json
    assert [Path(one["report"]).parent.name for one in documents] == ["73065", "73087-cognin"]
    assert len(list(reports.rglob("*.html"))) == 3, "each file has one place, however it is asked for"


def test_reports_beside_the_data_are_not_checked_as_data(odl: CommandLine, folder: Path) -> None:
    checked = [
        {Path(one["file"]).name for one in odl("--json", "validate", folder, "--report", folder, code=3).json}
        for _ in range(2)
    ]
    assert list(folder.rglob("*-??????.html")), "there are reports"
    assert checked[0] == checked[1]


def test_reports_inside_the_folder_are_not_checked_as_data(odl: CommandLine, folder: Path) -> None:
    for _ in range(2):
        documents = odl("--json", "validate", folder, "--report", folder / "rapports", code=3).json
        assert [Path(one["file"]).name for one in documents] == ["good.csv", "wrong.csv"]


def test_quiet_leaves_out_what_is_good(odl: CommandLine, folder: Path) -> None:
    printed = odl("validate", folder, "--quiet", code=3).stdout
    assert "wrong.csv" in printed and "good.csv" not in printed
    assert printed.rstrip().endswith("2 fichiers vérifiés\u00a0: 1 valide et 1 à corriger.")
    assert odl("validate", folder / "good.csv", folder / "good.csv", "-q").stdout == ""


def test_a_folder_that_cannot_be_opened_is_said(odl: CommandLine, folder: Path) -> None:
    (folder / "sub").chmod(0)
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    bounds = bounded if os.geteuid() == 0 else []  # root opens any folder
    if bounds and not shutil.which("setpriv"):
        pytest.skip("root opens any folder, and setpriv (util-linux) is not there to forbid it")
    arguments = odl.arguments("--lang", "fr", "validate", folder)
    try:
        done = subprocess.run([*bounds, *arguments], capture_output=True, text=True, env=odl.env, check=False)
    finally:
        (folder / "sub").chmod(0o755)
    assert done.returncode == 3
    assert f"Le dossier {folder}/sub ne peut pas être ouvert (accès refusé)." in " ".join(done.stdout.split())


def test_a_disk_that_is_full_is_said_in_one_sentence(odl: CommandLine, folder: Path) -> None:
    reports = folder.parent / "reports"
    save_as_workbook(folder / "prenoms.xlsx", WRONG)
    arguments = ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", *odl.arguments("--lang", "fr", "validate")]
    done = subprocess.run(
        [*arguments, folder / "prenoms.xlsx", "--report", reports],
        capture_output=True,
        text=True,
        env=odl.env | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == 4
    first, hint = done.stderr.splitlines()
    assert first.startswith(f"odl-host: Le rapport sur {folder / 'prenoms.xlsx'} n’a pas été écrit.")
    assert first.endswith("ne peut pas être écrit (trop gros pour le disque).")
    assert str(reports) in hint


def save_as_workbook(path: Path, text: str) -> None:
    workbook = Workbook()
    assert workbook.active is not None
    for line in text.splitlines():
        workbook.active.append(line.split(","))
    workbook.save(path)


@pytest.mark.parametrize(("shape", "start"), [("html", "<!doctype html>"), ("csv", "\ufefffichier;"), ("json", "{")])
def test_each_format(odl: CommandLine, folder: Path, shape: str, start: str) -> None:
    printed = odl("validate", folder / "sub" / "wrong.csv", "--format", shape, code=3).stdout
    assert printed.lower().startswith(start)


def test_inputs_that_cannot_be_had_stop_no_other(odl: CommandLine, folder: Path, web: str) -> None:
    empty = folder / "vide"
    empty.mkdir()
    bad = [f"{web}/absent.csv", "http://127.0.0.1:9/a.csv", empty, folder / "absent.csv", folder / "absent*.csv"]
    documents = odl("--json", "validate", *bad, folder / "good.csv", code=3).json
    assert [one["outcome"] for one in documents] == ["blocked"] * len(bad) + ["valid"]
    assert "n’existe pas" in documents[0]["reason"]
    assert "connexion refusée" in documents[1]["reason"]
    printed = odl("validate", *bad, folder / "good.csv", code=3).stdout
    assert "6 fichiers vérifiés\u00a0: 1 valide, 0 à corriger et 5 n’ont pas pu être vérifiés." in printed


@pytest.mark.parametrize(
    ("arguments", "code", "said", "hint"),
    [
        (["absent.csv"], 3, "absent.csv n’existe pas.", "Vérifiez le chemin."),
        (["absent*.csv"], 2, "Aucun fichier ne correspond à absent*.csv.", "Vérifiez l’écriture du nom."),
        (["http://127.0.0.1:9/a.csv"], 5, "ne répond pas (connexion refusée).", "Attendez un moment"),
        (["a.csv", "--schema", "delib"], 3, "Aucun modèle ne s’appelle « delib »", "Essayez : "),
        (["a.csv", "--schema", "prenoms@99"], 3, "n’a pas de version 99", "Chargez les versions officielles"),
        (["a.csv", "--format", "pdf"], 2, "« pdf » ne convient pas à --format", "Voyez : odl-host validate --help"),
        (["a.csv", "--formt", "csv"], 2, "L’option --formt n’existe pas.", "Voyez : "),
        ([], 2, "Il manque : FICHIER | DOSSIER | URL | -.", "Voyez : "),
        (["ftp://exemple.fr/a.csv"], 3, "cette sorte d’adresse n’est pas lue.", "Donnez une adresse en http"),
    ],
    ids=["path", "pattern", "address", "schema", "version", "value", "option", "nothing", "ftp"],
)
def test_errors_and_hints_are_french_for_who_asks(
    odl: CommandLine, arguments: list[str], code: int, said: str, hint: str
) -> None:
    printed = odl("--lang", "fr", "validate", *arguments, code=code).stderr
    assert said in printed
    assert f"→ {hint}" in printed


def test_a_workbook_is_given_back_on_standard_output(odl: CommandLine, folder: Path) -> None:
    arguments = odl.arguments("validate", folder / "sub" / "wrong.csv", "--format", "xlsx")
    done = subprocess.run(arguments, capture_output=True, env=odl.env, check=False)
    assert done.returncode == 3
    assert load_workbook(io.BytesIO(done.stdout)).sheetnames == ["À corriger", "Données"]
    assert "one file" in odl("validate", folder, "--format", "xlsx", code=2).stderr


def test_an_address_is_followed_named_and_limited(odl: CommandLine, folder: Path) -> None:
    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            places = {"/local": f"file://{folder / 'good.csv'}", "/ancien%20fichier%20%C3%A9.csv": "/nouveau?id=3"}
            if self.path in places:
                self.send_response(302)
                self.send_header("Location", places[self.path])
                self.end_headers()
                return
            self.send_response(200)
            if self.path == "/coupe":
                self.send_header("Content-Length", "9999")
            self.send_header("Content-Disposition", 'attachment; filename="prenoms 2024.csv"')
            self.end_headers()
            self.wfile.write(GOOD.encode() * (20_000 if self.path == "/gros" else 1))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        site = f"http://127.0.0.1:{server.server_port}"
        try:
            assert odl("--json", "validate", f"{site}/ancien fichier é.csv").json["valid"]
            assert "not allowed" in odl("validate", f"{site}/local", code=3).stderr
            assert "before the end" in odl("validate", f"{site}/coupe", code=5).stderr
            (odl.home / "odl.toml").write_text("max_file_mb = 1\n", encoding="utf-8")
            assert "larger than 1 MB" in odl("validate", f"{site}/gros", code=3).stderr
        finally:
            server.shutdown()
            thread.join()


def test_the_shell_completes_the_names_of_schemas(odl: CommandLine) -> None:
    def completed(words: str) -> list[str]:
        env = {"_ODL_HOST_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "3"}
        return odl(code=None, **env).stdout.split()

    assert completed("odl-host validate --schema delib") == ["plain,deliberations"]
    assert "plain,scdl/budget" in completed("odl-host schema show scdl/")


def test_warnings_count_only_when_asked(odl: CommandLine, folder: Path) -> None:
    file = folder / "sans-nom.csv"
    file.write_text("".join(line.partition(",")[2] for line in GOOD.splitlines(keepends=True)), encoding="utf-8")
    document = odl("--json", "validate", file).json
    assert [finding["severity"] for finding in document["findings"]] == ["warning"]
    odl("validate", file, "--fail-on", "warning", code=3)
