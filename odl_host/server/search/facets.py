"""How many hits have each value of a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odl_host.server.search.documents import EXACT_FIELDS, SEPARATOR
from odl_host.server.search.query import ALIASES

MAX_VALUES = 65_000
"""Values of one field that are counted; a limit of -1 asks for all of them."""


def count_values(
    searcher: Any, query: Any, fields: Sequence[str], *, limit: int, mincount: int
) -> dict[str, dict[str, int]]:
    """Return the counts by field and value, the highest first; a field that cannot be counted has none.

    `limit` below 0 is no limit. Only values of hits are counted, so a `mincount` of 0 is as good as 1.
    """
    size = limit if 0 <= limit < MAX_VALUES else MAX_VALUES
    exact = [name for name in fields if ALIASES.get(name, name) in EXACT_FIELDS]
    wanted = {
        name: {"terms": {"field": ALIASES.get(name, name), "size": max(size, 1), "segment_size": max(size * 4, 1000)}}
        for name in exact
    }
    answer = searcher.aggregate(query, wanted) if wanted and size else {}
    facets: dict[str, dict[str, int]] = {}
    for name in fields:
        if name in exact:
            buckets = answer.get(name, {}).get("buckets", [])
            counted = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
        elif size:
            prefix = name.removeprefix("extras_") + SEPARATOR
            found = searcher.terms_with_prefix("pairs", prefix, filter_query=query, limit=size)
            counted = [(term[len(prefix) :], int(number)) for term, number in found if number]
        else:
            counted = []
        kept = sorted(((v, n) for v, n in counted if n >= mincount), key=lambda pair: (-pair[1], pair[0]))
        facets[name] = dict(kept[:size])
    return facets
