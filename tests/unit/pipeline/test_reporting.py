from __future__ import annotations

import csv
import io
import itertools
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from odl_host.pipeline.detect import detect_schema
from odl_host.pipeline.read import ReadNote, read_table
from odl_host.pipeline.reporting.attempts import Comparison, compare_attempts
from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.health import measure_health
from odl_host.pipeline.reporting.listing import HEADER, render_csv
from odl_host.pipeline.reporting.model import FileReport, Repair, file_report
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.problems import group_problems, missing_columns
from odl_host.pipeline.reporting.terminal import render_text
from odl_host.pipeline.reporting.titles import title
from odl_host.pipeline.reporting.verdict import corrections, instruction
from odl_host.pipeline.validate import Report, validate_table
from odl_host.schemas.findings import CODES, Finding
from odl_host.schemas.registry import Schema, load_registry
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 3, 1)
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "reports"

SCHEMA = parse_descriptor(
    {
        "title": "Prêts de salles",
        "homepage": "https://exemple.fr/salles",
        "fields": [
            {
                "name": "SALLE",
                "title": "Nom de la salle",
                "description": "Écrivez le nom affiché à l'entrée.",
                "example": "Salle des fêtes",
                "constraints": {"required": True},
            },
            {"name": "JOUR", "type": "date", "title": "Jour du prêt", "example": "2024-03-31"},
            {"name": "PRIX", "type": "number", "title": "Prix payé"},
            {"name": "USAGE", "title": "Usage", "constraints": {"enum": ["fête", "réunion"]}},
            {"name": "CODE", "title": "Code de la commune", "constraints": {"required": True}},
            {"name": "NOTE", "title": "Remarque"},
        ],
    },
    name="test/salles",
    version="1.0.0",
)
ROWS = """SALLE;JOUR;PRIX;USAGE;Personne
Foyer;31/12/2024;12,50;fête;M. A
;2024-01-02;10;Réunion;
Foyer;01/02/2024;dix;=cmd|' /C calc'!A0;<b>x</b>
Foyer;01/02/2024;3;<script>alert(1)</script>;
"""


def judge(
    tmp_path: Path, text: str, *, schema: Schema = SCHEMA, name: str = "salles.csv", keep: int = 100
) -> tuple[FileReport, Report]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    table = read_table(path, columns=frozenset(schema.field_names))
    report = validate_table(table, schema, max_findings=keep, today=TODAY)
    health = measure_health(table, report)
    return file_report(name, table=table, report=report, health=health, today=TODAY), report


@pytest.fixture
def rejected(tmp_path: Path) -> FileReport:
    return judge(tmp_path, ROWS)[0]


# -- the verdict ------------------------------------------------------------------------------------------------------


def test_the_first_sentence_says_how_much_and_what_then(rejected: FileReport) -> None:
    assert instruction(rejected) == "10 corrections à faire dans salles.csv, puis redéposez-le sous le même nom."


def test_a_terminal_shows_every_kind_of_error_rather_than_the_same_one_eight_times(tmp_path: Path) -> None:
    rows = "".join(f"Foyer;2024-01-02;dix{n};fête;73065;\n" for n in range(30)) + "Foyer;2024-01-02;1;bal;73065;\n"
    report, _ = judge(tmp_path, "SALLE;JOUR;PRIX;USAGE;CODE;NOTE\n" + rows)
    text = render_text(report)
    first = text[: text.index("Par colonne")]
    assert first.count("PRIX\u00a0:") + first.count("PRIX :") == 1
    assert "« bal »" in first.replace("\u00a0", " ")
    assert "… et 29 autres" in first.replace("\u00a0", " ")


def test_a_valid_file_asks_for_nothing(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, "SALLE;JOUR;PRIX;USAGE;CODE;NOTE\nFoyer;2024-01-02;10;fête;73065;\n")
    assert report.outcome == "valid"
    assert "Rien à corriger" in instruction(report)
    assert "Ce qu’il faut corriger" not in render_html(report)


def test_a_table_without_a_row_is_not_called_right(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, "SALLE;JOUR;PRIX;USAGE;CODE;NOTE\n")
    assert instruction(report).startswith("Vérifiez que salles.csv est le bon fichier")


