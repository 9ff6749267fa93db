"""`DISTINCT ON`, which SQLite lacks: the first row of each group, in order."""

from __future__ import annotations

from sqlglot import exp

_PLACE = "distinct place"


def without_distinct_on(select: exp.Select) -> exp.Select:
    """Return a query that numbers the rows of each group, and keeps the first of each."""
    distinct = select.args["distinct"]
    groups = [item.copy() for item in distinct.args["on"].expressions]
    order = select.args.get("order")
    keys = [key.copy() for key in order.expressions] if order else []
    numbered = exp.Window(
        this=exp.Anonymous(this="row_number", expressions=[]),
        partition_by=groups,
        order=exp.Order(expressions=[key.copy() for key in keys] or [exp.Ordered(this=item.copy()) for item in groups]),
    )
    names = [item.alias_or_name for item in select.expressions]
    inner = select.copy()
    for part in ("distinct", "order", "limit", "offset"):
        inner.set(part, None)
    inner.select(exp.alias_(numbered, _PLACE, quoted=True), copy=False)
    wanted = keys or [exp.Ordered(this=item.copy(), nulls_first=False) for item in groups]
    for index, key in enumerate(wanted):
        inner.select(exp.alias_(key.this.copy(), f"distinct key {index}", quoted=True), copy=False)
    outer = exp.Select(expressions=[exp.column(name, "q", quoted=True) for name in names])
    outer.set("from_", exp.From(this=exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("q")))))
    outer.set(
        "where", exp.Where(this=exp.EQ(this=exp.column(_PLACE, "q", quoted=True), expression=exp.Literal.number(1)))
    )
    ordered = [
        exp.Ordered(
            this=exp.column(f"distinct key {index}", "q", quoted=True),
            desc=key.args.get("desc"),
            nulls_first=key.args.get("nulls_first"),
        )
        for index, key in enumerate(wanted)
    ]
    outer.set("order", exp.Order(expressions=ordered))
    for part in ("limit", "offset"):
        outer.set(part, select.args.get(part))
    return outer
