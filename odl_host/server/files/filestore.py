"""Files that are no resource's: what is known of each, and the storages that a manifest names for them.

Source: CKAN 2.12 as observed, and what its actions say of themselves. The bytes lie where the tenant's other files do;
a storage is a name with limits of its own, in which no two files have the same location.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, BinaryIO

import sqlalchemy as sa

from odl_host.ckan import JsonDict
from odl_host.server.database.tables import files
from odl_host.server.files.formats import guess_mimetype

EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"
_PREFIX = "ckan.files.storage."
_SNIFFED_BYTES = 4096
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF-": "application/pdf",
    b"\x1f\x8b": "application/gzip",
}
_TEXTUAL = ("text/", "application/json", "application/xml", "application/javascript")

_TRANSFORMERS: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {
        "uuid4": lambda _, __: str(uuid.uuid4()),
        "uuid4_prefix": lambda name, _: f"{uuid.uuid4()}{name}",
        "uuid4_with_extension": lambda name, _: f"{uuid.uuid4()}{PurePosixPath(name).suffix}",
        "datetime_prefix": lambda name, moment: f"{moment}{name}",
        "datetime_with_extension": lambda name, moment: f"{moment}{PurePosixPath(name).suffix}",
    }
)
"""From a name and an instant to a location: those that `ckan_values.LOCATION_TRANSFORMERS` names."""


@dataclass(frozen=True, slots=True)
class FileStorage:
    """What a storage takes: files of up to `max_size` bytes (-1: of any size), of these types or groups of types.

    Of a `public` one everybody may read everything, by its location.
    `disabled_capabilities` are CKAN's words for what it does not do: `CREATE`, `ANALYZE` (register), `REMOVE`.
    """

    name: str
    max_size: int = -1
    public: bool = False
    supported_types: tuple[str, ...] = ()
    location_transformers: tuple[str, ...] = ()
    disabled_capabilities: tuple[str, ...] = ()

    def takes(self, content_type: str) -> bool:
        """Return whether it takes files of this type; of every type where none is named.

        >>> images = FileStorage("x", supported_types=("image", "application/pdf"))
        >>> images.takes("image/png"), images.takes("application/json")
        (True, False)
        """
        kinds = {content_type, *content_type.split("/")}
        return not self.supported_types or not kinds.isdisjoint(self.supported_types)

    def locate(self, name: str, created: str) -> str:
        """Return where a file of this name goes that was created at this instant.

        >>> FileStorage("x", location_transformers=("datetime_prefix",)).locate("a.csv", "2026-01-31T08:15:30.123456")
        '2026-01-31T08:15:30.123456+00:00a.csv'
        """
        location = name
        for transformer in self.location_transformers:
            location = _TRANSFORMERS[transformer](location, shown_moment(created))
        return location


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a file; `size` in bytes, `blob` the SHA-256 under which its bytes lie."""

    id: str
    name: str
    location: str
    storage: str
    content_type: str
    size: int
    blob: str
    created: str
    owner_type: str
    owner_id: str
    pinned: bool

    def shown(self) -> JsonDict:
        """Return it as CKAN shows it."""
        known = asdict(self)
        digest, created = known.pop("blob"), shown_moment(known.pop("created"))
        return {**known, "hash": digest, "algorithm": "sha256", "created": created, "storage_data": {}}


def shown_moment(moment: str) -> str:
    """Return an instant with its zone, as CKAN shows those of files."""
    return f"{moment}+00:00"


SORTABLE: Mapping[str, sa.Column[Any]] = {
    **{column.name: column for column in files.c if column is not files.c.blob},
    "hash": files.c.blob,
}
"""The columns by which a list may be sorted, by the names that are shown."""


def find_storage(settings: Mapping[str, object], name: str) -> FileStorage | None:
    """Return a storage that the manifest names, or None."""
    if f"{_PREFIX}{name}.type" not in settings:
        return None
    options: dict[str, Any] = {
        option.name: settings[key]
        for option in fields(FileStorage)
        if (key := f"{_PREFIX}{name}.{option.name}") in settings
    }
    return FileStorage(name, **options)


def find_stored_file(db: sa.Connection, file_id: str) -> File | None:
    """Return the file of this id, or None."""
    row = db.execute(sa.select(files).where(files.c.id == file_id)).first()
    return File(**row._mapping) if row else None


def find_file_at(db: sa.Connection, storage: str, location: str) -> File | None:
    """Return the file of the storage that has this location, or None."""
    row = db.execute(sa.select(files).where(files.c.storage == storage, files.c.location == location)).first()
    return File(**row._mapping) if row else None


def list_owned(
    db: sa.Connection, owner_type: str, owner_id: str, *, sort: str, start: int, rows: int
) -> tuple[int, list[File]]:
    """Return how many files someone owns, and `rows` of them from number `start` on, sorted by a column."""
    is_theirs = sa.and_(files.c.owner_type == owner_type, files.c.owner_id == owner_id)
    count = db.scalar(sa.select(sa.func.count()).select_from(files).where(is_theirs)) or 0
    query = sa.select(files).where(is_theirs).order_by(SORTABLE[sort], files.c.created, files.c.id)
    return count, [File(**row._mapping) for row in db.execute(query.offset(start).limit(rows))]


def sniff_type(name: str, stream: BinaryIO) -> str:
    """Return the media type of a file: what its bytes say; of a text or an unknown format, what its name ends with.

    >>> import io
    >>> sniff_type("a.png", io.BytesIO(b"%PDF-1.4")), sniff_type("a.csv", io.BytesIO(b"a,b"))
    ('application/pdf', 'text/csv')
    >>> sniff_type("a.png", io.BytesIO(b"a,b")), sniff_type("a.csv", io.BytesIO(bytes(9)))
    ('text/plain', 'application/octet-stream')
    >>> sniff_type("a.csv", io.BytesIO())
    'application/x-empty'
    """
    start = stream.read(_SNIFFED_BYTES)
    if not start:
        return EMPTY
    for signature, known in _SIGNATURES.items():
        if start.startswith(signature):
            return known
    guessed = guess_mimetype(name) or ""
    is_textual = guessed.startswith(_TEXTUAL) or guessed.endswith(("+json", "+xml"))
    if _is_text(start):
        return guessed if is_textual else "text/plain"
    return guessed if guessed and not is_textual else UNKNOWN


def _is_text(start: bytes) -> bool:
    if b"\x00" in start:
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4 and len(start) == _SNIFFED_BYTES  # a character cut in two
    return True
