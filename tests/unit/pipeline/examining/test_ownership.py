from __future__ import annotations

import pytest

from odl_host.catalogue.members import HeldMember
from odl_host.pipeline.examining.ownership import find_other_owner, find_owners
from odl_host.schemas.registry import load_registry

CHAMBERY = HeldMember("id", "chambery", "Chambéry", "commune:73065", "commune", "73065", "217300656", "73")
EPCI = HeldMember("id2", "grand-chambery", "Grand Chambéry", "siren:200069110", "epci", None, "200069110", "73")
DELIBERATIONS = load_registry(None).get_schema("deliberations")


@pytest.mark.parametrize(
    ("sirets", "other"),
    [
        (["21730065600014"], None),
        (["21730029200015"], "de Barberaz"),
        (["200 069 110 00010"], "de la Communauté d'agglomération du Grand Chambéry"),
        (["21730029200015", "21730065600014"], None),
        (["26730000200015"], None),  # a CCAS: a body of its own that the reference does not know
        (["", "n/a"], None),
    ],
)
def test_a_file_of_another_known_body_is_told(sirets: list[str], other: str | None) -> None:
    rows = [["x", siret] for siret in sirets]
    owners = find_owners(DELIBERATIONS, ["COLL_NOM", " COLL_SIRET"], [rows, [["short"]]])
    found = find_other_owner(owners, CHAMBERY)
    assert (found.of_name if found else None) == other


@pytest.mark.parametrize(
    ("codes", "other"),
    [
        (["73065"], None),
        (["73029"], "de Barberaz"),
        (["73029", "73065"], None),  # several communes, this one among them
        (["99999", ""], None),  # no commune that anybody knows
        (["99999", "73029", "73065"], None),
    ],
)
def test_a_file_that_bears_the_code_of_another_commune_is_told(codes: list[str], other: str | None) -> None:
    schema = load_registry(None).get_schema("prenoms")
    owners = find_owners(schema, ["COMMUNE_NOM", "COLL_INSEE"], [[["x", code] for code in codes]])
    found = find_other_owner(owners, CHAMBERY)
    assert (found.of_name if found else None) == other
    assert find_other_owner(owners, EPCI) is None  # an EPCI publishes what it knows of its communes


def test_a_schema_that_names_no_owner_is_not_judged() -> None:
    schema = load_registry(None).get_schema("prenoms")
    assert find_owners(schema, ["COLL_SIRET"], [[["21730029200015"]]]) == frozenset()
