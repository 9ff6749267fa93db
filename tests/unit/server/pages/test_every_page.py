"""What holds for every page: accessibility, nothing from elsewhere, links that lead somewhere, caches."""

from __future__ import annotations

import re

import pytest

from tests.unit.server.pages.portal import (
    PAGES,
    URL,
    Portal,
    read_page,
    resolved,
)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_keeps_the_rules_of_accessibility(filled: Portal, address: str) -> None:
    answer = filled.get(resolved(filled, address))
    page = read_page(answer)
    assert page.all("html")[0]["lang"] == "fr"
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert page.all("a")[0]["href"] == "#contenu"
    assert page.all("main")[0]["id"] == "contenu"
    assert len(page.all("header")) == len(page.all("footer")) == 1
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {tag.get("for") for tag in page.all("label")}
    assert all(tag.get("type") == "hidden" or tag.get("id") in labelled for tag in page.all("input"))
    assert all("alt" in tag for tag in page.all("img"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(tag.get("scope") in {"col", "row"} for tag in page.all("th"))
    assert all(tag.get("aria-label") for tag in page.all("nav"))
    assert not re.search(r"<(a|button)\b[^>]*>\s*</\1>", answer.text)
    pointed = re.findall(r'aria-labelledby="([^"]+)"', answer.text)
    assert set(pointed) <= set(ids)


@pytest.mark.parametrize("address", PAGES)
def test_no_page_loads_anything_from_elsewhere_or_runs_a_script(filled: Portal, address: str) -> None:
    answer = filled.get(resolved(filled, address))
    page = read_page(answer)
    loaded = [tag.get("src") for tag in page.all("img")]
    loaded += [tag["href"] for tag in page.all("link") if tag.get("rel") not in ("canonical", "alternate")]
    assert loaded
    assert all((link or "").startswith("/static/") for link in loaded)
    assert all(filled.get(link or "").status == 200 for link in loaded)
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on") or key == "style"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_internal_links_lead_somewhere(filled: Portal) -> None:
    seen: set[str] = set()
    for address in PAGES[:-1]:
        page = read_page(filled.get(resolved(filled, address)))
        seen |= {(tag["href"] or "").removeprefix(URL).partition("#")[0] for tag in page.all("a")}
    inside = sorted(link for link in seen if link.startswith("/"))
    assert len(inside) > 40
    assert [link for link in inside if filled.get(link).status != 200] == []


def test_titles_of_pages_differ(filled: Portal) -> None:
    titles = [
        re.findall(r"<title>(.*?)</title>", filled.get(address).text)[0] for address in PAGES if address.startswith("/")
    ]
    assert len(set(titles)) == len(titles)


def test_an_unchanged_page_is_not_sent_twice(filled: Portal) -> None:
    first = filled.get("/dataset/chambery-deliberations")
    again = filled.get("/dataset/chambery-deliberations", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_head_answers_like_get_without_a_body(filled: Portal) -> None:
    answer = filled.get("/dataset/chambery-deliberations", method="HEAD")
    assert answer.status == 200


def test_static_files_are_kept_for_long_and_answer_304(filled: Portal) -> None:
    address = next(tag["href"] for tag in read_page(filled.get("/")).all("link") if tag.get("rel") == "stylesheet")
    answer = filled.get(address or "")
    assert answer.headers["cache-control"] == "public, max-age=31536000"
    assert filled.get(address or "", if_none_match=answer.headers["etag"]).status == 304
    assert filled.get("/static/../portal.py").status == 404
    assert filled.get("/favicon.ico").headers["content-type"].startswith("image/svg+xml")
