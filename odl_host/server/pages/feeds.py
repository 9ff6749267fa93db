"""Atom feeds of what changed last, at CKAN's addresses: of the catalogue, an organization, a group, a tag, a search."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, Response

from odl_host.ckan import SearchError, SearchQueryError
from odl_host.server.clock import now
from odl_host.server.pages.visits import SECURITY_HEADERS, Visit
from odl_host.server.rendering.drawing import render
from odl_host.server.rendering.languages import french
from odl_host.server.site_options import named_site

SUBTITLE = french("Jeux de données récemment publiés ou mis à jour")

WRONG_PAGE = "&#34;page&#34; parameter must be a positive integer"


def general_feed(visit: Visit) -> Response:
    """List the datasets of the whole catalogue."""
    return _feed(visit, "", "/dataset/")


def organization_feed(visit: Visit) -> Response:
    """List the datasets of one organization."""
    found = visit.call("organization_show", id=visit.request.path_params["id"])
    address = f"/organization/{quote(found['name'])}"
    return _feed(visit, f'owner_org:"{found["id"]}"', address, name=found["display_name"])


def group_feed(visit: Visit) -> Response:
    """List the datasets of one group."""
    found = visit.call("group_show", id=visit.request.path_params["id"])
    address = f"/dataset/?{urlencode({'groups': found['name']})}"
    return _feed(visit, f'groups:"{found["name"]}"', address, name=found["display_name"])


def tag_feed(visit: Visit) -> Response:
    """List the datasets that have a tag."""
    name = visit.request.path_params["id"].replace("\\", "").replace('"', "")
    return _feed(visit, f'tags:"{name}"', f"/dataset/?{urlencode({'tags': name})}", name=name)


def custom_feed(visit: Visit) -> Response:
    """List what a search finds: `q`, `fq` and `sort` as in `package_search`."""
    asked = visit.request.query_params
    search = {key: asked[key] for key in ("q", "sort") if asked.get(key)}
    return _feed(visit, asked.get("fq", ""), f"/dataset/?{urlencode({'q': asked.get('q', '')})}", search=search)


def _feed(
    visit: Visit, fq: str, shown_at: str, *, name: str = "", search: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Render one page of a feed; `shown_at` is the page of the portal that shows the same, `name` what it is about.

    `search`: words and an order, where they are not all and the last changed first.
    """
    asked = dict(visit.request.query_params)
    wanted = asked.pop("page", "1")
    if not re.fullmatch(r"[0-9]{1,7}", wanted) or (page := int(wanted)) == 0:
        return HTMLResponse(WRONG_PAGE, 400, SECURITY_HEADERS)
    settings = visit.site.settings
    on_a_page = max(1, int(str(settings["ckan.feeds.limit"])))
    chosen = {"sort": "metadata_modified desc", **search}
    try:
        found = visit.call("package_search", fq=fq, rows=on_a_page, start=(page - 1) * on_a_page, **chosen)
    except (SearchError, SearchQueryError):
        return HTMLResponse("Invalid search query", 400, SECURITY_HEADERS)
    last = max(1, -(-found["count"] // on_a_page))
    pages = {"self": page, "first": 1, "last": last}
    pages |= {"previous": page - 1} if page > 1 else {}
    pages |= {"next": page + 1} if page < last else {}
    path = quote(visit.request.url.path)
    site = named_site(visit.site)
    values = {
        "path": path,
        "title": f"{name} – {site.title}" if name else site.title,
        "subtitle": visit.language.say(SUBTITLE),
        "author": settings["ckan.feeds.author_name"],
        "author_link": settings["ckan.feeds.author_link"],
        "updated": max((dataset["metadata_modified"] for dataset in found["results"]), default=now()),
        "shown_at": shown_at,
        "links": [(relation, f"{path}?{urlencode({**asked, 'page': number})}") for relation, number in pages.items()],
        "datasets": found["results"],
    }
    return Response(render("feed.xml", site, values, visit.language), 200, SECURITY_HEADERS, "application/atom+xml")
