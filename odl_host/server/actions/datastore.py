"""The row API, reading: search, SQL, what a table is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from typing import Any

from odl_host.ckan import ROWS_OF_FILE, BadRequest, JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.database.database import Busy
from odl_host.server.datastore import listing
from odl_host.server.datastore.aliases import ROW_LISTS, aliases_of, find_table_resource
from odl_host.server.datastore.parameters import read_search
from odl_host.server.datastore.rowfile import RowTable
from odl_host.server.datastore.search import run
from odl_host.server.datastore.table import Definition, Table, describe
from odl_host.server.documents import Rendered, encode
from odl_host.server.objects.datasets import get_dataset
from odl_host.server.params import Params, flag, optional, required
from odl_host.server.registry import Context, action

OWN_ROWS = "BASE TABLE"
"""What PostgreSQL calls a table that holds its rows."""
SEARCHES_AT_ONCE, QUERIES_AT_ONCE = 16, 4
"""One may take ten seconds, and a query half a gigabyte of the disk."""


class TableRef(Params):
    """The resource whose table is read: its id, or an alias of its table."""

    noun = "Resource"
    resource_id: str = required(lambda value: value if isinstance(value, str) else encode(value))

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> TableRef:
        """Read the parameters; `id` is another name of `resource_id`, and goes before it."""
        if "id" in data:
            data = {**data, "resource_id": data["id"]}
        return super().parse(data, files)


class TableInfo(TableRef):
    """The resource whose table is described, and what is wanted of it."""

    noun = "Resource/Alias"
    include_meta: bool = optional(flag, True)
    include_fields_schema: bool = optional(flag, True)


class Query(Params):
    """A query; an empty one is none."""

    sql: str

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> Query:
        """Read the query. :raises ValidationError: it is no text."""
        params = super().parse(data, files)
        if not isinstance(data.get("sql", ""), str):
            raise ValidationError({"sql": ["Must be a Unicode string value"]})
        params.sql = data.get("sql", "")
        return params


@action(params=TableRef, allow=permissions.can_read_rows, reads=True, quick=True, at_once=SEARCHES_AT_ONCE)
def datastore_search(ctx: Context, params: TableRef) -> Rendered:
    """Search the rows of a resource.

    :param resource_id: the resource's id, an alias of its table, or `_table_metadata` for the list of tables
    :param filters: values by field; a list of values, `{"gt": 3}`, `{"$or": [{…}, {…}]}` or a list of filters
    :param q: words that a row must have, or words by field
    :param full_text: words that a row must have, beside `q` by field
    :param plain: whether the words are plain, and not PostgreSQL's query language
    :param language: the language of the words
    :param fields: the fields to show
    :param sort: fields to sort by, each with `asc` or `desc`, `nulls first` or `nulls last`
    :param distinct: leave out rows that repeat
    :param limit: how many rows to give
    :param offset: how many to leave out first
    :param include_total: whether to count the rows
    :param include_next_page: whether to give the filter of the next page, where rows are sorted by `_id`
    :param records_format: objects, lists, csv or tsv
    """
    search, records_format, echo = read_search(params.data, params.resource_id, ctx.site.settings)
    table = open_table(ctx, params)
    with table.reading(waits=ctx.waits):
        key = (0, f"datastore_search {table.version}", encode(params.data)) if table.version else None
        if key is not None and (kept := ctx.site.answers.find(key)) is not None:
            return kept
        found = run(table, search, records_format)
    if (resource := ctx.once(find_table_resource, params.resource_id)) is not None:
        echo["resource_id"] = resource.id
    is_empty_list = "fields" in echo and not search.fields
    echo.pop("fields", None)  # the answer's own fields take its place
    beside: JsonDict = {"fields": [] if is_empty_list else describe(found.columns)}
    if found.total is not None:
        beside["total"] = found.total
    if found.operation is not None:
        beside["filterops"] = found.operation.describe()
    if found.next_page is not None:
        beside["next_page"] = found.next_page
    answer = Rendered(f'{encode(echo)[:-1]},"records":{found.records},{encode(beside)[1:]}')
    if key is not None:
        ctx.site.answers.keep(key, answer)
    return answer


@action(params=TableInfo, allow=permissions.can_read_rows, reads=True)
def datastore_info(ctx: Context, params: TableInfo) -> JsonDict:
    """Return what the table of a resource is made of.

    :param id: the resource's id, or an alias of its table
    :param include_meta: whether to give the number of rows, the sizes and the aliases
    :param include_fields_schema: whether to give the native type and the index of each field
    """
    if params.resource_id in ROW_LISTS:
        raise NotFound(f'{params.noun} "{params.resource_id}" was not found.')
    table = open_table(ctx, params)
    resource = ctx.once(find_table_resource, params.resource_id)
    assert resource is not None
    with table.reading() as db:
        definition = table.definition
        shown: list[JsonDict] = [
            {
                **column.describe(),
                **({"type": "nested"} if column.type.name == "json" else {}),
                **({"schema": _schema_of(definition, column.id)} if params.include_fields_schema else {}),
            }
            for column in definition.columns
        ]
        if not params.include_meta:
            return {"fields": shown}
        pages, free, page_size = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        count = table.count()
    size = (pages - free) * page_size
    meta = {
        "id": resource.id,
        "count": count,
        "table_type": OWN_ROWS if isinstance(table, RowTable) else ROWS_OF_FILE,
        "size": size,
        "db_size": size,
        "idx_size": 0,
        "aliases": aliases_of(ctx.db, resource.id),
    }
    return {"fields": shown, "meta": meta}


@action(params=Query, allow=permissions.anyone, reads=True, at_once=QUERIES_AT_ONCE)
def datastore_search_sql(ctx: Context, params: Query) -> JsonDict:
    """Answer one SQL query over the tables that the caller may read, where the site allows it.

    It is read as PostgreSQL's and run by SQLite: the documentation says what it knows.

    :param sql: a SELECT; a table is named by its resource's id or its alias, in double quotes
    """
    if not ctx.site.settings["ckan.datastore.sqlsearch.enabled"]:
        raise BadRequest("Action name not known: datastore_search_sql")
    from odl_host.server.datastore.sql.execute import execute
    from odl_host.server.datastore.sql.statement import read_statement

    statement = read_statement(params.sql)
    tables: dict[str, Table] = {}
    for name in statement.tables:
        if name in ROW_LISTS:
            tables[name] = listing.load(ctx.db, shows_all=ctx.user is not None and ctx.user.sysadmin)
            continue
        resource = find_table_resource(ctx.db, name)
        if resource is None and not (ctx.user is not None and ctx.user.sysadmin):
            raise NotFound("")  # whether they may read it is asked first, of all but sysadmins
        if resource is not None and not permissions.is_reader(ctx, get_dataset(ctx.db, resource.package_id)):
            raise NotAuthorized("Not authorized to read resource.")
        table = ctx.site.rows.find(resource) if resource else None
        if table is None:
            raise ValidationError({"query": [f'relation "{name}" does not exist'], "info": {"statement": [params.sql]}})
        tables[name] = table
    answer = execute(statement, tables, rows_max=int(str(ctx.site.settings["ckan.datastore.search.rows_max"])))
    shown: JsonDict = {"sql": params.sql, "records": answer.records, "fields": answer.fields}
    return {**shown, "records_truncated": True} if answer.is_truncated else shown


def _schema_of(definition: Definition, name: str) -> JsonDict:
    column = definition.find(name)
    assert column is not None
    indexes = [index for index in (definition.primary_key, *definition.indexes) if name in index]
    label = hashlib.sha1(repr(indexes[0]).encode(), usedforsecurity=False).hexdigest() if indexes else None
    return {
        "native_type": column.type.native,
        "notnull": False,
        "index_name": label,
        "is_index": bool(indexes),
        "uniquekey": False,  # CKAN says so of primary keys too: they are indexes, no constraints
    }


def open_table(ctx: Context, params: TableRef) -> Table:
    """Return the table that is read.

    :raises NotFound: the resource has none. :raises Busy: the call does not wait, and the table is not open.
    """
    if params.resource_id in ROW_LISTS:
        if not ctx.waits:
            raise Busy
        return listing.load(ctx.db, shows_all=ctx.user is not None and ctx.user.sysadmin)
    resource = ctx.once(find_table_resource, params.resource_id)
    table = ctx.site.rows.find(resource, waits=ctx.waits) if resource else None
    if table is None:
        raise NotFound(f'{params.noun} "{params.resource_id}" was not found.')
    return table
