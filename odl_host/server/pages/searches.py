"""The search of datasets, and the same list on the page of a member or a group."""

from __future__ import annotations

from typing import Any, cast

from starlette.responses import Response

from odl_host.ckan import NotAuthorized, NotFound, SearchError, SearchQueryError, ValidationError
from odl_host.server.pages.cards import DatasetCard
from odl_host.server.pages.facets import SearchQuery
from odl_host.server.pages.visits import Visit


def search(visit: Visit) -> Response:
    """Search the datasets."""
    return visit.page("search.html", **find_results(visit, "/dataset/"))


def find_results(visit: Visit, path: str, within: tuple[str, str] | None = None) -> dict[str, Any]:
    """Return what `results.html` shows of the datasets that the reader asked for at an address.

    `within`: the field of a facet and its only value, on the page of an organization or a group.
    :raises NotFound: there is no such page of results.
    """
    query = SearchQuery.read(visit.root + path, visit.request.query_params.multi_items())
    answer = _search(visit, query, (within,) if within else ())
    if query.page > 1 and not answer["results"]:
        raise NotFound
    titles = {}
    if not answer["count"]:
        titles = {(f, v): _member_title(visit, v) for f, v in query.chosen if f == "organization"}
    facets = query.facets(answer, visit.language, without=within[0] if within else "", titles=titles)
    return {
        "query": query,
        "is_plain": query.is_plain,
        "count": answer["count"],
        "datasets": [DatasetCard.read(package, visit.language) for package in answer["results"]],
        "facets": facets,
        "chosen": [(facet.title, choice) for facet in facets for choice in facet.choices if choice.is_active],
        "pages": query.pages(answer["count"]),
    }


def _search(visit: Visit, query: SearchQuery, fixed: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Search as the reader wrote; what the query language refuses is taken for plain words."""
    shown = {
        "include_private": visit.visitor is not None and visit.site.settings["ckan.search.default_include_private"]
    }
    try:
        return cast(dict[str, Any], visit.call("package_search", **query.as_parameters(fixed=fixed), **shown))
    except (SearchError, SearchQueryError):
        parameters = query.as_parameters(fixed=fixed, as_words=True)
        return cast(dict[str, Any], visit.call("package_search", **parameters, **shown))


def _member_title(visit: Visit, name: str) -> str:
    try:
        return str(visit.call("organization_show", id=name, include_datasets=False)["title"])
    except (NotFound, NotAuthorized, ValidationError):
        return name
