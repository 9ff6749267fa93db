"""A fixed few of the inputs that `make fuzz` tries by the thousand: nothing but our own errors, whatever comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_comes_in_ends_with_an_outcome(target: str, tmp_path: Path) -> None:
    materials, run = TARGETS[target]

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(made=materials)
    def check(made: Any) -> None:
        run(made, tmp_path)

    check()
