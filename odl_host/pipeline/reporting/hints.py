"""What to type where a column's pattern refuses a cell: read out of the pattern, and tried on it before it is said."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from odl_host.pipeline.engine.pattern import Pattern
from odl_host.schemas import corrections
from odl_host.schemas.findings import SEPARATOR

_LONGEST_CELL = 400
_MARKS = ("|", ",", ";", "+")
"""What may separate the values of a cell that holds several."""
_LITERAL = r"(?:\\.|\[[^\]\\-]{1,3}\]|[^()\\\[\]|*+?{}^$.])+"
_CHOICES = re.compile(rf"\((?:\?:)?({_LITERAL}(?:\|{_LITERAL})+)\)")


@lru_cache(4096)
def pattern_hints(source: str, text: str, example: str) -> Mapping[str, str]:
    """Return what a sentence may add about a cell that a pattern refuses, as parameters of its finding.

    `proposal`: the same value as the pattern wants it. `choices`: the values that the pattern lists, and `mark` what
    separates several of them. `example`: one example where the schema gives several in one.
    """
    try:
        pattern = Pattern(source)
    except (re.error, RecursionError):
        return {}
    choices, mark = _choices_of(pattern)
    found = {}
    if choices:
        found["choices"] = SEPARATOR.join(choices)
        found["mark"] = mark
    if len(text) <= _LONGEST_CELL:
        proposal = next((one for one in _rewritten(text, choices, mark) if one != text and _fits(pattern, one)), "")
        if proposal:
            found["proposal"] = proposal
    first, comma, rest = example.partition(", ")
    if comma and not choices and _fits(pattern, first) and _fits(pattern, rest):
        found["example"] = first
    return found


def _fits(pattern: Pattern, text: str) -> bool:
    return bool(pattern.accepts(text)) and not pattern.has_struggled


@lru_cache(512)
def _listed(source: str) -> tuple[tuple[str, ...], ...]:
    """Return the lists of plain values that a pattern holds, the longest first."""
    lists = (
        tuple(dict.fromkeys(_unescaped(one) for one in re.findall(_LITERAL, found[1])))
        for found in _CHOICES.finditer(source)
    )
    return tuple(sorted(lists, key=len, reverse=True))


def _unescaped(literal: str) -> str:
    return re.sub(r"\\(.)|\[(.)[^\]]*\]", lambda found: found[1] or found[2], literal).strip()


def _choices_of(pattern: Pattern) -> tuple[Sequence[str], str]:
    """Return the values that each make a whole cell, and what may stand between two of them, "" when nothing may."""
    for choices in _listed(pattern.source):
        if len(choices) > 1 and all(_fits(pattern, one) for one in choices):
            two = choices[:2]
            return choices, next((mark for mark in _MARKS if _fits(pattern, mark.join(two))), "")
    return (), ""


def _rewritten(text: str, choices: Sequence[str], mark: str) -> Iterator[str]:
    """Give what a cell may have been meant for, the likeliest first."""
    bare = " ".join(text.split())
    yield bare
    if letters := corrections.correct_letters(bare):
        bare = letters
        yield bare
    if choices:
        nearest = corrections.nearest(bare, choices)
        if nearest:
            yield nearest
        for other in (*_MARKS, "/"):
            parts = [part.strip() for part in bare.split(other) if part.strip()]
            if mark and len(parts) > 1:
                meant = [corrections.nearest(part, choices) for part in parts]
                if all(meant):
                    yield mark.join(str(one) for one in meant)
        return
    yield bare.replace(",", ".")
    # Names in capitals or in small letters, where the pattern wants a capital at the head of each part.
    # "KiyoYnigo" is two names that lost what was between them: which of the two forms is meant is not ours to say.
    if not any(one.islower() and next_one.isupper() for one, next_one in itertools.pairwise(bare)):
        yield re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), bare)
    yield bare.upper()
    yield bare.lower()
