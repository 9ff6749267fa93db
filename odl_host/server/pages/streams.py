"""Streams of activities as pages, at CKAN's addresses: who changed what, of a dataset, a group, a user, a visitor.

What a stream holds, and for whom, is what the actions of streams answer. Links to what an activity changed stand where
the visitor may follow them.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.server.pages.visits import SECURITY_HEADERS, Visit
from odl_host.server.rendering.languages import french

DEEDS: Mapping[str, str] = {
    "new package": french("%(who)s a créé le jeu de données %(what)s"),
    "changed package": french("%(who)s a modifié le jeu de données %(what)s"),
    "deleted package": french("%(who)s a supprimé le jeu de données %(what)s"),
    "new group": french("%(who)s a créé le groupe %(what)s"),
    "changed group": french("%(who)s a modifié le groupe %(what)s"),
    "deleted group": french("%(who)s a supprimé le groupe %(what)s"),
    "new organization": french("%(who)s a créé l’organisation %(what)s"),
    "changed organization": french("%(who)s a modifié l’organisation %(what)s"),
    "deleted organization": french("%(who)s a supprimé l’organisation %(what)s"),
    "new user": french("%(who)s a rejoint le portail"),
    "changed user": french("%(who)s a modifié son profil"),
    "new resource view": french("%(who)s a ajouté la vue %(what)s"),
    "changed resource view": french("%(who)s a modifié la vue %(what)s"),
}
"""What is said of an activity, by its type."""

KINDS = {"package": "dataset", "group": "group", "organization": "organization"}
"""The kinds of objects that have a page of changes, by the last word of an activity's type, and their first address."""

CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "dataset": (
        ("new package", french("Créations")),
        ("changed package", french("Modifications")),
        ("deleted package", french("Suppressions")),
    ),
    "organization": (
        ("new package", french("Jeux de données créés")),
        ("changed package", french("Jeux de données modifiés")),
        ("deleted package", french("Jeux de données supprimés")),
        ("changed organization", french("Organisation modifiée")),
    ),
    "group": (
        ("new package", french("Jeux de données créés")),
        ("changed package", french("Jeux de données modifiés")),
        ("deleted package", french("Jeux de données supprimés")),
        ("changed group", french("Groupe modifié")),
    ),
}
"""The types that a reader may choose in a stream, by the kind of its object."""

NOT_READABLE = (NotFound, NotAuthorized, ValidationError)


@dataclass(frozen=True, slots=True)
class Deed:
    """One activity: a sentence with its links, its day, and where more is told of it."""

    sentence: Markup
    day: str
    moment: str
    changes_url: str
    version_url: str


def dataset_stream(visit: Visit) -> Response:
    """Show what happened to a dataset."""
    dataset = visit.call("package_show", id=visit.request.path_params["id"])
    return _page(visit, "dataset", dataset, "package_activity_list")


def organization_stream(visit: Visit) -> Response:
    """Show what happened to an organization and its datasets."""
    organization = visit.call("organization_show", id=visit.request.path_params["id"], include_datasets=False)
    return _page(visit, "organization", organization, "organization_activity_list")


def group_stream(visit: Visit) -> Response:
    """Show what happened to a group and its datasets."""
    group = visit.call("group_show", id=visit.request.path_params["id"], include_datasets=False)
    return _page(visit, "group", group, "group_activity_list")


def user_stream(visit: Visit) -> Response:
    """Show what a user did."""
    return _page(visit, "user", find_person(visit, visit.request.path_params["id"]), "user_activity_list")


def dashboard(visit: Visit) -> Response:
    """Show what happened to what the visitor follows; who is not logged in is asked to."""
    if visit.visitor is None:
        return ask_to_log_in(visit)
    return _page(visit, "user", find_person(visit, visit.visitor.id), "dashboard_activity_list")


def ask_to_log_in(visit: Visit) -> Response:
    """Lead to the form to log in, and back from there."""
    back = urlencode({"came_from": f"{visit.root}{visit.request.url.path}"})
    return RedirectResponse(f"{visit.root}/user/login?{back}", 302, headers=dict(SECURITY_HEADERS))


def find_person(visit: Visit, ref: str) -> dict[str, Any]:
    """Return a user. :raises NotFound: there is none, or no more: only sysadmins are shown who was deleted."""
    shown: dict[str, Any] = visit.call("user_show", id=ref)
    if shown["state"] == "deleted" and not (visit.visitor and visit.visitor.sysadmin):
        raise NotFound("User not found")
    return shown


