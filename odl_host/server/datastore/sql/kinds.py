"""What the parts of a query are called, and of which type, as PostgreSQL would say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from odl_host.server.datastore.sql.functions import FUNCTIONS, WITHIN_GROUP
from odl_host.server.datastore.sql.given import GIVEN, PLACE, VALUE, Given
from odl_host.server.datastore.sql.grammar import NAMES, function_name
from odl_host.server.datastore.types import find_type

Columns = Mapping[str, str]
"""The type of each column, by name, in PostgreSQL's short names."""

WHOLE = frozenset({"int2", "int4", "int8"})
NUMBERS = WHOLE | {"numeric", "float4", "float8"}
TEXTS = frozenset({"text", "varchar", "bpchar", "name"})
MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
LONGEST_WHOLE = 18
"""Digits of a number that is surely an int8. Python refuses to read one of thousands of digits."""


def family_of(kind: str) -> str:
    """Return what a type is comparable with: number, text, moment, array, or itself."""
    if kind in NUMBERS:
        return "number"
    if kind in TEXTS:
        return "text"
    if kind in MOMENTS:
        return "moment"
    return "array" if kind.startswith("_") else kind


def is_unknown(node: exp.Expr) -> bool:
    """Whether a node is a null or a text in quotes, which PostgreSQL reads as what its place asks for."""
    node = node.unnest() if isinstance(node, exp.Paren) else node
    return isinstance(node, exp.Null) or (isinstance(node, exp.Literal) and node.is_string)


def native_name(node: exp.Expr) -> str:
    """Return the type of a node in PostgreSQL's long names, as its errors have it."""
    if is_unknown(node):
        return "unknown"
    found = find_type(kind_of(node))
    return found.native if found else kind_of(node)


def name_outputs(tree: exp.Expr) -> None:
    """Give every unnamed output the name that PostgreSQL gives it."""
    for select in tree.find_all(exp.Select):
        for item in select.expressions:
            if not isinstance(item, exp.Alias | exp.Column | exp.Star) and not item.is_star:
                # `alias_` would make a subquery a table.
                item.replace(exp.Alias(this=item.copy(), alias=exp.to_identifier(_output_name(item), quoted=True)))


def _output_name(item: exp.Expr) -> str:
    if isinstance(item, exp.Cast):
        inner = item.this.unnest() if isinstance(item.this, exp.Paren) else item.this
        name = "?column?" if isinstance(inner, exp.Cast | exp.Interval | exp.Case) else _output_name(inner)
        if isinstance(inner, exp.Cast) and not _is_constant(inner):
            name = _output_name(inner)
        return _kind_of_type(item.to) if name == "?column?" else name
    if isinstance(item, exp.Window | exp.Filter | exp.Paren | exp.Bracket | exp.WithinGroup):
        return _output_name(item.this)
    if isinstance(item, exp.Column):
        return item.name
    if isinstance(item, exp.Case | exp.Exists | exp.Array | exp.Interval):
        return type(item).__name__.lower()
    if isinstance(item, exp.Subquery):
        outputs = outputs_of(item)
        return outputs[0].alias or _output_name(outputs[0]) if outputs else "?column?"
    if isinstance(item, exp.Anonymous) or (type(item) in NAMES and not isinstance(item, exp.Pow | exp.Sqrt | exp.Cbrt)):
        return function_name(item)
    return "?column?"


def _is_constant(node: exp.Expr) -> bool:
    """Whether casts are all that stands around a constant: the last one then gives its name."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return isinstance(node, exp.Literal | exp.Null | exp.Boolean | exp.Interval | exp.Binary | exp.Neg)


def outputs_of(tree: exp.Expr) -> list[exp.Expr]:
    """Return the expressions that a query gives."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    if isinstance(tree, exp.Values):
        rows = [row.expressions for row in tree.expressions]
        return [
            exp.alias_(_widest_of(items), f"column{index}") for index, items in enumerate(zip(*rows, strict=True), 1)
        ]
    return list(tree.selects) if isinstance(tree, exp.Query) else []


def _widest_of(items: Sequence[exp.Expr]) -> exp.Expr:
    """Return one of a column's values of whose type all are."""
    kind = widest(items)
    return next((item for item in items if not is_unknown(item) and kind_of(item) == kind), items[0])


_KIND = "kind"


def note_kinds(tree: exp.Expr, tables: Mapping[str, Columns]) -> None:
    """Write on each column what its type is, those of inner queries first."""
    known: dict[int, dict[str, Columns]] = {}
    for scope in traverse_scope(tree):
        _note_columns(scope.expression, _kinds_in(scope, tables, known))


