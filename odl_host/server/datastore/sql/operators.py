"""Translating what stands between values: comparisons, arithmetic, and the operators of arrays and JSON.

Each goes together with some types only: PostgreSQL says which, and SQLite would answer whatever they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from odl_host.ckan import ValidationError
from odl_host.server.datastore.filters import bad_query
from odl_host.server.datastore.sql import documents
from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.kinds import (
    MOMENTS,
    NUMBERS,
    TEXTS,
    WHOLE,
    family_of,
    is_unknown,
    kind_of,
    native_name,
)
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import BadValue

_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Like: "~~",
    exp.ILike: "~~*",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "#",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
    exp.JSONBExtract: "#>",
    exp.JSONBExtractScalar: "#>>",
    exp.ArrayContainsAll: "@>",
    exp.ArrayContainedBy: "<@",
    exp.ArrayOverlaps: "&&",
}


_OURS = "ours"


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """Return a call of one of SQLite's functions, which nothing translates again."""
    node = exp.Anonymous(this=name, expressions=list(arguments))
    node.meta[_OURS] = True
    return node


def is_translated(node: exp.Expr | None) -> bool:
    """Whether a node is a call that `call` has made."""
    return node is not None and bool(node.meta.get(_OURS))


def text(value: str) -> exp.Expr:
    """Return a text."""
    return exp.Literal.string(value)


def no_operator(node: exp.Expr, left: exp.Expr, right: exp.Expr) -> ValidationError:
    """Return PostgreSQL's refusal of an operator between two types."""
    sign = _SIGNS.get(type(node), "=")
    return bad_query(f"operator does not exist: {native_name(left)} {sign} {native_name(right)}")


def no_json_operator(node: exp.Expr) -> ValidationError:
    """Return the refusal of an operator of JSON: columns of JSON have a type of CKAN's own, which has none."""
    while isinstance(node.this, exp.JSONExtract | exp.JSONExtractScalar | exp.JSONBExtract | exp.JSONBExtractScalar):
        node = node.this
    path = node.args["expression"]
    is_number = isinstance(path, exp.JSONPath) and isinstance(path.expressions[-1], exp.JSONPathSubscript)
    kind = "integer" if is_number else "unknown"
    return bad_query(f"operator does not exist: {native_name(node.this)} {_SIGNS[type(node)]} {kind}")


def read_literal(literal: exp.Expr, kind: str) -> None:
    """Read a text in quotes as a value of a type. :raises ValidationError: it is none."""
    literal = literal.unnest() if isinstance(literal, exp.Paren) else literal
    found = find_type(kind)
    if isinstance(literal, exp.Null) or found is None or kind in TEXTS:
        return
    try:
        if kind == "interval":
            kept: object = Interval.read(literal.name).keep()
        elif kind.startswith("_"):
            kept = documents.read_literal(literal.name, kind)
        else:
            kept = found.keep(literal.name)
    except (BadValue, ValueError) as error:
        raise bad_query(str(error).replace("{column}", "?column?")) from None
    if kept is None:
        literal.replace(exp.Null())
    elif isinstance(kept, str):
        literal.replace(text(kept))
    else:
        literal.replace(exp.Literal.number(repr(kept)))


def make_comparable(node: exp.Expr, left: exp.Expr, right: exp.Expr) -> None:
    """Make both sides of a comparison comparable; a text in quotes is read as what the other side is.

    :raises ValidationError: no operator compares them.
    """
    for value, other in ((left, right), (right, left)):
        if is_unknown(value):
            kind = kind_of(other)
            if not is_unknown(other) and kind != "tsvector":
                read_literal(value, kind)
            return
    if isinstance(right, exp.Tuple) or isinstance(left, exp.Tuple):
        return
    kinds = kind_of(left), kind_of(right)
    if family_of(kinds[0]) != family_of(kinds[1]):
        raise no_operator(node, left, right)
    if "interval" in kinds:
        for side in (left, right):
            side.replace(call("pg_span", side.copy()))
    elif set(kinds) <= MOMENTS and "date" in kinds and len(set(kinds)) > 1:
        side = left if kinds[0] == "date" else right
        side.replace(call("pg_midnight", side.copy()))


def compare_many(node: exp.Expr, value: exp.Expr, others: Iterable[exp.Expr]) -> None:
    """Make a value comparable with each of others."""
    for other in others:
        make_comparable(node, value, other)


def compare_with_array(node: exp.Binary, array: exp.Expr, *, is_all: bool) -> exp.Expr:
    """Return what stands for `value = ANY(array)` or `ALL`, and for the negated ones."""
    value = node.left
    array = array.this if isinstance(array, exp.Paren) else array
    if isinstance(array, exp.Subquery | exp.Select):
        found: exp.Expr = exp.In(this=value, query=array)
        if is_all:
            raise bad_query("ALL stands before arrays only")
    else:
        kind = kind_of(value)
        if is_unknown(array):
            holder = exp.Paren(this=array.copy())
            read_literal(holder.this, f"_{kind}")
            array = holder.this
        elif is_unknown(value):
            read_literal(value, kind_of(array).removeprefix("_"))
        elif family_of(kind_of(array).removeprefix("_")) != family_of(kind):
            raise bad_query(f"operator does not exist: {native_name(value)} = {kind_of(array).removeprefix('_')}")
        found = call("pg_all_array" if is_all and isinstance(node, exp.EQ) else "pg_in_array", value, array)
    if isinstance(node, exp.NEQ):
        if not is_all:
            raise bad_query("operator does not exist here: <> ANY")
        return exp.Not(this=exp.Paren(this=found))
    return found


