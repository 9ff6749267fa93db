"""Users in the database, and what others see of them: never a password, an e-mail only for oneself and sysadmins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server.database.statements import Statement
from odl_host.server.database.substrings import holds
from odl_host.server.database.tables import packages, users
from odl_host.server.files.images import image_address
from odl_host.server.objects.groups import find_row

PUBLIC_COLUMNS = (
    users.c.id,
    users.c.name,
    users.c.fullname,
    users.c.about,
    users.c.email,
    users.c.image_url,
    users.c.sysadmin,
    users.c.state,
    users.c.created,
    users.c.last_active,
    users.c.activity_emails,
)
_BY_ID = Statement(sa.select(users).where(users.c.id == sa.bindparam("ref")))
_BY_NAME = Statement(sa.select(users).where(users.c.name == sa.bindparam("ref")))


def contains(text: str, *, with_emails: bool) -> sa.ColumnElement[bool]:
    """Return the condition that a user's name (or e-mail, which is for sysadmins) contains a text."""
    searched = [users.c.name, users.c.fullname, *([users.c.email] if with_emails else [])]
    return sa.or_(*(holds(column, text) for column in searched))


def find_account(db: sa.Connection, ref: str) -> Any:
    """Return the row of the user with this id or name, deleted ones too, or None."""
    return find_row(db, ref, _BY_ID, _BY_NAME)


def get_account(db: sa.Connection, ref: str) -> Any:
    """Return the row of the user with this id or name. :raises NotFound: there is none."""
    account = find_account(db, ref)
    if account is None:
        raise NotFound("User not found")
    return account


def show_user(account: Any, created_packages: int = 0, site_url: str = "") -> JsonDict:
    """Return what everyone sees of a user."""
    digest = hashlib.md5((account.email or "").strip().lower().encode(), usedforsecurity=False)
    return {
        "about": account.about,
        "activity_streams_email_notifications": account.activity_emails,
        "created": account.created,
        "display_name": account.fullname or account.name,
        "email_hash": digest.hexdigest(),
        "fullname": account.fullname,
        "id": account.id,
        "image_display_url": image_address(site_url, "user", account.image_url),
        "image_url": account.image_url,
        "last_active": account.last_active,
        "name": account.name,
        "number_created_packages": created_packages,
        "state": account.state,
        "sysadmin": account.sysadmin,
    }


def show_own_user(account: Any, created_packages: int = 0, site_url: str = "") -> JsonDict:
    """Return what a user sees of oneself, and a sysadmin of everyone."""
    return show_user(account, created_packages, site_url) | {"apikey": None, "email": account.email}


def count_created_packages(db: sa.Connection, user_ids: Sequence[str], *, with_private: bool = False) -> dict[str, int]:
    """Return how many public datasets each of these users has created, or with the private ones."""
    if not user_ids:
        return {}
    query = (
        sa.select(packages.c.creator_user_id, sa.func.count())
        .where(
            packages.c.creator_user_id.in_(list(user_ids)),
            packages.c.state == "active",
            sa.true() if with_private else packages.c.private == sa.false(),
        )
        .group_by(packages.c.creator_user_id)
    )
    return {row[0]: row[1] for row in db.execute(query)}
