"""Files that follow no model for certain: their report says why, and shows the nearest ones."""

from __future__ import annotations

from pathlib import Path

from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.recognising.detect import detect_schema
from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.listing import render_csv
from odl_host.pipeline.reporting.model import file_report
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.terminal import render_text
from odl_host.schemas.registry import load_registry
from tests.unit.pipeline.reporting.judged import TODAY


def test_a_blocked_file_says_why(tmp_path: Path) -> None:
    report = file_report("x.csv", reason="Aucun modèle connu n’a ces titres.", today=TODAY)
    assert report.outcome == "blocked"
    for face in (render_html(report), render_text(report), render_csv([report])):
        assert "Aucun modèle connu n’a ces titres." in face
    assert as_json(report)["valid"] is False


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
