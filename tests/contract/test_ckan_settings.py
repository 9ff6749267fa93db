"""CKAN's settings change what the API answers, as its administrators expect of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.errors import ConfigError
from tests.sites import site_in

from .conftest import ANONYMOUS, OverHttp, Server, start_server, stop_server, unique

SETTINGS = {
    "apitoken_header_name": "X-Jeton",
    "ckan.auth.create_unowned_dataset": True,
    "ckan.default_group_sort": "name desc",
    "ckan.feeds.author_link": "https://example.org",
    "ckan.feeds.author_name": "Le pays & ses communes",
    "ckan.feeds.limit": 1,
    "ckan.hide_version": True,
    "ckan.mimetype_guess": "file_contents",
    "ckan.search.default_package_sort": "metadata_created asc",
    "ckan.search.rows_max": 2,
    "ckan.site_title": "Les données du pays",
    "ckan.upload.user.mimetypes": ["*"],
    "ckan.upload.user.types": ["*"],
    "ckan.user.unique_email_states": ["active", "pending"],
    "ckan.views.default_views": ["image_view", "datatables_view"],
}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start_server(tmp_path_factory.mktemp("settings"), settings=SETTINGS)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def ckan(chosen: Server) -> OverHttp:
    return OverHttp(chosen.url, chosen.new_token())


def test_groups_are_sorted_as_the_manifest_says_unless_the_caller_does(ckan: OverHttp) -> None:
    for name, title in (("aa-groupe", "Zone"), ("zz-groupe", "Aire")):
        ckan.call("group_create", {"name": name, "title": title})
    assert ckan.call("group_list", {}) == ["zz-groupe", "aa-groupe"]
    assert ckan.call("group_list", {"sort": "title"}) == ["zz-groupe", "aa-groupe"]
    assert ckan.call("group_list", {"sort": "name"}) == ["aa-groupe", "zz-groupe"]


def test_datasets_are_sorted_as_the_manifest_says_and_no_page_is_longer(ckan: OverHttp) -> None:
    group = ckan.call("group_create", {"name": unique("g")})
    names = [unique("d") for _ in range(3)]
    for name in names:
        ckan.call("package_create", {"name": name, "groups": [{"id": group["id"]}]})
    found = ckan.call("package_search", {"fq": f"groups:{group['name']}"})
    assert [dataset["name"] for dataset in found["results"]] == names[:2]
    assert found["sort"] == "metadata_created asc"
    shown = ckan.call("group_show", {"id": group["id"], "include_datasets": True})
    assert shown["package_count"] == 3
    assert len(shown["packages"]) == 2


def test_a_token_comes_in_the_header_of_the_manifest_too(chosen: Server, ckan: OverHttp) -> None:
    private = ckan.new_dataset(private=True)["name"]

    def ask(headers: dict[str, str]) -> int:
        shown = f"{chosen.url}/api/3/action/package_show?id={private}"
        return requests.get(shown, headers=headers, timeout=60).status_code

    assert ask({}) == 403
    for name in ("X-Jeton", "x-jeton", "Authorization", "X-CKAN-API-Key"):
        assert ask({name: ckan.sysadmin.token}) == 200
    assert ask({"X-Jeton": ckan.sysadmin.token, "Authorization": "Basic cHJveHk6c2VjcmV0"}) == 200
    assert ask({"X-Autre": ckan.sysadmin.token}) == 403


def test_an_address_is_taken_in_the_states_of_the_manifest(ckan: OverHttp) -> None:
    waiting = ckan.new_user(state="pending").name
    with pytest.raises(ValidationError, match="belongs to a registered user"):
        ckan.call("user_create", {"name": unique("u"), "email": f"{waiting}@example.org", "password": "motdepasse"})


def test_a_feed_is_as_long_and_by_whom_the_manifest_says(chosen: Server, ckan: OverHttp) -> None:
    for _ in range(2):
        ckan.new_dataset()
    feed = requests.get(f"{chosen.url}/feeds/dataset.atom", timeout=60).text
    assert feed.count("<entry>") == 1
    assert "<author><name>Le pays &amp; ses communes</name><uri>https://example.org</uri></author>" in feed


def test_the_version_is_hidden_from_all_but_sysadmins(chosen: Server, ckan: OverHttp) -> None:
    answer = requests.get(f"{chosen.url}/api/3/action/status_show", timeout=60)
    assert "ckan_version" not in answer.json()["result"]
    assert ckan.call("status_show", {})["ckan_version"]


def test_a_resource_that_gets_a_format_gets_its_default_view(ckan: OverHttp) -> None:
    dataset = ckan.call("package_create", {"name": unique("d")})
    resource = ckan.call("resource_create", {"package_id": dataset["id"], "url": "http://example.org/x"})
    assert ckan.call("resource_view_list", {"id": resource["id"]}) == []
    ckan.call("resource_update", {"id": resource["id"], "url": resource["url"], "format": "PNG"})
    views = ckan.call("resource_view_list", {"id": resource["id"]})
    assert [view["view_type"] for view in views] == ["image_view"]
    ckan.call("resource_view_delete", {"id": views[0]["id"]})
    ckan.call("resource_patch", {"id": resource["id"], "name": "Un plan"})
    assert ckan.call("resource_view_list", {"id": resource["id"]}) == []  # a view that was removed stays so


def test_the_very_first_call_of_a_user_tells_when_the_user_was_last_seen(chosen: Server, ckan: OverHttp) -> None:
    user = ckan.new_user()
    created = OverHttp(chosen.url, user.token).call("group_create", {"name": unique("g")})
    assert created["users"][0]["last_active"]
    assert ckan.call("group_show", {"id": created["id"]})["users"] == created["users"]


def test_scripts_of_ckans_pages_are_answered_in_french_and_english_only(chosen: Server) -> None:
    for address in ("/api/i18n/fr", "/api/1/i18n/fr", "/api/2/i18n/en"):
        assert requests.get(f"{chosen.url}{address}", timeout=60).json()[""]["lang"] == address[-2:]
    refused = requests.get(f"{chosen.url}/api/i18n/xx", timeout=60)
    assert (refused.status_code, refused.json()) == (400, "Bad request: Unknown locale: xx")


def test_a_redirection_stays_within_the_site(chosen: Server) -> None:
    def ask(url: str) -> requests.Response:
        return requests.get(f"{chosen.url}/util/redirect", params={"url": url}, timeout=60, allow_redirects=False)

    assert ask("/dataset?q=eau").headers["location"] == f"{chosen.url}/dataset?q=eau"
    for outside in ("https://example.org", "//example.org", "/\\example.org", "\t//example.org", "javascript:alert(1)"):
        assert ask(outside).status_code == 403
    too_large = requests.post(f"{chosen.url}/util/redirect", data={"url": "/" + "a" * 20_000}, timeout=60)
    assert too_large.status_code == 413


def test_the_site_has_the_title_of_the_settings_until_a_sysadmin_chooses_another(
    chosen: Server, ckan: OverHttp
) -> None:
    assert ckan.call("config_option_show", {"key": "ckan.site_title"}) == "Les données du pays"
    assert ckan.call("status_show", {})["site_title"] == "Les données du pays"
    assert "Les données du pays" in requests.get(chosen.url, timeout=60).text
    ckan.call("config_option_update", {"ckan.site_title": "Un autre titre"})
    assert ckan.call("config_option_show", {"key": "ckan.site_title"}) == "Un autre titre"
    assert "Un autre titre" in requests.get(chosen.url, timeout=60).text


def test_a_media_type_is_guessed_by_contents_where_the_manifest_says_so(ckan: OverHttp) -> None:
    dataset = ckan.call("package_create", {"name": unique("d")})
    sent = {"package_id": dataset["id"]}
    text = ckan.call("resource_create", sent, {"upload": ("a.csv", b"a,b\n1,2\n", "text/csv")})
    assert text["mimetype"] == "text/plain"
    assert text["format"] == "CSV"
    parsed = {"upload": ("a.json", b'{"a": 1}', "application/json")}
    assert ckan.call("resource_create", sent, parsed)["mimetype"] == "application/json"
    assert ckan.call("resource_create", sent, {"upload": ("a.csv", b"", "")})["mimetype"] == "application/x-empty"
    workbook = {"upload": ("a.xlsx", b"PK\x03\x04\x00\xff", "")}
    assert ckan.call("resource_create", sent, workbook)["mimetype"].endswith("spreadsheetml.sheet")
    document = {"upload": ("a.csv", b"%PDF-1.4 ", "text/csv")}
    assert ckan.call("resource_create", sent, document)["mimetype"] == "application/pdf"
    assert ckan.call("resource_create", {**sent, "mimetype": "x/y"}, document)["mimetype"] == "x/y"
    linked = ckan.call("resource_create", {**sent, "url": "http://example.org/a.csv"})
    assert linked["mimetype"] is None
    updated = ckan.call("resource_update", {"id": linked["id"]}, {"upload": ("sans", b"bonjour", "")})
    assert updated["mimetype"] == "text/plain"


def test_a_page_that_is_taken_for_an_image_does_not_run_as_one(chosen: Server, ckan: OverHttp) -> None:
    page = b"<html><script>alert(1)</script></html>"
    person = {"name": unique("u"), "email": "u@example.org", "password": "motdepasse"}
    user = ckan.call("user_create", person, {"image_upload": ("page.html", page, "text/html")})
    assert user["image_url"].endswith("page.html")
    served = requests.get(user["image_display_url"], timeout=60)
    assert served.content == page
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("types", "mimetypes", "taken"),
    [
        ([], [], []),
        (["*"], [], []),
        ([], ["*"], ["a.txt", "a.gif"]),
        (["image"], ["*"], ["a.gif"]),
        (["text"], ["text/plain"], ["a.txt"]),
        (["*"], ["image/gif"], ["a.gif"]),
    ],
)
def test_images_of_organizations_are_of_the_types_that_the_manifest_names(
    tmp_path: Path, types: list[str], mimetypes: list[str], taken: list[str]
) -> None:
    server = start_server(
        tmp_path, settings={"ckan.upload.group.types": types, "ckan.upload.group.mimetypes": mimetypes}
    )
    files = {"a.txt": b"bonjour", "a.gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "sans": b"bonjour"}
    found = []
    try:
        ckan = OverHttp(server.url, server.new_token())
        for name, content in files.items():
            try:
                sent = {"image_upload": (name, content, "image/gif")}
                ckan.call("organization_create", {"name": unique("o")}, sent)
                found.append(name)
            except ValidationError as error:
                reasons = str(error)
                assert "Unsupported upload type" in reasons or "No uploads allowed for object type group" in reasons
    finally:
        stop_server(server)
    assert found == taken


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OverHttp]:
    settings = {
        "ckan.auth.allow_dataset_collaborators": True,
        "ckan.auth.anon_create_dataset": True,
        "ckan.auth.create_unowned_dataset": True,
        "ckan.auth.public_user_details": False,
    }
    started = start_server(tmp_path_factory.mktemp("closed"), settings=settings)
    yield OverHttp(started.url, started.new_token())
    stop_server(started)


@pytest.mark.parametrize("kind", ["group", "organization"])
def test_where_users_are_not_public_only_members_see_each_other(closed: OverHttp, kind: str) -> None:
    member, stranger = closed.new_user(), closed.new_user()
    group = closed.call(f"{kind}_create", {"name": unique("g"), "users": [{"name": member.name, "capacity": "member"}]})
    asked = {"id": group["id"], "include_users": True}
    assert "users" not in closed.call(f"{kind}_show", {"id": group["id"]}, by=member)
    assert member.name in [user["name"] for user in closed.call(f"{kind}_show", asked, by=member)["users"]]
    for caller in (stranger, ANONYMOUS):
        for empty in ({}, {"include_users": "off"}, {"include_users": None}):
            assert "users" not in closed.call(f"{kind}_show", {"id": group["id"], **empty}, by=caller)
        for action, params in (
            *((f"{kind}_show", {"id": group["id"], "include_users": yes}) for yes in (True, "on", "Y", 2, [0])),
            (f"{kind}_list", {"all_fields": True, "include_users": True}),
            ("member_list", {"id": group["id"], "object_type": "user"}),
            ("member_list", {"id": group["id"]}),
        ):
            with pytest.raises(NotAuthorized, match="not authorized to read group"):
                closed.call(action, params, by=caller)
        assert closed.call("member_list", {"id": group["id"], "object_type": "package"}, by=caller) == []


def test_who_creates_a_dataset_without_an_organization_says_who_collaborates(closed: OverHttp) -> None:
    creator, other = closed.new_user(), closed.new_user()
    dataset = closed.call("package_create", {"name": unique("d")}, by=creator)
    call = {"id": dataset["id"], "user_id": other.name, "capacity": "editor"}
    closed.call("package_collaborator_create", call, by=creator)
    assert [row["capacity"] for row in closed.call("package_collaborator_list", {"id": dataset["id"]}, by=creator)] == [
        "editor"
    ]
    with pytest.raises(NotAuthorized):
        closed.call("package_collaborator_list", {"id": dataset["id"]}, by=other)


def test_anonymous_callers_create_datasets_without_an_organization_only(closed: OverHttp) -> None:
    assert closed.call("package_create", {"name": unique("d")}, by=ANONYMOUS)["creator_user_id"] is None
    organization = closed.call("organization_create", {"name": unique("o")})
    with pytest.raises(NotAuthorized, match="not authorized to add dataset to this organization"):
        closed.call("package_create", {"name": unique("d"), "owner_org": organization["id"]}, by=ANONYMOUS)


@pytest.mark.parametrize("needed", ["create_unowned_dataset", "create_dataset_if_not_in_organization"])
def test_anonymous_callers_create_no_dataset_where_each_needs_an_organization(needed: str, tmp_path: Path) -> None:
    settings = {"ckan.auth.anon_create_dataset": True, "ckan.auth.create_unowned_dataset": True}
    site = site_in(tmp_path, settings={**settings, f"ckan.auth.{needed}": False})
    try:
        with pytest.raises(NotAuthorized):
            site.as_anonymous().call_action("package_create", {"name": unique("d")})
    finally:
        site.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Unsupported upload type: text/plain"),
        ({"ckan.files.storage.users.type": "odl-host"}, "Type text/plain is not supported by storage"),
        ({"ckan.files.default_storages.user": "faces", "ckan.files.storage.users.type": "odl-host"}, "Unsupported"),
    ],
)
def test_what_is_no_image_is_refused_in_the_words_of_where_images_go(
    settings: dict[str, object], message: str, tmp_path: Path
) -> None:
    site = site_in(tmp_path, settings=settings)
    sent = {"name": "marie", "email": "marie@example.org", "password": "motdepasse"}
    image = ("note.txt", io.BytesIO(b"bonjour"), "text/plain")
    try:
        with pytest.raises(ValidationError, match=message):
            site.as_sysadmin().call_action("user_create", sent, {"image_upload": image})
    finally:
        site.close()


def test_the_sites_own_user_is_called_by_the_site_id_and_stays_a_sysadmin(tmp_path: Path) -> None:
    before = site_in(tmp_path)
    ckan = before.as_sysadmin()
    assert ckan.call_action("get_site_user", {})["name"] == "odl-host"
    ckan.call_action("user_create", {"name": "claire", "email": "c@example.org", "password": "motdepasse"})
    before.close()
    site = site_in(tmp_path, settings={"ckan.site_id": "default"})
    taken = site_in(tmp_path, settings={"ckan.site_id": "claire"})
    try:
        own = site.as_user("odl-host").call_action("get_site_user", {})  # who acted before goes on to
        assert own["name"] == "default"
        ckan = site.as_sysadmin()
        assert ckan.call_action("user_show", {"id": own["id"]})["sysadmin"]
        with pytest.raises(ValidationError, match="Cannot modify sysadmin privileges for system user"):
            site.as_user("odl-host").call_action("user_patch", {"id": "default", "sysadmin": False})
        assert set(ckan.call_action("user_list", {"all_fields": False})) == {"claire", "odl-host"}
        with pytest.raises(ConfigError, match="“claire” is no administrator"):
            taken.as_sysadmin()
    finally:
        taken.close()
        site.close()


def test_who_may_register_chooses_neither_an_id_nor_a_token_for_others(tmp_path: Path) -> None:
    site = site_in(tmp_path, settings={"ckan.auth.create_user_via_api": True})
    sent = {"email": "marie@example.org", "password": "motdepasse", "id": "choisi"}
    token = {"email": "paul@example.org", "password": "motdepasse", "with_apitoken": True}
    try:
        made = site.as_anonymous().call_action("user_create", {"name": "marie", **sent})
        assert made["id"] not in {"choisi", "marie"}  # as if it had not been sent
        with pytest.raises(NotAuthorized):
            site.as_user("marie").call_action("user_create", {"name": "paul", **token})
        assert site.find_user("paul") is None
        assert "token" in site.as_anonymous().call_action("user_create", {"name": "paul", **token})
    finally:
        site.close()
