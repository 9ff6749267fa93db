"""A language before an address, as CKAN takes one, and a portal whose own language is another."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import requests

from .conftest import OverHttp, Server, start_server, stop_server, unique

SETTINGS = {"ckan.locale_default": "en", "ckan.locale_order": "en fr"}


@pytest.fixture
def ckan(server: Server, token: str) -> OverHttp:
    return OverHttp(server.url, token)


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start_server(tmp_path_factory.mktemp("english"), settings=SETTINGS)
    yield started
    stop_server(started)


def get(server: Server, path: str, **more: object) -> requests.Response:
    return requests.get(f"{server.url}{path}", timeout=60, allow_redirects=False, **more)  # type: ignore[arg-type]


def spoken(answer: requests.Response) -> str:
    return re.findall(r'<html lang="(.*?)">', answer.text)[0]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/", "fr"),
        ("/fr", "fr"),
        ("/fr/", "fr"),
        ("/en", "en"),
        ("/en/", "en"),
        ("/en?q=1", "en"),
        ("/en/dataset", "en"),
        ("/fr/dataset/", "fr"),
        ("/en/user/login", "en"),
    ],
)
def test_a_page_speaks_the_language_of_its_address(server: Server, path: str, language: str) -> None:
    answer = get(server, path)
    assert (answer.status_code, spoken(answer), answer.headers["content-language"]) == (200, language, language)


@pytest.mark.parametrize(
    "path", ["/xx", "/xx/dataset", "/EN/dataset", "/en/fr/dataset", "/endataset", "/en_GB/dataset"]
)
def test_what_is_no_language_is_no_page(server: Server, path: str) -> None:
    assert get(server, path).status_code == 404
    assert get(server, f"{path}/api/3/action/status_show").status_code == 404


def test_the_page_of_an_error_speaks_the_language_of_its_address(server: Server) -> None:
    assert "Page not found" in get(server, "/en/nowhere").text
    assert "Page introuvable" in get(server, "/fr/nowhere").text
    assert "Page introuvable" in get(server, "/xx/nowhere").text


def test_every_call_may_be_made_behind_a_language(server: Server, ckan: OverHttp) -> None:
    behind = OverHttp(f"{server.url}/fr", ckan.sysadmin.token)
    name = unique("langue")
    dataset = behind.call("package_create", {"name": name, "owner_org": ckan.new_organization()["id"]})
    file = {"upload": ("arbres.csv", io.BytesIO(b"nom\nTilleul\n"))}
    resource = behind.call("resource_create", {"package_id": dataset["id"], "format": "CSV"}, file)
    assert resource["url"].startswith(f"{server.url}/dataset/")  # a file has one address, in every language
    assert get(server, f"/en/api/action/package_show?id={name}").json()["result"]["name"] == name
    assert get(server, f"/fr/api/3/action/package_show?id={name}").json() == (
        get(server, f"/api/3/action/package_show?id={name}").json()
    )
    assert requests.options(f"{server.url}/fr/api/3/action/package_show", timeout=60).status_code == 200
    assert requests.head(f"{server.url}/fr/api/3/action/status_show", timeout=60).status_code == 200
    assert get(server, "/en" + resource["url"].removeprefix(server.url)).content == b"nom\nTilleul\n"
    part = get(server, "/en" + resource["url"].removeprefix(server.url), headers={"Range": "bytes=4-10"})
    assert (part.status_code, part.content) == (206, b"Tilleul")
    fields = [{"id": "nom", "type": "text"}]
    table = behind.call("datastore_create", {"resource": {"package_id": name}, "fields": fields})["resource_id"]
    assert get(server, f"/fr/datastore/dump/{table}").content == get(server, f"/datastore/dump/{table}").content
    assert get(server, "/fr/api/i18n/en").json()[""]["lang"] == "en"
    assert get(server, "/en/util/redirect?url=/dataset").headers["location"] == f"{server.url}/dataset"


def test_a_dataset_or_an_organization_may_be_called_like_a_language(server: Server, ckan: OverHttp) -> None:
    owner = ckan.call("organization_create", {"name": "en", "title": "Énergie"})
    ckan.call("package_create", {"name": "fr", "title": "Le français", "owner_org": owner["id"]})
    for path, title in (
        ("/dataset/fr", "Le français"),
        ("/organization/en", "Énergie"),
        ("/en/dataset/fr", "Le français"),
    ):
        assert f"{title} –" in get(server, path).text, path
    assert "Énergie" in get(server, "/fr/organization/en").text


def test_a_reader_stays_in_a_language_and_finds_the_other(server: Server, ckan: OverHttp) -> None:
    dataset = ckan.new_dataset(title="Arbres", tag_string="nature")
    for path in (
        "/",
        "/dataset/?q=arbres&tags=nature&page=1",
        f"/dataset/{dataset['name']}",
        "/organization/",
        "/nope",
    ):
        page = get(server, f"/en{path}").text
        switch = re.findall(r'<a href="([^"]*)" lang="fr" hreflang="fr">Français</a>', page)
        assert [one.replace("&amp;", "&") for one in switch] == [path]
        inside = set(re.findall(r'(?:href|action)="(/[^"]*)"', page)) - set(switch)
        leaving = {link for link in inside if not link.startswith(("/en/", "/static/"))}
        assert not leaving, path
        assert f'<link rel="canonical" href="{server.url}/en/' in page
    page = get(server, f"/dataset/{dataset['name']}").text
    address = f"/dataset/{dataset['name']}"
    assert f'<link rel="alternate" hreflang="en" href="{server.url}/en{address}">' in page
    assert f'<link rel="alternate" hreflang="x-default" href="{server.url}{address}">' in page
    assert f'<a href="/en{address}" lang="en" hreflang="en">English</a>' in page
    assert "/fr/" not in page


@pytest.mark.parametrize(
    "path", ["//evil.example", "/%2Fevil.example", "/%5Cevil.example", "/%09/evil.example", "/%3Fa"]
)
def test_the_other_language_is_never_another_site(server: Server, path: str) -> None:
    page = get(server, f"/en{path}").text
    ((address, code),) = re.findall(r'<a href="([^"]*)" lang="(fr|en)" hreflang', page)
    assert code == "fr"
    assert re.match(r"/[\w%]", address)
    assert address.isprintable()


def test_what_a_commune_wrote_is_marked_as_french_in_an_english_page(server: Server, ckan: OverHttp) -> None:
    owner = ckan.new_organization(title="Une commune")["id"]
    extras = [{"key": "frequency", "value": "ANNUAL"}]
    dataset = ckan.new_dataset(owner, title="Arbres", notes="Des tilleuls.", extras=extras)
    page = get(server, f"/en/dataset/{dataset['name']}").text
    assert '<h1 lang="fr">Arbres</h1>' in page
    assert '<div class="notes prose" lang="fr">' in page
    assert "<dd>yearly</dd>" in page
    assert '<span lang="fr">Une commune</span>' in get(server, f"/en/dataset/?q=name:{dataset['name']}").text
    assert re.search(r"updated on \d{1,2}\u00a0[A-Z][a-z]+\u00a0\d{4}", page)
    assert ' lang="fr"' not in get(server, f"/dataset/{dataset['name']}").text.replace('<html lang="fr">', "")


def test_what_a_caller_writes_is_never_markup_in_a_translated_sentence(server: Server, ckan: OverHttp) -> None:
    dataset = ckan.new_dataset(
        ckan.new_organization(title="<b>Aime</b>")["id"],
        title="<i>%(root)s</i>",
        resources=[{"url": "http://example.org/a.csv", "name": "<u>100 %</u>", "format": "<s>"}],
        extras=[{"key": "frequency", "value": "<em>x</em>"}, {"key": "theme", "value": "<em>x</em>"}],
    )
    for root in ("", "/en"):
        for path in (
            f"/dataset/{dataset['name']}",
            f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}",
        ):
            page = get(server, f"{root}{path}").text
            assert not re.findall(r"<(?:b|i|u|s|em)>", page), path
            assert "&lt;i&gt;%(root)s&lt;/i&gt;" in page
        assert "<script>" not in get(server, f"{root}/dataset/?q=<script>").text
        assert "<script>" not in get(server, f"{root}/organization/?q=<script>").text


def test_a_feed_speaks_the_language_of_its_address(server: Server, ckan: OverHttp) -> None:
    ckan.new_dataset()
    atom = "{http://www.w3.org/2005/Atom}"
    for root, language, said in (("", "fr", "Jeux de données récemment"), ("/en", "en", "Recently published")):
        feed = ElementTree.fromstring(get(server, f"{root}/feeds/dataset.atom").content)
        assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == language
        assert str(feed.findtext(f"{atom}subtitle")).startswith(said)
        assert feed.findtext(f"{atom}id") == f"{server.url}/feeds/dataset.atom"
        found = {link.attrib["href"] for link in feed.iter(f"{atom}link")}
        assert {link.startswith(f"{server.url}/en/") for link in found} == {bool(root)}


def test_logging_in_leads_on_in_the_language_of_the_form(server: Server) -> None:
    wrong = requests.post(
        f"{server.url}/en/user/login", data={"login": "x", "password": "y"}, headers={"Origin": server.url}, timeout=60
    )
    assert (wrong.status_code, "is not the right one" in wrong.text) == (403, True)
    out = requests.post(
        f"{server.url}/en/user/logout", headers={"Origin": server.url}, timeout=60, allow_redirects=False
    )
    assert out.headers["location"] == "/en/"


def test_search_engines_are_kept_from_combinations_of_facets_in_every_language(server: Server) -> None:
    text = get(server, "/robots.txt").text
    for path in ("/api/", "/dataset/?", "/en/api/", "/en/dataset/?"):
        assert f"Disallow: {path}\n" in text


def test_the_language_of_a_site_needs_no_name_in_its_addresses(english: Server) -> None:
    assert [spoken(get(english, path)) for path in ("/", "/en/", "/fr/")] == ["en", "en", "fr"]
    assert get(english, "/api/3/action/status_show").json()["result"]["locale_default"] == "en"
    for root, language in (("", "en"), ("/fr", "fr")):
        page = get(english, f"{root}/about")
        assert page.headers["content-language"] == language
        assert f'<link rel="canonical" href="{english.url}{root}/about">' in page.text
        assert f'href="{root}/dataset/"' in page.text
    order = re.findall(r'hreflang="(en|fr)" href', get(english, "/about").text)
    assert order[:2] == ["en", "fr"]


def test_a_site_of_one_language_has_no_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    started = start_server(tmp_path_factory.mktemp("french"), settings={"ckan.locales_offered": "fr"})
    try:
        assert get(started, "/en/dataset").status_code == 404
        assert get(started, "/en/api/3/action/status_show").status_code == 404
        page = get(started, "/fr/about").text
        assert "hreflang" not in page
    finally:
        stop_server(started)
