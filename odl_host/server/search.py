"""The search index: derived from the database, never the truth. The only importer of tantivy.

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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict
from odl_host.server.database import Database
from odl_host.server.datasets import last_seq, render_datasets
from odl_host.server.lucene import Node
from odl_host.server.search_query import Translator, without_elisions
from odl_host.server.tables import packages, purged

LAYOUT = "v1"
"""Folder of the index; another name whenever fields or analysis change, so that the index is built anew."""

MARKER = "#seq"
"""Id of the document that says how far the index has read; it has no label, so no caller finds it."""

WRITER_HEAP_BYTES = 64_000_000
BATCH = 500
MERGE_ABOVE_SEGMENTS = 12
"""Segments are normally merged when a writer is dropped too soon to do it itself; above this many it is waited for."""

PUBLIC = "public"

log = logging.getLogger(__name__)

_CHANGED = sa.select(packages.c.id).where(packages.c.seq > sa.bindparam("seq")).order_by(packages.c.seq)
_PURGED = sa.select(purged.c.package_id).where(purged.c.seq > sa.bindparam("seq"))

EXACT_FIELDS = (
    "name",
    "tags",
    "groups",
    "organization",
    "res_format",
    "license_id",
    "owner_org",
    "creator_user_id",
    "state",
    "dataset_type",
    "capacity",
    "private",
    "res_url",
    "res_type",
    "url",
    "version",
    "title_string",
)
TEXT_FIELDS = ("title", "notes", "author", "maintainer", "res_name", "res_description", "names", "text")
DATE_FIELDS = ("metadata_created", "metadata_modified")


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
        wanted = max(request.rows, 0)
        is_ranked = self._translator.is_ranked(request.query)
        key, is_descending = _sort_key(request.sort, is_ranked=is_ranked)
        options: dict[str, Any] = {}
        if key != "score":
            order = tantivy.Order.Desc if is_descending else tantivy.Order.Asc
            options = {"order_by_field": key, "order": order}
        found = searcher.search(query, limit=max(wanted, 1), offset=request.start, count=True, **options)
        ids = [searcher.doc(address)["id"][0] for _, address in found.hits[:wanted]]
        return SearchPage(ids, found.count, self._facets(searcher, query, request))

    def rebuild(self) -> int:
        """Throw the index away, build it anew and return how many datasets it holds."""
        with self._lock, self._file_lock():
            self._forget()
            shutil.rmtree(self.folder / LAYOUT, ignore_errors=True)
        return int(self._up_to_date().num_docs) - 1

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
            name: {"terms": {"field": _fast_field(name), "size": max(size, 1), "min_doc_count": 1}}
            for name in request.facet_fields
            if _fast_field(name)
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
        schema = _schema()
        place.mkdir(parents=True, exist_ok=True)
        try:
            index = tantivy.Index(schema, path=str(place))
        except ValueError:
            log.warning("The search index in %s cannot be opened: it is built anew.", place)
            shutil.rmtree(place)
            place.mkdir()
            index = tantivy.Index(schema, path=str(place))
        analyzers = {"french": _french(), "words": _words()}
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
                    writer.add_document(_document(dataset))
        writer.delete_documents_by_term("id", MARKER)
        writer.add_document(_marker(seq))
        writer.commit()
        if self._searcher.num_segments > MERGE_ABOVE_SEGMENTS or len(ids) > BATCH:
            writer.wait_merging_threads()


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("seq", stored=True)
    for name in EXACT_FIELDS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="french")
    for name in ("title_words", "words"):
        builder.add_text_field(name, tokenizer_name="words", index_option="basic")
    for name in DATE_FIELDS:
        builder.add_date_field(name, indexed=True, fast=True)
    builder.add_json_field("extras", fast=True, tokenizer_name="french")
    return builder.build()


def _french() -> Any:
    """Accents are folded before the stemmer, so that they never decide whether a word is found."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold(), tantivy.Filter.stemmer("french")):
        builder = builder.filter(step)
    return builder.build()


