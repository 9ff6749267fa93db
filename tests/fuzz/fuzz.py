"""Fuzz the product for some minutes: `make fuzz MINUTES=10`, or `python -m tests.fuzz.fuzz --minutes 10 --target xlsx`.

Each round runs in a process of its own, with its memory and the time of one input bounded, since a library in C or Rust
may take the process down. What fails is kept under `.fuzz/` and shown. With `--atheris` (if it is installed:
`pip install atheris`), inputs are guided by the code they reach.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

MEMORY_BYTES = 3 << 30
INPUT_S = 30
ROUND_S = 60
HUNG_S = 15 * ROUND_S
KEPT = Path(".fuzz")


def main() -> int:
    """Run rounds until the time is over; the exit code says whether anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--atheris", action="store_true")
    parser.add_argument("--round", type=float, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.round is not None:
        _round(options.target[0], options.seed, options.round, options.folder, options.atheris)
        return 0
    return _rounds(options)


def _rounds(options: argparse.Namespace) -> int:
    from .targets import TARGETS

    end = time.monotonic() + 60 * options.minutes
    seed = random.randrange(1 << 30) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)  # noqa: T201 - a script that reports on the terminal
    failures = 0
    for number, target in enumerate(itertools.cycle(options.target or TARGETS)):
        left = end - time.monotonic()
        if left <= 1:
            break
        with tempfile.TemporaryDirectory(prefix="odl-fuzz-") as folder:
            command = [
                *(sys.executable, "-m", __spec__.name, "--target", target, "--seed", str(seed + number)),
                *("--round", str(min(ROUND_S, left)), "--folder", folder, *(["--atheris"] if options.atheris else [])),
            ]
            try:
                # A library that hangs hears no alarm.
                done = subprocess.run(
                    command, capture_output=True, text=True, check=False, errors="replace", timeout=HUNG_S
                )
                code, said, error = done.returncode, done.stdout, done.stderr
            except subprocess.TimeoutExpired:
                code, said, error = 1, "", f"the round did not end within {HUNG_S} s"
            last = (said.strip().splitlines() or [""])[-1]
            print(f"{target}: {'FAILED' if code else 'ok'} {last}", flush=True)  # noqa: T201
            if code:
                failures += 1
                place = KEPT / f"{target}-{seed + number}"
                shutil.copytree(folder, place, dirs_exist_ok=True)
                (place / "output.txt").write_text(said + error, encoding="utf-8")
                print(error[-3000:], f"\nkept in {place}", flush=True)  # noqa: T201
    return 1 if failures else 0


def _round(target: str, seed: int, seconds: float, folder: Path, guided: bool) -> None:
    import hypothesis

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, _too_slow)
    warnings.simplefilter("ignore")
    if guided:
        import atheris  # type: ignore[import-not-found]  # optional, and only here

        with atheris.instrument_imports(include=["odl_host"]):
            from .targets import TARGETS
    else:
        from .targets import TARGETS
    materials, run = TARGETS[target]
    tried = 0

    def one(made: Any) -> None:
        nonlocal tried
        tried += 1
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        signal.alarm(INPUT_S)
        try:
            run(made, folder)
        finally:
            signal.alarm(0)

    def test() -> Any:
        quiet = hypothesis.settings(
            max_examples=100, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        return quiet(hypothesis.given(materials)(lambda made: one(made)))

    if guided:
        import atheris

        atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}"], test().hypothesis.fuzz_one_input)
        atheris.Fuzz()
        return
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        hypothesis.seed(seed * 1000 + tried)(test())()
    print(f"{tried} inputs")  # noqa: T201


def _too_slow(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"one input took more than {INPUT_S} s")


if __name__ == "__main__":
    sys.exit(main())
