"""Ctrl-C during a run: the item under way ends, then the run stops; a second Ctrl-C does not wait."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

PARENT_CHECK_S = 1.0


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], None]]:
    """Keep the first Ctrl-C until the block calls what it was given, which then raises KeyboardInterrupt.

    Interrupting a library in the middle of a transaction would leave it in a state of which it says nothing sensible.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    asked = threading.Event()

    def remember(_signal: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    def stop_here() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield stop_here
        stop_here()
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def held_interrupt() -> Iterator[None]:
    """Let a Ctrl-C wait until the block has ended; programs that the block starts never hear of one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this worker process when the one that started it is gone; Ctrl-C is that one's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    starter = multiprocessing.parent_process()  # `getppid` is that of init where it is gone already
    parent = starter.pid if starter else os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