def _kinds_in(
    scope: Scope, tables: Mapping[str, Columns], known: dict[int, dict[str, Columns]]
) -> Mapping[str, Columns]:
    """Return the columns of each table of a query, those around it too: what a function gives may be made of these."""
    kinds = known.get(id(scope))
    if kinds is None:
        around = _kinds_in(scope.parent, tables, known) if scope.is_subquery and scope.parent else {}
        own = {name: _columns_of(source, tables) for name, (_, source) in scope.selected_sources.items()}
        kinds = known[id(scope)] = {**around, **own}
        calls = {given.name: given for given in scope.find_all(Given)}
        for given in [calls[name] for name in own if name in calls]:  # one may be made of those before it
            _note_columns(given, kinds)
            value, *place = own[given.name]
            kinds[given.name] = {value: kind_of(given.expression), **dict.fromkeys(place, "int8")}
            for column in scope.expression.find_all(exp.Column):
                if column.table == given.name and column.name in own[given.name]:
                    column.meta[GIVEN] = VALUE if column.name == value else PLACE
    return kinds


def _note_columns(tree: exp.Expr, kinds: Mapping[str, Columns]) -> None:
    for column in tree.find_all(exp.Column):
        kind = kinds.get(column.table, {}).get(column.name)
        if kind and _KIND not in column.meta:
            column.meta[_KIND] = kind


def _columns_of(source: object, tables: Mapping[str, Columns]) -> Columns:
    if isinstance(source, Scope):
        return {item.alias_or_name: kind_of(item) for item in outputs_of(source.expression)}
    return tables.get(source.name, {}) if isinstance(source, exp.Table) else {}


def _kind_of_type(kind: exp.DataType) -> str:
    found = find_type(kind.sql("postgres").lower())
    return found.name if found else "text"


def kind_of(node: exp.Expr) -> str:
    """Return the type of an expression, in PostgreSQL's short names."""
    if isinstance(node, exp.Alias | exp.Paren | exp.Window | exp.Filter | exp.Ordered | exp.Distinct | exp.Order):
        return kind_of(node.expressions[0] if isinstance(node, exp.Distinct) else node.this)
    if isinstance(node, exp.Column):
        return str(node.meta.get(_KIND) or ("tsvector" if node.name == "_full_text" else "text"))
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else _kind_of_number(node.name)
    if isinstance(node, exp.Cast):
        kind = _kind_of_type(node.to)
        return f"made {kind}" if kind in ("json", "jsonb") else kind
    if isinstance(node, exp.Subquery):
        outputs = outputs_of(node)
        return kind_of(outputs[0]) if outputs else "text"
    if isinstance(node, exp.Case):
        return widest([branch.args["true"] for branch in node.args["ifs"]] + [node.args.get("default")])
    if isinstance(node, exp.Neg):
        return kind_of(node.this)
    if isinstance(node, exp.Interval):
        return "interval"
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        return _kind_of_sum(node)
    if isinstance(node, exp.DPipe):
        sides = (kind_of(node.left), kind_of(node.right))
        return next((kind for kind in sides if kind.startswith("_")), "text")
    if isinstance(node, exp.Predicate | exp.Escape | exp.Connector | exp.Not | exp.Boolean | exp.Between | exp.In):
        return "bool"
    if isinstance(
        node,
        exp.MatchAgainst
        | exp.ArrayContainsAll
        | exp.ArrayContainedBy
        | exp.ArrayOverlaps
        | exp.RegexpLike
        | exp.RegexpILike,
    ):
        return "bool"
    if isinstance(node, exp.Bracket):
        array = kind_of(node.this)
        return array if isinstance(node.expressions[0], exp.Slice) else array.removeprefix("_")
    if isinstance(node, exp.Array):
        inner = widest(node.expressions)
        return inner if inner.startswith("_") else f"_{inner}"
    if isinstance(node, exp.BitwiseNot):
        return kind_of(node.this)
    if isinstance(node, exp.Binary) and isinstance(node, exp.BitwiseAnd | exp.BitwiseOr | exp.BitwiseXor):
        return widest([node.left, node.right])
    if isinstance(node, exp.BitwiseLeftShift | exp.BitwiseRightShift):
        return kind_of(node.left)
    if isinstance(node, exp.WithinGroup):
        return _kind_within(node)
    return _kind_of_call(node) if isinstance(node, exp.Func) else "text"


def _kind_of_number(digits: str) -> str:
    if digits.isdigit() and len(digits) <= LONGEST_WHOLE:
        return "int4" if int(digits) < 2**31 else "int8"
    return "numeric"


_STEPS = {("date", "date"): "int4", ("date", "time"): "timestamp", ("time", "date"): "timestamp"}


