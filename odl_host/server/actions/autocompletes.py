"""Short lists for search boxes: datasets, organizations, groups, users, formats."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import contains
from odl_host.server.database.substrings import holds
from odl_host.server.database.tables import groups, packages, users
from odl_host.server.params import MISSING_VALUE, Params, as_text, flag, integer, natural, optional, sent, text
from odl_host.server.registry import Context, action
from odl_host.server.search.index import SearchRequest
from odl_host.server.search.lucene import Everything

DEFAULT_FORMATS = 5
FORMATS_MAX = 1000
"""Most formats that are looked at; a catalogue has a few dozen."""


class Part(Params):
    """A part of a name or title."""

    q: str = optional(text, "")
    limit: int = optional(natural, 20)


class PackagePart(Params):
    """A part of a name or title."""

    q: str | None = optional(text)
    limit: int = optional(natural, 10)


class FormatPart(Params):
    """A part of a format."""

    q: str = sent(text)
    limit: int = optional(natural, DEFAULT_FORMATS)


class UserPart(Params):
    """A part of a user's name."""

    q: str = sent(as_text)
    limit: int = optional(natural, 20)
    ignore_self: bool = optional(flag, False)
    offset: int = optional(integer, 0)


@action(params=Part, allow=permissions.anyone, reads=True)
def group_autocomplete(ctx: Context, params: Part) -> list[JsonDict]:
    """Return the groups whose name or title contains a text.

    :param q: the text
    :param limit: at most this many, 20 by default
    """
    return _matches(ctx, params, is_organization=False)


@action(params=Part, allow=permissions.anyone, reads=True)
def organization_autocomplete(ctx: Context, params: Part) -> list[JsonDict]:
    """Return the organizations whose name or title contains a text.

    :param q: the text
    :param limit: at most this many, 20 by default
    """
    return _matches(ctx, params, is_organization=True)


@action(params=FormatPart, allow=permissions.anyone, reads=True, searches=True)
def format_autocomplete(ctx: Context, params: FormatPart) -> list[str]:
    """Return the formats of public datasets' resources that contain a text, the most used first, in lower case.

    :param q: the text
    :param limit: at most this many, 5 by default
    """
    request = SearchRequest(query=Everything(), rows=0, facet_fields=["res_format"], facet_limit=FORMATS_MAX)
    page = ctx.site.index.search(ctx.db, request, after=ctx.index_seq, waits=ctx.waits)
    counts = page.facets.get("res_format", {})
    found = dict.fromkeys(name.lower() for name in counts if (params.q or "").lower() in name.lower())
    return list(found)[: params.limit]


@action(params=PackagePart, allow=permissions.anyone, reads=True)
def package_autocomplete(ctx: Context, params: PackagePart) -> list[JsonDict]:
    """Return the datasets whose name or title contains a text, for a search box.

    :param q: the text
    :param limit: at most this many, 10 by default
    """
    if params.q is None:
        if "q" in params.data:
            return []
        raise ValidationError({"q": [MISSING_VALUE]})
    query = (
        sa.select(packages.c.name, packages.c.title)
        .where(
            _is_found(ctx),
            sa.or_(
                holds(packages.c.name, params.q),
                holds(packages.c.title, params.q),
            ),
        )
        .order_by(packages.c.name)
        .limit(params.limit)
    )
    found = []
    for row in ctx.db.execute(query):
        match = "name" if params.q.lower() in row.name else "title"
        shown = row.name if match == "name" else f"{row.title} ({row.name})"
        found.append({"match_displayed": shown, "match_field": match, "name": row.name, "title": row.title})
    return found


def _is_found(ctx: Context) -> Any:
    """Which datasets the caller may find, drafts and private ones among them."""
    labels = permissions.labels_of_caller(ctx)
    is_alive = packages.c.state.in_(("active", "draft"))
    if labels is None:
        return is_alive
    held: dict[str, list[str]] = {"member": [], "creator": [], "collaborator": []}
    for label in labels:
        kind, _, key = label.partition("-")
        held.setdefault(kind, []).append(key)
    return sa.or_(
        sa.and_(packages.c.state == "active", packages.c.private == sa.false()),
        sa.and_(
            is_alive,
            sa.or_(
                packages.c.owner_org.in_(held["member"]),
                sa.and_(packages.c.owner_org.is_(None), packages.c.creator_user_id.in_(held["creator"])),
                packages.c.id.in_(held["collaborator"]),
            ),
        ),
    )


@action(params=UserPart, allow=permissions.can_see_users, reads=True)
def user_autocomplete(ctx: Context, params: UserPart) -> list[JsonDict]:
    """Return the users whose name (for a sysadmin, also whose e-mail) contains a text, for a search box.

    :param q: the text
    :param limit: at most this many, 20 by default
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    matches = contains(params.q or "", with_emails=is_sysadmin)
    query = sa.select(users.c.id, users.c.name, users.c.fullname).where(users.c.state == "active", matches)
    if params.ignore_self and ctx.user is not None:
        query = query.where(users.c.id != ctx.user.id)
    rows = ctx.db.execute(query.order_by(users.c.name).limit(params.limit))
    return [{"id": row.id, "name": row.name, "fullname": row.fullname} for row in rows]


def _matches(ctx: Context, params: Part, *, is_organization: bool) -> list[JsonDict]:
    query = (
        sa.select(groups.c.id, groups.c.name, groups.c.title)
        .where(
            groups.c.is_organization == sa.literal(is_organization),
            groups.c.state == "active",
            sa.or_(holds(groups.c.name, params.q), holds(groups.c.title, params.q)),
        )
        .order_by(groups.c.name)
        .limit(params.limit)
    )
    return [{"id": row.id, "name": row.name, "title": row.title} for row in ctx.db.execute(query)]
