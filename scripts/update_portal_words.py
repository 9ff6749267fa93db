"""Bring the portal's catalogues of sentences up to date: `python scripts/update_portal_words.py`.

Every French sentence of the templates and of the server's modules gets a place in each
`odl_host/server/rendering/locale/CODE/LC_MESSAGES/portal.po`, those that nobody says any more leave it. What is left to
do is to write what stands empty: a sentence without its translation fails `tests/unit/server/rendering/`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from odl_host.server.rendering import vocabulary

SERVER = Path(__file__).resolve().parents[1] / "odl_host" / "server"
KEYWORDS = {**DEFAULT_KEYWORDS, "count_of": (2, 3), "noun": (2, 3), "french": None, "say": None}
"""The functions that are given a sentence, and which of their arguments are its forms."""

SYNTAX = {
    "trimmed": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "newstyle_gettext": "true",
    "silent": "false",
}
"""How `rendering/drawing.py` reads the templates."""


def sentences() -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Yield the file that says a sentence, its forms, and its context."""
    methods = [("rendering/templates/**.*", "jinja2"), ("**.py", "python")]
    for file, _line, message, _comments, context in extract_from_dir(
        SERVER, methods, {"rendering/templates/**.*": SYNTAX}, KEYWORDS
    ):
        yield file, message, context
    for name, table in vars(vocabulary).items():
        if name.isupper() and isinstance(table, Mapping):
            yield from (("rendering/vocabulary.py", word, None) for word in table.values())


def catalogue(code: str) -> tuple[Catalog, Path]:
    """Return the catalogue of a language with a place for each sentence, and its file."""
    path = SERVER / "rendering" / "locale" / code / "LC_MESSAGES" / "portal.po"
    with path.open("rb") as written_before:
        kept = read_po(written_before, locale=code)
    asked = Catalog(locale=code, fuzzy=False)
    for file, message, context in sentences():
        asked.add(message, locations=[(file, None)], context=context)
    kept.update(asked, no_fuzzy_matching=True)
    kept.obsolete.clear()
    return kept, path


def written(kept: Catalog) -> bytes:
    """Return a catalogue as its file holds it: in the order of the sentences, with the files that say them."""
    text = io.BytesIO()
    write_po(text, kept, width=110, omit_header=True, sort_by_file=True, include_lineno=False)
    language, plurals = f"Language: {kept.locale_identifier}", f"Plural-Forms: {kept.plural_forms}"
    fields = (language, "Content-Type: text/plain; charset=utf-8", plurals)
    header = "".join(f'"{field}\\n"\n' for field in fields)
    return f'msgid ""\nmsgstr ""\n{header}\n'.encode() + text.getvalue()


if __name__ == "__main__":
    for folder in sorted((SERVER / "rendering" / "locale").iterdir()):
        made, file = catalogue(folder.name)
        file.write_bytes(written(made))
