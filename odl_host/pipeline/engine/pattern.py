r"""`pattern` constraints in bounded time.

frictionless compiles `^pattern$` and matches it from the start, which gives "A|B" the meaning "starts with A, or ends
as B": kept as it is. A pattern whose repetitions are nested (`(a+)+`) or many can take years on one cell, and `re`
cannot be stopped: such patterns, and long cells, go to the `regex` library, which takes a time limit. A cell that
exceeds it stays unjudged; after a few of them the column's pattern is given up and said to be.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

CELL_TIMEOUT_S = 0.25
GIVE_UP_AFTER = 4
"""Cells of a column that may take too long before its pattern is given up."""
SLOW_CELL_S = 0.01
SLOW_CELLS_S = 3.0
"""Seconds of processor time that slow cells of a column, each below the limit, may take together."""
LONG_CELL = 1000
"""Characters beyond which even two repetitions in a row (quadratic) are timed."""


class Pattern:
    """One compiled `pattern`. :raises re.error: when `re` cannot compile it."""

    def __init__(self, source: str) -> None:
        self.source = source
        # Python wants flags such as `(?i)` before all else; frictionless, which writes `^` before them, stops there.
        flags = re.match(r"\(\?[aiLmsux]+\)", source)
        head = flags[0] if flags else ""
        self._text = f"{head}^{source[len(head) :]}$"
        self._match = re.compile(self._text).match
        repetitions = count_repetitions(self._text)
        self.tame = repetitions <= 1
        self._risky = repetitions > 2
        self._timed: Callable[[str], object] | None = None
        self.overruns = 0
        self._slow_s = 0.0

    @property
    def quick(self) -> Callable[[str], object]:
        """The cheapest test that accepts what `accepts` does."""
        return self._match if self.tame else self.accepts

    @property
    def has_struggled(self) -> bool:
        """Whether a cell took long."""
        return self.overruns > 0 or self._slow_s > 0

    @property
    def given_up(self) -> bool:
        """Whether too many cells took too long."""
        return self.overruns >= GIVE_UP_AFTER or self._slow_s > SLOW_CELLS_S

    def accepts(self, text: str) -> object:
        """Match a cell; what cannot be decided in time is accepted, and counted in `overruns`."""
        if self.tame or (not self._risky and len(text) <= LONG_CELL):
            return self._match(text)
        if self.given_up:
            return True
        timed = self._timed or self._compile_timed()
        start = time.thread_time()  # a machine that is busy makes no cell slow; `regex` counts processor time too
        try:
            return timed(text)
        except TimeoutError:
            self.overruns += 1
            return True
        finally:
            spent = time.thread_time() - start
            if spent > SLOW_CELL_S:
                self._slow_s += spent

    def _compile_timed(self) -> Callable[[str], object]:
        try:
            import regex  # type: ignore[import-untyped]  # no stubs
        except ImportError:  # an extra: without it risky patterns are not judged
            self.overruns = GIVE_UP_AFTER
            return lambda _text: True
        compiled = regex.compile(self._text, flags=regex.V0)
        self._timed = lambda text: compiled.match(text, timeout=CELL_TIMEOUT_S)
        return self._timed


@lru_cache(512)
def count_repetitions(source: str) -> int:
    r"""Count the unbounded repetitions of a pattern, a nested one for as many as make it risky.

    >>> count_repetitions(r"^\d{14}$"), count_repetitions(r"^\w+-\w+$"), count_repetitions(r"^(a+)+$") > 2
    (0, 2, True)
    """
    from re import _parser  # type: ignore[attr-defined]  # the only way to see inside a pattern; 3.11 to 3.14 have it

    return _walk(_parser.parse(source), inside=False)


def _walk(tree: Any, *, inside: bool) -> int:
    """Count in a parsed pattern; `inside`: within a repetition, where any choice of length or of branch multiplies."""
    total = 0
    for operation, argument in tree:
        name = str(operation)
        if name in _REPEATS:
            least, most, body = argument
            if inside and least != most:
                return _RISKY
            # `{0,40}` costs as much as `*`; `{14}` and `?` do not.
            open_ended = most - least > _CHEAP
            total += open_ended
            total += _walk(body, inside=inside or most > _CHEAP) * max(1, min(most, _CHEAP))
        elif name == "SUBPATTERN":
            total += _walk(argument[-1], inside=inside)
        elif name == "BRANCH":
            if inside:
                return _RISKY
            total += max((_walk(branch, inside=inside) for branch in argument[1]), default=0)
        elif name in ("ASSERT", "ASSERT_NOT"):
            total += _walk(argument[1], inside=inside)
        elif name == "ATOMIC_GROUP":
            total += _walk(argument, inside=inside)
        elif name in ("GROUPREF", "GROUPREF_EXISTS"):
            return _RISKY
    return min(total, _RISKY)


_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_CHEAP = 8
_RISKY = 9
