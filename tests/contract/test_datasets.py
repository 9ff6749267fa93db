"""Datasets and their tags are made, changed, hidden and removed as on a real CKAN, in the process and over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, NotFound, ValidationError

from .conftest import ANONYMOUS, Catalogue, csv_file, unique

PACKAGE_KEYS = {
    "author",
    "author_email",
    "creator_user_id",
    "extras",
    "groups",
    "id",
    "isopen",
    "license_id",
    "license_title",
    "maintainer",
    "maintainer_email",
    "metadata_created",
    "metadata_modified",
    "name",
    "notes",
    "num_resources",
    "num_tags",
    "organization",
    "owner_org",
    "private",
    "relationships_as_object",
    "relationships_as_subject",
    "resources",
    "state",
    "tags",
    "title",
    "type",
    "url",
    "version",
}
RESOURCE_KEYS = {
    "cache_last_updated",
    "cache_url",
    "created",
    "description",
    "format",
    "hash",
    "id",
    "last_modified",
    "metadata_modified",
    "mimetype",
    "mimetype_inner",
    "name",
    "package_id",
    "position",
    "resource_type",
    "size",
    "state",
    "url",
    "url_type",
}


class TestDatasets:
    def test_a_new_dataset_has_every_key_that_readers_expect(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization(title="Aime")
        dataset = ckan.new_dataset(organization["id"], resources=[{"url": "http://example.org/a.csv"}])
        shown = ckan.call("package_show", {"id": dataset["name"]}, by=ANONYMOUS)
        assert set(shown) >= PACKAGE_KEYS
        assert set(shown["resources"][0]) >= RESOURCE_KEYS
        assert shown["title"] == shown["name"]
        assert shown["notes"] is None
        assert shown["type"] == "dataset"
        assert shown["organization"]["name"] == organization["name"]
        assert shown["organization"]["approval_status"] == "approved"
        assert None not in (shown["organization"]["description"], shown["organization"]["image_url"])
        assert shown["resources"][0]["format"] == "CSV"
        assert shown["resources"][0]["position"] == 0
        assert shown["num_resources"] == 1

    def test_the_id_and_the_name_show_the_same_dataset(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        assert ckan.call("package_show", {"id": dataset["id"]}) == ckan.call("package_show", {"id": dataset["name"]})

    def test_nothing_sent_reports_what_is_missing(self, ckan: Catalogue) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.call("package_create", {})
        assert refused.value.error_dict["name"] == ["Missing value"]
        assert refused.value.error_dict["owner_org"] == ["An organization must be provided"]

    @pytest.mark.parametrize("name", ["a", "Majuscule", "accentué", "deux mots", "x" * 101])
    def test_a_bad_name_is_refused(self, ckan: Catalogue, name: str) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(name=name)
        assert "name" in refused.value.error_dict

    def test_a_used_name_is_refused_in_ckans_words(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(name=dataset["name"])
        assert refused.value.error_dict == {"name": ["That URL is already in use."]}

    def test_a_sysadmin_chooses_the_id_and_others_may_not(self, ckan: Catalogue) -> None:
        chosen = str(uuid.uuid4())
        assert ckan.new_dataset(id=chosen)["id"] == chosen
        editor = ckan.new_user()
        organization = ckan.new_organization(users=[{"name": editor.name, "capacity": "editor"}])
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(organization["id"], id=str(uuid.uuid4()), by=editor)
        assert refused.value.error_dict["id"] == ["The input field id was not expected."]
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(id="pas-un-uuid")
        assert refused.value.error_dict["id"] == ["Invalid id provided"]

    def test_unknown_keys_of_a_dataset_are_ignored_and_those_of_a_resource_kept(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(couleur="bleu", resources=[{"url": "http://example.org", "couleur": "bleu"}])
        assert "couleur" not in dataset
        assert dataset["resources"][0]["couleur"] == "bleu"

    def test_tags_come_from_lists_and_from_text(self, ckan: Catalogue) -> None:
        listed = ckan.new_dataset(tags=[{"name": "eau potable"}, {"name": "école"}])
        assert sorted(tag["name"] for tag in listed["tags"]) == ["eau potable", "école"]
        assert {"id", "name", "display_name", "state", "vocabulary_id"} <= set(listed["tags"][0])
        written = ckan.new_dataset(tag_string="routes, ponts")
        assert sorted(tag["name"] for tag in written["tags"]) == ["ponts", "routes"]

    @pytest.mark.parametrize("tag", [{"id": "x"}, {"name": None}, {"name": ""}])
    def test_a_tag_without_a_name_is_not_left_out_silently(self, ckan: Catalogue, tag: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.call("package_create", {"name": unique("d"), "tags": [{"name": "eau"}, tag]})
        assert refused.value.error_dict["tags"] == ["Missing value"]

    @pytest.mark.parametrize("tag", ["x", "y" * 101, "a;b"])
    def test_a_bad_tag_is_refused_in_a_text(self, ckan: Catalogue, tag: str) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(tags=[{"name": tag}])
        assert refused.value.error_dict["tags"][0].startswith("Tag ")

    def test_a_resource_is_revised_by_the_beginning_of_its_id_even_when_that_is_a_number(self, ckan: Catalogue) -> None:
        ids = [f"{start}abc-0000-4000-8000-{uuid.uuid4().hex[:12]}" for start in ("12345", "00000")]
        dataset = ckan.new_dataset(resources=[{"id": key, "url": "http://example.org"} for key in ids])
        revised = {"match": {"id": dataset["id"]}}
        for key in ("12345", "00000"):
            ckan.call("package_revise", {**revised, f"update__resources__{key}": {"name": key}})
        shown = ckan.call("package_revise", {**revised, "update__resources__-1": {"description": "la dernière"}})
        assert [resource["name"] for resource in shown["package"]["resources"]] == ["12345", "00000"]
        assert shown["package"]["resources"][1]["description"] == "la dernière"
        with pytest.raises(ValidationError):
            ckan.call("package_revise", {**revised, "update__resources__00001": {"name": "aucune"}})

    def test_duplicate_extras_are_refused(self, ckan: Catalogue) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(extras=[{"key": "siren", "value": "1"}, {"key": "siren", "value": "2"}])
        assert refused.value.error_dict["extras_validation"] == ['Duplicate key "siren"']

    def test_a_private_dataset_needs_an_organization(self, ckan: Catalogue) -> None:
        with pytest.raises(ValidationError):
            ckan.call("package_create", {"name": unique("p"), "private": True})

    def test_an_organization_that_does_not_exist_is_named(self, ckan: Catalogue) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset("no-such-organization")
        assert refused.value.error_dict["owner_org"] == ["Organization does not exist"]

    def test_an_update_replaces_all_but_resources_that_are_not_sent(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(notes="avant", tag_string="routes", resources=[{"url": "http://example.org/a"}])
        updated = ckan.call(
            "package_update", {"id": dataset["id"], "title": "Après", "owner_org": dataset["owner_org"]}
        )
        assert (updated["title"], updated["notes"], updated["tags"]) == ("Après", None, [])
        assert [r["id"] for r in updated["resources"]] == [r["id"] for r in dataset["resources"]]
        emptied = ckan.call("package_update", {**updated, "resources": []})
        assert emptied["resources"] == []

    def test_a_patch_leaves_what_is_not_sent(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(notes="avant", tag_string="routes", extras=[{"key": "siren", "value": "1"}])
        patched = ckan.call("package_patch", {"id": dataset["id"], "title": "Après"})
        assert patched["title"] == "Après"
        assert (patched["notes"], patched["extras"], patched["tags"]) == (
            dataset["notes"],
            dataset["extras"],
            dataset["tags"],
        )

    def test_a_change_moves_the_date_and_no_change_leaves_it(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(notes="avant")
        same = ckan.call("package_patch", {"id": dataset["id"], "notes": "avant"})
        assert same["metadata_modified"] == dataset["metadata_modified"]
        changed = ckan.call("package_patch", {"id": dataset["id"], "notes": "après"})
        assert changed["metadata_modified"] > dataset["metadata_modified"]
        assert changed["metadata_created"] == dataset["metadata_created"]

    def test_a_deleted_dataset_is_for_sysadmins_and_gives_its_name_back(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        ckan.call("package_delete", {"id": dataset["id"]})
        assert ckan.call("package_show", {"id": dataset["id"]})["state"] == "deleted"
        with pytest.raises(NotAuthorized):
            ckan.call("package_show", {"id": dataset["id"]}, by=ANONYMOUS)
        assert ckan.new_dataset(dataset["owner_org"], name=dataset["name"])["id"] != dataset["id"]

    def test_a_purged_dataset_is_gone_and_its_resources_too(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": "http://example.org/a"}])
        ckan.call("dataset_purge", {"id": dataset["id"]})
        with pytest.raises(NotFound):
            ckan.call("package_show", {"id": dataset["id"]})
        with pytest.raises(NotFound):
            ckan.call("resource_show", {"id": dataset["resources"][0]["id"]})

    def test_a_draft_is_hidden_until_it_is_active(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(state="draft")
        with pytest.raises(NotAuthorized):
            ckan.call("package_show", {"id": dataset["id"]}, by=ANONYMOUS)
        assert dataset["name"] not in ckan.call("package_list", by=ANONYMOUS)
        ckan.call("resource_create", {"package_id": dataset["id"], "name": "f"}, {"upload": csv_file()})
        ckan.call("package_patch", {"id": dataset["id"], "state": "active"})
        shown = ckan.call("package_show", {"id": dataset["id"]}, by=ANONYMOUS)
        assert shown["num_resources"] == 1
        assert dataset["name"] in ckan.call("package_list", by=ANONYMOUS)

    def test_a_private_dataset_is_for_members(self, ckan: Catalogue) -> None:
        member, stranger = ckan.new_user(), ckan.new_user()
        organization = ckan.new_organization(users=[{"name": member.name, "capacity": "member"}])
        dataset = ckan.new_dataset(organization["id"], private=True)
        assert ckan.call("package_show", {"id": dataset["id"]}, by=member)["private"] is True
        for caller in (stranger, ANONYMOUS):
            with pytest.raises(NotAuthorized):
                ckan.call("package_show", {"id": dataset["id"]}, by=caller)

    def test_an_absent_dataset_is_not_found(self, ckan: Catalogue) -> None:
        for name in ("package_show", "package_delete", "package_patch"):
            with pytest.raises(NotFound):
                ckan.call(name, {"id": "no-such-dataset"})


class TestTags:
    def test_tags_of_public_datasets_are_listed(self, ckan: Catalogue) -> None:
        public, hidden = unique("tag"), unique("tag")
        dataset = ckan.new_dataset(tag_string=public)
        ckan.new_dataset(dataset["owner_org"], tag_string=hidden, state="draft")
        listed = ckan.call("tag_list")
        assert public in listed
        shown = ckan.call("tag_show", {"id": public, "include_datasets": True})
        assert [entry["id"] for entry in shown["packages"]] == [dataset["id"]]
        with pytest.raises(NotFound):
            ckan.call("tag_show", {"id": unique("tag")})
