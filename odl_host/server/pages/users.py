"""Users as pages, at CKAN's addresses: who they are and what they created, as far as a visitor is shown users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from odl_host.server.pages.cards import DatasetCard
from odl_host.server.pages.facets import SearchQuery
from odl_host.server.pages.streams import ask_to_log_in, find_person
from odl_host.server.pages.visits import Visit
from odl_host.server.rendering.languages import french

ROLES = {"Admin": french("administrateur"), "Editor": french("éditeur"), "Member": french("membre")}
"""Roles as `member_list` writes them, and what readers call them."""


def users(visit: Visit) -> Response:
    """List the users by their names, a page at a time."""
    query = SearchQuery.read(f"{visit.root}/user/", visit.request.query_params.multi_items())
    names = visit.call("user_list", all_fields=False, q=query.words)
    shown = query.page_of(names)
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
    return visit.lead_to(f"/user/{visit.visitor.name}") if visit.visitor else ask_to_log_in(visit)


def members(visit: Visit, noun: str) -> Response:
    """Show the members of an organization or a group with their roles; who may know them is what `member_list` says."""
    subject = _subject(visit, noun)
    found = visit.call("member_list", id=subject["id"], object_type="user")
    return _people(visit, noun, subject, [(row[0], row[2]) for row in found], is_of_members=True)


def followers(visit: Visit, noun: str) -> Response:
    """Show who follows something: to sysadmins only, as the action does."""
    subject = _subject(visit, noun)
    found = visit.call(f"{noun}_follower_list", id=subject["id"])
    return _people(visit, noun, subject, [(row["id"], "") for row in found], is_of_members=False)


def _subject(visit: Visit, noun: str) -> dict[str, Any]:
    ref = visit.request.path_params["id"]
    if noun == "user":
        return find_person(visit, ref)
    found: dict[str, Any] = visit.call("package_show" if noun == "dataset" else f"{noun}_show", id=ref)
    return found


def _people(
    visit: Visit, noun: str, subject: Mapping[str, Any], found: list[tuple[str, str]], *, is_of_members: bool
) -> Response:
    """Show a page of users by their ids, each with a role or ""."""
    query = SearchQuery.read(visit.root + visit.request.url.path, visit.request.query_params.multi_items())
    shown = query.page_of(found)
    say = visit.language.say
    return visit.page(
        "people.html",
        noun=noun,
        ref=subject["name"],
        name=subject.get("display_name") or subject.get("title") or subject["name"],
        people=[(visit.call("user_show", id=user_id), say(ROLES.get(role, ""))) for user_id, role in shown],
        count=len(found),
        is_of_members=is_of_members,
        pages=query.pages(len(found)),
    )


PAGES: Mapping[str, Callable[[Visit], Response]] = {
    "/user": users,
    "/user/": users,
    "/user/me": me,
    "/user/{id}": user,
    "/dashboard/datasets": me,
    **{f"/{noun}/members/{{id}}": partial(members, noun=noun) for noun in ("organization", "group")},
    **{
        f"/{noun}/followers/{{id}}": partial(followers, noun=noun)
        for noun in ("dataset", "organization", "group", "user")
    },
}
