"""From the tree of a query to a query of the index: which field means what, and how much it counts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from odl_host.server.search.analysis import folded, prepared
from odl_host.server.search.documents import BOX_FIELDS, DATE_FIELDS, PUBLIC, SEPARATOR
from odl_host.server.search.lucene import (
    Boolean,
    Boost,
    Everything,
    Fuzzy,
    Node,
    Occur,
    Phrase,
    QuerySyntaxError,
    Range,
    Term,
)
from odl_host.server.search.values import Box, date_bounds, is_within

STEM_FIELDS = (("title", 4.0), ("names", 3.0), ("res_name", 1.5), ("text", 1.0))
"""Where words without a field are looked for by their stems, and how much a hit there counts: the title first."""

WORD_FIELDS = (("title_words", 5.0), ("words", 1.3))
"""The same by their whole form, which counts more: who writes “Cannes” does not mean canes."""

TIE_BREAKER = 0.1
ALIASES = {"type": "dataset_type"}
MAX_PATTERNS = 20
"""Wildcards, ranges and fuzzy words of one search: each walks through a part of the index's words."""

MAX_PATTERN_CHARACTERS = 200
MAX_RANGE_VALUES = 20_000
"""Different values that one range over texts may cover."""


class Translator:
    """Builds queries for one index."""

    def __init__(
        self, schema: Any, french: Any, words: Any, exact_fields: Collection[str], text_fields: Collection[str]
    ) -> None:
        import tantivy

        self._query = tantivy.Query
        self._occur = tantivy.Occur
        self._types = tantivy.FieldType
        self._schema = schema
        self._french = french
        self._words = words
        self._exact = frozenset(exact_fields) | {"id"}
        self._texts = frozenset(text_fields)

    def is_ranked(self, node: Node) -> bool:
        """Return whether hits of this query differ in rank: some word is looked for in a text."""
        match node:
            case Boost(inner, _):
                return self.is_ranked(inner)
            case Boolean(clauses):
                return any(self.is_ranked(inner) for occur, inner in clauses if occur is not Occur.MUST_NOT)
            case Term(field, _, is_pattern):
                return not is_pattern and self._is_text(field)
            case Phrase(field):
                return self._is_text(field)
            case Fuzzy():
                return True
            case _:
                return False

    def whole(
        self,
        node: Node,
        filters: Sequence[Node],
        labels: Sequence[str] | None,
        states: Sequence[str],
        box: Box | None,
        without: Sequence[str],
        searcher: Any,
    ) -> Any:
        """Return the query with its filters, none of which changes a rank; `without` are ids that it never finds.

        :raises QuerySyntaxError: a field or value cannot be searched, or the query would cost too much.
        """
        work = _Work(self, searcher)
        must = self._occur.Must
        clauses = [(must, work.translate(node))]
        restrictions = [work.translate(each) for each in filters if not isinstance(each, Everything)]
        if labels is not None:
            restrictions.append(self._one_of("label", labels))
        if states and list(labels or ()) != [PUBLIC]:  # what is public is active
            restrictions.append(self._one_of("state", states))
        elif labels is None:
            restrictions.append(self._query.exists_query("state"))
        if box is not None:
            restrictions += self._overlaps(box)
        clauses += [(must, self._query.const_score_query(each, 0.0)) for each in restrictions]
        if without:
            clauses.append((self._occur.MustNot, self._one_of("id", without)))
        return self._query.boolean_query(clauses)

    def _one_of(self, field: str, values: Sequence[str]) -> Any:
        if len(values) == 1:  # a set of values is gone through for every document, one value is not
            return self._query.term_query(self._schema, field, values[0], "basic")
        return self._query.term_set_query(self._schema, field, list(values))

    def among(self, query: Any, field: str, values: Sequence[str]) -> Any:
        """Return the query restricted to documents with one of these values in an exact field."""
        chosen = self._query.const_score_query(self._query.term_set_query(self._schema, field, list(values)), 0.0)
        return self._query.boolean_query([(self._occur.Must, query), (self._occur.Must, chosen)])

    def _overlaps(self, box: Box) -> list[Any]:
        west, south, east, north = box
        bounds = {"west": (None, east), "south": (None, north), "east": (west, None), "north": (south, None)}
        return [
            self._query.range_query(self._schema, name, self._types.Float, low, high)
            for name, (low, high) in ((name, bounds[name]) for name in BOX_FIELDS)
        ]

    def _is_text(self, field: str | None) -> bool:
        return field is None or field in self._texts or field.startswith("extras_")


