"""Rows that no table holds, in SQL: functions that give rows, values, recursion; and what may not be done so."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.server.datastore.published import load_small
from odl_host.server.datastore.sql import execute as execute_module
from odl_host.server.datastore.sql.execute import execute
from odl_host.server.datastore.sql.statement import read_statement
from odl_host.server.datastore.table import Table

LIEUX = "nom,mots,n,jour\nAnnecy,lac;ville,3,2024-02-29\nAix,,1,2024-01-05\nAime,ski,2,2023-12-31\n"


@pytest.fixture
def lieux() -> Table:
    return load_small(io.BytesIO(LIEUX.encode()), None)


def ask(table: Table, sql: str) -> tuple[list[str], list[list[Any]]]:
    answer = execute(read_statement(sql), {"r": table}, rows_max=1000)
    return [field["type"] for field in answer.fields], [list(row.values()) for row in answer.records]


def refusal(table: Table, sql: str) -> str:
    with pytest.raises((ValidationError, NotAuthorized)) as refused:
        ask(table, sql)
    return str(refused.value)


# ruff: noqa: E501 - a case a line
MONTHS = ["2024-01-01", "2024-02-01", "2024-03-01"]


@pytest.mark.parametrize(
    ("sql", "types", "rows"),
    [
        ("SELECT generate_series(1, 3)", ["int4"], [[1], [2], [3]]),
        ("SELECT * FROM generate_series(5, 1, -2)", ["int4"], [[5], [3], [1]]),
        ("SELECT n FROM generate_series(0, 1, 0.5) AS n", ["numeric"], [[0], [0.5], [1]]),
        ("SELECT g.n, g.n * 2 FROM generate_series(1, 2) AS g(n)", ["int4", "int4"], [[1, 2], [2, 4]]),
        ("SELECT d::date FROM generate_series('2024-01-01', '2024-03-01', interval '1 month') d", ["date"], [[m] for m in MONTHS]),
        ("SELECT d FROM generate_series('2024-01-31'::timestamp, '2024-03-01', '1 month') d", ["timestamp"], [["2024-01-31T00:00:00"], ["2024-02-29T00:00:00"]]),
        ("SELECT m, count(nom) FROM generate_series(1, 3) m LEFT JOIN r ON date_part('month', jour) = m GROUP BY m ORDER BY m", ["int4", "int8"], [[1, 1], [2, 1], [3, 0]]),
        ("SELECT unnest(ARRAY['a', NULL, 'b'])", ["text"], [["a"], [None], ["b"]]),
        ("SELECT unnest(ARRAY[[1, 2], [3, 4]])", ["int4"], [[1], [2], [3], [4]]),
        ("SELECT nom, unnest(string_to_array(mots, ';')) AS mot FROM r ORDER BY nom, mot", ["text", "text"], [["Aime", "ski"], ["Annecy", "lac"], ["Annecy", "ville"]]),
        ("SELECT nom, m FROM r, unnest(string_to_array(mots, ';')) AS m ORDER BY m", ["text", "text"], [["Annecy", "lac"], ["Aime", "ski"], ["Annecy", "ville"]]),
        ("SELECT nom, m, p FROM r LEFT JOIN LATERAL unnest(string_to_array(mots, ';')) WITH ORDINALITY AS u(m, p) ON true ORDER BY nom, p", ["text", "text", "int8"], [["Aime", "ski", 1], ["Aix", None, None], ["Annecy", "lac", 1], ["Annecy", "ville", 2]]),
        ("SELECT unnest(string_to_array(mots, ';')) AS m, count(*) FROM r GROUP BY m ORDER BY m DESC LIMIT 2", ["text", "int8"], [["ville", 1], ["ski", 1]]),
        ("SELECT nom, (SELECT count(*) FROM unnest(string_to_array(mots, ';'))) AS c FROM r ORDER BY _id", ["text", "int8"], [["Annecy", 2], ["Aix", 0], ["Aime", 1]]),
        ("SELECT m FROM r, regexp_split_to_table(nom, 'n+') AS m WHERE nom = 'Annecy'", ["text"], [["A"], ["ecy"]]),
        ("SELECT m, p FROM regexp_split_to_table('a-b', '-') WITH ORDINALITY AS u(m, p)", ["text", "int8"], [["a", 1], ["b", 2]]),
        ("SELECT regexp_matches(nom, '([A-Z])(.)') AS m FROM r ORDER BY _id LIMIT 1", ["_text"], [[["A", "n"]]]),
        ("VALUES (1, 'a'), (2, NULL)", ["int4", "text"], [[1, "a"], [2, None]]),
        ("SELECT r.n, v.titre FROM r JOIN (VALUES ('Aix', 'Bains'), ('Aime', 'Village')) AS v(nom, titre) ON v.nom = r.nom ORDER BY 1", ["int8", "text"], [[1, "Bains"], [2, "Village"]]),
        ("WITH v(c) AS (VALUES ('Aix')) SELECT n FROM r JOIN v ON c = nom", ["int8"], [[1]]),
        ("SELECT a, b FROM generate_series(1, 2) a, generate_series(1, a) b ORDER BY 1, 2", ["int4", "int4"], [[1, 1], [2, 1], [2, 2]]),
        ("SELECT b FROM generate_series(2, 2) a JOIN unnest(ARRAY[a, a * 2]) b ON true", ["int4"], [[2], [4]]),
        ("VALUES (NULL), (1), (2.5)", ["numeric"], [[None], [1], [2.5]]),
        ("VALUES (1), (3), (2) ORDER BY 1 DESC LIMIT 1 OFFSET 1", ["int4"], [[2]]),
        ("VALUES ('b'), ('a') ORDER BY column1", ["text"], [["a"], ["b"]]),
        ("SELECT (VALUES (1), (2) ORDER BY 1 DESC LIMIT 1) AS v", ["int4"], [[2]]),
        ("SELECT n FROM r WHERE nom IN (VALUES ('Aix'), ('Aime')) ORDER BY n", ["int8"], [[1], [2]]),
        ("SELECT n FROM r WHERE nom NOT IN (VALUES ('Aix'), ('Aime'))", ["int8"], [[3]]),
        ("WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n * 2 FROM x WHERE n < 5) SELECT * FROM x", ["int4"], [[1], [2], [4], [8]]),
        ("SELECT row_to_json(x) AS j FROM (SELECT nom, n FROM r WHERE n = 1) x", ["json"], [['{"nom":"Aix","n":1}']]),
        ("SELECT json_agg(x) AS j FROM (SELECT n FROM r WHERE n < 2) x", ["json"], [['[{"n":1}]']]),
        ("SELECT count(x) FROM (SELECT n FROM r) x", ["int8"], [[3]]),
        ("SELECT row_to_json(b) AS j FROM r a LEFT JOIN (SELECT n FROM r WHERE n = 1) b ON a.n = b.n + 1 ORDER BY a.n", ["json"], [[None], ['{"n":1}'], [None]]),
        ("SELECT count(a) AS a, count(b) AS b FROM (SELECT n FROM r WHERE n = 1) b RIGHT JOIN r a ON a.n = b.n", ["int8", "int8"], [[3, 1]]),
        ("SELECT json_agg(b) AS j FROM r a LEFT JOIN (SELECT n FROM r WHERE n = 1) b ON a.n = b.n", ["json"], [['[null, {"n":1}, null]']]),
        ("SELECT json_agg(b) AS j FROM r a LEFT JOIN r c ON false JOIN (SELECT n, mots FROM r WHERE n = 1) b ON a.n = b.n", ["json"], [['[{"n":1,"mots":null}]']]),
        ("SELECT nom, s.n FROM r JOIN (SELECT nom, n FROM r WHERE n > 2) s USING (nom)", ["text", "int8"], [["Annecy", 3]]),
        ("SELECT nom FROM r WHERE n = (SELECT max(n) FROM r) OR nom = (SELECT nom FROM r WHERE n = 1)", ["text"], [["Annecy"], ["Aix"]]),
        ("SELECT nom FROM r WHERE to_tsvector('french', mots) @@ to_tsquery('french', 'villes')", ["text"], [["Annecy"]]),
        ("SELECT (SELECT max(n) FROM r), nom FROM r ORDER BY 1, 2 LIMIT 1", ["int8", "text"], [[3, "Aime"]]),
        ("SELECT (SELECT max(n) FROM r) FROM r GROUP BY 1", ["int8"], [[3]]),
        ("SELECT to_tsvector('the cats')", ["tsvector"], [["'cat':2"]]),
    ],
)  # fmt: skip
def test_rows_are_made_as_postgresql_makes_them(
    lieux: Table, sql: str, types: list[str], rows: list[list[Any]]
) -> None:
    assert ask(lieux, sql) == (types, rows)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT (SELECT nom FROM r)", "more than one row returned by a subquery used as an expression"),
        ("SELECT nom FROM r WHERE nom = (SELECT nom FROM r)", "more than one row returned"),
        ("SELECT nom FROM r WHERE generate_series(1, 2) = n", "set-returning functions are not allowed"),
        ("SELECT nom FROM r ORDER BY generate_series(1, 2)", "set-returning functions are not allowed"),
        (
            "SELECT CASE WHEN n > 1 THEN 1 END FROM r GROUP BY unnest(ARRAY[1])",
            "set-returning functions are not allowed",
        ),
        ("SELECT generate_series(1, 2), generate_series(1, 3)", "one function that gives rows"),
        ("SELECT count(*), generate_series(1, 2) FROM r", "only where it is grouped by"),
        ("SELECT * FROM generate_series(1, b) a, generate_series(1, 2) b", "does not exist"),
        ("SELECT unnest(array_agg(nom)) FROM r", "aggregate"),
        ("SELECT sum(generate_series(1, 3))", "not allowed in aggregates"),
        ("SELECT CASE WHEN n > 1 THEN unnest(ARRAY[1]) END FROM r", "not allowed in aggregates, CASE"),
        ("SELECT coalesce(unnest(ARRAY[1]), 2)", "not allowed in aggregates, CASE and COALESCE"),
        ("SELECT * FROM unnest(ARRAY[1]) u RIGHT JOIN r ON true", "JOIN and LEFT JOIN only"),
        ("SELECT * FROM r NATURAL JOIN unnest(ARRAY[1]) u", "by ON here"),
        ("SELECT generate_series(1, 3, 0)", "step size cannot equal zero"),
        ("SELECT generate_series('2024-01-01'::date, '2024-02-01', '0 days')", "step size cannot equal zero"),
        ("SELECT generate_series('a', 'b')", "does not exist"),
        ("SELECT generate_series(1)", "does not exist"),
        ("SELECT generate_series(jour, 3) FROM r", "does not exist"),
        ("SELECT unnest(nom) FROM r", "function unnest(text) does not exist"),
        ("SELECT * FROM (VALUES (1, 2), (3)) v", "same length"),
        ("SELECT x FROM (SELECT nom FROM r) x", "is a table"),
        ("SELECT upper(x) FROM (SELECT nom FROM r) x", "is a table"),
        ("SELECT * FROM r, LATERAL (SELECT 1) x", "LATERAL"),
        ("SELECT to_tsvector('klingon', nom) FROM r", "klingon"),
    ],
)
def test_what_cannot_be_given_is_refused_with_its_reason(lieux: Table, sql: str, reason: str) -> None:
    assert reason in refusal(lieux, sql)


# Attacks: tables of others


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT unnest((SELECT array_agg(a) FROM secret))",
        "SELECT * FROM unnest((SELECT array_agg(a) FROM secret)) u",
        "SELECT * FROM r, LATERAL unnest((SELECT array_agg(a) FROM secret)) u",
        "SELECT * FROM r LEFT JOIN unnest(ARRAY[1]) u ON EXISTS (SELECT 1 FROM secret)",
        "SELECT * FROM generate_series(1, (SELECT max(a) FROM secret)) g",
        "SELECT * FROM unnest(ARRAY[1]) AS secret, secret AS s",
        "VALUES ((SELECT a FROM secret))",
        "SELECT * FROM (VALUES ((SELECT a FROM secret))) v",
        "WITH RECURSIVE x(n) AS (SELECT a FROM secret UNION ALL SELECT n FROM x) SELECT * FROM x",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT secret.a FROM x, secret) SELECT * FROM x",
        "SELECT row_to_json(secret) FROM secret",
        "SELECT (SELECT json_agg(secret) FROM secret)",
    ],
)
def test_whatever_holds_a_table_its_name_is_asked_for_before_it_is_read(lieux: Table, sql: str) -> None:
    statement = read_statement(sql)
    assert "secret" in statement.tables
    with pytest.raises(ValidationError):
        execute(statement, {"r": lieux}, rows_max=10)


@pytest.mark.parametrize(
    "table",
    [
        "sqlite_master",
        "json_each",
        "json_tree",
        '"given"',
        '"""given"" 0"',
        "main.json_each",
        "t0.rows",
        "temp.r",
        "pg_class",
    ],
)
@pytest.mark.parametrize(
    "shape", ["SELECT * FROM {}", "SELECT u FROM unnest(ARRAY[1]) u, {} x", "VALUES ((SELECT 1 FROM {}))"]
)
def test_no_other_table_is_reached_beside_rows_that_are_given(shape: str, table: str) -> None:
    try:
        asked = read_statement(shape.format(table)).tables
    except (NotAuthorized, ValidationError):
        return
    assert asked  # so that it is refused, where no resource is called so


