"""Subqueries that stand for one value: PostgreSQL refuses one that gives several rows, SQLite takes its first."""

from __future__ import annotations

from sqlglot import exp

ONE = "pg_single"
_TABLES = (exp.From, exp.Join, exp.In, exp.Exists, exp.Any, exp.All, exp.SetOperation, exp.CTE, exp.Subquery)


class Single:
    """The aggregate that gives the one value it is given."""

    def __init__(self) -> None:
        self.value: object = None
        self.is_given = False

    def step(self, value: object) -> None:
        """Take a value. :raises ValueError: it has one."""
        if self.is_given:
            raise ValueError("more than one row returned by a subquery used as an expression")
        self.value, self.is_given = value, True

    def finalize(self) -> object:
        """Return the value, or None: no row came."""
        return self.value


def require_single_rows(tree: exp.Expr) -> None:
    """Put the aggregate around each subquery for a value that may give several rows."""
    for subquery in list(tree.find_all(exp.Subquery)):
        inner = subquery.this
        if isinstance(subquery.parent, _TABLES) or not isinstance(inner, exp.Query):
            continue
        if isinstance(inner, exp.Select) and _gives_one(inner):
            continue
        name = inner.selects[0].alias_or_name
        value = exp.Anonymous(this=ONE, expressions=[exp.column(name, table="only", quoted=True)])
        only = exp.Subquery(this=inner.copy(), alias=exp.TableAlias(this=exp.to_identifier("only")))
        inner.replace(exp.Select(expressions=[value], from_=exp.From(this=only)))


_SUMMED = frozenset({"count", "sum", "avg", "min", "max", "total"})


def _gives_one(select: exp.Select) -> bool:
    """Whether a query surely gives no more than one row."""
    limit, group, item = select.args.get("limit"), select.args.get("group"), select.expressions[0].unalias()
    if not select.args.get("from_") or (limit is not None and limit.expression.name in ("0", "1")):
        return True
    return group is None and isinstance(item, exp.Anonymous) and item.name.lower() in _SUMMED