def test_a_file_that_has_no_name_is_called_this_file(rejected: FileReport) -> None:
    assert "dans ce fichier," in instruction(rejected._replace(file="-"))


def test_the_page_names_an_encoding_only_where_it_is_unusual(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, ROWS)
    assert "utf-8" not in render_html(report).partition("<main>")[2].lower()
    assert "codage de Windows" in render_html(report._replace(encoding="cp1252"))


def test_a_fault_of_the_schema_is_not_asked_of_the_town_hall(tmp_path: Path) -> None:
    broken = parse_descriptor(
        {"fields": [{"name": "SALLE"}], "custom_checks": [{"name": "no-such-check", "params": {"column": "SALLE"}}]},
        name="test/broken",
        version="1",
    )
    report, _ = judge(tmp_path, "SALLE\nFoyer\n", schema=broken)
    assert report.outcome == "invalid"
    assert corrections(report) == 0
    assert "c’est le modèle qui a un défaut" in instruction(report)


def test_decimal_commas_that_split_cells_come_before_their_consequences(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, "SALLE,JOUR,PRIX,USAGE,CODE\n" + "Foyer,2024-01-02,58 400,00,fête,73065\n" * 3)
    assert "point-virgule" in instruction(report)
    assert "À faire d’abord" in render_html(report)


def test_a_blocked_file_says_why(tmp_path: Path) -> None:
    report = file_report("x.csv", reason="Aucun modèle connu n’a ces titres.", today=TODAY)
    assert report.outcome == "blocked"
    for face in (render_html(report), render_text(report), render_csv([report])):
        assert "Aucun modèle connu n’a ces titres." in face
    assert as_json(report)["valid"] is False


# -- grouping ---------------------------------------------------------------------------------------------------------


def test_problems_stand_by_column_and_missing_columns_together(rejected: FileReport) -> None:
    names = [group.name for group in group_problems(rejected, "error")]
    assert names == ["SALLE", "JOUR", "PRIX", "USAGE"]
    assert [(one.name, one.todo) for one in missing_columns(rejected)] == [("CODE", "")]


def test_the_same_mistake_is_told_once_with_its_lines(rejected: FileReport) -> None:
    (days,) = next(group for group in group_problems(rejected, "error") if group.name == "JOUR").problems
    assert (days.count, days.title) == (3, "Date mal écrite")
    assert [(example.cell, example.where) for example in days.examples] == [
        ("31/12/2024", "ligne 2"),
        ("01/02/2024", "lignes 4 et 5"),
    ]
    assert "2024-12-31" in days.examples[0].fix


def test_what_was_counted_but_not_kept_is_told_as_more(tmp_path: Path) -> None:
    header = "SALLE;JOUR;PRIX;USAGE;CODE;NOTE\n"
    report, _ = judge(tmp_path, header + "Foyer;hier;1;fête;73065;\n" * 50, keep=5)
    (group,) = group_problems(report, "error")
    assert group.count == 50
    assert group.problems[0].where == "toutes les lignes, de 2 à 51"
    assert "… et 45 autres" not in render_html(report)  # one example shows the same text; the place says it all
    assert instruction(report).startswith("50 corrections à faire")


def test_lines_are_those_of_the_spreadsheet_under_title_rows(tmp_path: Path) -> None:
    text = "Prêts de la commune;;;;\n;;;;\nSALLE;JOUR;PRIX;USAGE;CODE\nFoyer;hier;1;fête;73065\n"
    report, verdict = judge(tmp_path, text)
    assert report.header_row == 3
    assert [finding.row for finding in verdict.findings if finding.column == "JOUR"] == [2]
    assert "ligne 4" in render_text(report)
    assert "Ligne 4" in render_html(report)


def test_every_kind_of_finding_has_a_title() -> None:
    titles = {code: title(Finding(code)) for code in CODES}
    assert {code for code, said in titles.items() if said == "Anomalie"} == set()


