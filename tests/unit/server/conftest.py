"""A catalogue in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odl_host.server.sites import Site, open_site
from odl_host.storage.local import LocalStorage


@pytest.fixture
def open_at() -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def opener(folder: Path, url: str = "http://portail.example.org") -> Site:
        site = open_site(
            name="t",
            title="Essai",
            url=url,
            description="",
            data_dir=folder,
            storage=LocalStorage(folder / "files"),
        )
        opened.append(site)
        return site

    yield opener
    for site in opened:
        site.close()


@pytest.fixture
def site(open_at: Callable[..., Site], tmp_path: Path) -> Site:
    return open_at(tmp_path)
