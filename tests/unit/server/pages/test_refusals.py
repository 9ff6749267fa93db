"""What no page gives: markup of publishers, private datasets, details of a failure."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from odl_host.server.pages import portal
from odl_host.server.sites import Site
from tests.unit.server.pages.portal import (
    Portal,
    read_page,
)


def test_what_publishers_write_never_becomes_markup_or_a_script_address(filled: Portal) -> None:
    for address in ("/dataset/hostile", "/dataset/?q=alert", "/", "/organization/chambery"):
        answer = filled.get(address)
        page = read_page(answer)
        assert all(tag.get("type") == "application/ld+json" for tag in page.all("script")), address
        assert all(tag.get("src") != "x" for tag in page.all("img"))
        assert not [tag for tag in page.all("a") if (tag["href"] or "").lower().startswith("javascript")]
        assert answer.text.count("<script") == answer.text.count("</script>")
    assert "<strong>gras</strong>" in filled.get("/dataset/hostile").text


def test_a_search_with_markup_in_it_is_shown_as_text(filled: Portal) -> None:
    answer = filled.get("/dataset/?q=%22%3E%3Cscript%3Ealert(2)%3C/script%3E")
    assert answer.status == 200
    assert "<script>alert(2)" not in answer.text


def test_private_datasets_are_nowhere(filled: Portal) -> None:
    assert filled.get("/dataset/secret").status == 404
    for address in ("/", "/dataset/?q=confidentiel", "/organization/chambery", "/sitemap.xml"):
        assert "secret" not in filled.get(address).text.replace("confidentiel", ""), address
    assert "Brouillon" not in filled.get("/dataset/?q=confidentiel").text


@pytest.mark.parametrize(
    "address",
    ["/nulle-part", "/dataset/absent", "/organization/absente", "/dataset/chambery-deliberations/resource/absente"],
)
def test_what_is_absent_is_a_french_404(filled: Portal, address: str) -> None:
    answer = filled.get(address)
    assert answer.status == 404
    assert "Page introuvable" in answer.words
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_failure_is_a_french_500_without_details(filled: Portal) -> None:
    handler = portal.exception_handlers(lambda _: filled.site)[500]
    response = handler(Request({"type": "http", "path": "/", "headers": [], "query_string": b""}), RuntimeError("/etc"))
    assert response.status_code == 500
    text = bytes(response.body).decode()
    assert "Une erreur est survenue" in text
    assert "/etc" not in text


def test_a_host_without_a_site_gets_a_plain_sentence(filled: Portal) -> None:
    def no_site(_request: Request) -> Site:
        raise HTTPException(404)

    handler = portal.exception_handlers(no_site)[HTTPException]
    response = handler(Request({"type": "http", "path": "/", "headers": [], "query_string": b""}), HTTPException(404))
    assert response.status_code == 404
    assert b"<html" not in bytes(response.body)
