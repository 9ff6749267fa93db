"""What a query may be made of: one statement, known nodes, known functions, and the tables that it names."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlglot import exp, parse
from sqlglot.errors import ParseError, SqlglotError

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.server.datastore.sql.functions import FUNCTIONS, SEARCH_QUERIES
from odl_host.server.datastore.sql.given import call_of
from odl_host.server.datastore.sql.grammar import PostgreSQL, function_name

MAX_LENGTH = 100_000
MAX_NODES = 5_000
MAX_DEPTH = 100
MAX_TABLES = 8
"""SQLite attaches ten databases at most."""

# sqlglot says on its logger what it then raises or returns: the caller is told, the log need not be.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_NAMES = {"Set": "VariableSetStmt", "Show": "VariableShowStmt", "TruncateTable": "TruncateStmt", "Into": "IntoClause"}
_NAMES |= {"Lock": "LockingClause"}
_OPERATORS_THAT_CALL: dict[type[exp.Expr], str] = {
    exp.SimilarTo: "similar_to_escape",
    exp.AtTimeZone: "timezone",
    exp.Overlaps: "overlaps",
}
"""Operators that PostgreSQL reads as calls of functions that CKAN does not allow."""

_NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        # Clauses
        *(exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset),
        *(exp.Fetch, exp.Join, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.Distinct),
        *(exp.Values, exp.Table, exp.TableAlias, exp.Window, exp.WindowSpec, exp.Filter, exp.LimitOptions),
        *(exp.Unnest, exp.Lateral),
        # Names and values
        *(exp.Column, exp.Identifier, exp.Star, exp.Alias, exp.Literal, exp.Boolean, exp.Null, exp.Var, exp.Tuple),
        *(exp.Paren, exp.DataType, exp.DataTypeParam, exp.Array, exp.Bracket, exp.Slice, exp.Interval, exp.Kwarg),
        # Operators
        *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between),
        *(exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike, exp.Exists, exp.Any, exp.Add, exp.Sub, exp.Mul),
        *(exp.Div, exp.Mod, exp.Neg, exp.DPipe, exp.Case, exp.If, exp.Cast, exp.MatchAgainst),
        *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Escape, exp.WithinGroup),
        *(exp.ArrayContainsAll, exp.ArrayContainedBy, exp.ArrayOverlaps),
        *(exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar, exp.JSONPath),
        *(exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript),
        *(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift),
    }
)


def invalid(message: str) -> ValidationError:
    """Return the error of a query that cannot be read."""
    return ValidationError({"message": message})


@dataclass(frozen=True, slots=True)
class Statement:
    """A query that may be run once its tables may be read."""

    tree: exp.Query | exp.Values
    tables: tuple[str, ...]


def read_statement(sql: str) -> Statement:
    """Read a query.

    :raises ValidationError: it is not one query, or is made of something else than queries are here.
    :raises NotAuthorized: it names a system table or a function that is not allowed.
    """
    if len(sql) > MAX_LENGTH:
        raise invalid(f"Invalid SQL: longer than {MAX_LENGTH} characters")
    try:
        parsed = [tree for tree in parse(sql, read=PostgreSQL) if tree and not isinstance(tree, exp.Semicolon)]
    except RecursionError:
        raise invalid("Invalid SQL: nested too deeply") from None
    except SqlglotError as error:
        raise invalid(f"Invalid SQL: {_what_is_wrong(error)}") from error
    if len(parsed) != 1:
        raise invalid("Query is not a single statement")
    tree = parsed[0]
    if not isinstance(tree, exp.Query | exp.Values):
        name = type(tree).__name__
        if isinstance(tree, exp.Command):
            name = str(tree.this).title()
        elif not isinstance(
            tree, exp.DDL | exp.DML | exp.Drop | exp.Copy | exp.Set | exp.Transaction | exp.TruncateTable
        ):
            raise invalid(f'Invalid SQL: syntax error at or near "{sql.split()[0][:50]}"')
        raise invalid(f"Invalid query AST element: {_NAMES.get(name, f'{name}Stmt')}")
    _read_quotes(tree)
    _check_nodes(tree)
    return Statement(tree, _tables(tree))


def _what_is_wrong(error: SqlglotError) -> str:
    """Say where a query cannot be read, as PostgreSQL does: clients look for its words."""
    found = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    at, after = str(found.get("highlight") or ""), str(found.get("end_context") or "")
    if not at:
        return str(error).partition("\n")[0].rstrip(". ")[:300]
    lacks = str(found["description"])
    if not after.strip() and (
        lacks.startswith("Expected") or (lacks.startswith("Required") and at.upper() not in ("FROM", "AND", "OR"))
    ):
        return "syntax error at end of input"
    return f'syntax error at or near "{at}"'


def _read_quotes(tree: exp.Expr) -> None:
    """Write `E'…'` and `$$…$$` as plain texts, and leave out the order that texts have anyway (`COLLATE "C"`)."""
    for node in list(tree.find_all(exp.ByteString, exp.RawString)):
        node.replace(exp.Literal.string(node.name))
    for node in list(tree.find_all(exp.Collate)):
        if node.expression.name in ("C", "POSIX", "default"):
            node.replace(node.this)


def _check_nodes(tree: exp.Expr) -> None:
    for count, node in enumerate(tree.walk()):
        if count > MAX_NODES or node.depth > MAX_DEPTH:
            raise invalid("Invalid SQL: the query is too large")
        if isinstance(node, exp.Lateral) and call_of(node) is None:
            raise invalid("Invalid SQL: LATERAL stands before functions only here")
        if isinstance(node, exp.Limit | exp.Offset) and isinstance(node.expression, exp.Neg):
            raise invalid(f"Invalid SQL: {type(node).__name__.upper()} must not be negative")
        if type(node) in _NODES:
            continue
        if type(node) in _OPERATORS_THAT_CALL:
            raise NotAuthorized(f"Not authorized to call function pg_catalog.{_OPERATORS_THAT_CALL[type(node)]}")
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            raise NotAuthorized(f"Not authorized to call function {node.this.name}.{function_name(node.expression)}")
        if isinstance(node, exp.Func):
            _check_function(node)
            continue
        if isinstance(node, exp.DML | exp.DDL):
            raise invalid(f"Invalid query AST element: {type(node).__name__}Stmt")
        name = type(node).__name__
        raise invalid(f"Invalid query AST element: {_NAMES.get(name, name)}")


def _check_function(node: exp.Func) -> None:
    name = function_name(node)
    if isinstance(node, exp.Binary) and name not in FUNCTIONS:
        raise invalid(f"Invalid SQL: the operator of {node.sql('postgres')[:100]} is not known here")
    if name == "all" and isinstance(node.parent, exp.EQ | exp.NEQ):
        return  # an operator: `<> ALL (array)`
    if name not in FUNCTIONS:
        raise NotAuthorized(f"Not authorized to call function {name}")


def _tables(tree: exp.Expr) -> tuple[str, ...]:
    """Return the names of the tables that are read, those of `WITH` apart."""
    names: dict[str, None] = {}
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if call_of(table) is not None:
            continue
        if isinstance(table.this, exp.Anonymous) and table.alias and function_name(table.this) in SEARCH_QUERIES:
            continue  # `FROM table, to_tsquery('words') query`
        if not isinstance(table.this, exp.Identifier):
            raise NotAuthorized(
                f"Not authorized to call function {table.this.sql('postgres').partition('(')[0].lower()}"
            )
        schema, name = table.args.get("db"), table.this
        folded = name.name if name.args.get("quoted") else name.name.lower()
        if table.args.get("catalog") or (schema is not None and schema.name.lower() != "public"):
            raise NotAuthorized("Not authorized to access tables in other schemas")
        if folded.lower().startswith("pg_"):
            raise NotAuthorized("Not authorized to access system tables")
        table.set("db", None)
        name.replace(exp.to_identifier(folded, quoted=True))
        if folded not in own:
            names[folded] = None
    if len(names) > MAX_TABLES:
        raise invalid(f"Invalid SQL: more than {MAX_TABLES} tables")
    return tuple(names)
