"""The portal's pages over a real catalogue: what they say, how they are built, what they refuse."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from odl_host.server.app import create_app
from odl_host.server.pages import portal
from odl_host.server.sites import Site, open_site
from odl_host.storage import LocalStorage
from odl_host.tenants import Legal

URL = "http://donnees.example.fr"
CSV = "COLL_NOM,DELIB_ID,DELIB_OBJET\n" + "".join(f"Chambéry,2025-{n:03d},Voirie <b>n° {n}</b>\n" for n in range(1, 31))
COMMUNES = (
    ("73065", "chambery", "Chambéry", 59964),
    ("73179", "la-motte-servolex", "La Motte-Servolex", 12500),
    ("73225", "saint-baldoph", "Saint-Baldoph", 3100),
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """The text that a reader sees, with plain spaces."""
        parser = Page()
        parser.feed(self.text)
        return " ".join(" ".join(parser.texts).split())


class Page(HTMLParser):
    """What the accessibility rules are checked on."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self._silent += tag in {"script", "title", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "title", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


class Portal:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.app = create_app(lambda _: site)

    def get(self, address: str, *, method: str = "GET", **headers: str) -> Answer:
        parts = urlsplit(address)
        messages: list[Any] = []

        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()  # the browser stays: nothing more comes from it
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()],
            "server": ("donnees.example.fr", 80),
            "client": ("127.0.0.1", 1),
        }
        asyncio.run(self.app(scope, receive, send))
        head = {key.decode(): value.decode() for key, value in messages[0]["headers"]}
        return Answer(messages[0]["status"], head, b"".join(message.get("body", b"") for message in messages[1:]))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    site = _open(tmp_path_factory.mktemp("empty"))
    yield Portal(site)
    site.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    site = _open(tmp_path_factory.mktemp("filled"))
    admin = site.as_sysadmin()
    for code, name, title, population in COMMUNES:
        extras = {"member_kind": "commune", "commune_code": code, "population": population, "epci_nom": "CA du Lac"}
        admin.call_action(
            "organization_create",
            {"name": name, "title": title, "extras": [{"key": k, "value": str(v)} for k, v in extras.items()]},
        )
    _publish(site, "chambery-deliberations", "Délibérations du conseil de Chambéry", "chambery")
    for number in range(25):
        admin.call_action(
            "package_create",
            {"name": f"plan-{number:02d}", "title": f"Plan numéro {number:02d}", "owner_org": "la-motte-servolex"},
        )
    admin.call_action(
        "package_create",
        {"name": "secret", "title": "Brouillon confidentiel", "owner_org": "chambery", "private": True},
    )
    admin.call_action(
        "package_create",
        {
            "name": "hostile",
            "title": "<script>alert(1)</script>",
            "notes": "<img src=x onerror=alert(1)> [clic](javascript:alert(1)) **gras**\n\n- un\n- deux",
            "owner_org": "chambery",
            "resources": [{"name": "piège", "url": "javascript:alert(1)", "format": "CSV"}],
        },
    )
    yield Portal(site)
    site.close()


def _open(folder: Path) -> Site:
    return open_site(
        name="demo",
        title="Données du Lac",
        url=URL,
        description="Les données des communes du lac.",
        data_dir=folder,
        storage=LocalStorage(folder / "files"),
    )


def _publish(site: Site, name: str, title: str, owner: str) -> None:
    admin = site.as_sysadmin()
    admin.call_action(
        "package_create",
        {
            "name": name,
            "title": title,
            "notes": "Une ligne par délibération.",
            "owner_org": owner,
            "license_id": "lov2",
            "tags": [{"name": "délibérations"}],
            "extras": [
                {"key": "schema_name", "value": "scdl/deliberations"},
                {"key": "theme", "value": "GOVE"},
                {"key": "frequency", "value": "ANNUAL"},
            ],
        },
    )
    admin.call_action(
        "resource_create",
        {
            "package_id": name,
            "name": "deliberations-2025.csv",
            "format": "CSV",
            "rows": 30,
            "schema_name": "scdl/deliberations",
            "schema_version": "2.1.5",
            "schema_url": "https://schema.data.gouv.fr/schemas/scdl/deliberations/2.1.5/schema.json",
            "validated_on": "2026-11-23",
        },
        files={
            "upload": ("deliberations-2025.csv", io.BytesIO(CSV.encode()), "text/csv"),
            "original": ("Délibérations 2025.xlsx", io.BytesIO(b"PK" * 600), "application/octet-stream"),
        },
    )


