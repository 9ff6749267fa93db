"""One page of hits in the order of several fields; the index itself sorts by one.

Hits that the first field leaves equal are put in order by the next ones. Very many equal ones (the same title in
thousands of communes) keep the order of the second field only as far as `MAX_TIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

SCORE = "score"
MAX_TIES = 2_000
"""Equal hits that are put in order among themselves."""

Key = tuple[str, bool]
"""A field, and whether it goes down."""

Among = Callable[[Any, str, Sequence[str]], Any]


def find_page(searcher: Any, query: Any, keys: Sequence[Key], start: int, rows: int, among: Among) -> list[str]:
    """Return the ids of `rows` hits from `start` on; `among` restricts a query to documents with given ids."""
    if rows <= 0:
        return []
    # One more hit on either side says whether equal hits lie beyond the page.
    first = max(start - 1, 0)
    hits = _hits(searcher, query, keys[0], first, start - first + rows + 1)
    if len(keys) == 1 or not _has_ties(hits):
        return [_id(searcher, address) for _, address in hits[start - first : start - first + rows]]
    if start and hits[0][0] == hits[1][0]:
        first, hits = 0, _hits(searcher, query, keys[0], 0, start + rows + 1)
    if len(hits) > start - first + rows and hits[-1][0] == hits[-2][0]:
        hits = _hits(searcher, query, keys[0], first, start - first + rows + MAX_TIES)
    ordered: list[str] = []
    at = 0
    while at < len(hits) and len(ordered) < start - first + rows:
        end = at + 1
        while end < len(hits) and hits[end][0] == hits[at][0]:
            end += 1
        ids = [_id(searcher, address) for _, address in hits[at:end]]
        if end - at > 1:
            ids = find_page(searcher, among(query, "id", ids), keys[1:], 0, len(ids), among)
        ordered += ids
        at = end
    return ordered[start - first : start - first + rows]


def _hits(searcher: Any, query: Any, key: Key, start: int, limit: int) -> list[tuple[Any, Any]]:
    import tantivy

    field, is_descending = key
    options: dict[str, Any] = {}
    if field != SCORE:
        options = {"order_by_field": field, "order": tantivy.Order.Desc if is_descending else tantivy.Order.Asc}
    found: list[tuple[Any, Any]] = searcher.search(query, limit=limit, offset=start, count=False, **options).hits
    return found


def _has_ties(hits: Sequence[tuple[Any, Any]]) -> bool:
    return any(before[0] == after[0] for before, after in pairwise(hits))


def _id(searcher: Any, address: Any) -> str:
    key: str = searcher.doc(address)["id"][0]
    return key
