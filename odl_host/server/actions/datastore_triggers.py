"""Trigger functions are PostgreSQL's, and rows are in SQLite: there is none, and these actions say so."""

from __future__ import annotations

from odl_host.ckan import ValidationError
from odl_host.server import permissions
from odl_host.server.actions.datastore import TableRef
from odl_host.server.datastore.aliases import find_table_resource
from odl_host.server.params import Params, flag, optional, required, text
from odl_host.server.registry import Context, action


class NewFunction(Params):
    """A function in PL/pgSQL."""

    name: str = required(text)
    definition: str = required(text)


class OldFunction(Params):
    """A function's name, and whether it may be absent."""

    name: str = required(text)
    if_exists: bool = optional(flag, False)


@action(params=NewFunction, allow=permissions.sysadmin)
def datastore_function_create(ctx: Context, params: NewFunction) -> None:  # noqa: ARG001 - every action has the same form
    """Refuse a trigger function: only PostgreSQL can run it.

    :param name: the function's name
    :param definition: its text, in PL/pgSQL
    """
    reason = "Trigger functions need PostgreSQL, and rows are kept in SQLite here: change the rows before they are sent"
    raise ValidationError({"definition": [reason]})


@action(params=OldFunction, allow=permissions.sysadmin)
def datastore_function_delete(ctx: Context, params: OldFunction) -> None:  # noqa: ARG001 - every action has the same form
    """Say that there is no such trigger function.

    :param name: the function's name
    :param if_exists: whether that is as it should be
    """
    if not params.if_exists:
        raise ValidationError({"name": [f"function {params.name}() does not exist"]})


@action(params=TableRef, allow=permissions.sysadmin, writes_elsewhere=True)
def datastore_run_triggers(ctx: Context, params: TableRef) -> int:
    """Run the triggers of a table, which has none, and return how many rows it has.

    :param resource_id: the resource's id
    """
    resource = find_table_resource(ctx.db, params.resource_id)
    table = ctx.site.rows.find(resource) if resource else None
    if table is None:
        raise ValidationError({"records": [f'relation "{params.resource_id}" does not exist']})
    with table.reading():
        return table.count()
