from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ("documents", "extras", "formats", "resource_fields", "app", "search.levels", "search.lucene", "search.query")


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_documentation_are_true(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"odl_host.server.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
