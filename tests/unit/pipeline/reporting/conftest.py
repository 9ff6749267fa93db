"""The report of the file with every kind of mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.pipeline.reporting.model import FileReport
from tests.unit.pipeline.reporting.judged import ROWS, judge


@pytest.fixture
def rejected(tmp_path: Path) -> FileReport:
    return judge(tmp_path, ROWS)[0]