# -- the page ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects what accessibility asks about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def test_the_page_stands_alone(rejected: FileReport) -> None:
    page = Page(render_html(rejected))
    assert page.all("script", "img", "link", "iframe") == []
    assert all("src" not in attrs for _, attrs in page.tags)
    assert "url(http" not in render_html(rejected)
    assert "@import" not in render_html(rejected)


def test_the_page_is_accessible(rejected: FileReport) -> None:
    page = Page(render_html(rejected))
    assert page.all("html")[0]["lang"] == "fr"
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(cell.get("scope") for cell in page.all("th"))
    pictures = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert len(pictures) == sum(one.known for one in rejected.health)
    assert all("à corriger" in str(svg["aria-label"]) for svg in pictures)
    identifiers = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(identifiers) == len(set(identifiers))
    links = {str(attrs["href"])[1:] for attrs in page.all("a") if str(attrs.get("href", "")).startswith("#")}
    assert links <= set(identifiers)
    labelled = {attrs["aria-labelledby"] for attrs in page.all("section")}
    assert labelled <= set(identifiers)


def test_the_page_shows_what_was_typed_as_text(rejected: FileReport) -> None:
    html = render_html(rejected)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_has_no_jargon(rejected: FileReport) -> None:
    words = " ".join(Page(render_html(rejected)).text)
    for jargon in ("error", "constraint", "enum", "pattern", "schema", "None", "null", "string", "CSVW", "parse"):
        assert not re.search(rf"\b{jargon}\b", words, re.IGNORECASE), jargon


def test_the_page_names_the_copy_that_lies_beside_it(rejected: FileReport) -> None:
    page = render_html(rejected, copy="salles à corriger.xlsx")
    assert '<a href="salles%20%C3%A0%20corriger.xlsx">sa copie annotée</a>' in page
    assert "sa copie" not in render_html(rejected)


def test_repairs_and_their_number_are_told(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, ROWS)
    table = read_table(tmp_path / "salles.csv")
    repaired = file_report(
        "salles.csv",
        table=table,
        outcome="valid",
        repairs=[Repair("dates", 12, "Dates réécrites : 31/12/2024 → 2024-12-31.")],
        today=TODAY,
    )
    assert "Dates réécrites\u00a0: 31/12/2024 → 2024-12-31. (12 fois)" in render_html(repaired)
    assert as_json(repaired)["repairs"][0] == {
        "kind": "dates",
        "count": 12,
        "detail": "Dates réécrites : 31/12/2024 → 2024-12-31.",
    }
    assert as_json(report)["repairs"] == []


# -- terminal, JSON, CSV ----------------------------------------------------------------------------------------------


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


# -- attempts ---------------------------------------------------------------------------------------------------------


def test_a_second_attempt_is_compared_with_the_first(tmp_path: Path) -> None:
    first, _ = judge(tmp_path, ROWS)
    previous = json.loads(json.dumps(as_json(first)))
    better = ROWS.replace("31/12/2024", "2024-12-31").replace("12,50", "12.50").replace("Réunion", "Assemblée")
    _, verdict = judge(tmp_path, better)
    comparison = compare_attempts(previous, verdict)
    assert comparison == Comparison(corrected=3, remaining=7, new=1)


def test_an_inserted_line_makes_nothing_new(tmp_path: Path) -> None:
    first, _ = judge(tmp_path, ROWS)
    header, _, rest = ROWS.partition("\n")
    _, verdict = judge(tmp_path, f"{header}\nFoyer;2024-01-02;1;fête;\n{rest}")
    comparison = compare_attempts(as_json(first), verdict)
    assert comparison is not None
    assert (comparison.corrected, comparison.new) == (0, 0)


def test_attempts_with_more_errors_than_were_kept_are_compared_by_number(tmp_path: Path) -> None:
    header = "SALLE;JOUR;PRIX;USAGE;CODE\n"
    first, _ = judge(tmp_path, header + "Foyer;hier;1;fête;73065\n" * 50, keep=5)
    _, verdict = judge(tmp_path, header + "Foyer;hier;1;fête;73065\n" * 20, keep=5)
    assert compare_attempts(as_json(first), verdict) == Comparison(30, 20, 0)


