"""`Record` is `typing.NamedTuple` in all but the time it takes to declare."""

from __future__ import annotations

import pickle
from typing import NamedTuple

from odl_host.record import Record


class Ours(Record):
    """A place."""

    name: str
    rows: int = 0

    @property
    def title(self) -> str:
        """Its name, as a title."""
        return self.name.title()


class Theirs(NamedTuple):
    """A place."""

    name: str
    rows: int = 0


def test_a_record_is_a_named_tuple_with_defaults_and_methods() -> None:
    one = Ours("barby", rows=3)
    assert one == ("barby", 3) == (one.name, one.rows) and Ours("x") == ("x", 0)
    assert one.title == "Barby" and one._replace(rows=4) == ("barby", 4)
    assert Ours.__mro__[1:] == (tuple, object)
    assert (Ours._fields, Ours._field_defaults, Ours.__doc__) == (Theirs._fields, Theirs._field_defaults, "A place.")
    assert repr(one) == "Ours(name='barby', rows=3)"


def test_a_record_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(Ours("barby", 3))) == Ours("barby", 3)
