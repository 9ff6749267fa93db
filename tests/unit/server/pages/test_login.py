"""Logging in, what is seen then, and who is kept out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.server.accounts.guesses import MAX_FAILURES
from odl_host.server.accounts.sessions import COOKIE
from odl_host.server.registry import call_action
from odl_host.server.sites import Site, ensure_sysadmin
from tests.unit.server.browser import HERE, Browser


@pytest.fixture
def claire(site: Site) -> Site:
    ckan = site.as_sysadmin()
    fields = {"name": "claire", "email": "Claire@example.org", "password": "motdepasse"}
    ckan.call_action("user_create", fields)
    ckan.call_action("organization_create", {"name": "aime", "users": [{"name": "claire", "capacity": "editor"}]})
    ckan.call_action("organization_create", {"name": "bourg", "users": [{"name": "claire", "capacity": "admin"}]})
    for name in ("aime", "bourg"):
        ckan.call_action("package_create", {"name": f"secret-{name}", "owner_org": name, "private": True})
    return site


@pytest.fixture
def browser(claire: Site) -> Browser:
    return Browser(claire)


def log_in(browser: Browser, login: str = "claire", password: str = "motdepasse", **more: Any) -> Any:
    fields = {"login": login, "password": password, **more}
    return browser.post("/user/login", data=fields, headers=HERE)


def private_is_seen(browser: Browser) -> bool:
    return bool(browser.get("/api/3/action/package_show?id=secret-aime").status_code == 200)


def test_the_portal_shows_visitors_what_they_may_see_and_keeps_it_from_others(browser: Browser, claire: Site) -> None:
    page, other = "/dataset/secret-aime", "/dataset/nulle-part"
    assert browser.get(page).status_code == browser.get(other).status_code == 404
    log_in(browser)
    shown = browser.get(page)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-store")
    browser.cookies.clear()
    assert browser.get(page).status_code == 404
    token = {"authorization": token_for(claire)}
    assert browser.get(page, headers=token).status_code == 200
    assert browser.get("/", headers=token).headers["vary"] == "Authorization, Cookie"
    of_bourg = {"authorization": token_for(claire, organization="bourg")}
    assert browser.get(page, headers=of_bourg).status_code == 404
    assert browser.get("/dataset/secret-bourg", headers=of_bourg).status_code == 200


@pytest.mark.parametrize("login", ["claire", "claire@example.org", "CLAIRE@EXAMPLE.ORG"])
def test_who_logs_in_is_known_until_logging_out(browser: Browser, login: str) -> None:
    assert not private_is_seen(browser)
    answer = log_in(browser, login)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert private_is_seen(browser)
    assert "connecté en tant que" in browser.get("/user/login").text
    kept = browser.cookies[COOKIE]
    assert browser.post("/user/logout", headers=HERE).status_code == 303
    assert not private_is_seen(browser)
    browser.cookies[COOKIE] = kept
    assert not private_is_seen(browser)


def test_every_page_says_who_is_logged_in(browser: Browser) -> None:
    pages = ("/", "/dataset/", "/en/dataset/secret-aime", "/user/login", "/nulle-part")
    assert not any("claire" in browser.get(page).text for page in pages)
    log_in(browser)
    shown = {page: browser.get(page).text for page in pages[:-1]}
    assert [
        page for page, text in shown.items() if "(claire)" not in text or 'href="/user/login">Connexion' in text
    ] == []
    assert "<h1>Votre compte</h1>" in shown["/user/login"]
    assert "Your account (claire)" in shown["/en/dataset/secret-aime"]


def test_who_is_logged_in_reads_private_rows_too(browser: Browser, claire: Site) -> None:
    ckan = claire.as_sysadmin()
    made = ckan.call_action(
        "datastore_create", {"resource": {"package_id": "secret-aime"}, "records": [{"nom": "Zoé"}], "force": True}
    )
    dump = f"/datastore/dump/{made['resource_id']}"
    assert browser.get(dump).status_code == 404
    log_in(browser)
    answer = browser.get(dump)
    assert "Zoé" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("is_included", [True, False])
def test_who_is_logged_in_finds_private_datasets_too_and_sees_that_they_are(claire: Site, is_included: bool) -> None:
    settings = {**claire.settings, "ckan.search.default_include_private": is_included}
    browser = Browser(dataclasses.replace(claire, settings=settings))
    pages = ("/dataset/", "/en/dataset/?q=secret", "/organization/aime", "/dataset/?q=secret:(aime")
    assert not any("secret-aime" in browser.get(page).text for page in pages)
    log_in(browser)
    assert all(("/dataset/secret-aime" in browser.get(page).text) == is_included for page in pages)
    assert (">Privé<" in browser.get("/dataset/").text) == is_included
    assert ">Private<" in browser.get("/en/dataset/secret-aime").text


def test_the_api_takes_no_cookie_where_the_manifest_says_so(claire: Site) -> None:
    site = dataclasses.replace(claire, settings={**claire.settings, "ckan.auth.enable_cookie_auth_in_api": False})
    browser = Browser(site)
    log_in(browser)
    assert "connecté en tant que" in browser.get("/user/login").text
    assert not private_is_seen(browser)


def test_the_cookie_travels_only_over_https_where_the_site_does(tmp_path: Path, open_at: Callable[..., Site]) -> None:
    site = open_at(tmp_path / "s", "https://portail.example.org")
    fields = {"name": "claire", "email": "c@example.org", "password": "motdepasse"}
    site.as_sysadmin().call_action("user_create", fields)
    answer = Browser(site).post("/user/login", data={"login": "claire", "password": "motdepasse"}, headers=HERE)
    assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_name_are_said_alike(browser: Browser) -> None:
    wrong, unknown = log_in(browser, password="faux"), log_in(browser, "personne")
    assert wrong.status_code == unknown.status_code == 403
    assert "pas le bon" in wrong.text
    assert "pas le bon" in unknown.text
    assert not browser.cookies


def test_guessing_is_stopped_and_the_right_password_too_then(browser: Browser) -> None:
    statuses = [log_in(browser, password=f"faux-{number}").status_code for number in range(MAX_FAILURES + 2)]
    assert statuses == [403] * MAX_FAILURES + [429] * 2
    assert log_in(browser).status_code == 429


@pytest.mark.parametrize(
    ("peer", "told", "is_the_guesser"),
    [
        ("127.0.0.1", "203.0.113.9", True),
        ("10.0.0.2", "203.0.113.10, 203.0.113.9", True),  # what a client sends comes before what the proxy adds
        ("10.0.0.2", "203.0.113.10\n203.0.113.9", True),  # HAProxy adds a header of its own
        ("::1", "2001:db8::9", False),
        ("127.0.0.1", "203.0.113.9, 203.0.113.10", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "personne", False),
        ("8.8.8.8", "203.0.113.9", False),
        ("203.0.113.9", "", True),
    ],
)
def test_who_guesses_behind_a_proxy_keeps_nobody_else_from_logging_in(
    browser: Browser, claire: Site, peer: str, told: str, is_the_guesser: bool
) -> None:
    for number in range(5 * MAX_FAILURES):
        claire.failures.add(f"inconnu-{number}", "203.0.113.9")
    browser.address = peer
    headers = {**HERE, **({"x-forwarded-for": told} if told else {})}
    answer = browser.post("/user/login", data={"login": "claire", "password": "motdepasse"}, headers=headers)
    assert answer.status_code == (429 if is_the_guesser else 303)


@pytest.mark.parametrize("headers", [{}, {"origin": "https://mechant.example"}, {"origin": "null"}])
def test_another_site_can_neither_log_in_nor_act_as_the_visitor(
    browser: Browser, claire: Site, headers: dict[str, str]
) -> None:
    fields = {"login": "claire", "password": "motdepasse"}
    assert browser.post("/user/login", data=fields, headers=headers).status_code == 403
    log_in(browser)
    patch = {"id": "secret-aime", "title": "Volé"}
    assert browser.post("/api/3/action/package_patch", json_data=patch, headers=headers).status_code == 403
    assert browser.post("/user/logout", headers=headers).status_code == 403
    assert browser.post("/api/3/action/package_patch", json_data=patch, headers=HERE).status_code == 200


@pytest.mark.parametrize("place", ["https://mechant.example/", "//mechant.example/", "/\\mechant.example", "x"])
def test_logging_in_leads_nowhere_else(browser: Browser, place: str) -> None:
    assert log_in(browser, came_from=place).headers["location"] == "/"
    assert log_in(browser, came_from="/dataset/secret-aime").headers["location"] == "/dataset/secret-aime"


def test_a_new_password_ends_the_sessions(browser: Browser, claire: Site) -> None:
    log_in(browser)
    assert private_is_seen(browser)
    claire.as_sysadmin().call_action("user_patch", {"id": "claire", "password": "autremotdepasse"})
    assert not private_is_seen(browser)


def test_a_deleted_user_is_logged_out(browser: Browser, claire: Site) -> None:
    log_in(browser)
    claire.as_sysadmin().call_action("user_delete", {"id": "claire"})
    assert not private_is_seen(browser)
    assert log_in(browser).status_code == 403


def token_for(site: Site, **more: str) -> str:
    asked = {"user": "claire", "name": "dépôt", **more}
    return str(site.as_sysadmin().call_action("api_token_create", asked)["token"])


def scoped(site: Site, organization: str = "aime") -> Any:
    return site.find_user_by_token(token_for(site, organization=organization))


def test_a_scoped_token_has_rights_in_its_organization_only(claire: Site) -> None:
    user = scoped(claire)
    call_action(claire, user, "package_create", {"name": "ici", "owner_org": "aime"})
    call_action(claire, user, "package_patch", {"id": "secret-aime", "title": "Vu"})
    call_action(claire, user, "package_show", {"id": "secret-aime"})
    refused: list[tuple[str, dict[str, Any]]] = [
        ("package_create", {"name": "ailleurs", "owner_org": "bourg"}),
        ("package_create", {"name": "sans"}),
        ("package_patch", {"id": "secret-bourg", "title": "Vu"}),
        ("package_show", {"id": "secret-bourg"}),
        ("api_token_create", {"user": "claire", "name": "plus"}),
        ("user_patch", {"id": "claire", "fullname": "x"}),
        ("organization_patch", {"id": "bourg", "title": "x"}),
    ]
    for action, data in refused:
        with pytest.raises(NotAuthorized):
            call_action(claire, user, action, data)
    found = call_action(claire, user, "package_search", {"include_private": True})
    assert "secret-aime" in found
    assert "secret-bourg" not in found


def test_a_scoped_token_of_a_sysadmin_is_none(claire: Site) -> None:
    claire.as_sysadmin().call_action("user_patch", {"id": "claire", "sysadmin": True})
    user = scoped(claire)
    assert not user.sysadmin
    with pytest.raises(NotAuthorized):
        call_action(claire, user, "package_show", {"id": "secret-bourg"})


def test_the_last_use_of_a_token_is_noted(browser: Browser, claire: Site) -> None:
    ckan = claire.as_sysadmin()
    token = ckan.call_action("api_token_create", {"user": "claire", "name": "essai"})["token"]
    writes = claire.db.last_write()
    for _ in range(3):
        browser.get("/api/3/action/status_show", headers={"authorization": token})
    (shown,) = ckan.call_action("api_token_list", {"user_id": "claire"})
    assert shown["last_access"] is not None
    assert claire.db.last_write() == writes


def invite(site: Site, email: str = "paul@example.org") -> tuple[str, dict[str, Any]]:
    """Invite someone and return the address that the letter names, without the site's, and the user."""
    letters: list[tuple[str, str, str]] = []
    posting = dataclasses.replace(site, post=lambda *letter: letters.append(letter))
    sent = {"email": email, "group_id": "aime", "role": "editor"}
    made = call_action(posting, posting.find_user(ensure_sysadmin(posting)), "user_invite", sent)
    ((to, _, text),) = letters
    assert to == email
    found = re.search(rf"{site.url}(/user/reset/\S+)", text)
    assert found
    return found[1], made


