"""Bringing the objects of one catalogue into another: ids kept, files fetched, again and again without harm.

An object that is there already under its id is updated; an organization, group or user that is there under its name
with another id is taken for the same. What was brought is written down, so that a run that was stopped goes on where
it ended. One object that is refused stops no other.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odl_host.catalogue.client import Catalogue, Upload
from odl_host.catalogue.source import KINDS, Progress, Source, unseen
from odl_host.catalogue.tables import write_table
from odl_host.ckan import JsonDict
from odl_host.errors import CatalogueError, CatalogueNotFound, CatalogueRefused, OdlError, StorageError, Unavailable

_SINGULAR = {"users": "user", "organizations": "organization", "groups": "group", "datasets": "package"}
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """An object, or a file of one, that could not be brought, and why."""

    kind: str
    name: str
    reason: str


@dataclass(slots=True)
class Transfer:
    """What a run did: by kind, how many were created, updated, left as they were."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    files: int = 0
    tables: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def count(self, kind: str, outcome: str) -> None:
        """Count one object."""
        by_outcome = self.counts.setdefault(kind, {"created": 0, "updated": 0, "unchanged": 0})
        by_outcome[outcome] += 1


class Brought:
    """What earlier runs have brought: a file with one line per object, its digest and its id over there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._digests: dict[tuple[str, str], str] = {}
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    kind, key, digest = json.loads(line)
                    self._digests[kind, key] = digest
                except ValueError:
                    continue  # the line that a killed run had begun

    def __contains__(self, entry: tuple[str, str, str]) -> bool:
        kind, key, digest = entry
        return self._digests.get((kind, key)) == digest

    def add(self, kind: str, key: str, digest: str) -> None:
        """Write down that an object has been brought. :raises StorageError: it cannot be."""
        self._digests[kind, key] = digest
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([kind, key, digest]) + "\n")
        except OSError as error:
            raise StorageError(f"Cannot write {self._file}: {error.strerror or error}.") from error


def bring(
    source: Source,
    target: Catalogue,
    brought: Brought,
    *,
    kinds: tuple[str, ...] = KINDS,
    with_files: bool = True,
    max_file_bytes: int = 1 << 30,
    dry_run: bool = False,
    progress: Progress = unseen,
) -> Transfer:
    """Bring the objects of `source` into `target` and return what was done; `dry_run` writes nothing.

    :raises Unavailable: either catalogue does not answer; the same command goes on where it ended.
    """
    run = _Run(source, target, brought, with_files=with_files, max_file_bytes=max_file_bytes, dry_run=dry_run)
    for kind in kinds:
        total = source.count(kind)
        run.result.counts.setdefault(kind, {"created": 0, "updated": 0, "unchanged": 0})
        for done, entry in enumerate(source.objects(kind)):
            progress(kind, done, total)
            run.bring_one(kind, entry)
    return run.result


class _Run:
    """One run of `bring`."""

    def __init__(
        self,
        source: Source,
        target: Catalogue,
        brought: Brought,
        *,
        with_files: bool,
        max_file_bytes: int,
        dry_run: bool,
    ) -> None:
        self.result = Transfer()
        self._source = source
        self._target = target
        self._brought = brought
        self._with_files = with_files
        self._max_file_bytes = max_file_bytes
        self._dry_run = dry_run
        self._ids: dict[str, str] = {}
        """Ids in the target of objects that have another one in the source."""

    def bring_one(self, kind: str, entry: JsonDict) -> None:
        key = str(entry.get("id") or entry.get("name"))
        compared = entry if kind == "datasets" else _without_moving(entry)
        digest = hashlib.sha256(json.dumps([compared, self._with_files], sort_keys=True).encode()).hexdigest()
        try:
            if kind == "datasets" and (kind, key, digest) in self._brought:
                self.result.count(kind, "unchanged")
                return
            existing = self._find(kind, entry)
            if existing is not None and str(existing["id"]) != key:
                self._ids[key] = str(existing["id"])
            if (kind, key, digest) in self._brought or (kind == "users" and existing is not None):
                self.result.count(kind, "unchanged")
                return
            is_whole = self._dry_run or self._write(kind, entry, existing)
            self.result.count(kind, "updated" if existing is not None else "created")
        except Unavailable:
            raise
        except CatalogueError as error:
            self._refuse(kind, entry, error)
            return
        if is_whole and not self._dry_run:
            self._brought.add(kind, key, digest)

    def _refuse(self, kind: str, entry: JsonDict, error: OdlError) -> None:
        self.result.refusals.append(Refusal(kind, str(entry.get("name") or entry.get("id")), error.message))

    def _find(self, kind: str, entry: JsonDict) -> JsonDict | None:
        for ref in (entry.get("id"), entry.get("name")):
            if not ref:
                continue
            try:
                found: JsonDict = self._target.call_action(f"{_SINGULAR[kind]}_show", {"id": ref})
            except (CatalogueNotFound, CatalogueRefused):
                continue
            return found
        return None

    def _write(self, kind: str, entry: JsonDict, existing: JsonDict | None) -> bool:
        """Write one object and return whether all of it has come."""
        sent = {key: value for key, value in entry.items() if key not in _DERIVED[kind]}
        if existing is not None:
            sent["id"] = existing["id"]
        if kind == "users":
            sent.setdefault("email", f"{sent['name']}@adresse-inconnue.invalid")
            if not sent.get("password_hash"):
                sent["password"] = secrets.token_urlsafe(24)
        elif kind == "datasets":
            sent["owner_org"] = self._ids.get(str(entry.get("owner_org")), entry.get("owner_org"))
            sent["groups"] = [{"name": group["name"]} for group in entry.get("groups") or []]
            # Whether there are rows is known when they have come.
            sent["resources"] = [
                {key: value for key, value in resource.items() if key != "datastore_active"}
                for resource in entry.get("resources") or []
            ]
        else:
            self._prepare_group(sent, entry)
        action = f"{_SINGULAR[kind]}_{'create' if existing is None else 'update'}"
        self._target.call_action(action, sent)
        if kind != "datasets" or not self._with_files:
            return True
        has_files, has_tables = self._bring_files(entry), self._bring_tables(entry)
        is_touched = any(resource.get("url_type") for resource in entry.get("resources") or [])
        if is_touched and entry.get("metadata_modified"):
            dates = {"id": sent.get("id") or sent["name"], "metadata_modified": entry["metadata_modified"]}
            self._target.call_action("package_patch", dates)
        return has_files and has_tables

    def _prepare_group(self, sent: JsonDict, entry: JsonDict) -> None:
        """Keep the members that are users over there; a logo that was uploaded is shown from where it lies."""
        image = str(entry.get("image_display_url") or "")
        if image.startswith(("http://", "https://")):
            sent["image_url"] = image
        members = [user for user in entry.get("users") or [] if self._is_user(str(user.get("name")))]
        sent["users"] = [{"name": user["name"], "capacity": user.get("capacity") or "member"} for user in members]
        sent["groups"] = [{"name": group["name"]} for group in entry.get("groups") or []]

    def _is_user(self, name: str) -> bool:
        try:
            self._target.call_action("user_show", {"id": name})
        except (CatalogueNotFound, CatalogueRefused):
            return False
        return True

    def _bring_tables(self, entry: JsonDict) -> bool:
        """Write the rows that no file of the dataset brings, and return whether all have come."""
        is_whole = True
        for resource in entry.get("resources") or []:
            key = str(resource.get("id"))
            try:
                if write_table(self._target, key, self._source.table(resource)):
                    self.result.tables += 1
                    dates = {"id": key, "last_modified": resource.get("last_modified")}
                    self._target.call_action("resource_patch", dates)
            except (StorageError, CatalogueError) as error:
                is_whole = False
                self.result.refusals.append(Refusal("rows", f"{entry.get('name')}/{key}", error.message))
        return is_whole

    def _bring_files(self, entry: JsonDict) -> bool:
        """Fetch the files that were uploaded over there, and return whether all have come."""
        uploads = [resource for resource in entry.get("resources") or [] if resource.get("url_type") == "upload"]
        is_whole = True
        with tempfile.TemporaryDirectory(prefix="odl-import-") as folder:
            for resource in uploads:
                file = Path(folder) / "file"
                try:
                    self._save(self._source.content(resource), file)
                    name = str(resource["url"]).rstrip("/").rpartition("/")[2] or "fichier"
                    upload = Upload(file, name, str(resource.get("mimetype") or "application/octet-stream"))
                    self._target.call_action("resource_patch", {"id": resource["id"]}, {"upload": upload})
                    self.result.files += 1
                except (Unavailable, StorageError, CatalogueError) as error:
                    is_whole = False
                    self.result.refusals.append(
                        Refusal("files", f"{entry.get('name')}/{resource.get('id')}", error.message)
                    )
        return is_whole

    def _save(self, chunks: Iterator[bytes], file: Path) -> None:
        size = 0
        with file.open("wb") as content:
            for chunk in chunks:
                size += len(chunk)
                if size > self._max_file_bytes:
                    raise StorageError(f"The file is larger than {self._max_file_bytes >> 20} MB (max_file_mb).")
                content.write(chunk)


def _without_moving(entry: JsonDict) -> JsonDict:
    """Return what a run compares of a group or a user: of members, who they are and not what they did."""
    kept = {key: value for key, value in entry.items() if key not in _MOVING}
    if "users" in entry:
        kept["users"] = [[user.get("name"), user.get("capacity")] for user in entry["users"]]
    return kept


def as_json(transfer: Transfer) -> dict[str, Any]:
    """Return what a run did as a JSON document."""
    return {
        "counts": transfer.counts,
        "files": transfer.files,
        "tables": transfer.tables,
        "refusals": [{"kind": each.kind, "name": each.name, "reason": each.reason} for each in transfer.refusals],
    }
