"""Vocabularies: closed lists of tags that a sysadmin keeps."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import NAME_MAX_LENGTH, NAME_MIN_LENGTH, JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.database.tables import vocabularies
from odl_host.server.objects.extras import NOT_EXPECTED, not_dicts, require_dicts
from odl_host.server.objects.names import check_tag
from odl_host.server.objects.tags import find_free_tag, remove_free_tag
from odl_host.server.objects.vocabularies import (
    ensure_tag,
    find_tag,
    find_vocabulary,
    remove_tag,
    show_tag,
    show_vocabulary,
    tags_of,
)
from odl_host.server.params import MISSING_VALUE, Invalid, Nothing, Params, as_text, optional, text
from odl_host.server.registry import Context, action


class Sent(Params):
    """A vocabulary or a tag; its fields are checked together."""


class Ref(Params):
    """A vocabulary's id or name; its absence is told in CKAN's own words."""

    id: str = optional(text, "")


class TagRef(Params):
    """A tag's id or name, and its vocabulary's."""

    id: str = optional(text, "")
    vocabulary_id: str = optional(text, "")


def _keeper_of_known(ctx: Context, params: Ref) -> None:
    """Only a sysadmin may, and only what is there."""
    _get(ctx, params)
    permissions.sysadmin(ctx, params)


def _keeper_of_known_tag(ctx: Context, params: TagRef) -> None:
    """Only a sysadmin may, and only what is there."""
    _require_id(params)
    _find_any_tag(ctx, params)
    permissions.sysadmin(ctx, params)


@action(params=Sent, allow=permissions.sysadmin)
def vocabulary_create(ctx: Context, params: Sent) -> JsonDict:
    """Create a vocabulary and return it.

    :param name: 2 to 100 characters; unique
    :param tags: list of dictionaries with the tags' names
    """
    errors: JsonDict = {}
    name = _name(ctx, params.data, errors, None)
    tags = _tags(params.data, errors)
    if params.data.get("id"):
        errors["id"] = [NOT_EXPECTED]
    if errors:
        raise ValidationError(errors)
    row = {"id": str(uuid.uuid4()), "name": name}
    ctx.db.execute(vocabularies.insert(), row)
    for tag in tags or []:
        ensure_tag(ctx.db, tag, row["id"])
    return show_vocabulary(ctx.db, row["id"])


@action(params=Ref, allow=_keeper_of_known)
def vocabulary_update(ctx: Context, params: Ref) -> JsonDict:
    """Change a vocabulary and return it; tags that are sent replace those that are there.

    :param id: the vocabulary's id or name
    :param name: its new name
    :param tags: list of dictionaries with the tags' names
    """
    row = _get(ctx, params)
    errors: JsonDict = {}
    name = _name(ctx, params.data, errors, row)
    tags = _tags(params.data, errors)
    if errors:
        raise ValidationError(errors)
    ctx.db.execute(vocabularies.update().where(vocabularies.c.id == row.id), {"name": name})
    if tags is not None:
        for known in tags_of(ctx.db, row.id):
            if known.name not in tags:
                remove_tag(ctx.db, known.id)
        for tag in tags:
            ensure_tag(ctx.db, tag, row.id)
    return show_vocabulary(ctx.db, row.id)


@action(params=Ref, allow=_keeper_of_known)
def vocabulary_delete(ctx: Context, params: Ref) -> None:
    """Remove a vocabulary; datasets lose its tags.

    :param id: the vocabulary's id or name
    """
    row = _get(ctx, params)
    for tag in tags_of(ctx.db, row.id):
        remove_tag(ctx.db, tag.id)
    ctx.db.execute(vocabularies.delete().where(vocabularies.c.id == row.id))


@action(params=Nothing, allow=permissions.anyone, reads=True)
def vocabulary_list(ctx: Context, params: Nothing) -> list[JsonDict]:  # noqa: ARG001 - every action has the same form
    """Return the vocabularies with their tags, by name."""
    return [
        show_vocabulary(ctx.db, key)
        for key in ctx.db.scalars(sa.select(vocabularies.c.id).order_by(vocabularies.c.name))
    ]


@action(params=Ref, allow=permissions.anyone, reads=True)
def vocabulary_show(ctx: Context, params: Ref) -> JsonDict:
    """Return one vocabulary with its tags.

    :param id: the vocabulary's id or name
    """
    return show_vocabulary(ctx.db, _get(ctx, params).id)


@action(params=Sent, allow=permissions.sysadmin)
def tag_create(ctx: Context, params: Sent) -> JsonDict:
    """Add a tag to a vocabulary and return it; free tags come with the datasets that have them.

    :param name: 2 to 100 letters, digits, spaces and -_.
    :param vocabulary_id: the vocabulary's id
    """
    errors: JsonDict = {}
    name = params.data.get("name")
    vocabulary_id = params.data.get("vocabulary_id")
    if not name:
        errors["name"] = [MISSING_VALUE]
    else:
        try:
            name = check_tag(name)
        except Invalid as error:
            errors["name"] = list(error.messages)
    row = find_vocabulary(ctx.db, vocabulary_id) if isinstance(vocabulary_id, str) and vocabulary_id else None
    if not vocabulary_id:
        errors["vocabulary_id"] = [MISSING_VALUE]
    elif row is None or row.id != vocabulary_id:
        errors["vocabulary_id"] = ["Tag vocabulary was not found."]
    elif not name:
        errors["vocabulary_id"] = ["No tag name"]
    elif find_tag(ctx.db, name, row.id) is not None:
        errors["vocabulary_id"] = [f"Tag {name} already belongs to vocabulary {row.id}"]
    if params.data.get("id"):
        errors["id"] = [NOT_EXPECTED]
    if errors:
        raise ValidationError(errors)
    return show_tag(ensure_tag(ctx.db, str(name), str(vocabulary_id))) | {"packages": []}


@action(params=TagRef, allow=_keeper_of_known_tag)
def tag_delete(ctx: Context, params: TagRef) -> None:
    """Remove a tag, and take it off the datasets that have it.

    :param id: the tag's id or name
    :param vocabulary_id: its vocabulary's id or name; without one, a free tag
    """
    row = _find_any_tag(ctx, params)
    if isinstance(row, str):
        remove_free_tag(ctx.db, row)
    else:
        remove_tag(ctx.db, row.id)


def _find_any_tag(ctx: Context, params: TagRef) -> Any:
    """Return the row of a vocabulary's tag, or the name of a free one. :raises NotFound: there is none."""
    found: Any = None
    if params.vocabulary_id:
        vocabulary = find_vocabulary(ctx.db, params.vocabulary_id)
        found = vocabulary and find_tag(ctx.db, params.id, vocabulary.id)
    else:
        found = find_free_tag(ctx.db, params.id) or find_tag(ctx.db, params.id)
    if found is None:
        raise NotFound(f'Could not find tag "{params.id}"')
    return found


