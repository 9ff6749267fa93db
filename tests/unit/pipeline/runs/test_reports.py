"""Laying the reports of a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.examining.examine import ExamineSettings, examine_file
from odl_host.pipeline.plans.plan import Step
from odl_host.pipeline.reading.read import ReadLimits
from odl_host.pipeline.runs.reports import POOL_THRESHOLD_CELLS, write_all_reports
from odl_host.schemas.registry import load_registry

TODAY = date(2026, 3, 1)
HEADER = "COMMUNE_NOM;COLL_INSEE;ENFANT_SEXE;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE\n"
REGISTRY = load_registry(None)
SETTINGS = ExamineSettings(limits=ReadLimits(), max_findings=20, today=TODAY)


def rejected(folder: Path, name: str, rows: int) -> Step:
    path = folder / name
    path.write_text(HEADER + "Barby;73030;fille;Zoé;trois;2024\n" * rows, "utf-8")
    examination = examine_file(path, REGISTRY, SETTINGS)
    assert examination.outcome == "invalid"
    return Step(SourceFile(path, f"73030/{name}", "73030", None), "reject", examination=examination)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_rejected_file_has_its_page_and_its_marked_copy_and_one_odd_file_stops_no_other(
    tmp_path: Path, jobs: int
) -> None:
    rows = POOL_THRESHOLD_CELLS // (4 * 6) + 1
    steps = [rejected(tmp_path, f"prenoms-{number}.csv", rows) for number in range(5)]
    steps[1].source.path.unlink()  # taken away since it was read
    reports = tmp_path / "reports"
    (reports / "sans-collectivite").mkdir(parents=True)
    places = {step.source.name: page for step, page, _ in write_all_reports(steps, reports, today=TODAY, jobs=jobs)}
    assert list(places) == [step.source.name for step in steps]
    marked = {name: page is not None and page.with_suffix(".xlsx").exists() for name, page in places.items()}
    assert marked == {step.source.name: step is not steps[1] for step in steps}
    page = places["prenoms-4.csv"]
    assert page is not None
    assert "Nombre entier mal écrit" in page.read_text("utf-8")
    assert "fille" in str(load_workbook(page.with_suffix(".xlsx"))["Données"]["C2"].comment.text)


def test_a_report_says_why_the_file_waits_now_and_not_why_it_waited_before(tmp_path: Path) -> None:
    path = tmp_path / "prenoms.csv"
    path.write_text(HEADER + "Barby;73030;F;Zoé;3;2024\n", "utf-8")
    examination = examine_file(path, REGISTRY, SETTINGS)
    assert examination.outcome == "valid"
    step = Step(SourceFile(path, "73030/prenoms.csv", "73030", None), "block", examination=examination)
    for reason in ("Ce fichier semble contenir des données personnelles.", "Ce fichier a été retiré du portail."):
        ((_, page, _),) = write_all_reports([replace(step, reason=reason)], tmp_path / "reports", today=TODAY, jobs=1)
        assert page is not None
        text = page.read_text("utf-8")
        assert reason in text
        # It was read and verified: what keeps it out is not that.
        assert "Ce fichier n’est pas publié tel quel." in text and "pas pu vérifier" not in text
        assert "Modèle</dt>" not in text


def test_a_report_that_cannot_be_written_says_why_and_the_others_are_written(tmp_path: Path) -> None:
    steps = [rejected(tmp_path, name, 3) for name in ("a.csv", "b.csv")]
    reports = tmp_path / "reports"
    first = next(iter(write_all_reports(steps[:1], reports, today=TODAY, jobs=1)))[1]
    assert first is not None
    first.unlink()
    first.mkdir()  # a folder stands where the page should be
    written = list(write_all_reports(steps, reports, today=TODAY, jobs=1))
    assert [page is not None for _, page, _ in written] == [False, True]
    assert "cannot be written" in written[0][2]
