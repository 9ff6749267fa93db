"""Atom feeds at CKAN's addresses, read as a feed reader reads them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import requests

from .conftest import OverHttp, Server, unique

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def ckan(server: Server, token: str) -> OverHttp:
    return OverHttp(server.url, token)


def read(server: Server, path: str, **query: object) -> ElementTree.Element:
    answer = requests.get(
        f"{server.url}/feeds/{path}", params={key: str(value) for key, value in query.items()}, timeout=60
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return ElementTree.fromstring(answer.content)


def titles(feed: ElementTree.Element) -> list[str | None]:
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def links(feed: ElementTree.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}


def test_a_feed_gives_each_dataset_with_its_address_and_moments(server: Server, ckan: OverHttp) -> None:
    organization = ckan.new_organization(title="Mairie & Cie")
    dataset = ckan.new_dataset(organization["id"], title="Eau <potable>", notes="Une\x0c note", tag_string="eau")
    for path in (
        "dataset.atom",
        f"organization/{organization['name']}.atom",
        f"organization/{organization['id']}.atom",
    ):
        feed = read(server, path)
        entry = next(entry for entry in feed.iter(f"{ATOM}entry") if dataset["id"] in str(entry.findtext(f"{ATOM}id")))
        assert entry.findtext(f"{ATOM}title") == "Eau <potable>"
        assert entry.findtext(f"{ATOM}content") == "Une note"
        assert entry.findtext(f"{ATOM}updated") == f"{dataset['metadata_modified']}+00:00"
        assert links(entry)["alternate"] == f"{server.url}/dataset/{dataset['name']}"


def test_feeds_of_groups_tags_and_searches_hold_theirs_only(server: Server, ckan: OverHttp) -> None:
    word = unique("mot")
    organization = ckan.new_organization()
    group = ckan.call("group_create", {"name": unique("g")})
    title = f"Titre {word}"
    ckan.new_dataset(organization["id"], title=title, tag_string=word, groups=[{"id": group["id"]}])
    ckan.new_dataset(organization["id"], title=f"{title} privé", private=True, tag_string=word)
    assert titles(read(server, f"group/{group['name']}.atom")) == [title]
    assert titles(read(server, f"tag/{word}.atom")) == [title]
    assert titles(read(server, "custom.atom", q=f"title:{word}")) == [title]
    assert titles(read(server, "custom.atom", fq=f"tags:{word}")) == [title]
    assert titles(read(server, "custom.atom", q=word, fq="tags:autre")) == []


def test_a_long_feed_has_pages(server: Server, ckan: OverHttp) -> None:
    organization = ckan.new_organization()
    made = [ckan.new_dataset(organization["id"])["title"] for _ in range(21)]
    first = read(server, f"organization/{organization['name']}.atom")
    assert titles(first) == made[:0:-1]
    assert "previous" not in links(first)
    answer = requests.get(links(first)["next"], timeout=60)
    assert titles(ElementTree.fromstring(answer.content)) == made[:1]


@pytest.mark.parametrize("page", ["0", "-2", "abc", "٣", "9" * 5000])
def test_a_page_that_is_no_number_is_refused(server: Server, page: str) -> None:
    answer = requests.get(f"{server.url}/feeds/dataset.atom", params={"page": page}, timeout=60)
    assert answer.status_code == 400


def test_the_feed_of_what_is_not_there_is_404_and_of_what_cannot_be_read_400(server: Server) -> None:
    for path in ("organization/nulle-part.atom", "group/nulle-part.atom"):
        assert requests.get(f"{server.url}/feeds/{path}", timeout=60).status_code == 404
    answer = requests.get(f"{server.url}/feeds/custom.atom", params={"q": 'title:"'}, timeout=60)
    assert answer.status_code == 400
