"""The one line of progress on a terminal."""

from __future__ import annotations

import pytest

from odl_host.cli import output


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    return now


def progress(*, french: bool = False) -> output.Progress:
    return output.Progress("publish", shown=True, words=lambda one, other: other if french else one)


def test_two_stages_that_run_at_once_are_told_in_one_sentence(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    line = progress()
    line.stage("examine", 0, 2000)
    clock[0] = 40.0
    line.stage("examine", 1000, 2000)
    assert capsys.readouterr().err == "\r\033[Kexamined 1000 of 2000 · 40 s · ~40 s"
    line.stage("publish", 500, 1000)  # too soon to be drawn
    assert capsys.readouterr().err == ""
    clock[0] = 45.0
    line.stage("examine", 1200, 2000)
    assert capsys.readouterr().err == "\r\033[Kexamined 1200, published 500 of 2000 · 45 s · ~55 s"
    clock[0] = 90.0
    line.stage("examine", 2000, 2000)
    clock[0] = 100.0
    line.stage("publish", 1995, 1995)
    assert capsys.readouterr().err.endswith("examined 2000, published 1995 of 2000 · 100 s · ~0 s")


def test_the_line_is_french_for_the_french(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    line = progress(french=True)
    line.stage("examine", 10, 10)
    clock[0] = 2.0
    line.stage("publish", 4, 10)
    assert "10 examinés, 4 publiés sur 10" in capsys.readouterr().err


def test_what_is_only_described_is_told_without_files_examined(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    line = progress()
    clock[0] = 2.0
    line.stage("publish", 4, 16)
    assert "published 4 of 16" in capsys.readouterr().err


def test_other_work_is_told_as_done_of_total(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    line = progress()
    clock[0] = 2.0
    line.update(1, 4)
    assert capsys.readouterr().err == "\r\033[Kpublish 1/4 · 2 s · ~6 s"
    with line:
        pass
    assert capsys.readouterr().err == "\r\033[K"
