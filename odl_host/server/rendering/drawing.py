"""Filling in templates, in a language: pages, feeds and letters are drawn here.

The templates and the static files are read from the package, so that they travel in the wheel.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from odl_host.server.rendering.languages import SOURCE, Language, get_language
from odl_host.server.rendering.notes import excerpt, render_notes
from odl_host.typography import typeset

if TYPE_CHECKING:
    from jinja2 import Environment

    from odl_host.server.sites import Site

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def valid_xml(text: str) -> str:
    r"""Return a text without the characters that no XML document may hold.

    >>> valid_xml("Une\x0c page")
    'Une page'
    """
    return _NOT_XML.sub("", text)


def render(template: str, site: Site, values: Mapping[str, Any], language: Language | None = None) -> str:
    """Return a template filled in, in a language: the site's own unless another is given."""
    language = language or get_language(site.locale)
    root = root_of(site, language)
    in_its_own = _attribute(site.locale) if root else ""
    return _environment(language.code, root).get_template(template).render(site=site, in_its_own=in_its_own, **values)


def _attribute(code: str) -> Markup:
    """Return what marks a tag whose words are in another language than its page."""
    return Markup(' lang="{}"').format(code)


def root_of(site: Site, language: Language) -> str:
    """Return what stands before the addresses of a site's pages in a language: nothing for the site's own."""
    return "" if language.code == site.locale else f"/{language.code}"


@functools.cache
def _environment(code: str, root: str) -> Environment:
    """Return the templates in a language, loaded from the package so that they travel in the wheel."""
    from jinja2 import PackageLoader, StrictUndefined

    from odl_host.server.rendering.sentences import SpeakingEnvironment

    language = get_language(code)
    environment = SpeakingEnvironment(
        language,
        loader=PackageLoader("odl_host.server.rendering", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": language.day,
        "number": language.number,
        "say": language.say,
        "size": language.size,
        "excerpt": excerpt,
        "typeset": typeset,
        "notes": render_notes,
        "valid_xml": valid_xml,
    }
    environment.globals |= {
        "asset": _asset,
        "count_of": language.count_of,
        "in_french": "" if code == SOURCE else _attribute(SOURCE),
        "language": language,
        "noun": language.noun,
        "root": root,
    }
    return environment


@functools.cache
def _asset(name: str) -> str:
    """Return the address of a static file; it changes with the content, so that it may be kept for a year."""
    content = (resources.files("odl_host.server.rendering") / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"
