"""CKAN's addresses that are neither an action nor a page."""

from __future__ import annotations

import pytest
import requests

from .conftest import Server


@pytest.mark.parametrize("path", ["/dataset?q=eau", "/dataset?q=été€"])
def test_a_redirection_within_the_site_leads_there(server: Server, path: str) -> None:
    for answer in (
        requests.get(f"{server.url}/util/redirect", params={"url": path}, allow_redirects=False, timeout=60),
        requests.post(f"{server.url}/util/redirect", data={"url": path}, allow_redirects=False, timeout=60),
    ):
        assert answer.status_code == 302
        assert requests.utils.unquote(answer.headers["location"]) == server.url + path


def test_a_redirection_takes_no_long_body_and_no_file(server: Server) -> None:
    address = f"{server.url}/util/redirect"
    assert requests.post(address, data={"url": "/" + "a" * 30_000}, timeout=60).status_code == 413
    assert requests.post(address, files={"url": ("a.txt", b"/dataset")}, timeout=60).status_code == 400
