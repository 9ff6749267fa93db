"""A catalogue in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odl_host.server.sites import Site
from tests.sites import site_in


@pytest.fixture
def open_at() -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def opener(folder: Path, url: str = "http://portail.example.org") -> Site:
        opened.append(site_in(folder, url))
        return opened[-1]

    yield opener
    for site in opened:
        site.close()


@pytest.fixture
def site(open_at: Callable[..., Site], tmp_path: Path) -> Site:
    return open_at(tmp_path)
