"""Tells whether an example has the type of its column, without loading a validation library.

It only decides whether an example is fit to be shown; verdicts on data are made elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# Compiled where one is asked for: most commands need none.
_PLAIN = {
    "integer": r"\s*[+-]?\d+\s*",
    "number": r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*",
    "year": r"\d{4}",
    "yearmonth": r"\d{4}-\d{1,2}",
    "time": r"\d\d:\d\d:\d\d.*",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*",
    "duration": r"-?P.+",
}
_TEXT = {
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s.]+",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}


def fits(text: str, column: Mapping[str, Any]) -> bool:
    """Return whether the text has the column's type and format; its other constraints are not looked at."""
    kind, layout = column.get("type", "string"), column.get("format", "default")
    if kind == "string":
        return layout not in _TEXT or re.fullmatch(_TEXT[layout], text) is not None
    if kind == "boolean":
        true = column.get("trueValues", ["true", "True", "TRUE", "1"])
        false = column.get("falseValues", ["false", "False", "FALSE", "0"])
        return text in true or text in false
    if kind == "date" or (kind in ("time", "datetime") and layout.startswith("%")):
        return layout == "any" or _is_date(text, "%Y-%m-%d" if layout == "default" else layout)
    if kind in ("array", "object", "geojson") or (kind == "geopoint" and layout != "default"):
        return _is_json(text, list if kind in ("array", "geopoint") and layout != "object" else dict)
    if kind == "geopoint":
        return len(re.findall(r"-?\d+(?:\.\d+)?", text)) == 2
    if kind in ("number", "integer") and (column.get("decimalChar") or column.get("groupChar")):
        text = text.replace(column.get("groupChar", " "), "").replace(column.get("decimalChar", "."), ".")
    return kind not in _PLAIN or re.fullmatch(_PLAIN[kind], text) is not None


def _is_date(text: str, layout: str) -> bool:
    try:
        datetime.strptime(text, layout)  # noqa: DTZ007 - only the form of the text matters
    except (ValueError, re.error):  # the latter where the layout names a part twice
        return False
    return True


def _is_json(text: str, expected: type) -> bool:
    try:
        return isinstance(json.loads(text), expected)
    except (ValueError, RecursionError):
        return False
