"""What an addressee is owed, from one run to the next."""

from __future__ import annotations

import pytest

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.mail.items import Item
from odl_host.pipeline.mail.letters import DIGEST, Owed, add_online

CHAMBERY = HeldMember("m", "chambery", "Chambéry", "commune:73065", "commune", "73065", None, "73")
PATH = "73065/prenoms.csv"


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