def _file_page(filled: Portal) -> str:
    package = filled.site.as_anonymous().call_action("package_show", {"id": "chambery-deliberations"})
    return f"/dataset/chambery-deliberations/resource/{package['resources'][0]['id']}"


def _resolved(filled: Portal, address: str) -> str:
    """Return the address of a page that only the catalogue knows."""
    if address.startswith("/"):
        return address
    page = _file_page(filled)
    return page.replace("/resource/", "/dictionary/") if address == "TABLE" else page


PAGES = (
    "/",
    "/dataset/",
    "/dataset/?q=plan&page=2",
    "/dataset/?q=introuvable&organization=chambery",
    "/dataset/chambery-deliberations",
    "/dataset/hostile",
    "FILE",
    "TABLE",
    "/organization/",
    "/organization/?q=inconnue",
    "/organization/chambery",
    "/organization/saint-baldoph",
    "/about",
    "/accessibilite",
    "/mentions-legales",
    "/api-doc",
    "/nulle-part",
)


def test_the_legal_notice_names_who_publishes_who_answers_and_who_hosts(filled: Portal) -> None:
    plain = filled.get("/mentions-legales").words
    assert "Hébergement" not in plain and "Direction" not in plain
    legal = Legal("Agglo du Lac\n1 place <du> Lac", "Anne Roux, présidente", "Machines SA, 2 rue Haute, 01 02 03 04 05")
    portal = Portal(dataclasses.replace(filled.site, legal=legal, contact="donnees@lac.example"))
    page = portal.get("/mentions-legales")
    assert "Agglo du Lac<br>1 place &lt;du&gt; Lac" in page.text
    assert "Direction de la publication Anne Roux, présidente Hébergement Machines SA" in page.words
    for address in ("/mentions-legales", "/about", "/accessibilite"):
        assert 'href="mailto:donnees@lac.example"' in portal.get(address).text


def test_a_preview_of_the_whole_file_says_so(filled: Portal) -> None:
    admin = filled.site.as_sysadmin()
    made = admin.call_action(
        "resource_create",
        {"package_id": "chambery-deliberations", "name": "court.csv", "format": "CSV", "rows": 2},
        files={"upload": ("court.csv", io.BytesIO(b"a,b\n1,2\n3,4\n"), "text/csv")},
    )
    page = filled.get(f"/dataset/chambery-deliberations/resource/{made['id']}")
    admin.call_action("resource_delete", {"id": made["id"]})
    assert "Aperçu de « court.csv » : ses 2 lignes." in page.words


def test_home_shows_the_figures_the_latest_datasets_and_the_state_of_accessibility(filled: Portal) -> None:
    words = filled.get("/").words
    assert "3 communes et collectivités" in _swapped(words)
    assert "27 jeux de données" in _swapped(words)
    assert "2 fichiers à télécharger" in _swapped(words)
    assert "Délibérations du conseil de Chambéry" in words or "Plan numéro" in words
    assert "Accessibilité : non conforme" in words


def _swapped(words: str) -> str:
    """Put each key figure before its label, as the style sheet shows it."""
    return re.sub(r"(communes et collectivités|jeux de données|fichiers à télécharger) (\d+)", r"\2 \1", words)


def test_an_empty_catalogue_has_pages_that_say_so(empty: Portal) -> None:
    assert "Aucun jeu de données n’est encore publié" in empty.get("/").words
    assert "Aucune commune n’est encore inscrite" in empty.get("/organization/").words
    assert "Aucun résultat" in empty.get("/dataset/").words
    assert empty.get("/api-doc").status == 200
    assert empty.get("/sitemap.xml").status == 200


