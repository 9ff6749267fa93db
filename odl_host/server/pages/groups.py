"""Groups as pages, at CKAN's addresses, and what is known about an organization."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from odl_host.ckan import extras_dict, fold
from odl_host.server.pages.cards import DatasetCard
from odl_host.server.pages.facets import SearchQuery
from odl_host.server.pages.searches import find_results
from odl_host.server.pages.visits import Visit


def groups(visit: Visit) -> Response:
    """List the groups by their titles, with a filter."""
    query = SearchQuery.read(f"{visit.root}/group/", visit.request.query_params.multi_items())
    found = [
        group
        for group in visit.iter_listed("group_list", all_fields=True)
        if fold(query.words) in fold(f"{group['display_name']} {group['name']}")
    ]
    found.sort(key=lambda group: fold(group["display_name"]))
    shown = query.page_of(found)
    return visit.page("groups.html", groups=shown, count=len(found), query=query, pages=query.pages(len(found)))


def group(visit: Visit) -> Response:
    """Show one group and its datasets; who asks by its id is led to its name."""
    found = _find(visit, "group")
    if found["name"] != visit.request.path_params["id"]:
        return visit.lead_to(f"/group/{found['name']}")
    results = find_results(visit, f"/group/{found['name']}", ("groups", found["name"]))
    return visit.page("group.html", group=found, **results)


def group_about(visit: Visit) -> Response:
    """Show what is known about a group."""
    return _about(visit, "group")


def organization_about(visit: Visit) -> Response:
    """Show what is known about an organization."""
    return _about(visit, "organization")


def dataset_groups(visit: Visit) -> Response:
    """Show the groups that a dataset is in."""
    package = visit.call("package_show", id=visit.request.path_params["id"])
    card = DatasetCard.read(package, visit.language)
    return visit.page("dataset_groups.html", dataset=card, groups=package["groups"])


def _find(visit: Visit, noun: str) -> dict[str, Any]:
    ref = visit.request.path_params["id"]
    found: dict[str, Any] = visit.call(f"{noun}_show", id=ref, include_datasets=False, include_users=False)
    return found


def _about(visit: Visit, noun: str) -> Response:
    found = _find(visit, noun)
    return visit.page("about_group.html", noun=noun, group=found, extras=extras_dict(found))


PAGES: Mapping[str, Callable[[Visit], Response]] = {
    "/group": groups,
    "/group/": groups,
    "/group/{id}": group,
    "/group/about/{id}": group_about,
    "/organization/about/{id}": organization_about,
    "/dataset/groups/{id}": dataset_groups,
}
