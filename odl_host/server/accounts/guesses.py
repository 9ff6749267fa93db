"""What stops guessing of passwords: the failures of the last quarter of an hour are counted, and too many refused.

They are counted in each process: with several, a guesser has so many times the tries, and still no chance.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic

WINDOW_S = 900.0
MAX_FAILURES = 10
"""Wrong passwords for one name from one address within the window; and five times as many for a name or an address."""

MAX_KEYS = 20_000


class TooManyFailures(Exception):
    """Too many wrong passwords were given; the same login is heard again later."""


class Failures:
    """Wrong passwords of the last quarter of an hour, in this process; the oldest forgotten first."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, login: str, address: str) -> None:
        """:raises TooManyFailures: this login or address has failed too often."""
        limits = {f"{login}\n{address}": MAX_FAILURES, login: 5 * MAX_FAILURES, f"\n{address}": 5 * MAX_FAILURES}
        since = monotonic() - WINDOW_S
        with self._lock:
            for key, limit in limits.items():
                if sum(1 for each in self._times.get(key, ()) if each > since) >= limit:
                    raise TooManyFailures

    def add(self, login: str, address: str) -> None:
        """Count a wrong password."""
        with self._lock:
            for key in (f"{login}\n{address}", login, f"\n{address}"):
                times = [*self._times.pop(key, ())[-5 * MAX_FAILURES :], monotonic()]
                self._times[key] = times
            while len(self._times) > MAX_KEYS:
                self._times.popitem(last=False)
