"""From the tree of a query to a query of the index: which field means what, and how much it counts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from odl_host.server.search.lucene import Boolean, Boost, Everything, Node, Occur, Phrase, QuerySyntaxError, Range, Term

DEFAULT_FIELDS = (("title", 4.0), ("names", 3.0), ("res_name", 1.5), ("text", 1.0))
"""Where words without a field are looked for, and how much a hit there counts: the title comes first."""

TIE_BREAKER = 0.1
ALIASES = {"type": "dataset_type", "license": "license_id", "groups_name": "groups"}
FAR_PAST = datetime(1700, 1, 1, tzinfo=UTC)
FAR_FUTURE = datetime(2250, 1, 1, tzinfo=UTC)

_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quoiqu)['’ʼ](?=\w)", re.IGNORECASE)
_DATE_MATH = re.compile(r"NOW(?:/[A-Z]+)?(?:([+-])(\d+)(YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)S?)?(?:/[A-Z]+)?\Z")
_UNIT_S = {"YEAR": 31_557_600, "MONTH": 2_629_800, "DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}


def without_elisions(text: str) -> str:
    """Return `text` without elided articles: “l'école” is found as “école”.

    >>> without_elisions("l'école d’Aix, aujourd'hui, qu'il")
    "école Aix, aujourd'hui, il"
    """
    return _ELISION.sub("", text)


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
        """Return whether hits of this query differ in rank."""
        return not isinstance(node, Everything)

    def whole(self, node: Node, filters: Sequence[Node], labels: Sequence[str] | None, states: Sequence[str]) -> Any:
        """Return the query with its filters, none of which changes a rank."""
        must = self._occur.Must
        clauses = [(must, self.translate(node))]
        restrictions = [self.translate(each) for each in filters]
        restrictions.append(self._query.term_set_query(self._schema, "state", list(states)))
        if labels is not None:
            restrictions.append(self._query.term_set_query(self._schema, "label", list(labels)))
        clauses += [(must, self._query.const_score_query(each, 0.0)) for each in restrictions]
        return self._query.boolean_query(clauses)

    def translate(self, node: Node) -> Any:
        """Return the query of a tree. :raises QuerySyntaxError: a field or value cannot be searched."""
        match node:
            case Everything():
                return self._query.all_query()
            case Boost(inner, factor):
                return self._query.boost_query(self.translate(inner), factor)
            case Boolean():
                return self._boolean(node)
            case Range():
                return self._range(node)
            case Term(field, text, is_pattern):
                if is_pattern:
                    return self._pattern(field, text)
                return self._words_in(field, text, slop=0)
            case Phrase(field, text, slop):
                return self._words_in(field, text, slop=slop)

    def _boolean(self, node: Boolean) -> Any:
        occurs = {
            Occur.MUST: self._occur.Must,
            Occur.SHOULD: self._occur.Should,
            Occur.MUST_NOT: self._occur.MustNot,
        }
        if node.is_plain:
            queries = [self.translate(inner) for _, inner in node.clauses if not self._is_blank(inner)]
            if not queries:
                return self._query.empty_query()
            needed = _needed(len(queries))
            return self._query.boolean_query([(self._occur.Should, q) for q in queries], needed)
        clauses = [(occurs[occur], self.translate(inner)) for occur, inner in node.clauses]
        if all(occur is Occur.MUST_NOT for occur, _ in node.clauses):
            clauses.append((self._occur.Must, self._query.all_query()))
        return self._query.boolean_query(clauses)

    def _is_blank(self, node: Node) -> bool:
        """Words that leave nothing after analysis, like a lone hyphen, ask for nothing."""
        return isinstance(node, Term) and not node.is_pattern and node.field is None and not self._analyzed(node.text)

    def _analyzed(self, text: str) -> list[str]:
        tokens: list[str] = self._french.analyze(without_elisions(text))
        return tokens

    def _words_in(self, field: str | None, text: str, *, slop: int) -> Any:
        if field is None:
            tokens = self._analyzed(text)
            if not tokens:
                return self._query.empty_query()
            queries = [
                self._query.boost_query(self._tokens(name, tokens, slop), boost) for name, boost in DEFAULT_FIELDS
            ]
            return self._query.disjunction_max_query(queries, TIE_BREAKER)
        name = ALIASES.get(field, field)
        if name in self._exact:
            return self._query.term_query(self._schema, name, text, "basic")
        if name in ("metadata_created", "metadata_modified"):
            return self._range(Range(name, text, text, True, True))
        path = self._path(name)
        if path is None:
            return self._query.empty_query()
        tokens = self._analyzed(text)
        return self._tokens(path, tokens, slop) if tokens else self._query.empty_query()

    def _tokens(self, name: str, tokens: list[str], slop: int) -> Any:
        if len(tokens) == 1:
            return self._query.term_query(self._schema, name, tokens[0])
        return self._query.phrase_query(self._schema, name, list(tokens), slop)

    def _path(self, name: str) -> str | None:
        """Return the index's name of a text field; an unknown field matches nothing, as an empty column would."""
        if name in self._texts:
            return name
        if name.startswith("extras_"):
            return "extras." + name.removeprefix("extras_").replace(".", "\\.")
        return None

    def _pattern(self, field: str | None, text: str) -> Any:
        name = ALIASES.get(field, field) if field else None
        if name is not None and text == "*":
            return self._exists(name)
        if name in self._exact:
            return self._query.regex_query(self._schema, name, _regex(text))
        if name is None or name in self._texts:
            target = "title_words" if name == "title" else "words"
            folded = "".join(
                part if part in "*?" else " ".join(self._words.analyze(part))
                for part in re.split(r"([*?])", without_elisions(_unescaped(text)))
            )
            return self._query.regex_query(self._schema, target, _regex(folded))
        return self._query.empty_query()

    def _exists(self, name: str) -> Any:
        if name in self._exact or name.startswith("metadata_"):
            return self._query.exists_query(name)
        if name.startswith("extras_"):
            return self._query.exists_query("extras." + name.removeprefix("extras_"))
        if name in self._texts:
            return self._query.regex_query(self._schema, name, ".*")
        return self._query.empty_query()

    def _range(self, node: Range) -> Any:
        name = ALIASES.get(node.field, node.field)
        if name not in ("metadata_created", "metadata_modified"):
            raise QuerySyntaxError(f"Cannot search a range of {node.field}")
        low = parse_date(node.low, is_end=not node.include_low) if node.low else FAR_PAST
        high = parse_date(node.high, is_end=node.include_high) if node.high else FAR_FUTURE
        return self._query.range_query(
            self._schema, name, self._types.Date, low, high, node.include_low, node.include_high
        )


