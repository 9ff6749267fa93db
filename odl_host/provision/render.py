"""Templates and a tenant make texts: `{path: text}`, nothing written.

Output is parsed back before it is returned, so that a title with quotes cannot make a broken manifest.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.config import Home, templates_dir
from odl_host.errors import OdlError
from odl_host.tenants import Perimeter

if TYPE_CHECKING:
    from jinja2 import Environment


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


def render_template(template: str, values: Mapping[str, Any]) -> str:
    """Fill one template of `tenant_templates/`; a name that is not given is an error, never a blank."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - the output is TOML and plain text, escaped by the filters below
        loader=FileSystemLoader(templates_dir()),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["toml"] = _toml
    return environment


def _toml(value: object) -> str:
    r"""Return a value as TOML writes it; JSON's strings, lists and booleans are TOML's too.

    >>> _toml(("2A004", 'le "Bourg"')), _toml(False)
    ('["2A004", "le \\"Bourg\\""]', 'false')
    """
    return json.dumps(value, ensure_ascii=False)


def _parse_back(text: str, template: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OdlError(f"The template {template} gave a file that is not TOML: {error}.") from error
