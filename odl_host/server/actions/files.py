"""Files that are no resource's: they belong to a user, a dataset, an organization, or to anything with a name.

They are kept where the manifest names a storage (`ckan.files.storage.default.type`), and nowhere by default.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from typing import Any, NoReturn

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server.clock import now
from odl_host.server.database.tables import files
from odl_host.server.files import rules as file_rules
from odl_host.server.files.filestore import (
    SORTABLE,
    File,
    FileStorage,
    find_file_at,
    find_storage,
    find_stored_file,
    list_owned,
    sniff_type,
)
from odl_host.server.objects.resource_fields import munge_filename
from odl_host.server.params import Invalid, Params, attached, flag, natural, optional, required, strict_text
from odl_host.server.registry import Context, action


def _no_file(value: Any) -> NoReturn:
    raise Invalid(f"Unsupported source type: {type(value)} cannot be converted into Upload")


def _column(value: Any) -> str:
    if not isinstance(value, str) or value not in SORTABLE:
        raise Invalid(f"Invalid sort field: {value}")
    return str(value)


class NewFile(Params):
    """A file that is sent, what it is called, and in which storage it goes."""

    upload: None = attached(_no_file)
    name: str = optional(strict_text, "")
    storage: str = optional(strict_text, "")


class FoundFile(Params):
    """Where a file would lie that nothing is known of."""

    location: str = required(strict_text)
    storage: str = optional(strict_text, "")


class FileRef(Params):
    """A file."""

    id: str = required(strict_text)


class NamedFile(FileRef):
    """A file and its new name."""

    name: str = required(strict_text)


class NewOwner(FileRef):
    """A file, whom it shall belong to, and whether that is for good."""

    owner_id: str = required(strict_text)
    owner_type: str = required(strict_text)
    force: bool = optional(flag, False)
    pin: bool = optional(flag, False)


class OfOwner(Params):
    """An owner, and which of the files to list in which order."""

    owner_id: str | None = optional(strict_text)
    owner_type: str = optional(strict_text, "user")
    start: int = optional(natural, 0)
    rows: int = optional(natural, 10)
    sort: str = optional(_column, "name")


@action(params=NewFile, allow=file_rules.can_create_file)
def file_create(ctx: Context, params: NewFile) -> JsonDict:
    """Keep a file that belongs to the caller, and return what is known of it. `/file/download/ID` gives its bytes.

    Its location is made from its name, and no two files of a storage have the same one.

    :param upload: the file (multipart)
    :param name: what it is called, by default as it was sent; it becomes ASCII without folders
    :param storage: the storage that it goes to (default: `ckan.files.default_storages.default`)
    """
    storage = _get_storage(ctx, params.storage, "CREATE")
    sent = ctx.files["upload"]
    if 0 <= storage.max_size < sent.size_bytes:
        reason = f"Upload size {sent.size_bytes} surpasses max allowed size {storage.max_size}"
        raise ValidationError({"upload": [reason]})
    name = munge_filename(params.name or sent.filename)
    with ctx.site.storage.open(sent.sha256) as stream:
        content_type = sniff_type(name, stream)
    if not storage.takes(content_type):
        raise ValidationError({"upload": [f"Type {content_type} is not supported by storage"]})
    created = now()
    location = storage.locate(name, created)
    if find_file_at(ctx.db, storage.name, location):
        raise ValidationError({"upload": ["File already exists"]})
    assert ctx.user is not None  # the rule looked at it
    file = File(
        id=str(uuid.uuid4()),
        name=name,
        location=location,
        storage=storage.name,
        content_type=content_type,
        size=sent.size_bytes,
        blob=sent.sha256,
        created=created,
        owner_type="user",
        owner_id=ctx.user.id,
        pinned=False,
    )
    ctx.db.execute(files.insert(), asdict(file))
    return file.shown()


@action(params=FoundFile, allow=file_rules.can_manage_files)
def file_register(ctx: Context, params: FoundFile) -> NoReturn:
    """Refuse: there is no file in a storage that is not known, for nothing else puts files there.

    :param location: where the file lies in the storage
    :param storage: the storage (default: `ckan.files.default_storages.default`)
    """
    storage = _get_storage(ctx, params.storage, "ANALYZE")
    if find_file_at(ctx.db, storage.name, params.location):
        raise ValidationError({"location": ["File is already registered"]})
    raise NotFound("file not found at location")


@action(params=FileRef, allow=file_rules.can_read_file, reads=True)
def file_show(ctx: Context, params: FileRef) -> JsonDict:
    """Return what is known of a file.

    :param id: the file's id
    """
    return ctx.once(_get_file, params.id).shown()


@action(params=FileRef, allow=file_rules.can_delete_file)
def file_delete(ctx: Context, params: FileRef) -> JsonDict:
    """Forget a file, and return what was known of it; `odl-host gc` removes the bytes once nothing else has them.

    :param id: the file's id
    """
    file = ctx.once(_get_file, params.id)
    storage = find_storage(ctx.site.settings, file.storage)
    if storage is not None:  # one that the manifest no longer names must not keep its files for ever
        _require(storage, "REMOVE")
    ctx.db.execute(files.delete().where(files.c.id == file.id))
    return file.shown()


@action(params=NamedFile, allow=file_rules.can_edit_file)
def file_rename(ctx: Context, params: NamedFile) -> JsonDict:
    """Call a file otherwise, and return it; its location and its address stay.

    :param id: the file's id
    :param name: its new name
    """
    return _change(ctx, params.id, name=munge_filename(params.name))


@action(params=FileRef, allow=file_rules.can_edit_file)
def file_pin(ctx: Context, params: FileRef) -> JsonDict:
    """Bind a file to its owner, so that it changes hands by force only.

    :param id: the file's id
    """
    return _change(ctx, params.id, pinned=True)


@action(params=FileRef, allow=file_rules.can_edit_file)
def file_unpin(ctx: Context, params: FileRef) -> JsonDict:
    """Let a file change hands again.

    :param id: the file's id
    """
    return _change(ctx, params.id, pinned=False)


@action(params=NewOwner, allow=file_rules.can_transfer_file)
def file_ownership_transfer(ctx: Context, params: NewOwner) -> JsonDict:
    """Give a file to another owner, who may read, change and delete it from then on; return the file.

    :param id: the file's id
    :param owner_id: the new owner's id
    :param owner_type: `user`, `package`, `resource`, `group` or `organization`; under another word it is a sysadmin's
    :param force: even if it is pinned
    :param pin: and pin it
    """
    if ctx.once(_get_file, params.id).pinned and not params.force:
        raise ValidationError({"force": ["Must be enabled to transfer pinned files"]})
    return _change(ctx, params.id, owner_type=params.owner_type, owner_id=params.owner_id, pinned=params.pin)


@action(params=OfOwner, allow=file_rules.can_list_files, reads=True)
def file_owner_scan(ctx: Context, params: OfOwner) -> JsonDict:
    """Return the files of an owner: how many (`count`), and some of them (`results`).

    :param owner_id: the owner's id (default: the caller's)
    :param owner_type: `user` (default), `package`, `resource`, `group`, `organization`, or another word
    :param start: how many to skip (default: 0)
    :param rows: how many to return (default: 10)
    :param sort: by which of the fields shown (default: `name`)
    """
    owner_type, owner_id = file_rules.owner_of(ctx, params)
    if owner_id is None:
        return {"count": 0, "results": []}
    count, found = list_owned(ctx.db, owner_type, owner_id, sort=params.sort, start=params.start, rows=params.rows)
    return {"count": count, "results": [file.shown() for file in found]}


def _change(ctx: Context, file_id: str, **values: Any) -> JsonDict:
    file = ctx.once(_get_file, file_id)
    ctx.db.execute(files.update().where(files.c.id == file.id).values(**values))
    return replace(file, **values).shown()


def _get_storage(ctx: Context, name: str, capability: str) -> FileStorage:
    name = name or str(ctx.site.settings["ckan.files.default_storages.default"])
    storage = find_storage(ctx.site.settings, name)
    if storage is None:
        raise ValidationError({"storage": [f"Storage {name} is not configured"]})
    _require(storage, capability)
    return storage


def _require(storage: FileStorage, capability: str) -> None:
    if capability in storage.disabled_capabilities:
        raise ValidationError({"storage": ["Operation is not supported"]})


def _get_file(db: sa.Connection, file_id: str) -> File:
    file = find_stored_file(db, file_id)
    if file is None:
        raise NotFound("File was not found.")
    return file
