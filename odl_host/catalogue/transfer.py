"""Bringing the objects of one catalogue into another: ids kept, files fetched, again and again without harm.

An object that is there already under its id is updated; an organization, group or user that is there under its name
with another id is taken for the same, a dataset is refused. What was brought is written down, so that a run that was
stopped goes on where it ended. One object that is refused stops no other.
"""

from __future__ import annotations

import hashlib
import json
import secrets

from odl_host.catalogue import companions
from odl_host.catalogue.brought import Brought
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.journey import Transfer, Wishes
from odl_host.catalogue.parts import SINGULAR, Parts
from odl_host.catalogue.source import OBJECTS, Image, Progress, Source, image_of, unseen
from odl_host.ckan import JsonDict
from odl_host.errors import CatalogueError, CatalogueNotFound, CatalogueRefused, TokenUnknown

_OF_GROUPS = {
    *("package_count", "packages", "num_followers", "display_name", "image_display_url", "created", "tags"),
}  # fmt: skip
_DERIVED = {
    "datasets": {
        *("organization", "num_resources", "num_tags", "isopen", "license_title", "license_url"),
        *("relationships_as_subject", "relationships_as_object", "creator_user_id", "tracking_summary"),
    },
    "organizations": _OF_GROUPS,
    "groups": _OF_GROUPS,
    "users": {
        *("email_hash", "display_name", "number_created_packages", "num_followers", "created", "sysadmin", "apikey"),
    },
}  # fmt: skip
"""What the receiving catalogue works out itself. Nobody becomes sysadmin by an import."""
_MOVING = frozenset({"package_count", "packages", "num_followers"})
"""What changes of a group although nobody changed it."""
_RESTORED = {
    "users": ("created", "last_active"),
    "organizations": ("created",),
    "groups": ("created",),
    "datasets": ("creator_user_id", "metadata_created", "metadata_modified"),
}
_OF_ORIGINAL = ("original_name", "original_hash", "original_size", "original_url")
_RESOURCE_DATES = ("created", "last_modified", "metadata_modified")
"""What only a catalogue that restores takes as it was."""


def bring(
    source: Source,
    target: Catalogue,
    brought: Brought,
    *,
    kinds: tuple[str, ...],
    wishes: Wishes,
    progress: Progress = unseen,
) -> Transfer:
    """Bring the objects of `source` into `target` and return what was done; a dry run writes nothing.

    :raises Unavailable: either catalogue does not answer; the same command goes on where it ended.
    :raises StorageError: nothing more can be written here. :raises TokenUnknown: a token has ended.
    """
    run = _Run(source, target, brought, kinds, wishes)
    for kind in kinds:
        total = source.count(kind)
        run.result.counts.setdefault(kind, {"created": 0, "updated": 0, "unchanged": 0})
        for done, entry in enumerate(source.objects(kind)):
            progress(kind, done, total)
            run.bring_one(kind, entry)
        run.join(kind)
    return run.result


