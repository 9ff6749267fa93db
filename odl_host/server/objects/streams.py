"""What streams of activities are asked: whose, which page, which types."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from odl_host.ckan import ValidationError
from odl_host.server.params import Invalid, Params, flag, named, natural, optional, text_list

NO_MOMENT = "Must be a float timestamp"
NO_LIST = "Not a list"


def _limit(value: Any) -> int:
    try:
        return natural(value)
    except Invalid as error:
        if "Invalid integer" in error.messages and not isinstance(value, float):
            raise Invalid("Invalid integer", "Please enter an integer value") from None
        raise


def _moment(value: Any) -> str:
    """Read an instant: seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(value), UTC).replace(tzinfo=None).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        raise Invalid(NO_MOMENT) from None


def _list(value: Any) -> list[str]:
    if isinstance(value, str) and not value.strip().startswith("["):
        raise Invalid(NO_LIST)
    return text_list(value)


class Page(Params):
    """A page of activities."""

    limit: int | None = optional(_limit)
    offset: int = optional(natural, 0)
    before: str | None = optional(_moment)
    after: str | None = optional(_moment)

    _never_empty: ClassVar[dict[str, str]] = {
        "before": NO_MOMENT,
        "after": NO_MOMENT,
        "activity_types": NO_LIST,
        "exclude_activity_types": NO_LIST,
    }

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> Self:
        """Read the parameters. :raises ValidationError: too, where an empty text stands for an instant or a list."""
        empty = {
            key: [reason] for key, reason in cls._never_empty.items() if key in cls._fields and data.get(key) == ""
        }
        if empty:
            raise ValidationError(empty)
        return super().parse(data, files)


class Stream(Page):
    """Whose activities; the types are looked at, and do not count for users."""

    id: str = named()
    activity_types: list[str] | None = optional(_list)
    exclude_activity_types: list[str] | None = optional(_list)


class GroupStream(Stream):
    """Which activities of a group; types to leave out are looked at, and do not count."""

    include_hidden_activity: bool = optional(flag, False)


class DatasetStream(GroupStream):
    """Which activities of a dataset."""

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> Self:
        """Read the parameters. :raises ValidationError: too, when some types are asked for and others left out."""
        params = super().parse(data, files)
        if params.activity_types is not None and params.exclude_activity_types is not None:
            raise ValidationError({"activity_types": ["Cannot be used together with `exclude_activity_types"]})
        return params
