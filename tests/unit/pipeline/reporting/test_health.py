"""The health of a column: how many of its cells are right, wrong and empty."""

from __future__ import annotations

from pathlib import Path

from odl_host.pipeline.reporting.model import FileReport
from tests.unit.pipeline.reporting.judged import judge


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