def test_a_blocked_attempt_is_not_compared(tmp_path: Path) -> None:
    _, verdict = judge(tmp_path, ROWS)
    assert compare_attempts(as_json(file_report("a.csv", reason="…", today=TODAY)), verdict) is None


# -- health -----------------------------------------------------------------------------------------------------------


def test_health_adds_up_to_the_rows(rejected: FileReport) -> None:
    assert {one.total for one in rejected.health} == {4}
    found = {one.name: (one.right, one.wrong, one.empty, one.known) for one in rejected.health}
    assert found == {
        "SALLE": (3, 1, 0, True),
        "JOUR": (1, 3, 0, True),
        "PRIX": (2, 2, 0, True),
        "USAGE": (1, 3, 0, True),
        "Personne": (2, 0, 2, False),
    }


def test_health_counts_what_was_not_kept(tmp_path: Path) -> None:
    header = "SALLE;JOUR;PRIX;USAGE;CODE\n"
    report, _ = judge(tmp_path, header + "Foyer;hier;1;fête;73065\n" * 50 + "Foyer;;1;fête;73065\n", keep=5)
    day = next(one for one in report.health if one.name == "JOUR")
    assert (day.right, day.wrong, day.empty) == (0, 50, 1)


# -- golden -----------------------------------------------------------------------------------------------------------


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


def test_a_corrections_workbook_sent_back_is_read_from_its_data_sheet(tmp_path: Path) -> None:
    from openpyxl import Workbook

    from odl_host.pipeline.read import read_table

    workbook = Workbook()
    workbook.active.title = "À corriger"
    workbook.active.append(["Liste des corrections"])
    data = workbook.create_sheet("Données")
    data.append(["autre", "titre"])
    data.append(["1", "2"])
    workbook.save(tmp_path / "retour.xlsx")
    assert read_table(tmp_path / "retour.xlsx").sheet == "Données"


def test_the_page_has_the_landmarks_that_a_screen_reader_jumps_to(rejected: FileReport) -> None:
    page = render_html(rejected)
    found = re.findall(r"<(header class=\"top\"|main|h1|/main|footer)>", page)
    assert found == ['header class="top"', "main", "h1", "/main", "footer"]
    for named in re.findall(r"aria-labelledby=\"([^\"]+)\"", page):
        assert f'id="{named}"' in page


def test_a_file_that_no_model_fits_for_certain_shows_the_titles_of_the_nearest_ones(tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("nomAttribuant;objet;montant;téléphone;courriel;canton\nBarby;Aide;12;04;a@b.fr;2\n", "utf-8")
    table = read_table(path)
    detection = detect_schema(table, load_registry(None), filename="liste.csv")
    assert not detection.certain
    report = file_report(path.name, table=table, detection=detection, today=TODAY)
    assert report.candidates[0].columns == {"nomAttribuant": "nomAttribuant", "objet": "objet", "montant": "montant"}
    page = render_html(report)
    assert "Subventions versées" in page
    assert "3 titres reconnus sur 16" in page
    assert "« téléphone », « courriel » et « canton »".replace("« ", "«\u00a0").replace(" »", "\u00a0»") in page
    assert as_json(report)["candidates"][0]["schema"] == "scdl/subventions"


def test_a_file_that_shares_a_word_with_a_model_is_not_said_to_be_near_it(tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("téléphone;courriel;canton;date_maj\n04;a@b.fr;2;2024\n", "utf-8")
    table = read_table(path)
    detection = detect_schema(table, load_registry(None), filename="liste.csv")
    assert detection.candidates == ()
    assert "Aucun modèle connu n’a ces titres de colonnes" in detection.reason


def test_a_column_that_may_be_the_missing_one_is_asked_about_where_it_is_missing(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, ROWS)
    question = ReadNote("proposal", "…", label="Code de la salle", column="CODE")
    asked = report._replace(advice=(question,))
    missing = next(one for one in asked.findings if one.code == "missing-label")
    assert "Si votre colonne «\u00a0Code de la salle\u00a0» contient cette information" in asked.sentences(missing)[1]
