"""Filling the templates of `tenant_templates/`: a name that is not given is an error, never a blank.

A home's own `templates/` folder comes first: an operator who wants other words copies one file there and edits it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.config import Home, templates_dir
from odl_host.errors import ConfigError

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def render_template(template: str, values: Mapping[str, Any], *, home: Home | None = None) -> str:
    """Fill one template. :raises ConfigError: it is not a template, or asks for a name that is not given."""
    from jinja2 import TemplateError

    try:
        return _environment(_own_folder(home)).get_template(template).render(values)
    except TemplateError as error:
        raise _refusal(template, error) from error


def render_blocks(templates: tuple[str, ...], values: Mapping[str, Any], *, home: Home) -> dict[str, str]:
    """Fill the blocks of some templates: each block's text, trimmed, by its name; the first that words a block wins.

    Templates that do not exist are left out. :raises ConfigError: one asks for a name that is not given.
    """
    from jinja2 import TemplateError

    try:
        blocks = _blocks(_own_folder(home), templates)
        return {
            name: "".join(template.blocks[name](template.new_context(dict(values)))).strip()
            for name, template in blocks.items()
        }
    except TemplateError as error:
        raise _refusal(templates[0], error) from error


@cache
def _blocks(own: Path | None, templates: tuple[str, ...]) -> dict[str, Template]:
    from jinja2 import TemplateNotFound

    found: dict[str, Template] = {}
    for name in templates:
        try:
            template = _environment(own).get_template(name)
        except TemplateNotFound:
            continue
        found = {**dict.fromkeys(template.blocks, template), **found}
    return found


def _own_folder(home: Home | None) -> Path | None:
    return home.path / "templates" if home else None


@cache
def _environment(own: Path | None) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        # TOML and plain text are escaped by the filters below.
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default_for_string=False),
        loader=FileSystemLoader([*([own] if own else []), templates_dir()]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["toml"] = _toml
    return environment


def _refusal(template: str, error: Exception) -> ConfigError:
    return ConfigError(f"The template {template} cannot be used: {error}.", hint="Correct it, or take yours away.")


def _toml(value: object) -> str:
    r"""Return a value as TOML writes it; JSON's strings, lists and booleans are TOML's too.

    >>> _toml(("2A004", 'le "Bourg"')), _toml(False)
    ('["2A004", "le \\"Bourg\\""]', 'false')
    """
    return json.dumps(value, ensure_ascii=False)
