"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files from what is produced now")


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """The folder of official schemas, examples and published files: data of others, not part of the project."""
    folder = Path(os.environ.get("ODL_TEST_REFERENCE", ROOT.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}: set ODL_TEST_REFERENCE to the folder that holds it")
    return folder
