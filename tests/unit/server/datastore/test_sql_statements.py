"""The first walls of `datastore_search_sql`: what a statement may be made of, and that it is written anew."""

from __future__ import annotations

import time

import pytest

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.server.datastore.sql.execute import execute
from odl_host.server.datastore.sql.statement import read_statement
from odl_host.server.datastore.table import Table
from tests.unit.server.datastore.asking import ask


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
