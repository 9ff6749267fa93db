"""Commands declared as values, and plain calls of them, which are read without click.

Importing click, and its own reading of a line, would be a fifth of what checking a small file takes. It makes its
command of the same declaration (`app.py`) for all the rest: help, completion, `--option=value`, and whatever is wrong
with a line. Only a line that leaves no doubt is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from odl_host.record import Record


class Option(Record):
    """An option. `takes`: `bool` (a flag), `int` (a flag that counts), `str`, `Path` (a folder), a choice, a range."""

    spellings: tuple[str, ...]
    name: str
    takes: type | tuple[str, ...] | range
    help: str
    metavar: str | None = None
    default: Any = None
    complete: Callable[..., Any] | None = None


class Declaration(Record):
    """A command: what runs it, given the `App` and its values by name; `argument` names a list of at least one."""

    run: Callable[..., int]
    argument: str
    metavar: str
    options: tuple[Option, ...]
    examples: str


SHARED = (
    Option(("--home",), "home", Path, "Folder of odl.toml, tenants/ and data/.  [default: ODL_HOME, else .]", "DIR"),
    Option(("-t", "--tenant"), "tenant", str, "Which portal.", "NAME"),
    Option(("--json",), "json", bool, "Print one JSON document."),
    Option(("--lang",), "lang", ("fr", "en"), "Language of what is printed."),
    Option(("-v", "--verbose"), "verbose", int, "Say more."),
    Option(("-q", "--quiet"), "quiet", int, "Say less."),
    Option(("--debug",), "debug", bool, "Show the traceback of an error."),
)
"""The global options, which stand before or after a command's name."""


class _InDoubt(Exception):
    """The line is for click."""


def read_plain(
    arguments: Sequence[str], commands: Mapping[str, Callable[[], Declaration]]
) -> tuple[Declaration, dict[str, Any], dict[str, Any]] | None:
    """Return the command that a line calls, its values and the global ones that were given; None when in doubt."""
    words = iter(arguments)
    flags: dict[str, Any] = {}
    shared = _by_spelling(SHARED)
    try:
        for word in words:
            if word in commands:
                break
            _take(word, words, shared, flags)
        else:
            return None
        declaration = commands[word]()
        own = _by_spelling(declaration.options)
        values: dict[str, Any] = {option.name: option.default for option in declaration.options}
        listed: list[str] = []
        for word in words:
            if word == "-" or not word.startswith("-"):
                listed.append(word)
            elif word in own:
                _take(word, words, own, values)
            else:
                _take(word, words, shared, flags)
    except _InDoubt:
        return None
    return (declaration, {declaration.argument: tuple(listed), **values}, flags) if listed else None


def _by_spelling(options: Sequence[Option]) -> dict[str, Option]:
    """Return the options by their long spellings: short ones may be written together."""
    return {spelling: one for one in options for spelling in one.spellings if spelling.startswith("--")}


def _take(word: str, words: Iterator[str], options: Mapping[str, Option], values: dict[str, Any]) -> None:
    option = options.get(word)
    if option is None or option.takes is int:
        raise _InDoubt
    values[option.name] = True if option.takes is bool else _value(option.takes, next(words, "-"))


def _value(takes: type | tuple[str, ...] | range, text: str) -> object:
    if text.startswith("-"):
        raise _InDoubt
    if isinstance(takes, range):
        if not (text.isascii() and text.isdigit() and int(text) in takes):
            raise _InDoubt
        return int(text)
    if isinstance(takes, tuple):
        if text not in takes:
            raise _InDoubt
        return text
    if takes is Path:
        folder = Path(text)
        if folder.exists() and not folder.is_dir():
            raise _InDoubt
        return folder
    return text
