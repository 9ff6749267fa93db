"""Giving objects back what only a copy of them has lost: ids, dates, who made them. odl-host's own, for imports."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import NAME_MAX_LENGTH, NAME_MIN_LENGTH, JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import find_account, get_account
from odl_host.server.database.tables import users, vocabularies, vocabulary_tags
from odl_host.server.documents import encode
from odl_host.server.files.images import keep_image
from odl_host.server.objects.datasets import get_dataset, resources_of, update_dataset, update_resource
from odl_host.server.objects.extras import require_dicts
from odl_host.server.objects.groups import get_group, save_group
from odl_host.server.objects.names import check_date, check_id, check_tag
from odl_host.server.objects.vocabularies import find_tag, find_vocabulary, show_vocabulary
from odl_host.server.params import MISSING_VALUE, Invalid, Params, optional, required, text
from odl_host.server.registry import Context, action

_RESOURCE_DATES = ("created", "last_modified", "metadata_modified")


class Restored(Params):
    """What kind of thing, and what is told of it."""

    kind: str = required(text)
    object: JsonDict = optional(lambda value: _dictionary(value), {})
    folder: str = optional(text, "")
    name: str = optional(text, "")


def _dictionary(value: Any) -> JsonDict:
    if not isinstance(value, dict):
        raise Invalid("Must be a dict")
    return value


@action(params=Restored, allow=permissions.sysadmin)
def odl_restore(ctx: Context, params: Restored) -> JsonDict:
    """Give an object of a copied catalogue what it had over there, and return what was given.

    :param kind: `package` (dates of it and of its resources, who made it), `organization`, `group`, `user` (when it was
        created, last active), `vocabulary` (made with its id and those of its tags), `image` (a logo under the name
        that it had)
    :param object: `id` and what to give
    :param folder: of an image, `group` or `user`
    :param name: of an image
    :param upload: the image
    """
    restore = _KINDS.get(params.kind)
    if restore is None:
        raise ValidationError({"kind": [f"One of: {', '.join(_KINDS)}"]})
    try:
        return restore(ctx, params)
    except Invalid as error:
        raise ValidationError({"object": list(error.messages)}) from None


def _restore_dataset(ctx: Context, params: Restored) -> JsonDict:
    told = params.object
    dataset = get_dataset(ctx.db, _id(told))
    given = {key: check_date(told[key]) for key in ("metadata_created", "metadata_modified") if told.get(key)}
    maker = told.get("creator_user_id")
    if isinstance(maker, str) and find_account(ctx.db, maker):
        given["creator_user_id"] = maker
    dates = {str(each.get("id")): each for each in require_dicts("resources", told.get("resources") or [], told)}
    for row in resources_of(ctx.db, dataset.id):
        fields = row.fields
        sent = dates.get(row.id, {})
        fields |= {key: check_date(sent[key]) if sent[key] else None for key in _RESOURCE_DATES if key in sent}
        if fields != row.fields:
            update_resource(ctx.db, dataclasses.replace(row, doc=encode(fields)))
    update_dataset(ctx.db, dataset.fields | given, tags_changed=False)
    return {"id": dataset.id, **given}


def _restore_group(ctx: Context, params: Restored) -> JsonDict:
    group = get_group(ctx.db, _id(params.object), is_organization=params.kind == "organization")
    given = {"created": check_date(params.object.get("created"))}
    save_group(ctx.db, group.fields | given, is_new=False)
    return {"id": group.id, **given}


def _restore_user(ctx: Context, params: Restored) -> JsonDict:
    account = get_account(ctx.db, _id(params.object))
    told = params.object
    given = {key: check_date(told[key]) for key in ("created", "last_active") if told.get(key)}
    if not given:
        raise ValidationError({"created": [MISSING_VALUE]})
    ctx.db.execute(users.update().where(users.c.id == account.id), given)
    return {"id": account.id, **given}


def _restore_vocabulary(ctx: Context, params: Restored) -> JsonDict:
    told = params.object
    name = told.get("name")
    if not isinstance(name, str) or not NAME_MIN_LENGTH <= len(name) <= NAME_MAX_LENGTH:
        raise ValidationError({"name": [MISSING_VALUE]})
    if find_vocabulary(ctx.db, name) is not None:
        raise ValidationError({"name": ["That vocabulary name is already in use."]})
    key = _free_id(ctx, vocabularies, told.get("odl_id"))
    ctx.db.execute(vocabularies.insert(), {"id": key, "name": name})
    for tag in require_dicts("tags", told.get("tags") or [], told):
        if find_tag(ctx.db, str(tag.get("name")), key) is not None:
            continue
        row = {"id": _free_id(ctx, vocabulary_tags, tag.get("odl_id")), "vocabulary_id": key}
        ctx.db.execute(vocabulary_tags.insert(), {**row, "name": check_tag(tag.get("name"))})
    return show_vocabulary(ctx.db, key)


def _restore_image(ctx: Context, params: Restored) -> JsonDict:
    keep_image(ctx, params.folder, params.name)
    return {"folder": params.folder, "name": params.name}


def _id(told: JsonDict) -> str:
    if not isinstance(told.get("id"), str):
        raise ValidationError({"id": [MISSING_VALUE]})
    return str(told["id"])


def _free_id(ctx: Context, table: sa.Table, wanted: Any) -> str:
    """Return the id that is wanted, or a new one where another row has it."""
    if not wanted:
        return str(uuid.uuid4())
    key = check_id(wanted)
    is_taken = ctx.db.scalar(sa.select(sa.exists().where(table.c.id == key)))
    return str(uuid.uuid4()) if is_taken else key


_KINDS: Mapping[str, Callable[[Context, Restored], JsonDict]] = MappingProxyType(
    {
        "package": _restore_dataset,
        "organization": _restore_group,
        "group": _restore_group,
        "user": _restore_user,
        "vocabulary": _restore_vocabulary,
        "image": _restore_image,
    }
)
