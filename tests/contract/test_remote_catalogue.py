"""A catalogue reached over HTTP: its token, and what the environment says of the way there."""

from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.catalogue.client import RemoteCatalogue
from odl_host.config import Secret
from odl_host.errors import CatalogueError, CatalogueRefused

from .conftest import Server, unique


def test_a_token_that_was_revoked_is_told_from_one_without_rights(server: Server) -> None:
    catalogue = RemoteCatalogue(server.url, Secret("revoked"), timeout_s=30)
    with pytest.raises(CatalogueRefused, match="does not know the token") as refused:
        catalogue.call_action("package_create", {"name": "essai-jeton"})
    assert "new one" in refused.value.hint


def test_the_token_goes_where_a_netrc_says_something_else_of_the_host(
    server: Server, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login agate password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    catalogue = RemoteCatalogue(server.url, Secret(token), timeout_s=30)
    assert catalogue.call_action("organization_create", {"name": unique("netrc")})["id"]


def test_the_proxy_of_the_environment_is_gone_through(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(CatalogueError, match="No portal is served under this host name"):
        RemoteCatalogue("http://ckan.example.invalid", None, timeout_s=30).call_action("status_show")
