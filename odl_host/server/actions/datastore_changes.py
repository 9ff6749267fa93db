"""The row API, writing: create, upsert, delete.

Rows lie outside the catalogue's database: these actions change it only for what it says of a table.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Container, Sequence
from typing import Any

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.errors import Unavailable
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.datastore.aliases import check_aliases, set_aliases
from odl_host.server.datastore.filters import parse_filters, refusal, where_sql
from odl_host.server.datastore.records import shown_rows
from odl_host.server.datastore.rowfile import Replaced, RowTable
from odl_host.server.datastore.table import NAME, Definition, all_columns, column_sql
from odl_host.server.datastore.types import get_type
from odl_host.server.datastore.write_parameters import (
    CreateInput,
    check_triggers,
    describe_fields,
    guess_type,
    is_field_name,
    read_change,
    read_create,
    read_deletion,
)
from odl_host.server.datastore.writer import BadRecord, NotUnique, Writer
from odl_host.server.documents import encode
from odl_host.server.objects.datasets import Resource, find_resource, get_resource, update_resource
from odl_host.server.params import Invalid, Params, anything, flag, optional, required, sent, text
from odl_host.server.registry import Context, action, call_action

ATTEMPTS = 10
"""How often a table is made again that other calls take away."""
READ_ONLY = (
    "Cannot edit read-only resource because changes made may be lost. Use a resource created for editing e.g. with "
    'datastore_create or use "force=True" to ignore this warning.'
)
CREATED_HERE = "datastore"
"""The `url_type` of a resource whose rows have no other source."""


class NewTable(Params):
    """The resource to give a table to, or a resource to make; the rest is read by `datastore.parameters`."""

    resource_id: str | None
    resource: Any = optional(anything)
    force: bool = optional(flag, False)

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> NewTable:
        """Read the parameters; an empty id is the id of nothing."""
        params = super().parse(data, files)
        sent = data.get("resource_id", data.get("id"))
        params.resource_id = None if sent is None else str(sent)
        return params


def _rows_wanted(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Invalid("Must be a dict")
    return value


class RowsRef(Params):
    """The resource whose rows are changed."""

    resource_id: str = required(text)
    force: bool = optional(flag, False)
    include_deleted_records: bool = optional(flag, False)

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> RowsRef:
        """Read the parameters; `id` is another name of `resource_id`."""
        if "id" in data:
            data = {**data, "resource_id": data["id"]}
        return super().parse(data, files)


class GoneRows(RowsRef):
    """The resource, and which of its rows are deleted; `read_deletion` reads the filters."""

    filters: JsonDict | None = sent(_rows_wanted)


@action(params=NewTable, allow=permissions.can_create_rows, writes_elsewhere=True)
def datastore_create(ctx: Context, params: NewTable) -> JsonDict:
    """Create the table of a resource, or change it, and add rows.

    :param resource_id: the resource's id
    :param resource: a resource to make, with its `package_id`, instead of `resource_id`
    :param force: write although the rows have another source
    :param aliases: other names to read the table by; they replace those that it has
    :param fields: the fields with `id`, `type` and `info`; a type that is not given is guessed from the first row
    :param delete_fields: remove the fields that are not given
    :param records: the rows to add
    :param include_records: give the rows back as they are kept
    :param primary_key: the fields whose values are together unique; they replace the key that it has
    :param indexes: the fields to index; they replace the indexes that it has
    :param calculate_record_count: taken for CKAN's sake; the count is always exact
    """
    if not params.resource_id and not params.resource and params.resource_id is None:
        raise ValidationError({"resource_id": ["resource_id or resource required"]})
    if params.resource_id and params.resource:
        raise ValidationError({"resource": ["resource cannot be used with resource_id"]})
    given = read_create(params.data)
    check_triggers(params.data.get("triggers"))
    echo = given.echo
    if params.resource_id:
        resource = ctx.once(get_resource, params.resource_id)
    else:
        resource = _new_resource(ctx, params.resource, echo)
    _require_writable(resource, force=params.force)
    if given.aliases is not None:
        check_aliases(ctx.db, resource.id, given.aliases)
    types = _write_table(ctx, resource, given)
    _say_active(ctx, resource, given.aliases)
    echo["resource_id"] = resource.id
    if given.fields or params.data.get("fields") == []:
        echo["fields"] = describe_fields(params.data["fields"], types)
    return echo


@action(params=RowsRef, allow=permissions.can_write_rows, writes_elsewhere=True)
def datastore_upsert(ctx: Context, params: RowsRef) -> JsonDict:
    """Add or change rows of a resource.

    :param resource_id: the resource's id
    :param force: write although the rows have another source
    :param records: the rows; a field that a row does not name stays as it is, or is null in a new row
    :param method: upsert (change, else add), insert or update; those that change need a primary key or `_id`
    :param include_records: give the rows back as they are kept
    :param dry_run: check everything and keep nothing
    :param calculate_record_count: taken for CKAN's sake; the count is always exact
    """
    given = read_change(params.data)
    resource = ctx.once(get_resource, params.resource_id)
    _require_writable(resource, force=params.force)
    table = _table_to_write(ctx, resource)
    with _sent_rows(), table.writing(is_kept=not given.is_dry) as writer:
        if given.method == "insert":
            writer.insert(given.records)
        elif given.method:
            writer.update(given.records, inserts=given.method == "upsert")
        if given.includes_records:
            given.echo["records"] = _records(writer, writer.changed)
    return {**given.echo, "resource_id": resource.id}


@action(params=RowsRef, allow=permissions.can_write_rows, writes_elsewhere=True)
def datastore_delete(ctx: Context, params: RowsRef) -> JsonDict:
    """Delete rows of a resource, or without `filters` its table.

    :param resource_id: the resource's id
    :param force: write although the rows have another source
    :param filters: which rows, as in `datastore_search`; none of them: all rows, and the table stays
    :param include_deleted_records: give the deleted rows back
    :param calculate_record_count: taken for CKAN's sake; the count is always exact
    """
    echo = read_deletion(params.data, needs_filters=False)
    resource = ctx.once(get_resource, params.resource_id)
    _require_writable(resource, force=params.force)
    if echo.get("filters") is not None:
        return _delete_records(ctx, params, resource, echo)
    if ctx.site.rows.find(resource) is None:
        raise NotFound(f'Resource "{resource.id}" was not found.')
    ctx.site.rows.drop(resource)
    with ctx.site.db.writing() as db:
        set_aliases(db, resource.id, ())
        if (row := find_resource(db, resource.id)) is not None:
            _set_active(db, row, is_active=False)
    return {**echo, "resource_id": resource.id}


@action(params=GoneRows, allow=permissions.can_write_rows, writes_elsewhere=True)
def datastore_records_delete(ctx: Context, params: GoneRows) -> JsonDict:
    """Delete rows of a resource; its table stays.

    :param resource_id: the resource's id
    :param force: write although the rows have another source
    :param filters: which rows, as in `datastore_search`; `{}` deletes all of them
    :param include_deleted_records: give the deleted rows back
    :param calculate_record_count: taken for CKAN's sake; the count is always exact
    """
    echo = read_deletion(params.data, needs_filters=True)
    resource = ctx.once(get_resource, params.resource_id)
    _require_writable(resource, force=params.force)
    return _delete_records(ctx, params, resource, echo)


def _delete_records(ctx: Context, params: RowsRef, resource: Resource, echo: JsonDict) -> JsonDict:
    table = _table_to_write(ctx, resource)
    with _sent_rows(), table.writing() as writer:
        operation = parse_filters(echo["filters"], writer.definition) if echo["filters"] else None
        condition, values = where_sql(operation, writer.definition)
        if params.include_deleted_records:
            found = writer.db.execute(f"SELECT _id FROM {NAME} WHERE {condition} ORDER BY _id", values)  # noqa: S608
            echo["deleted_records"] = _records(writer, [row[0] for row in found])
        writer.db.execute(f"DELETE FROM {NAME} WHERE {condition}", values)  # noqa: S608 - values are parameters
    if operation is not None:
        echo["filterops"] = operation.describe()
    return {**echo, "resource_id": resource.id}


def _require_writable(resource: Resource, *, force: bool) -> None:
    if not force and resource.fields.get("url_type") != CREATED_HERE:
        raise ValidationError({"read-only": [READ_ONLY]})


def _table_to_write(ctx: Context, resource: Resource) -> RowTable:
    if ctx.site.rows.find(resource) is None:
        raise NotFound(f'Resource "{resource.id}" was not found.')
    return ctx.site.rows.to_write(resource)


class _sent_rows:  # noqa: N801 - reads as a sentence: with what was sent
    """Turns what is wrong with rows into CKAN's errors."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BadRecord):
            raise ValidationError(error.errors) from error
        if isinstance(error, NotUnique):
            raise ValidationError(
                {
                    "constraints": ["Cannot insert records or create indexbecause of uniqueness constraint"],
                    "info": {"orig": f"could not create unique index on ({error})", "pgcode": "23505"},
                }
            ) from error
        if isinstance(error, sqlite3.OperationalError) and (refused := refusal(error)) is not None:
            raise refused from error


