"""One tenant's catalogue, opened: its database, its files, its index and who may act in it.

A `Site` is opened once per process and shared by its threads. Actions receive it and never learn which host name
chose it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from odl_host.ckan_settings import CKAN_DEFAULTS, merge_settings
from odl_host.errors import ConfigError, StorageError, Unavailable
from odl_host.server.accounts.credentials import hash_token
from odl_host.server.accounts.guesses import Failures
from odl_host.server.accounts.tokens import insert_token
from odl_host.server.answers import KeptAnswers
from odl_host.server.clock import now
from odl_host.server.database import tables
from odl_host.server.database.database import Busy, Database, open_database
from odl_host.server.database.statements import Statement
from odl_host.server.documents import Rendered
from odl_host.server.registry import StoredFile, Upload, User
from odl_host.storage.local import Storage, iter_chunks
from odl_host.tenants import Legal

if TYPE_CHECKING:
    from odl_host.server.datastore.store import RowStore
    from odl_host.server.embedded import EmbeddedCKAN
    from odl_host.server.search.index import SearchIndex

_USER = Statement(
    sa.select(tables.users.c.id, tables.users.c.name, tables.users.c.sysadmin).where(
        tables.users.c.state == "active", tables.users.c.name == sa.bindparam("name")
    )
)
_USER_OF_TOKEN = Statement(
    sa.select(
        tables.users.c.id,
        tables.users.c.name,
        tables.users.c.sysadmin,
        tables.api_tokens.c.organization_id,
        tables.api_tokens.c.last_access,
    )
    .join(tables.api_tokens, tables.api_tokens.c.user_id == tables.users.c.id)
    .where(
        tables.users.c.state == "active",
        tables.api_tokens.c.hash == sa.bindparam("hash"),
        sa.or_(tables.api_tokens.c.expires_at.is_(None), tables.api_tokens.c.expires_at > sa.bindparam("now")),
    )
)

_ACCESS = tables.api_tokens.update().where(tables.api_tokens.c.hash == sa.bindparam("key"))
_ACTIVE = tables.users.update().where(
    tables.users.c.id.in_(sa.select(tables.api_tokens.c.user_id).where(tables.api_tokens.c.hash == sa.bindparam("key")))
)
ACCESS_CHARACTERS = len("2026-01-31T08:1")
"""As much of an instant as tells tens of minutes apart: a token's last use is kept no more exactly."""


log = logging.getLogger(__name__)

Post: TypeAlias = Callable[[str, str, str], None]
"""Sends a letter: to which address, its subject, its text. It raises OdlError where the letter cannot leave."""


@dataclass(frozen=True, slots=True)
class Site:
    """A tenant's catalogue."""

    name: str
    title: str
    url: str
    description: str
    db: Database
    storage: Storage
    index: SearchIndex
    rows: RowStore
    contact: str = ""
    legal: Legal = field(default_factory=Legal)
    settings: Mapping[str, object] = field(default_factory=lambda: CKAN_DEFAULTS)
    answers: KeptAnswers[Rendered] = field(default_factory=KeptAnswers)
    """What searches of rows found, until their table changes."""
    bodies: KeptAnswers[bytes] = field(default_factory=KeptAnswers)
    """What the public was answered, ready to be sent, until anything is written."""
    accesses: dict[str, str] = field(default_factory=dict)
    """When tokens were used, by their hash, until it is written down."""
    failures: Failures = field(default_factory=Failures)
    post: Post | None = None

    @property
    def own_user(self) -> str:
        """The name of the user that the site's own commands act as."""
        return str(self.settings["ckan.site_id"])

    @property
    def proxies(self) -> bool:
        """Whether files of other sites are handed on to pages that may not fetch them."""
        return "resource_proxy" in self.words("ckan.plugins")

    @property
    def cascading_roles(self) -> frozenset[str]:
        """The roles that count in every group below the one they were given in."""
        return frozenset(self.words("ckan.auth.roles_that_cascade_to_sub_groups"))

    @property
    def default_views(self) -> tuple[str, ...]:
        """The kinds of views that a new resource gets where they fit."""
        return self.words("ckan.views.default_views")

    @property
    def extra_resource_fields(self) -> tuple[str, ...]:
        """The resource fields beyond CKAN's own that `resource_search` looks in."""
        return self.words("ckan.extra_resource_fields")

    @property
    def locale(self) -> str:
        """The language that the portal speaks where an address names none, and in its letters."""
        return str(self.settings["ckan.locale_default"])

    def words(self, key: str) -> tuple[str, ...]:
        """A setting of CKAN's that is a list."""
        value = self.settings[key]
        return value if isinstance(value, tuple) else ()

    def find_user(self, name: str) -> User | None:
        """Return the active user of this name, or None."""
        row = self.db.look_up(_USER, name=name)
        return User(row.id, row.name, row.sysadmin) if row else None

    def find_user_by_token(self, token: str) -> User | None:
        """Return the active user whom this token stands for, or None."""
        digest, moment = hash_token(token), now()
        row = self.db.look_up(_USER_OF_TOKEN, hash=digest, now=moment)
        if row is None:
            return None
        if (row.last_access or "")[:ACCESS_CHARACTERS] != moment[:ACCESS_CHARACTERS]:
            self.accesses[digest] = moment
        # A scoped token has none of a sysadmin's rights, whoever it stands for.
        return User(row.id, row.name, row.sysadmin and not row.organization_id, row.organization_id or "")

    def note_accesses(self) -> None:
        """Write down when tokens were last used: those that were noted since, each once in ten minutes.

        Who reads waits for no writer, and for no disk that is full: then it is written at a later call.
        """
        noted = dict(self.accesses)
        self.accesses.clear()
        if not noted:
            return
        try:
            with self.db.writing(is_news=False, waits=False) as db:
                db.execute(_ACCESS, [{"key": digest, "last_access": moment} for digest, moment in noted.items()])
                db.execute(_ACTIVE, [{"key": digest, "last_active": moment} for digest, moment in noted.items()])
        except Busy:
            self.accesses.update(noted | self.accesses)
        except (StorageError, Unavailable) as error:
            log.error("When tokens were last used is not written down: %s %s", error, error.hint)

    def store(self, uploads: Mapping[str, Upload]) -> dict[str, StoredFile]:
        """Store the files that came with a call, by their fields. :raises StorageError: one cannot be kept."""
        blobs = self.storage.put_all(upload.path or iter_chunks(upload.file) for upload in uploads.values())
        return {
            key: StoredFile(upload.filename, blob.sha256, blob.size_bytes, upload.content_type)
            for (key, upload), blob in zip(uploads.items(), blobs, strict=True)
        }

    def as_user(self, name: str) -> EmbeddedCKAN:
        """Return this catalogue as one user sees it."""
        from odl_host.server.embedded import EmbeddedCKAN

        return EmbeddedCKAN(self, name)

    def as_sysadmin(self) -> EmbeddedCKAN:
        """Return this catalogue as its administrator sees it."""
        return self.as_user(ensure_sysadmin(self))

    def as_anonymous(self) -> EmbeddedCKAN:
        """Return this catalogue as the public sees it."""
        from odl_host.server.embedded import EmbeddedCKAN

        return EmbeddedCKAN(self)

    def close(self) -> None:
        """Release the database and the index."""
        self.index.close()
        self.rows.close()
        self.db.close()


