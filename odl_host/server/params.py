"""Typed parameters of actions: rules that convert what callers send, and refuse it in CKAN's words.

A parameter class lists its fields; `parse` reads a dictionary into an instance or raises one `ValidationError` that
names every wrong field. Values come from JSON, from a query string or from a form, so numbers and booleans may be
text. Unknown keys are ignored, as CKAN does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from odl_host.ckan import ValidationError

MISSING_VALUE = "Missing value"

MAX_INTEGER = (1 << 63) - 1
MAX_DIGITS = 30

_YES = frozenset({"true", "yes", "on", "y", "t", "1"})
_NO = frozenset({"false", "no", "off", "n", "f", "0"})

Convert = Callable[[Any], Any]


class Invalid(ValueError):
    """One value is refused, for one reason or several; the messages are CKAN's."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)

    def __str__(self) -> str:
        return ", ".join(self.messages)


@dataclass(frozen=True, slots=True)
class Field:
    """How one parameter is read: its conversion, and what stands for an absent one."""

    convert: Convert
    is_required: bool
    default: Any = None
    key: str = ""
    takes_empty: bool = False
    is_file: bool = False
    reads_empty: bool = False


def required(convert: Convert, *, key: str = "") -> Any:
    """Declare a parameter without which the call is refused with "Missing value"."""
    return Field(convert, is_required=True, key=key)


def attached(convert: Convert) -> Any:
    """Declare a file that must come with the call, which finds it in its context; `convert` refuses anything else."""
    return Field(convert, is_required=True, is_file=True)


def sent(convert: Convert) -> Any:
    """Declare a parameter that must be there; the action itself judges one that is null or empty."""
    return Field(convert, is_required=True, takes_empty=True)


def named() -> Any:
    """Declare the id or name of what an action is about: absent it is missing, empty or no text it names nothing."""
    return Field(reference, is_required=True, default="", takes_empty=True)


def optional(convert: Convert, default: Any = None, *, key: str = "") -> Any:
    """Declare a parameter that may be absent or null; `key` is its name on the wire where Python has another."""
    return Field(convert, is_required=False, default=default, key=key)


def switch(default: bool) -> Any:
    """Declare a truth that is false when it is null, and refused when it is a text that says neither."""
    return Field(truth, is_required=False, default=default, reads_empty=True)


class Params:
    """The parameters of one action; `data` is the whole dictionary as it was sent."""

    _fields: ClassVar[Mapping[str, Field]] = {}
    data: dict[str, Any]

    def __init_subclass__(cls) -> None:
        own = {name: rule for name, rule in vars(cls).items() if isinstance(rule, Field)}
        cls._fields = {**cls._fields, **own}

    @classmethod
    def parse(cls, data: dict[str, Any], files: Container[str] = ()) -> Self:
        """Read the parameters; `files` names those that came as files.

        :raises ValidationError: naming every field that is missing or wrong.
        """
        params = cls()
        params.data = data
        errors: dict[str, list[str]] = {}
        for name, rule in cls._fields.items():
            key = rule.key or name
            value = data.get(key)
            if rule.is_file and key in files:
                setattr(params, name, rule.default)
                continue
            is_empty = value is None or value == "" or (rule.convert is text and value in ([], {}))
            if is_empty and not (rule.reads_empty and key in data):
                if rule.is_required and not (rule.takes_empty and key in data):
                    errors[key] = [MISSING_VALUE]
                setattr(params, name, rule.default)
                continue
            try:
                setattr(params, name, rule.convert(value))
            except Invalid as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return params


class Nothing(Params):
    """No parameter."""


def text(value: Any) -> str:
    """Convert to text; numbers are taken as they are written."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise Invalid(f"Must be a Unicode string value, not {value!r:.500}")


def strict_text(value: Any) -> str:
    """Take text only, as CKAN's newer actions do."""
    if isinstance(value, str):
        return value
    raise Invalid("Must be a Unicode string value")


def reference(value: Any) -> str:
    """Convert to the text of an id; what is no scalar is the id of nothing."""
    return str(value) if isinstance(value, str | bool | int | float) else ""


def as_text(value: Any) -> str:
    """Convert anything to text, as CKAN does for what should be text: what is no scalar becomes JSON.

    >>> as_text(12), as_text(True), as_text(["x"])
    ('12', 'true', '["x"]')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def flag(value: Any) -> bool:
    """Convert to a boolean as CKAN does: true, yes, t, y and 1 are true, all else is false."""
    if isinstance(value, bool):
        return value
    return isinstance(value, str | int | float) and str(value).strip().lower() in {"true", "yes", "t", "y", "1"}


def truth(value: Any) -> bool:
    """Convert to a boolean where CKAN minds what a text says. :raises ValidationError: it says neither yes nor no."""
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word not in _YES | _NO:
        raise ValidationError({"message": "Parameter is not an bool"})
    return word in _YES


def integer(value: Any) -> int:
    """Convert to a whole number that a database can hold."""
    number: int | None = None
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    elif isinstance(value, str) and len(value) <= MAX_DIGITS:
        with suppress(ValueError):
            number = int(value.strip())
    if number is None or abs(number) > MAX_INTEGER:
        raise Invalid("Invalid integer")
    return number


def natural(value: Any) -> int:
    """Convert to a whole number that is not negative."""
    number = integer(value)
    if number < 0:
        raise Invalid("Must be a natural number")
    return number


def positive(value: Any) -> int:
    """Convert to a whole number above zero."""
    number = integer(value)
    if number <= 0:
        raise Invalid("Must be a positive integer")
    return number


def text_list(value: Any) -> list[str]:
    """Convert a list, a JSON list in text, or a single text to a list of texts."""
    if isinstance(value, str):
        stripped = value.strip()
        if stripped.startswith("["):
            try:
                value = json.loads(stripped)
            except ValueError:
                raise Invalid("Could not parse as valid JSON") from None
        else:
            value = [value]
    if not isinstance(value, list):
        raise Invalid("Not a list")
    for item in value:
        if not isinstance(item, str):
            raise Invalid(f"Not a string: {item}" if not isinstance(item, dict | list) else "Not a string")
    return value


def words(value: Any) -> list[str]:
    """Convert a list, a JSON list in text, or texts separated by spaces or commas to a list of texts."""
    if isinstance(value, str) and not value.strip().startswith("["):
        return value.replace(",", " ").split()
    return text_list(value)


def anything(value: Any) -> Any:
    """Take the value as it is."""
    return value