def test_a_table_that_is_called_as_the_spreading_one_is_itself(lieux: Table) -> None:
    sql = "SELECT j.nom, m FROM \"json_each\" j, unnest(string_to_array(j.mots, ';')) m ORDER BY m"
    answer = execute(read_statement(sql), {"json_each": lieux}, rows_max=10)
    assert [row["m"] for row in answer.records] == ["lac", "ski", "ville"]


@pytest.mark.parametrize("name", ["x'); DROP TABLE r; --", 'a"b', "a]b", "a'b", "é 😀", "value", "key", "json"])
def test_names_of_given_rows_are_names_whatever_they_hold(lieux: Table, name: str) -> None:
    quoted = name.replace('"', '""')
    sql = f'SELECT "{quoted}"."{quoted}" AS v FROM unnest(ARRAY[7]) AS "{quoted}"("{quoted}")'
    try:
        assert ask(lieux, sql)[1] == [[7]]
    except ValidationError as refused:
        assert "syntax" in json.dumps(refused.errors) or "Invalid" in json.dumps(refused.errors)


# Attacks: time and memory


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION SELECT n + 1 FROM x) SELECT count(*) FROM x",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT x.n FROM x, generate_series(1, 100000)) SELECT max(n) FROM x",
        "SELECT count(*) FROM generate_series(1, 99999) a, generate_series(1, 99999) b, generate_series(1, 99999) c",
        "SELECT sum((SELECT count(*) FROM generate_series(1, 99999) b WHERE b > a)) FROM generate_series(1, 99999) a",
        "SELECT count(*) FROM generate_series(1, 99999) a WHERE a = (SELECT max(b) FROM generate_series(a, 99999) b)",
    ],
)
def test_rows_without_end_are_stopped_in_time(lieux: Table, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    monkeypatch.setattr(execute_module, "QUERY_TIMEOUT_S", 0.2)
    assert "timeout" in refusal(lieux, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT generate_series(1, 1000000000)",
        "SELECT generate_series(1, 9223372036854775807)",
        "SELECT generate_series(0, 1, 0.0000001)",
        "SELECT generate_series(1, 1e300)",
        "SELECT generate_series('2000-01-01'::date, '9999-12-31', '1 second')",
        "SELECT generate_series('9999-01-01'::date, '0001-01-01', '-1 second')",
        "WITH RECURSIVE x(t) AS (SELECT 'aaaaaaaa' UNION ALL SELECT t || t FROM x) SELECT length(t) FROM x",
        "SELECT unnest(string_to_array(repeat('a,', 600000), ','))",
        "SELECT m FROM regexp_split_to_table(repeat('a', 900000), '') m",
    ],
)
def test_what_gives_too_much_is_refused_before_it_is_made(lieux: Table, sql: str) -> None:
    tracemalloc.start()
    try:
        refusal(lieux, sql)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_a_calendars_end_ends_a_series(lieux: Table) -> None:
    _, rows = ask(lieux, "SELECT generate_series('9999-11-30'::timestamp, '9999-12-31', '1 month')")
    assert [row[0] for row in rows] == ["9999-11-30T00:00:00", "9999-12-30T00:00:00"]
