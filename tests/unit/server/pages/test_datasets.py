"""The pages of a dataset, of a file and of its rows."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from pathlib import Path

from tests.unit.server.pages.portal import (
    URL,
    Portal,
    address_of_file,
    open_portal,
    publish_deliberations,
    read_page,
)


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
    links = [tag["href"] or "" for tag in read_page(answer).all("a")]
    for link in (next(x for x in links if "/download/" in x), next(x for x in links if "/original/" in x)):
        assert filled.get(link.removeprefix(URL)).status == 200
    assert "les 10 premières lignes sur 30" in answer.words
    assert "2025-010" in answer.words
    assert "2025-011" not in answer.words


def test_a_file_page_shows_its_first_lines_as_text(filled: Portal) -> None:
    answer = filled.get(address_of_file(filled))
    assert "Voirie <b>n° 25</b>" in answer.words
    assert "<b>" not in answer.text
    assert "curl -LO 'http://donnees.example.fr/dataset/" in answer.words


def test_a_file_page_leads_to_the_earlier_files_of_its_address(tmp_path: Path) -> None:
    portal = Portal(open_portal(tmp_path))
    admin = portal.site.as_sysadmin()
    try:
        admin.call_action("organization_create", {"name": "chambery", "title": "Chambéry"})
        publish_deliberations(portal.site, "chambery-deliberations", "Délibérations", "chambery")
        (resource,) = admin.call_action("package_show", {"id": "chambery-deliberations"})["resources"]
        page = f"/dataset/chambery-deliberations/resource/{resource['id']}"
        assert "Versions précédentes" not in portal.get(page).words
        for rows in (31, 32):
            file = ("d.csv", io.BytesIO(b"a,b\n" * rows), "text/csv")
            admin.call_action("resource_patch", {"id": resource["id"], "rows": rows}, files={"upload": file})
        answer = portal.get(page)
        links = [tag["href"] or "" for tag in read_page(answer).all("a") if "/version/" in (tag["href"] or "")]
        assert [link.split("/version/")[1].split("/")[0] for link in links] == ["2", "1"]  # the newest first
        assert "31 lignes" in answer.words and "30 lignes" in answer.words
        older = portal.get(links[0].removeprefix(URL))
        assert (older.status, older.text) == (200, "a,b\n" * 31)
    finally:
        portal.site.close()


def test_the_page_of_a_table_says_what_its_columns_hold_and_how_its_rows_are_read(filled: Portal) -> None:
    file_page = address_of_file(filled)
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


def test_no_page_of_a_file_leads_to_the_rows_of_what_is_no_table(tmp_path: Path) -> None:
    site = open_portal(tmp_path)
    admin = site.as_sysadmin()
    owner = admin.call_action("organization_create", {"name": "aime"})["id"]
    admin.call_action("package_create", {"name": "bilan", "owner_org": owner})
    found = {}
    for name, content in (("table", b"a,b\n1,2\n"), ("image", b"\x89PNG\r\n\x00\xff\x00" * 40), ("vide", b"")):
        fields = {"package_id": "bilan", "name": name, "format": "CSV"}
        file = (f"{name}.csv", io.BytesIO(content), "text/csv")
        resource = admin.call_action("resource_create", fields, files={"upload": file})["id"]
        address = f"/dataset/bilan/dictionary/{resource}"
        found[name] = (
            Portal(site).get(address).status,
            address in Portal(site).get(f"/dataset/bilan/resource/{resource}").text,
        )
    assert found == {"table": (200, True), "image": (404, False), "vide": (404, False)}


def test_a_dictionary_is_shown_as_it_was_written_and_never_as_markup(tmp_path: Path) -> None:
    site = open_portal(tmp_path)
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
        page = read_page(filled.get(f"/{noun}/{name}"))
        assert [tag["href"] for tag in page.all("link") if tag.get("rel") == "canonical"] == [f"{URL}/{noun}/{name}"]


def test_linked_data_describes_the_dataset_to_search_engines(filled: Portal) -> None:
    text = filled.get("/dataset/chambery-deliberations").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert data["@type"] == "Dataset"
    assert data["creator"]["name"] == "Chambéry"
    assert data["distribution"][0]["contentUrl"].startswith(f"{URL}/dataset/")
