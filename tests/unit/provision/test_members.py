from __future__ import annotations

import random
from pathlib import Path

import pytest

from odl_host.ckan import OrganizationDict, extras_dict, is_name
from odl_host.config import Home
from odl_host.errors import UnknownPlace, UsageError
from odl_host.provision.members import commune_member, parse_member, perimeter_codes, plan_members
from odl_host.tenants import Manifest, Perimeter, Tenant
from odl_host.territory import reference


def tenant(tmp_path: Path, **perimeter: object) -> Tenant:
    manifest = Manifest(perimeter=Perimeter(**perimeter))  # type: ignore[arg-type]
    return Tenant("essai", manifest, Home(tmp_path), tmp_path / "tenants" / "essai.toml")


def test_an_organization_carries_the_official_codes(tmp_path: Path) -> None:
    (change,) = plan_members(tenant(tmp_path), [commune_member(reference.get_commune("73065"))], [])
    assert change.kind == "created"
    assert change.organization["name"] == "chambery"
    extras = extras_dict(change.organization)
    assert extras["commune_code"] == "73065"
    assert extras["siren"] == "217300656"
    assert extras["epci_siren"] == "200069110"
    assert extras["departement_code"] == "73"
    assert extras["population"] == "59964"
    assert extras["millesime"] == "2026"


def test_homonyms_are_told_apart_and_the_order_does_not_matter(tmp_path: Path) -> None:
    members = [
        commune_member(match.commune)
        for match in reference.find_communes("Sainte-Colombe")
        if match.commune.name == "Sainte-Colombe"
    ]
    whole = tenant(tmp_path, communes=tuple(member.folder for member in members))
    names = {change.member.key: change.organization["name"] for change in plan_members(whole, members, [])}
    assert len(set(names.values())) == len(members) == 12
    assert all(is_name(name) for name in names.values())
    random.Random(1).shuffle(members)
    again = {change.member.key: change.organization["name"] for change in plan_members(whole, members, [])}
    assert again == names
    alone = plan_members(whole, members[:1], [])
    assert alone[0].organization["name"] == names[members[0].key]


def test_an_organization_keeps_its_id_and_name_and_foreign_extras(tmp_path: Path) -> None:
    member = commune_member(reference.get_commune("73065"))
    (created,) = plan_members(tenant(tmp_path), [member], [])
    held = OrganizationDict(
        id="an-id-of-another-ckan",
        name="ville-de-chambery",
        title="Ville de Chambéry",
        description=created.organization["description"],
        extras=[*created.organization["extras"], {"key": "logo", "value": "x"}],
    )
    (updated,) = plan_members(tenant(tmp_path), [member], [held])
    assert (updated.kind, updated.differences) == ("updated", {"title": "Chambéry"})
    assert (updated.organization["id"], updated.organization["name"]) == ("an-id-of-another-ckan", "ville-de-chambery")
    (same,) = plan_members(tenant(tmp_path), [member], [{**held, "title": "Chambéry"}])
    assert same.kind == "unchanged"


def test_bodies_are_members_by_their_codes() -> None:
    assert parse_member("200069110").title == "Communauté d'agglomération du Grand Chambéry"
    assert parse_member("dep:73").title == "Département de la Savoie"
    assert parse_member("dep:73").folder == "dep-73"
    assert parse_member("reg:84").kind == "region"
    assert parse_member("73065").key == parse_member("217 300 656").key == "commune:73065"
    with pytest.raises(UsageError, match="its name cannot be known"):
        parse_member("267300002")
    with pytest.raises(UnknownPlace):
        parse_member("dep:99")


def test_a_perimeter_adds_up_its_parts() -> None:
    assert len(perimeter_codes(Perimeter(departements=("73",)))) == 273
    assert len(perimeter_codes(Perimeter(epci=("200069110",), communes=("73001",)))) == 39
    assert len(perimeter_codes(Perimeter(france=True))) == 34969
    assert perimeter_codes(Perimeter()) == frozenset()
