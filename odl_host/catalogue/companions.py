"""What stands beside the objects of a catalogue: vocabularies, views, relationships, collaborators, who follows what.

Each is told as the call that makes it (`action`, `data`), as `ckanapi batch` reads it; who follows something says so
besides (`user`), because a CKAN lets nobody follow for another. Source: CKAN 2.12, observed on its Action API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from odl_host.catalogue.client import Catalogue
from odl_host.ckan import JsonDict
from odl_host.errors import CatalogueError, CatalogueInvalid, CatalogueNotFound, CatalogueRefused, Unavailable

VIEW = "resource_view_create"
_FOLLOW = {
    "user": "follow_user",
    "dataset": "follow_dataset",
    "group": "follow_group",
    "organization": "follow_group",
}
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "vocabulary_create": "vocabularies",
        "package_relationship_create": "relationships",
        "package_collaborator_create": "collaborators",
        **dict.fromkeys(_FOLLOW.values(), "followers"),
        VIEW: "views",
    }
)
"""Which action makes what kind of thing."""

_TOLD_OF_SUBJECT = frozenset({"depends_on", "derives_from", "links_to", "child_of"})
"""Types of relationships as they are made; the dataset at the other end shows the same one under another name."""
RESTORES = "odl_restores"
"""What a catalogue announces that takes ids and dates as they were."""


def read_vocabularies(catalogue: Catalogue) -> Iterator[JsonDict]:
    """Yield the calls that make the vocabularies; ids stand there for catalogues that keep them."""
    for vocabulary in catalogue.call_action("vocabulary_list"):
        tags = [{"name": tag["name"], "odl_id": tag["id"]} for tag in vocabulary["tags"]]
        data = {"name": vocabulary["name"], "odl_id": vocabulary["id"], "tags": tags}
        yield {"action": "vocabulary_create", "data": data}


def read_views(catalogue: Catalogue, resource_id: str) -> Iterator[JsonDict]:
    """Yield the calls that make the views of a resource, in their order."""
    try:
        found = catalogue.call_action("resource_view_list", {"id": resource_id})
    except (CatalogueNotFound, CatalogueRefused):
        return  # of a dataset that was deleted
    for view in found:
        data = {key: value for key, value in view.items() if value is not None and key != "package_id"}
        yield {"action": VIEW, "data": data}


def read_relationships(catalogue: Catalogue, name: str) -> Iterator[JsonDict]:
    """Yield the calls that make the relationships of which a dataset is the subject."""
    try:
        found = catalogue.call_action("package_relationships_list", {"id": name})
    except (CatalogueNotFound, CatalogueRefused):
        return
    for told in found:
        if told["type"] in _TOLD_OF_SUBJECT:
            yield {"action": "package_relationship_create", "data": told}


def read_collaborators(catalogue: Catalogue, user: str) -> Iterator[JsonDict]:
    """Yield the calls that make a user a collaborator; none where the catalogue has no collaborators."""
    for told in _collaborations(catalogue, user):
        data = {"id": told["package_id"], "user_id": user, "capacity": told["capacity"]}
        yield {"action": "package_collaborator_create", "data": data}


def read_followees(catalogue: Catalogue, user: str) -> Iterator[JsonDict]:
    """Yield the calls that make a user follow what the user follows."""
    try:
        found = catalogue.call_action("followee_list", {"id": user})
    except (CatalogueNotFound, CatalogueRefused, CatalogueInvalid):
        return
    told = [(_FOLLOW[each["type"]], str(each["dict"]["id"])) for each in found]
    for action, key in sorted(told):
        yield {"action": action, "data": {"id": key}, "user": user}


def write(target: Catalogue, call: JsonDict, ids: dict[str, str], *, dry_run: bool = False) -> str:
    """Make what a call tells, unless it is there, and return "created", "updated" or "unchanged".

    `ids`: those that objects have here, where it is another one; vocabularies add theirs.

    :raises CatalogueError: it is refused, or it is no call that this module tells.
    """
    kind, data = ACTIONS[call["action"]], _translated(call.get("data"), ids)
    if kind == "vocabularies":
        return _write_vocabulary(target, data, ids, dry_run=dry_run)
    if kind == "relationships":
        is_there = data in [each["data"] for each in read_relationships(target, str(data.get("subject")))]
    elif kind == "collaborators":
        had = {str(each["package_id"]): each["capacity"] for each in _collaborations(target, str(data.get("user_id")))}
        is_there = had.get(str(data.get("id"))) == data.get("capacity")
    elif kind == "followers":
        user = ids.get(str(call.get("user")), str(call.get("user")))
        is_there = {"action": call["action"], "data": data, "user": user} in read_followees(target, user)
    else:
        raise CatalogueError(f"{call['action']}: a dump makes no {kind} by itself.")
    if is_there or dry_run:
        return "unchanged" if is_there else "created"
    if kind == "followers":
        _follow(target, str(call["action"]), data, user)
    else:
        target.call_action(call["action"], data)
    return "created"


def write_views(target: Catalogue, resource_id: str, calls: Iterable[JsonDict]) -> int:
    """Make the views of a resource exactly those of the calls, and return how many there are.

    :raises CatalogueError: one is refused, or is of another resource.
    """
    wanted = list(calls)
    there = list(read_views(target, resource_id))
    if there == wanted:
        return len(wanted)
    for call in there:  # those that were made by themselves when the resource came, too
        target.call_action("resource_view_delete", {"id": call["data"]["id"]})
    for call in wanted:
        if call.get("action") != VIEW or call.get("data", {}).get("resource_id") != resource_id:
            raise CatalogueError(
                f"The calls for the views of {resource_id} are of another kind, or of another resource."
            )
        target.call_action(VIEW, call["data"])
    return len(wanted)


def _translated(data: Any, ids: dict[str, str]) -> JsonDict:
    if not isinstance(data, dict):
        raise CatalogueError("What was written is no call.")
    return {key: ids.get(value, value) if isinstance(value, str) else value for key, value in data.items()}


def _collaborations(catalogue: Catalogue, user: str) -> list[JsonDict]:
    try:
        return list(catalogue.call_action("package_collaborator_list_for_user", {"id": user}))
    except Unavailable:
        raise
    except CatalogueError:
        return []  # the setting that allows collaborators is off, or there is no such user


def _write_vocabulary(target: Catalogue, data: JsonDict, ids: dict[str, str], *, dry_run: bool) -> str:
    tags = {str(tag["name"]): str(tag.get("odl_id") or "") for tag in data.get("tags") or []}
    try:
        there = target.call_action("vocabulary_show", {"id": data["name"]})
    except CatalogueNotFound:
        if dry_run:
            return "created"
        if target.supports(RESTORES):
            there = target.call_action("odl_restore", {"kind": "vocabulary", "object": data})
        else:
            there = target.call_action("vocabulary_create", data)
        outcome = "created"
    else:
        missing = tags.keys() - {tag["name"] for tag in there["tags"]}
        for name in () if dry_run else sorted(missing):
            target.call_action("tag_create", {"name": name, "vocabulary_id": there["id"]})
        outcome = "updated" if missing else "unchanged"
    if data.get("odl_id") not in (None, there["id"]):
        ids[str(data["odl_id"])] = str(there["id"])
    return outcome


def _follow(target: Catalogue, action: str, data: JsonDict, user: str) -> None:
    """Follow for a user, as the user: on a CKAN by a token that is made for it and taken back."""
    with target.acting_as(user) as caller:
        caller.call_action(action, data)
