"""The tree of commands, as click reads it."""

from __future__ import annotations

import sys

import click

from odl_host import __version__
from odl_host.cli.app import App, Group, Option
from odl_host.errors import ExitCode, Interrupted, UsageError

_COMMANDS = {
    "demo": ("odl_host.cli.demo:demo", "Show the whole job on Grand Chambéry, then serve it."),
    "init": ("odl_host.cli.tenant:init", "Write the manifest of a new portal."),
    "provision": ("odl_host.cli.tenant:provision", "Make the catalogue true to its manifest."),
    "add-commune": ("odl_host.cli.members:add_commune", "Create the organizations of communes."),
    "add-member": ("odl_host.cli.members:add_member", "Create the organization of any public body."),
    "member": ("odl_host.cli.member:member", "Say who is written to at each member."),
    "validate": ("odl_host.cli.validate:validate", "Check files and say what to correct."),
    "plan": ("odl_host.cli.plan:plan", "Show what publish would do, and why."),
    "publish": ("odl_host.cli.publish:publish", "Publish what is valid in a deposit."),
    "status": ("odl_host.cli.publish:status", "Show members, datasets, and what is rejected."),
    "history": ("odl_host.cli.versions:history", "List the versions of a dataset's files."),
    "rollback": ("odl_host.cli.versions:rollback", "Take back a run, or a file's last version."),
    "gc": ("odl_host.cli.versions:gc", "Forget old versions, remove unused files."),
    "quarantine": ("odl_host.cli.quarantine:quarantine", "See what was held back, and decide on it."),
    "takedown": ("odl_host.cli.quarantine:takedown", "Take something off the portal at once."),
    "runs": ("odl_host.cli.runs:runs", "List past runs, and show what one did."),
    "serve": ("odl_host.cli.serve:serve", "Serve the portals and the API."),
    "commune": ("odl_host.cli.reference:commune", "Find communes by name, code or post code."),
    "source": ("odl_host.cli.source:source", "Look at deposits that lie elsewhere."),
    "schema": ("odl_host.cli.schema:schema", "List, show and load schemas."),
    "import": ("odl_host.cli.transfer:import_", "Bring in a CKAN's objects and files, or a dump's."),
    "export": ("odl_host.cli.transfer:export", "Write the catalogue as JSON lines that any CKAN loads."),
    "db": ("odl_host.cli.database:db", "Check, shrink, reindex and migrate the database."),
    "user": ("odl_host.cli.accounts:user", "Create and list users, set passwords."),
    "token": ("odl_host.cli.accounts:token", "Create, list and revoke API tokens."),
    "config": ("odl_host.cli.tenant:show_config", "Show each setting and where it comes from."),
}


@click.group(
    cls=Group, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "-V", "--version", prog_name="odl-host", cls=Option)
def cli() -> None:
    """Host the open data of communes: provision, add members, publish.

    Start with: odl-host demo
    """


def call(arguments: list[str], app: App) -> int | UsageError:
    """Run a command line and return its exit code, or what is wrong with the line."""
    try:
        return int(cli.main(arguments, prog_name="odl-host", standalone_mode=False, obj=app) or ExitCode.OK)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        return ExitCode.USAGE
    except click.ClickException as error:
        hint = f"See: {error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else ""
        return UsageError(error.format_message(), hint=hint)
    except click.Abort:
        raise Interrupted from None
