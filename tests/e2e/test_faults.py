"""A catalogue that answers badly and a disk that is full cost time, never data: the next run ends as if nothing was."""

from __future__ import annotations

import os
import random
import resource
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import CommandLine
from .faulty import FAULTS, FaultyProxy
from .nights import Door, HttpDoor, build_template, open_door


@pytest.mark.slow
def test_a_catalogue_that_fails_at_random_gets_everything_once(
    odl: CommandLine, tmp_path: Path, free_port: Callable[[], int], request: pytest.FixtureRequest
) -> None:
    port = free_port()
    build_template(odl, over_http=True, port=port)
    undisturbed = open_door(odl, odl.home, tmp_path / "undisturbed", over_http=True, port=port)
    assert isinstance(undisturbed, HttpDoor)
    with undisturbed.serving():
        undisturbed.publish()
        expected = undisturbed.catalogue()
    happened = 0
    for number in range(max(2, request.config.getoption("--kills") // 10)):
        door = open_door(odl, odl.home, tmp_path / f"home-{number}", over_http=True, port=port)
        assert isinstance(door, HttpDoor)
        with door.serving(), FaultyProxy(door.url, delay_s=1.5, seed=number) as proxy:
            point_to(door, proxy)
            proxy.rate = 0.25
            run = door.odl("--json", "publish", "--prune", "--jobs", "1", code=None)
            assert run.code in {5, 6}, run.stderr
            door.catalogue()
            proxy.rate = 0.0
            wait_for_answers(door, 60)
            door.publish()
            assert door.catalogue() == expected
            assert door.publish()["datasets"] == []
            happened += sum(proxy.happened[fault] for fault in FAULTS)
    assert happened


def test_a_catalogue_that_falls_silent_is_not_asked_file_by_file(
    odl: CommandLine, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    build_template(odl, over_http=True, port=port)
    door = open_door(odl, odl.home, tmp_path / "copy", over_http=True, port=port)
    assert isinstance(door, HttpDoor)
    with door.serving(), FaultyProxy(door.url, delay_s=1.5, seed=1) as proxy:
        point_to(door, proxy)
        wait_for_answers(door, 60)
        proxy.silent_after = 5
        run = door.publish()
        failed = [item["reason"] for item in run["items"] if item["outcome"] == "failed"]
        assert len(failed) > 4
        assert all("does not answer" in reason or "stopped answering" in reason for reason in failed)
        assert all("run the same command again" in reason for reason in failed)
        assert proxy.happened["reset before"] < 60
        door.catalogue()
    answer = door.odl("--json", "publish", code=5).json
    assert "does not answer" in answer["error"]["message"] and answer["error"]["hint"]


def point_to(door: HttpDoor, proxy: FaultyProxy) -> None:
    """Have the runs of a home reach the catalogue through the proxy, and wait for each answer a second at most."""
    manifest = door.home / "tenants" / "savoie.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(f'url = "{door.url}"\ntoken', f'url = "{proxy.url}"\ntoken'), "utf-8")
    wait_for_answers(door, 1)


def wait_for_answers(door: HttpDoor, seconds: int) -> None:
    """Have the runs of a home wait so long for each answer, at most."""
    (door.home / "odl.toml").write_text(f"http_timeout_s = {seconds}\n")


@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_a_catalogue_that_the_next_run_completes(
    odl: CommandLine, tmp_path: Path, free_port: Callable[[], int], request: pytest.FixtureRequest
) -> None:
    """No file may grow beyond a limit, as on a disk that fills up while the run writes here and there."""
    build_template(odl, over_http=False, port=free_port())
    undisturbed = open_door(odl, odl.home, tmp_path / "undisturbed", over_http=False, port=0)
    undisturbed.publish()
    expected = undisturbed.catalogue()
    chance = random.Random(1)
    for number in range(max(4, request.config.getoption("--kills") // 4)):
        door = open_door(odl, odl.home, tmp_path / f"home-{number}", over_http=False, port=0)
        limit = chance.choice([500, 3_000, 40_000, 150_000, 400_000]) + chance.randrange(2_000)
        run = publish_under(limit, door)
        assert run.returncode in {4, 5, 6}, run.stderr
        assert "Traceback" not in run.stderr
        door.catalogue()
        door.publish()
        assert door.catalogue() == expected


def publish_under(limit: int, door: Door) -> subprocess.CompletedProcess[str]:
    """Publish with files limited to some bytes."""
    return subprocess.run(
        door.odl.arguments("publish", "--prune", "--jobs", "1"),
        env={**door.odl.env, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_small_disk_that_is_full_is_said_and_the_next_run_completes(
    odl: CommandLine, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    build_template(odl, over_http=False, port=free_port())
    home = tmp_path / "small"
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(home)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        door = open_door(odl, odl.home, home / "home", over_http=False, port=0)
        ballast = home / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65536)
        run = subprocess.run(
            door.odl.arguments("publish", "--prune", "--jobs", "1"),
            env=door.odl.env, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert run.returncode in {4, 6, -7}, run.stderr
        ballast.unlink()
        assert door.publish()["counts"]["failed"] == 0
    finally:
        subprocess.run(["umount", str(home)], check=True)
