"""What the parts of a query are called, and of which type, as PostgreSQL would say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from odl_host.server.datastore.sql.functions import FUNCTIONS
from odl_host.server.datastore.sql.statement import function_name
from odl_host.server.datastore.types import find_type

Columns = Mapping[str, str]
"""The type of each column, by name, in PostgreSQL's short names."""

NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
WHOLE = frozenset({"int2", "int4", "int8"})
TEXTS = frozenset({"text", "varchar", "bpchar", "name"})
LONGEST_WHOLE = 18
"""Digits of a number that is surely an int8. Python refuses to read one of thousands of digits."""

TIMES = frozenset({"date", "timestamp", "timestamptz", "time"})

# The parser's own types, and ours.
_TO_PARSER = {
    "int2": "SMALLINT",
    "int4": "INT",
    "int8": "BIGINT",
    "numeric": "DECIMAL",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "time": "TIME",
    "json": "JSON",
    "jsonb": "JSONB",
    "uuid": "UUID",
    "varchar": "VARCHAR",
}
_FROM_PARSER = {parser: ours for ours, parser in _TO_PARSER.items()} | {"TIMESTAMPNTZ": "timestamp", "TEXT": "text"}


def parser_type(kind: str) -> str:
    """Return the parser's name of a type."""
    if kind.startswith("_"):
        return f"{_TO_PARSER.get(kind[1:], 'TEXT')}[]"
    return _TO_PARSER.get(kind, "TEXT")


def name_outputs(tree: exp.Expr) -> None:
    """Give every unnamed output the name that PostgreSQL gives it."""
    for select in tree.find_all(exp.Select):
        for item in select.expressions:
            if not isinstance(item, exp.Alias | exp.Column | exp.Star) and not item.is_star:
                item.replace(exp.alias_(item.copy(), _output_name(item), quoted=True))


_CALLED = {
    "GroupConcat": "string_agg",
    "StrPosition": "position",
    "TimeToStr": "to_char",
    "TimestampTrunc": "date_trunc",
    "CurrentTimestamp": "now",
    "Rand": "random",
    "Pow": "power",
}


def _output_name(item: exp.Expr) -> str:
    if isinstance(item, exp.Cast):
        inner = _output_name(item.this) if not isinstance(item.this, exp.Column) else item.this.name
        return _kind_of_type(item.to) if inner == "?column?" else inner
    if isinstance(item, exp.Window | exp.Filter | exp.Paren):
        return _output_name(item.this)
    if isinstance(item, exp.Column):
        return item.name
    if isinstance(item, exp.Case):
        return "case"
    if isinstance(item, exp.Exists):
        return "exists"
    if isinstance(item, exp.Bracket):
        return _output_name(item.this)
    if isinstance(item, exp.Boolean):
        return "bool"
    if isinstance(item, exp.Subquery):
        outputs = outputs_of(item)
        return outputs[0].alias or _output_name(outputs[0]) if outputs else "?column?"
    if isinstance(item, exp.Pad):
        return "lpad" if item.args.get("is_left") else "rpad"
    if isinstance(item, exp.Anonymous):
        return str(item.name).lower()
    if isinstance(item, exp.Func) and not isinstance(item, exp.Connector | exp.RegexpLike | exp.RegexpILike):
        return _CALLED.get(type(item).__name__) or item.sql_name().lower()
    return "?column?"


def outputs_of(tree: exp.Expr) -> list[exp.Expr]:
    """Return the expressions that a query gives."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    if isinstance(tree, exp.Values):
        first = tree.expressions[0]
        return [exp.alias_(item, f"column{index}") for index, item in enumerate(first.expressions, 1)]
    return list(tree.selects) if isinstance(tree, exp.Query) else []


_KIND = "kind"


def note_kinds(tree: exp.Expr, tables: Mapping[str, Columns]) -> None:
    """Write on each column of a table what its type is: the parser does not know all of PostgreSQL's."""
    for select in tree.find_all(exp.Select):
        sources = [select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or [])]
        kinds = {
            source.this.alias_or_name: tables[source.this.name]
            for source in sources
            if source is not None and isinstance(source.this, exp.Table) and source.this.name in tables
        }
        for column in select.find_all(exp.Column):
            kind = kinds.get(column.table, {}).get(column.name)
            if kind and _KIND not in column.meta:
                column.meta[_KIND] = kind


