"""GeoJSON cells: a sufficient look at the usual shapes, and frictionless's own profile for all others.

frictionless validates against a JSON Schema of GeoJSON that takes positions of two numbers only. Whatever this look
does not clear (odd shapes, `crs`, TopoJSON) is asked to that very profile, which costs half a second of imports once.
"""

from __future__ import annotations

from typing import Any

from odl_host.pipeline.engine.borrowed import fits_profile


def is_geojson(shape: Any) -> bool:
    """Say whether frictionless takes this object as GeoJSON."""
    if "crs" not in shape and "bbox" not in shape:
        kind = shape.get("type")
        if _is_geometry(shape):
            return True
        if kind == "Feature" and "coordinates" not in shape and _is_feature(shape):
            return True
    return fits_profile(shape, "geojson")


def is_topojson(shape: Any) -> bool:
    """Say whether frictionless takes this object as TopoJSON."""
    return fits_profile(shape, "topojson")


def _is_position(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(number) in (int, float) for number in value)


def _is_line(value: Any, least: int) -> bool:
    return isinstance(value, list) and len(value) >= least and all(map(_is_position, value))


def _is_polygon(value: Any) -> bool:
    return isinstance(value, list) and all(_is_line(ring, 4) for ring in value)


def _is_geometry(shape: Any) -> bool:
    if not isinstance(shape, dict) or set(shape) != {"type", "coordinates"}:
        return False
    kind, places = shape["type"], shape["coordinates"]
    match kind:
        case "Point":
            return _is_position(places)
        case "MultiPoint":
            return _is_line(places, 0)
        case "LineString":
            return _is_line(places, 2)
        case "MultiLineString":
            return isinstance(places, list) and all(_is_line(line, 2) for line in places)
        case "Polygon":
            return _is_polygon(places)
        case "MultiPolygon":
            return isinstance(places, list) and all(map(_is_polygon, places))
    return False


def _is_feature(shape: Any) -> bool:
    if "geometry" not in shape or not isinstance(shape.get("properties", 0), (dict, type(None))):
        return False
    geometry = shape["geometry"]
    return geometry is None or _is_geometry(geometry)
