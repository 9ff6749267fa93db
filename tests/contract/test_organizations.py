"""Organizations, groups and the roles in them answer as those of a real CKAN, in the process and over HTTP."""

from __future__ import annotations

import pytest

from odl_host.ckan import NotAuthorized, NotFound, ValidationError

from .conftest import ANONYMOUS, Catalogue, unique


class TestOrganizations:
    def test_the_creator_is_an_admin(self, ckan: Catalogue) -> None:
        shown = ckan.call("organization_show", {"id": ckan.new_organization()["id"]})
        assert [user["capacity"] for user in shown["users"]] == ["admin"]
        assert shown["package_count"] == 0
        assert shown["type"] == "organization"
        assert shown["is_organization"] is True

    def test_an_organization_is_no_group(self, ckan: Catalogue) -> None:
        with pytest.raises(NotFound):
            ckan.call("group_show", {"id": ckan.new_organization()["id"]})

    def test_names_are_unique(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization()
        with pytest.raises(ValidationError) as refused:
            ckan.new_organization(name=organization["name"])
        assert refused.value.error_dict["name"] == ["Group name already exists in database"]

    def test_lists_are_sorted_by_title(self, ckan: Catalogue) -> None:
        prefix = unique("tri")
        made = [ckan.new_organization(name=f"{prefix}-{n}", title=title) for n, title in enumerate("ca")]
        names = ckan.call("organization_list")
        assert names.index(made[1]["name"]) < names.index(made[0]["name"])

    def test_whole_organizations_come_25_at_most_with_their_counts(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization(title="aaa")
        ckan.new_dataset(organization["id"])
        ckan.new_dataset(organization["id"], private=True)
        listed = ckan.call("organization_list", {"all_fields": True, "organizations": [organization["name"]]})
        assert [entry["package_count"] for entry in listed] == [2]
        assert len(ckan.call("organization_list", {"all_fields": True, "limit": 100})) <= 25

    def test_a_bad_limit_is_refused(self, ckan: Catalogue) -> None:
        for limit in ("-1", "beaucoup"):
            with pytest.raises(ValidationError):
                ckan.call("organization_list", {"limit": limit})

    def test_a_patch_keeps_extras_and_an_update_does_not(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization(extras=[{"key": "siren", "value": "217300656"}])
        patched = ckan.call("organization_patch", {"id": organization["id"], "title": "Aime"})
        assert [(e["key"], e["value"]) for e in patched["extras"]] == [("siren", "217300656")]
        updated = ckan.call("organization_update", {"id": organization["id"], "name": organization["name"]})
        assert updated["extras"] == []

    def test_a_new_title_shows_on_its_datasets(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        ckan.call("organization_patch", {"id": dataset["owner_org"], "title": "Nouveau titre"})
        assert ckan.call("package_show", {"id": dataset["id"]})["organization"]["title"] == "Nouveau titre"

    def test_one_with_datasets_is_not_deleted(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        with pytest.raises(ValidationError):
            ckan.call("organization_delete", {"id": dataset["owner_org"]})

    def test_a_deleted_one_is_not_listed(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization()
        ckan.call("organization_delete", {"id": organization["id"]})
        assert organization["name"] not in ckan.call("organization_list")

    def test_roles_decide_who_writes(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization()
        editor, member = ckan.new_user(), ckan.new_user()
        for caller, role in ((editor, "editor"), (member, "member")):
            fields = {"id": organization["id"], "username": caller.name, "role": role}
            ckan.call("organization_member_create", fields)
        dataset = ckan.new_dataset(organization["id"], by=editor)
        assert ckan.call("package_patch", {"id": dataset["id"], "notes": "x"}, by=editor)["notes"] == "x"
        with pytest.raises(NotAuthorized):
            ckan.new_dataset(organization["id"], by=member)
        with pytest.raises(NotAuthorized):
            ckan.call("organization_patch", {"id": organization["id"], "title": "x"}, by=editor)
        listed = ckan.call("organization_list_for_user", {"permission": "create_dataset"}, by=editor)
        assert [entry["id"] for entry in listed] == [organization["id"]]
        members = ckan.call("member_list", {"id": organization["id"], "object_type": "user", "capacity": "editor"})
        assert [entry[1:] for entry in members] == [["user", "Editor"]]
        ckan.call("organization_member_delete", {"id": organization["id"], "username": editor.name})
        with pytest.raises(NotAuthorized):
            ckan.new_dataset(organization["id"], by=editor)

    def test_known_users_create_them(self, ckan: Catalogue) -> None:
        assert ckan.call("organization_create", {"name": unique("org")}, by=ckan.new_user())["users"]
        with pytest.raises(NotAuthorized):
            ckan.call("organization_create", {"name": unique("org")}, by=ANONYMOUS)

    def test_a_dataset_in_a_group_shows_it(self, ckan: Catalogue) -> None:
        group = ckan.call("group_create", {"name": unique("group"), "title": "Transports"})
        dataset = ckan.new_dataset(groups=[{"id": group["id"]}])
        assert [g["name"] for g in dataset["groups"]] == [group["name"]]
        patched = ckan.call("package_update", {"id": dataset["id"], "name": dataset["name"], "groups": []})
        assert patched["groups"] == []