def test_the_history_of_a_portal_that_keeps_none_says_so(filled: Portal) -> None:
    words = filled.get("/dataset/activity/chambery-deliberations").words
    assert "Ce portail ne garde pas d’historique." in words
    assert "Montrer" not in words


def test_a_dataset_page_says_who_published_what_and_that_it_follows_its_schema(filled: Portal) -> None:
    words = filled.get("/dataset/chambery-deliberations").words
    for expected in (
        "Délibérations du conseil de Chambéry",
        "publié par Chambéry",
        "Licence Ouverte 2.0",
        "Conforme au schéma , vérifié le 23 novembre 2026".replace(" ,", ","),
        "Délibérations du conseil , version 2.1.5".replace(" ,", " ,"),
        "Vie publique et administration",
        "annuelle",
        "30 lignes",
        "1,2 Ko",
    ):
        assert expected in words, expected


def test_a_dataset_offers_the_csv_the_original_and_ten_lines_of_preview(filled: Portal) -> None:
    answer = filled.get("/dataset/chambery-deliberations")
    links = [tag["href"] or "" for tag in _page(answer).all("a")]
    for link in (next(x for x in links if "/download/" in x), next(x for x in links if "/original/" in x)):
        assert filled.get(link.removeprefix(URL)).status == 200
    assert "les 10 premières lignes sur 30" in answer.words
    assert "2025-010" in answer.words
    assert "2025-011" not in answer.words


def test_a_file_page_shows_its_first_lines_as_text(filled: Portal) -> None:
    answer = filled.get(_file_page(filled))
    assert "Voirie <b>n° 25</b>" in answer.words
    assert "<b>" not in answer.text
    assert "curl -LO 'http://donnees.example.fr/dataset/" in answer.words


def test_a_file_page_leads_to_the_earlier_files_of_its_address(tmp_path: Path) -> None:
    portal = Portal(_open(tmp_path))
    admin = portal.site.as_sysadmin()
    try:
        admin.call_action("organization_create", {"name": "chambery", "title": "Chambéry"})
        _publish(portal.site, "chambery-deliberations", "Délibérations", "chambery")
        (resource,) = admin.call_action("package_show", {"id": "chambery-deliberations"})["resources"]
        page = f"/dataset/chambery-deliberations/resource/{resource['id']}"
        assert "Versions précédentes" not in portal.get(page).words
        for rows in (31, 32):
            file = ("d.csv", io.BytesIO(b"a,b\n" * rows), "text/csv")
            admin.call_action("resource_patch", {"id": resource["id"], "rows": rows}, files={"upload": file})
        answer = portal.get(page)
        links = [tag["href"] or "" for tag in _page(answer).all("a") if "/version/" in (tag["href"] or "")]
        assert [link.split("/version/")[1].split("/")[0] for link in links] == ["2", "1"]  # the newest first
        assert "31 lignes" in answer.words and "30 lignes" in answer.words
        older = portal.get(links[0].removeprefix(URL))
        assert (older.status, older.text) == (200, "a,b\n" * 31)
    finally:
        portal.site.close()


def test_the_page_of_a_table_says_what_its_columns_hold_and_how_its_rows_are_read(filled: Portal) -> None:
    file_page = _file_page(filled)
    address = file_page.replace("/resource/", "/dictionary/")
    resource = address.rpartition("/")[2]
    assert address in filled.get(file_page).text
    page = filled.get(address)
    assert filled.get(f"/datastore/api_info/{resource}").text.split("<main", 1)[1] == page.text.split("<main", 1)[1]
    assert "30 lignes, 3 colonnes." in page.words.replace("\u202f", " ")
    assert "DELIB_ID texte" in page.words
    assert f"{URL}/api/action/datastore_search?resource_id={resource}&limit=5" in page.words
    assert f"RemoteCKAN('{URL}/', apikey=API_TOKEN)" in page.text
    assert "datastore_search_sql" not in page.text


