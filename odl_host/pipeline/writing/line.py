"""The line to the catalogue: an effect is made again when its answer is lost, until nobody answers any more."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from odl_host.errors import Unavailable

ATTEMPTS = 6
FIRST_PAUSE_S = 0.5
GIVE_UP_AFTER_S = 20.0
"""Seconds without a single answer after which what is left waits for the next run; a restart takes less."""

Result = TypeVar("Result")


class Line:
    """Shared by all writers of a run."""

    def __init__(self, *, pause: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic):
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._silent_since: float | None = None
        self._silent_until = 0.0
        self._said = ""

    def insist(self, effect: Callable[[bool], Result]) -> Result:
        """Make an effect, and again with longer and longer pauses when the catalogue does not answer.

        `effect` is told whether an earlier attempt may have reached the catalogue, and then looks first.

        :raises Unavailable: it did not answer the last attempt either, or answers nobody any more.
        """
        for attempt in range(ATTEMPTS):
            self._require()
            try:
                result = effect(attempt > 0)
            except Unavailable as error:
                self._note_silence(error)
                if attempt == ATTEMPTS - 1:
                    raise
                spread = random.uniform(0.75, 1.25)  # noqa: S311 - keeps writers apart, hides nothing
                self._pause(FIRST_PAUSE_S * 2**attempt * spread)
            else:
                self._silent_since = None
                return result
        raise AssertionError("the loop above returns or raises")

    def _require(self) -> None:
        since = self._silent_since
        if since is not None and self._silent_until - since > GIVE_UP_AFTER_S:
            raise Unavailable(f"Left for the next run, since the catalogue stopped answering. {self._said}")

    def _note_silence(self, error: Unavailable) -> None:
        with self._lock:
            self._said = error.message
            self._silent_until = self._clock()  # of the time when nothing was asked nothing is known
            if self._silent_since is None:
                self._silent_since = self._silent_until
