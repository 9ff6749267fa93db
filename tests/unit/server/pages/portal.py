"""A portal whose pages are asked for, and what is read from them."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from odl_host.server.app import create_app
from odl_host.server.sites import Site, open_site
from odl_host.storage import LocalStorage
from tests.unit.server.browser import ask

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
        named = [(key.replace("_", "-"), value) for key, value in headers.items()]
        return Answer(*ask(self.app, method, urlsplit(address), named))


def open_portal(folder: Path) -> Site:
    return open_site(
        name="demo",
        title="Données du Lac",
        url=URL,
        description="Les données des communes du lac.",
        data_dir=folder,
        storage=LocalStorage(folder / "files"),
    )


def publish_deliberations(site: Site, name: str, title: str, owner: str) -> None:
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


def address_of_file(filled: Portal) -> str:
    package = filled.site.as_anonymous().call_action("package_show", {"id": "chambery-deliberations"})
    return f"/dataset/chambery-deliberations/resource/{package['resources'][0]['id']}"


def resolved(filled: Portal, address: str) -> str:
    """Return the address of a page that only the catalogue knows."""
    if address.startswith("/"):
        return address
    page = address_of_file(filled)
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


def read_page(answer: Answer) -> Page:
    page = Page()
    page.feed(answer.text)
    return page