def _page(visit: Visit, noun: str, subject: Mapping[str, Any], action: str) -> Response:
    """Show a page of a stream; `noun` is the kind of its subject, and begins its address."""
    asked = visit.request.query_params
    chosen = asked.get("activity_type", "") if noun in CHOICES else ""
    only = {"activity_types": [chosen]} if chosen else {}
    subject_ref = {} if action == "dashboard_activity_list" else {"id": subject["id"]}
    listed = functools.partial(visit.call, action, **subject_ref, **only)
    span = {key: asked[key] for key in ("before", "after") if asked.get(key)}
    try:
        found = listed(**span)
    except ValidationError:
        raise HTTPException(400) from None
    older = found and listed(before=_instant(found[-1]), limit=1)
    newer = span and found and listed(after=_instant(found[0]), limit=1)
    path = visit.root + quote(visit.request.url.path)
    kept = {"activity_type": chosen} if chosen else {}
    types = [(code, visit.language.say(label)) for code, label in CHOICES.get(noun, ())]
    return visit.page(
        "stream.html",
        noun=noun,
        ref=subject["name"],
        name=subject.get("display_name") or subject.get("title") or subject["name"],
        is_dashboard=action == "dashboard_activity_list",
        days=itertools.groupby(list(_deeds(visit, found)), key=lambda deed: deed.day),
        is_empty=not found,
        chosen=chosen,
        choices=[(label, f"{path}?{urlencode({'activity_type': code})}", code == chosen) for code, label in types],
        all_url=path,
        older_url=f"{path}?{urlencode({'before': _instant(found[-1]), **kept})}" if older else "",
        newer_url=f"{path}?{urlencode({'after': _instant(found[0]), **kept})}" if newer else "",
    )


def _instant(activity: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(activity["timestamp"]).replace(tzinfo=UTC).timestamp()


def _deeds(visit: Visit, activities: Iterable[Mapping[str, Any]]) -> Iterator[Deed]:
    person_link = functools.cache(functools.partial(link_to_person, visit))
    details: dict[str, bool] = {}
    for activity in activities:
        kind = str(activity["activity_type"]).rpartition(" ")[2]
        shown = _object_of(activity, kind)
        title = str(shown.get("title") or shown.get("name") or activity["object_id"])
        address = f"{visit.root}/{KINDS.get(kind, 'dataset')}"
        sentence = visit.language.say(DEEDS.get(activity["activity_type"], ""))
        values = {
            "who": person_link(activity["user_id"]),
            "what": Markup('<span class="{}"><a href="{}/{}">{}</a></span>').format(
                KINDS.get(kind, "dataset" if kind == "view" else "user"), address, activity["object_id"], title
            ),
        }
        is_open = bool(shown) and kind in KINDS and _has_details(visit, activity, details)
        is_change = is_open and str(activity["activity_type"]).startswith("changed")
        yield Deed(
            # What no sentence is known for is named by its type; the sentences are ours, the values are escaped.
            sentence=Markup(sentence or "%(who)s : %(type)s") % {**values, "type": activity["activity_type"]},  # noqa: S704
            day=visit.language.day(activity["timestamp"]),
            moment=activity["timestamp"],
            changes_url=f"{address}/changes/{activity['id']}" if is_change else "",
            version_url=f"{address}/{activity['object_id']}/history/{activity['id']}"
            if is_open and kind == "package"
            else "",
        )


def link_to_person(visit: Visit, user_id: str) -> Markup:
    """Return the name of a user with a link to the user's page, where the visitor may know either."""
    try:
        person = visit.call("user_show", id=user_id)
    except NOT_READABLE:
        return Markup.escape(visit.language.say(french("Un utilisateur")))
    if person["state"] == "deleted":
        return Markup.escape(person["display_name"])
    return Markup('<a href="{}/user/{}">{}</a>').format(visit.root, person["name"], person["display_name"])


def _object_of(activity: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Return what an activity kept of its object; of what programs tell of it may be anything."""
    data = activity["data"]
    if kind == "view" and isinstance(data, dict):
        return data
    kept = data.get("group" if kind == "organization" else kind) if isinstance(data, dict) else None
    return kept if isinstance(kept, dict) else {}


def _has_details(visit: Visit, activity: Mapping[str, Any], known: dict[str, bool]) -> bool:
    """Return whether the visitor may see what activities of this object changed; each object is asked for once."""
    if visit.visitor is None and not visit.site.settings["ckan.auth.public_activity_stream_detail"]:
        return False
    key = str(activity["object_id"])
    if key not in known:
        try:
            visit.call("activity_data_show", id=activity["id"])
            known[key] = True
        except NOT_READABLE:
            known[key] = False
    return known[key]


PAGES: Mapping[str, Callable[[Visit], Response]] = {
    "/dataset/activity/{id}": dataset_stream,
    "/organization/activity/{id}": organization_stream,
    "/group/activity/{id}": group_stream,
    "/user/activity/{id}": user_stream,
    "/dashboard": dashboard,
    "/dashboard/": dashboard,
}
