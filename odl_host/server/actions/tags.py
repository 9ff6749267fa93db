"""Tags: list, show, search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound
from odl_host.server import permissions
from odl_host.server.database.substrings import holds
from odl_host.server.database.tables import package_tags, packages
from odl_host.server.documents import Rendered, encode, join_array, join_object, place
from odl_host.server.objects.datasets import render_datasets
from odl_host.server.objects.names import tag_id
from odl_host.server.objects.vocabularies import find_tag, find_vocabulary, packages_of_tag, show_tag, tags_of
from odl_host.server.params import Params, anything, flag, named, natural, optional, text, text_list
from odl_host.server.registry import Context, action

_PUBLIC = sa.and_(packages.c.state == "active", packages.c.private == sa.false())
_USED = sa.select(package_tags.c.name).distinct().join(packages, packages.c.id == package_tags.c.package_id)

NARROWING = 20
"""How many parts of a tag the database looks for; a statement has no more than a thousand conditions."""


class TagList(Params):
    """Which tags, in what form."""

    q: str = optional(text, "", key="query")
    vocabulary_id: str = optional(text, "")
    all_fields: bool = optional(flag, False)


class TagShow(Params):
    """Which tag."""

    id: str = named()
    vocabulary_id: str = optional(text, "")
    include_datasets: bool = optional(flag, False)


class TagSearch(Params):
    """A text and a page."""

    query: list[str] = optional(text_list, ())
    q: list[str] = optional(text_list, ())
    fields: Any = optional(anything)
    vocabulary_id: str = optional(text, "")
    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)


@action(params=TagList, allow=permissions.anyone, reads=True)
def tag_list(ctx: Context, params: TagList) -> list[Any]:
    """Return the tags of public datasets, sorted.

    :param query: only those that contain this text
    :param vocabulary_id: the tags of this vocabulary instead, by its id or name
    :param all_fields: dictionaries instead of names
    """
    if params.vocabulary_id and find_vocabulary(ctx.db, params.vocabulary_id) is None:
        raise NotFound(f"could not find vocabulary '{params.vocabulary_id}'")
    found = _found(ctx, [params.q] if params.q else [], params.vocabulary_id)
    return found if params.all_fields else [tag["name"] for tag in found]


@action(params=TagShow, allow=permissions.anyone, reads=True)
def tag_show(ctx: Context, params: TagShow) -> Rendered:
    """Return one tag.

    :param id: the tag's name or id
    :param vocabulary_id: the vocabulary of a tag that is named, by its id or name
    :param include_datasets: add its public datasets, at most 1000
    """
    if (closed := _closed(ctx, params)) is not None:
        return _show_closed(ctx, closed, params)
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

    :param query: the text, or several of which all must be contained
    :param vocabulary_id: the tags of this vocabulary instead, by its id or name
    :param limit, offset: a page
    """
    tags = _sought(ctx, params)
    page = tags[params.offset :][: params.limit]
    shown = [{key: tag[key] for key in ("id", "name", "vocabulary_id")} for tag in page]
    return {"count": len(tags), "results": shown}


@action(params=TagSearch, allow=permissions.anyone, reads=True)
def tag_autocomplete(ctx: Context, params: TagSearch) -> list[str]:
    """Return the names of the tags that contain a text, for a search box.

    :param query: the text
    :param vocabulary_id: the tags of this vocabulary instead, by its id or name
    :param limit, offset: a page
    """
    return [tag["name"] for tag in _sought(ctx, params)][params.offset :][: params.limit]


def _sought(ctx: Context, params: TagSearch) -> list[JsonDict]:
    parts = [part.strip() for part in params.query or params.q if part.strip()]
    if isinstance(params.fields, dict):
        named = params.fields.get("tags") or []
        parts += [named] if isinstance(named, str) else [part for part in named if isinstance(part, str)]
    if not parts:
        return []
    if params.vocabulary_id and find_vocabulary(ctx.db, params.vocabulary_id) is None:
        return []
    return _found(ctx, parts, params.vocabulary_id)


def _found(ctx: Context, parts: Sequence[str], vocabulary_ref: str) -> list[JsonDict]:
    """Return the tags, free or of a vocabulary, that contain every part, by name."""
    if vocabulary_ref:
        vocabulary = find_vocabulary(ctx.db, vocabulary_ref)
        tags = [show_tag(row) for row in tags_of(ctx.db, vocabulary.id)] if vocabulary else []
        return [tag for tag in tags if all(part.lower() in tag["name"].lower() for part in parts)]
    query = _USED.where(_PUBLIC).order_by(package_tags.c.name)
    for part in parts[:NARROWING]:
        query = query.where(holds(package_tags.c.name, part))
    names = ctx.db.scalars(query)
    return [_shown(name) for name in names if all(part.lower() in name.lower() for part in parts[NARROWING:])]


def _closed(ctx: Context, params: TagShow) -> Any:
    """Return the row of a vocabulary's tag, or None where a free tag is meant."""
    if not params.vocabulary_id:
        return find_tag(ctx.db, params.id)
    vocabulary = find_vocabulary(ctx.db, params.vocabulary_id)
    row = find_tag(ctx.db, params.id, vocabulary.id) if vocabulary else None
    if row is None:
        raise NotFound("Tag was not found.")
    return row


def _show_closed(ctx: Context, row: Any, params: TagShow) -> Rendered:
    body = encode(show_tag(row))
    if params.include_datasets:
        query = sa.select(packages.c.id).where(packages.c.id.in_(packages_of_tag(ctx.db, row.id)), _PUBLIC)
        ids = list(ctx.db.scalars(query.order_by(packages.c.name).limit(1000)))
        body = join_object(body, packages=join_array(render_datasets(ctx.db, ids)))
    return place(body, ctx.site.url)


def _name_of(ctx: Context, ref: str) -> str:
    """Return the name of the tag with this id. :raises NotFound: no dataset has it."""
    for name in ctx.db.scalars(_USED):
        if tag_id(name) == ref:
            return str(name)
    raise NotFound("Tag was not found.")


def _shown(name: str) -> JsonDict:
    return {"display_name": name, "id": tag_id(name), "name": name, "vocabulary_id": None}
