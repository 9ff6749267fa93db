"""Names as people type them: without accents, case, hyphens or apostrophes, and with « St » for « Saint »."""

from __future__ import annotations

import re
import unicodedata

# What ASCII byte becomes what: small letters, figures and line ends stay, the rest is a space.
_LETTERS = bytes(ord(c.lower()) if c.isalnum() or c == "\n" else 32 for c in map(chr, range(128))) + b" " * 128
_TYPOGRAPHY = (("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"), ("’", "'"), ("ʼ", "'"), ("–", "-"), ("—", "-"))
_SAINTS = (
    (re.compile(r"\bst\b", re.ASCII), "saint"),
    (re.compile(r"\bste\b", re.ASCII), "sainte"),
    (re.compile(r"\bstes\b", re.ASCII), "saintes"),
)
_SUR = re.compile(r"\bs\s*/\s*", re.IGNORECASE)
_ARTICLE_LAST = re.compile(r"^(?P<name>.+?)\s*\((?P<article>le|la|les|l['’]?|aux|los|las)\)$", re.IGNORECASE)
_ARTICLE_FIRST = re.compile(r"^(?:le|la|les|l|aux|los|las) (?=.)", re.ASCII)


def normalise_names(lines: str) -> list[str]:
    """Normalise many names at once, one per line: the whole text in a few passes is what makes a search quick."""
    for typed, plain in _TYPOGRAPHY:
        lines = lines.replace(typed, plain)
    text = unicodedata.normalize("NFKD", lines).encode("ascii", "ignore").translate(_LETTERS).decode("ascii")
    for pattern, word in _SAINTS:
        text = pattern.sub(word, text)
    while "  " in text:
        text = text.replace("  ", " ")
    return [line.strip(" ") for line in text.split("\n")]


def normalise_name(name: str) -> str:
    """Return a name in small ASCII letters and single spaces, abbreviations written out.

    >>> normalise_name("St Alban-Leysse"), normalise_name("SAINT‑ALBAN–LEYSSE"), normalise_name("L'Haÿ-les-Roses")
    ('saint alban leysse', 'saint alban leysse', 'l hay les roses')
    >>> normalise_name("Châtillon s/ Seine"), normalise_name("CHATELARD (LE)"), normalise_name("Ste-Foy")
    ('chatillon sur seine', 'le chatelard', 'sainte foy')
    """
    name = " ".join(name.split())
    if found := _ARTICLE_LAST.match(name):
        name = f"{found['article']} {found['name']}"
    # NFKD turns the other hyphens and spaces of Unicode (U+2011, U+00A0) into ones the table knows.
    return normalise_names(unicodedata.normalize("NFKD", _SUR.sub("sur ", name)).replace("\u2010", "-"))[0]


def without_article(normalised: str) -> str:
    """Return a normalised name without the article it begins with.

    >>> without_article("le chatelard"), without_article("lescheraines")
    ('chatelard', 'lescheraines')
    """
    return _ARTICLE_FIRST.sub("", normalised)