def test_a_dictionary_is_shown_as_it_was_written_and_never_as_markup(tmp_path: Path) -> None:
    site = _open(tmp_path)
    site = dataclasses.replace(site, settings={**site.settings, "ckan.datastore.sqlsearch.enabled": True})
    filled, admin = Portal(site), site.as_sysadmin()
    owner = admin.call_action("organization_create", {"name": "aime"})["id"]
    for name, private in (("ouvert", False), ("cache", True)):
        admin.call_action("package_create", {"name": name, "owner_org": owner, "private": private})
    info = {"label": "Nombre d’<b>arbres</b>", "notes": "Comptés en mai"}
    fields = [{"id": "n<1>", "type": "int", "info": info}, {"id": "essences", "type": "_text"}]
    shown, hidden = (
        admin.call_action("datastore_create", {"resource": {"package_id": name}, "fields": fields, "aliases": alias})
        for name, alias in (("ouvert", "arbres"), ("cache", "secrets"))
    )
    page = filled.get("/datastore/api_info/arbres")
    assert "n<1> nombre entier Nombre d’<b>arbres</b> Comptés en mai" in page.words
    assert "essences liste (texte)" in page.words
    assert f'"sql": "SELECT * FROM \\"{shown["resource_id"]}\\" WHERE' in page.text
    for address in (
        f"/datastore/api_info/{hidden['resource_id']}",
        f"/dataset/cache/dictionary/{hidden['resource_id']}",
        f"/dataset/cache/dictionary/{shown['resource_id']}",
        "/datastore/api_info/secrets",
        "/datastore/api_info/_table_metadata",
    ):
        assert filled.get(address).status == 404, address
    site.close()


def test_the_id_leads_to_the_name_which_is_the_canonical_address(filled: Portal) -> None:
    package = filled.site.as_anonymous().call_action("package_show", {"id": "chambery-deliberations"})
    for noun, ref, name in (
        ("dataset", package["id"], "chambery-deliberations"),
        ("organization", package["owner_org"], "chambery"),
    ):
        led = filled.get(f"/{noun}/{ref}")
        assert (led.status, led.headers["location"]) == (302, f"{URL}/{noun}/{name}")
        page = _page(filled.get(f"/{noun}/{name}"))
        assert [tag["href"] for tag in page.all("link") if tag.get("rel") == "canonical"] == [f"{URL}/{noun}/{name}"]


def test_linked_data_describes_the_dataset_to_search_engines(filled: Portal) -> None:
    text = filled.get("/dataset/chambery-deliberations").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert data["@type"] == "Dataset"
    assert data["creator"]["name"] == "Chambéry"
    assert data["distribution"][0]["contentUrl"].startswith(f"{URL}/dataset/")


def test_what_publishers_write_never_becomes_markup_or_a_script_address(filled: Portal) -> None:
    for address in ("/dataset/hostile", "/dataset/?q=alert", "/", "/organization/chambery"):
        answer = filled.get(address)
        page = _page(answer)
        assert all(tag.get("type") == "application/ld+json" for tag in page.all("script")), address
        assert all(tag.get("src") != "x" for tag in page.all("img"))
        assert not [tag for tag in page.all("a") if (tag["href"] or "").lower().startswith("javascript")]
        assert answer.text.count("<script") == answer.text.count("</script>")
    assert "<strong>gras</strong>" in filled.get("/dataset/hostile").text


def test_a_search_with_markup_in_it_is_shown_as_text(filled: Portal) -> None:
    answer = filled.get("/dataset/?q=%22%3E%3Cscript%3Ealert(2)%3C/script%3E")
    assert answer.status == 200
    assert "<script>alert(2)" not in answer.text


@pytest.mark.parametrize(
    "query", ["%22", "foo:(", "%7B!lucene%7Dx", "AND", "*:*)", "l%27eau%20%3A", "-", "%5B", "a" * 3000]
)
def test_signs_of_the_query_language_never_break_a_search(filled: Portal, query: str) -> None:
    assert filled.get(f"/dataset/?q={query}").status == 200


