"""Users as pages, at CKAN's addresses: who they are and what they created, as far as a visitor is shown users."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import RedirectResponse, Response

from odl_host.ckan import NotFound
from odl_host.server.cards import DatasetCard
from odl_host.server.facets import PAGE_ROWS, SearchQuery
from odl_host.server.stream_pages import ask_to_log_in, find_person
from odl_host.server.visits import SECURITY_HEADERS, Visit


def users(visit: Visit) -> Response:
    """List the users by their names, a page at a time."""
    query = SearchQuery.read(f"{visit.root}/user/", visit.request.query_params.multi_items())
    names = visit.call("user_list", all_fields=False, q=query.words)
    shown = names[(query.page - 1) * PAGE_ROWS : query.page * PAGE_ROWS]
    if query.page > 1 and not shown:
        raise NotFound
    return visit.page(
        "users.html",
        users=[visit.call("user_show", id=name) for name in shown],
        count=len(names),
        query=query,
        pages=query.pages(len(names)),
    )


def user(visit: Visit) -> Response:
    """Show a user, and the datasets that the user created and the visitor may read."""
    person = find_person(visit, visit.request.path_params["id"])
    created = visit.call("user_show", id=person["id"], include_datasets=True)["datasets"]
    datasets = [DatasetCard.read(dataset, visit.language) for dataset in created]
    return visit.page("user.html", person=person, datasets=datasets)


def me(visit: Visit) -> Response:
    """Lead visitors to their own page."""
    if visit.visitor is None:
        return ask_to_log_in(visit)
    return RedirectResponse(f"{visit.root}/user/{visit.visitor.name}", 302, headers=dict(SECURITY_HEADERS))


PAGES: Mapping[str, Callable[[Visit], Response]] = {
    "/user": users,
    "/user/": users,
    "/user/me": me,
    "/user/{id}": user,
}