def _words() -> Any:
    """Whole words, for wildcards: a stem is no prefix of what people type."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()


def labels_of(dataset: JsonDict) -> list[str]:
    """Return the labels of which a caller must hold one to find the dataset."""
    if dataset["state"] == "active" and not dataset["private"]:
        return [PUBLIC]
    if dataset["owner_org"]:
        return [f"member-{dataset['owner_org']}" if dataset["state"] == "active" else f"editor-{dataset['owner_org']}"]
    return [f"creator-{dataset['creator_user_id']}"]


def _marker(seq: int) -> Any:
    import tantivy

    document = tantivy.Document()
    document.add_text("id", MARKER)
    document.add_unsigned("seq", seq)
    return document


def _document(dataset: JsonDict) -> Any:
    import tantivy

    organization = dataset["organization"] or {}
    resources = dataset["resources"]
    tags = [tag["name"] for tag in dataset["tags"]]
    extras = {extra["key"]: extra["value"] for extra in dataset["extras"]}
    exact: dict[str, Iterable[str | None]] = {
        "id": [dataset["id"]],
        "label": labels_of(dataset),
        "name": [dataset["name"]],
        "tags": tags,
        "groups": [group["name"] for group in dataset["groups"]],
        "organization": [organization.get("name")],
        "res_format": dict.fromkeys(r["format"] for r in resources),
        "license_id": [dataset["license_id"]],
        "owner_org": [dataset["owner_org"]],
        "creator_user_id": [dataset["creator_user_id"]],
        "state": [dataset["state"]],
        "dataset_type": [dataset["type"]],
        "capacity": ["private" if dataset["private"] else "public"],
        "private": ["true" if dataset["private"] else "false"],
        "res_url": [r["url"] for r in resources],
        "res_type": [r["resource_type"] for r in resources],
        "url": [dataset["url"]],
        "version": [dataset["version"]],
        "title_string": [dataset["title"].lower()],
    }
    names = dataset["name"].replace("-", " ").replace("_", " ")
    resource_names = [r["name"] for r in resources if r["name"]]
    descriptions = [r["description"] for r in resources if r["description"]]
    texts: dict[str, Iterable[str | None]] = {
        "title": [dataset["title"]],
        "notes": [dataset["notes"]],
        "author": [dataset["author"]],
        "maintainer": [dataset["maintainer"]],
        "res_name": resource_names,
        "res_description": descriptions,
        "names": [names, *tags],
    }
    everything = [
        dataset["title"],
        names,
        dataset["notes"],
        *tags,
        organization.get("title"),
        *(group["title"] for group in dataset["groups"]),
        *resource_names,
        *descriptions,
        *extras.values(),
        dataset["author"],
        dataset["maintainer"],
    ]
    whole = without_elisions("\n".join(text for text in everything if text))
    document = tantivy.Document()
    for name, values in exact.items():
        for value in values:
            if value:
                document.add_text(name, value[:1000])
    for name, values in texts.items():
        for value in values:
            if value:
                document.add_text(name, without_elisions(value))
    document.add_text("text", whole)
    document.add_text("words", whole)
    document.add_text("title_words", without_elisions(dataset["title"]))
    for name in DATE_FIELDS:
        document.add_date(name, _as_date(dataset[name]))
    if extras:
        document.add_json("extras", extras)
    return document


def _as_date(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _fast_field(name: str) -> str:
    """Return the index's name of a field that can be counted, or ""."""
    if name.startswith("extras_"):
        return "extras." + name.removeprefix("extras_").replace(".", "\\.")
    return name if name in EXACT_FIELDS else ""


def _sort_key(sort: Sequence[tuple[str, bool]], *, is_ranked: bool) -> tuple[str, bool]:
    """Return the field to order by: equal ranks say nothing, so without words the next key decides."""
    for name, is_descending in sort:
        if name == "score":
            if is_ranked:
                return name, is_descending
        else:
            return name, is_descending
    return "metadata_modified", True
