from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from odl_host.server.database import tables
from odl_host.server.database.statements import Statement
from odl_host.server.sites import Site
from tests.unit.server.database.test_postgresql import opened

BY_NAME = Statement(sa.select(tables.users).where(tables.users.c.name == sa.bindparam("name")))
INSERT = Statement(tables.users.insert())
RENAME = Statement(
    tables.users.update()
    .where(tables.users.c.id == sa.bindparam("key"), tables.users.c.state == "active")
    .returning(tables.users.c.name)
)
ROW = {"id": "u", "name": "claire", "sysadmin": True, "state": "active", "created": "2026-01-31"}


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path, open_at: Callable[..., Site]) -> Iterator[Site]:
    if request.param == "sqlite":
        yield open_at(tmp_path)
        return
    site = opened(request.getfixturevalue("new_postgresql")(), tmp_path)
    yield site
    site.close()


def test_a_row_has_the_columns_names_and_types_on_every_engine(either: Site) -> None:
    with either.db.writing() as db:
        INSERT.run(db, ROW)
        row = BY_NAME.first(db, name="claire")
        assert (row.id, row.sysadmin, row.activity_emails, row.about) == ("u", True, False, None)
        assert isinstance(row.activity_emails, bool)
        assert BY_NAME.all(db, name="personne") == []
        assert BY_NAME.first(db, name="personne") is None


def test_what_is_written_into_a_statement_stands_beside_its_parameters(either: Site) -> None:
    with either.db.writing() as db:
        INSERT.run_many(db, [ROW, {**ROW, "id": "v", "name": "jeanne", "state": "deleted"}])
        INSERT.run_many(db, [])
        assert RENAME.first(db, key="u", name="colette").name == "colette"
        assert RENAME.first(db, key="v", name="simone") is None


def test_a_forgotten_parameter_is_refused_rather_than_null(site: Site) -> None:
    with site.db.writing() as db:
        INSERT.run(db, ROW)
        with pytest.raises(TypeError, match="not for the parameters"):
            BY_NAME.first(db)
        with pytest.raises(TypeError, match="not for the parameters"):
            INSERT.run(db, {**ROW, "id": "v", "name": "jeanne", "email": "j@example.org"})
        with pytest.raises(KeyError):
            BY_NAME.first(db, names="claire")
