"""The query language that CKAN's users write: Lucene's, read into a small tree.

`field:value`, phrases, `AND` `OR` `NOT` `+` `-` `!`, grouping, wildcards, ranges, boosts. The tree knows no index:
`search` turns it into a query. Source: Apache Lucene, classic query parser syntax; Solr with `q.op=AND` as CKAN sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

MAX_CLAUSES = 500
MAX_DEPTH = 40


class QuerySyntaxError(ValueError):
    """The query cannot be read; the message says where."""


class Occur(Enum):
    """Whether a clause must, should or must not match."""

    MUST = "must"
    SHOULD = "should"
    MUST_NOT = "must not"


@dataclass(frozen=True, slots=True)
class Everything:
    """`*:*`: every document."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or with `*` and `?` a pattern when `is_pattern`. No field: the default ones."""

    field: str | None
    text: str
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order, up to `slop` places apart."""

    field: str | None
    text: str
    slop: int = 0


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """One word, give or take `distance` letters."""

    field: str | None
    text: str
    distance: int


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two bounds; None is open."""

    field: str
    low: str | None
    high: str | None
    include_low: bool
    include_high: bool


@dataclass(frozen=True, slots=True)
class Boost:
    """A clause that counts more."""

    node: Node
    factor: float


@dataclass(frozen=True, slots=True)
class Boolean:
    """Clauses with their occurrence; `is_plain` when the text had no operator at all."""

    clauses: tuple[tuple[Occur, Node], ...]
    is_plain: bool = False


Node: TypeAlias = "Everything | Term | Phrase | Fuzzy | Range | Boost | Boolean"

