"""Templates and a tenant make texts: `{path: text}`, nothing written.

Output is parsed back before it is returned, so that a title with quotes cannot make a broken manifest.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odl_host.config import Home
from odl_host.errors import OdlError
from odl_host.templates import render_template
from odl_host.tenants import Perimeter


def render_manifest(
    home: Home, *, name: str, title: str, description: str, url: str, perimeter: Perimeter
) -> dict[Path, str]:
    """Return the manifest of a new tenant."""
    text = render_template(
        "tenant.toml.j2",
        {"name": name, "title": title, "description": description, "url": url, "perimeter": perimeter},
    )
    _parse_back(text, "tenant.toml.j2")
    return {home.tenants / f"{name}.toml": text}


def render_deposit_readme(values: Mapping[str, Any]) -> str:
    """Return the French explanation that lies in a member's deposit folder.

    `values`: `of_name` ("de Chambéry"), `portal` (title), `url`, `organization` (name), `schemas` (title, short name).
    """
    return render_template("deposit_readme.txt.j2", values)


def _parse_back(text: str, template: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OdlError(f"The template {template} gave a file that is not TOML: {error}.") from error
