"""Worker processes and the one that started them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STARTED = """
import multiprocessing, os, time
from odl_host.pipeline.processes.interrupt import end_with_parent

def work(parent):
    while os.getppid() == parent:
        time.sleep(0.01)
    end_with_parent()
    time.sleep(600)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work, args=(os.getpid(),))
    process.start()
    os._exit(0)
"""


def test_a_worker_whose_parent_was_killed_before_it_began_ends_too(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(STARTED)
    # Its end is that of the pipe, which the worker holds too.
    subprocess.run([sys.executable, str(program)], stdout=subprocess.PIPE, check=True, timeout=120)