def test_search_finds_words_filters_by_facets_and_pages(filled: Portal) -> None:
    assert "1 jeu de données pour « délibérations »" in filled.get("/dataset/?q=d%C3%A9lib%C3%A9rations").words
    answer = filled.get("/dataset/?organization=la-motte-servolex&sort=title_string+asc")
    assert "25 jeux de données" in answer.words
    assert "Plan numéro 19" in answer.words
    assert "Plan numéro 20" not in answer.words
    assert "Retirer le filtre Communes et collectivités : La Motte-Servolex" in answer.words
    second = filled.get("/dataset/?organization=la-motte-servolex&sort=title_string+asc&page=2")
    assert "Plan numéro 20" in second.words
    assert filled.get("/dataset/?organization=la-motte-servolex&page=3").status == 404
    by_schema = filled.get("/dataset/?extras_schema_name=scdl%2Fdeliberations")
    assert "1 jeu de données" in by_schema.words


def test_facet_links_lead_to_the_number_of_datasets_that_they_announce(filled: Portal) -> None:
    home = filled.get("/dataset/").text
    links = re.findall(r'<li><a href="(/dataset/\?[^"]+)"><span>[^<]*</span><span class="n">(\d+)', home)
    assert len(links) >= 5
    for link, count in links:
        found = filled.get(link.replace("&amp;", "&")).words
        assert f"{count} {'jeu' if count == '1' else 'jeux'} de données" in found, link


def test_no_result_offers_a_way_on(filled: Portal) -> None:
    words = filled.get("/dataset/?q=introuvable&organization=chambery").words
    assert "Aucun résultat pour « introuvable »" in words
    assert "effacez toute la recherche" in words
    assert "Retirer le filtre Communes et collectivités : Chambéry" in words


def test_private_datasets_are_nowhere(filled: Portal) -> None:
    assert filled.get("/dataset/secret").status == 404
    for address in ("/", "/dataset/?q=confidentiel", "/organization/chambery", "/sitemap.xml"):
        assert "secret" not in filled.get(address).text.replace("confidentiel", ""), address
    assert "Brouillon" not in filled.get("/dataset/?q=confidentiel").text


@pytest.mark.parametrize("wanted", ["Saint-Baldoph", "st baldoph", "BALDOPH", "73225"])
def test_communes_are_found_without_regard_to_accents_hyphens_and_saint(filled: Portal, wanted: str) -> None:
    words = filled.get(f"/organization/?q={wanted.replace(' ', '+')}").words
    assert "1 collectivité pour" in words
    assert "Saint-Baldoph" in words
    assert "La Motte-Servolex" not in words


def test_the_list_of_communes_gives_population_epci_and_number_of_datasets(filled: Portal) -> None:
    words = filled.get("/organization/").words
    assert "Chambéry 59 964 habitants · CA du Lac 2 jeux de données" in words
    assert "Saint-Baldoph 3 100 habitants · CA du Lac rien de publié pour l’instant" in words


def test_a_commune_page_gives_its_card_and_its_datasets(filled: Portal) -> None:
    words = filled.get("/organization/chambery").words
    assert "Code INSEE 73065" in words
    assert "59 964 habitants" in words
    assert "Délibérations du conseil de Chambéry" in words
    assert "Plan numéro" not in words
    assert "Rien n’est encore publié ici" in filled.get("/organization/saint-baldoph").words


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


@pytest.mark.parametrize("address", PAGES)
def test_every_page_keeps_the_rules_of_accessibility(filled: Portal, address: str) -> None:
    answer = filled.get(_resolved(filled, address))
    page = _page(answer)
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
    answer = filled.get(_resolved(filled, address))
    page = _page(answer)
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
        page = _page(filled.get(_resolved(filled, address)))
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
    address = next(tag["href"] for tag in _page(filled.get("/")).all("link") if tag.get("rel") == "stylesheet")
    answer = filled.get(address or "")
    assert answer.headers["cache-control"] == "public, max-age=31536000"
    assert filled.get(address or "", if_none_match=answer.headers["etag"]).status == 304
    assert filled.get("/static/../portal.py").status == 404
    assert filled.get("/favicon.ico").headers["content-type"].startswith("image/svg+xml")


