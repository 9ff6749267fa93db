"""The words of a text as PostgreSQL reads them: tokens, stop words, stems, and the vectors that these make.

Source: PostgreSQL 15 documentation, chapter 12 (parsers, dictionaries); values held against a real one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache

from odl_host.ckan_values import text_search_languages

Vector = Mapping[str, list[int]] | str
"""Lexeme to its positions, counted from 1; or the text that `vector_text` makes of it, which is searched as it is."""

MAX_POSITION = 16383
MAX_KEPT_CHARACTERS = 1000
"""Of a text whose words are kept: these take 25 times as many bytes."""
MAX_STEMMED_CHARACTERS = 200
"""A longer run of letters is no word, and is not kept as one."""

ENGLISH_STOPS = """
i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its
itself they them their theirs themselves what which who whom this that these those am is are was were be been being
have has had having do does did doing a an the and but if or because as until while of at by for with about against
between into through during before after above below to from up down in out on off over under again further then once
here there when where why how all any both each few more most other some such no nor not only own same so than too very
s t can will just don should now
"""
FRENCH_STOPS = """
au aux avec ce ces dans de des du elle en et eux il je la le leur lui ma mais me même mes moi mon ne nos notre nous on
ou par pas pour qu que qui sa se ses sur ta te tes toi ton tu un une vos votre vous c d j l à m n s t y étée étées étant
suis es êtes sont serai seras sera serons serez seront serais serait serions seriez seraient étais était étions étiez
étaient fus fut fûmes fûtes furent sois soit soyons soyez soient fusse fusses fussions fussiez fussent ayant eu eue eues
eus ai avons avez ont aurai auras aura aurons aurez auront aurais aurait aurions auriez auraient avais avait aviez
avaient eut eûmes eûtes eurent aie aies ait ayons ayez aient eusse eusses eût eussions eussiez eussent
"""
_STOPS = {"english": frozenset(ENGLISH_STOPS.split()), "french": frozenset(FRENCH_STOPS.split())}

# The kinds of words, in the order in which they are tried. Source: PostgreSQL documentation, 12.5 "Parsers".
_TOKEN = re.compile(
    r"(?P<protocol>[a-zA-Z]+://)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>(?:[^\W_][\w-]*\.)+[a-zA-Z]{2,}(?:/[\w./?=&%#~+-]*)?)"
    r"|(?P<version>\d+(?:\.\d+){2,})"
    r"|(?P<number>[+-]\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![^\W_]))"
    r"|(?P<compound>[^\W_]+(?:-[^\W_]+)+)"
    r"|(?P<word>[^\W_]+)"
)


class UnknownLanguage(ValueError):
    """No text search configuration has this name."""


_stemming = threading.Lock()


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    if language == "simple":
        return str
    import snowballstemmer

    stem = snowballstemmer.stemmer(language).stemWord

    @lru_cache(maxsize=50_000)
    def stemmed(word: str) -> str:
        with _stemming:  # a stemmer keeps its state while it works
            return str(stem(word))

    return stemmed


def check_language(language: str) -> str:
    """Return the name of a text search configuration. :raises UnknownLanguage: there is none of this name."""
    name = (language or "english").removeprefix("pg_catalog.").lower()
    if name not in text_search_languages():
        raise UnknownLanguage(f'text search configuration "{language}" does not exist')
    return name


def iter_lexemes(text: str, language: str = "english") -> Iterator[tuple[str | None, int]]:
    """Yield the lexemes of a text with their positions; a stop word counts for a position and yields None."""
    stem = _stemmer(language)
    stops = _STOPS.get(language, frozenset())
    position = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        token = match[0].lower()
        if kind == "protocol":
            continue
        tokens = [token]
        if kind == "url" and "/" in token:
            host, _, path = token.partition("/")
            tokens = [token, host, f"/{path}"]
        elif kind == "compound":
            tokens = [token, *token.split("-")]
        for item in tokens:
            position = min(position + 1, MAX_POSITION)
            if kind in ("word", "compound") and not any(char.isdigit() for char in item):
                is_word = len(item) <= MAX_STEMMED_CHARACTERS
                yield (None if item in stops else stem(item) if is_word else item), position
            else:
                yield item, position


def vector(text: str, language: str = "english") -> Vector:
    """Return the lexemes of a text.

    >>> dict(vector("The cats and a cat"))
    {'cat': [2, 5]}
    """
    return _kept_vector(text, language) if len(text) <= MAX_KEPT_CHARACTERS else _vector(text, language)


@lru_cache(maxsize=2000)
def _kept_vector(text: str, language: str) -> dict[str, list[int]]:
    return _vector(text, language)


def _vector(text: str, language: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for lexeme, position in iter_lexemes(text, language):
        if lexeme is not None:
            found.setdefault(lexeme, []).append(position)
    return found


def vector_text(text: object, language: str = "english") -> str | None:
    """Return PostgreSQL's text form of a vector, as `_full_text` shows it in SQL.

    >>> vector_text("Annakarenina tolstoy b")
    "'annakarenina':1 'b':3 'tolstoy':2"
    """
    if text is None:
        return None
    lexemes = sorted(_vector(str(text), language).items(), key=lambda item: item[0].encode())
    return " ".join(f"'{lexeme}':{','.join(map(str, positions))}" for lexeme, positions in lexemes)
