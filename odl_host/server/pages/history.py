"""What an activity changed, and what a dataset was once, as pages at CKAN's addresses.

They ask the actions of activities, which show both only to whom the site lets see such details.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from odl_host.ckan import NotFound
from odl_host.server.pages.cards import DatasetCard
from odl_host.server.pages.changes import compare_datasets, compare_groups
from odl_host.server.pages.streams import KINDS, link_to_person
from odl_host.server.pages.visits import Visit

MOST_CHANGES = 500
"""Sentences on one page: a dataset of thousands of files may change in each of them."""

LISTED_ACTIVITIES = 20
"""States between which a reader may choose; each is read whole."""


def dataset_once(visit: Visit) -> Response:
    """Show a dataset as an activity left it; who asks by its id is led to its name."""
    asked = visit.request.path_params
    card, once = _read_once(visit)
    if asked["id"] != card.name:
        return visit.lead_to(f"/dataset/{card.name}/history/{asked['activity_id']}")
    return visit.page("dataset.html", dataset=card, previewed=None, preview=None, once=once)


def file_once(visit: Visit) -> Response:
    """Show a dataset's file as an activity left it."""
    card, once = _read_once(visit)
    chosen = next((file for file in card.files if file.id == visit.request.path_params["resource_id"]), None)
    if chosen is None:
        raise NotFound
    return visit.page("file.html", dataset=card, file=chosen, preview=None, earlier=[], views=[], once=once)


def _read_once(visit: Visit) -> tuple[DatasetCard, dict[str, str]]:
    """Return a dataset as an activity left it, under its name of today, and what the page says of that.

    :raises NotFound: the activity is another one's, or kept less than a dataset, as those of an older CKAN.
    """
    asked = visit.request.path_params
    dataset = visit.call("package_show", id=asked["id"])
    activity = visit.call("activity_show", id=asked["activity_id"])
    state = visit.call("activity_data_show", id=asked["activity_id"], object_type="package")
    if activity["object_id"] != dataset["id"] or not isinstance(state, dict) or "resources" not in state:
        raise NotFound
    try:
        card = DatasetCard.read(state | {"name": dataset["name"]}, visit.language)
    except (AttributeError, KeyError, TypeError) as error:
        raise NotFound from error
    now_url = f"{visit.root}/dataset/{dataset['name']}"
    return card, {"day": visit.language.day(activity["timestamp"]), "now_url": now_url}


def changes(visit: Visit, kind: str) -> Response:
    """Show what one activity changed; `kind` is the last word of its type."""
    kept = "package" if kind == "package" else "group"
    asked = visit.request.path_params["id"]
    old, new = visit.call("activity_diff", id=asked, object_type=kept)["activities"]
    return _page(visit, kind, old, new, is_one=True)


def changes_between(visit: Visit, kind: str) -> Response:
    """Show what changed from one activity to another of the same object."""
    asked = visit.request.query_params
    ids = [asked.get(key, "") for key in ("old_id", "new_id")]
    old, new = sorted((visit.call("activity_show", id=ref) for ref in ids), key=lambda activity: activity["timestamp"])
    for activity in (old, new):
        visit.call("activity_data_show", id=activity["id"])
    if old["object_id"] != new["object_id"]:
        raise NotFound
    return _page(visit, kind, old, new, is_one=False)


def _page(visit: Visit, kind: str, old: Mapping[str, Any], new: Mapping[str, Any], *, is_one: bool) -> Response:
    """Show what changed from one activity to another (the next one: `is_one`), and the form that asks for others."""
    if not new["activity_type"].endswith(kind):
        raise NotFound
    compare = compare_datasets if kind == "package" else compare_groups
    noun = KINDS[kind]
    before, after = _kept(old, kind), _kept(new, kind)
    said = compare(before, after, visit.language)
    listed = visit.call(f"{kind}_activity_list", id=new["object_id"], limit=LISTED_ACTIVITIES)
    states = [activity for activity in listed if activity["object_id"] == new["object_id"]]
    states += [activity for activity in (new, old) if activity["id"] not in {state["id"] for state in states}]
    return visit.page(
        "changes.html",
        noun=noun,
        title=after.get("title") or after.get("name") or new["object_id"],
        address=f"/{noun}/{new['object_id']}",
        stream_address=f"/{noun}/activity/{new['object_id']}",
        who=link_to_person(visit, new["user_id"]),
        is_one=is_one,
        old=old,
        new=new,
        changes=said[:MOST_CHANGES],
        left_out=max(0, len(said) - MOST_CHANGES),
        states=sorted(states, key=lambda activity: activity["timestamp"], reverse=True),
    )


def _kept(activity: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return what an activity kept of its object. :raises NotFound: nothing that can be compared."""
    data = activity["data"]
    kept = data.get("package" if kind == "package" else "group") if isinstance(data, dict) else None
    if not isinstance(kept, dict):
        raise NotFound
    return kept


PAGES: Mapping[str, Callable[[Visit], Response]] = {
    **{f"/{noun}/changes/{{id}}": partial(changes, kind=kind) for kind, noun in KINDS.items()},
    **{f"/{noun}/changes_multiple": partial(changes_between, kind=kind) for kind, noun in KINDS.items()},
    "/dataset/{id}/history/{activity_id}": dataset_once,
    "/dataset/{id}/resources/{resource_id}/history/{activity_id}": file_once,
}
