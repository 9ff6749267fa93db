"""Work that many wait for at once and that is done once for all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Rounds(Generic[T]):
    """Makes rounds of one work, one after the other, as long as someone asks for them; safe to share between threads.

    Who asks gets what a round finds that begins afterwards: all who ask while one is under way share the next one, and
    they take no thread to wait.
    """

    def __init__(self, work: Callable[[], T], name: str) -> None:
        self.is_under_way = False
        self._work = work
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, name)
        self._next: Future[T] | None = None

    async def next(self) -> T:
        """Return what the next round finds, or raise what it raises."""
        # Shielded: one who waits no more must not call off what the others wait for.
        return await asyncio.shield(asyncio.wrap_future(self._joined()))

    def _joined(self) -> Future[T]:
        with self._lock:
            if self._next is None:
                self._next = self._thread.submit(self._run)
            return self._next

    def _run(self) -> T:
        with self._lock:
            self._next = None
            self.is_under_way = True
        try:
            return self._work()
        finally:
            self.is_under_way = False
