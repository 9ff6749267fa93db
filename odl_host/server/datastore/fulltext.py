"""Full text as PostgreSQL searches it: queries, and the ranks of what they find, for `q` of `datastore_search`.

Nothing is stored: a row's text is read when a query looks for it. Source: PostgreSQL 15 documentation, chapter 12
(`to_tsquery`, `plainto_tsquery`, `ts_rank` with normalisation 32); values held against a real one.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from odl_host.server.datastore.lexemes import MAX_POSITION, Vector, check_language, iter_lexemes

WEIGHT = 0.10000000149011612
"""The weight of every word here, `D` in PostgreSQL's terms: 0.1 in 32 bits."""

MAX_CHARACTERS = 10_000
"""Of one query: what was read of the last ones is kept."""
MAX_TERMS = 64
"""More words than this in one query are refused: each of them costs time on each row."""


class QueryError(ValueError):
    """A full text query cannot be read."""


@dataclass(frozen=True, slots=True)
class Term:
    """A lexeme, or the beginning of one; `never` where only words of a weight that nothing has are wanted."""

    lexeme: str
    is_prefix: bool = False
    never: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    """Both sides; with `distance`, the second that many positions after the first."""

    left: Node
    right: Node
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class Either:
    """One of the sides, or both."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Without:
    """Not this."""

    inner: Node


Node = Term | Both | Either | Without


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be asked of vectors; without a node it matches nothing."""

    node: Node | None

    @property
    def needed(self) -> tuple[Term, ...]:
        """The terms that each match contains, to look for before anything else."""

        def walk(node: Node | None) -> Iterator[Term]:
            if isinstance(node, Term):
                yield node
            elif isinstance(node, Both):
                yield from walk(node.left)
                yield from walk(node.right)

        return tuple(walk(self.node))

    def rank(self, words: Vector) -> float | None:
        """Return the rank of a vector, between 0 and 1, or None when it does not match."""
        if self.node is None:
            return None
        if isinstance(words, str) and isinstance(self.node, Term) and not self.node.is_prefix and not self.node.never:
            return _rank_one(self.node.lexeme, words)  # what is asked most often
        if not _matches(self.node, words):
            return None
        terms = sorted(set(_terms(self.node)), key=lambda term: term.lexeme)
        found = [(term, _positions(term, words)) for term in terms]
        together = isinstance(self.node, Both) and len(found) > 1
        raw = max(_rank_both([p for _, p in found]), 1e-20) if together else _rank_either(terms, words)
        raw = _single(raw)
        return _shortest(_single(raw / _single(raw + 1)))


def _rank_one(lexeme: str, text: str) -> float | None:
    mark = f"'{lexeme}':"
    at = text.find(mark)
    if at < 0:
        return None
    start = at + len(mark)
    end = text.find(" ", start)
    return _rank_of_count(text.count(",", start, end if end >= 0 else len(text)) + 1)


@cache
def _rank_of_count(count: int) -> float:
    raw = _single(_rank_either([Term("")], {"": list(range(count))}))
    return _shortest(_single(raw / _single(raw + 1)))


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    elif isinstance(node, Without):
        yield from _terms(node.inner)
    else:
        yield from _terms(node.left)
        yield from _terms(node.right)


def _lists(term: Term, words: Vector) -> list[list[int]]:
    if isinstance(words, str):
        return list(_found_in_text(term, words))
    if term.is_prefix:
        return [positions for lexeme, positions in words.items() if lexeme.startswith(term.lexeme)]
    return [words[term.lexeme]] if term.lexeme in words else []


def _found_in_text(term: Term, text: str) -> Iterator[list[int]]:
    """Yield the positions of a term; a quote opens a lexeme, a quote and a colon close it, and none is within."""
    wanted = f"'{term.lexeme}" if term.is_prefix else f"'{term.lexeme}':"
    at = text.find(wanted)
    while at >= 0:
        start = text.index("':", at) + 2 if term.is_prefix else at + len(wanted)
        end = text.find(" ", start)
        yield [int(position) for position in text[start : end if end >= 0 else None].split(",")]
        at = text.find(wanted, start) if term.is_prefix else -1


def _positions(term: Term, words: Vector) -> list[int]:
    lists = _lists(term, words)
    return lists[0] if len(lists) == 1 else sorted(position for positions in lists for position in positions)


def _matches(node: Node, words: Vector) -> bool:
    if isinstance(node, Term):
        return not node.never and bool(_lists(node, words))
    if isinstance(node, Without):
        return not _matches(node.inner, words)
    if isinstance(node, Either):
        return _matches(node.left, words) or _matches(node.right, words)
    if node.distance is None:
        return _matches(node.left, words) and _matches(node.right, words)
    return bool(_ends(node, words))


def _ends(node: Node, words: Vector) -> set[int]:
    """Return the positions where a phrase ends."""
    if isinstance(node, Term):
        return set() if node.never else set(_positions(node, words))
    if isinstance(node, Either):
        return _ends(node.left, words) | _ends(node.right, words)
    if isinstance(node, Without):
        return set()
    left, right = _ends(node.left, words), _ends(node.right, words)
    if node.distance is None:
        return left & right
    return {position for position in right if position - node.distance in left}


def _rank_either(terms: list[Term], words: Vector) -> float:
    total = 0.0
    for term in terms:
        # Each occurrence weighs less than the one before it.
        for positions in _lists(term, words):
            weights = 0.0
            for index in range(len(positions)):
                weights = _single(weights + WEIGHT / (index + 1) ** 2)
            total = _single(total + weights / 1.64493406685)
    return total / len(terms)


