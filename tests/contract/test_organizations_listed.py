"""Every organization is listed once, however many have one title: a member that is not listed gets no dataset."""

from __future__ import annotations

import uuid

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue


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
