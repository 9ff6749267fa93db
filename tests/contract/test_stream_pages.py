"""Pages of activities, groups, users and views at CKAN's addresses, read over HTTP as visitors read them."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .conftest import ANONYMOUS, Caller, OverHttp, Server, start_server, stop_server, unique

SETTINGS = {
    "ckan.activity_streams_enabled": True,
    "ckan.activity_list_limit": 3,
    "ckan.hide_activity_from_users": ["odl-host"],
    "ckan.views.default_views": ["text_view", "datatables_view", "image_view"],
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that keeps activities."""
    started = start_server(tmp_path_factory.mktemp("kept"), settings=SETTINGS)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def ckan(kept: Server) -> OverHttp:
    return OverHttp(kept.url, kept.new_token())


@pytest.fixture(scope="module")
def claire(ckan: OverHttp) -> Caller:
    return ckan.new_user(fullname="Claire Blanc")


@pytest.fixture(scope="module")
def barby(ckan: OverHttp, claire: Caller) -> Any:
    return ckan.new_organization(title="Barby", users=[{"name": claire.name, "capacity": "admin"}])


def ask(ckan: OverHttp, address: str, by: Caller = ANONYMOUS, **query: str) -> requests.Response:
    headers = {"Authorization": by.token} if by.token else {}
    return requests.get(f"{ckan.url}{address}", params=query, headers=headers, allow_redirects=False, timeout=60)


def words(answer: requests.Response) -> str:
    """What a reader sees of a page, below its menu."""
    assert answer.status_code == 200, answer.text
    main = re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main")[0])
    return " ".join(html.unescape(main).split())


def links(answer: requests.Response) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', answer.text)]


@pytest.fixture
def budget(ckan: OverHttp, barby: Any, claire: Caller) -> Any:
    """A dataset that Claire created and changed."""
    made = ckan.new_dataset(barby["id"], by=claire, title="Budget", tag_string="eau")
    return ckan.call("package_patch", {"id": made["id"], "title": "Comptes", "tags": []}, by=claire)


def last_change(ckan: OverHttp, dataset: Any) -> str:
    return str(ckan.call("package_activity_list", {"id": dataset["id"]})[0]["id"])


def test_a_stream_says_who_did_what_in_both_languages(ckan: OverHttp, barby: Any, budget: Any, claire: Caller) -> None:
    for address in (f"/dataset/activity/{budget['name']}", f"/dataset/activity/{budget['id']}"):
        shown = words(ask(ckan, address))
        assert "Claire Blanc a modifié le jeu de données Comptes" in shown
        assert "Claire Blanc a créé le jeu de données Budget" in shown
        assert "Claire Blanc updated the dataset Comptes" in words(ask(ckan, f"/en{address}"))
    for address in (f"/organization/activity/{barby['name']}", f"/user/activity/{claire.name}"):
        answer = ask(ckan, address)
        assert "Claire Blanc a modifié le jeu de données Comptes" in words(answer)
        assert {f"/dataset/{budget['id']}", f"/user/{claire.name}"} <= set(links(answer))


def test_a_stream_says_who_added_a_view(ckan: OverHttp, budget: Any, claire: Caller) -> None:
    table = ckan.call("resource_create", {"package_id": budget["id"], "url": "https://example.org/a.csv"}, by=claire)
    view = {"resource_id": table["id"], "view_type": "text_view", "title": "Lignes"}
    made = ckan.call("resource_view_create", view, by=claire)
    ckan.call("resource_view_update", {**view, "id": made["id"], "title": "Les lignes"}, by=claire)
    shown = words(ask(ckan, f"/dataset/activity/{budget['id']}"))
    assert "Claire Blanc a ajouté la vue Lignes" in shown
    assert "Claire Blanc a modifié la vue Les lignes" in shown
    assert "Claire Blanc added the view Lignes" in words(ask(ckan, f"/en/dataset/activity/{budget['id']}"))


def test_a_stream_is_read_page_by_page_and_by_type(ckan: OverHttp, barby: Any, claire: Caller) -> None:
    dataset = ckan.new_dataset(barby["id"], by=claire, title="Titre 0")
    for number in range(1, 7):
        ckan.call("package_patch", {"id": dataset["id"], "title": f"Titre {number}"}, by=claire)
    address, pages = f"/dataset/activity/{dataset['id']}", []
    while address:
        answer = ask(ckan, address)
        pages.append(re.findall(r"Titre \d", words(answer).partition("Suppressions")[2]))
        older, newer = (re.findall(f'<a rel="{way}" href="([^"]*)"', answer.text) for way in ("next", "prev"))
        assert bool(newer) == (len(pages) > 1)
        address = older[0] if older else ""
    assert pages == [["Titre 6", "Titre 5", "Titre 4"], ["Titre 3", "Titre 2", "Titre 1"], ["Titre 0"]]
    back = words(ask(ckan, newer[0]))
    assert ("Titre 1" in back, "Titre 3" in back) == (True, True)
    created = words(ask(ckan, f"/dataset/activity/{dataset['id']}", activity_type="new package"))
    assert ("a créé" in created, "a modifié" in created) == (True, False)


