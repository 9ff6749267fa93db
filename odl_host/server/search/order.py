"""One page of hits in the order of several fields; the index itself sorts by one.

Hits that the first field leaves equal are put in order by the next ones. Very many equal ones (the same title in
thousands of communes) keep the order of the second field only as far as `MAX_TIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

SCORE = "score"
MAX_TIES = 1_000
"""Equal hits that are put in order among themselves."""

Key = tuple[str, bool]
"""A field, and whether it goes down."""

Among = Callable[[Any, str, Sequence[str]], Any]
Hits = list[tuple[Any, Any]]
"""The value of the field that they are in the order of, and where the document is."""


class Pages:
    """Pages of one query. `numeric` are the fields whose values can be read without the documents; `among` restricts
    a query to documents with given values.
    """

    def __init__(self, searcher: Any, query: Any, *, numeric: frozenset[str], among: Among) -> None:
        self._searcher = searcher
        self._query = query
        self._numeric = numeric
        self._among = among

    def find(self, keys: Sequence[Key], start: int, rows: int) -> tuple[list[str], int]:
        """Return the ids of `rows` hits from `start` on, and how many hits there are in all."""
        if rows <= 0:
            return [], int(self._searcher.search(self._query, limit=1, count=True).count)
        hits, total = self._page(keys, start, rows)
        return [self._searcher.doc(address)["id"][0] for _, address in hits], total

    def _page(self, keys: Sequence[Key], start: int, rows: int) -> tuple[Hits, int]:
        if len(keys) == 1:
            hits, total = self._hits(keys[0], start, rows)
            return hits, total
        if start + rows <= MAX_TIES:
            # Finding the hits costs more than passing a few more of them: all that may be equal come at once.
            hits, total = self._hits(keys[0], 0, start + rows + MAX_TIES)
            return self._untied(hits, keys[1:], start + rows)[start : start + rows], total
        # One more hit on either side says whether equal hits lie beyond the page.
        first = max(start - 1, 0)
        wanted = start - first + rows
        hits, total = self._hits(keys[0], first, wanted + 1)
        if _has_ties(hits):
            if start and len(hits) > 1 and hits[0][0] == hits[1][0]:
                first, wanted = 0, start + rows
                hits, _ = self._hits(keys[0], 0, wanted + 1)
            if len(hits) > wanted and hits[-1][0] == hits[-2][0]:
                hits, _ = self._hits(keys[0], first, wanted + MAX_TIES)
            hits = self._untied(hits, keys[1:], wanted)
        return hits[start - first : wanted], total

    def _untied(self, hits: Hits, keys: Sequence[Key], wanted: int) -> Hits:
        """Return the first `wanted` hits, those that are equal in the order of the other keys."""
        ordered: Hits = []
        at = 0
        while at < len(hits) and len(ordered) < wanted:
            end = at + 1
            while end < len(hits) and hits[end][0] == hits[at][0]:
                end += 1
            ordered += self._sorted(hits[at:end], keys) if end - at > 1 else hits[at:end]
            at = end
        return ordered

    def _sorted(self, hits: Hits, keys: Sequence[Key]) -> Hits:
        field, is_descending = keys[0]
        if field not in self._numeric:
            ids = [self._searcher.doc(address)["id"][0] for _, address in hits]
            few = Pages(self._searcher, self._among(self._query, "id", ids), numeric=self._numeric, among=self._among)
            return few._page(keys, 0, len(hits))[0]
        values = self._searcher.fast_field_values(field, [address for _, address in hits])
        again: Hits = [(value, address) for value, (_, address) in zip(values, hits, strict=True)]
        again.sort(key=lambda hit: hit[0], reverse=is_descending)
        return self._untied(again, keys[1:], len(again)) if len(keys) > 1 and _has_ties(again) else again

    def _hits(self, key: Key, start: int, limit: int) -> tuple[Hits, int]:
        import tantivy

        field, is_descending = key
        options: dict[str, Any] = {}
        if field != SCORE:
            options = {"order_by_field": field, "order": tantivy.Order.Desc if is_descending else tantivy.Order.Asc}
        found = self._searcher.search(self._query, limit=limit, offset=start, count=True, **options)
        return found.hits, int(found.count)


def _has_ties(hits: Hits) -> bool:
    return any(before[0] == after[0] for before, after in pairwise(hits))
