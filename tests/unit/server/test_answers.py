from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from odl_host.server.answers import MAX_CHARACTERS, KeptAnswers
from odl_host.server.documents import Rendered
from odl_host.server.sites import Site, create_token
from tests.unit.server.browser import Browser


def search(site: Site) -> Any:
    return site.as_anonymous().call_action("package_search", {"q": "arbres", "facet.field": ["organization"]})


def test_an_answer_is_kept_once_and_given_again_until_anything_is_written(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Aime"})
    ckan.call_action("package_create", {"name": "arbres", "owner_org": "aime"})
    browser, path = Browser(site), "/api/3/action/package_show"
    for ask in (lambda: browser.get(f"{path}?id=arbres"), lambda: browser.post(path, {"id": "arbres"})):
        before = len(site.bodies)
        first = ask()
        assert (len(site.bodies), len(site.answers)) == (before + 1, 0)
        assert ask().text == first.text
        assert len(site.bodies) == before + 1
    ckan.call_action("package_patch", {"id": "arbres", "title": "Arbres"})
    assert json.loads(ask().text)["result"]["title"] == "Arbres"
    assert len(site.bodies) == 1


def test_a_write_of_another_process_ends_what_was_kept(
    site: Site, tmp_path: Path, open_at: Callable[..., Site]
) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Aime"})
    ckan.call_action("package_create", {"name": "arbres", "owner_org": "aime"})
    assert search(site)["search_facets"]["organization"]["items"][0]["display_name"] == "Aime"
    other = open_at(tmp_path)
    other.as_sysadmin().call_action("organization_patch", {"id": "aime", "title": "Aime-la-Plagne"})
    assert search(site)["search_facets"]["organization"]["items"][0]["display_name"] == "Aime-la-Plagne"
    other.as_sysadmin().call_action("package_patch", {"id": "arbres", "private": True})
    assert search(site)["count"] == 0


def test_what_one_user_may_see_is_kept_for_nobody(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    ckan.call_action("package_create", {"name": "secret", "owner_org": "aime", "private": True})
    asked = {"q": "secret", "include_private": True}
    assert ckan.call_action("package_search", asked)["count"] == 1
    assert site.as_anonymous().call_action("package_search", asked)["count"] == 0


def test_what_is_kept_of_an_address_is_the_publics_and_ends_with_a_write(
    site: Site, tmp_path: Path, open_at: Callable[..., Site]
) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    ckan.call_action("package_create", {"name": "secret", "owner_org": "aime", "private": True})
    address = "/api/3/action/package_search?include_private=true"
    token = {"authorization": create_token(site, "odl-host", "essai")}
    browser = Browser(site)

    def count(headers: dict[str, str] | None = None) -> int:
        found: int = json.loads(browser.get(address, headers).text)["result"]["count"]
        return found

    assert [count(token), count(), count(token), count()] == [1, 0, 1, 0]
    script = browser.get(f"{address}&callback=montrer")
    assert script.text.startswith("montrer(")
    assert browser.get(f"{address}&callback=autre").text.startswith("autre(")
    open_at(tmp_path).as_sysadmin().call_action("package_patch", {"id": "secret", "private": False})
    assert count() == 1
    refused = browser.get("/api/3/action/package_show?id=absent")
    assert refused.status_code == browser.get("/api/3/action/package_show?id=absent").status_code == 404


def test_what_is_kept_has_a_limit() -> None:
    kept = KeptAnswers[Rendered]()
    large = Rendered("x" * 1_000_000)
    for number in range(30):
        kept.keep((1, "a", str(number)), large)
    found = [number for number in range(30) if kept.find((1, "a", str(number)))]
    assert found == list(range(30 - len(found), 30))
    assert len(found) * 1_000_000 <= MAX_CHARACTERS
    kept.keep((1, "b", ""), Rendered("x" * 2_000_000))
    assert kept.find((1, "b", "")) is None
    kept.keep((1, "b", "x" * 2_000_000), Rendered("x"))
    assert kept.find((1, "b", "x" * 2_000_000)) is None
    kept.keep((2, "a", ""), Rendered("x"))
    assert kept.find((1, "a", "29")) is None
