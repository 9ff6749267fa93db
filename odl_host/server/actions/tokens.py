"""API tokens: create, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.credentials import hash_token
from odl_host.server.accounts.tokens import insert_token
from odl_host.server.accounts.users import get_account
from odl_host.server.database.tables import api_tokens
from odl_host.server.objects.groups import get_group
from odl_host.server.params import MISSING_VALUE, Params, natural, optional, required, text
from odl_host.server.registry import Context, action


class NewToken(Params):
    """Whose token, and what it is for."""

    user: str = required(text)
    name: str = required(text)
    expires_in: int | None = optional(natural)
    unit: int = optional(natural, 1)
    organization: str = optional(text, "")


class OfUser(Params):
    """Whose tokens; both names are CKAN's."""

    user: str = optional(text, "")
    user_id: str = optional(text, "")


class WhichToken(Params):
    """A token itself, or its id."""

    token: str = optional(text, "")
    jti: str = optional(text, "")


def _tokens_to_be(ctx: Context, params: NewToken) -> None:
    """The user oneself, or a sysadmin, for a user who is there."""
    get_account(ctx.db, params.user)
    permissions.self_or_sysadmin(ctx, params.user)


def _own_tokens(ctx: Context, params: OfUser) -> None:
    """The user oneself, or a sysadmin."""
    ref = params.user_id or params.user
    if not ref:
        raise ValidationError({"user_id": [MISSING_VALUE]})
    permissions.self_or_sysadmin(ctx, ref)


def _own_token(ctx: Context, params: WhichToken) -> None:
    """The user to whom the token belongs, or a sysadmin."""
    if "token" not in params.data and not params.jti:
        raise ValidationError({"token": [MISSING_VALUE]})
    row = _find(ctx, params)
    permissions.self_or_sysadmin(ctx, row.user_id if row else "")


@action(params=NewToken, allow=_tokens_to_be)
def api_token_create(ctx: Context, params: NewToken) -> JsonDict:
    """Create an API token and return it; it is shown this once only.

    :param user: the user's id or name
    :param name: what it is for
    :param expires_in, unit: it stops working after `expires_in` times `unit` seconds
    :param organization: the only organization in which it has rights, those that the user has there
    """
    scope = get_group(ctx.db, params.organization, is_organization=True).id if params.organization else None
    account = get_account(ctx.db, params.user)
    expires_at = None
    if params.expires_in is not None:
        seconds = min(params.expires_in * params.unit, 100 * 365 * 86_400)
        expires_at = (datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=seconds)).isoformat()
    token = insert_token(ctx.db, account.id, params.name, expires_at=expires_at, organization_id=scope)
    made = ctx.db.scalar(sa.select(api_tokens.c.id).where(api_tokens.c.hash == hash_token(token)))
    return {"id": made, "token": token}


@action(params=OfUser, allow=_own_tokens, reads=True)
def api_token_list(ctx: Context, params: OfUser) -> list[JsonDict]:
    """Return a user's tokens, without the tokens themselves.

    :param user: the user's id or name
    """
    account = get_account(ctx.db, params.user_id or params.user)
    query = sa.select(api_tokens).where(api_tokens.c.user_id == account.id).order_by(api_tokens.c.created_at)
    return [
        {
            "created_at": row.created_at,
            **({"expires_at": row.expires_at} if row.expires_at else {}),
            "id": row.id,
            "last_access": row.last_access,
            "name": row.name,
            "user_id": row.user_id,
        }
        | ({"organization_id": row.organization_id} if row.organization_id else {})
        for row in ctx.db.execute(query)
    ]


@action(params=WhichToken, allow=_own_token)
def api_token_revoke(ctx: Context, params: WhichToken) -> None:
    """Make a token stop working.

    :param token: the token itself
    :param jti: or its id
    """
    row = _find(ctx, params)
    if row is not None:  # as in CKAN: what is no token at all has stopped working already
        ctx.db.execute(api_tokens.delete().where(api_tokens.c.id == row.id))


def _find(ctx: Context, params: WhichToken) -> Any:
    by_hash = api_tokens.c.hash == hash_token(params.token)
    condition = by_hash if params.token else api_tokens.c.id == params.jti
    return ctx.db.execute(sa.select(api_tokens.c.id, api_tokens.c.user_id).where(condition)).first()
