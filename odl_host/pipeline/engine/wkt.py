"""Well-known text: the geometries of OGC's Simple Features, recognised as frictionless's own grammar does.

Source: OGC 06-103r4, chapter 7; frictionless 5.21, `vendors/wkt/grammar.txt` (capitals only, a MULTIPOINT has points
in brackets, what follows the geometry is not looked at). Its parser needs a library that is not installed with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(r"\s*([A-Z]+(?![A-Za-z0-9])|[(),]|[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_DEEPEST = 100
"""Collections within collections: no honest geometry has ten."""


class _Refused(Exception):
    """The text is no geometry."""


class _Reader:
    """Takes a text token by token; each method reads one rule of the grammar, or raises `_Refused`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = self._depth = 0

    def geometry(self) -> None:
        word = self._next()
        body = _GEOMETRIES.get(word)
        if body is None or self._depth > _DEEPEST:
            raise _Refused
        if self._peek() in ("ZM", "Z", "M"):
            self._next()
        self._depth += 1
        body(self)
        self._depth -= 1

    def point(self) -> None:
        if not self._is_empty():
            self._expect("(")
            self._coordinates()
            self._expect(")")

    def points(self) -> None:
        self._listed(self._coordinates)

    def rings(self) -> None:
        self._listed(self.points)

    def polygons(self) -> None:
        self._listed(self.rings)

    def triangle(self) -> None:
        if not self._is_empty():
            self._expect("(")
            self.points()
            self._expect(")")

    def triangles(self) -> None:
        self._listed(self.triangle)

    def single_points(self) -> None:
        self._listed(self.point)

    def single_curves(self) -> None:
        self._listed(lambda: self._curve(("CIRCULARSTRING",)))

    def curves(self) -> None:
        self._listed(lambda: self._curve(("CIRCULARSTRING", "COMPOUNDCURVE")))

    def surfaces(self) -> None:
        self._listed(self._surface)

    def geometries(self) -> None:
        self._listed(self.geometry)

    def _curve(self, named: tuple[str, ...]) -> None:
        if self._peek() in named:
            self.geometry()
        else:
            self.points()

    def _surface(self) -> None:
        if self._peek() == "CURVEPOLYGON":
            self._next()
            self.curves()
        else:
            self.rings()

    def _coordinates(self) -> None:
        count = 0
        while count < 4 and self._peek() not in (*"(),", "") and not self._peek().isalpha():
            self._next()
            count += 1
        if count < 2:
            raise _Refused

    def _listed(self, item: Callable[[], None]) -> None:
        if self._is_empty():
            return
        self._expect("(")
        item()
        while self._peek() == ",":
            self._next()
            item()
        self._expect(")")

    def _is_empty(self) -> bool:
        if self._peek() != "EMPTY":
            return False
        self._next()
        return True

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise _Refused

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._place)
        return found[1] if found else ""

    def _next(self) -> str:
        found = _TOKEN.match(self._text, self._place)
        if found is None:
            raise _Refused
        self._place = found.end()
        return found[1]


_GEOMETRIES: Mapping[str, Callable[[_Reader], None]] = {
    "POINT": _Reader.point,
    "LINESTRING": _Reader.points,
    "CIRCULARSTRING": _Reader.points,
    "COMPOUNDCURVE": _Reader.single_curves,
    "CURVEPOLYGON": _Reader.curves,
    "POLYGON": _Reader.rings,
    "TRIANGLE": _Reader.triangle,
    "MULTIPOINT": _Reader.single_points,
    "MULTICURVE": _Reader.curves,
    "MULTILINESTRING": _Reader.rings,
    "MULTISURFACE": _Reader.surfaces,
    "MULTIPOLYGON": _Reader.polygons,
    "POLYHEDRALSURFACE": _Reader.polygons,
    "TIN": _Reader.triangles,
    "GEOMETRYCOLLECTION": _Reader.geometries,
}


def is_wkt(text: str) -> bool:
    """Say whether the text begins with a geometry.

    >>> is_wkt("POINT (5.9178 45.5646)"), is_wkt("point (5.9178 45.5646)"), is_wkt("MULTIPOINT (1 2, 3 4)")
    (True, False, False)
    """
    try:
        _Reader(text).geometry()
    except _Refused:
        return False
    return True
