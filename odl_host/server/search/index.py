"""The search index: derived from the database, never the truth.

It follows the `seq` of datasets: a search first reads what was written since the index was, so a write is seen by the
next search of every process and costs the writer nothing. The number it has reached stands in the index itself, in
one marker document; an index that is lost, damaged, of another layout or ahead of the database is built anew.

One process at a time writes, under a file lock that is held only while it catches up.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from odl_host.server.database import Database
from odl_host.server.datasets import last_seq, render_datasets
from odl_host.server.search.documents import (
    EXACT_FIELDS,
    MARKER,
    PUBLIC,
    TEXT_FIELDS,
    build_schema,
    counted_field,
    dataset_document,
    french_analyzer,
    marker_document,
    word_analyzer,
)
from odl_host.server.search.lucene import Node
from odl_host.server.search.query import Translator
from odl_host.server.tables import packages, purged

LAYOUT = "v1"
"""Folder of the index; another name whenever fields or analysis change, so that the index is built anew."""

WRITER_HEAP_BYTES = 64_000_000
BATCH = 500
MERGE_ABOVE_SEGMENTS = 12
"""Segments are normally merged when a writer is dropped too soon to do it itself; above this many it is waited for."""

log = logging.getLogger(__name__)

_CHANGED = sa.select(packages.c.id).where(packages.c.seq > sa.bindparam("seq")).order_by(packages.c.seq)
_PURGED = sa.select(purged.c.package_id).where(purged.c.seq > sa.bindparam("seq"))


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search: `query` ranks, `filters` only restrict; `labels` None sees everything.

    `sort` is a list of (field, is_descending); "score" is the rank.
    """

    query: Node
    filters: Sequence[Node] = ()
    labels: Sequence[str] | None = (PUBLIC,)
    states: Sequence[str] = ("active",)
    sort: Sequence[tuple[str, bool]] = (("score", True),)
    start: int = 0
    rows: int = 10
    facet_fields: Sequence[str] = ()
    facet_limit: int = 50
    facet_mincount: int = 1


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What a search found: ids of datasets in order, how many in all, and counts by facet and value."""

    ids: list[str]
    total: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


class SearchIndex:
    """The index of one catalogue; safe to share between threads."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder = folder
        self._db = db
        self._lock = threading.Lock()
        self._index: Any = None
        self._searcher: Any = None
        self._translator: Translator | None = None
        self._seq = -1

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page of results. :raises QuerySyntaxError: a field or value cannot be searched."""
        import tantivy

        searcher = self._up_to_date()
        assert self._translator is not None
        query = self._translator.whole(request.query, request.filters, request.labels, request.states)
        # The engine reserves room for start + rows hits: a page beyond the end is empty without asking it.
        is_beyond = request.start >= searcher.num_docs
        wanted, start = (0, 0) if is_beyond else (max(request.rows, 0), request.start)
        is_ranked = self._translator.is_ranked(request.query)
        key, is_descending = _sort_key(request.sort, is_ranked=is_ranked)
        options: dict[str, Any] = {}
        if key != "score":
            order = tantivy.Order.Desc if is_descending else tantivy.Order.Asc
            options = {"order_by_field": key, "order": order}
        found = searcher.search(query, limit=max(wanted, 1), offset=start, count=True, **options)
        ids = [searcher.doc(address)["id"][0] for _, address in found.hits[:wanted]]
        return SearchPage(ids, found.count, self._facets(searcher, query, request))

    def rebuild(self) -> int:
        """Throw the index away, build it anew and return how many datasets it holds."""
        with self._lock, self._file_lock():
            self._forget()
            shutil.rmtree(self.folder / LAYOUT, ignore_errors=True)
        return int(self._up_to_date().num_docs) - 1

    def check(self) -> list[str]:
        """Return what is wrong with the index, as sentences; it is brought up to date first."""
        searcher = self._up_to_date()
        with self._db.reading() as db:
            wanted = int(db.execute(sa.select(sa.func.count()).select_from(packages)).scalar_one())
        found = int(searcher.num_docs) - 1
        if found == wanted:
            return []
        return [f"The search index holds {found} datasets of {wanted}: rebuild it with odl-host db reindex."]

    def close(self) -> None:
        """Release the index's files."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._index = self._searcher = self._translator = None
        self._seq = -1

    def _facets(self, searcher: Any, query: Any, request: SearchRequest) -> dict[str, dict[str, int]]:
        if not request.facet_fields:
            return {}
        size = request.facet_limit if request.facet_limit >= 0 else 65_000
        wanted = {
            name: {"terms": {"field": counted_field(name), "size": max(size, 1), "min_doc_count": 1}}
            for name in request.facet_fields
            if counted_field(name)
        }
        answer = searcher.aggregate(query, wanted) if wanted else {}
        facets: dict[str, dict[str, int]] = {}
        for name in request.facet_fields:
            buckets = answer.get(name, {}).get("buckets", [])
            counted = [
                (str(b["key"]), int(b["doc_count"])) for b in buckets if b["doc_count"] >= request.facet_mincount
            ]
            facets[name] = dict(sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:size])
        return facets

    def _up_to_date(self) -> Any:
        """Return a searcher that sees every change committed before this call."""
        with self._db.reading() as db:
            seq = last_seq(db)
        with self._lock:
            if self._seq < seq or self._searcher is None:
                self._catch_up(seq)
            return self._searcher

    def _catch_up(self, seq: int) -> None:
        with self._file_lock():
            if self._index is None:
                self._open()
            self._reload()
            if self._seq > seq:
                log.warning("The search index is ahead of the database: it is built anew.")
                self._forget()
                shutil.rmtree(self.folder / LAYOUT, ignore_errors=True)
                self._open()
                self._reload()
            if self._seq < seq:
                self._follow()
                self._reload()

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "writer.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _open(self) -> None:
        import tantivy

        place = self.folder / LAYOUT
        for old in self.folder.glob("v*"):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)
        schema = build_schema()
        place.mkdir(parents=True, exist_ok=True)
        try:
            index = tantivy.Index(schema, path=str(place))
        except ValueError:
            log.warning("The search index in %s cannot be opened: it is built anew.", place)
            shutil.rmtree(place)
            place.mkdir()
            index = tantivy.Index(schema, path=str(place))
        analyzers = {"french": french_analyzer(), "words": word_analyzer()}
        for name, analyzer in analyzers.items():
            index.register_tokenizer(name, analyzer)
        # Extras are searched as French text and counted as they are written.
        index.register_fast_field_tokenizer("french", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).build())
        self._index = index
        self._translator = Translator(schema, analyzers["french"], analyzers["words"], EXACT_FIELDS, TEXT_FIELDS)

    def _reload(self) -> None:
        import tantivy

        self._index.reload()
        self._searcher = self._index.searcher()
        query = tantivy.Query.term_query(self._index.schema, "id", MARKER)
        hits = self._searcher.search(query, limit=1).hits
        self._seq = self._searcher.doc(hits[0][1])["seq"][0] if hits else -1

    def _follow(self) -> None:
        """Read every change since the marker into the index, in one commit."""
        is_new = self._seq < 0
        writer = self._index.writer(WRITER_HEAP_BYTES, 1)
        with self._db.reading() as db:
            seq = last_seq(db)
            ids = list(db.scalars(_CHANGED, {"seq": self._seq}))
            for gone in db.scalars(_PURGED, {"seq": self._seq}):
                writer.delete_documents_by_term("id", gone)
            for first in range(0, len(ids), BATCH):
                for text in render_datasets(db, ids[first : first + BATCH]):
                    dataset = json.loads(text)
                    if not is_new:
                        writer.delete_documents_by_term("id", dataset["id"])
                    writer.add_document(dataset_document(dataset))
        writer.delete_documents_by_term("id", MARKER)
        writer.add_document(marker_document(seq))
        writer.commit()
        if self._searcher.num_segments > MERGE_ABOVE_SEGMENTS or len(ids) > BATCH:
            writer.wait_merging_threads()


def _sort_key(sort: Sequence[tuple[str, bool]], *, is_ranked: bool) -> tuple[str, bool]:
    """Return the field to order by: equal ranks say nothing, so without words the next key decides."""
    for name, is_descending in sort:
        if name == "score":
            if is_ranked:
                return name, is_descending
        else:
            return name, is_descending
    return "metadata_modified", True
