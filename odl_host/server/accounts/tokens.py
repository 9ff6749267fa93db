"""API tokens in the database."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from odl_host.server.accounts.credentials import hash_token, new_api_token
from odl_host.server.clock import now
from odl_host.server.database.tables import api_tokens


def insert_token(
    db: sa.Connection, user_id: str, name: str, *, expires_at: str | None = None, organization_id: str | None = None
) -> str:
    """Create a token of a user and return it; only its hash is kept, so it cannot be read again.

    With `organization_id` it has the user's rights in that organization, and none elsewhere.
    """
    token_id = str(uuid.uuid4())
    token = new_api_token(token_id)
    row = {"id": token_id, "name": name, "user_id": user_id, "hash": hash_token(token)}
    db.execute(
        api_tokens.insert(), {**row, "created_at": now(), "expires_at": expires_at, "organization_id": organization_id}
    )
    return token
