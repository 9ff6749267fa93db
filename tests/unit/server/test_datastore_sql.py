"""What `datastore_search_sql` must never do: each wall is attacked on its own, then all of them together."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odl_host.ckan import NotAuthorized, ValidationError, WireError
from odl_host.server.datastore import table as tables_module
from odl_host.server.datastore.published import derive, load_small, open_derived
from odl_host.server.datastore.rowfile import create_rows
from odl_host.server.datastore.sql import execute as execute_module
from odl_host.server.datastore.sql import spreads
from odl_host.server.datastore.sql.execute import Answer, execute
from odl_host.server.datastore.sql.statement import read_statement
from odl_host.server.datastore.table import Table

CSV = b"titre,annee,prix,paru\nLa Peste,1947,8.1,1947-06-10\nGerminal,1885,12.5,1885-03-01\n"


@pytest.fixture
def rows() -> Table:
    return load_small(io.BytesIO(CSV), None)


def ask(sql: str, **tables: Table) -> Answer:
    statement = read_statement(sql)
    return execute(statement, {name: tables[name] for name in statement.tables}, rows_max=100)


# The first wall: what a statement may be made of


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE r",
        "SELECT 1;\n-- x\nDELETE FROM r",
        "SELECT ';'; SELECT 2",
        "",
        "   ",
        ";",
        "-- only a comment",
    ],
)
def test_only_one_statement_is_read(sql: str) -> None:
    with pytest.raises(ValidationError, match="single statement"):
        read_statement(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE r",
        "DELETE FROM r",
        "UPDATE r SET a = 1",
        "INSERT INTO r VALUES (1)",
        "CREATE TABLE x (a int)",
        "CREATE VIEW x AS SELECT 1",
        "ALTER TABLE r ADD COLUMN x int",
        "TRUNCATE r",
        "ATTACH '/etc/passwd' AS x",
        "DETACH t0",
        "PRAGMA table_info(r)",
        "PRAGMA query_only = OFF",
        "VACUUM INTO '/tmp/x'",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "COMMIT",
        "SET statement_timeout = 0",
        "COPY r TO '/tmp/x'",
        "EXPLAIN SELECT 1",
        "EXPLAIN QUERY PLAN SELECT 1",
        "DO $$ BEGIN END $$",
        "CALL x()",
        "GRANT ALL ON r TO x",
        "SELECT * INTO x FROM r",
        "SELECT * FROM r FOR UPDATE",
        "WITH x AS (DELETE FROM r RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO r VALUES (1) RETURNING *) SELECT * FROM x",
        "SELECT $1",
        "SELECT ?",
        "SELECT :a",
        "SELECT n FROM r LIMIT -1",
        "SELECT * FROM r TABLESAMPLE SYSTEM (1)",
        "SELECT * FROM LATERAL (SELECT 1) x",
        "SELECT n FROM r ORDER BY n COLLATE nocase",
    ],
)
def test_a_statement_that_is_no_plain_query_is_refused(sql: str) -> None:
    with pytest.raises((ValidationError, NotAuthorized)):
        read_statement(sql)


@pytest.mark.parametrize(
    "table",
    [
        "pg_user",
        "PG_USER",
        '"pg_user"',
        "pg_catalog.pg_tables",
        "information_schema.tables",
        "main.sqlite_master",
        "temp.sqlite_temp_master",
        "t0.rows",
        '"public2"."r"',
        "a.b.c",
        "pg_stat_activity",
    ],
)
@pytest.mark.parametrize(
    "shape",
    [
        "SELECT * FROM {}",
        "SELECT 1 FROM r, {}",
        "SELECT (SELECT count(*) FROM {})",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM {})",
        "SELECT n FROM r WHERE n IN (SELECT 1 FROM {})",
        "SELECT n FROM r UNION ALL SELECT 1 FROM {}",
        "WITH x AS (SELECT 1 FROM {}) SELECT * FROM x",
        "SELECT * FROM (SELECT * FROM {}) x",
        "SELECT n FROM r ORDER BY (SELECT 1 FROM {})",
        "SELECT CASE WHEN 1 = (SELECT 1 FROM {}) THEN 1 END",
        "SELECT n FROM r GROUP BY n HAVING 1 = (SELECT 1 FROM {})",
        "SELECT n FROM r LEFT JOIN {} x ON true",
    ],
)
def test_tables_of_the_system_and_of_other_schemas_are_not_for_anyone(shape: str, table: str) -> None:
    with pytest.raises(NotAuthorized):
        read_statement(shape.format(table))


@pytest.mark.parametrize(
    "call",
    [
        "pg_sleep(10)",
        "pg_read_file('/etc/passwd')",
        "load_extension('x')",
        "readfile('/etc/passwd')",
        "writefile('/tmp/x', 'y')",
        "edit('x')",
        "fts3_tokenizer('x')",
        "randomblob(1000000000)",
        "zeroblob(1000000000)",
        "printf('%1000000000d', 1)",
        "hex('a')",
        "sqlite_version()",
        "version()",
        "current_setting('x')",
        "current_user",
        "session_user",
        "query_to_xml('select 1', true, false, '')",
        "lo_import('/etc/passwd')",
        "dblink('x')",
        "set_config('a', 'b', false)",
        "json_each('[1]')",
        "PG_SLEEP(1)",
        "pg_catalog.pg_sleep(1)",
        '"pg_sleep"(1)',
        "text_vector('x')",
        "pg_cast('x', 'text', 'text')",
    ],
)
def test_functions_that_are_not_on_the_list_are_refused(call: str) -> None:
    with pytest.raises((NotAuthorized, ValidationError)):
        read_statement(f"SELECT {call}")


@pytest.mark.parametrize(
    "source",
    ["generate_series(1, 1000000000)", "json_each('[1]')", "json_tree('[1]')", "pragma_table_info('r')", "dbstat"],
)
def test_functions_that_give_rows_are_refused_or_find_no_table(source: str) -> None:
    try:
        statement = read_statement(f"SELECT * FROM {source}")
    except (NotAuthorized, ValidationError):
        return
    with pytest.raises(ValidationError):
        execute(statement, {}, rows_max=10)


def test_a_name_of_a_with_clause_does_not_open_the_table_of_the_same_name(rows: Table) -> None:
    statement = read_statement("SELECT * FROM (WITH secret AS (SELECT 1 AS a) SELECT a FROM secret) x, secret")
    assert statement.tables == ()  # so that it is not attached
    with pytest.raises(ValidationError):
        execute(statement, {"r": rows}, rows_max=10)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
        "SELECT " + "+".join(["1"] * 20_000),
        "SELECT 1" + " UNION SELECT 1" * 5000,
        "SELECT '" + "x" * 200_000 + "'",
        "SELECT " + "-" * 500 + "1",
        "SELECT NOT " * 2000 + "true",
        "SELECT CASE " * 500,
    ],
)
def test_a_monstrous_statement_is_refused_quickly(sql: str) -> None:
    began = time.process_time()
    with pytest.raises(ValidationError):
        ask(sql)
    assert time.process_time() - began < 20


# The second wall: quoting. What comes out is written anew


@pytest.mark.parametrize(
    "value",
    [
        "x' OR 1=1 --",
        "x'; DROP TABLE rows; --",
        'x" OR "1"="1',
        "\\' OR 1=1",
        "/* */",
        "x\u0000y",
        "'' ''",
        "%' UNION SELECT 1",
    ],
)
def test_a_quoted_text_stays_a_text(rows: Table, value: str) -> None:
    quoted = value.replace("'", "''").replace("\0", "")
    assert ask(f"SELECT titre FROM r WHERE titre = '{quoted}'", r=rows).records == []
    assert ask(f"SELECT '{quoted}' AS v", r=rows).records == [{"v": value.replace("\0", "")}]


@pytest.mark.parametrize("name", ['"titre"', "TITRE", "Titre", "r.titre", '"r"."titre"'])
def test_names_are_read_as_postgresql_reads_them(rows: Table, name: str) -> None:
    assert ask(f"SELECT {name} FROM r LIMIT 1", r=rows).records == [{"titre": "La Peste"}]


@pytest.mark.parametrize(
    "name", ['"TITRE"', '"inconnu"', "inconnu", '"c1"', "c1", "rowid", "_rowid_", "oid", '"titre""x"']
)
def test_a_column_that_is_not_the_tables_is_refused_never_a_text(rows: Table, name: str) -> None:
    with pytest.raises(ValidationError):
        ask(f"SELECT {name} FROM r", r=rows)


def test_comments_change_nothing(rows: Table) -> None:
    assert ask("SELECT titre /* ; DROP TABLE rows */ FROM r -- ; x\nWHERE _id = 1", r=rows).records == [
        {"titre": "La Peste"}
    ]
    with pytest.raises((ValidationError, NotAuthorized)):
        ask("SELECT titre FROM r /* */; /* */ SELECT 1", r=rows)


# The third wall: SQLite's own, given statements that passed the others


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM sqlite_master",
        "SELECT 1 FROM sqlite_master",
        "SELECT count(*) FROM sqlite_master",
        "SELECT * FROM t0.sqlite_master",
        "SELECT * FROM temp.sqlite_temp_master",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM pragma_table_info('rows')",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_function_list",
        "SELECT * FROM json_tree('[1]')",
        "SELECT * FROM dbstat",
        "SELECT * FROM sqlite_stmt",
        "SELECT * FROM sqlite_dbpage",
        "SELECT * FROM t0.meta",
        "PRAGMA database_list",
        "PRAGMA query_only=OFF",
        "PRAGMA writable_schema=ON",
        "ATTACH '/etc/passwd' AS x",
        "ATTACH ':memory:' AS x",
        "DETACH t0",
        "CREATE TEMP TABLE x (a)",
        "CREATE VIRTUAL TABLE x USING fts5(a)",
        "INSERT INTO t0.rows DEFAULT VALUES",
        "UPDATE t0.rows SET c1 = 1",
        "DELETE FROM t0.rows",
        "DROP TABLE t0.rows",
        "DROP VIEW r",
        "VACUUM INTO '/tmp/x'",
        "REINDEX",
        "ANALYZE",
        "SAVEPOINT x",
        "BEGIN EXCLUSIVE",
        "SELECT load_extension('x')",
        "SELECT randomblob(10)",
        "SELECT zeroblob(10)",
        "SELECT hex('a')",
        "SELECT printf('%d', 1)",
        "SELECT sqlite_version()",
        "SELECT fts3_tokenizer('x')",
        "SELECT char(65)",
    ],
)
def test_sqlite_denies_by_itself_what_a_query_may_not_do(tmp_path: Path, sql: str) -> None:
    written = create_rows(tmp_path / "r.sqlite", "stamp", load_small(io.BytesIO(CSV), None))
    db = sqlite3.connect(":memory:", isolation_level=None)
    execute_module._prepare(db, {"r": written}, [])
    db.set_authorizer(execute_module._Guard({"r": written}))
    with pytest.raises(sqlite3.Error):
        db.execute(sql).fetchall()
    db.set_authorizer(None)
    db.close()
    assert written.count() == 2
    assert not (tmp_path / "x").exists()


def test_sqlite_lets_plain_queries_through(tmp_path: Path) -> None:
    written = create_rows(tmp_path / "r.sqlite", "stamp", load_small(io.BytesIO(CSV), None))
    for sql in (
        "SELECT count(*) FROM r",
        "SELECT a.titre FROM r a JOIN r b ON a._id = b._id",
        "SELECT _full_text FROM r",
    ):
        assert ask(sql, r=written).records


# The fourth wall: limits


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


# What is answered is right


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT prix / 2 AS v FROM r WHERE _id = 2", 6.25),
        ("SELECT annee / (_id + 1) AS v FROM r WHERE _id = 1", 973),
        ("SELECT annee % (_id + 1) AS v FROM r WHERE _id = 1", 1),
        ("SELECT power(2, 3) AS v", 8.0),
        ("SELECT 2 ^ 10 AS v", 1024.0),
        ("(SELECT titre AS v FROM r ORDER BY titre LIMIT 1)", "Germinal"),
        ("((SELECT titre AS v FROM r) ORDER BY v DESC LIMIT 1)", "La Peste"),
        ("(SELECT titre AS v FROM r LIMIT 1) UNION (SELECT 'La Peste')", "La Peste"),
        ("SELECT annee / 2 AS v FROM r WHERE _id = 1", 973),
        ("SELECT (prix::int) AS v FROM r WHERE _id = 2", 13),
        ("SELECT titre AS v FROM r WHERE paru > '1900-01-01'", "La Peste"),
        ("SELECT titre AS v FROM r WHERE annee = '1885'", "Germinal"),
        ("SELECT max(paru) AS v FROM r", "1947-06-10"),
        ("SELECT string_agg(titre, ';' ORDER BY titre DESC) AS v FROM r", "La Peste;Germinal"),
        ("SELECT count(DISTINCT titre) AS v FROM r", 2),
        ("SELECT paru::timestamp::date::text AS v FROM r WHERE _id = 1", "1947-06-10"),
        ("SELECT upper(lower(upper(left(titre, 2)))) AS v FROM r WHERE _id = 1", "LA"),
        ("SELECT titre AS v FROM r WHERE annee = ANY(ARRAY[1, 1885])", "Germinal"),
        ("SELECT titre AS v FROM r WHERE upper(titre) ILIKE concat('%', lower('PESTE'))", "La Peste"),
        ("SELECT round(avg(prix), 1)::text || ' €' AS v FROM r", "10.3 €"),
        ("SELECT ARRAY[annee, 1] AS v FROM r WHERE _id = 2", [1885, 1]),
        ("SELECT (annee < " + "9" * 5000 + ") AS v FROM r WHERE _id = 2", True),
        ("SELECT CASE WHEN trim(titre) ~ '^G' THEN extract(year from paru) END AS v FROM r WHERE _id = 2", 1885),
    ],
)
def test_values_follow_postgresqls_types(rows: Table, sql: str, expected: object) -> None:
    assert ask(sql, r=rows).records == [{"v": expected}]


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT (SELECT count(*) FROM r)", "count"),
        ("SELECT (SELECT max(annee) AS last FROM r)", "last"),
        ("SELECT (SELECT annee FROM r LIMIT 1)", "annee"),
        ("SELECT lpad(titre, 3) FROM r", "lpad"),
        ("SELECT 2.5::float8::text", "text"),
        ("SELECT titre::varchar::text FROM r", "titre"),
        ("SELECT date_part('year', paru)::int FROM r", "date_part"),
        ("SELECT rpad(titre, 3) FROM r", "rpad"),
    ],
)
def test_what_has_no_name_gets_the_one_that_postgresql_gives_it(rows: Table, sql: str, name: str) -> None:
    assert [field["id"] for field in ask(sql, r=rows).fields] == [name]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT titre FROM r WHERE titre > 3",
        "SELECT titre + 1 FROM r",
        "SELECT paru + 1.5 FROM r",
        "SELECT titre FROM r WHERE annee = 'x'",
        "SELECT titre, count(*) FROM r",
        "SELECT titre, annee FROM r GROUP BY titre",
        "SELECT titre::int FROM r",
        "SELECT 1 / 0",
        "SELECT 1 % 0",
        "SELECT annee / (_id - 1) FROM r",
        "SELECT annee / nullif(0, 1) FROM r",
        "SELECT r FROM r",
        "SELECT a FROM r a",
        "SELECT sum(a) FROM r a",
        "SELECT power(-8, 0.5)",
        "SELECT exp(10000)",
    ],
)
def test_what_postgresql_would_refuse_is_refused_and_not_answered_otherwise(rows: Table, sql: str) -> None:
    with pytest.raises(ValidationError):
        ask(sql, r=rows)


def test_large_tables_and_small_ones_are_joined(rows: Table, tmp_path: Path) -> None:
    derive(io.BytesIO(CSV), None, tmp_path / "d.sqlite")
    large = open_derived(tmp_path / "d.sqlite")
    answer = ask("SELECT s.titre FROM small s JOIN large l ON l.titre = s.titre ORDER BY 1", small=rows, large=large)
    assert [record["titre"] for record in answer.records] == ["Germinal", "La Peste"]


# More of PostgreSQL: what re-users send to a CKAN. The answers are those of CKAN 2.12 over the same rows.

ODD = (
    b"nom,pop,prix,vu,jour\n"
    b"Annecy,131272,7.25,2024-02-29T23:59:59,2024-02-29\nAix-les-Bains,32406,0.1,2023-12-31T00:00:00,2023-12-31\n"
    b"Albertville,19706,0.2,2024-07-14T12:00:00,2024-07-14\n"
)


@pytest.fixture
def communes() -> Table:
    return load_small(io.BytesIO(ODD), None)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) AS v FROM c WHERE jour > '2024-07-15'::date - interval '1 year'", 3),
        ("SELECT count(*) AS v FROM c WHERE jour > now() - interval '1 day'", 0),
        ("SELECT jour + 1 AS v FROM c LIMIT 1", "2024-03-01"),
        ("SELECT jour - date '2024-01-01' AS v FROM c LIMIT 1", 59),
        ("SELECT (date '2024-01-31' + interval '1 month')::date AS v", "2024-02-29"),
        ("SELECT timestamp '2024-01-02' - timestamp '2024-01-01 12:00' AS v", "12:00:00"),
        ("SELECT interval '36 hours' AS v", "1 day, 12:00:00"),
        ("SELECT age(timestamp '2024-07-14', timestamp '2023-05-01')::text AS v", "1 year 2 mons 13 days"),
        ("SELECT to_char(jour, 'FMDD Month YYYY') AS v FROM c LIMIT 1", "29 February  2024"),
        ("SELECT to_char(pop, 'FM999,999') AS v FROM c LIMIT 1", "131,272"),
        ("SELECT to_char(-7.5, '990.00') AS v", "  -7.50"),
        ("SELECT to_date('15/01/2024', 'DD/MM/YYYY') AS v", "2024-01-15"),
        ("SELECT to_timestamp(0) AS v", "1970-01-01T00:00:00+00:00"),
        ("SELECT date_part('year', jour) AS v FROM c LIMIT 1", 2024.0),
        ("SELECT date_trunc('month', jour)::date AS v FROM c LIMIT 1", "2024-02-01"),
        ("SELECT regexp_replace(nom, '[^a-z]', '', 'g') AS v FROM c WHERE _id = 2", "ixlesains"),
        ("SELECT regexp_replace('a-b', '(\\w)-(\\w)', '\\2 \\1') AS v", "b a"),
        ("SELECT regexp_split_to_array(nom, '-') AS v FROM c WHERE _id = 2", ["Aix", "les", "Bains"]),
        ("SELECT substring(nom from '[A-Z][a-z]+$') AS v FROM c WHERE _id = 2", "Bains"),
        ("SELECT translate('été', 'é', 'e') AS v", "ete"),
        ("SELECT format('%s (%s)', nom, pop) AS v FROM c LIMIT 1", "Annecy (131272)"),
        ("SELECT E'l\\'eau' || $$ d'ici$$ AS v", "l'eau d'ici"),
        ("SELECT array_agg(nom ORDER BY pop) AS v FROM c", ["Albertville", "Aix-les-Bains", "Annecy"]),
        ("SELECT string_agg(DISTINCT left(nom, 1), ',' ORDER BY left(nom, 1)) AS v FROM c", "A"),
        ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY pop) AS v FROM c", 32406.0),
        ("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY nom) AS v FROM c", "Albertville"),
        ("SELECT mode() WITHIN GROUP (ORDER BY left(nom, 2)) AS v FROM c", "Ai"),
        ("SELECT stddev(pop) AS v FROM c", 61077.47581556),
        ("SELECT bool_and(pop > 1) AS v FROM c", True),
        ("SELECT (array_agg(nom ORDER BY nullif(pop, 131272) DESC NULLS LAST))[1] AS v FROM c", "Aix-les-Bains"),
        ("SELECT nom AS v FROM c ORDER BY vu - timestamp '2024-07-14' DESC LIMIT 1", "Albertville"),
        ("SELECT json_agg(json_build_object('p', pop) ORDER BY pop) AS v FROM c WHERE _id = 1", '[{"p" : 131272}]'),
        ("SELECT jsonb_build_object('total', 2, 'n', 1) AS v", '{"n": 1, "total": 2}'),
        ("SELECT sum(prix) OVER (ORDER BY _id ROWS 1 PRECEDING) AS v FROM c ORDER BY _id DESC LIMIT 1", 0.3),
        ("SELECT json_build_object('n', nom, 'p', pop) AS v FROM c LIMIT 1", '{"n" : "Annecy", "p" : 131272}'),
        ("SELECT width_bucket(pop, 0, 140000, 5) AS v FROM c LIMIT 1", 5),
        ("SELECT 0.1 + 0.2 AS v", 0.3),
        ("SELECT sum(prix) AS v FROM c WHERE _id > 1", 0.3),
        ("SELECT prix % 5 AS v FROM c LIMIT 1", 2.25),
        ("SELECT 2.25::numeric(3,1) AS v", 2.3),
        ("SELECT nom::varchar(3) AS v FROM c LIMIT 1", "Ann"),
        ("SELECT nom NOT ILIKE 'a%' AS v FROM c LIMIT 1", False),
        ("SELECT nom LIKE ANY (ARRAY['B%', 'Ann%']) AS v FROM c LIMIT 1", True),
        ("SELECT nom = ANY ('{Annecy,Autre}') AS v FROM c LIMIT 1", True),
        ("SELECT nom <> ALL (ARRAY['Annecy']) AS v FROM c LIMIT 1", False),
        ("SELECT ARRAY[1, 2] @> ARRAY[2] AS v", True),
        ("SELECT ARRAY[1, 2] || 3 AS v", [1, 2, 3]),
        ("SELECT (ARRAY[1, 2, 3])[2:3] AS v", [2, 3]),
        ("SELECT (ARRAY[10, 20, 30])[_id] AS v FROM c ORDER BY _id LIMIT 1", 10),
        ("SELECT (ARRAY[10, 20, 30])[_id::int + 1] AS v FROM c ORDER BY _id LIMIT 1", 20),
        ("SELECT (ARRAY[10, 20])[1] AS v", 10),
        ("SELECT (1 = 1) || ', ' || concat(1 = 1) AS v", "true, t"),
        ("SELECT pop & 7 AS v FROM c LIMIT 1", 0),
        (
            "SELECT DISTINCT ON (left(nom, 2)) nom AS v FROM c WHERE nom LIKE 'A%' ORDER BY left(nom, 2), pop LIMIT 1",
            "Aix-les-Bains",
        ),
        ("SELECT nom AS v FROM c, plainto_tsquery('english', 'annecy') query WHERE _full_text @@ query", "Annecy"),
        ("SELECT ts_rank(_full_text, to_tsquery('annecy')) AS v FROM c LIMIT 1", 0.06079271),
    ],
)
def test_what_re_users_send_to_a_ckan_is_answered_as_there(communes: Table, sql: str, expected: object) -> None:
    assert ask(sql, c=communes).records == [{"v": expected}] * len(ask(sql, c=communes).records)
    assert ask(sql, c=communes).records


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nom FROM c WHERE pop",
        "SELECT nom FROM c WHERE jour > 2024",
        "SELECT nom FROM c WHERE pop LIKE '1%'",
        "SELECT nom FROM c WHERE nom NOT LIKE 3",
        "SELECT upper(pop) FROM c",
        "SELECT sum(nom) FROM c",
        "SELECT sum(jour) FROM c",
        "SELECT min(pop > 1) FROM c",
        "SELECT nom FROM c UNION SELECT pop FROM c",
        "SELECT DISTINCT nom FROM c ORDER BY pop",
        "SELECT nom FROM c WHERE count(*) > 1",
        "SELECT nom FROM c WHERE pop IN (SELECT nom FROM c)",
        "SELECT interval '1 jour'",
        "SELECT jour + jour FROM c",
        "SELECT 1 + interval '1 day'",
        "SELECT to_date('x', 'YYYY')",
        "SELECT percentile_cont(0.5) FROM c",
        "SELECT upper(nom) WITHIN GROUP (ORDER BY nom) FROM c",
        "SELECT date_trunc() FROM c",
        "SELECT make_interval() & 1",
        "SELECT min(pop, prix) FROM c",
        "SELECT percentile_cont(2) WITHIN GROUP (ORDER BY pop) FROM c",
        "SELECT prix::date FROM c",
        "SELECT pg_catalog.upper(nom) FROM c",
        "SELECT nom FROM c WHERE nom SIMILAR TO 'a'",
    ],
)
def test_what_goes_together_in_sqlite_only_is_refused(communes: Table, sql: str) -> None:
    with pytest.raises((ValidationError, NotAuthorized)):
        ask(sql, c=communes)


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