class _Run:
    """One run of `bring`."""

    def __init__(
        self, source: Source, target: Catalogue, brought: Brought, kinds: tuple[str, ...], wishes: Wishes
    ) -> None:
        self.result = Transfer()
        self._source = source
        self._target = target
        self._brought = brought
        self._kinds = kinds
        self._wishes = wishes
        self._restores = target.supports(companions.RESTORES)
        self._parts = Parts(source, target, wishes, self.result)
        self._ids: dict[str, str] = {}
        """Ids in the target of objects that have another one in the source."""
        self._organizations: set[str] = set()
        """Ids and names of the organizations that the source has."""
        self._above: dict[str, list[JsonDict]] = {}
        """What stands above an organization or a group, by its id in the target, where it must be said."""
        self._related: list[tuple[JsonDict, str, list[JsonDict]]] = []
        """Datasets that are brought but for their relationships, with their digests and these."""

    def bring_one(self, kind: str, entry: JsonDict) -> None:
        try:
            if kind in OBJECTS:
                self._bring_object(kind, entry)
            else:
                outcome = companions.write(self._target, entry, self._ids, dry_run=self._wishes.dry_run)
                self.result.count(kind, outcome)
        except CatalogueError as error:
            self.result.refuse(kind, _named(entry), error)

    def _bring_object(self, kind: str, entry: JsonDict) -> None:
        key = str(entry.get("id") or entry.get("name"))
        if kind == "organizations":
            self._organizations |= {key, str(entry.get("name"))}
        compared = entry if kind == "datasets" else _without_moving(entry)
        how = [self._wishes.with_files, self._wishes.sysadmins] if kind == "users" else [self._wishes.with_files]
        digest = hashlib.sha256(json.dumps([compared, *how], sort_keys=True).encode()).hexdigest()
        if kind == "datasets" and (kind, key, digest) in self._brought:
            self.result.count(kind, "unchanged")
            return
        existing = self._find(kind, entry)
        if existing is not None and str(existing["id"]) != key:
            self._ids[key] = str(existing["id"])
        is_told = kind in ("organizations", "groups") and "groups" in entry
        if is_told and _names_above(entry) != _names_above(existing or {}):
            above = [{"name": name} for name in _names_above(entry)]
            self._above[str(existing["id"]) if existing else key] = above
        is_account = kind == "users" and existing is not None
        if (kind, key, digest) in self._brought or (is_account and self._brought.knows(kind, key)):
            self.result.count(kind, "unchanged")
            return
        if is_account and existing is not None:
            self.result.count(kind, "unchanged")
            if self._wishes.dry_run or existing["id"] != key or self._complete_user(entry, existing):
                self._note(kind, key, digest)
            return
        is_whole = self._wishes.dry_run or self._write(kind, entry, existing)
        self.result.count(kind, "updated" if existing is not None else "created")
        if not is_whole or self._wishes.dry_run:
            return
        calls = self._source.relationships(entry) if kind == "datasets" else []
        if calls:
            self._related.append((entry, digest, calls))
        else:
            self._note(kind, key, digest)

    def _note(self, kind: str, key: str, digest: str) -> None:
        if not self._wishes.dry_run:
            self._brought.add(kind, key, digest)

    def _complete_user(self, entry: JsonDict, existing: JsonDict) -> bool:
        """Give a user whom a run that was stopped has made what came after; nobody who is here is changed otherwise."""
        image = image_of("users", entry) if self._wishes.with_files else None
        is_whole = True
        if image is not None and existing.get("image_url") in (None, "", image.name):
            is_whole = self._parts.bring_image("users", existing, image)
        if self._restores:
            self._restore("users", str(existing["id"]), entry)
        return is_whole

    def join(self, kind: str) -> None:
        """Say how the objects of a kind stand to each other, once all are there."""
        above, self._above = self._above, {}
        for key, groups in {} if self._wishes.dry_run else above.items():
            try:
                self._target.call_action(f"{SINGULAR[kind]}_patch", {"id": key, "groups": groups})
            except CatalogueError as error:
                self.result.refuse(kind, key, error)
        related, self._related = self._related, []
        for entry, digest, calls in related:
            refused = len(self.result.refusals)
            for call in calls:
                try:
                    if companions.write(self._target, call, self._ids) == "created":
                        self.result.relationships += 1
                except CatalogueError as error:
                    self.result.refuse("relationships", _named(call), error)
            if len(self.result.refusals) == refused:
                self._note(kind, str(entry.get("id") or entry.get("name")), digest)

    def _find(self, kind: str, entry: JsonDict) -> JsonDict | None:
        # A dataset of the same name and another id is somebody else's: it is not written over.
        refs = [entry.get("id") or entry.get("name")] if kind == "datasets" else [entry.get("id"), entry.get("name")]
        for ref in filter(None, refs):
            try:
                found: JsonDict = self._target.call_action(f"{SINGULAR[kind]}_show", {"id": ref})
            except (CatalogueNotFound, CatalogueRefused) as error:
                if isinstance(error, TokenUnknown):
                    raise
                continue
            return found
        return None

    def _write(self, kind: str, entry: JsonDict, existing: JsonDict | None) -> bool:
        """Write one object and return whether all of it has come."""
        sent = {key: value for key, value in entry.items() if key not in _DERIVED[kind]}
        if existing is not None:
            sent["id"] = existing["id"]
        image = None
        if kind == "datasets":
            self._prepare_dataset(sent, entry)
        else:
            image = self._prepare_image(kind, sent, entry, existing)
            if kind == "users":
                self._prepare_user(sent, entry)
            else:
                self._prepare_group(sent, entry)
                sent["groups"] = (existing or {}).get("groups") or []
        action = f"{SINGULAR[kind]}_{'create' if existing is None else 'update'}"
        written = self._target.call_action(action, sent)
        is_whole = True
        if kind == "datasets":
            is_whole = self._parts.bring(entry)
        elif kind != "users" and existing is None:
            self._dismiss_creator(kind, written, sent)
        if image is not None:
            is_whole = self._parts.bring_image(kind, written, image)
        if self._restores:
            self._restore(kind, str(written["id"]), entry)
        elif kind == "datasets" and any(resource.get("url_type") for resource in entry.get("resources") or []):
            dates = {"id": written["id"], "metadata_modified": entry.get("metadata_modified")}
            self._target.call_action("package_patch", dates)
        return is_whole

    def _restore(self, kind: str, key: str, entry: JsonDict) -> None:
        """Give an object the dates that it has over there."""
        told = {"id": key, **{name: entry[name] for name in _RESTORED[kind] if entry.get(name)}}
        if kind == "datasets":
            told["resources"] = [
                {"id": resource["id"], **{name: resource.get(name) for name in _RESOURCE_DATES}}
                for resource in entry.get("resources") or []
                if resource.get("id")
            ]
        if len(told) > 1:
            self._target.call_action("odl_restore", {"kind": SINGULAR[kind], "object": told})

    def _prepare_user(self, sent: JsonDict, entry: JsonDict) -> None:
        sent.setdefault("email", f"{sent['name']}@adresse-inconnue.invalid")
        if not sent.get("password_hash"):
            sent["password"] = secrets.token_urlsafe(24)
        if self._wishes.sysadmins and entry.get("sysadmin"):
            sent["sysadmin"] = True

    def _prepare_dataset(self, sent: JsonDict, entry: JsonDict) -> None:
        owner = entry.get("owner_org")
        if owner and "organizations" not in self._kinds:
            owner = (entry.get("organization") or {}).get("name") or owner
            is_known = bool(owner)
        else:
            is_known = str(owner) in self._organizations
        owner = self._ids.get(str(owner), owner)
        sent["owner_org"] = (owner if is_known else self._wishes.owner or owner) or None
        sent["groups"] = [{"name": group["name"]} for group in entry.get("groups") or []]
        sent["tags"] = [
            {"name": tag["name"], "vocabulary_id": self._ids.get(tag["vocabulary_id"], tag["vocabulary_id"])}
            if tag.get("vocabulary_id")
            else tag
            for tag in entry.get("tags") or []
        ]
        # Whether there are rows, and a file as it was received, is known when they have come.
        later = {"datastore_active", *(_OF_ORIGINAL if self._wishes.with_files else ())}
        sent["resources"] = [
            {key: value for key, value in resource.items() if key not in later}
            for resource in entry.get("resources") or []
        ]
        if plugin_data := self._source.details(entry).get("plugin_data"):
            sent["plugin_data"] = plugin_data

    def _prepare_group(self, sent: JsonDict, entry: JsonDict) -> None:
        """Keep the members that are users over there."""
        members = [user for user in entry.get("users") or [] if self._is_user(str(user.get("name")))]
        sent["users"] = [{"name": user["name"], "capacity": user.get("capacity") or "member"} for user in members]

    def _is_user(self, name: str) -> bool:
        try:
            self._target.call_action("user_show", {"id": name})
        except (CatalogueNotFound, CatalogueRefused):
            return False
        return True

    def _dismiss_creator(self, kind: str, written: JsonDict, sent: JsonDict) -> None:
        """Take out who creates an organization: a CKAN makes its admin of who brings it."""
        wanted = {user["name"] for user in sent["users"]}
        for user in written.get("users") or []:
            if user["name"] not in wanted:
                member = {"id": written["id"], "username": user["name"]}
                self._target.call_action(f"{SINGULAR[kind]}_member_delete", member)

    def _prepare_image(self, kind: str, sent: JsonDict, entry: JsonDict, existing: JsonDict | None) -> Image | None:
        """Name the logo that was uploaded over there, and return it where it must be brought."""
        image = image_of(kind, entry)
        if image is None:
            return None
        there = str((existing or {}).get("image_url") or "")
        if not self._wishes.with_files:
            sent["image_url"] = image.address if image.address.startswith("http") else ""
            return None
        if self._restores:
            sent["image_url"] = image.name
        elif there.endswith(image.name):
            sent["image_url"] = there
            return None
        else:
            sent["image_url"] = ""  # a CKAN gives what it is sent a name of its own
        return image


def _named(entry: JsonDict) -> str:
    """Return what people call an object, or what a call is about."""
    data = entry.get("data") if isinstance(entry.get("data"), dict) else None
    told = [entry.get("user"), *data.values()] if data else [entry.get("name") or entry.get("id")]
    return " ".join(str(value) for value in told if isinstance(value, str))


def _names_above(entry: JsonDict) -> list[str]:
    return sorted(str(group["name"]) for group in entry.get("groups") or [])


def _without_moving(entry: JsonDict) -> JsonDict:
    """Return what a run compares of a group or a user: of members, who they are and not what they did."""
    kept = {key: value for key, value in entry.items() if key not in _MOVING}
    if "users" in entry:
        kept["users"] = [[user.get("name"), user.get("capacity")] for user in entry["users"]]
    return kept
