from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from odl_host.errors import ConfigError
from odl_host.server.database import migrations, tables
from odl_host.server.database.database import open_database
from odl_host.server.sites import Site

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.sql"))
"""What `sqlite3 catalogue.sqlite .dump` prints of a small catalogue made by each released version."""


def load(release: Path, folder: Path) -> Path:
    """Return a database file as that release left it."""
    file = folder / "catalogue.sqlite"
    driver = sqlite3.connect(file)
    driver.executescript(release.read_text(encoding="utf-8"))
    driver.close()
    return file


def described(db: sa.Connection) -> dict[str, Any]:
    """Return what matters of each table: its columns, keys and indexes, in no order."""
    inspector = sa.inspect(db)
    return {
        name: {
            "columns": {
                (c["name"], str(c["type"]), c["nullable"], str(c.get("default"))) for c in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "unique": {tuple(u["column_names"]) for u in inspector.get_unique_constraints(name)},
            "indexes": {(i["name"], tuple(i["column_names"]), bool(i["unique"])) for i in inspector.get_indexes(name)},
        }
        for name in inspector.get_table_names()
    }


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_the_database_of_every_release_becomes_what_a_new_one_is(release: Path, tmp_path: Path) -> None:
    old = open_database(load(release, tmp_path))
    new = open_database(tmp_path / "new.sqlite")
    with old.reading() as a, new.reading() as b:
        assert described(a) == described(b)
        recorded = sa.select(tables.migrations.c.name)
        assert set(a.scalars(recorded)) == set(b.scalars(recorded)) == {step.__name__ for step in migrations.STEPS}
        counted = sa.select(tables.counters.c.name)
        assert set(a.scalars(counted)) == set(b.scalars(counted))
    old.close()
    new.close()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_what_a_release_held_is_still_there(release: Path, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    load(release, tmp_path)
    site = open_at(tmp_path)
    ckan = site.as_sysadmin()
    dataset = ckan.call_action("package_show", {"id": "budget-2025"})
    assert [tag["name"] for tag in dataset["tags"]] == ["budget", "finances"]
    assert [resource["name"] for resource in dataset["resources"]] == ["Budget"]
    assert [group["name"] for group in dataset["groups"]] == ["finances"]
    assert dataset["organization"]["title"] == "Aime-la-Plagne"
    assert ckan.call_action("package_search", {"q": "deliberation"})["count"] == 1
    assert ckan.call_action("user_show", {"id": "claire"})["fullname"] == "Claire Martin"
    ckan.call_action("package_create", {"name": "nouveau", "owner_org": "aime"})


def test_a_new_postgresql_database_has_the_same_tables(new_postgresql: Callable[[], str], tmp_path: Path) -> None:
    postgresql = open_database(new_postgresql())
    sqlite = open_database(tmp_path / "new.sqlite")
    with postgresql.reading() as a, sqlite.reading() as b:
        assert set(described(a)) == set(described(b))
        assert migrations.pending_steps(a) == []
    postgresql.close()
    sqlite.close()


def test_steps_do_nothing_where_they_were_done(new_postgresql: Callable[[], str], tmp_path: Path) -> None:
    for location in (new_postgresql(), tmp_path / "new.sqlite"):
        database = open_database(location)
        with database.writing() as db:
            before = described(db)
            migrations.add_column(db, tables.users.c.about)
            migrations.create_table(db, tables.users)
            for index in tables.users.indexes:
                migrations.add_index(db, index)
            assert described(db) == before
        database.close()


def test_a_column_is_added_on_both_engines(new_postgresql: Callable[[], str], tmp_path: Path) -> None:
    for location in (new_postgresql(), tmp_path / "new.sqlite"):
        database = open_database(location)
        with database.writing() as db:
            column = sa.Column("colour", tables.Text, server_default="", nullable=False)
            sa.Table("users", sa.MetaData(), column)
            migrations.add_column(db, column)
            assert "colour" in {c["name"] for c in sa.inspect(db).get_columns("users")}
        database.close()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, open_at: Callable[..., Site]) -> None:
    site = open_at(tmp_path)
    with site.db.writing() as db:
        db.execute(tables.migrations.insert(), {"name": "m999_from_the_future", "applied_at": "2030-01-01"})
    site.close()
    with pytest.raises(ConfigError, match="m999_from_the_future"):
        open_at(tmp_path)
