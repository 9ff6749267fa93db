"""The first sentence of a report: how much is to be corrected, and what then."""

from __future__ import annotations

from pathlib import Path

from odl_host.pipeline.reporting.model import FileReport
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.verdict import corrections, instruction
from odl_host.schemas.repair import parse_descriptor
from tests.unit.pipeline.reporting.judged import judge


def test_the_first_sentence_says_how_much_and_what_then(rejected: FileReport) -> None:
    assert instruction(rejected) == "10 corrections à faire dans salles.csv, puis redéposez-le sous le même nom."


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