def contain(node: exp.Binary, name: str) -> exp.Expr:
    """Return what stands for `@>` or `&&` between arrays."""
    left, right = node.left, node.right
    if is_unknown(right):
        read_literal(right, kind_of(left))
    elif is_unknown(left):
        read_literal(left, kind_of(right))
    if not (kind_of(node.left).startswith("_") or kind_of(node.right).startswith("_")):
        raise no_operator(node, node.left, node.right)
    return call(name, node.left, node.right)


def require_texts(node: exp.Binary) -> None:
    """Refuse a pattern for what is no text. :raises ValidationError: a side is none."""
    for side in (node.left, node.right):
        if not is_unknown(side) and family_of(kind_of(side)) != "text" and not isinstance(side, exp.Any | exp.Escape):
            raise no_operator(node, node.left, node.right)


def require_bool(node: exp.Expr | None, where: str) -> None:
    """Refuse a condition that is neither true nor false. :raises ValidationError: it is something else."""
    if node is None:
        return
    if is_unknown(node):
        read_literal(node, "bool")
    elif kind_of(node) != "bool":
        raise bad_query(f"argument of {where} must be type boolean, not type {native_name(node)}")


def require_numbers(node: exp.Binary) -> None:
    """Refuse an operator of bits for what is no number. :raises ValidationError: a side is none."""
    for side in (node.left, node.right):
        if is_unknown(side):
            read_literal(side, "int8")
        elif kind_of(side) not in WHOLE:
            raise no_operator(node, node.left, node.right)


def join_texts(node: exp.DPipe) -> exp.Expr:
    """Return what stands for `||` between texts, or arrays."""
    left, right = kind_of(node.left), kind_of(node.right)
    if left.startswith("_") or right.startswith("_"):
        if left.startswith("_") and right.startswith("_"):
            return call("pg_array_cat", node.left, node.right)
        if left.startswith("_"):
            return call("pg_array_append", node.left, call("pg_as_json", node.right, text(right)))
        return call("pg_array_prepend", call("pg_as_json", node.left, text(left)), node.right)
    if family_of(left) != "text" and family_of(right) != "text":
        raise bad_query(f"operator does not exist: {native_name(node.left)} || {native_name(node.right)}")
    for side, kind in ((node.left, left), (node.right, right)):
        if kind == "bool":
            side.replace(call("pg_cast", side.copy(), text("text"), text(kind)))
        elif kind not in TEXTS:
            side.replace(call("pg_written", side.copy(), text(kind)))
    return node


def arithmetic(node: exp.Binary) -> exp.Expr:
    """Return what stands for a sum, a difference, a product or a quotient. :raises ValidationError: there is none."""
    left, right = kind_of(node.left), kind_of(node.right)
    families = {family_of(left), family_of(right)}
    if families & {"moment", "time", "interval"}:
        return _reckoning(node)
    kind = kind_of(node)
    for value, other in ((node.left, right), (node.right, left)):
        if is_unknown(value):
            read_literal(value, other if other in NUMBERS else "numeric")
        elif kind_of(value) not in NUMBERS:
            raise no_operator(node, node.left, node.right)
    if isinstance(node, exp.Mod) and not {left, right} <= WHOLE:
        if kind != "numeric":
            raise no_operator(node, node.left, node.right)
        return call("pg_mod", node.left, node.right)
    if isinstance(node, exp.Div | exp.Mod) and not _is_other_than_zero(node.right):
        node.set("expression", call("pg_divisor", node.right))
    if isinstance(node, exp.Div):
        node.set("typed", True)
        node.set("safe", True)
        if not {left, right} <= WHOLE:
            # SQLite divides whole numbers as such, and a numeric may be kept as one.
            node.set("this", exp.Mul(this=exp.Paren(this=node.left.copy()), expression=exp.Literal.number("1.0")))
    return node


_RECKONED = {
    ("-", "moment", "moment"),
    *((sign, "moment", "interval") for sign in "+-"),
    *((sign, "time", "interval") for sign in "+-"),
    *((sign, "interval", "interval") for sign in "+-"),
    ("+", "interval", "moment"),
    ("+", "interval", "time"),
    ("*", "interval", "number"),
    ("*", "number", "interval"),
    ("/", "interval", "number"),
}


def _reckoning(node: exp.Binary) -> exp.Expr:
    sign = _SIGNS[type(node)]
    for value, other in ((node.left, node.right), (node.right, node.left)):
        if is_unknown(value):
            is_moment = family_of(kind_of(other)) == "moment" and sign == "-"
            kind = kind_of(other) if is_moment else "interval"
            value.replace(exp.cast(value.copy(), "interval" if kind == "interval" else kind, dialect="postgres"))
    left, right = kind_of(node.left), kind_of(node.right)
    families = family_of(left), family_of(right)
    days = {left, right} & WHOLE and "date" in (left, right) and (sign == "+" or (sign == "-" and left == "date"))
    clock = sign == "+" and {left, right} == {"date", "time"}
    if (sign, *families) not in _RECKONED and not days and not clock:
        raise no_operator(node, node.left, node.right)
    return call("pg_reckon", text(sign), node.left, text(left), node.right, text(right))


def _is_other_than_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) != 0
