"""Whatever a column holds, repairing touches nothing valid, settles at once and merges no meanings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odl_host.pipeline.engine.validate import validate_table
from tests.unit.pipeline.repairing.columns import (
    CHAMBERY,
    DATE,
    NUMBER,
    SIRET,
    TODAY,
    YES_NO,
    one_field,
    repaired,
)

_FIELDS: list[Mapping[str, Any]] = [
    NUMBER,
    {"type": "integer"},
    {"type": "year"},
    DATE,
    YES_NO,
    {"type": "boolean"},
    {"constraints": {"enum": ["Oui", "Non", "peut-être"]}},
    {"constraints": {"pattern": "[0-9]{4}-[0-9]{2}-[0-9]{2}"}},
    SIRET | {"name": "c"},
    {},
]
_DAYS = st.dates(date(2019, 1, 1), date(2026, 1, 1))
_TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "x", "oui", "Non", "O", "1", "0", "Peut–être", "9.0", "1.234", "1,234", "12 €", CHAMBERY]
    ),
    st.from_regex(r"\A[+-]?[0-9]{1,4}([ .,\u202f][0-9]{3}){0,2}([.,][0-9]{1,3})?( ?€)?\Z"),
    _DAYS.map(lambda day: day.strftime("%d/%m/%Y")),
    _DAYS.map(lambda day: day.strftime("%m/%d/%Y")),
    _DAYS.map(str),
    st.text(alphabet=" \u00a0aeé1,./-", max_size=8),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(_FIELDS), texts=st.lists(_TEXTS, min_size=1, max_size=8))
def test_repairing_touches_nothing_valid_settles_at_once_and_merges_no_meanings(
    field: Mapping[str, Any], texts: list[str], tmp_path: Path
) -> None:
    schema = one_field(field)
    after, table = repaired(tmp_path, schema, texts)
    before = [row[0] for row in table.original.iter_rows()]
    first = validate_table(table.original, schema, today=TODAY, max_findings=1000)
    wrong = {one.row for one in first.findings if one.severity == "error" and one.column == "c"}
    assert all(
        old == new for row, (old, new) in enumerate(zip(before, after, strict=True), start=2) if row not in wrong
    )
    # What was repaired is right, reads the same without repairs, and is not repaired again.
    second = validate_table(table, schema, today=TODAY, max_findings=1000)
    still = {one.row for one in second.findings if one.severity == "error" and one.column == "c"}
    assert (
        still == {row for row, (old, new) in enumerate(zip(before, after, strict=True), start=2) if old == new} & wrong
    )
    again, anew = repaired(tmp_path, schema, after)
    assert again == after
    bare = validate_table(anew.original, schema, today=TODAY, max_findings=1000)
    assert [one._replace(params={}) for one in bare.findings] == [one._replace(params={}) for one in second.findings]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(days=st.lists(_DAYS, min_size=1, max_size=6), day_first=st.booleans())
def test_dates_come_back_as_they_were_meant_or_stay(days: list[date], day_first: bool, tmp_path: Path) -> None:
    form = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    texts = [day.strftime(form) for day in days]
    after, _ = repaired(tmp_path, one_field(DATE), texts)
    assert all(new in (old, str(day)) for old, new, day in zip(texts, after, days, strict=True))


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    cents=st.lists(st.integers(0, 10**9), min_size=1, max_size=6),
    form=st.sampled_from([(" ", ","), ("\u202f", ","), (".", ","), (",", "."), ("", ","), ("", ".")]),
)
def test_amounts_come_back_as_they_were_meant_or_stay(cents: list[int], form: tuple[str, str], tmp_path: Path) -> None:
    group, mark = form
    texts = [f"{value / 100:,.2f}".replace(",", "g").replace(".", mark).replace("g", group) for value in cents]
    after, _ = repaired(tmp_path, one_field(NUMBER), texts)
    meant = [f"{value / 100:.2f}" for value in cents]
    assert all(new in (old, right) for old, new, right in zip(texts, after, meant, strict=True))
