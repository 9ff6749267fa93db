"""The rules of names, tags, ids and dates, with CKAN's messages.

Each function returns the value to keep or raises `Invalid`.
"""

from __future__ import annotations

import functools
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from odl_host.ckan import NAME_MAX_LENGTH, NAME_MIN_LENGTH, NAME_PATTERN, TAG_MAX_LENGTH, TAG_MIN_LENGTH, TAG_PATTERN
from odl_host.server.params import Invalid, as_text

UUID_LENGTH = 36
UUID_HYPHENS = 4

_RESERVED = frozenset({"new", "edit", "search"})
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*\Z")
_TAG_SPACE = uuid.UUID("6f5c1f9e-6d6c-5b60-8d4b-6f3f3f1f0c5a")


def is_uuid(ref: str) -> bool:
    """Return whether a reference looks like an id that was given here, rather than a name.

    >>> is_uuid("1a4e0e82-b6b7-48fa-869f-5b1f8eb26a97"), is_uuid("budget-2024")
    (True, False)
    """
    return len(ref) == UUID_LENGTH and ref.count("-") == UUID_HYPHENS


def check_name(value: Any) -> str:
    """Return a name of a dataset, organization, group or user."""
    name = as_text(value)
    if name in _RESERVED:
        raise Invalid("That name cannot be used")
    if len(name) < NAME_MIN_LENGTH:
        raise Invalid(f"Must be at least {NAME_MIN_LENGTH} characters long")
    if len(name) > NAME_MAX_LENGTH:
        raise Invalid(f"Name must be a maximum of {NAME_MAX_LENGTH} characters long")
    if not NAME_PATTERN.match(name):
        raise Invalid("Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_")
    return name


def check_dataset_name(value: Any) -> str:
    """Return a name of a dataset; a length that does not fit is told twice."""
    name = as_text(value)
    try:
        return check_name(name)
    except Invalid as error:
        if len(name) < NAME_MIN_LENGTH:
            raise Invalid(*error.messages, f'Name "{name}" length is less than minimum {NAME_MIN_LENGTH}') from None
        if len(name) > NAME_MAX_LENGTH:
            raise Invalid(*error.messages, f'Name "{name}" length is more than maximum {NAME_MAX_LENGTH}') from None
        raise


def check_tag(value: Any) -> str:
    """Return a tag without the spaces around it."""
    tag = as_text(value).strip()
    messages = []
    if len(tag) < TAG_MIN_LENGTH:
        messages.append(f'Tag "{tag}" length is less than minimum {TAG_MIN_LENGTH}')
    if len(tag) > TAG_MAX_LENGTH:
        messages.append(f'Tag "{tag}" length is more than maximum {TAG_MAX_LENGTH}')
    if not TAG_PATTERN.match(tag):
        messages.append(
            f'Tag "{tag}" can only contain alphanumeric characters, spaces (" "), hyphens ("-"), '
            'underscores ("_") or dots (".")'
        )
    if messages:
        raise Invalid(*messages)
    return tag


@functools.lru_cache(maxsize=4096)
def tag_id(name: str) -> str:
    """Return the id of a free tag, which follows from its name."""
    return str(uuid.uuid5(_TAG_SPACE, name))


def check_id(value: Any) -> str:
    """Return an id that the caller chose: a UUID."""
    if not isinstance(value, str) or not _ID.match(value):
        raise Invalid("Invalid id provided")
    return value


def check_email(value: Any) -> str:
    """Return an e-mail address, as the HTML standard has them (4.10.5.1.5), without the spaces around it."""
    if not isinstance(value, str) or not _EMAIL.match(value.strip()):
        raise Invalid(f"Email {value} is not a valid format")
    return value.strip()


def check_date(value: Any) -> str:
    """Return an instant as CKAN writes it, in UTC without zone."""
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is not None:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        raise Invalid("Date format incorrect") from None
    return parsed.isoformat()