@pytest.mark.parametrize("span", [{"before": "hier"}, {"after": "nan"}])
def test_what_no_stream_understands_is_said(ckan: OverHttp, budget: Any, span: dict[str, str]) -> None:
    answer = ask(ckan, f"/en/dataset/activity/{budget['id']}", **span)
    assert (answer.status_code, "Invalid parameters" in answer.text) == (400, True)


def test_streams_of_what_one_may_not_see_are_absent(ckan: OverHttp, barby: Any, claire: Caller) -> None:
    secret = ckan.new_dataset(barby["id"], by=claire, title="Projet secret", private=True)
    stranger = ckan.new_user()
    for by, status in ((ANONYMOUS, 404), (stranger, 404), (claire, 200)):
        answer = ask(ckan, f"/dataset/activity/{secret['name']}", by)
        assert answer.status_code == status
        assert ask(ckan, f"/dataset/groups/{secret['name']}", by).status_code == status
    assert answer.headers["cache-control"] == "private, no-store"
    for address in (f"/organization/activity/{barby['name']}", f"/user/activity/{claire.name}", f"/user/{claire.name}"):
        assert "Projet secret" not in ask(ckan, address).text
        assert "Projet secret" not in ask(ckan, address, stranger).text
    for noun in ("dataset", "organization", "group", "user"):
        assert ask(ckan, f"/{noun}/activity/nulle-part").status_code == 404


def test_what_hidden_users_did_is_in_no_stream(ckan: OverHttp, barby: Any) -> None:
    dataset = ckan.new_dataset(barby["id"], title="Publié la nuit")
    assert "Rien à montrer" in words(ask(ckan, f"/dataset/activity/{dataset['id']}"))
    assert "Publié la nuit" not in ask(ckan, f"/organization/activity/{barby['id']}").text


def test_changes_and_former_versions_are_for_who_may_change_the_dataset(
    ckan: OverHttp, budget: Any, claire: Caller
) -> None:
    activity = last_change(ckan, budget)
    pages = [
        f"/dataset/changes/{activity}",
        f"/dataset/changes_multiple?old_id={activity}&new_id={activity}",
        f"/dataset/{budget['name']}/history/{activity}",
        f"/dataset/{budget['id']}/history/{activity}",
    ]
    stranger = ckan.new_user()
    for page in pages:
        assert [ask(ckan, page, by).status_code for by in (ANONYMOUS, stranger)] == [404, 404]
        assert ask(ckan, page, claire).status_code in (200, 302)
    stream = f"/en/dataset/activity/{budget['id']}"
    assert {f"/en{page}" for page in (pages[0], pages[3])} <= set(links(ask(ckan, stream, claire)))
    for by in (ANONYMOUS, stranger):
        assert not {"View this version", "Changes"} & set(re.findall(r">([^<>]+)</a>", ask(ckan, stream, by).text))


def test_changes_are_said_in_words(ckan: OverHttp, budget: Any, claire: Caller) -> None:
    activities = ckan.call("package_activity_list", {"id": budget["id"]})
    shown = words(ask(ckan, f"/dataset/changes/{activities[0]['id']}", claire))
    assert "Titre : « Budget » devient « Comptes »" in shown.replace("\u202f", " ").replace("\xa0", " ")
    assert "Mot-clé retiré" in shown
    ckan.call("resource_create", {"package_id": budget["id"], "name": "Annexe", "url": "https://a.fr/a.csv"}, by=claire)
    between = {"old_id": activities[-1]["id"], "new_id": last_change(ckan, budget)}
    shown = words(ask(ckan, "/en/dataset/changes_multiple", claire, **between))
    assert "Title: “Budget” became “Comptes”" in shown
    assert "Added resource Annexe" in shown
    # What created a dataset changed nothing; what is another object's, or none, is no change of this one.
    assert ask(ckan, f"/dataset/changes/{activities[-1]['id']}", claire).status_code == 404
    assert ask(ckan, f"/group/changes/{activities[0]['id']}", claire).status_code == 404
    assert ask(ckan, "/dataset/changes_multiple", claire).status_code == 404