class _Work:
    """One translation, with what it has cost so far."""

    def __init__(self, translator: Translator, searcher: Any) -> None:
        self._of = translator
        self._searcher = searcher
        self._query = translator._query
        self._schema = translator._schema
        self._patterns = 0

    def translate(self, node: Node) -> Any:
        match node:
            case Everything():
                return self._query.all_query()
            case Boost(inner, factor):
                return self._query.boost_query(self.translate(inner), factor)
            case Boolean():
                return self._boolean(node)
            case Range():
                return self._range(node)
            case Fuzzy(field, text, distance):
                return self._fuzzy(field, text, distance)
            case Term(field, text, is_pattern):
                if is_pattern:
                    return self._pattern(field, text)
                return self._words_in(field, text, slop=0)
            case Phrase(field, text, slop):
                return self._words_in(field, text, slop=slop)

    def _boolean(self, node: Boolean) -> Any:
        occur = self._of._occur
        occurs = {Occur.MUST: occur.Must, Occur.SHOULD: occur.Should, Occur.MUST_NOT: occur.MustNot}
        if node.is_plain:
            queries = [self.translate(inner) for _, inner in node.clauses if not self._is_blank(inner)]
            if not queries:
                return self._query.empty_query()
            needed = _needed(len(queries))
            return self._query.boolean_query([(occur.Should, q) for q in queries], needed)
        clauses = [(occurs[kind], self.translate(inner)) for kind, inner in node.clauses]
        if all(kind is Occur.MUST_NOT for kind, _ in node.clauses):
            clauses.append((occur.Must, self._query.all_query()))
        return self._query.boolean_query(clauses)

    def _is_blank(self, node: Node) -> bool:
        """Words that leave nothing after analysis, like a lone hyphen, ask for nothing."""
        return isinstance(node, Term) and not node.is_pattern and node.field is None and not self._stems(node.text)

    def _stems(self, text: str) -> list[str]:
        tokens: list[str] = self._of._french.analyze(prepared(text))
        return tokens

    def _words_in(self, field: str | None, text: str, *, slop: int) -> Any:
        if field is None:
            return self._anywhere(text, slop)
        name = ALIASES.get(field, field)
        if name == "title_string":
            text = folded(text)
        if name in self._of._exact:
            return self._query.const_score_query(self._query.term_query(self._schema, name, text, "basic"), 1.0)
        if name in DATE_FIELDS:
            return self._range(Range(name, text, text, True, True))
        stems = self._stems(text)
        if name in self._of._texts:
            return self._tokens(name, stems, slop) if stems else self._query.empty_query()
        key = name.removeprefix("extras_")
        pair = self._query.term_query(self._schema, "pairs", f"{key}{SEPARATOR}{text}", "basic")
        if key == name or not stems:
            return self._query.const_score_query(pair, 1.0)
        words = self._tokens("extras." + key.replace(".", "\\."), stems, slop)
        return self._query.disjunction_max_query([words, pair])

    def _anywhere(self, text: str, slop: int) -> Any:
        stems = self._stems(text)
        if not stems:
            return self._query.empty_query()
        queries = [self._query.boost_query(self._tokens(name, stems, slop), boost) for name, boost in STEM_FIELDS]
        words = self._of._words.analyze(prepared(text))
        if len(words) == 1:
            queries += [
                self._query.boost_query(self._query.term_query(self._schema, name, words[0], "basic"), boost)
                for name, boost in WORD_FIELDS
            ]
        return self._query.disjunction_max_query(queries, TIE_BREAKER)

    def _tokens(self, name: str, tokens: list[str], slop: int) -> Any:
        if len(tokens) == 1:
            return self._query.term_query(self._schema, name, tokens[0])
        return self._query.phrase_query(self._schema, name, list(tokens), slop)

    def _count_pattern(self, text: str) -> None:
        self._patterns += 1
        if self._patterns > MAX_PATTERNS or len(text) > MAX_PATTERN_CHARACTERS:
            raise QuerySyntaxError(
                f"a query may hold {MAX_PATTERNS} wildcards and ranges of {MAX_PATTERN_CHARACTERS} characters"
            )

    def _fuzzy(self, field: str | None, text: str, distance: int) -> Any:
        self._count_pattern(text)
        words = self._of._words.analyze(prepared(text))
        if not words:
            return self._query.empty_query()
        target = "title_words" if field == "title" else "words"
        return self._query.fuzzy_term_query(self._schema, target, words[0], min(distance, 2))

    def _pattern(self, field: str | None, text: str) -> Any:
        name = ALIASES.get(field, field) if field else None
        if name is not None and text == "*":
            return self._exists(name)
        self._count_pattern(text)
        if name in self._of._exact:
            return self._query.regex_query(self._schema, name, _regex(text))
        if name is None or name in self._of._texts:
            target = "title_words" if name == "title" else "words"
            analyze = self._of._words.analyze
            parts = re.split(r"([*?])", prepared(_unescaped(text)))
            whole = "".join(part if part in "*?" else " ".join(analyze(part)) for part in parts)
            return self._query.regex_query(self._schema, target, _regex(whole))
        key = name.removeprefix("extras_")
        return self._query.regex_query(self._schema, "pairs", _regex(_quoted(key) + SEPARATOR) + _regex(text))

    def _exists(self, name: str) -> Any:
        if name in self._of._exact or name in DATE_FIELDS:
            return self._query.exists_query(name)
        if name in self._of._texts:
            return self._query.term_query(self._schema, "filled", name, "basic")
        self._count_pattern(name)
        key = name.removeprefix("extras_")
        return self._query.regex_query(self._schema, "pairs", _regex(_quoted(key) + SEPARATOR) + ".*")

    def _range(self, node: Range) -> Any:
        name = ALIASES.get(node.field, node.field)
        if node.low is None and node.high is None:
            return self._exists(name)
        if name in DATE_FIELDS:
            first, last = date_bounds(node)
            if first > last:
                return self._query.empty_query()
            return self._query.range_query(self._schema, name, self._of._types.Integer, first, last)
        self._count_pattern(name)
        field, prefix = name, ""
        if name not in self._of._exact and name not in self._of._texts:
            field, prefix = "pairs", name.removeprefix("extras_") + SEPARATOR
        inside = is_within(node)
        known = self._searcher.terms_with_prefix(field, prefix)
        terms = [term for term, _ in known if inside(term[len(prefix) :])]
        if len(terms) > MAX_RANGE_VALUES:
            raise QuerySyntaxError(f"a range over {name} covers more than {MAX_RANGE_VALUES} values")
        if not terms:
            return self._query.empty_query()
        return self._query.term_set_query(self._schema, field, terms)


def _needed(words: int) -> int:
    """How many of the words must be there. Source: CKAN's `mm`, "2<-1 5<80%"."""
    if words <= 2:
        return words
    return words - 1 if words <= 5 else words * 80 // 100


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _quoted(text: str) -> str:
    """Return a text in which no sign is a wildcard."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def _regex(pattern: str) -> str:
    """Return a wildcard pattern as a regular expression of the index.

    >>> _regex("budg*t?")
    'budg.*t.'
    """
    parts = []
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part == "*":
            parts.append(".*")
        elif part == "?":
            parts.append(".")
        else:
            parts.append(re.sub(r"([\\.+*?()|\[\]{}^$#&~\-])", r"\\\1", part[-1]))
    return "".join(parts)
