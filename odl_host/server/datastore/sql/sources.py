"""What stands after FROM, in the one form that names are resolved in: queries, values, search queries, whole rows."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from odl_host.server.datastore.sql.functions import ROW
from odl_host.server.datastore.sql.grammar import function_name
from odl_host.server.datastore.sql.kinds import Columns, outputs_of
from odl_host.server.datastore.sql.statement import invalid

_OF_ROWS = frozenset({"row_to_json", "to_json", "json_agg", "count"})
"""The functions that take a whole row, by the name of its table."""


def unwrapped(tree: exp.Expr) -> exp.Expr:
    """Take away the parentheses around a query and the parts of a union: SQLite knows none there."""
    for part in [tree, *(side for union in tree.find_all(exp.SetOperation) for side in (union.left, union.right))]:
        if not isinstance(part, exp.Subquery) or part.alias:
            continue
        inner = part.this
        is_whole = isinstance(inner, exp.Select) and not any(part.args.get(key) for key in ("order", "limit", "offset"))
        if not is_whole or (part is not tree and any(inner.args.get(key) for key in ("order", "limit", "offset"))):
            inner = exp.select("*").from_(exp.Subquery(this=part.this.copy(), alias=exp.TableAlias(this="q")))
            for key in ("order", "limit", "offset"):
                inner.set(key, part.args.get(key))
        if part is tree:
            return unwrapped(inner)
        part.replace(inner)
    return tree


def put_queries_in_place(tree: exp.Expr) -> None:
    """Put a search query that stands among the tables (`FROM t, to_tsquery('x') q`) where its name is."""
    for select in tree.find_all(exp.Select):
        for join in list(select.args.get("joins") or []):
            source = join.this
            if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Anonymous):
                continue
            name = source.alias
            join.pop()
            for column in list(select.find_all(exp.Column)):
                if column.name == name and not column.table:
                    column.replace(source.this.copy())


def name_values(tree: exp.Expr) -> exp.Expr:
    """Give values that stand as a table the names of their columns, in a query around them; return the tree.

    :raises ValidationError: they are not of one length.
    """
    for membership in tree.find_all(exp.In):
        if isinstance(values := next(iter(membership.expressions), None), exp.Values):
            membership.set("expressions", [])
            membership.set("query", exp.Subquery(this=_all_of(values)))
    if isinstance(tree, exp.Values):
        tree = _all_of(tree)
    for values in list(tree.find_all(exp.Values)):
        width = len(values.expressions[0].expressions)
        if any(not isinstance(row, exp.Tuple) or len(row.expressions) != width for row in values.expressions):
            raise invalid("Invalid SQL: VALUES lists must all be the same length")
        alias = values.args.get("alias")
        wanted = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
        names = [f"column{number}" for number in range(1, width + 1)]
        shown = [exp.alias_(exp.column(name, "v"), new, quoted=True) for name, new in _paired(names, wanted)]
        place = exp.Subquery(
            this=exp.Select(expressions=shown),
            alias=exp.TableAlias(this=exp.to_identifier(values.alias or "*VALUES*", quoted=True)),
        )
        values.replace(place)
        values.set(
            "alias", exp.TableAlias(this=exp.to_identifier("v"), columns=[exp.to_identifier(name) for name in names])
        )
        _hand_over(values, place.this)
        place.this.set("from_", exp.From(this=values))
    return tree


def _all_of(values: exp.Values) -> exp.Select:
    """Return the query of values that stand alone, which has their order and bounds."""
    select = exp.Select(expressions=[exp.Star()], from_=exp.From(this=values))
    _hand_over(values, select)
    return select


def _hand_over(values: exp.Values, select: exp.Select) -> None:
    for key in ("order", "limit", "offset"):
        select.set(key, values.args.pop(key, None))


def _paired(names: list[str], wanted: list[str]) -> list[tuple[str, str]]:
    return [(name, wanted[place] if place < len(wanted) else name) for place, name in enumerate(names)]


def leave_out_names(tree: exp.Expr) -> None:
    """Take away the names of the columns of values: SQLite calls them so anyway, and takes no others."""
    for values in tree.find_all(exp.Values):
        values.args["alias"].set("columns", None)


def spell_rows(tree: exp.Expr, tables: Mapping[str, Columns]) -> None:
    """Write a whole row that a function takes, `row_to_json(t)`, as an object of its columns.

    :raises ValidationError: it stands elsewhere, where SQLite would take the table's name for a text.
    """
    for scope in traverse_scope(tree):
        for row in list(scope.find_all(exp.TableColumn)):
            _, source = scope.selected_sources.get(row.name, (None, None))
            around = row.parent.parent if isinstance(row.parent, exp.Order) else row.parent
            if source is None or not isinstance(around, exp.Anonymous) or function_name(around) not in _OF_ROWS:
                raise invalid(f'Invalid SQL: "{row.name}" is a table: name its columns')
            names = (
                [item.alias_or_name for item in outputs_of(source.expression)]
                if isinstance(source, Scope)
                else list(tables[source.name])
            )
            parts = [
                part
                for name in names
                for part in (exp.Literal.string(name), exp.column(name, table=row.name, quoted=True))
            ]
            spelt: exp.Expr = exp.Anonymous(this=ROW, expressions=parts)
            if _may_be_absent(scope.expression, row.name):
                is_there = exp.or_(
                    *(exp.column(name, table=row.name, quoted=True).is_(exp.null()).not_() for name in names)
                )
                spelt = exp.Case(ifs=[exp.If(this=is_there, true=spelt)])
            row.replace(spelt)


def _may_be_absent(select: exp.Expr, name: str) -> bool:
    """Whether an outer join may leave a table's row out, which is then no row of nulls but a null."""
    is_absent = False
    for join in select.args.get("joins") or []:
        is_this = join.alias_or_name == name
        is_absent = is_absent or join.side == "FULL" or join.side == ("LEFT" if is_this else "RIGHT")
    return is_absent
