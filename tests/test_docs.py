"""The README and the guides in docs/ tell the whole truth: every command, setting and exit code stands in them."""

from __future__ import annotations

import re
from pathlib import Path

import click

from odl_host.cli.commands import cli
from odl_host.config import SETTINGS
from odl_host.errors import ExitCode

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]


def commands(group: click.Group, prefix: str = "odl-host") -> list[tuple[str, click.Command]]:
    context = click.Context(group)
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, f"{prefix} {name}")
        else:
            found.append((f"{prefix} {name}", command))
    return found


def test_every_command_is_in_the_readme_or_a_guide_and_shows_an_example() -> None:
    for name, command in commands(cli):
        assert any(name in page for page in (README, *GUIDES)), name
        help_page = command.get_help(click.Context(command, info_name=name))
        assert f"\n  {name.split()[0]}" in help_page, f"{name} has no example"


def test_the_list_of_commands_says_what_each_help_page_says() -> None:
    context = click.Context(cli)
    listed = cli.get_help(context)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert name in listed
        assert len((command.help or "").splitlines()[0]) <= 78, name


def test_every_setting_is_in_the_readme() -> None:
    for name in SETTINGS:
        assert f"| `{name}` | `ODL_{name.upper()}` |" in README, name


def test_every_exit_code_is_in_the_readme() -> None:
    for code in ExitCode:
        assert f"\n| {int(code)} |" in README, code


def test_every_link_of_the_readme_and_the_guides_leads_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
