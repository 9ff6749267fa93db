"""Findings are told as the problems of a column: the same mistake once, with its lines."""

from __future__ import annotations

from pathlib import Path

from odl_host.pipeline.reading.read import ReadNote
from odl_host.pipeline.reporting.model import FileReport
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.problems import group_problems, missing_columns
from odl_host.pipeline.reporting.terminal import render_text
from odl_host.pipeline.reporting.titles import title
from odl_host.pipeline.reporting.verdict import instruction
from odl_host.schemas.findings import CODES, Finding
from tests.unit.pipeline.reporting.judged import ROWS, judge


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


def test_a_column_that_may_be_the_missing_one_is_asked_about_where_it_is_missing(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, ROWS)
    question = ReadNote("proposal", "…", label="Code de la salle", column="CODE")
    asked = report._replace(advice=(question,))
    missing = next(one for one in asked.findings if one.code == "missing-label")
    assert "Si votre colonne «\u00a0Code de la salle\u00a0» contient cette information" in asked.sentences(missing)[1]
