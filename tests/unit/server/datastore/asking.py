"""A small table, and SQL that is asked of tables."""

from __future__ import annotations

from odl_host.server.datastore.sql.execute import Answer, execute
from odl_host.server.datastore.sql.statement import read_statement
from odl_host.server.datastore.table import Table

CSV = b"titre,annee,prix,paru\nLa Peste,1947,8.1,1947-06-10\nGerminal,1885,12.5,1885-03-01\n"


def ask(sql: str, **tables: Table) -> Answer:
    statement = read_statement(sql)
    return execute(statement, {name: tables[name] for name in statement.tables}, rows_max=100)
