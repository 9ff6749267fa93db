"""The language of help pages: which one was asked for, and their lines in it. French is loaded for French alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def asked_language(arguments: Sequence[str]) -> str | None:
    """Return the language that a command line asks for; a help page is printed before its options are looked at."""
    asked = None
    for argument, following in itertools.zip_longest(arguments, arguments[1:]):
        if argument == "--lang":
            asked = following
        elif argument.startswith("--lang="):
            asked = argument.partition("=")[2]
    return asked


def said(ctx: click.Context, text: str) -> str:
    """Return a text of a help page in the language that was asked for."""
    if not _is_french(ctx):
        return text
    from odl_host.cli.french import help_in_french

    return help_in_french(text)


def said_values(ctx: click.Context, text: str) -> str:
    """Return what stands for values in a command line, in the language that was asked for."""
    if not _is_french(ctx):
        return text
    from odl_host.cli.french import values_in_french

    return values_in_french(text)


def said_record(ctx: click.Context, param: click.Parameter, record: tuple[str, str]) -> tuple[str, str]:
    """Return a line on an option: its help in the language that was asked for, and what click adds to it."""
    names, text = record
    written = getattr(param, "help", None) or ""
    if not text.startswith(written):
        written = text
    return said_values(ctx, names), said(ctx, written) + said_values(ctx, text.removeprefix(written))


def short_help(command: click.Command) -> str:
    """Return the first paragraph of a command's help, whole."""
    return " ".join(cleaned(command.help or "").split("\n\n")[0].split())


def cleaned(text: str) -> str:
    """Return a docstring without its indentation; `inspect.cleandoc` would be imported for it."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _is_french(ctx: click.Context) -> bool:
    return getattr(ctx.find_root().obj, "language", "en") == "fr"