def test_changes_of_groups_are_for_sysadmins(ckan: OverHttp, barby: Any, claire: Caller) -> None:
    ckan.call("organization_patch", {"id": barby["id"], "description": "Une commune"}, by=claire)
    activity = ckan.call("organization_activity_list", {"id": barby["id"]})[0]["id"]
    address = f"/organization/changes/{activity}"
    assert [ask(ckan, address, by).status_code for by in (ANONYMOUS, claire)] == [404, 404]
    assert "Description : « Une commune »" in words(ask(ckan, address, ckan.sysadmin)).replace("\xa0", " ")


def test_a_dataset_is_read_as_it_was_under_its_name_of_today(ckan: OverHttp, budget: Any, claire: Caller) -> None:
    made = ckan.call(
        "resource_create", {"package_id": budget["id"], "name": "Annexe", "url": "https://a.fr/a.csv"}, by=claire
    )
    activity, name = last_change(ckan, budget), unique("comptes")
    ckan.call("resource_delete", {"id": made["id"]}, by=claire)
    ckan.call("package_patch", {"id": budget["id"], "title": "Autre", "name": name}, by=claire)
    for address in (f"/dataset/{budget['id']}/history/{activity}", f"/dataset/{name}?activity_id={activity}"):
        led = ask(ckan, address, claire)
        assert (led.status_code, led.headers["location"]) == (302, f"{ckan.url}/dataset/{name}/history/{activity}")
    page = ask(ckan, f"/dataset/{name}/history/{activity}", claire)
    assert "Comptes" in words(page)
    assert "Annexe" in words(page)
    assert f"/dataset/{name}" in links(page)
    assert "Annexe" in words(ask(ckan, f"/dataset/{name}/resources/{made['id']}/history/{activity}", claire))
    other = ckan.new_dataset(budget["owner_org"], by=claire)
    assert ask(ckan, f"/dataset/{other['name']}/history/{activity}", claire).status_code == 404


@pytest.mark.parametrize(
    "data", [None, [], {"package": 3}, {"package": {"title": "x"}}, {"package": {"resources": [1]}}]
)
def test_activities_that_programs_tell_of_have_pages_whatever_they_hold(
    ckan: OverHttp, budget: Any, claire: Caller, data: Any
) -> None:
    told = {"user_id": claire.name, "object_id": budget["id"], "activity_type": "changed package", "data": data}
    activity = ckan.call("activity_create", {**told, "permission_labels": ["public"]})["id"]
    assert "a modifié le jeu de données" in words(ask(ckan, f"/dataset/activity/{budget['id']}", claire))
    assert ask(ckan, f"/dataset/{budget['name']}/history/{activity}", ckan.sysadmin).status_code == 404
    assert ask(ckan, f"/dataset/changes/{activity}", ckan.sysadmin).status_code in (200, 404)


def test_groups_have_pages(ckan: OverHttp, barby: Any) -> None:
    group = ckan.call("group_create", {"name": unique("g"), "title": "Eau & rivières", "description": "Les rivières"})
    dataset = ckan.new_dataset(barby["id"], title="Crues", groups=[{"id": group["id"]}])
    assert "Eau & rivières" in words(ask(ckan, "/group/"))
    assert "Eau & rivières" in words(ask(ckan, "/group", q="riviere"))
    assert "Eau & rivières" not in words(ask(ckan, "/group/", q="montagne"))
    assert ask(ckan, "/group/", page="99").status_code == 404
    led = ask(ckan, f"/group/{group['id']}")
    assert (led.status_code, led.headers["location"]) == (302, f"{ckan.url}/group/{group['name']}")
    assert "Crues" in words(ask(ckan, f"/group/{group['name']}"))
    assert "Crues" in words(ask(ckan, "/dataset/", groups=group["name"]))
    assert "Les rivières" in words(ask(ckan, f"/group/about/{group['id']}"))
    assert "Eau & rivières" in words(ask(ckan, f"/dataset/groups/{dataset['id']}"))
    assert f"/group/{group['name']}" in links(ask(ckan, f"/dataset/{dataset['name']}"))
    assert "Barby" in words(ask(ckan, f"/organization/about/{barby['id']}"))
    assert ask(ckan, f"/group/{barby['name']}").status_code == 404
    assert ask(ckan, f"/organization/about/{group['name']}").status_code == 404


