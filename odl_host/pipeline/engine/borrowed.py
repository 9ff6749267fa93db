"""What rare values borrow from frictionless and its libraries, so that their verdict is frictionless's own.

The quick patterns of `types.py` clear nearly all cells without them; each import here costs 10 to 500 ms, once.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, cast


def parse_any_date(text: str) -> datetime:
    """Read a date written in any order, as dateutil guesses it. :raises Exception: whatever dateutil raises."""
    from dateutil import parser  # type: ignore[import-untyped]  # no stubs among our tools

    return cast(datetime, parser.parse(text))


def parse_iso_date(text: str) -> datetime:
    """Read an ISO 8601 date and time in any of its forms. :raises Exception: whatever dateutil raises."""
    from dateutil import parser

    return cast(datetime, parser.isoparse(text))


def parse_duration(text: str) -> object:
    """Read an ISO 8601 duration. :raises Exception: whatever isodate raises."""
    import isodate  # type: ignore[import-untyped]  # no stubs

    return cast(object, isodate.parse_duration(text))


def is_email(text: str) -> bool:
    """Say whether the library that frictionless asks takes the text as an address."""
    import validators

    try:
        return validators.email(text) is True
    except Exception:  # noqa: BLE001 - errors of the idna codec come through; frictionless refuses too
        return False


def fits_profile(shape: Any, name: str) -> bool:
    """Say whether an object fits frictionless's JSON Schema of "geojson" or "topojson"."""
    return bool(_profile_validator(name).is_valid(shape))


@cache
def _profile_validator(name: str) -> Any:
    from frictionless import settings
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]  # no stubs

    profile = settings.GEOJSON_PROFILE if name == "geojson" else settings.TOPOJSON_PROFILE
    return validator_for(profile)(profile)
