"""What an addressee is owed, from one run to the next."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from odl_host.catalogue.members import HeldMember
from odl_host.config import Home
from odl_host.pipeline.mail.items import TAKEN_DOWN, Item
from odl_host.pipeline.mail.letters import DIGEST, Letter, Owed, add_online, write_letters
from odl_host.tenants import Mail, Manifest, Tenant

CHAMBERY = HeldMember("m", "chambery", "Chambéry", "commune:73065", "commune", "73065", None, "73")
PATH = "73065/prenoms.csv"


def letter_about(folder: Path, *attached: str) -> Letter:
    for name in attached:
        (folder / name).write_text("x")
    tenant = Tenant("savoie", Manifest(title="Savoie"), Home(folder), folder / "savoie.toml")
    items = [Item(CHAMBERY, PATH, "rejected", ("ligne 2 : à revoir",), page=folder / "prenoms.html")]
    (letter,) = write_letters(tenant, items, {"73065": ["mairie@c.example"]}, {}, {}, today=date(2026, 11, 26))
    return letter


def test_a_letter_speaks_of_what_is_joined_to_it_and_of_nothing_else(tmp_path: Path) -> None:
    assert "joint" not in letter_about(tmp_path).text
    report = letter_about(tmp_path, "prenoms.html").text
    assert "Le rapport joint montre ce qui est à reprendre." in report
    both = letter_about(tmp_path, "prenoms.html", "prenoms.xlsx")
    assert "Le rapport joint montre ce qui est à reprendre ; le classeur joint est votre propre fichier" in both.text
    assert "le classeur joint est votre propre fichier" in both.html


def test_nothing_is_said_of_what_was_dismissed_and_a_takedown_is_no_correction(tmp_path: Path) -> None:
    tenant = Tenant("savoie", Manifest(title="Savoie", mail=Mail(digest=("atd@s.example",))), Home(tmp_path), tmp_path)
    dismissed = Item(CHAMBERY, PATH, "dismissed", ("un motif",))
    contacts = {"73065": ["mairie@c.example"]}
    assert write_letters(tenant, [dismissed], contacts, {}, {}, today=date(2026, 11, 26)) == []
    taken = Item(CHAMBERY, PATH, TAKEN_DOWN, ("Ce fichier a été retiré du portail par agate.",))
    (letter,) = write_letters(tenant, [taken, dismissed], contacts, {}, {}, today=date(2026, 11, 26))
    assert letter.subject == "Chambéry : 1 fichier retiré"
    for text in (letter.text, letter.html):
        assert "Retirés du portail" in text and "retiré du portail par agate" in text
        assert "correction" not in text and "motif" not in text
    told = {letter.key: letter.state}
    assert write_letters(tenant, [taken, dismissed], contacts, told, {}, today=date(2026, 11, 27)) == []


def owed_after(*outcomes: str) -> dict[str, list[str]]:
    owed: Owed = {}
    for outcome in outcomes:
        owed = add_online(owed, [Item(CHAMBERY, PATH, outcome)])
    return {key: [one["outcome"] for one in of_key] for key, of_key in owed.items()}


@pytest.mark.parametrize("later", ["unchanged", "updated", "failed"])
def test_what_came_online_is_owed_as_long_as_it_is_there(later: str) -> None:
    assert owed_after("published", later) == {DIGEST: ["published"], "73065": ["published"]}


@pytest.mark.parametrize("later", ["rejected", "blocked"])
def test_what_the_letter_asks_to_correct_is_not_said_to_be_online(later: str) -> None:
    assert owed_after("published", later) == {}
