"""A run that is killed anywhere is completed by the same command: nothing doubled, nothing half published.

`--kills N` says how often; `make nightly` kills 200 times on each back end.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from .conftest import CommandLine
from .nights import Door, HttpDoor, build_template, journal_lines, kill, open_door

KILLS_PER_HOME = 6
"""A home is killed several times before its run may end: kills of a run that takes up a killed one count too."""


def kill_somewhere(door: Door, chance: random.Random) -> bool:
    """Start a run and kill it at a random point; return whether it was still at work."""
    before = journal_lines(door.home)
    process = door.start()
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0, 1.5))  # anywhere, start-up included
    else:
        wanted = before + chance.randint(1, 45)  # between two effects, or in the middle of one
        deadline = time.monotonic() + 60
        while process.poll() is None and journal_lines(door.home) < wanted and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.01))
    at_work = process.poll() is None
    kill(process)
    return at_work


class Reader(threading.Thread):
    """A citizen who never stops looking: each dataset must have a file, and each file must come whole."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.stop = threading.Event()
        self.complaints: list[str] = []
        self.looks = 0

    def run(self) -> None:
        session = requests.Session()
        while not self.stop.wait(0.02):
            answer = session.get(f"{self.url}/api/3/action/package_search?rows=100", timeout=60).json()
            for dataset in answer["result"]["results"]:
                if not dataset["resources"]:
                    self.complaints.append(f"{dataset['name']} has no file")
                for resource in dataset["resources"][:1]:
                    file = session.get(resource["url"], timeout=60)
                    if file.status_code != 200 and self._is_still_shown(session, resource["id"]):
                        self.complaints.append(f"{resource['url']}: {file.status_code}")
            self.looks += 1

    def _is_still_shown(self, session: requests.Session, resource_id: str) -> bool:
        return session.get(f"{self.url}/api/3/action/resource_show?id={resource_id}", timeout=60).ok


@contextmanager
def served(door: Door) -> Iterator[Door]:
    """Give a door once its server, if it has one, answers."""
    if isinstance(door, HttpDoor):
        with door.serving():
            yield door
    else:
        yield door


@pytest.mark.slow
@pytest.mark.parametrize("over_http", [False, True], ids=["in process", "over http"])
def test_a_run_killed_anywhere_ends_as_one_that_was_not(
    over_http: bool, odl: CommandLine, tmp_path: Path, free_port: Callable[[], int], request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--kills")
    port = free_port()
    build_template(odl, over_http=over_http, port=port)
    chance = random.Random(73065)
    homes = (
        open_door(odl, odl.home, tmp_path / f"home-{number}", over_http=over_http, port=port)
        for number in range(10_000)
    )
    with served(next(homes)) as door:
        door.publish()
        expected = door.catalogue()
    assert sum(len(dataset["resources"]) for dataset in expected.values()) == 17
    done = 0
    while done < kills:
        with served(next(homes)) as door, ExitStack() as stack:
            reader = Reader(door.url) if isinstance(door, HttpDoor) else None
            if reader:
                reader.start()
                stack.callback(reader.join)
                stack.callback(reader.stop.set)
            for _ in range(min(KILLS_PER_HOME, kills - done)):
                done += 1
                if not kill_somewhere(door, chance):
                    break  # this home's run has ended: the next kill needs a fresh one
                door.catalogue()  # whatever is shown has its files
            report = door.publish()
            assert report["counts"]["failed"] == 0
            assert door.catalogue() == expected
            again = door.publish()
            assert {kind for kind, count in again["counts"].items() if count} == {"unchanged", "rejected"}
            assert again["datasets"] == []
        if reader:
            assert reader.looks and not reader.complaints
