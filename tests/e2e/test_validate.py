"""`validate` takes what people have at hand, and prints what they need."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(("shape", "start"), [("html", "<!doctype html>"), ("csv", "\ufefffichier;"), ("json", "{")])
def test_each_format(odl: CommandLine, folder: Path, shape: str, start: str) -> None:
    printed = odl("validate", folder / "sub" / "wrong.csv", "--format", shape, code=3).stdout
    assert printed.lower().startswith(start)


def test_warnings_count_only_when_asked(odl: CommandLine, folder: Path) -> None:
    file = folder / "sans-nom.csv"
    file.write_text("".join(line.partition(",")[2] for line in GOOD.splitlines(keepends=True)), encoding="utf-8")
    document = odl("--json", "validate", file).json
    assert [finding["severity"] for finding in document["findings"]] == ["warning"]
    odl("validate", file, "--fail-on", "warning", code=3)
