"""Tags: list, show, search."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server import permissions
from odl_host.server.datasets import render_datasets
from odl_host.server.documents import Rendered, encode, join_array, join_object, place
from odl_host.server.names import tag_id
from odl_host.server.params import Params, flag, natural, optional, required, text
from odl_host.server.registry import Context, action
from odl_host.server.tables import package_tags, packages

_PUBLIC = sa.and_(packages.c.state == "active", packages.c.private == sa.false())
_USED = sa.select(package_tags.c.name).distinct().join(packages, packages.c.id == package_tags.c.package_id)


class TagList(Params):
    """Which tags, in what form."""

    q: str = optional(text, "", key="query")
    vocabulary_id: str = optional(text, "")
    all_fields: bool = optional(flag, False)


class TagShow(Params):
    """Which tag."""

    id: str = required(text)
    include_datasets: bool = optional(flag, False)


class TagSearch(Params):
    """A text and a page."""

    query: str = optional(text, "")
    q: str = optional(text, "")
    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)


@action(params=TagList, allow=permissions.anyone, reads=True)
def tag_list(ctx: Context, params: TagList) -> list[Any]:
    """Return the tags of public datasets, sorted.

    :param query: only those that contain this text
    :param all_fields: dictionaries instead of names
    """
    names = _names(ctx, params.q)
    return [_shown(name) for name in names] if params.all_fields else names


@action(params=TagShow, allow=permissions.anyone, reads=True)
def tag_show(ctx: Context, params: TagShow) -> Rendered:
    """Return one tag.

    :param id: the tag's name or id
    :param include_datasets: add its public datasets, at most 1000
    """
    name = params.id if ctx.db.scalar(_USED.where(package_tags.c.name == params.id)) else _name_of(ctx, params.id)
    body = encode(_shown(name))
    if params.include_datasets:
        query = (
            sa.select(packages.c.id)
            .join(package_tags, package_tags.c.package_id == packages.c.id)
            .where(package_tags.c.name == name, _PUBLIC)
            .order_by(packages.c.name)
            .limit(1000)
        )
        body = join_object(body, packages=join_array(render_datasets(ctx.db, list(ctx.db.scalars(query)))))
    return place(body, ctx.site.url)


@action(params=TagSearch, allow=permissions.anyone, reads=True)
def tag_search(ctx: Context, params: TagSearch) -> JsonDict:
    """Return the tags that contain a text, and how many there are.

    :param query: the text
    :param limit, offset: a page
    """
    names = _names(ctx, params.query or params.q)
    page = names[params.offset :][: params.limit]
    return {"count": len(names), "results": [_shown(name) for name in page]}


@action(params=TagSearch, allow=permissions.anyone, reads=True)
def tag_autocomplete(ctx: Context, params: TagSearch) -> list[str]:
    """Return the names of the tags that contain a text, for a search box.

    :param q: the text
    :param limit, offset: a page
    """
    wanted = params.query or params.q
    return _names(ctx, wanted)[params.offset :][: params.limit] if wanted else []


def _names(ctx: Context, part: str) -> list[str]:
    query = _USED.where(_PUBLIC).order_by(package_tags.c.name)
    if part:
        query = query.where(package_tags.c.name.icontains(part, autoescape=True))
    return list(ctx.db.scalars(query))


def _name_of(ctx: Context, ref: str) -> str:
    """Return the name of the tag with this id. :raises NotFound: no dataset has it."""
    for name in ctx.db.scalars(_USED):
        if tag_id(name) == ref:
            return str(name)
    raise NotFound("Tag was not found.")


def _shown(name: str) -> JsonDict:
    return {"display_name": name, "id": tag_id(name), "name": name, "vocabulary_id": None}
