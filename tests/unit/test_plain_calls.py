"""A line that is read without click means what it means to click; any doubtful one is left to it."""

from __future__ import annotations

import pytest

from odl_host.cli.app import App
from odl_host.cli.commands import cli
from odl_host.cli.plain import read_plain
from odl_host.cli.validate import validate


@pytest.mark.parametrize(
    "call",
    [
        ["validate", "fichier.csv", "--schema", "deliberations"],
        [
            "--json",
            "--home",
            ".",
            "validate",
            "-",
            "--no-repair",
            "--jobs",
            "2",
            "--lang",
            "fr",
            "--fail-on",
            "warning",
        ],
        ["validate", "--report", "rapports", "--format", "html", "--strict-validata", "--debug", "a.csv", "b.csv"],
    ],
)
def test_a_plain_call_is_read_as_click_reads_it(call: list[str]) -> None:
    plain = read_plain(call, {"validate": lambda: validate})
    assert plain is not None
    _, values, flags = plain
    app = App()
    with cli.make_context("odl-host", list(call), obj=app) as context:
        name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        with command.make_context(name, rest, parent=context) as inner:
            assert (inner.params, app.flags) == (values, flags)


@pytest.mark.parametrize(
    "call",
    [
        [],
        ["--help"],
        ["plan", "validate"],
        ["validate"],
        ["validate", "--help"],
        ["validate", "a.csv", "-q"],
        ["validate", "a.csv", "--schema"],
        ["validate", "a.csv", "--schema=x"],
        ["validate", "a.csv", "--format", "pdf"],
        ["validate", "a.csv", "--jobs", "0"],
        ["validate", "--", "-a.csv"],
        ["validate", "a.csv", "--verbose"],
        ["validate", "a.csv", "--report", __file__],
    ],
)
def test_any_other_line_is_left_to_click(call: list[str]) -> None:
    assert read_plain(call, {"validate": lambda: validate}) is None
