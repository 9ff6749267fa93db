from __future__ import annotations

import pytest

from odl_host.errors import CatalogueRefused, Unavailable
from odl_host.pipeline.writing.line import ATTEMPTS, GIVE_UP_AFTER_S, Line


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_effect_is_made_again_and_told_to_look_first(clock: Clock) -> None:
    asked: list[bool] = []

    def effect(again: bool) -> str:
        asked.append(again)
        if len(asked) < 3:
            raise Unavailable("silence")
        return "done"

    assert Line(pause=clock.pause, clock=lambda: clock.now).insist(effect) == "done"
    assert asked == [False, True, True]


def test_a_refusal_is_not_asked_again(clock: Clock) -> None:
    asked = 0

    def effect(_again: bool) -> None:
        nonlocal asked
        asked += 1
        raise CatalogueRefused("no")

    with pytest.raises(CatalogueRefused):
        Line(pause=clock.pause, clock=lambda: clock.now).insist(effect)
    assert asked == 1


def test_nobody_waits_for_a_catalogue_that_answers_nobody(clock: Clock) -> None:
    line = Line(pause=clock.pause, clock=lambda: clock.now)
    asked = 0

    def effect(_again: bool) -> None:
        nonlocal asked
        asked += 1
        raise Unavailable("silence")

    for _ in range(50):
        with pytest.raises(Unavailable):
            line.insist(effect)
    assert clock.now < 2 * GIVE_UP_AFTER_S
    assert asked <= 3 * ATTEMPTS
    with pytest.raises(Unavailable, match="Left for the next run"):
        line.insist(effect)


def test_a_time_without_calls_is_no_silence(clock: Clock) -> None:
    """A run may examine for a minute between two effects: the catalogue may have come back meanwhile."""
    line = Line(pause=clock.pause, clock=lambda: clock.now)

    def silent(_again: bool) -> None:
        raise Unavailable("silence")

    with pytest.raises(Unavailable):
        line.insist(silent)
    clock.pause(60)
    assert line.insist(lambda _again: "done") == "done"
