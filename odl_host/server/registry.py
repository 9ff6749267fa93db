"""The actions: how they are declared, and the one way to call them.

Always in this order: parse the parameters, store the files, open the transaction, ask `allow`, run, commit. An
exception takes everything back. An action cannot be declared without parameters, access rule and documentation.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import sqlalchemy as sa

from odl_host.ckan import BadRequest, NotAuthorized, ValidationError
from odl_host.server.params import Params

if TYPE_CHECKING:
    from odl_host.server.sites import Site

ACTION_MODULES = (
    "activities",
    "activity_changes",
    "autocompletes",
    "bulk",
    "collaborators",
    "configuration",
    "datastore",
    "datastore_changes",
    "datastore_triggers",
    "files",
    "followees",
    "followers",
    "group_lists",
    "groups",
    "invitations",
    "jobs",
    "members",
    "notices",
    "owners",
    "packages",
    "relationships",
    "resource_searches",
    "resources",
    "restores",
    "revisions",
    "searches",
    "site",
    "tags",
    "tasks",
    "tokens",
    "translations",
    "users",
    "versions",
    "views",
    "vocabularies",
)


SCOPED_WRITES = (
    *("package_create", "package_update", "package_patch", "package_revise", "package_delete"),
    *("resource_create", "resource_update", "resource_patch", "resource_delete", "resource_view_", "datastore_"),
)
"""What a token that is scoped to an organization may be used for, besides reading."""

T = TypeVar("T")
P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class User:
    """Who calls."""

    id: str
    name: str
    sysadmin: bool
    scope: str = ""
    """Id of the only organization in which the caller's token has rights; "" where it has all those of its user."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call; `path` where it lies, when nobody alters it and the storage may keep it itself."""

    filename: str
    file: BinaryIO
    content_type: str = ""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a call after it was stored."""

    filename: str
    sha256: str
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True)
class Context:
    """What an action works with: the site, the open transaction, the caller, the files that came with the call."""

    action: str
    site: Site
    db: sa.Connection
    user: User | None
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    waits: bool = True
    """Whether the action may take more than a moment; where not, it raises `Busy` and is called again in a thread."""
    index_seq: int | None = None
    """How far it is enough that the search index has read; None: as far as `db` sees."""
    then: list[Callable[[], None]] = field(default_factory=list, repr=False)
    """What to do once the transaction is kept: what cannot be taken back."""
    _found: dict[tuple[Any, str], Any] = field(default_factory=dict, repr=False)

    def once(self, look_up: Callable[[sa.Connection, str], T], ref: str) -> T:
        """Return what `look_up` finds in the database, asking once: a rule and its action look at the same object.

        For what stands there when the call begins; after writing, call `look_up` itself.
        """
        key = (look_up, ref)
        if key not in self._found:
            self._found[key] = look_up(self.db, ref)
        found: T = self._found[key]
        return found


Run = Callable[[Context, Any], Any]
Allow = Callable[[Context, Any], None]


_callers_only: set[Allow] = set()


def of_callers(rule: Allow) -> Allow:
    """Mark a rule that looks at the caller only: as in CKAN, it is asked even where parameters are wrong."""
    _callers_only.add(rule)
    return rule


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the Action API."""

    name: str
    params: type[Params]
    allow: Allow
    run: Run
    reads: bool
    quick: bool
    keeps: bool
    writes_elsewhere: bool
    at_once: int
    searches: bool
    help: str


_actions: dict[str, Action] = {}


def action(
    *,
    params: type[P],
    allow: Callable[[Context, P], None],
    reads: bool = False,
    quick: bool = False,
    keeps: bool = False,
    writes_elsewhere: bool = False,
    at_once: int = 0,
    searches: bool = False,
) -> Callable[[Callable[[Context, P], Any]], Callable[[Context, P], Any]]:
    """Declare a function as the action of its name.

    `reads` allows GET and gives it a transaction that cannot write. `quick` says that it answers within a
    millisecond whatever the size of the catalogue, or raises `Busy` where its context does not wait, so that the HTTP
    server runs it without a thread; of one that writes, when what is sent is short. `keeps`: what it answers the public
    depends on its parameters and the database alone, and may be given again until a write.
    `writes_elsewhere` says that what it writes is not in the catalogue's database: it does not take its turn among
    the writers, and opens a transaction itself for what little it changes there. `at_once`: of one that may take
    seconds, how many calls the HTTP server makes at once in a process, so that others find a thread; 0 is no bound.
    `searches`: it looks into the search index; the HTTP server makes many calls wait together until that is up to date.
    """

    def declare(run: Callable[[Context, P], Any]) -> Callable[[Context, P], Any]:
        name = run.__name__
        if name in _actions:
            raise TypeError(f"The action {name} is declared twice.")
        if not run.__doc__:
            raise TypeError(f"The action {name} has no documentation.")
        documentation = inspect.cleandoc(run.__doc__)
        _actions[name] = Action(
            name, params, allow, run, reads, quick, keeps, writes_elsewhere, at_once, searches, documentation
        )
        return run

    return declare


@functools.cache
def all_actions() -> Mapping[str, Action]:
    """Return every action by name."""
    for module in ACTION_MODULES:
        importlib.import_module(f"odl_host.server.actions.{module}")
    return MappingProxyType(_actions)


def get_action(name: str) -> Action:
    """Return an action. :raises BadRequest: no action has this name."""
    try:
        return all_actions()[name]
    except KeyError:
        raise BadRequest(f"Action name not known: {name}") from None


def call_action(
    site: Site,
    user: User | None,
    name: str,
    data_dict: dict[str, Any],
    files: Mapping[str, Upload] | None = None,
    *,
    waits: bool = True,
    index_seq: int | None = None,
) -> Any:
    """Run an action for `user` and return its result: a JSON value, or `documents.Rendered` text.

    `index_seq`: how far it is enough that the search index has read.

    :raises WireError: what CKAN would answer instead of a success.
    :raises Busy: `waits` is False, and another writer has its turn, or it takes longer; nothing has been done.
    """
    chosen = get_action(name)
    if user is not None and user.scope and not chosen.reads and not name.startswith(SCOPED_WRITES):
        raise NotAuthorized(f"User {user.name} calls with a token that may only change the data of one organization")
    try:
        params = chosen.params.parse(data_dict, files or ())
    except ValidationError:
        if chosen.allow in _callers_only:
            with site.db.reading() as db:
                chosen.allow(Context(name, site, db, user), None)
        raise
    if chosen.reads or chosen.writes_elsewhere:
        with site.db.reading() as db:
            context = Context(name, site, db, user, waits=waits, index_seq=index_seq)
            chosen.allow(context, params)
            return chosen.run(context, params)
    stored: dict[str, StoredFile] = {}
    if files:
        # Not everyone may fill the disk: the rule is asked before a file is stored, and again in the transaction.
        with site.db.reading() as db:
            chosen.allow(Context(name, site, db, user), params)
        stored = site.store(files)
    with site.db.writing(waits=waits) as db:
        for field_name, upload in files.items() if files else ():
            # A clean-up may have removed the very same bytes, without use until now, before this transaction began.
            if not site.storage.exists(stored[field_name].sha256):
                upload.file.seek(0)
                site.store({field_name: upload})
        context = Context(name, site, db, user, stored)
        chosen.allow(context, params)
        result = chosen.run(context, params)
    for follow in context.then:
        follow()
    return result
