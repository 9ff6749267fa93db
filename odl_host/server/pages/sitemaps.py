"""What a portal tells search engines: `robots.txt`, and a site map that large catalogues get in parts."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import PlainTextResponse, Response

from odl_host.ckan import NotFound
from odl_host.ckan_settings import offered_languages
from odl_host.server.pages.visits import SECURITY_HEADERS, Visit
from odl_host.server.rendering.drawing import root_of
from odl_host.server.rendering.languages import get_language

SITEMAP_DATASETS = 5000
"""Datasets per site map: a fifth of the protocol's limit, and few calls for one answer."""


def robots(visit: Visit) -> Response:
    """Let search engines in, but not into every combination of facets."""
    roots = [root_of(visit.site, get_language(code)) for code in offered_languages(visit.site.settings)]
    closed = "".join(f"Disallow: {root}{path}\n" for root in sorted(roots) for path in ("/api/", "/dataset/?"))
    text = f"User-agent: *\n{closed}\nSitemap: {visit.site.url}/sitemap.xml\n"
    return PlainTextResponse(text, headers=SECURITY_HEADERS)


def sitemap(visit: Visit) -> Response:
    """List every page; a large catalogue gets an index of lists."""
    count = visit.call("package_search", rows=0)["count"]
    if count > SITEMAP_DATASETS:
        parts = range(-(-count // SITEMAP_DATASETS) + 1)
        return visit.xml("sitemap-index.xml", addresses=[f"/sitemap-{part}.xml" for part in parts])
    return visit.xml("sitemap.xml", entries=[*_member_entries(visit), *_dataset_entries(visit, 0)])


def sitemap_part(visit: Visit) -> Response:
    """List the members (part 0) or one slice of the datasets."""
    number = visit.request.path_params["number"]
    entries = list(_dataset_entries(visit, (number - 1) * SITEMAP_DATASETS) if number else _member_entries(visit))
    if not entries:
        raise NotFound
    return visit.xml("sitemap.xml", entries=entries)


def _member_entries(visit: Visit) -> Iterator[tuple[str, str]]:
    for path in ("/", "/dataset/", "/organization/", "/about", "/api-doc"):
        yield path, ""
    for name in visit.iter_listed("organization_list"):
        yield f"/organization/{name}", ""


def _dataset_entries(visit: Visit, start: int) -> Iterator[tuple[str, str]]:
    end = start + SITEMAP_DATASETS
    while start < end:
        rows = min(1000, end - start)
        found = visit.call("package_search", rows=rows, start=start, sort="metadata_created asc")["results"]
        yield from ((f"/dataset/{package['name']}", str(package["metadata_modified"])[:10]) for package in found)
        start += len(found)
        if not found:
            return
