"""What the public was answered, kept until the next write.

Most calls of a portal are the same few, and nearly all come between two writes. An answer is kept with the number of
the last write that it can have seen: it is given again only while no process has written since.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from time import monotonic
from typing import Any, Generic, TypeVar

from odl_host.server.documents import Rendered

MAX_CHARACTERS = 16 << 20
MAX_ANSWER_CHARACTERS = 1 << 20
MAX_AGE_S = 30.0
"""Some answers depend on the time (`NOW-1DAY`): none is kept for long."""

Key = tuple[int, str, str]
"""The last write, the action (GET: any, by its whole address), and what was asked."""

Answer = TypeVar("Answer", Rendered, bytes)
"""What an action returned, or the body that was sent."""


class KeptAnswers(Generic[Answer]):
    """The answers of one site, the oldest forgotten first; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[float, Answer]] = OrderedDict()
        self._characters = 0
        self._write = -1
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many answers are kept."""
        return len(self._kept)

    def find(self, key: Key) -> Answer | None:
        """Return the answer that was kept under this key, or None."""
        kept = self._kept.get(key)
        return kept[1] if kept and monotonic() - kept[0] < MAX_AGE_S else None

    def keep(self, key: Key, answer: Answer) -> None:
        """Keep an answer, unless it is too large."""
        if _size(key, answer) > MAX_ANSWER_CHARACTERS:
            return
        with self._lock:
            if key[0] > self._write:  # what was answered before this write is never asked for again
                self._write, self._characters = key[0], 0
                self._kept.clear()
            before = self._kept.pop(key, None)
            self._characters += _size(key, answer) - (_size(key, before[1]) if before else 0)
            self._kept[key] = (monotonic(), answer)
            while self._characters > MAX_CHARACTERS:
                oldest, (_, gone) = self._kept.popitem(last=False)
                self._characters -= _size(oldest, gone)


def _size(key: Key, answer: Rendered | bytes) -> int:
    return len(key[2]) + len(answer)


def answer_key(write: int, action: str, data_dict: Mapping[str, Any]) -> Key:
    """Return under what an answer is kept: the last write, the action, and what was asked."""
    return write, action, json.dumps(data_dict, sort_keys=True, default=str)
