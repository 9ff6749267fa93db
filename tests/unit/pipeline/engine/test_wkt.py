"""Well-known text: what frictionless 5.21 answered, with its optional library, on the same texts."""

from __future__ import annotations

import pytest

from odl_host.pipeline.engine.wkt import is_wkt


@pytest.mark.parametrize(
    "text",
    [
        "POINT (5.9178 45.5646)",
        "POINT Z (1 2 3)",
        "POINT ZM(1 2 3 4)",
        "POINT EMPTY",
        " POINT\n(+1. -.5e3)",
        "POINT (1-2)",
        "POINT (1 2) and what follows",
        "LINESTRING(1 2)",
        "POLYGON ((0 0,1 0,1 1,0 0),(0 0,1 1,2 2,0 0))",
        "POLYGON (EMPTY)",
        "MULTIPOINT ((1 2),(3 4))",
        "MULTILINESTRING ((1 2,3 4),(5 6,7 8))",
        "MULTIPOLYGON (((0 0,1 0,1 1,0 0)))",
        "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))",
        "TRIANGLE ((0 0,1 0,1 1,0 0))",
        "TIN (((0 0,1 0,1 1,0 0)))",
        "COMPOUNDCURVE ((1 2,3 4), CIRCULARSTRING (1 2,3 4))",
        "MULTISURFACE (CURVEPOLYGON ((1 2)), ((1 2)))",
    ],
)
def test_geometries_are_recognised(text: str) -> None:
    assert is_wkt(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POINT",
        "POINT ()",
        "POINT (1)",
        "POINT (1,2)",
        "POINT (1 2 3 4 5)",
        "POINT 1 2",
        "POINTZ (1 2 3)",
        "point (1 2)",
        "SRID=4326;POINT (1 2)",
        "MULTIPOINT (1 2, 3 4)",
        "GEOMETRYCOLLECTION (EMPTY)",
        "GEOMETRYCOLLECTION (" * 5000,
    ],
)
def test_what_is_no_geometry_is_refused(text: str) -> None:
    assert not is_wkt(text)
