"""What a server's process asks of the memory it is given."""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8
"""Source: mallopt(3), glibc."""
ARENAS = 2


def keep_arenas_few() -> None:
    """Have the C library keep memory for threads in few places; to be called before there are threads.

    By default glibc opens up to eight for each processor, and gives back little of what was freed in any: threads that
    search and index for a moment each leave theirs full of holes. Where the library knows no such thing, nothing is
    done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
