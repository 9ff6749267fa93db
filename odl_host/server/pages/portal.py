"""The public portal: pages in French and English, rendered here, for a citizen, a re-user and a search engine.

A page is a client of the actions: it calls them as the visitor and shows what they answer. It holds no SQL, no script
and no address outside the site.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from odl_host.ckan import NotAuthorized, NotFound, ValidationError, fold
from odl_host.errors import OdlError, StorageError, Unavailable
from odl_host.server.files.lookup import find_file
from odl_host.server.files.preview import Preview, read_preview
from odl_host.server.http.visitors import find_caller
from odl_host.server.pages import groups as group_pages
from odl_host.server.pages import history as change_pages
from odl_host.server.pages import stats as stats_pages
from odl_host.server.pages import streams as stream_pages
from odl_host.server.pages import users as user_pages
from odl_host.server.pages import views as view_pages
from odl_host.server.pages.cards import DatasetCard, FileCard, MemberCard, VersionCard
from odl_host.server.pages.feeds import custom_feed, general_feed, group_feed, organization_feed, tag_feed
from odl_host.server.pages.linked_data import linked_data
from odl_host.server.pages.searches import find_results, search
from odl_host.server.pages.sitemaps import robots, sitemap, sitemap_part
from odl_host.server.pages.tables import api_info, dictionary
from odl_host.server.pages.visits import SECURITY_HEADERS, StaticAssets, Visit, favicon
from odl_host.server.rendering.languages import french
from odl_host.server.site_options import named_site

if TYPE_CHECKING:
    from odl_host.server.sites import Site

GetSite = Callable[[Request], "Site"]

PREVIEW_ROWS_DATASET = 10
PREVIEW_ROWS_FILE = 25
MOST_VERSIONS = 20
"""Earlier files that a page names; the others keep their addresses."""
COUNTED_DATASETS = 5000
"""Above this many datasets the home page does not count their files one by one."""

ERRORS = {
    400: (
        french("Paramètres incompris"),
        french("Cette adresse demande quelque chose que le portail ne comprend pas."),
    ),
    404: (french("Page introuvable"), french("Cette page n’existe pas, ou n’existe plus.")),
    405: (french("Action impossible"), french("Cette adresse ne répond pas à ce type de demande.")),
    500: (
        french("Une erreur est survenue"),
        french("Le portail n’a pas pu répondre. L’incident est enregistré ; réessayez plus tard."),
    ),
    503: (
        french("Le portail est occupé"),
        french("Le portail n’a pas pu répondre à temps. Réessayez dans un instant."),
    ),
    507: (
        french("Stockage indisponible"),
        french("Le disque du portail est plein ou ne répond pas : rien n’a été enregistré. Réessayez plus tard."),
    ),
}

Render = Callable[[Visit], Response]

log = logging.getLogger(__name__)


def routes(get_site: GetSite) -> list[BaseRoute]:
    """Return the portal's routes; put them after the API's. `get_site` raises HTTPException(404) for a foreign host."""

    def answers(render: Render) -> Callable[[Request], Response]:
        @functools.wraps(render)
        def endpoint(request: Request) -> Response:
            site = get_site(request)
            visit = Visit(request, site, find_caller(site, request))
            try:
                response = render(visit)
            except (NotFound, NotAuthorized, ValidationError):
                # What is private answers like what is absent.
                response = error_page(visit, 404)
            if visit.visitor is not None:
                response.headers["cache-control"] = "private, no-store"
            response.headers.add_vary_header("Authorization, Cookie")
            return response

        return endpoint

    pages: dict[str, Render] = {
        "/": home,
        # Before those of any dataset, group or user: these words are no names.
        **stream_pages.PAGES,
        **change_pages.PAGES,
        **group_pages.PAGES,
        **user_pages.PAGES,
        **view_pages.PAGES,
        "/dataset": search,
        "/dataset/": search,
        "/dataset/{id}": dataset,
        "/dataset/{id}/resource/{resource_id}": file,
        "/dataset/{id}/dictionary/{resource_id}": dictionary,
        "/datastore/api_info/{resource_id}": api_info,
        "/organization": members,
        "/organization/": members,
        "/organization/{id}": member,
        "/about": about,
        "/stats": stats_pages.stats,
        "/accessibilite": accessibility,
        "/mentions-legales": legal,
        "/api-doc": api_help,
        "/feeds/dataset.atom": general_feed,
        "/feeds/organization/{id}.atom": organization_feed,
        "/feeds/group/{id}.atom": group_feed,
        "/feeds/tag/{id}.atom": tag_feed,
        "/feeds/custom.atom": custom_feed,
        "/robots.txt": robots,
        "/sitemap.xml": sitemap,
        "/sitemap-{number:int}.xml": sitemap_part,
    }
    return [
        Mount("/static", StaticAssets(packages=[("odl_host.server.rendering", "static")]), name="static"),
        Route("/favicon.ico", favicon),
        *(Route(path, answers(render), methods=["GET"], name=f"portal:{path}") for path, render in pages.items()),
    ]


def exception_handlers(get_site: GetSite) -> dict[Any, Callable[[Request, Exception], Response]]:
    """Return Starlette's handlers that answer what goes wrong with a page of the site."""

    def handle(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if isinstance(error, OdlError):
            status = 503 if isinstance(error, Unavailable) else 507
            log.error("%s met what failed: %s %s", request.url.path, error, error.hint)
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        try:
            response = error_page(Visit(request, get_site(request)), status)
        except (HTTPException, AttributeError):
            # No site was found for this host, or it could not be opened: there is no portal to draw the page for.
            title, _ = ERRORS.get(status, ERRORS[500])
            response = PlainTextResponse(f"{title}.\n", status, SECURITY_HEADERS)
        response.headers.update(headers)
        return response

    return {HTTPException: handle, StorageError: handle, Unavailable: handle, 500: handle}


def error_page(visit: Visit, status: int) -> Response:
    """Return the page of an error, with the ways on."""
    title, text = map(visit.language.say, ERRORS.get(status, ERRORS[404] if status < 500 else ERRORS[500]))
    return visit.page("error.html", status=status, title=title, text=text, status_code=status)


# The pages


def home(visit: Visit) -> Response:
    """Show what the catalogue holds, and the ways in."""
    latest = visit.call(
        "package_search",
        **{"rows": 6, "sort": "metadata_modified desc", "facet.field": ["tags", "organization"], "facet.limit": 12},
    )
    facets = latest["search_facets"]
    return visit.page(
        "home.html",
        datasets=[DatasetCard.read(package, visit.language) for package in latest["results"]],
        dataset_count=latest["count"],
        member_count=sum(1 for _ in visit.iter_listed("organization_list")),
        file_count=_count_files(visit, latest["count"]),
        tags=[item["name"] for item in facets["tags"]["items"]],
        active_members=facets["organization"]["items"],
    )


def members(visit: Visit) -> Response:
    """List the communes and the other members, from A to Z, with a filter by name or code."""
    wanted = visit.request.query_params.get("q", "").strip()[:100]
    listed = visit.iter_listed("organization_list", all_fields=True, include_extras=True)
    cards = [MemberCard.read(organization, visit.language) for organization in listed]
    total = len(cards)
    if wanted:
        cards = [card for card in cards if _answers_to(card, wanted)]
    letters: dict[str, list[MemberCard]] = {}
    for card in sorted(cards, key=lambda card: _sort_key(card.title)):
        letters.setdefault(_letter(card.title), []).append(card)
    return visit.page("members.html", letters=letters, wanted=wanted, found=len(cards), total=total)


def member(visit: Visit) -> Response:
    """Show one commune and its datasets."""
    organization = visit.call("organization_show", id=visit.request.path_params["id"], include_datasets=False)
    card = MemberCard.read(organization, visit.language)
    if card.name != visit.request.path_params["id"]:
        return visit.lead_to(f"/organization/{card.name}")
    results = find_results(visit, f"/organization/{card.name}", ("organization", card.name))
    return visit.page("member.html", member=card, **results)


def dataset(visit: Visit) -> Response:
    """Show one dataset, its files and the beginning of the first of them."""
    if once := visit.request.query_params.get("activity_id"):
        return visit.lead_to(f"/dataset/{visit.request.path_params['id']}/history/{once}")
    card = DatasetCard.read(visit.call("package_show", id=visit.request.path_params["id"]), visit.language)
    if card.name != visit.request.path_params["id"]:
        return visit.lead_to(f"/dataset/{card.name}")
    previewed = next((file for file in card.files if file.can_preview), None)
    return visit.page(
        "dataset.html",
        dataset=card,
        previewed=previewed,
        preview=previewed and _preview(visit, previewed, PREVIEW_ROWS_DATASET),
        linked_data=linked_data(named_site(visit.site), card),
        once=None,
    )


def file(visit: Visit) -> Response:
    """Show one file with its first lines."""
    card = DatasetCard.read(visit.call("package_show", id=visit.request.path_params["id"]), visit.language)
    wanted = visit.request.path_params["resource_id"]
    chosen = next((item for item in card.files if item.id == wanted), None)
    if chosen is None:
        raise NotFound
    preview = _preview(visit, chosen, PREVIEW_ROWS_FILE) if chosen.can_preview else None
    versions = [version for version in visit.call("odl_version_list", id=chosen.id) if not version["is_current"]]
    earlier = [VersionCard.read(version, visit.language) for version in reversed(versions)]
    return visit.page(
        "file.html",
        dataset=card,
        file=chosen,
        preview=preview,
        earlier=earlier[:MOST_VERSIONS],
        views=view_pages.listed(visit, chosen),
        once=None,
    )


def about(visit: Visit) -> Response:
    """Say what the portal is."""
    return visit.page("about.html")


def accessibility(visit: Visit) -> Response:
    """Show the accessibility declaration that article 47 of the law of 11 February 2005 asks for."""
    return visit.page("accessibility.html")


def legal(visit: Visit) -> Response:
    """Say who publishes, and what is kept about readers."""
    return visit.page("legal.html")


def api_help(visit: Visit) -> Response:
    """Show how to call the API, with addresses that work."""
    found = visit.call("package_search", rows=1, sort="metadata_modified desc")["results"]
    return visit.page("api.html", example=DatasetCard.read(found[0], visit.language) if found else None)


# What several pages need


def _count_files(visit: Visit, dataset_count: int) -> int | None:
    """Return how many files there are, or None in a catalogue too large to count for one page."""
    if dataset_count > COUNTED_DATASETS:
        return None
    return sum(
        int(package["num_resources"])
        for start in range(0, dataset_count, 1000)
        for package in visit.call("package_search", rows=1000, start=start, fl=["num_resources"])["results"]
    )


def _preview(visit: Visit, card: FileCard, rows: int) -> Preview | None:
    """Return the first lines of a file, or None: a page does without them rather than fail."""
    try:
        stored = find_file(visit.site, visit.visitor, card.id, is_original=False)
        with visit.site.storage.open(stored.sha256) as content:
            return read_preview(content, rows=rows)
    except (NotFound, StorageError):
        return None


def _answers_to(card: MemberCard, wanted: str) -> bool:
    """Whether a member has these words in its name, or this code or EPCI.

    Accents, case, hyphens and the short form of "Saint" make no difference.
    """
    words_wanted = _sort_key(wanted).split()
    name = f" {_sort_key(card.title)} {_sort_key(card.epci_name)}"
    return wanted.upper() in {card.commune_code, card.siren} or all(f" {word}" in name for word in words_wanted)


def _sort_key(title: str) -> str:
    key = "".join(char if char.isalnum() else " " for char in fold(title))
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in key.split())


def _letter(title: str) -> str:
    first = _sort_key(title)[:1].upper()
    return first if "A" <= first <= "Z" else "#"
