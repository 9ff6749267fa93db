from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odl_host.server.search.lucene import (
    MAX_CLAUSES,
    Boolean,
    Boost,
    Everything,
    Occur,
    Phrase,
    QuerySyntaxError,
    Range,
    Term,
    parse_query,
    parse_words,
)

MUST, SHOULD, NOT = Occur.MUST, Occur.SHOULD, Occur.MUST_NOT


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("*:*", Everything()),
        ("budget", Term(None, "budget")),
        ("title:budget", Term("title", "budget")),
        ('tags:"eau potable"', Phrase("tags", "eau potable")),
        ('"plan local"~3', Phrase(None, "plan local", 3)),
        ("budg*", Term(None, "budg*", is_pattern=True)),
        ("title:*", Term("title", "*", is_pattern=True)),
        ("budget^4", Boost(Term(None, "budget"), 4.0)),
        ("name:saint-alban", Term("name", "saint-alban")),
        (r"name:a\:b", Term("name", "a:b")),
        ("url:http://example.org/a", Term("url", "http://example.org/a")),
        (
            "metadata_modified:[2024-01-01T00:00:00Z TO *}",
            Range("metadata_modified", "2024-01-01T00:00:00Z", None, True, False),
        ),
        ("a b", Boolean(((MUST, Term(None, "a")), (MUST, Term(None, "b"))), is_plain=True)),
        ("a OR b", Boolean(((SHOULD, Term(None, "a")), (SHOULD, Term(None, "b"))))),
        ("a AND b", Boolean(((MUST, Term(None, "a")), (MUST, Term(None, "b"))))),
        ("a && !b", Boolean(((MUST, Term(None, "a")), (NOT, Term(None, "b"))))),
        ("+a -b", Boolean(((MUST, Term(None, "a")), (NOT, Term(None, "b"))))),
        ("NOT a", Boolean(((NOT, Term(None, "a")),))),
        ("tags:(a OR b)", Boolean(((SHOULD, Term("tags", "a")), (SHOULD, Term("tags", "b"))))),
    ],
)
def test_a_query_is_read_as_lucene_reads_it(text: str, tree: object) -> None:
    assert parse_query(text) == tree


@pytest.mark.parametrize(
    "text", ["", "(a", "a)", '"a', "a AND", "OR a", "title:[a TO", "title:[a b]", "a AND OR b", "title:", "[a TO b]"]
)
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse_query(text)


def test_a_query_too_large_is_refused() -> None:
    with pytest.raises(QuerySyntaxError):
        parse_query("a " * (MAX_CLAUSES + 1))
    with pytest.raises(QuerySyntaxError):
        parse_query("(" * 1000 + "a" + ")" * 1000)


@given(st.text(alphabet='ab:"()[]{}+-!^~*? \\/0.éOR AND', max_size=40))
def test_any_text_is_read_or_refused_and_never_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(QuerySyntaxError):
        parse_query(text)
    parse_words(text)
