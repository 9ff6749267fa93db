"""White space around and inside texts: the ordinary kind, and the kinds that nobody sees."""

from __future__ import annotations

import re

# No-break spaces come from word processors and formatted numbers; the zero-width ones from web pages.
_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff"
_EDGES = "".join(char for char in map(chr, range(0x3001)) if char.isspace()) + _INVISIBLE
_ODD_SPACE = re.compile("[\u00a0\u2007\u2009\u202f]")
GROUP_SPACE = "[ \u00a0\u2007\u2009\u202f]"
"""What separates thousands in French numbers, as a pattern."""


def trim(text: str) -> str:
    r"""Take white space off both ends, the invisible kinds too.

    >>> trim("\u00a0 73065\u202f\ufeff")
    '73065'
    """
    return text.strip(_EDGES)


def ordinary(text: str) -> str:
    r"""Turn no-break and thin spaces into ordinary ones.

    >>> ordinary("Aix\u00a0les\u202fBains")
    'Aix les Bains'
    """
    return _ODD_SPACE.sub(" ", text)
