"""The last wall of `datastore_search_sql`: time, disk, memory and rows; then whatever is sent."""

from __future__ import annotations

import contextlib
import io
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odl_host.ckan import ValidationError, WireError
from odl_host.server.datastore import table as tables_module
from odl_host.server.datastore.published import load_small
from odl_host.server.datastore.sql import execute as execute_module
from odl_host.server.datastore.sql import spreads
from odl_host.server.datastore.sql.statement import read_statement
from odl_host.server.datastore.table import Table
from tests.unit.server.datastore.asking import CSV, ask


def test_a_query_that_takes_too_long_is_stopped(rows: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute_module, "QUERY_TIMEOUT_S", 0.2)
    joined = " CROSS JOIN ".join(f"r r{n}" for n in range(30))
    with pytest.raises(ValidationError, match="timeout"):
        ask(f"SELECT count(*) FROM {joined}", r=rows)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT repeat(a.titre, 90000) || b._id FROM {} ORDER BY 1",
        "SELECT count(DISTINCT repeat(a.titre, 90000) || b._id || c._id || d._id || e._id || f._id) FROM {}",
        "SELECT max(a._id) FROM {} GROUP BY repeat(a.titre, 90000) || b._id || c._id",
        "SELECT first_value(repeat(a.titre, 90000)) OVER (PARTITION BY b._id ORDER BY a._id) FROM {}",
        "WITH x AS (SELECT repeat(a.titre, 90000) t FROM {}) SELECT count(*) FROM x p, x q WHERE p.t > q.t",
    ],
)
def test_a_query_that_fills_the_disk_is_stopped(rows: Table, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    monkeypatch.setattr(execute_module, "MAX_TEMPORARY_BYTES", 40_000_000)
    sources = ", ".join(f"r {name}" for name in "abcdefghi")
    with pytest.raises(ValidationError, match="temporary file size exceeds"):
        ask(sql.format(sources), r=rows)


def test_a_search_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    from odl_host.server.datastore.parameters import Search
    from odl_host.server.datastore.search import run

    monkeypatch.setattr(tables_module, "QUERY_TIMEOUT_S", 0)
    many = load_small(io.BytesIO(b"a\n" + b"un deux trois quatre cinq six\n" * 30_000), None)
    with pytest.raises(ValidationError, match="timeout"):
        run(many, Search(limit=1, q="un"), "objects")


def test_a_regular_expression_that_never_ends_is_stopped(rows: Table) -> None:
    with pytest.raises(ValidationError):
        ask(f"SELECT 1 FROM r WHERE '{'a' * 60}!' ~ '^(a|aa)+$'", r=rows)


@pytest.mark.parametrize(
    "sql", ["SELECT repeat('a', 1000000000)", "SELECT lpad('a', 2000000000, 'b') || repeat('c', 2000000)"]
)
def test_a_text_too_long_is_refused(rows: Table, sql: str) -> None:
    with pytest.raises(ValidationError):
        ask(sql, r=rows)


def test_no_more_rows_than_allowed_are_given_and_the_answer_says_so(rows: Table) -> None:
    answer = ask("SELECT a.titre FROM r a, r b, r c, r d, r e, r f, r g", r=rows)
    assert len(answer.records) == 100
    assert answer.is_truncated
    assert not ask("SELECT titre FROM r", r=rows).is_truncated


def test_an_answer_too_large_is_refused(rows: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute_module, "MAX_RESULT_BYTES", 10_000)
    with pytest.raises(ValidationError, match="larger"):
        ask("SELECT repeat('a', 9000) FROM r", r=rows)


def test_more_tables_than_can_be_attached_are_refused(rows: Table) -> None:
    with pytest.raises(ValidationError, match="more than 8 tables"):
        read_statement("SELECT 1 FROM " + ", ".join(f"x{n}" for n in range(9)))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT annee / (_id - 1) FROM r", "division by zero"),
        ("SELECT 1 FROM r WHERE titre ~ '('", "invalid regular expression: missing )"),
        ("SELECT titre::int FROM r", 'invalid input syntax for type integer: "La Peste"'),
        ("SELECT repeat('a', 1000000000)", "requested length too large"),
        ("SELECT 9223372036854775807::int", "out of range"),
    ],
)
def test_a_refusal_says_what_a_function_would_not_do(rows: Table, sql: str, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ask(sql, r=rows)
    assert reason in str(caught.value.error())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT replace(repeat('a', 200), 'a', repeat('b', 1000000))",
        "SELECT format(repeat('%1$s', 200), repeat('b', 1000000))",
        "SELECT format(repeat('%1$1000000s', 200), 'b')",
        r"SELECT regexp_replace(repeat('a', 1000000), '.*', repeat('\0', 200))",
    ],
)
def test_a_text_that_would_be_too_long_is_refused_before_it_is_made(rows: Table, sql: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ValidationError) as caught:
            ask(sql, r=rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "requested length too large" in str(caught.value.error())
    assert peak < 50_000_000


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT regexp_replace(repeat('a', 30) || '!', '^(a|aa)+$', '') FROM {}",
        "SELECT regexp_matches FROM (SELECT nom ~ '^(([a-z])+.)+[A-Z]([a-z])+$' AS regexp_matches FROM {}) x",
        "SELECT count(*) FROM {} WHERE repeat('a', 60) || '!' ~ '^(a|aa)+$'",
        "SELECT regexp_split_to_array(repeat('a', 900000), '') FROM {}",
        "SELECT regexp_replace(repeat('a', 9000), 'a', repeat('b', 900), 'g') FROM {}",
    ],
)
def test_no_pattern_holds_the_server_for_long(communes: Table, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    monkeypatch.setattr(execute_module, "QUERY_TIMEOUT_S", 1)
    sources = ", ".join(f"c {name}" for name in "stuvwxyz")
    began = time.process_time()
    with contextlib.suppress(ValidationError):
        ask(sql.format(sources).replace("nom ~", "s.nom ~"), c=communes)
    assert time.process_time() - began < 10


def test_calls_of_functions_end_with_their_statement(communes: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute_module, "QUERY_TIMEOUT_S", 0.2)
    with pytest.raises(ValidationError, match="timeout"):
        ask("SELECT count(md5(repeat(a.nom, 90000))) FROM " + ", ".join(f"c {name}" for name in "abcdefgh"), c=communes)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT array_agg(repeat(a.nom, 9000)) FROM {}",
        "SELECT string_agg(repeat(a.nom, 9000), ',') FROM {}",
        "SELECT json_object_agg(repeat(a.nom, 9000), 1) FROM {}",
        "SELECT count(v) FROM (SELECT array_agg(a._id) v, array_agg(repeat(b.nom, 9000)) w FROM {} GROUP BY c._id) x",
    ],
)
def test_what_aggregates_keep_is_bounded(communes: Table, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    monkeypatch.setattr(spreads, "MAX_KEPT_BYTES", 3_000_000)
    with pytest.raises(ValidationError, match="out of memory"):
        ask(sql.format(", ".join(f"c {name}" for name in "abcdef")), c=communes)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT to_char(1, repeat('9', 1000000))",
        "SELECT concat(repeat('a', 900000), repeat('b', 900000))",
        "SELECT json_build_array(repeat('a', 900000), repeat('b', 900000))",
        "SELECT format('%999999999s', 'a')",
        "SELECT factorial(100000000)",
        "SELECT interval '999999999999 years'",
        "SELECT make_interval(years => 999999999)",
        "SELECT date '9999-12-31' + 1",
        "SELECT string_to_array(repeat('a,', 900000), ',') || string_to_array(repeat('a,', 900000), ',')",
        "SELECT 10 ^ 10 ^ 10 ^ 10",
    ],
)
def test_a_value_out_of_all_bounds_is_refused(communes: Table, sql: str) -> None:
    began = time.process_time()
    with pytest.raises(ValidationError):
        ask(sql, c=communes)
    assert time.process_time() - began < 10


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from(list("SELECTFROMWHERE selectfrom\"'();,.*=<>|&!1r titre-/%:[]{}$\\\n")), max_size=60
    )
)
def test_whatever_is_sent_is_an_answer_or_a_refusal(text: str) -> None:
    table = load_small(io.BytesIO(CSV), None)
    for sql in (text, f"SELECT {text} FROM r", f"SELECT * FROM r WHERE {text}"):
        with contextlib.suppress(WireError, KeyError):  # KeyError: it names a table that is not there
            ask(sql, r=table)


ENDLESS = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x)"


@pytest.mark.parametrize("aggregate", ["mode()", "percentile_cont(0.5)"])
@pytest.mark.parametrize("rows_of", ["generate_series(1, 99000) n", f"({ENDLESS} SELECT n FROM x) y"])
def test_numbers_are_put_in_order_where_they_are_and_not_at_all_once_they_are_too_many(
    rows: Table, monkeypatch: pytest.MonkeyPatch, aggregate: str, rows_of: str
) -> None:
    monkeypatch.setattr(spreads, "MAX_KEPT_BYTES", 11_000_000)
    tracemalloc.start()
    try:
        with contextlib.suppress(ValidationError):
            ask(f"SELECT {aggregate} WITHIN GROUP (ORDER BY n) FROM {rows_of}", r=rows)
        assert tracemalloc.get_traced_memory()[1] < 23_000_000
    finally:
        tracemalloc.stop()
