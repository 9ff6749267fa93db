"""`odl-far-point`: a point that is neither in nor near the commune that its row names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from odl_host.record import Record
from odl_host.schemas.checks.ours import is_commune_field
from odl_host.schemas.checks.problem import Problem
from odl_host.schemas.findings import Severity

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field
    from odl_host.territory.boxes import Box

NEAR_KM = 3.0
"""How far outside of the commune's bounding box a point is still near: contours are simplified, places straddle."""
_KM_PER_DEGREE = 111.2
_ROUND = 180
"""Degrees; beyond, the numbers are metres of a projection, such as Lambert 93."""
_LONGITUDE = r"(?:^|[^a-z])x?(?:long?|lng|longitude)(?:[^a-z]|$)"
_LATITUDE = r"(?:^|[^a-z])y?(?:lat|latitude)(?:[^a-z]|$)"


class PointFields(Record):
    """The fields that say together where something is and in which commune; `latitude` is None for a geopoint."""

    commune: Field
    longitude: Field
    latitude: Field | None


def find_point_fields(fields: Iterable[Field]) -> list[PointFields]:
    """Return each point that the fields describe beside one commune; none where the commune is not plain."""
    fields = list(fields)
    communes = [field for field in fields if is_commune_field(field)]
    if len(communes) != 1:
        return []
    found = [PointFields(communes[0], field, None) for field in fields if field.type == "geopoint"]
    numbers = [field for field in fields if field.type == "number" and not field.properties.get("decimalChar")]
    longitudes = [field for field in numbers if re.search(_LONGITUDE, field.name.lower())]
    latitudes = [field for field in numbers if re.search(_LATITUDE, field.name.lower())]
    if len(longitudes) == len(latitudes) == 1:
        found.append(PointFields(communes[0], longitudes[0], latitudes[0]))
    return found


class PointJudge:
    """Says how far points are from their communes; remembers the communes."""

    def __init__(self, severity: Severity = "warning") -> None:
        self._severity: Severity = severity
        self._communes: dict[str, tuple[str, Box] | None] = {}

    def judge(self, code: str, longitude: float, latitude: float) -> Problem | None:
        """Return what is wrong with a point, in degrees (WGS 84), for the INSEE code of its row."""
        try:
            commune = self._communes[code]
        except KeyError:
            commune = self._communes[code] = _find_commune(code.strip())
        if commune is None:
            return None
        name, (west, south, east, north) = commune
        if west <= longitude <= east and south <= latitude <= north:
            return None
        if abs(longitude) > _ROUND or abs(latitude) > _ROUND:
            return Problem("odl-far-point", {"name": name, "metres": "oui"}, self._severity)
        km = _distance_km(commune[1], longitude, latitude)
        if not km > NEAR_KM:
            return None
        params = {"name": name, "km": str(round(km))}
        if _distance_km(commune[1], latitude, longitude) <= NEAR_KM:
            params["swapped"] = "oui"
        return Problem("odl-far-point", params, self._severity)


def _distance_km(box: Box, longitude: float, latitude: float) -> float:
    """Return the distance to a box; on a plane, which is exact enough to tell near from far."""
    west, south, east, north = box
    across = max(west - longitude, 0.0, longitude - east) * math.cos(math.radians((south + north) / 2))
    return math.hypot(across, max(south - latitude, 0.0, latitude - north)) * _KM_PER_DEGREE


def _find_commune(code: str) -> tuple[str, Box] | None:
    from odl_host.schemas.checks import territory
    from odl_host.territory.boxes import find_box

    now = territory.find_commune_now(code)
    box = find_box(code) or (find_box(now) if now else None)
    return (territory.commune_name(now), box) if now and box else None
