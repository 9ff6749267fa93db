"""The commands as click sees them: what they share, and its command of a declaration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from odl_host.cli import plain
from odl_host.cli.call import App
from odl_host.cli.language import cleaned, said, said_record, said_values, short_help

__all__ = ["App", "Command", "Group", "Option", "command", "option", "pass_app"]

pass_app = click.make_pass_decorator(App, ensure=True)


def _store(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep a global option where it was given; its absence elsewhere changes nothing."""
    app = ctx.find_root().ensure_object(App)
    if value not in (None, False, 0):
        assert param.name is not None
        app.flags[param.name.removeprefix("global_")] = value


class Option(click.Option):
    """An option whose help is one line.

    click straightens the indentation of longer ones, for which `inspect` would be imported in earnest.
    """

    def __init__(self, *args: Any, help: str | None = None, **kwargs: Any) -> None:  # noqa: A002 - click's word
        super().__init__(*args, **kwargs)
        self.help = help


def _of_declared(declared: plain.Option, *, prefix: str = "", **more: Any) -> Option:
    """Make an option of a declared one."""
    takes = declared.takes
    how: dict[str, Any] = {"help": declared.help, "metavar": declared.metavar, **more}
    if takes is bool:
        how["is_flag"] = True
    elif takes is int:
        how["count"] = True
    else:
        how.update(default=declared.default, shell_complete=declared.complete)
        if isinstance(takes, range):
            how["type"] = click.IntRange(takes[0], takes[-1])
        elif isinstance(takes, tuple):
            how["type"] = click.Choice(takes)
        elif takes is Path:
            how["type"] = click.Path(file_okay=False, path_type=Path)
    return Option([*declared.spellings, prefix + declared.name], **how)


def _shared_options() -> list[click.Option]:
    common: dict[str, Any] = {"prefix": "global_", "expose_value": False, "callback": _store, "is_eager": True}
    return [_of_declared(one, **common) for one in plain.SHARED]


option = partial(click.option, cls=Option)
"""Declares such an option of a command."""


class _Shared(click.Command):
    """A command that takes the global options too; its help shows its own options and points to the global ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_shared_options()]
        self._help: click.Option | None = None

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows the help: click's, as one of ours."""
        if self._help is None:
            click.help_option(*self.get_help_option_names(ctx), cls=Option)(self)
            shown = self.params.pop()
            assert isinstance(shown, click.Option)
            self._help = shown
        return self._help

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how the command is called."""
        pieces = said_values(ctx, " ".join(self.collect_usage_pieces(ctx)))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{said(ctx, 'Usage:')} ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        text = cleaned(self.help or "")
        if text:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(said(ctx, text))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, the global ones under a heading of their own."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and record[1]:  # an argument says its name in the usage line already
                (shared if (param.name or "").startswith("global_") else own).append(said_record(ctx, param, record))
        for title, records in (("Options", own), ("Global options", shared)):
            if records:
                with formatter.section(said(ctx, title)):
                    formatter.write_dl(records)


class Command(_Shared):
    """A command with the global options and, in its help, examples."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are typed."""
        if self.examples:
            with formatter.section(said(ctx, "Examples")):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"  {line.strip()}\n")


class Group(_Shared, click.Group):
    """A group whose commands are imported when they are called: `{name: "module:function"}`."""

    command_class = Command

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were declared: that of a first day's work."""
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name in self._lazy:
            import importlib

            module, _, attribute = self._lazy[cmd_name][0].partition(":")
            found = getattr(importlib.import_module(module), attribute)
            return _command_of(found) if isinstance(found, plain.Declaration) else found
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of a name that is none, say the nearest: click knows only those that were imported."""
        import difflib

        names = self.list_commands(ctx)
        if args[0] not in names and (near := difflib.get_close_matches(args[0], names, n=1)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first: they are what a reader of this page looks for."""
        self.format_commands(ctx, formatter)
        _Shared.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = [(name, said(ctx, text)) for name, (_, text) in self._lazy.items()]
        for name in click.Group.list_commands(self, ctx):
            command = click.Group.get_command(self, ctx, name)
            if command is not None:
                rows.append((name, said(ctx, short_help(command))))
        with formatter.section(said(ctx, "Commands")):
            formatter.write_dl(rows)


def command(name: str | None = None, *, examples: str = "") -> Callable[[Callable[..., Any]], Command]:
    """Declare a command with the global options; `examples`: one command line per line."""

    def declare(function: Callable[..., Any]) -> Command:
        return click.command(name, cls=Command, examples=examples)(function)

    return declare


def _command_of(declared: plain.Declaration) -> click.Command:
    """Make a command of a declared one."""
    listed = click.Argument([declared.argument], nargs=-1, required=True, metavar=declared.metavar)
    params = [listed, *map(_of_declared, declared.options)]
    return click.command(cls=Command, examples=declared.examples, params=params)(pass_app(declared.run))
