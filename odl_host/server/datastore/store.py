"""Which table stands behind a resource: its written rows, else its published file; and the tables kept open.

A resource that has a row file is that file. One that was made over another upload, or for a resource of the same id
that is gone, is stale and counts for nothing: nothing breaks when its removal is forgotten.
"""

from __future__ import annotations

import fcntl
import functools
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from odl_host.errors import StorageError, Unavailable
from odl_host.server.database.database import Busy
from odl_host.server.database.tables import resources
from odl_host.server.datastore.published import (
    SMALL_BYTES,
    NoTable,
    Source,
    derive,
    hold,
    is_tabular,
    load_small,
    open_derived,
)
from odl_host.server.datastore.rowfile import RowTable, create_rows, delete_rows, open_rows
from odl_host.server.datastore.selections import KeptSelections
from odl_host.server.datastore.table import Table
from odl_host.server.objects.datasets import Resource, find_resource
from odl_host.storage.local import Storage

if TYPE_CHECKING:
    from odl_host.ckan import JsonDict
    from odl_host.schemas.registry import Registry, Schema

MAX_OPEN_BYTES = 64 << 20
"""Memory for tables kept open, per process."""
MAX_HELD_BYTES = 16 << 20
"""Of a published file whose rows a full disk does not take: who reads them has done nothing wrong."""
MAX_OPEN_TABLES = 200
"""Each database file takes two or three file descriptors."""

log = logging.getLogger(__name__)

_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{7,100}\Z")


