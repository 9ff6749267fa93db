"""Invitations: the link by which who was invited chooses a password, and so makes the account active.

An invitation is kept beside the sessions, under a hash that is no session's: it logs nobody in, whatever becomes of the
account, and ends when a password is chosen.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from odl_host.server.accounts.credentials import hash_password, hash_token, new_token
from odl_host.server.accounts.sessions import end_sessions
from odl_host.server.clock import now
from odl_host.server.database.tables import sessions, users
from odl_host.server.sites import Site

LIFETIME = timedelta(days=7)
PASSWORD_MIN_LENGTH = 8

_others = users.alias()
_INVITED = (
    sa.select(users.c.name)
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(
        users.c.id == sa.bindparam("id"),
        users.c.state == "pending",
        sessions.c.hash == sa.bindparam("hash"),
        sessions.c.expires_at > sa.bindparam("now"),
        # No two active users have one address.
        ~sa.exists().where(_others.c.state == "active", sa.func.lower(_others.c.email) == sa.func.lower(users.c.email)),
    )
)


def new_invitation(db: sa.Connection, user_id: str) -> str:
    """Return the key of a new invitation of a pending user; it cannot be read again."""
    key = new_token()
    ends = (datetime.now(UTC).replace(tzinfo=None) + LIFETIME).isoformat()
    row = {"hash": _hash(key), "user_id": user_id, "created_at": now(), "expires_at": ends}
    db.execute(sessions.insert(), row)
    return key


def find_invited(site: Site, user_id: str, key: str) -> str | None:
    """Return the name of the pending user whose invitation this is, or None."""
    with site.db.reading() as db:
        return _find(db, user_id, key)


def accept_invitation(site: Site, user_id: str, key: str, password: str) -> bool:
    """Give the invited user a password and make the account active; return whether the invitation still stands."""
    hashed = hash_password(password)
    with site.db.writing() as db:
        if _find(db, user_id, key) is None:
            return False
        db.execute(users.update().where(users.c.id == user_id), {"password_hash": hashed, "state": "active"})
        end_sessions(db, user_id)
    return True


def _find(db: sa.Connection, user_id: str, key: str) -> str | None:
    name: str | None = db.scalar(_INVITED, {"id": user_id, "hash": _hash(key), "now": now()})
    return name


def _hash(key: str) -> str:
    return hash_token(f"invitation {key}")