def test_robots_and_site_map_lead_to_every_public_page(filled: Portal) -> None:
    assert f"Sitemap: {URL}/sitemap.xml" in filled.get("/robots.txt").text
    addresses = re.findall("<loc>(.*?)</loc>", filled.get("/sitemap.xml").text)
    assert f"{URL}/dataset/chambery-deliberations" in addresses
    assert f"{URL}/organization/saint-baldoph" in addresses
    assert len([address for address in addresses if "/dataset/" in address]) == 27 + 1
    assert all(filled.get(address.removeprefix(URL)).status == 200 for address in addresses)


def test_a_large_site_map_is_given_in_parts(filled: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odl_host.server.pages.sitemaps.SITEMAP_DATASETS", 10)
    parts = re.findall("<loc>(.*?)</loc>", filled.get("/sitemap.xml").text)
    assert len(parts) == 4
    found = [re.findall("<loc>(.*?)</loc>", filled.get(part.removeprefix(URL)).text) for part in parts]
    assert [len(part) for part in found[1:]] == [10, 10, 7]
    assert len({address for part in found[1:] for address in part}) == 27
    assert filled.get("/sitemap-9.xml").status == 404


def test_the_example_calls_of_the_api_page_carry_the_site_s_address(filled: Portal) -> None:
    text = filled.get("/api-doc").words
    assert f"curl '{URL}/api/3/action/package_search?q=subventions&rows=10'" in text


# The style sheet


def _style() -> str:
    return (resources.files("odl_host.server.rendering") / "static" / "portal.css").read_text()


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", block))


def _luminance(colour: str) -> float:
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_text_and_background_has_a_contrast_of_4_5(theme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", _style(), re.DOTALL)
    assert len(blocks) == 2
    tokens = _tokens(blocks[0]) | (_tokens(blocks[1]) if theme == "dark" else {})
    grounds = ("bg", "surface", "sunk")
    pairs = [(text, ground) for text in ("ink", "soft", "link", "link-hover", "mark") for ground in grounds]
    pairs += [("on-accent", "accent"), ("on-accent-soft", "accent"), ("ok", "ok-bg")]
    for text, ground in pairs:
        light, dark = sorted((_luminance(tokens[text]), _luminance(tokens[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
    # A focus mark is no text: 3 is the rule.
    light, dark = sorted((_luminance(tokens["focus"]), _luminance(tokens["bg"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_the_style_sheet_is_small_and_loads_nothing_from_elsewhere() -> None:
    style = _style()
    assert len(style.encode()) <= 15_000
    assert re.findall(r"url\(([^)]*)\)", style) == ["relief.svg"]
    assert "@import" not in style


def test_every_class_of_the_templates_is_styled_or_none() -> None:
    style = _style()
    used = set()
    for template in (resources.files("odl_host.server.rendering") / "templates").iterdir():
        text = re.sub(r"\{[{%].*?[%}]\}", " ", template.read_text())
        used |= {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
    assert [name for name in sorted(used) if f".{name}" not in style] == []


def _page(answer: Answer) -> Page:
    page = Page()
    page.feed(answer.text)
    return page


def test_the_title_and_description_that_a_sysadmin_chose_are_those_of_every_page(empty: Portal) -> None:
    admin = empty.site.as_sysadmin()
    admin.call_action(
        "config_option_update", {"ckan.site_title": "Lac & Monts", "ckan.site_description": "Tout sur le lac."}
    )
    try:
        for address in ("/", "/dataset/", "/about", "/user/login", "/nulle-part"):
            text = empty.get(address).text
            assert re.search(r"<title>[^<]* – Lac &amp; Monts</title>", text), address
            assert "Données du Lac" not in text
        assert 'content="Tout sur le lac."' in empty.get("/").text
    finally:
        admin.call_action("config_option_update", {"ckan.site_title": "", "ckan.site_description": ""})
    assert "– Données du Lac</title>" in empty.get("/").text