_SPACE = re.compile(r"\s+")
_FIELD = re.compile(r"((?:[A-Za-z_*](?:[\w.\-]|\\.)*)):(?!\s)")
_WORD = re.compile(r'(?:\\.|[^\s()"\\:\[\]{}^~+\-!]|(?<=[^\s(])[+\-!]|:(?=[/\d]))+')
_OPERATOR = re.compile(r"(AND|OR|NOT|&&|\|\|)(?=[\s(]|$)")
_FUZZY = re.compile(r"~(\d*(?:\.\d+)?)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BOUND = re.compile(r'"((?:\\.|[^"\\])*)"|((?:\\.|[^\s\]}\\])+)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse_query(text: str) -> Node:
    """Read a query.

    >>> parse_query("title:budget -tags:test")
    Boolean(clauses=((<Occur.MUST: 'must'>, Term(field='title', text='budget', is_pattern=False)), \
(<Occur.MUST_NOT: 'must not'>, Term(field='tags', text='test', is_pattern=False))), is_plain=False)

    :raises QuerySyntaxError: the text is no query, or one too large.
    """
    return _Parser(text).parse()


def parse_words(text: str) -> Boolean:
    """Read any text as words and phrases, whatever signs it holds.

    >>> [node.text for _, node in parse_words('budget "plan local" (2024').clauses]
    ['budget', 'plan local', '2024']
    """
    clauses: list[tuple[Occur, Node]] = []
    for match in re.finditer(r'"([^"]+)"|([^\s"()\[\]{}^~!&|:]+)', text):
        node: Node = Phrase(None, match[1]) if match[1] else Term(None, match[2].strip("+-\\*?") or match[2])
        clauses.append((Occur.MUST, node))
    return Boolean(tuple(clauses[:MAX_CLAUSES]), is_plain=True)


class _Parser:
    """Recursive descent over one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.clauses = 0

    def parse(self) -> Node:
        node = self.group(None, depth=0)
        if self.at < len(self.text):
            raise self.error(f"unexpected “{self.text[self.at]}”")
        return node

    def error(self, what: str) -> QuerySyntaxError:
        return QuerySyntaxError(f"Cannot parse the query at character {self.at + 1}: {what}")

    def skip_space(self) -> None:
        if match := _SPACE.match(self.text, self.at):
            self.at = match.end()

    def take(self, literal: str) -> bool:
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()
        return found

    def group(self, field: str | None, *, depth: int) -> Node:
        """Read clauses up to the closing parenthesis or the end."""
        if depth > MAX_DEPTH:
            raise self.error("too many parentheses")
        clauses: list[tuple[Occur, Node]] = []
        is_plain = True
        conjunction = ""
        while True:
            self.skip_space()
            if self.at >= len(self.text) or self.text[self.at] == ")":
                break
            is_negated = False
            if operator := self.match(_OPERATOR):
                is_plain = False
                if operator[1] == "NOT":
                    is_negated = True
                elif conjunction or not clauses:
                    raise self.error(f"unexpected {operator[1]}")
                else:
                    conjunction = "AND" if operator[1] in ("AND", "&&") else "OR"
                    continue
            self.skip_space()
            is_required = False
            if self.take("+"):
                is_plain, is_required = False, True
            elif self.take("-") or self.take("!"):
                is_plain, is_negated = False, True
            node = self.clause(field, depth=depth)
            self.clauses += 1
            if self.clauses > MAX_CLAUSES:
                raise self.error(f"more than {MAX_CLAUSES} clauses")
            if conjunction == "OR" and clauses and clauses[-1][0] is Occur.MUST:
                clauses[-1] = (Occur.SHOULD, clauses[-1][1])
            if conjunction == "AND" and clauses and clauses[-1][0] is Occur.SHOULD:
                clauses[-1] = (Occur.MUST, clauses[-1][1])
            if is_negated:
                occur = Occur.MUST_NOT
            elif conjunction == "OR" and not is_required:
                occur = Occur.SHOULD
            else:
                occur = Occur.MUST
            clauses.append((occur, node))
            conjunction = ""
        if conjunction:
            raise self.error("an operator has nothing after it")
        if not clauses:
            raise self.error("nothing to search for")
        if len(clauses) == 1 and clauses[0][0] is not Occur.MUST_NOT:
            return clauses[0][1]
        return Boolean(tuple(clauses), is_plain=is_plain)

    def clause(self, field: str | None, *, depth: int) -> Node:
        if self.take("*:*"):
            return self.boosted(Everything())
        if found := self.match(_FIELD):
            field = _unescape(found[1])
        if self.take("("):
            node = self.group(field, depth=depth + 1)
            if not self.take(")"):
                raise self.error("a closing parenthesis is missing")
            return self.boosted(node)
        if self.take('"'):
            return self.boosted(self.phrase(field))
        if self.at < len(self.text) and self.text[self.at] in "[{":
            return self.boosted(self.range(field))
        word = self.match(_WORD)
        if word is None:
            at_end = self.at >= len(self.text)
            raise self.error("the query ends too early" if at_end else f"unexpected “{self.text[self.at]}”")
        raw = word[0]
        if fuzzy := self.match(_FUZZY):
            # Lucene's old similarities (0 to 1) are read as its default distance.
            distance = int(fuzzy[1]) if fuzzy[1] and fuzzy[1].isdigit() else 2
            return self.boosted(Fuzzy(field, _unescape(raw), distance) if distance else Term(field, _unescape(raw)))
        bare = _ESCAPE.sub("", raw)
        if raw == "*":
            return self.boosted(Everything() if field is None else Term(field, "*", is_pattern=True))
        if "*" in bare or "?" in bare:
            return self.boosted(Term(field, raw, is_pattern=True))
        return self.boosted(Term(field, _unescape(raw)))

    def phrase(self, field: str | None) -> Node:
        found = self.match(re.compile(r'((?:\\.|[^"\\])*)"', re.DOTALL))
        if found is None:
            raise self.error("a closing quotation mark is missing")
        slop = 0
        if self.take("~"):
            number = self.match(_NUMBER)
            slop = min(int(float(number[0])), 50) if number else 0
        return Phrase(field, _unescape(found[1]), slop)

    def range(self, field: str | None) -> Node:
        include_low = self.text[self.at] == "["
        self.at += 1
        self.skip_space()
        low = self.bound()
        self.skip_space()
        if not self.take("TO"):
            raise self.error("a range needs TO between its bounds")
        self.skip_space()
        high = self.bound()
        self.skip_space()
        if self.take("]"):
            include_high = True
        elif self.take("}"):
            include_high = False
        else:
            raise self.error("a range is not closed")
        if field is None:
            raise self.error("a range needs a field")
        return Range(field, low, high, include_low, include_high)

    def bound(self) -> str | None:
        found = self.match(_BOUND)
        if found is None:
            raise self.error("a range needs two bounds")
        text = found[1] if found[1] is not None else found[2]
        return None if text == "*" and found[1] is None else _unescape(text)

    def boosted(self, node: Node) -> Node:
        if not self.take("^"):
            return node
        number = self.match(_NUMBER)
        if number is None:
            raise self.error("a boost needs a number")
        return Boost(node, float(number[0]))


def _unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