def _rank_both(lists: list[list[int]]) -> float:
    rank = -1.0
    for index, later in enumerate(lists):
        for earlier in lists[:index]:
            for here in later or [MAX_POSITION]:
                for there in earlier or [MAX_POSITION]:
                    distance = abs(here - there)
                    if not distance and later and earlier:
                        continue
                    # PostgreSQL keeps these in 32 bits, which the last digits of a rank show.
                    weight = _single(math.sqrt(WEIGHT * WEIGHT * _nearness(distance or MAX_POSITION)))
                    rank = weight if rank < 0 else _single(1 - (1 - rank) * (1 - weight))
    return rank


def _nearness(distance: int) -> float:
    return 1e-30 if distance > 100 else 1 / (1.005 + 0.05 * math.exp(distance / 1.5 - 2))


def _single(number: float) -> float:
    single: float = struct.unpack("f", struct.pack("f", number))[0]
    return single


def _shortest(number: float) -> float:
    packed = struct.pack("f", number)
    for digits in range(6, 10):
        shorter = float(f"{number:.{digits}g}")
        if struct.pack("f", shorter) == packed:
            return shorter
    return number


def parse_plain(text: str, language: str) -> Query:
    """Read words that must all be there. :raises QueryError: too many. :raises UnknownLanguage: no such language."""
    return _parse_plain(_bounded(text), language)


@lru_cache(maxsize=500)
def _parse_plain(text: str, language: str) -> Query:
    node: Node | None = None
    count = 0
    for lexeme, _ in iter_lexemes(text, check_language(language)):
        if lexeme is not None:
            count += 1
            node = Term(lexeme) if node is None else Both(node, Term(lexeme))
            if count > MAX_TERMS:
                raise QueryError(f"the query has more than {MAX_TERMS} words")
    return Query(node)


_PIECE = re.compile(
    r"\s*(?:(?P<op>[&|!()])|<(?P<distance>-|\d{1,4})>|"
    r"(?:'(?P<quoted>(?:[^'\\]|''|\\.)*)'|(?P<bare>[^\s&|!()<>':\\]+))(?::(?P<flags>[*a-dA-D]+))?)"
)


def parse_query(text: str, language: str) -> Query:
    """Read PostgreSQL's query language: `&`, `|`, `!`, `<->`, parentheses, quotes, `word:*`.

    :raises QueryError: it is not one. :raises UnknownLanguage: the language is not known.
    """
    return _parse_query(_bounded(text), language)


def _bounded(text: str) -> str:
    """Refuse what anyone may send and what would be kept. :raises QueryError: the text is too long."""
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"the query has more than {MAX_CHARACTERS} characters")
    return text


@lru_cache(maxsize=500)
def _parse_query(text: str, language: str) -> Query:
    pieces: list[re.Match[str]] = []
    at, stripped = 0, text.rstrip()
    bad = QueryError(f'syntax error in tsquery: "{text}"')
    while at < len(stripped):
        match = _PIECE.match(stripped, at)
        if match is None:
            raise bad
        pieces.append(match)
        at = match.end()
    if len(pieces) > 4 * MAX_TERMS:
        raise QueryError(f"the query has more than {MAX_TERMS} words")
    if not pieces:
        return Query(None)
    reader = _Reader(pieces, check_language(language), bad)
    node = reader.either()
    if reader.at != len(pieces):
        raise bad
    return Query(node)


class _Reader:
    """Recursive descent over the pieces of a query; a word that is a stop word leaves None in its place."""

    def __init__(self, pieces: list[re.Match[str]], language: str, bad: QueryError) -> None:
        self.pieces = pieces
        self.language = language
        self.bad = bad
        self.at = 0

    def either(self) -> Node | None:
        node = self.both()
        while self._take("|"):
            right = self.both()
            node = Either(node, right) if node is not None and right is not None else node or right
        return node

    def both(self) -> Node | None:
        node = self.phrase()
        while self._take("&"):
            right = self.phrase()
            node = Both(node, right) if node is not None and right is not None else node or right
        return node

    def phrase(self) -> Node | None:
        node = self.one()
        while self.at < len(self.pieces) and self.pieces[self.at]["distance"]:
            given = self.pieces[self.at]["distance"]
            self.at += 1
            right = self.one()
            distance = 1 if given == "-" else int(given)
            node = Both(node, right, distance) if node is not None and right is not None else node or right
        return node

    def one(self) -> Node | None:
        if self._take("!"):
            inner = self.one()
            return None if inner is None else Without(inner)
        if self._take("("):
            node = self.either()
            if not self._take(")"):
                raise self.bad
            return node
        if self.at >= len(self.pieces):
            raise self.bad
        piece = self.pieces[self.at]
        word = piece["quoted"] if piece["quoted"] is not None else piece["bare"]
        if word is None:
            raise self.bad
        self.at += 1
        flags = (piece["flags"] or "").lower()
        never = bool(set(flags) - {"*"}) and "d" not in flags
        node = None
        previous = 0
        for lexeme, position in iter_lexemes(word.replace("''", "'"), self.language):
            if lexeme is not None:
                term = Term(lexeme, "*" in flags, never)
                node = term if node is None else Both(node, term, position - previous)
                previous = position
        return node

    def _take(self, op: str) -> bool:
        if self.at < len(self.pieces) and self.pieces[self.at]["op"] == op:
            self.at += 1
            return True
        return False
