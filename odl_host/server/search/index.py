"""The search index: derived from the database, never the truth.

It follows the `seq` of datasets: a search first reads what was written since the index was, so a write is seen by the
next search of every process and costs the writer nothing. Nothing else moves what a process sees of it. Of which
database it is and how far it has read stands in the index itself, in one marker document; an index that is lost,
damaged, of another layout or another database, or ahead of its own, is built anew, and so is one that at opening does
not hold as many datasets as the database.

One process at a time writes, under a file lock that is held only while it catches up.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from odl_host.server.database.database import Busy, Database
from odl_host.server.database.tables import counters, packages
from odl_host.server.objects.datasets import last_seq
from odl_host.server.search.analysis import french_analyzer, word_analyzer
from odl_host.server.search.documents import (
    DATE_FIELDS,
    EXACT_FIELDS,
    MARKER,
    PUBLIC,
    TEXT_FIELDS,
    read_marker,
)
from odl_host.server.search.facets import count_values
from odl_host.server.search.files import DELETED, NotWritten, open_index, told_as_not_written, write_changes
from odl_host.server.search.levels import Level
from odl_host.server.search.lucene import Node, QuerySyntaxError
from odl_host.server.search.order import SCORE, Key, Pages
from odl_host.server.search.query import Translator
from odl_host.server.search.rounds import Rounds
from odl_host.server.search.values import Box
from odl_host.server.search.withdrawn import find_withdrawn

LAYOUT = "v2"
"""Folder of the index; another name whenever fields or analysis change, so that the index is built anew."""

RETRY_S = 2.0
"""How long an index that the disk did not take is searched as it is, before it is tried again or another write."""

PUT_OFF_HINT = "Free some space, or give the folder its rights back: the index follows by itself."

KEPT_FACETS = 256
"""Counts kept until the next write: the front page and the first facets of each list are asked for most."""

KEPT_VALUES = 1_000
"""Values in the counts of one search; more of them are not kept."""

SORTED_FIELDS = frozenset({SCORE, "id", *EXACT_FIELDS, *DATE_FIELDS})
"""Fields that hits can be put in the order of."""

log = logging.getLogger(__name__)

_COUNT = sa.select(sa.func.count()).select_from(packages)
_IDENTITY = sa.select(counters.c.value).where(counters.c.name == "identity")
_UNREAD = sa.select(sa.func.count()).select_from(packages).where(packages.c.seq > sa.bindparam("seq"))


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search: `query` ranks, `filters` only restrict; `labels` None sees everything, no `states` every state.

    `sort` is a list of (field, is_descending); "score" is the rank. `box` keeps what lies in a place.
    """

    query: Node
    filters: Sequence[Node] = ()
    labels: Sequence[str] | None = (PUBLIC,)
    states: Sequence[str] = ("active",)
    box: Box | None = None
    sort: Sequence[Key] = ((SCORE, True),)
    start: int = 0
    rows: int = 10
    facet_fields: Sequence[str] = ()
    facet_limit: int = 50
    facet_mincount: int = 1


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What a search found: ids of datasets in order, how many in all, and counts by facet and value.

    `seq` is the number of the last change that the index had read, `last` of that which the database told of.
    """

    ids: list[str]
    total: int
    seq: int
    last: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


class _Seen(NamedTuple):
    """The index as searches see it: how far it had read, and what searches it."""

    seq: int
    searcher: Any
    translator: Translator


class _PutOff(NamedTuple):
    """Changes that the disk did not take: up to which number, until when nobody tries them again, and why."""

    wanted: int
    until: float
    reason: str
    """In words: the error itself would keep alive what failed, and with it the engine's lock."""