# The table of a resource


def _new_resource(ctx: Context, sent: object, echo: JsonDict) -> Resource:
    """Make the resource that a table is for; its address is the one to download the table from."""
    if not isinstance(sent, dict):
        raise ValidationError({"resource": ["Must be a dict"]})
    if "url" in sent:
        raise ValidationError({"resource": ["The datapusher has to be enabled."]})
    made = call_action(ctx.site, ctx.user, "resource_create", {**sent, "url_type": CREATED_HERE})
    doc = json.loads(made) if isinstance(made, str) else made
    echo["resource"] = {**sent, "url": "_datastore_only_resource"}
    with ctx.site.db.reading() as db:
        return get_resource(db, doc["id"])


def _write_table(ctx: Context, resource: Resource, given: CreateInput) -> dict[str, str]:
    """Create or change the table; return the types that were sent or guessed, by field."""
    for _ in range(ATTEMPTS):
        try:
            return _write_table_once(ctx, resource, given)
        except Replaced:  # by a call for the same resource that was refused, or that deletes it
            continue
    raise Unavailable("The table is made and deleted by several calls at once.")


def _write_table_once(ctx: Context, resource: Resource, given: CreateInput) -> dict[str, str]:
    store = ctx.site.rows
    # Columns with rows are a whole table: who loads one, as into a CKAN that reads no files, finds none before it.
    is_whole = bool(given.fields and given.records) and store.find_written(resource, resource.fields) is None
    is_new = is_whole or store.find(resource) is None
    try:
        table = store.to_write(resource, copies=not is_whole)
        with _sent_rows(), table.writing() as writer:
            types = _set_fields_of(writer, given, is_new=is_new)
            if given.records:
                writer.insert(given.records)
            if given.primary_key is not None:
                _require_columns(given.primary_key, writer.definition, str(given.primary_key))
                writer.set_primary_key(given.primary_key)
            if given.indexes is not None:
                indexes = [_split(index, writer.definition) for index in given.indexes]
                writer.set_indexes(list(dict.fromkeys(indexes)))
            if given.includes_records and given.records:
                given.echo["records"] = _records(writer, writer.changed)
        return types
    except Replaced:
        raise  # what stands there now is another call's
    except BaseException:
        if is_new:
            store.discard_unused(resource)
        raise


