"""The points of a file against the communes of their rows, bound to the columns that the file has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from odl_host.schemas.checks.points import PointJudge

if TYPE_CHECKING:
    from odl_host.pipeline.engine.column import Column
    from odl_host.schemas.checks import Problem
    from odl_host.schemas.checks.ours import Declared
    from odl_host.schemas.checks.points import PointFields


class BoundPoints:
    """One point of each row, judged as text: what does not read as a number is the type's business."""

    whole_row = False

    def __init__(self, commune: Column, longitude: Column, latitude: Column | None, judge: PointJudge) -> None:
        self.name = longitude.name
        self.places = [longitude.position - 1]
        self._commune = commune.position - 1
        self._latitude = None if latitude is None else latitude.position - 1
        self._judge = judge.judge

    def find(self, columns: Sequence[Sequence[str | None]], _count: int) -> Iterable[tuple[int, Problem]]:
        """Give index and problem of each far point of a batch; `columns` are all those of the file."""
        judge = self._judge
        firsts = columns[self.places[0]]
        seconds = firsts if self._latitude is None else columns[self._latitude]
        found = []
        for index, (code, first, second) in enumerate(zip(columns[self._commune], firsts, seconds, strict=True)):
            if not code or not first or not second:
                continue
            if self._latitude is None:
                first, _, second = first.strip("[] ").partition(",")
            try:
                problem = judge(code, float(first), float(second))
            except ValueError:
                continue
            if problem is not None:
                found.append((index, problem))
        return found


def bind_points(points: Iterable[PointFields], columns: Mapping[str, Column], declared: Declared) -> list[BoundPoints]:
    """Return the points of a file that can be held against a commune."""
    bound = []
    for point in points:
        severity = declared.get(("odl-far-point", point.longitude.name), "warning")
        if severity is not None:
            latitude = columns[point.latitude.name] if point.latitude is not None else None
            commune, longitude = columns[point.commune.name], columns[point.longitude.name]
            bound.append(BoundPoints(commune, longitude, latitude, PointJudge(severity)))
    return bound