def _kind_of_type(kind: exp.DataType) -> str:
    name = kind.sql("postgres").lower()
    found = find_type(name)
    return found.name if found else "text"


def kind_of(node: exp.Expr) -> str:
    """Return the type of an expression, in PostgreSQL's short names."""
    if isinstance(node, exp.Alias | exp.Paren | exp.Window | exp.Filter | exp.Ordered | exp.Distinct):
        inner = node.expressions[0] if isinstance(node, exp.Distinct) else node.this
        return kind_of(inner)
    if isinstance(node, exp.Column):
        return str(node.meta.get(_KIND) or ("tsvector" if node.name == "_full_text" else _of_parser(node)))
    if isinstance(node, exp.Literal):
        if node.is_string:
            return "text"
        is_whole = node.name.isdigit() and len(node.name) <= LONGEST_WHOLE
        return ("int4" if int(node.name) < 2**31 else "int8") if is_whole else "numeric"
    if isinstance(node, exp.Cast):
        return _kind_of_type(node.to)
    if isinstance(node, exp.Subquery):
        outputs = outputs_of(node)
        return kind_of(outputs[0]) if outputs else "text"
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        return _first_known([*branches, node.args.get("default")])
    if isinstance(node, exp.Neg):
        return kind_of(node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        return _widest(kind_of(node.left), kind_of(node.right))
    if isinstance(node, exp.DPipe):
        return "text"
    if isinstance(
        node, exp.Predicate | exp.Connector | exp.Not | exp.Boolean | exp.Between | exp.In | exp.MatchAgainst
    ):
        return "bool"
    if isinstance(node, exp.Bracket):
        return kind_of(node.this).removeprefix("_")
    if isinstance(node, exp.Func):
        return _kind_of_call(node)
    return _of_parser(node)


def _of_parser(node: exp.Expr) -> str:
    kind = node.type
    if kind is None:
        return "text"
    if kind.this == exp.DataType.Type.ARRAY:
        element = kind.expressions[0] if kind.expressions else None
        return "_" + (_FROM_PARSER.get(element.this.name, "text") if isinstance(element, exp.DataType) else "text")
    return _FROM_PARSER.get(getattr(kind.this, "name", ""), "text")


def _kind_of_call(node: exp.Func) -> str:
    kind = FUNCTIONS.get(function_name(node), ("", "text"))[1]
    arguments = list(arguments_of(node))
    if kind == "sum":
        inner = kind_of(arguments[0]) if arguments else "numeric"
        return {"int2": "int8", "int4": "int8", "float4": "float4", "float8": "float8"}.get(inner, "numeric")
    if kind == "avg":
        return "float8" if arguments and kind_of(arguments[0]) in ("float4", "float8") else "numeric"
    if isinstance(node, exp.Array):
        return f"_{_first_known(arguments)}"
    return kind or _first_known(arguments)


def _first_known(nodes: Sequence[exp.Expr | None]) -> str:
    known = [node for node in nodes if node is not None and not isinstance(node, exp.Null)]
    return kind_of(known[0]) if known else "text"


def _widest(left: str, right: str) -> str:
    order = ("int2", "int4", "int8", "numeric", "float4", "float8")
    known = [kind for kind in (left, right) if kind in order]
    return max(known, key=order.index) if known else left


def arguments_of(node: exp.Func) -> Iterator[exp.Expr]:
    """Yield the arguments of a function in the order in which it declares them."""
    for key in [*node.arg_types, *(key for key in node.args if key not in node.arg_types)]:
        value = node.args.get(key)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Expr) and not (isinstance(node, exp.Anonymous) and key == "this"):
                yield exp.Literal.string(item.name) if isinstance(item, exp.Var) else item
