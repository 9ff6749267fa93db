"""The corpus of calls in `ckan/`, replayed: what a real CKAN was seen to answer is what this server answers.

Differences are allowed where a row of `docs/ckan-compatibility.md` names them; a row that nothing needs is an error.
`scripts/record_ckan.py` records the answers anew. With `ODL_TEST_CKAN_URL` (and `_TOKEN`), a real CKAN is asked
whether it still answers as it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from . import replay
from .conftest import Server, start_server, stop_server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ckan-compatibility.md"
FAILS = "CKAN answers 500"
"""The row that lets us answer properly where CKAN fails."""

REASON = "message of a Not Found Error"
ENGINE = "message of its search engine"


def rows() -> list[tuple[str, str]]:
    """Return the first two cells of each row of the page's tables: which calls, and where in the answer."""
    found = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found


def differences(want: list[Any], got: list[Any]) -> Iterator[str]:
    """Yield where an answer differs: `status`, or dotted paths into the body."""
    if want[1] == 500:
        yield from [FAILS] if got[1] < 500 else ["status"]
        return
    if want[1] != got[1]:
        yield "status"
        return
    for path in _paths("", want[2], got[2]):
        if path == "message" and "SOLR returned an error" in want[2]["message"]:
            yield ENGINE
        else:
            yield REASON if path == "message" and want[1] == 404 else path


def _paths(path: str, want: Any, got: Any) -> Iterator[str]:
    if want == got:
        return
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            below = f"{path}.{key}".removeprefix(".")
            if key in want and key in got:
                yield from _paths(below, want[key], got[key])
            else:
                yield below
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, (one, other) in enumerate(zip(want, got, strict=True)):
            yield from _paths(f"{path}.{index}".removeprefix("."), one, other)
    else:
        yield path or "body"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start_server(tmp_path_factory.mktemp("differential"), settings=replay.SETTINGS)
    yield started
    stop_server(started)


def unexplained(noun: str, want: dict[str, Any], got: dict[str, Any], used: set[tuple[str, str]]) -> list[str]:
    """Return the differences that no row allows, noting the rows that allow the others."""
    known = rows()
    found = []
    for name, calls in want.items():
        for index, (expected, answered) in enumerate(zip(calls, got[name], strict=True)):
            action = expected[0].rpartition(" ")[2]
            place = f"{noun}: {name} #{index}"
            for path in differences(expected, answered):
                fits = [
                    row
                    for row in known
                    if (fnmatchcase(action, row[0]) or place == row[0]) and fnmatchcase(path, row[1])
                ]
                used.update(fits)
                if not fits:
                    found.append(f"{place} {action}: {path}")
    return found


def test_the_corpus_is_wide() -> None:
    calls = [call for noun in replay.nouns() for sequence in replay.read_corpus(noun).values() for call in sequence]
    assert len(calls) >= 600
    assert {call[0] for call in calls} >= {"sysadmin", "admin", "editor", "member", "stranger", "anonymous"}


@pytest.mark.slow
def test_every_call_is_answered_as_ckan_answers_it_but_where_the_page_says(catalogue: Server) -> None:
    used: set[tuple[str, str]] = set()
    token = catalogue.new_token()
    found: list[str] = []
    for noun in replay.nouns():
        found += unexplained(noun, replay.read_golden(noun), replay.record(noun, catalogue.url, token), used)
    assert found == []
    assert set(rows()) - used == set(), "these rows tell of no difference"


@pytest.mark.parametrize("noun", replay.nouns())
def test_ckan_still_answers_as_it_was_recorded(noun: str, real_ckan: tuple[str, str]) -> None:
    now = replay.record(noun, *real_ckan)
    differing = [
        f"{name} #{index}\n  was {was}\n  now {answer}"
        for name, calls in replay.read_golden(noun).items()
        for index, (was, answer) in enumerate(zip(calls, now[name], strict=True))
        if was != answer
    ]
    assert not differing, "\n".join(differing)
