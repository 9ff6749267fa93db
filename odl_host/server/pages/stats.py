"""The figures of a catalogue as a page, at the address of CKAN's extension `stats`."""

from __future__ import annotations

from starlette.responses import Response

from odl_host.ckan import NotFound
from odl_host.server.pages.facets import SearchQuery
from odl_host.server.pages.visits import Visit

MOST = 10
"""So many of each kind are shown: those with the most datasets."""


def stats(visit: Visit) -> Response:
    """Show how the datasets are spread over who publishes them, their themes, words, formats and licences.

    :raises NotFound: the site's `ckan.plugins` does not name `stats`.
    """
    if "stats" not in visit.site.words("ckan.plugins"):
        raise NotFound
    query = SearchQuery(f"{visit.root}/dataset/")
    answer = visit.call("package_search", **query.as_parameters() | {"rows": 0, "facet.limit": MOST})
    return visit.page("stats.html", count=answer["count"], facets=query.facets(answer, visit.language))