def test_users_have_pages_until_they_are_deleted(ckan: OverHttp, barby: Any) -> None:
    paul = ckan.new_user(fullname="Paul Vert", about="Agent", email=f"{unique('paul')}@secret.example.org")
    ckan.call("organization_member_create", {"id": barby["id"], "username": paul.name, "role": "editor"})
    ckan.new_dataset(barby["id"], by=paul, title="Marchés")
    page = ask(ckan, f"/user/{paul.name}")
    assert "Paul Vert" in words(page)
    assert "Marchés" in words(page)
    assert "noindex" in page.text
    assert "secret.example.org" not in page.text + ask(ckan, f"/user/{paul.name}", paul).text
    assert f"/user/{paul.name}" in links(ask(ckan, "/user/", q=paul.name))
    assert ask(ckan, "/user/me", paul).headers["location"] == f"{ckan.url}/user/{paul.name}"
    assert "Paul Vert éditeur" in words(ask(ckan, f"/organization/members/{barby['name']}"))
    ckan.call("follow_user", {"id": paul.name})
    assert [ask(ckan, f"/user/followers/{paul.name}", by).status_code for by in (ANONYMOUS, paul)] == [404, 404]
    assert "1 personne" in words(ask(ckan, f"/user/followers/{paul.name}", ckan.sysadmin))
    assert "/user/login?came_from=" in ask(ckan, "/dashboard").headers["location"]
    assert "Marchés" in words(ask(ckan, "/dashboard", paul))
    ckan.call("user_delete", {"id": paul.name})
    assert ask(ckan, f"/user/{paul.name}").status_code == ask(ckan, f"/user/activity/{paul.name}").status_code == 404
    assert ask(ckan, f"/user/{paul.name}", ckan.sysadmin).status_code == 200
    assert f"/user/{paul.name}" not in links(ask(ckan, f"/organization/activity/{barby['name']}"))


def test_who_did_it_is_told_to_known_users_only_where_the_site_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    closed = {**SETTINGS, "ckan.auth.public_user_details": False}
    started = start_server(tmp_path_factory.mktemp("closed"), settings=closed)
    try:
        ckan = OverHttp(started.url, started.new_token())
        paul = ckan.new_user(fullname="Paul Vert")
        owner = ckan.new_organization(users=[{"name": paul.name, "capacity": "editor"}])
        stream = f"/dataset/activity/{ckan.new_dataset(owner['id'], by=paul)['id']}"
        assert "Un utilisateur a créé le jeu de données" in words(ask(ckan, stream))
        assert "Paul Vert a créé le jeu de données" in words(ask(ckan, stream, paul))
        people = f"/organization/members/{owner['id']}"
        for address in (f"/user/{paul.name}", f"/user/activity/{paul.name}", "/user/", people):
            assert [ask(ckan, address, by).status_code for by in (ANONYMOUS, paul)] == [404, 200]
    finally:
        stop_server(started)


def test_views_of_a_file_are_pages(ckan: OverHttp, barby: Any, claire: Caller) -> None:
    dataset = ckan.new_dataset(barby["id"], by=claire)

    def page(name: str, content: bytes, kind: str, **fields: Any) -> str:
        upload = (name, io.BytesIO(content))
        made = ckan.call("resource_create", {"package_id": dataset["id"], "name": name}, {"upload": upload}, by=claire)
        view = next(
            (view for view in ckan.call("resource_view_list", {"id": made["id"]}) if view["view_type"] == kind), None
        ) or ckan.call("resource_view_create", {"resource_id": made["id"], "view_type": kind, "title": "Vue", **fields})
        address = f"/dataset/{dataset['id']}/resource/{made['id']}/view/{view['id']}"
        assert address.replace(dataset["id"], dataset["name"]) in links(
            ask(ckan, f"/dataset/{dataset['name']}/resource/{made['id']}")
        )
        return address

    table = page("t.csv", b"ville,n\n" + b"".join(b"v%d,%d\n" % (n, n) for n in range(25)), "datatables_view")
    assert "v19" in words(ask(ckan, table))
    assert "v20" not in words(ask(ckan, table))
    assert "v24" in words(ask(ckan, table, page="2"))
    assert ask(ckan, table, page="3").status_code == 404
    assert "<b>Bonjour" in words(ask(ckan, page("t.txt", b"<b>Bonjour", "text_view")))
    image = ask(ckan, page("i.png", b"\x89PNG\r\n\x1a\n", "image_view"))
    assert re.search(r'<img class="shown" src="[^"]*/i.png"', image.text)
    address = page("w.txt", b"x", "webpage_view", page_url="https://example.org/x", description="La carte")
    elsewhere = ask(ckan, address)
    assert "https://example.org/x" in words(elsewhere)
    on_file = words(ask(ckan, address.partition("/view/")[0]))
    assert "La carte" in on_file
    assert "https://example.org/x" in on_file
    assert "<iframe" not in elsewhere.text
    ckan.call("package_patch", {"id": dataset["id"], "private": True}, by=claire)
    assert ask(ckan, table).status_code == 404
    assert ask(ckan, table, claire).status_code == 200
