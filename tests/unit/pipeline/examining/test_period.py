"""The years that a file's name announces, against the dates inside."""

from __future__ import annotations

from datetime import date

import pytest

from odl_host.pipeline.examining.period import announced_years, find_other_period
from odl_host.schemas.findings import Finding
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 1, 1)
FIELDS = [{"name": "date_decision", "type": "date"}, {"name": "objet", "type": "string"}]


@pytest.mark.parametrize(
    ("name", "years"),
    [
        ("deliberations-2025.csv", {2025}),
        ("Subventions 2024 v2.xlsx", {2024}),
        ("budget_2022-2024.ods", {2022, 2023, 2024}),
        ("export-2024-03-31.csv", set()),
        ("export-31.03.2024.csv", set()),
        ("20240331-subventions.csv", set()),
        ("200069110-2024.csv", {2024}),
        ("horizon-2050.csv", set()),
        ("prenoms.csv", set()),
    ],
)
def test_a_name_announces_years_but_not_days_numbers_or_horizons(name: str, years: set[int]) -> None:
    assert announced_years(name, TODAY) == years


def _found(name: str, days: list[str], **top: object) -> Finding | None:
    schema = parse_descriptor({"fields": FIELDS, **top}, name="test/essai", version="1")
    rows = [[day, "vote du budget 2024"] for day in days]
    return find_other_period(schema, ["date_decision", "objet"], rows, name=name, today=TODAY)


def test_a_file_without_any_date_of_the_announced_year_is_noted() -> None:
    finding = _found("subventions-2024.csv", ["2021-05-01", "2022-05-01"])
    assert finding is not None
    assert (finding.severity, dict(finding.params)) == ("warning", {"announced": "2024", "found": "2021 à 2022"})


@pytest.mark.parametrize("days", [["2021-05-01", "2024-01-31"], [], ["", "bientôt"]])
def test_one_date_of_that_year_or_no_date_at_all_is_enough(days: list[str]) -> None:
    assert _found("subventions-2024.csv", days) is None


def test_a_schema_may_make_it_an_error_or_turn_it_off() -> None:
    declared = {"name": "odl-other-period", "params": {}}
    finding = _found("x-2024.csv", ["2021-05-01"], custom_checks=[declared])
    assert finding is not None and finding.severity == "error"
    declared = {"name": "odl-other-period", "params": {"severity": "off"}}
    assert _found("x-2024.csv", ["2021-05-01"], custom_checks=[declared]) is None
