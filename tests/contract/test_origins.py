"""Pages of other sites: which may read what the catalogue answers, under CKAN's own settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from .conftest import Server, start_server, stop_server

HERE, THERE = "https://carte.example.org", "https://autre.example.org"
ADDRESSES = ("/api/3/action/status_show", "/api/3/action/package_search", "/api/3/action/nothing", "/", "/nothing")


@pytest.fixture(scope="module", params=["nobody", "everyone", "those named"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    settings: dict[str, object] = {
        "nobody": {},
        "everyone": {"ckan.cors.origin_allow_all": True},
        "those named": {"ckan.cors.origin_whitelist": f"http://x.example.org {HERE}"},
    }[request.param]
    started = start_server(tmp_path_factory.mktemp("origins"), settings=settings)
    yield request.param, started
    stop_server(started)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_only_the_sites_that_are_allowed_may_read(served: tuple[str, Server], method: str) -> None:
    who, server = served
    expected = {"nobody": (None, None), "everyone": ("*", "*"), "those named": (HERE, None)}[who]
    for address in ADDRESSES:
        for origin, allowed in zip((HERE, THERE), expected, strict=True):
            answer = requests.request(method, server.url + address, headers={"Origin": origin}, timeout=60)
            told = answer.headers.get("access-control-allow-origin")
            assert told == allowed, (address, origin)
            assert ("access-control-allow-headers" in answer.headers) is (allowed is not None)
            assert ("Origin" in answer.headers.get("vary", "")) is (who == "those named")
        unnamed = requests.get(server.url + address, timeout=60).headers
        assert "access-control-allow-origin" not in unnamed
        assert ("Origin" in unnamed.get("vary", "")) is (who == "those named")


def test_a_browser_may_send_a_token_and_json(served: tuple[str, Server]) -> None:
    who, server = served
    asked = {"Origin": HERE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = requests.options(f"{server.url}/api/3/action/package_create", headers=asked, timeout=60)
    assert (answer.status_code, answer.text) == (200, "")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    if who != "nobody":
        assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type"
        assert "POST" in answer.headers["access-control-allow-methods"]