class RowStore:
    """The tables of one site. Safe to share between threads; processes share the files."""

    def __init__(self, folder: Path, storage: Storage, schema_cache: Path | None = None) -> None:
        self.folder = folder
        self.storage = storage
        self.schema_cache = schema_cache
        self._open: OrderedDict[str, Table] = OrderedDict()
        self._bytes = 0
        self._selections = KeptSelections()
        self._lock = threading.Lock()
        self._not_tables: set[str] = set()
        self._deriving: dict[str, threading.Lock] = {}

    def find(self, resource: Resource, *, waits: bool = True) -> Table | None:
        """Return the table of a resource, or None: it has no rows.

        :raises Busy: `waits` is False, and the table is not open yet.
        """
        fields = resource.fields
        written = self.find_written(resource, fields, waits=waits)
        if written is not None:
            return None if written.is_dropped else written
        return self._find_published(resource, fields, waits=waits)

    def find_written(self, resource: Resource, fields: JsonDict, *, waits: bool = True) -> RowTable | None:
        """Return the row file of a resource, dropped or not, or None: it has none that is of this resource."""
        path = self._path(resource.id)
        try:
            inode = path.stat().st_ino
            with self._lock:
                known = self._open.get(str(path))
                if known is not None:
                    self._open.move_to_end(str(path))
            if not isinstance(known, RowTable) or known.inode != inode:
                if not waits:
                    raise Busy
                known = open_rows(path)
                self._remember(str(path), known)
        except FileNotFoundError:
            return None
        return known if known.stamp.removeprefix("dropped ") == _stamp(resource, fields) else None

    def to_write(self, resource: Resource, *, copies: bool = True) -> RowTable:
        """Return the row file of a resource, made when it has none; `copies`: of its published rows."""
        fields = resource.fields
        written = self.find_written(resource, fields)
        if written is not None and not written.is_dropped:
            return written
        with self._creating():
            written = self.find_written(resource, fields)  # another may have made it meanwhile
            if written is not None and not written.is_dropped:
                return written
            source = self._find_published(resource, fields) if copies and written is None else None
            return self._create(resource, _stamp(resource, fields), source)

    def discard_unused(self, resource: Resource) -> None:
        """Remove a row file that nothing was ever written to: its creation was refused."""
        with self._creating():
            written = self.find_written(resource, resource.fields)
            if written is None:
                return
            # Who writes to it at this moment would be told that it is kept, and lose it.
            with suppress(Unavailable), written.writing(is_kept=False):
                if written.is_unused:
                    self.forget(resource.id)

    def drop(self, resource: Resource) -> None:
        """Delete the table of a resource; over a published file, a mark that it has none stays."""
        fields = resource.fields
        with self._creating():
            if self._find_published(resource, fields) is not None:
                self._create(resource, f"dropped {_stamp(resource, fields)}", None)
            else:
                self.forget(resource.id)

    def forget(self, resource_id: str) -> None:
        """Remove the row file of a resource that is gone; having none is no error."""
        path = self._path(resource_id)
        with self._lock:
            gone = self._open.pop(str(path), None)
            self._bytes -= gone.size_bytes if gone else 0
        delete_rows(path)

    def sweep(self, db: sa.Connection) -> int:
        """Remove the files of resources that are gone, and those made from files that no resource has.

        Return the bytes given back. What is removed is never in use: a row file goes with its resource when that is
        deleted, and this is for the day when a process was killed in between.
        """
        freed = 0
        for file in self.folder.glob("written/*/*.sqlite"):
            if find_resource(db, file.stem) is None:
                freed += file.stat().st_size
                self.forget(file.stem)
        held = sa.select(resources.c.id).where(resources.c.blob == sa.bindparam("blob")).limit(1)
        for file in self.folder.glob("derived/*/*.sqlite"):
            if db.execute(held, {"blob": file.name.partition("-")[0]}).first() is None:
                freed += file.stat().st_size
                file.unlink(missing_ok=True)
        return freed

    def close(self) -> None:
        """Let go of every open table."""
        with self._lock:
            self._open.clear()
            self._bytes = 0

    @contextmanager
    def _creating(self) -> Iterator[None]:
        """Let one thread of one process at a time make or remove row files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # falls with the file, and with the process
            yield

    def _create(self, resource: Resource, stamp: str, source: Table | None) -> RowTable:
        path = self._path(resource.id)
        with self._lock:
            gone = self._open.pop(str(path), None)
            self._bytes -= gone.size_bytes if gone else 0
        made = create_rows(path, stamp, source)
        self._remember(str(path), made)
        return made

    def _path(self, resource_id: str) -> Path:
        # Ids are checked when a resource is made; a file name is worth a second look.
        name = resource_id if _SAFE_ID.match(resource_id) else resource_id.encode().hex()[:200]
        return Path(f"{self.folder}/written/{name[:2].lower()}/{name}.sqlite")

    def _find_published(self, resource: Resource, fields: JsonDict, *, waits: bool = True) -> Table | None:
        if resource.blob is None or not is_tabular(fields):
            return None
        source = Source(resource.blob, self._find_schema(fields))
        if source.key in self._not_tables:
            return None
        with self._lock:
            known = self._open.get(source.key)
            if known is not None:
                self._open.move_to_end(source.key)
                return known
        if not waits:
            raise Busy
        try:
            table = self._load(source)
        except NoTable:
            self._not_tables.add(source.key)
            return None
        self._remember(source.key, table)
        return table

    def _load(self, source: Source) -> Table:
        with self.storage.open(source.sha256) as file:
            size = file.seek(0, 2)
            file.seek(0)
            if size <= SMALL_BYTES:
                return load_small(file, source.schema, source.key)
            path = self.folder / "derived" / source.key[:2] / f"{source.key}.sqlite"
            if not path.exists():
                with self._lock:
                    lock = self._deriving.setdefault(source.key, threading.Lock())
                with lock:  # the others wait for the first instead of doing the same work
                    if not path.exists():
                        try:
                            derive(file, source.schema, path)
                        except StorageError as error:
                            if size > MAX_HELD_BYTES:
                                raise
                            log.warning("%s Its rows are held in memory.", error)
                            file.seek(0)
                            return hold(file, source.schema, source.key, size_bytes=size)
            return open_derived(path, source.schema)

    def _find_schema(self, fields: JsonDict) -> Schema | None:
        name, version = fields.get("schema_name"), fields.get("schema_version")
        if not isinstance(name, str) or not name:
            return None
        reference = f"{name}@{version}" if isinstance(version, str) and version else name
        return _registry(self.schema_cache).find_schema(reference)

    def _remember(self, key: str, table: Table) -> None:
        table.selections = self._selections  # one bound for all of them
        with self._lock:
            before = self._open.pop(key, None)
            self._open[key] = table
            self._bytes += table.size_bytes - (before.size_bytes if before else 0)
            while len(self._open) > 1 and (self._bytes > MAX_OPEN_BYTES or len(self._open) > MAX_OPEN_TABLES):
                _, oldest = self._open.popitem(last=False)
                self._bytes -= oldest.size_bytes


@functools.cache
def _registry(cache: Path | None) -> Registry:
    from odl_host.schemas.registry import load_registry

    return load_registry(cache)


def _stamp(resource: Resource, fields: JsonDict) -> str:
    """What a row file belongs to: this resource, made at this time, with this file."""
    return f"{fields.get('created')} {resource.blob or ''}"
