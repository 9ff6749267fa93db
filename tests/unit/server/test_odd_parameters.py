"""Whatever a caller sends, an action answers or refuses it; it never fails."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from odl_host.server.registry import all_actions
from odl_host.server.sites import Site, create_token
from tests.unit.server.browser import Browser

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e308, "", " ", "x", "jeu", "\x00", "\ud800", "é" * 300),
    *("a" * 100_000, "../../etc/passwd", "' OR 1=1 --", "{}", "[]", "[[", '{"a":', "NaN", "1e999", "\u0661\u0662", "*"),
    *("%", "\\", "\r\n", "<script>", "🦄" * 50, "2024-13-45T99:99", [], {}, [None], [[]], [{}], {"a": None}, {"": ""}),
    *(
        {"id": {"id": []}},
        [1, "a", None, {}],
        {"$or": [{}]},
        ["x"] * 1000,
        [{"name": None}],
        [{"key": "a", "value": {}}],
    ),
    *([{"url": []}], ["y" * 100_000], {"__class__": 1}),
)
EVERYWHERE = ("id", "name", "resources", "extras", "tags", "users", "groups", "state", "owner_org", "resource_id")
ROUNDS = 12


@pytest.fixture
def browser(site: Site, dataset: str) -> Browser:
    site.as_sysadmin().call_action("resource_create", {"package_id": dataset, "name": "fichier"})
    browser = Browser(site)
    browser.token = create_token(site, "odl-host", "essai")
    return browser


def ask(browser: Browser, name: str, data: dict[str, Any]) -> int:
    headers = {"authorization": browser.token}
    return browser.post(f"/api/3/action/{name}", json_data=data, headers=headers).status_code


@pytest.mark.parametrize("name", sorted(all_actions()))
def test_odd_parameters_break_no_action(browser: Browser, name: str) -> None:
    chance = random.Random(name)
    documented = re.findall(r":param ([^:]+):", all_actions()[name].help)
    known = [*EVERYWHERE, *(key.strip() for keys in documented for key in keys.split(",") for _ in range(2))]
    for _ in range(ROUNDS):
        data = {key: chance.choice(ODD) for key in chance.sample(known, min(len(known), 4))}
        if chance.random() < 0.5:
            data["id"] = "jeu"
        assert ask(browser, name, data) < 500, data


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("package_create", {"name": "autre", "owner_org": "aime", "state": [None]}),
        ("package_update", {"id": "jeu", "state": {}}),
        ("package_update", {"id": "jeu", "state": [{}]}),
        ("resource_create", {"package_id": "jeu", "url": "x", "last_modified": "0001-01-01T00:00:00+14:00"}),
        ("package_resource_reorder", {"id": "jeu", "order": [{}]}),
        ("package_resource_reorder", {"id": "jeu", "order": [["x"]]}),
        ("file_owner_scan", {"sort": {"a": 1}, "owner_type": "user", "owner_id": "odl-host"}),
        ("tag_search", {"query": ["x"] * 1000}),
        ("tag_list", {"query": "a" * 100_000}),
        ("tag_autocomplete", {"q": ["%" * 30_000]}),
        ("user_list", {"q": "a" * 100_000}),
        ("user_autocomplete", {"q": "a" * 100_000}),
        ("package_autocomplete", {"q": "_" * 100_000}),
        ("group_autocomplete", {"q": "a" * 100_000}),
        ("organization_autocomplete", {"q": "é" * 20_000}),
        ("resource_search", {"query": "name:" + "a" * 100_000}),
        ("resource_search", {"query": ["name:a", *(f"url:{n}" for n in range(1000))]}),
    ],
)
def test_what_once_broke_an_action_is_answered_or_refused(browser: Browser, name: str, data: dict[str, Any]) -> None:
    assert ask(browser, name, data) < 500
