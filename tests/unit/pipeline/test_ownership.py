from __future__ import annotations

import pytest

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.ownership import find_owners, name_other_owner
from odl_host.schemas.registry import load_registry

CHAMBERY = HeldMember("id", "chambery", "Chambéry", "commune:73065", "commune", "73065", "217300656", "73")
DELIBERATIONS = load_registry(None).get_schema("deliberations")


@pytest.mark.parametrize(
    ("sirets", "other"),
    [
        (["21730065600014"], None),
        (["21730029200015"], "Barberaz"),
        (["200 069 110 00010"], "Communauté d'agglomération du Grand Chambéry"),
        (["21730029200015", "21730065600014"], None),
        (["26730000200015"], None),  # a CCAS: a body of its own that the reference does not know
        (["", "n/a"], None),
    ],
)
def test_a_file_of_another_known_body_is_told(sirets: list[str], other: str | None) -> None:
    owners = find_owners(DELIBERATIONS, ["COLL_NOM", " COLL_SIRET"], [["x", siret] for siret in sirets] + [["short"]])
    assert name_other_owner(owners, CHAMBERY) == other


def test_a_schema_that_names_no_owner_is_not_judged() -> None:
    schema = load_registry(None).get_schema("prenoms")
    assert find_owners(schema, ["COLL_SIRET"], [["21730029200015"]]) == frozenset()