def _set_fields_of(writer: Writer, given: CreateInput, *, is_new: bool) -> dict[str, str]:
    first: dict[str, Any] = given.records[0] if given.records else {}
    known = {column.id: column for column in writer.definition.columns}
    types: dict[str, str] = {}
    new: list[tuple[str, Any, Any]] = []
    for field in given.fields or []:
        if field.type_name:
            name = "json" if field.type_name == "nested" else field.type_name
        elif field.id in known:
            name = known[field.id].type.name
        elif field.id in first:
            name = guess_type(first[field.id])
            name = "json" if name == "nested" else name
        else:
            raise ValidationError({"fields": [f'"{field.id}" type not guessable']})
        if field.type_name or field.id not in known:
            types[field.id] = name
        if field.id not in known:
            new.append((field.id, get_type(name), field.info))
    named = {field.id for field in given.fields or []}
    if given.fields and given.deletes_fields and not is_new:
        writer.drop_columns([name for name in known if name not in named])
    for name in first:
        if name not in known and name not in named:
            if not is_field_name(name):
                raise ValidationError({"records": [f'"{name}" is not a valid field name']})
            new.append((name, get_type(guess_type(first[name])), None))
    if len({name for name, _, _ in new}) + len(known) > MAX_FIELDS:
        raise ValidationError({"fields": [f"A table has at most {MAX_FIELDS} fields"]})
    writer.set_infos(
        {field.id: field.info for field in given.fields or [] if field.id in known and field.info is not None}
    )
    writer.add_columns(new)
    return types


MAX_FIELDS = 1000


def _require_columns(names: Sequence[str], definition: Definition, label: str) -> None:
    if any(definition.find(name) is None for name in names):
        raise ValidationError({"index": [f'The field "{label}" is not a valid column name.']})


def _split(index: str | list[str], definition: Definition) -> tuple[str, ...]:
    if isinstance(index, list):
        names = tuple(index)
    else:
        names = (index,) if definition.find(index) else tuple(name.strip() for name in index.split(","))
    _require_columns(names, definition, str(index))
    return names


def _records(writer: Writer, ids: Sequence[int]) -> list[JsonDict]:
    """Return rows by their numbers, each once in this order, as the answers of writing actions show them."""
    columns = all_columns(writer.definition)
    names = ", ".join(column_sql(column) for column in columns)
    rows = [
        writer.db.execute(f"SELECT {names} FROM {NAME} WHERE _id = ?", (number,)).fetchone()  # noqa: S608 - own names
        for number in dict.fromkeys(ids)
    ]
    shown = shown_rows(columns, [row for row in rows if row is not None])
    return [dict(zip((column.id for column in columns), row, strict=True)) for row in shown]


# What the catalogue says of a table


def _say_active(ctx: Context, resource: Resource, aliases: Sequence[str] | None) -> None:
    if resource.fields.get("datastore_active") and aliases is None:
        return
    with ctx.site.db.writing() as db:
        if aliases is not None:
            set_aliases(db, resource.id, aliases)
        row = find_resource(db, resource.id)
        if row is not None:
            _set_active(db, row, is_active=True)


def _set_active(db: Any, row: Resource, *, is_active: bool) -> None:
    changes: JsonDict = {"datastore_active": is_active}
    if row.fields.get("url_type") == CREATED_HERE:
        changes["last_modified"] = now()
    update_resource(db, dataclasses.replace(row, doc=encode({**row.fields, **changes})))