def open_site(
    *,
    name: str,
    title: str,
    url: str,
    description: str,
    data_dir: Path,
    storage: Storage,
    database: str = "",
    schema_cache: Path | None = None,
    contact: str = "",
    legal: Legal | None = None,
    settings: Mapping[str, object] = MappingProxyType({}),
    post: Post | None = None,
) -> Site:
    """Open a tenant's catalogue, creating or migrating its tables.

    `database` is a PostgreSQL URL; without it the catalogue is the file `data_dir/catalogue.sqlite`.

    `schema_cache` is the folder of the schemas that this machine knows besides the built-in ones.

    `post` sends letters; without it there are none, and nobody can be invited.

    `legal`: what the legal notice names.

    `settings` are CKAN's own, by their names (`ckan.auth.create_unowned_dataset`), over CKAN's defaults.

    :raises ConfigError: a setting is unknown, or the database was written by a newer version.
    :raises StorageError: the database cannot be opened. :raises Unavailable: it does not answer.
    """
    from odl_host.server.datastore.store import RowStore
    from odl_host.server.search.index import SearchIndex

    chosen = merge_settings(settings)
    db = open_database(database or data_dir / "catalogue.sqlite")
    return Site(
        name=name,
        title=title,
        url=url.rstrip("/"),
        description=description,
        contact=contact,
        legal=legal or Legal(),
        db=db,
        storage=storage,
        index=SearchIndex(data_dir / "index", db, keeps_deleted=not chosen["ckan.search.remove_deleted_packages"]),
        rows=RowStore(data_dir / "rows", storage, schema_cache),
        settings=chosen,
        post=post,
    )


def ensure_sysadmin(site: Site) -> str:
    """Create the administrator that commands act as, if absent, and return the name.

    :raises ConfigError: somebody else has it.
    """
    name = site.own_user
    user = site.find_user(name)
    if user is not None and user.sysadmin:
        return name
    with site.db.writing() as db:
        # Writers take turns: another process may have created it while this one waited.
        found = db.execute(sa.select(tables.users).where(tables.users.c.name == name)).first()
        if found is None:
            row = {"id": str(uuid.uuid4()), "name": name, "sysadmin": True, "state": "active"}
            db.execute(tables.users.insert(), {**row, "created": now(), "fullname": "odl-host"})
        elif not found.sysadmin or found.state != "active":
            raise ConfigError(
                f"The user “{name}” is no administrator: the portal's own commands cannot act as that person.",
                hint="Let ckan.site_id in the manifest's [ckan] table name nobody.",
            )
    return name


def create_token(site: Site, user: str, name: str) -> str:
    """Create an API token for a user and return it; it cannot be read again.

    :raises LookupError: no active user has this name.
    """
    owner = site.find_user(user)
    if owner is None:
        raise LookupError(f"No active user is called “{user}”.")
    with site.db.writing() as db:
        return insert_token(db, owner.id, name)
