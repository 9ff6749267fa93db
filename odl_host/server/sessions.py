"""Who is logged in: sessions in the database, and what stops guessing of passwords.

A session is a random token in a cookie; only its hash is kept, as of an API token, so that it can be neither forged
nor read back, and it ends when it is taken away, when it expires, or when the password changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from time import monotonic

import sqlalchemy as sa

from odl_host.server.clock import now
from odl_host.server.credentials import hash_password, hash_token, is_password, new_token
from odl_host.server.registry import User
from odl_host.server.sites import Site
from odl_host.server.tables import sessions, users

LIFETIME = timedelta(days=14)
COOKIE = "odl_session"

WINDOW_S = 900.0
MAX_FAILURES = 10
"""Wrong passwords for one name from one address within the window; and five times as many for a name or an address."""

MAX_KEYS = 20_000
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


class TooManyFailures(Exception):
    """Too many wrong passwords were given; the same login is heard again later."""


class Failures:
    """Wrong passwords of the last quarter of an hour, in this process; the oldest forgotten first."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, login: str, address: str) -> None:
        """:raises TooManyFailures: this login or address has failed too often."""
        limits = {f"{login}\n{address}": MAX_FAILURES, login: 5 * MAX_FAILURES, f"\n{address}": 5 * MAX_FAILURES}
        since = monotonic() - WINDOW_S
        with self._lock:
            for key, limit in limits.items():
                if sum(1 for each in self._times.get(key, ()) if each > since) >= limit:
                    raise TooManyFailures

    def add(self, login: str, address: str) -> None:
        """Count a wrong password."""
        with self._lock:
            for key in (f"{login}\n{address}", login, f"\n{address}"):
                times = [*self._times.pop(key, ())[-5 * MAX_FAILURES :], monotonic()]
                self._times[key] = times
            while len(self._times) > MAX_KEYS:
                self._times.popitem(last=False)


failures = Failures()
_hashing = threading.Semaphore(HASHES_AT_ONCE)
_nobody_hash: list[str] = []
"""Checked for names that are not there: they must take as long as a wrong password."""


def log_in(site: Site, login: str, password: str, address: str) -> str | None:
    """Return the token of a new session for who knows the password, or None. `login` is a name or an e-mail address.

    :raises TooManyFailures: wrong passwords were given too often.
    """
    key = login.strip().lower()[:200]
    failures.check(f"{site.name}/{key}", address)
    with site.db.reading() as db:
        account = db.execute(_ACCOUNT, {"login": key}).first()
    with _hashing:
        if not _nobody_hash:
            _nobody_hash.append(hash_password(new_token()))
        is_right = is_password(password[:1000], account.password_hash if account else _nobody_hash[0])
    if account is None or not is_right:
        failures.add(f"{site.name}/{key}", address)
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
