"""Who is logged in: sessions in the database, and what stops guessing of passwords.

A session is a random token in a cookie; only its hash is kept, as of an API token, so that it can be neither forged
nor read back, and it ends when it is taken away, when it expires, or when the password changes.
"""

from __future__ import annotations

import functools
import threading
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from odl_host.server.accounts.credentials import hash_password, hash_token, is_password, new_token
from odl_host.server.clock import now
from odl_host.server.database.tables import sessions, users
from odl_host.server.registry import User
from odl_host.server.sites import Site

LIFETIME = timedelta(days=14)
COOKIE = "odl_session"

HASHES_AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MB and a processor while it lasts."""

_USER_OF_SESSION = (
    sa.select(users.c.id, users.c.name, users.c.sysadmin)
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(
        users.c.state == "active",
        sessions.c.hash == sa.bindparam("hash"),
        sessions.c.expires_at > sa.bindparam("now"),
    )
)
_ACCOUNT = sa.select(users.c.id, users.c.name, users.c.sysadmin, users.c.password_hash).where(
    users.c.state == "active",
    sa.or_(users.c.name == sa.bindparam("login"), sa.func.lower(users.c.email) == sa.bindparam("login")),
)


_hashing = threading.Semaphore(HASHES_AT_ONCE)


@functools.cache
def _nobodys_hash() -> str:
    """Return what is checked for a name that is not there: it must take as long as a wrong password."""
    return hash_password(new_token())


def log_in(site: Site, login: str, password: str, address: str) -> str | None:
    """Return the token of a new session for who knows the password, or None. `login` is a name or an e-mail address.

    :raises TooManyFailures: wrong passwords were given too often.
    """
    key = login.strip().lower()[:200]
    site.failures.check(key, address)
    with site.db.reading() as db:
        account = db.execute(_ACCOUNT, {"login": key}).first()
    with _hashing:
        is_right = is_password(password[:1000], account.password_hash if account else _nobodys_hash())
    if account is None or not is_right:
        site.failures.add(key, address)
        return None
    token = new_token()
    ends = (datetime.now(UTC).replace(tzinfo=None) + LIFETIME).isoformat()
    with site.db.writing() as db:
        db.execute(sessions.delete().where(sessions.c.expires_at <= now()))
        row = {"hash": hash_token(token), "user_id": account.id, "created_at": now(), "expires_at": ends}
        db.execute(sessions.insert(), row)
        db.execute(users.update().where(users.c.id == account.id), {"last_active": now()})
    return token


def find_user_by_session(site: Site, token: str) -> User | None:
    """Return the active user who is logged in with this token, or None."""
    with site.db.reading() as db:
        row = db.execute(_USER_OF_SESSION, {"hash": hash_token(token), "now": now()}).first()
    return User(row.id, row.name, row.sysadmin) if row else None


def log_out(site: Site, token: str) -> None:
    """End a session; one that is not there is no error."""
    with site.db.writing() as db:
        db.execute(sessions.delete().where(sessions.c.hash == hash_token(token)))


def end_sessions(db: sa.Connection, user_id: str) -> None:
    """End every session of a user, as when the password changes."""
    db.execute(sessions.delete().where(sessions.c.user_id == user_id))
