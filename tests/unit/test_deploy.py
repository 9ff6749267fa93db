"""The units of systemd are ones that systemd accepts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.mark.parametrize(
    "unit", ["odl-host.service", "odl-host-publish@savoie.service", "odl-host-publish@savoie.timer"]
)
def test_systemd_accepts_the_units(tmp_path: Path, unit: str) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for file in DEPLOY.glob("*.[st]*"):
        text = file.read_text(encoding="utf-8").replace("/opt/odl-host/bin/odl-host", sys.executable)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "odl-host" in line]
    assert (done.returncode, said) == (0, []), done.stderr
