"""The Action API answers alike in the process, over HTTP, and as a real CKAN does."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import uuid
from typing import Any

import pytest
import requests

from odl_host.ckan import BadRequest, NotAuthorized, NotFound, SearchError, SearchQueryError, ValidationError
from odl_host.server.files import find_file

from .conftest import ANONYMOUS, Catalogue, InProcess, OverHttp, unique

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


def csv_file(text: str = "a;b\n1;2\n", name: str = "Délibérations 2024.csv") -> tuple[str, io.BytesIO]:
    return name, io.BytesIO(text.encode())


def download(ckan: Catalogue, url: str) -> bytes:
    if isinstance(ckan, OverHttp):
        response = requests.get(url, allow_redirects=False, timeout=10)
        assert response.status_code == 200
        return response.content
    assert isinstance(ckan, InProcess)
    kind, resource_id = url.split("/")[-2], url.split("/")[-3]
    file = find_file(ckan.site, None, resource_id, is_original=kind == "original")
    with ckan.site.storage.open(file.sha256) as stream:
        return stream.read()


class TestStatus:
    def test_status_names_the_version_and_the_site(self, ckan: Catalogue) -> None:
        status = ckan.call("status_show", by=ANONYMOUS)
        assert status["ckan_version"].startswith("2.")
        assert {"site_title", "site_url", "extensions", "locale_default"} <= set(status)

    def test_help_is_the_documentation_of_the_action(self, ckan: Catalogue) -> None:
        assert "dataset" in ckan.call("help_show", {"name": "package_show"}, by=ANONYMOUS)

    def test_help_of_an_unknown_action_is_not_found(self, ckan: Catalogue) -> None:
        with pytest.raises(NotFound):
            ckan.call("help_show", {"name": "no_such_action"})

    def test_an_unknown_action_is_a_bad_request(self, ckan: Catalogue) -> None:
        with pytest.raises(BadRequest, match="no_such_action"):
            ckan.call("no_such_action")

    def test_our_additions_are_announced(self, ours: Catalogue) -> None:
        assert "odl_original" in ours.call("status_show")["extensions"]

    def test_licences_include_the_two_of_french_law(self, ours: Catalogue) -> None:
        assert {"lov2", "odc-odbl"} <= {entry["id"] for entry in ours.call("license_list")}


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


class TestResources:
    def test_an_uploaded_file_is_described_and_comes_back(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        fields = {"package_id": dataset["id"], "name": "Délibérations"}
        resource = ckan.call("resource_create", fields, {"upload": csv_file()})
        assert resource["url_type"] == "upload"
        assert (resource["format"], resource["mimetype"], resource["size"]) == ("CSV", "text/csv", 8)
        assert resource["last_modified"]
        folder = f"{ckan.url}/dataset/{dataset['id']}/resource/{resource['id']}/download/"
        assert resource["url"] == folder + "deliberations-2024.csv"
        assert download(ckan, resource["url"]) == b"a;b\n1;2\n"

    def test_the_hash_of_an_upload_is_its_sha256(self, ours: Catalogue) -> None:
        dataset = ours.new_dataset()
        resource = ours.call("resource_create", {"package_id": dataset["id"]}, {"upload": csv_file("x;y\n")})
        assert resource["hash"] == hashlib.sha256(b"x;y\n").hexdigest()

    def test_a_replaced_file_keeps_the_id_and_the_url(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        first = ckan.call("resource_create", {"package_id": dataset["id"], "name": "f"}, {"upload": csv_file()})
        second = ckan.call("resource_patch", {"id": first["id"]}, {"upload": csv_file("a;b\n3;4\n5;6\n")})
        assert (second["id"], second["url"], second["name"]) == (first["id"], first["url"], "f")
        assert second["size"] == 12
        assert download(ckan, second["url"]) == b"a;b\n3;4\n5;6\n"

    def test_the_file_stays_when_other_fields_change(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        first = ckan.call("resource_create", {"package_id": dataset["id"]}, {"upload": csv_file()})
        ckan.call("resource_patch", {"id": first["id"], "description": "Séances du conseil"})
        shown = ckan.call("package_show", {"id": dataset["id"]})
        ckan.call("package_update", {**shown, "title": "Autre titre"})
        after = ckan.call("resource_show", {"id": first["id"]})
        assert (after["url"], after["hash"], after["description"]) == (
            first["url"],
            first["hash"],
            "Séances du conseil",
        )
        assert download(ckan, after["url"]) == b"a;b\n1;2\n"

    def test_an_update_drops_the_extras_that_are_not_sent(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": "http://example.org/a", "couleur": "bleu"}])
        resource_id = dataset["resources"][0]["id"]
        updated = ckan.call("resource_update", {"id": resource_id, "url": "http://example.org/b"})
        assert "couleur" not in updated

    def test_positions_follow_the_order_after_a_deletion(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": f"http://example.org/{n}"} for n in range(3)])
        ckan.call("resource_delete", {"id": dataset["resources"][0]["id"]})
        left = ckan.call("package_show", {"id": dataset["id"]})["resources"]
        assert [(r["position"], r["url"]) for r in left] == [(0, "http://example.org/1"), (1, "http://example.org/2")]
        with pytest.raises(NotFound):
            ckan.call("resource_show", {"id": dataset["resources"][0]["id"]})

    def test_an_id_that_is_used_or_no_path_segment_is_refused(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": "http://example.org/a"}])
        for bad in (dataset["resources"][0]["id"], "../../etc/passwd", "x" * 101, "court"):
            with pytest.raises(ValidationError) as refused:
                ckan.call("resource_create", {"package_id": dataset["id"], "url": "http://example.org", "id": bad})
            assert "id" in refused.value.error_dict

    def test_errors_of_nested_resources_stand_at_their_place(self, ckan: Catalogue) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(resources=[{"url": "http://example.org"}, {"url": "http://example.org", "size": "grand"}])
        assert refused.value.error_dict["resources"] == [{}, {"size": ["Invalid integer"]}]

    def test_the_original_is_kept_beside_the_published_file(self, ours: Catalogue) -> None:
        dataset = ours.new_dataset()
        original = ("Délibérations.xlsx", io.BytesIO(b"PK classeur"))
        sent = {"upload": csv_file(), "original": original}
        resource = ours.call("resource_create", {"package_id": dataset["id"]}, sent)
        assert resource["original_name"] == "Délibérations.xlsx"
        assert resource["original_size"] == 11
        assert resource["original_hash"] == hashlib.sha256(b"PK classeur").hexdigest()
        assert resource["original_url"].endswith(f"/resource/{resource['id']}/original/deliberations.xlsx")
        assert download(ours, resource["original_url"]) == b"PK classeur"
        patched = ours.call("resource_patch", {"id": resource["id"], "name": "Séances"})
        assert patched["original_url"] == resource["original_url"]

    def test_a_new_file_without_original_drops_the_old_one(self, ours: Catalogue) -> None:
        dataset = ours.new_dataset()
        sent = {"upload": csv_file(), "original": ("a.xlsx", io.BytesIO(b"PK"))}
        resource = ours.call("resource_create", {"package_id": dataset["id"]}, sent)
        replaced = ours.call("resource_patch", {"id": resource["id"]}, {"upload": csv_file("n;v\n")})
        assert "original_url" not in replaced

    def test_next_to_a_file_only_plain_values_are_accepted(self, in_process: Catalogue) -> None:
        dataset = in_process.new_dataset()
        with pytest.raises(BadRequest):
            in_process.call("resource_create", {"package_id": dataset["id"], "x": {"y": 1}}, {"upload": csv_file()})


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


class TestUsers:
    def test_an_email_is_shown_to_oneself_and_to_sysadmins_only(self, ckan: Catalogue) -> None:
        claire, paul = ckan.new_user(), ckan.new_user()
        for caller in (claire, None):
            assert ckan.call("user_show", {"id": claire.name}, by=caller)["email"].startswith(claire.name)
        shown = ckan.call("user_show", {"id": claire.name}, by=paul)
        assert "email" not in shown
        assert "password" not in shown

    def test_a_short_password_and_a_used_email_are_refused(self, ckan: Catalogue) -> None:
        claire = ckan.new_user()
        fields = {"name": unique("user"), "email": f"{claire.name}@EXAMPLE.org", "password": "court"}
        with pytest.raises(ValidationError) as refused:
            ckan.call("user_create", fields)
        assert set(refused.value.error_dict) == {"email", "password"}

    def test_only_sysadmins_create_users(self, ckan: Catalogue) -> None:
        fields = {"name": unique("user"), "email": "a@example.org", "password": "motdepasse"}
        for caller in (ANONYMOUS, ckan.new_user()):
            with pytest.raises(NotAuthorized):
                ckan.call("user_create", fields, by=caller)

    def test_nobody_changes_someone_else(self, ckan: Catalogue) -> None:
        claire, paul = ckan.new_user(), ckan.new_user()
        with pytest.raises(NotAuthorized):
            ckan.call("user_patch", {"id": claire.name, "fullname": "x"}, by=paul)
        assert ckan.call("user_patch", {"id": claire.name, "fullname": "Claire"}, by=claire)["fullname"] == "Claire"

    def test_a_deleted_user_has_no_rights_left(self, ckan: Catalogue) -> None:
        editor = ckan.new_user()
        organization = ckan.new_organization(users=[{"name": editor.name, "capacity": "editor"}])
        ckan.call("user_delete", {"id": editor.name})
        with pytest.raises(NotAuthorized):
            ckan.new_dataset(organization["id"], by=editor)

    def test_tokens_are_listed_without_themselves_and_stop_when_revoked(self, ckan: Catalogue) -> None:
        claire = ckan.new_user()
        made = ckan.call("api_token_create", {"user": claire.name, "name": "nuit"}, by=claire)
        listed = ckan.call("api_token_list", {"user_id": claire.name}, by=claire)
        assert made["token"] not in str(listed)
        assert token_claims(made["token"])["jti"] == made["id"]
        chosen = next(entry for entry in listed if entry["name"] == "nuit")
        ckan.call("api_token_revoke", {"jti": chosen["id"]}, by=claire)
        left = ckan.call("api_token_list", {"user_id": claire.name}, by=claire)
        assert chosen["id"] not in [entry["id"] for entry in left]


def token_claims(token: str) -> dict[str, Any]:
    """What a client of CKAN reads in a token, a JSON Web Token."""
    claims = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return read


class TestSearch:
    def test_a_write_is_seen_by_the_next_search(self, ckan: Catalogue) -> None:
        word = unique("mot").replace("-", "")
        dataset = ckan.new_dataset(title=f"Budget {word}")
        assert ckan.call("package_search", {"q": word})["count"] == 1
        ckan.call("package_patch", {"id": dataset["id"], "title": "Autre"})
        assert ckan.call("package_search", {"q": word})["count"] == 0

    def test_a_deleted_or_purged_dataset_is_not_found(self, ckan: Catalogue) -> None:
        word = unique("mot").replace("-", "")
        for removal in ("package_delete", "dataset_purge"):
            dataset = ckan.new_dataset(title=word)
            assert ckan.call("package_search", {"q": word})["count"] == 1
            ckan.call(removal, {"id": dataset["id"]})
            assert ckan.call("package_search", {"q": word})["count"] == 0

    def test_private_and_draft_ones_are_for_those_entitled_who_ask(self, ckan: Catalogue) -> None:
        member = ckan.new_user()
        organization = ckan.new_organization(users=[{"name": member.name, "capacity": "member"}])
        word = unique("mot").replace("-", "")
        ckan.new_dataset(organization["id"], title=word, private=True)
        ckan.new_dataset(organization["id"], title=word, state="draft")
        asked = {"q": word, "include_private": True}
        assert ckan.call("package_search", {"q": word})["count"] == 0
        assert ckan.call("package_search", asked, by=ANONYMOUS)["count"] == 0
        assert ckan.call("package_search", asked, by=member)["count"] == 1
        assert ckan.call("package_search", {**asked, "include_drafts": True})["count"] == 2

    def test_filters_facets_and_pages(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization(title="Aime")
        for n in range(3):
            ckan.new_dataset(
                organization["id"],
                title=f"Titre {n}",
                tags=[{"name": "eau potable"}] if n else [],
                resources=[{"url": "http://example.org/a", "format": "csv"}],
            )
        asked = {
            "q": "*:*",
            "fq": f"organization:{organization['name']}",
            "facet.field": ["tags", "organization", "res_format"],
            "sort": "metadata_modified asc",
            "rows": 2,
        }
        page = ckan.call("package_search", asked)
        assert page["count"] == 3
        assert [entry["title"] for entry in page["results"]] == ["Titre 0", "Titre 1"]
        assert page["facets"]["tags"] == {"eau potable": 2}
        assert page["facets"]["res_format"] == {"CSV": 3}
        items = page["search_facets"]["organization"]["items"]
        assert items == [{"count": 3, "display_name": "Aime", "name": organization["name"]}]
        rest = ckan.call("package_search", {**asked, "start": 2})
        assert [entry["title"] for entry in rest["results"]] == ["Titre 2"]
        narrowed = ckan.call("package_search", {**asked, "fq_list": ['tags:"eau potable"']})
        assert narrowed["count"] == 2

    def test_unknown_parameters_and_sorts_without_direction_are_query_errors(self, ckan: Catalogue) -> None:
        for data in ({"couleur": "bleu"}, {"sort": "metadata_modified"}):
            with pytest.raises(SearchQueryError):
                ckan.call("package_search", data)

    def test_local_parameters_are_search_errors(self, ckan: Catalogue) -> None:
        for query in ("{!lucene}x", '_query_:"x"', '_val_:"x"'):
            with pytest.raises((SearchError, SearchQueryError)):
                ckan.call("package_search", {"q": query})

    def test_a_result_is_what_package_show_answers(self, ckan: Catalogue) -> None:
        word = unique("mot").replace("-", "")
        dataset = ckan.new_dataset(title=word, tag_string="routes", resources=[{"url": "http://example.org/a"}])
        found = ckan.call("package_search", {"q": word})["results"][0]
        assert found == ckan.call("package_show", {"id": dataset["id"]})


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
