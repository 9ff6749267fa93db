"""The list of tables, itself read like a table: `_table_metadata`."""

from __future__ import annotations

import hashlib
import sqlite3

import sqlalchemy as sa

from odl_host.server.database.tables import datastore_aliases, packages, resources
from odl_host.server.datastore.table import NAME, Definition, Table, create_sql
from odl_host.server.datastore.types import get_type

_HAS_ROWS = resources.c.doc.contains('"datastore_active":true', autoescape=True)
_TABLES = sa.select(resources.c.id).join(packages, packages.c.id == resources.c.package_id).where(_HAS_ROWS)
_PUBLIC = sa.and_(packages.c.state == "active", packages.c.private.is_(False))
_ALIASES = sa.select(datastore_aliases.c.alias, datastore_aliases.c.resource_id)

_DEFINITION = Definition().with_columns(
    [("name", get_type("name"), None), ("oid", get_type("oid"), None), ("alias_of", get_type("name"), None)]
)


def load(db: sa.Connection, *, shows_all: bool) -> Table:
    """Return the names of tables and of their aliases; without `shows_all` those that everyone may read."""
    ids = list(db.scalars(_TABLES if shows_all else _TABLES.where(_PUBLIC)))
    known = set(ids)
    rows = [(name, None) for name in ids]
    rows += [(alias, resource_id) for alias, resource_id in db.execute(_ALIASES) if resource_id in known]
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.execute(create_sql(_DEFINITION))
    memory.executemany(
        f"INSERT INTO {NAME} (c1, c2, c3) VALUES (?, ?, ?)",  # noqa: S608 - constant
        [(name, str(_number(name)), alias_of) for name, alias_of in rows],
    )
    return Table(_DEFINITION, memory, size_bytes=0)


def _number(name: str) -> int:
    """A number that stays the same for a table, as PostgreSQL's oid does."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
