"""Decisions on files that were held back: what they cover, and that none is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.errors import StorageError
from odl_host.pipeline.records.decisions import Decision, Decisions

MEMBER, FILE = "commune:73065", "subventions-2025.csv"


def decision(verb: str, *, sha256: str = "", holds: tuple[str, ...] = ("personal-data/phone/objet",)) -> Decision:
    return Decision.make(verb, MEMBER, FILE, holds=holds, reason="vérifié", by="agate", sha256=sha256)  # type: ignore[arg-type]


def releases(decisions: Decisions, path: str, sha256: str, *holds: str) -> bool:
    found = decisions.on(MEMBER, path, sha256)
    return found is not None and found.frees_from(holds)


def test_a_release_frees_that_content_from_those_holds_only(tmp_path: Path) -> None:
    decisions = Decisions.load(tmp_path / "decisions.jsonl")
    decisions.add(decision("release", sha256="aa"))
    again = Decisions.load(tmp_path / "decisions.jsonl")
    assert releases(again, FILE, "aa", "personal-data/phone/objet")
    assert not releases(again, FILE, "bb", "personal-data/phone/objet")
    assert not releases(again, FILE, "aa", "personal-data/phone/objet", "personal-data/nir/objet")
    assert not releases(again, "autre.csv", "aa", "personal-data/phone/objet")


def test_a_lasting_release_covers_later_contents_but_no_new_hold(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path / "decisions.jsonl")
    decisions.add(decision("release"))
    assert releases(decisions, FILE, "bb", "personal-data/phone/objet")
    assert not releases(decisions, FILE, "bb", "other-owner")


def test_the_last_decision_counts_and_can_be_taken_back(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path / "decisions.jsonl")
    decisions.add(decision("release", sha256="aa"))
    decisions.add(decision("withdraw"))
    assert decisions.on(MEMBER, FILE, "aa") is None
    decisions.add(decision("dismiss", sha256="aa"))
    found = Decisions.load(decisions.path).on(MEMBER, FILE, "aa")
    assert found is not None
    assert (found.verb, found.by, found.reason) == ("dismiss", "agate", "vérifié")


def test_a_half_written_line_costs_nothing_but_itself(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path / "decisions.jsonl")
    decisions.add(decision("release", sha256="aa"))
    with decisions.path.open("a", encoding="utf-8") as file:
        file.write('{"verb": "dism')
    Decisions.load(decisions.path).add(decision("dismiss", sha256="cc"))
    again = Decisions.load(decisions.path)
    assert releases(again, FILE, "aa")
    assert again.on(MEMBER, FILE, "cc") is not None


def test_a_damaged_record_is_said_and_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"verb": "release"}\n{"verb": "release"}\n', encoding="utf-8")
    with pytest.raises(StorageError, match="Line 1"):
        Decisions.load(path)
