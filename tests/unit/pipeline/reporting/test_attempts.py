"""A second attempt is compared with the first."""

from __future__ import annotations

import json
from pathlib import Path

from odl_host.pipeline.reporting.attempts import Comparison, compare_attempts
from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.model import file_report
from tests.unit.pipeline.reporting.judged import ROWS, TODAY, judge


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
