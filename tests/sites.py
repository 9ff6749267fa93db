"""A catalogue in a folder, as the tests of the server open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from odl_host.server.sites import Site, open_site
from odl_host.storage.local import LocalStorage


def site_in(folder: Path, url: str = "http://portail.example.org", **more: Any) -> Site:
    """Open the catalogue of a folder; `more` is what `open_site` takes besides: its settings, its database."""
    storage = LocalStorage(folder / "files")
    return open_site(name="t", title="Essai", url=url, description="", data_dir=folder, storage=storage, **more)