@pytest.mark.parametrize(
    ("email", "start"), [("mairie$%+aime@example.org", "mairie---aime-"), ("A.B@example.org", "a-b-")]
)
def test_who_is_invited_is_named_after_the_address(claire: Site, email: str, start: str) -> None:
    _, made = invite(claire, email)
    assert re.fullmatch(rf"{start}\d+", made["name"])


def test_who_is_invited_chooses_a_password_once_and_is_a_member_then(claire: Site) -> None:
    address, made = invite(claire)
    assert made["state"] == "pending"
    visitor = Browser(claire)
    path, key = address.split("?key=")
    page = visitor.get(address)
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    assert made["name"] in page.text
    visitor.cookies[COOKIE] = key
    assert not private_is_seen(visitor)  # the link alone opens nothing
    visitor.cookies.clear()
    assert visitor.post(path, data={"key": key, "password": "court"}, headers=HERE).status_code == 403
    elsewhere = visitor.post(path, data={"key": key, "password": "motdepasse2"}, headers={"origin": "http://evil"})
    assert elsewhere.status_code == 403
    assert visitor.post(path, data={"key": key, "password": "motdepasse2"}, headers=HERE).status_code == 303
    assert log_in(visitor, made["name"], "motdepasse2").status_code == 303
    assert private_is_seen(visitor)
    again = visitor.post(path, data={"key": key, "password": "motdepasse3"}, headers=HERE)
    assert (again.status_code, visitor.get(address).status_code) == (404, 404)


