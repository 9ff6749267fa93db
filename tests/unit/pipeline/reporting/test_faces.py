"""The other faces of a report: terminal, JSON and CSV; and every face as it was approved."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.listing import HEADER, render_csv
from odl_host.pipeline.reporting.model import FileReport, file_report
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.terminal import render_text
from tests.unit.pipeline.reporting.judged import TODAY, judge

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "reports"


def test_a_terminal_shows_every_kind_of_error_rather_than_the_same_one_eight_times(tmp_path: Path) -> None:
    rows = "".join(f"Foyer;2024-01-02;dix{n};fête;73065;\n" for n in range(30)) + "Foyer;2024-01-02;1;bal;73065;\n"
    report, _ = judge(tmp_path, "SALLE;JOUR;PRIX;USAGE;CODE;NOTE\n" + rows)
    text = render_text(report)
    first = text[: text.index("Par colonne")]
    assert first.count("PRIX\u00a0:") + first.count("PRIX :") == 1
    assert "« bal »" in first.replace("\u00a0", " ")
    assert "… et 29 autres" in first.replace("\u00a0", " ")


def test_the_terminal_page_keeps_to_its_width_and_has_colour_only_when_asked(rejected: FileReport) -> None:
    plain = render_text(rejected, width=60)
    assert "\x1b" not in plain
    assert max(map(len, plain.split("\n"))) <= 60
    assert "\x1b[" in render_text(rejected, colour=True)


def test_control_characters_of_a_cell_do_not_reach_the_terminal(tmp_path: Path) -> None:
    report = file_report("\x1b[2Jx.csv", reason="\x1b]0;titre\x07", today=TODAY)
    assert "\x1b" not in render_text(report)
    assert "\x07" not in render_text(report)


def test_the_json_has_the_announced_keys(rejected: FileReport) -> None:
    document = json.loads(json.dumps(as_json(rejected)))
    announced = ["file", "schema", "schema_version", "valid", "rows", "encoding", "delimiter", "repairs", "findings"]
    assert list(document)[:10] == [*announced, "findings_total"]
    assert (document["schema"], document["schema_version"], document["rows"]) == ("test/salles", "1.0.0", 4)
    assert (document["valid"], document["delimiter"], document["encoding"]) == (False, ";", "utf-8")
    finding = next(one for one in document["findings"] if one["column"] == "JOUR")
    assert list(finding) == ["code", "severity", "row", "column", "cell", "message", "fix"]
    assert (finding["code"], finding["row"], finding["cell"]) == ("type-error", 2, "31/12/2024")
    assert document["findings_total"] == len(document["findings"])


def test_the_csv_opens_in_a_spreadsheet_and_starts_no_formula(rejected: FileReport) -> None:
    text = render_csv([rejected])
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == 1 + len(rejected.findings)
    assert {len(row) for row in rows} == {len(HEADER)}
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert any("'=cmd|" in cell for row in rows for cell in row)


@pytest.mark.parametrize("face", ["html", "txt", "json", "csv"])
def test_the_report_reads_as_approved(rejected: FileReport, face: str, request: pytest.FixtureRequest) -> None:
    made = {
        "html": lambda: render_html(rejected),
        "txt": lambda: render_text(rejected, width=80) + "\n",
        "json": lambda: json.dumps(as_json(rejected), ensure_ascii=False, indent=1) + "\n",
        "csv": lambda: render_csv([rejected]),
    }[face]()
    path = GOLDEN / f"salles.{face}"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.encode("utf-8"))
    assert made == path.read_bytes().decode("utf-8"), "if the change is wanted: pytest --update-golden"
