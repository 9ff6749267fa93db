"""Values with named fields that cost little to declare: `typing.NamedTuple`, for what a short command imports.

A command that checks one small file is over in less time than many a library takes to be imported. `typing` compiles
the annotations of its named tuples, and the first compilation of a process makes the types of every syntax tree:
together a seventh of such a command. Here annotations stay what they are when written: text, for type checkers.
"""

from __future__ import annotations

from collections import namedtuple

__all__ = ["Record"]

TYPE_CHECKING = False  # as typing's
if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class _Declaration(type):
        """Makes a named tuple of the body of a class."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                setattr(made, key, value)
            return made

    class Record(metaclass=_Declaration):
        """What a value derives from: its fields are annotated names, those with defaults last; it may have methods."""