def _require_id(params: Any) -> None:
    if not params.id:
        raise ValidationError({"id": "id not in data"})


def _get(ctx: Context, params: Ref) -> Any:
    _require_id(params)
    row = find_vocabulary(ctx.db, params.id)
    if row is None:
        raise NotFound(f'Could not find vocabulary "{params.id}"')
    return row


def _name(ctx: Context, data: JsonDict, errors: JsonDict, before: Any) -> str:
    name = data.get("name")
    if name is None and before is not None:
        return str(before.name)
    if name is None or (before is None and not name):
        errors["name"] = [MISSING_VALUE]
        return ""
    is_changed_to_a_list = before is not None and isinstance(name, list | dict)
    name = as_text(name)
    if is_changed_to_a_list or len(name) < NAME_MIN_LENGTH:
        errors["name"] = [f"Name must be at least {NAME_MIN_LENGTH} characters long"]
    elif len(name) > NAME_MAX_LENGTH:
        errors["name"] = [f"Name must be a maximum of {NAME_MAX_LENGTH} characters long"]
    else:
        holder = ctx.db.scalar(sa.select(vocabularies.c.id).where(vocabularies.c.name == name))
        if holder is not None and (before is None or holder != before.id):
            errors["name"] = ["That vocabulary name is already in use."]
    return name


def _tags(data: JsonDict, errors: JsonDict) -> list[str] | None:
    """Return the tags that were sent, or None when none were."""
    if "tags" not in data:
        return None
    names: dict[str, None] = {}
    messages: list[str] = []
    if data["tags"] in (None, ""):
        raise not_dicts("tags", data["tags"], data)
    for tag in require_dicts("tags", data["tags"], data):
        if not tag.get("name"):
            messages += [MISSING_VALUE] if tag else []
            continue
        try:
            names[check_tag(tag["name"])] = None
        except Invalid as error:
            messages.append(str(error))
    if messages:
        errors["tags"] = messages
    return list(names)