def _kind_of_sum(node: exp.Binary) -> str:
    left, right = (kind_of(side) for side in (node.left, node.right))
    families = {family_of(left), family_of(right)}
    if not families & {"moment", "time", "interval"}:
        return widest([node.left, node.right])
    if (left, right) in _STEPS:
        return _STEPS[left, right]
    if "interval" in families:
        other = left if right == "interval" else right
        return {"date": "timestamp", "timestamp": "timestamp", "timestamptz": "timestamptz", "time": "time"}.get(
            other, "interval"
        )
    if "number" in families:
        return "date"
    return "interval"


def _kind_within(node: exp.WithinGroup) -> str:
    call = node.this
    value = node.expression.expressions[0].this
    found = kind_of(value)
    if function_name(call) == "percentile_cont":
        found = "float8"
    is_many = bool(call.expressions) and kind_of(call.expressions[0]).startswith("_")
    return f"_{found}" if is_many else found


def _kind_of_call(node: exp.Func) -> str:
    known = FUNCTIONS.get(function_name(node))
    gives = known.gives if known else "text"
    arguments = list(arguments_of(node))
    first = next((item for item in arguments if not isinstance(item, exp.Null)), None)
    kind = kind_of(first) if first is not None else "text"
    if gives == "sum":
        return {"int2": "int8", "int4": "int8", "float4": "float4", "float8": "float8"}.get(kind, "numeric")
    if gives == "avg":
        return "float8" if kind in ("float4", "float8") else "numeric"
    if gives == "number":
        kind = widest(arguments) if _rounds(node) else kind
        return "float8" if kind in ("float4", "float8") or (kind in WHOLE and _rounds(node)) else "numeric"
    if gives == "widest":
        return widest(arguments)
    if not arguments:
        return "timestamptz" if gives == "moment" else gives or kind
    if gives == "item":
        return kind.removeprefix("_")
    if gives == "series":
        return widest(arguments) if not is_moment_series(node) else kind if kind == "timestamp" else "timestamptz"
    if gives == "array":
        return kind_of(arguments[-1]) if function_name(node) == "array_prepend" else f"_{kind}"
    if gives == "moment":
        kind = kind_of(arguments[-1])
        return kind if kind in ("timestamp", "interval") else "timestamptz"
    return gives or kind


def is_moment_series(node: exp.Func) -> bool:
    """Whether `generate_series` gives moments: by an interval, or what may be one."""
    return any(kind_of(item) == "interval" or family_of(kind_of(item)) == "moment" for item in arguments_of(node))


_FLOATING = frozenset({"ceil", "ceiling", "floor", "sign", "sqrt", "exp", "power", "pow", "ln", "log"})


def _rounds(node: exp.Func) -> bool:
    """Whether PostgreSQL takes a whole number here for a floating one."""
    return function_name(node) in _FLOATING or (
        function_name(node) in ("round", "trunc") and len(list(arguments_of(node))) == 1
    )


_BY_WIDTH = ("int2", "int4", "int8", "numeric", "float4", "float8", "date", "timestamp", "timestamptz")


def widest(nodes: Sequence[exp.Expr | None]) -> str:
    """Return the type that holds what all nodes give."""
    kinds = [kind_of(node) for node in nodes if node is not None and not is_unknown(node)]
    ordered = [kind for kind in kinds if kind in _BY_WIDTH]
    if ordered and len(ordered) == len(kinds):
        return max(ordered, key=_BY_WIDTH.index)
    return kinds[0] if kinds else "text"


def arguments_of(node: exp.Func) -> Iterator[exp.Expr]:
    """Yield the arguments of a function, in PostgreSQL's order."""
    if isinstance(node, exp.Anonymous):
        yield from node.expressions
    elif isinstance(node, exp.Extract):
        yield exp.Literal.string(node.this.name)
        yield node.expression
    elif isinstance(node, exp.Coalesce | exp.Concat):
        yield from (part for part in (node.this, *node.expressions) if isinstance(part, exp.Expr))
    elif isinstance(node, exp.StrPosition):
        yield from (node.this, node.args["substr"])
    elif isinstance(node, exp.Substring):
        yield from (part for part in (node.this, node.args.get("start"), node.args.get("length")) if part is not None)
    elif isinstance(node, exp.Overlay):
        parts = (node.this, node.expression, node.args.get("from_") or node.args.get("from"), node.args.get("for_"))
        yield from (part for part in (*parts, node.args.get("for")) if part is not None)
    elif type(node) in NAMES and not isinstance(node, exp.CurrentDate | exp.CurrentTimestamp | exp.Localtimestamp):
        yield from (part for part in (node.this, node.args.get("expression")) if isinstance(part, exp.Expr))


def is_ordered_set(node: exp.Expr) -> bool:
    """Whether a node is an aggregate that needs `WITHIN GROUP`."""
    return isinstance(node, exp.Anonymous) and function_name(node) in WITHIN_GROUP
