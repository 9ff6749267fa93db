"""The command line as a process, in a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import ports

# A shell that puts the tests into the background has them ignore Ctrl-C, and every command that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class CommandLine:
    """Runs `odl-host` in one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ODL_")}
        self.env = {**kept, "LANG": "C.UTF-8", "ODL_HOME": str(home)}

    def arguments(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "odl_host", *map(str, arguments)]

    def __call__(self, *arguments: str | Path, code: int | None = 0, **env: str) -> Run:
        done = subprocess.run(
            self.arguments(*arguments),
            capture_output=True,
            text=True,
            timeout=300,
            env={**self.env, **env},
            check=False,
        )
        if code is not None:
            assert done.returncode == code, f"{arguments} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def odl(tmp_path: Path) -> CommandLine:
    home = tmp_path / "home"
    home.mkdir()
    return CommandLine(home)


@pytest.fixture
def savoie(odl: CommandLine) -> CommandLine:
    """A tenant with Chambéry and Barberaz."""
    odl("init", "savoie", "--department", "73")
    odl("provision")
    odl("add-commune", "73065", "73029")
    return odl


@pytest.fixture
def free_port() -> Callable[[], int]:
    return ports.free_port
