"""One call of the command line: the global options, and what follows from them. It needs no click."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from odl_host import config
from odl_host.cli.language import asked_language
from odl_host.cli.output import Output
from odl_host.errors import UsageError

if TYPE_CHECKING:
    from odl_host.tenants import Tenant


class App:
    """The global options of one call, and what follows from them; everything is read at first use."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self.flags: dict[str, Any] = {}
        self._arguments = arguments

    @property
    def language(self) -> str:
        """The language of what is printed, "fr" or "en", also while the command line is not understood yet."""
        return config.language(self.flags.get("lang") or asked_language(self._arguments))

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
            language=self.language,
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

        import click

        if self.out.as_json or not sys.stdin.isatty():
            raise UsageError("This asks for a confirmation.", hint="Add --yes, or look first with --dry-run.")
        click.echo(shown, err=True)
        click.confirm(question, abort=True, err=True)

    def now(self) -> datetime:
        """Return the time at which this run happens, where it happens."""
        return datetime.now(UTC).astimezone()
