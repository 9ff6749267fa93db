"""The third wall of `datastore_search_sql`: SQLite’s own, given statements that passed the others."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest

from odl_host.server.datastore.published import load_small
from odl_host.server.datastore.rowfile import create_rows
from odl_host.server.datastore.sql import execute as execute_module
from tests.unit.server.datastore.asking import CSV, ask


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
