"""`french-gps-coordinates`: a point must fall in the bounding box of a French territory.

Boxes, not borders: Geneva passes. Saint-Pierre-et-Miquelon and the collectivités of the Pacific are not in the list,
as for Validata. Source of the boxes: OpenStreetMap's relations of these territories, rounded outwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from odl_host.schemas.checks.problem import CannotJudge, JudgeValue, Problem, ValueCheck


class Box(NamedTuple):
    """West, south, east and north bounds in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Say whether the point lies strictly inside."""
        return self.west < longitude < self.east and self.south < latitude < self.north


FRENCH_BOXES: Mapping[str, Box] = {
    "métropole": Box(-5.4534, 41.2632, 9.8679, 51.2684),
    "Guadeloupe": Box(-61.8098, 15.8320, -61.0001, 16.5145),
    "Martinique": Box(-61.2291, 14.3948, -60.8096, 14.8788),
    "Guyane": Box(-54.6031, 2.1122, -51.6346, 5.7505),
    "La Réunion": Box(55.2164, -21.3898, 55.8367, -20.8717),
    "Mayotte": Box(45.0180, -13.0211, 45.2999, -12.6367),
}


def is_in_france(longitude: float, latitude: float) -> bool:
    """Say whether a point falls in one of the boxes."""
    return any(box.holds(longitude, latitude) for box in FRENCH_BOXES.values())


def _bind(_params: Mapping[str, object]) -> JudgeValue:
    outside = Problem("french-gps-coordinates")
    swapped = Problem("reversed-french-gps-coordinates")

    def judge(value: object, _text: str) -> Problem | None:
        if not isinstance(value, tuple) or len(value) != 2:
            raise CannotJudge
        longitude, latitude = value
        if is_in_france(longitude, latitude):
            return None
        return swapped if is_in_france(latitude, longitude) else outside

    return judge


FRENCH_GPS = ValueCheck(
    "french-gps-coordinates",
    _bind,
    good=("5.9178, 45.5646", "-61.55, 16.25", "55.45, -20.9", "-53.95, 3.99"),
    bad=("45.5646, 5.9178", "13.3983, 52.5075", "-56.3333, 46.7833"),
)
"""Its examples are geopoints."""

CHECKS = {FRENCH_GPS.name: FRENCH_GPS}
