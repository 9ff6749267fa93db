"""How queries are read: as PostgreSQL's, every function under the name that it is called by."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.parsers.postgres import PostgresParser

_WITH_WORDS_INSIDE = ("CAST", "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM")
"""Functions whose arguments are parted by words: `extract(year from day)`."""


class PostgreSQL(Postgres):
    """PostgreSQL, without the parser's knowledge of functions: it would give them other names, and other formats."""

    INDEX_OFFSET = 0  # places in arrays stay as they are written, from 1

    class Parser(PostgresParser):
        """Reads a call as a name and its arguments."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse for name, parse in PostgresParser.FUNCTION_PARSERS.items() if name in _WITH_WORDS_INSIDE
        }


NAMES: dict[type[exp.Expr], str] = {
    exp.CurrentDate: "current_date",
    exp.CurrentTime: "current_time",
    exp.CurrentTimestamp: "current_timestamp",
    exp.CurrentUser: "current_user",
    exp.Localtime: "localtime",
    exp.Localtimestamp: "localtimestamp",
    exp.Extract: "extract",
    exp.StrPosition: "position",
    exp.Substring: "substring",
    exp.Trim: "trim",
    exp.Overlay: "overlay",
    exp.Pow: "power",
    exp.Sqrt: "sqrt",
    exp.Cbrt: "cbrt",
    exp.Coalesce: "coalesce",  # what `USING` and `NATURAL` become
    exp.Concat: "concat",  # what texts side by side become
}
"""The functions that the parser knows by how they are written: without parentheses, with words, as operators."""


def function_name(node: exp.Expr) -> str:
    """Return the name of a function, as PostgreSQL folds it."""
    if isinstance(node, exp.Anonymous):
        called = node.this
        if isinstance(called, exp.Identifier):
            return str(called.name if called.args.get("quoted") else called.name.lower())
        return str(node.name).lower()
    return NAMES.get(type(node), type(node).__name__.lower())
