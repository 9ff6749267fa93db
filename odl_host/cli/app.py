"""What every command shares: the global options, and the object that they make.

The options are accepted before and after the command's name; the last one given wins.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from odl_host import config
from odl_host.cli.output import Output
from odl_host.errors import UsageError

if TYPE_CHECKING:
    from odl_host.tenants import Tenant


class App:
    """The global options of one call, and what follows from them; everything is read at first use."""

    def __init__(self) -> None:
        self.flags: dict[str, Any] = {}

    @cached_property
    def home(self) -> config.Home:
        """The folder where everything lies."""
        return config.find_home(self.flags.get("home"))

    @cached_property
    def settings(self) -> config.Settings:
        """The machine's settings."""
        return config.load_settings(self.home)[0]

    @cached_property
    def out(self) -> Output:
        """The printer."""
        return Output(
            as_json=self.flags.get("json", False),
            language=config.language(self.flags.get("lang")),
            verbosity=self.flags.get("verbose", 0) - self.flags.get("quiet", 0),
        )

    def tenant(self) -> Tenant:
        """Return the tenant that `-t` names, or the only one."""
        from odl_host.tenants import choose_tenant

        return choose_tenant(self.home, self.flags.get("tenant"))

    def named_tenant(self, name: str) -> Tenant:
        """Return a tenant by its name."""
        from odl_host.tenants import load_tenant

        return load_tenant(self.home, name)

    def confirm(self, shown: str, question: str) -> None:
        """Ask the person at the terminal to agree to what was shown.

        :raises UsageError: nobody is there to be asked. :raises click.Abort: the answer is no.
        """
        import sys

        if self.out.as_json or not sys.stdin.isatty():
            raise UsageError("This asks for a confirmation.", hint="Add --yes, or look first with --dry-run.")
        click.echo(shown, err=True)
        click.confirm(question, abort=True, err=True)

    def now(self) -> datetime:
        """Return the time at which this run happens, where it happens."""
        return datetime.now(UTC).astimezone()


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


def _shared_options() -> list[click.Option]:
    common: dict[str, Any] = {"expose_value": False, "callback": _store, "is_eager": True}
    return [
        Option(
            ["--home", "global_home"], type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
            help="Folder of odl.toml, tenants/ and data/.  [default: ODL_HOME, else .]", **common,
        ),
        Option(["-t", "--tenant", "global_tenant"], metavar="NAME", help="Which portal.", **common),
        Option(["--json", "global_json"], is_flag=True, help="Print one JSON document.", **common),
        Option(
            ["--lang", "global_lang"], type=click.Choice(["fr", "en"]), help="Language of what is printed.", **common
        ),
        Option(["-v", "--verbose", "global_verbose"], count=True, help="Say more.", **common),
        Option(["-q", "--quiet", "global_quiet"], count=True, help="Say less.", **common),
        Option(["--debug", "global_debug"], is_flag=True, help="Show the traceback of an error.", **common),
    ]  # fmt: skip


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

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, the global ones under a heading of their own."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                (shared if (param.name or "").startswith("global_") else own).append(record)
        for title, records in (("Options", own), ("Global options", shared)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Command(_Shared):
    """A command with the global options and, in its help, examples."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are typed."""
        del ctx  # part of the signature that click calls
        if self.examples:
            with formatter.section("Examples"):
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
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first: they are what a reader of this page looks for."""
        self.format_commands(ctx, formatter)
        _Shared.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = [(name, text) for name, (_, text) in self._lazy.items()]
        for name in click.Group.list_commands(self, ctx):
            command = click.Group.get_command(self, ctx, name)
            if command is not None:
                rows.append((name, command.get_short_help_str(60)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def command(name: str | None = None, *, examples: str = "") -> Callable[[Callable[..., Any]], Command]:
    """Declare a command with the global options; `examples`: one command line per line."""

    def declare(function: Callable[..., Any]) -> Command:
        return click.command(name, cls=Command, examples=examples)(function)

    return declare
