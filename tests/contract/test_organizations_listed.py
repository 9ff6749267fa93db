"""Every organization is listed once, however many have one title: a member that is not listed gets no dataset.

A CKAN is asked for all of them only when one came, went or was renamed.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from odl_host.catalogue import roll, upsert
from odl_host.catalogue.client import Catalogue
from odl_host.ckan import OrganizationDict, extras_dict
from odl_host.provision.members import apply_members, parse_member, plan_members

from .portal import PlainCkan, Portal, prenoms


def test_organizations_of_one_title_are_each_listed_once(back_end: tuple[Catalogue, str]) -> None:
    catalogue, _ = back_end
    names = {f"homonyme-{uuid.uuid4().hex[:10]}" for _ in range(30)}  # a CKAN gives 25 per page
    try:
        for name in names:
            catalogue.call_action("organization_create", {"name": name, "title": "Mairie de Saint-Martin"})
        listed = [one["name"] for one in upsert.list_organizations(catalogue) if one["name"] in names]
        assert sorted(listed) == sorted(names)
    finally:
        for name in names:
            catalogue.call_action("organization_purge", {"id": name})


def test_a_ckan_lists_its_organizations_once_until_one_comes_goes_or_is_renamed(
    back_end: tuple[Catalogue, str], tmp_path: Path
) -> None:
    ckan = PlainCkan(back_end[0])
    name, record = f"mairie-{uuid.uuid4().hex[:10]}", tmp_path / "organizations.json"

    def held() -> OrganizationDict | None:
        ckan.calls.clear()
        return next((one for one in roll.list_organizations(ckan, record) if one["name"] == name), None)

    def asked_once() -> bool:
        return ckan.calls == ["organization_list_for_user"]

    assert held() is None
    assert held() is None and asked_once()
    extras = [{"key": "commune_code", "value": "73065"}]
    made = ckan.behind.call_action("organization_create", {"name": name, "title": "Mairie", "extras": extras})
    try:
        for known in (False, True):
            found = held()
            assert found and asked_once() == known
            assert extras_dict(found) == {"commune_code": "73065"}
        ckan.behind.call_action("organization_patch", {"id": made["id"], "title": "Mairie de Chambéry"})
        assert (held() or {}).get("title") == "Mairie de Chambéry"
        record.write_text("cut off in the midd")
        assert held() and not asked_once()
        ckan.calls.clear()
        roll.list_organizations(ckan, record, now=datetime.now(UTC) + timedelta(days=8))
        assert not asked_once(), "what somebody changed by hand is seen within a week"
        ckan.behind.call_action("organization_delete", {"id": made["id"]})
        assert held() is None
    finally:
        ckan.behind.call_action("organization_purge", {"id": made["id"]})


def test_what_adding_members_changes_is_known_to_the_run_that_follows(portal: Portal) -> None:
    ckan = portal.catalogue = PlainCkan(portal.catalogue)
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    assert portal.actions() == {"a/prenoms.csv": "create"}
    catalogue, tenant = ckan.behind, portal.tenant
    (held,) = [one for one in upsert.list_organizations(catalogue) if portal.a in extras_dict(one).values()]
    other = [extra for extra in held["extras"] if extra["key"] != "siren"] + [{"key": "siren", "value": "000"}]
    catalogue.call_action("organization_patch", {"id": held["id"], "extras": other})
    assert portal.actions() == {"a/prenoms.csv": "create"}, "the extras are those of the last listing"
    member = parse_member(portal.a, name=f"Organisme {tenant.name} {portal.a}")
    apply_members(tenant, ckan, plan_members(tenant, [member], upsert.list_organizations(catalogue)), schemas=[])
    ckan.calls.clear()
    assert portal.actions() == {"a/prenoms.csv": "create"}
    assert "organization_list" not in ckan.calls
    catalogue.call_action("organization_patch", {"id": held["id"], "extras": other})
    roll.forget_organizations(tenant.organizations)
    assert portal.actions() == {"a/prenoms.csv": "block"}