def parse_date(text: str, *, is_end: bool) -> datetime:
    """Return the instant that a bound of a range means; `is_end`: the last one that it covers.

    >>> parse_date("2024-01", is_end=True).isoformat()
    '2024-01-31T23:59:59.999999+00:00'

    :raises QuerySyntaxError: it is no date.
    """
    if math := _DATE_MATH.match(text.strip()):
        sign, number, unit = math.groups()
        shift = (
            timedelta(seconds=int(number or 0) * _UNIT_S.get(unit or "DAY", 0))
            if int(number or 0) < 1e6
            else timedelta()
        )
        instant = datetime.now(UTC)
        return instant - shift if sign == "-" else instant + shift
    try:
        if re.fullmatch(r"\d{4}", text):
            start, end = datetime(int(text), 1, 1), datetime(int(text) + 1, 1, 1)  # noqa: DTZ001 - set below
        elif re.fullmatch(r"\d{4}-\d\d", text):
            start = datetime.fromisoformat(f"{text}-01")
            end = (start + timedelta(days=32)).replace(day=1)
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            start = datetime.fromisoformat(text)
            end = start + timedelta(days=1)
        else:
            start = datetime.fromisoformat(text)
            end = start + timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise QuerySyntaxError(f"Invalid Date String:'{text}'") from None
    chosen = end - timedelta(microseconds=1) if is_end else start
    return min(max(chosen if chosen.tzinfo else chosen.replace(tzinfo=UTC), FAR_PAST), FAR_FUTURE)


def _needed(words: int) -> int:
    """How many of the words must be there. Source: CKAN's `mm`, "2<-1 5<80%"."""
    if words <= 2:
        return words
    return words - 1 if words <= 5 else words * 80 // 100


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


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
