from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from odl_host.ckan import ValidationError
from odl_host.errors import ConfigError, Unavailable
from odl_host.server.database import tables
from odl_host.server.database.database import open_database
from odl_host.server.database.postgresql import parse_url
from odl_host.server.sites import Site, open_site
from odl_host.storage.local import LocalStorage


def opened(url: str, folder: Path) -> Site:
    storage = LocalStorage(folder / "files")
    return open_site(name="t", title="", url="http://x", description="", data_dir=folder, storage=storage, database=url)


def test_of_two_creations_of_one_name_by_two_programs_one_wins(
    new_postgresql: Callable[[], str], tmp_path: Path
) -> None:
    url = new_postgresql()
    sites = [opened(url, tmp_path / str(n)) for n in range(3)]
    sites[0].as_sysadmin().call_action("organization_create", {"name": "aime"})
    outcomes: list[str] = []
    barrier = threading.Barrier(len(sites))

    def create(site: Site) -> None:
        ckan = site.as_sysadmin()
        barrier.wait()
        try:
            ckan.call_action("package_create", {"name": "course", "owner_org": "aime"})
            outcomes.append("won")
        except ValidationError as error:
            outcomes.append(error.error_dict["name"][0])

    threads = [threading.Thread(target=create, args=(site,)) for site in sites]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["That URL is already in use."] * 2 + ["won"]
    # Each program has an index of its own; each sees what the others wrote.
    for site in sites:
        assert site.as_anonymous().call_action("package_search", {"q": "course"})["count"] == 1
        site.close()


def test_a_connection_that_was_cut_is_replaced(new_postgresql: Callable[[], str], tmp_path: Path) -> None:
    url = new_postgresql()
    site = opened(url, tmp_path)
    site.as_sysadmin().call_action("organization_create", {"name": "aime"})
    other = open_database(url)
    with other.reading() as db:
        db.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.close()
    assert site.as_sysadmin().call_action("package_create", {"name": "apres", "owner_org": "aime"})["name"] == "apres"
    assert site.as_anonymous().call_action("package_list") == ["apres"]
    site.close()


def test_a_refused_statement_takes_the_whole_call_back(new_postgresql: Callable[[], str]) -> None:
    database = open_database(new_postgresql())
    with pytest.raises(sa.exc.IntegrityError), database.writing() as db:
        for _ in range(2):
            db.execute(tables.counters.insert(), {"name": "twice", "value": 1})
    with database.writing() as db:
        assert "twice" not in set(db.scalars(sa.select(tables.counters.c.name)))
    database.close()


def test_readers_cannot_write(new_postgresql: Callable[[], str]) -> None:
    database = open_database(new_postgresql())
    with pytest.raises(sa.exc.DBAPIError, match="read-only"), database.reading() as db:
        db.execute(tables.counters.insert(), {"name": "x", "value": 1})
    database.close()


def test_a_commit_is_flushed_even_where_the_server_would_not(new_postgresql: Callable[[], str]) -> None:
    url = new_postgresql()
    database = open_database(url)
    with database.writing() as db:
        db.exec_driver_sql(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
    database.close()
    database = open_database(url)
    with database.reading() as db:
        assert db.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    assert database.check() == []
    database.vacuum()
    assert database.size_bytes() > 100_000
    database.close()


def test_a_server_that_is_not_there_is_unavailable_and_its_password_not_said() -> None:
    with pytest.raises(Unavailable, match="does not answer") as caught:
        open_database("postgresql://odl:secret-word@127.0.0.1:1/savoie")
    assert "secret-word" not in str(caught.value)


def test_an_absent_database_is_a_matter_of_configuration(postgresql_server: str) -> None:
    with pytest.raises(ConfigError, match="absente"):
        open_database(f"{postgresql_server}/absente")


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://a@b", "nonsense", "postgresql://a@b/c?tls=1"])
def test_an_address_that_cannot_be_used_is_said(url: str) -> None:
    with pytest.raises(ConfigError):
        parse_url(url)


def test_a_unix_socket_is_reached_as_libpq_writes_it() -> None:
    _, arguments = parse_url("postgresql://odl@/savoie?host=/run/postgresql")
    assert arguments["unix_sock"] == "/run/postgresql/.s.PGSQL.5432"