class SearchIndex:
    """The index of one catalogue; safe to share between threads."""

    def __init__(self, folder: Path, db: Database, *, keeps_deleted: bool = False) -> None:
        self.folder = folder
        self._layout = f"{LAYOUT}-deleted" if keeps_deleted else LAYOUT
        """Folder of the index: another one where deleted datasets can be found too."""
        self._keeps_deleted = keeps_deleted
        self._db = db
        self._lock = threading.Lock()
        self._index: Any = None
        self._searcher: Any = None
        self._translator: Translator | None = None
        self._seq = -1
        self._levels: list[Level] = []
        self._identity = -1
        self._is_verified = False
        self._seen: _Seen | None = None
        self._put_off: _PutOff | None = None
        self.rounds = Rounds(self._read_changes, "index")
        """Bring the index up to date for all who wait for it; each round finds how far it has read."""
        self._facets: OrderedDict[Any, dict[str, dict[str, int]]] = OrderedDict()

    def search(
        self, db: sa.Connection, request: SearchRequest, *, after: int | None = None, waits: bool = True
    ) -> SearchPage:
        """Return one page of results, from an index that has read everything that `db` sees.

        `after`: one that has read as far as this change is enough.

        :raises QuerySyntaxError: a field or value cannot be searched, or the search would cost too much.
        :raises Busy: `waits` is False, and there are changes to read first.
        """
        last = last_seq(db)
        seq, searcher, translator = self._up_to_date(db, last if after is None else after, waits=waits)
        gone = find_withdrawn(db, seq, request.labels, request.states) if seq < last else []
        try:
            query = translator.whole(
                request.query, request.filters, request.labels, request.states, request.box, gone, searcher
            )
            # The engine reserves room for start + rows hits: for no more than there are.
            rows = min(request.rows, searcher.num_docs - request.start)
            pages = Pages(searcher, query, numeric=frozenset(DATE_FIELDS), among=translator.among)
            ids, total = pages.find(_keys(request, translator), request.start, rows)
            return SearchPage(ids, total, seq, last, self._count(seq, searcher, query, request, gone))
        except ValueError as error:
            raise error if isinstance(error, QuerySyntaxError) else QuerySyntaxError(str(error)) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # how the engine ends what it cannot run
                raise
            raise QuerySyntaxError("the query cannot be run") from error

    def rebuild(self) -> int:
        """Build the index anew beside the one in use, put it in its place, and return how many datasets it holds.

        Searches go on meanwhile, in this process and in others.
        """
        fresh, old, place = (
            self.folder / name for name in (f"new-{self._layout}", f"old-{self._layout}", self._layout)
        )
        with self._file_lock("rebuild.lock"):
            for left in (fresh, old):
                shutil.rmtree(left, ignore_errors=True)
            with self._db.reading() as db:
                identity = int(db.execute(_IDENTITY).scalar_one())
            with told_as_not_written(self.folder), self._db.reading() as db:
                write_changes(open_index(fresh), db, identity, after=-1, keeps_deleted=self._keeps_deleted)
            with self._lock, self._file_lock():
                self._forget()
                self._seen = None
                if place.exists():
                    place.rename(old)
                fresh.rename(place)
            shutil.rmtree(old, ignore_errors=True)
        with self._db.reading() as db:
            return int(self._up_to_date(db).searcher.num_docs) - 1

    def check(self) -> list[str]:
        """Return what is wrong with the index, as sentences; it is brought up to date first."""
        with self._db.reading() as db:
            try:
                seen = self._up_to_date(db)
            except NotWritten as error:
                return [f"{error} {PUT_OFF_HINT}"]
            wanted, unread = self._count_datasets(db), self._count_unread(db, seen.seq)
        if unread and self._put_off is not None:
            return [f"The search index lacks {unread}. {self._put_off.reason} {PUT_OFF_HINT}"]
        found = int(seen.searcher.num_docs) - 1
        if found == wanted:
            return []
        return [f"The search index holds {found} datasets of {wanted}: rebuild it with odl-host db reindex."]

    def close(self) -> None:
        """Release the index's files."""
        with self._lock:
            self._forget()
            self._seen = None

    def _forget(self) -> None:
        self._index = self._searcher = self._translator = None
        self._seq = self._identity = -1
        self._is_verified = False
        self._facets.clear()

    def _count(
        self, seq: int, searcher: Any, query: Any, request: SearchRequest, gone: list[str]
    ) -> dict[str, dict[str, int]]:
        if not request.facet_fields:
            return {}
        what = (request.query, request.filters, request.labels, request.states, request.box, gone)
        key = (seq, repr(what), tuple(request.facet_fields), request.facet_limit, request.facet_mincount)
        kept = self._facets.get(key)
        if kept is None:
            kept = count_values(
                searcher, query, request.facet_fields, limit=request.facet_limit, mincount=request.facet_mincount
            )
            if sum(map(len, kept.values())) > KEPT_VALUES:
                return kept
            self._facets[key] = kept
            while len(self._facets) > KEPT_FACETS:
                self._facets.popitem(last=False)
        return kept

    def _up_to_date(self, db: sa.Connection, after: int | None = None, *, waits: bool = True) -> _Seen:
        """Return the index once it has read every change that `db` sees, or that number `after`."""
        wanted = last_seq(db) if after is None else after
        seen = self._seen
        if seen is not None and (seen.seq >= wanted or self._is_put_off(wanted)):
            return seen
        if not waits:
            raise Busy
        with self._lock:
            if self._seen is None or not (self._seen.seq >= wanted or self._is_put_off(wanted)):
                try:
                    self._catch_up(wanted)
                    self._put_off = None
                except NotWritten as error:
                    if self._seen is None and not self._is_sound:
                        raise
                    self._note(error, wanted, db)
                if self._is_sound and self._translator is not None:
                    self._seen = _Seen(self._seq, self._searcher, self._translator)
            assert self._seen is not None
            return self._seen

    @property
    def _is_sound(self) -> bool:
        """Whether what is open is an index of this very database."""
        return self._is_verified and self._seq >= 0

    def _is_put_off(self, wanted: int) -> bool:
        put_off = self._put_off
        return put_off is not None and wanted <= put_off.wanted and time.monotonic() < put_off.until

    def _note(self, error: NotWritten, wanted: int, db: sa.Connection) -> None:
        """Put the changes off that the disk did not take: who searches has done nothing wrong."""
        reason = str(error)
        if self._put_off is None:
            seq = self._seq if self._seen is None else self._seen.seq
            log.warning("Searches do not find %s. %s %s", self._count_unread(db, seq), reason, PUT_OFF_HINT)
        self._put_off = _PutOff(wanted, time.monotonic() + RETRY_S, reason)

    def _read_changes(self) -> int:
        with self._db.reading() as db:
            return self._up_to_date(db).seq

    def _catch_up(self, seq: int) -> None:
        with told_as_not_written(self.folder), self._file_lock():
            if self._index is None:
                self._open()
            try:
                self._reload()
            except ValueError as error:
                self._start_anew(str(error))
            if not self._is_verified:
                self._verify()
            if self._seq < seq:
                with self._db.reading() as db:
                    write_changes(
                        self._index,
                        db,
                        self._identity,
                        after=self._seq,
                        levels=self._levels,
                        keeps_deleted=self._keeps_deleted,
                    )
                self._reload()
                self._facets.clear()

    def _verify(self) -> None:
        """Build the index anew when it is not that of this database. Done once: then it only follows."""
        with self._db.reading() as db:
            identity = int(db.execute(_IDENTITY).scalar_one())
            seq = last_seq(db)
            wanted = self._count_datasets(db)
        is_new = self._seq < 0
        is_other = self._identity != identity or self._seq > seq
        is_incomplete = self._seq == seq and self._searcher.num_docs - 1 != wanted
        if not is_new and (is_other or is_incomplete):
            self._start_anew("it does not fit the database")
        self._identity = identity
        self._is_verified = True

    def _count_datasets(self, db: sa.Connection) -> int:
        """Return how many datasets the index must hold."""
        query = _COUNT if self._keeps_deleted else _COUNT.where(packages.c.state != DELETED)
        return int(db.execute(query).scalar_one())

    def _count_unread(self, db: sa.Connection, seq: int) -> str:
        """Return how many changes came after number `seq`, in words; "" where there are none."""
        count = int(db.execute(_UNREAD, {"seq": seq}).scalar_one())
        return "" if last_seq(db) <= seq else f"{count} changed dataset{'s' * (count != 1)}"

    def _start_anew(self, reason: str) -> None:
        log.warning("The search index in %s is built anew: %s.", self.folder, reason)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder / self._layout)
        self._forget()
        self._open()
        self._reload()

    @contextmanager
    def _file_lock(self, name: str = "writer.lock") -> Iterator[None]:
        """Hold a lock among processes. Who waits next holds another one: else a busy process takes turn after turn."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held, ExitStack() as queue:
            for stack, file in ((queue, f"{name}.next"), (held, name)):
                fcntl.flock(stack.enter_context((self.folder / file).open("w")), fcntl.LOCK_EX)
            queue.close()
            yield

    def _open(self) -> None:
        place = self.folder / self._layout
        for old in self.folder.glob("v*"):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)
        try:
            self._index = open_index(place)
        except ValueError:
            log.warning("The search index in %s cannot be opened: it is built anew.", place)
            shutil.rmtree(place)
            self._index = open_index(place)
        self._translator = Translator(self._index.schema, french_analyzer(), word_analyzer(), EXACT_FIELDS, TEXT_FIELDS)

    def _reload(self) -> None:
        import tantivy

        self._index.reload()
        self._searcher = self._index.searcher()
        query = tantivy.Query.term_query(self._index.schema, "id", MARKER, "basic")
        hits = self._searcher.search(query, limit=1).hits
        marker = self._searcher.doc(hits[0][1]) if hits else None
        self._seq, self._levels = read_marker(marker) if marker else (-1, [])
        if marker:
            self._identity = marker["identity"][0]


def _keys(request: SearchRequest, translator: Translator) -> list[Key]:
    """Return the fields to sort by: equal ranks say nothing, and no field that is not there does."""
    is_ranked = translator.is_ranked(request.query)
    keys: list[Key] = []
    for key in request.sort:
        if key[0] in SORTED_FIELDS and (key[0] != SCORE or is_ranked) and key[0] not in [name for name, _ in keys]:
            keys.append(key)
    return keys or [("metadata_modified", True)]