@pytest.mark.parametrize("change", ["another user", "another key", "too late", "deleted", "a second account"])
def test_an_invitation_is_for_one_person_and_seven_days(
    claire: Site, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, made = invite(claire)
    if change == "another user":
        address = address.replace(made["id"], claire.as_sysadmin().call_action("user_show", {"id": "claire"})["id"])
    elif change == "another key":
        address += "x"
    elif change == "too late":
        monkeypatch.setattr("odl_host.server.accounts.invitations.now", lambda: "2999-01-01T00:00:00")
    elif change == "deleted":
        claire.as_sysadmin().call_action("user_delete", {"id": made["id"]})
    else:
        fields = {"name": "paul", "email": "Paul@example.org", "password": "motdepasse"}
        claire.as_sysadmin().call_action("user_create", fields)
    path, key = address.split("?key=")
    visitor = Browser(claire)
    assert visitor.get(address).status_code == 404
    assert visitor.post(path, data={"key": key, "password": "motdepasse2"}, headers=HERE).status_code == 404


def test_nobody_is_invited_where_no_mail_leaves_or_who_is_known(claire: Site) -> None:
    sent = {"email": "paul@example.org", "group_id": "aime", "role": "editor"}
    with pytest.raises(ValidationError, match="the user was not created"):
        claire.as_sysadmin().call_action("user_invite", sent)
    assert claire.as_sysadmin().call_action("user_list", {"email": "paul@example.org"}) == []
    with pytest.raises(ValidationError, match="belongs to a registered user"):
        invite(claire, "claire@example.org")


def test_an_invitation_opens_nothing_either_once_a_sysadmin_has_made_the_account_active(claire: Site) -> None:
    address, made = invite(claire)
    claire.as_sysadmin().call_action("user_patch", {"id": made["id"], "state": "active"})
    visitor = Browser(claire)
    visitor.cookies[COOKIE] = address.partition("?key=")[2]
    assert not private_is_seen(visitor)
