"""What callers may send as a dataset, and the document that is kept of it.

Every wrong field is reported at once, in CKAN's shape and words. Source: CKAN 2.12, observed on its Action API.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server.clock import now
from odl_host.server.database.statements import Statement
from odl_host.server.database.tables import resources
from odl_host.server.objects.datasets import Resource, find_dataset, find_name_holder, get_dataset
from odl_host.server.objects.extras import NOT_EXPECTED, check_extras, require_dicts
from odl_host.server.objects.groups import find_group
from odl_host.server.objects.licenses import LICENSES
from odl_host.server.objects.names import (
    check_dataset_name,
    check_date,
    check_email,
    check_id,
    check_name,
    check_tag,
    tag_id,
)
from odl_host.server.objects.resource_fields import ResourceInput, check_resource
from odl_host.server.objects.vocabularies import ensure_tag, find_vocabulary, show_tag
from odl_host.server.params import MISSING_VALUE, Invalid, as_text, flag
from odl_host.server.permissions import WRITERS, has_capacity, is_collaborator
from odl_host.server.registry import Context

TEXTS = ("author", "author_email", "maintainer", "maintainer_email", "license_id", "notes", "url", "version")
STATES = frozenset({"active", "draft", "deleted"})
RESERVED_KEYS = frozenset(
    {
        *(*TEXTS, "id", "name", "title", "type", "state", "private", "owner_org", "metadata_modified"),
        *("tags", "tag_string", "extras", "resources", "groups", "plugin_data"),
        *("relationships_as_object", "relationships_as_subject", "save", "return_to"),
        *("__before", "__extras", "__junk"),
    }
)
"""What no extra may be called."""

_RESOURCE_HOLDER = Statement(sa.select(resources.c.package_id).where(resources.c.id == sa.bindparam("id")))


@dataclass(slots=True)
class DatasetInput:
    """A dataset as it was sent, checked. None in `resources` or `group_ids` means: not sent, leave them.

    `organization` is the JSON that it will show of its own; `name_taken_from` the id of the deleted dataset that
    gives its name back; `is_dated`: a sysadmin says when it was modified.
    """

    doc: JsonDict
    resources: list[ResourceInput] | None
    group_ids: list[str] | None
    organization: str | None
    name_taken_from: str | None
    is_dated: bool


@dataclass(slots=True)
class _Reader:
    """Reads one dictionary, collecting messages."""

    ctx: Context
    data: JsonDict
    before: JsonDict | None
    errors: JsonDict = field(default_factory=dict)
    organization: str | None = None
    name_taken_from: str | None = None

    @property
    def is_sysadmin(self) -> bool:
        return self.ctx.user is not None and self.ctx.user.sysadmin

    def refuse(self, key: str, *messages: str) -> None:
        self.errors.setdefault(key, []).extend(messages)

    def dataset_id(self) -> str:
        if self.before is not None:
            return str(self.before["id"])
        value = self.data.get("id")
        if value is None or (value == "" and not self.is_sysadmin):
            return str(uuid.uuid4())
        if not self.is_sysadmin:
            self.refuse("id", NOT_EXPECTED)
            return ""
        try:
            value = check_id(value)
        except Invalid as error:
            self.refuse("id", str(error))
            return ""
        if find_dataset(self.ctx.db, value):
            self.refuse("id", "Dataset id already exists")
        return str(value)

    def name(self, dataset_id: str) -> str:
        value = self.data.get("name")
        if value is None or (value == "" and self.before is None):
            if self.before is not None:
                return str(self.before["name"])
            self.refuse("name", MISSING_VALUE)
            return ""
        if self.before is not None and value == self.before["name"]:
            return str(value)
        try:
            name = check_dataset_name(value)
        except Invalid as error:
            self.refuse("name", *error.messages)
            return ""
        holder_id, state = find_name_holder(self.ctx.db, name) or (dataset_id, "")
        if holder_id != dataset_id:
            if state == "deleted":
                self.name_taken_from = holder_id
            else:
                self.refuse("name", "That URL is already in use.")
        return name

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is None:
            return None
        value = as_text(value)
        if key.endswith("_email") and value:
            try:
                return check_email(value)
            except Invalid as error:
                self.refuse(key, str(error))
        return value

    def owner_org(self) -> str | None:
        before = self.before["owner_org"] if self.before else None
        value = self.data.get("owner_org")
        if self.before is not None and value is None:
            return str(before) if before else None
        if not value:
            if not self.ctx.site.settings["ckan.auth.create_unowned_dataset"]:
                self.refuse("owner_org", "An organization must be provided")
            return None
        group = self.ctx.once(find_group, value) if isinstance(value, str) else None
        if self.before is not None and not (group and group.id == before) and self._only_collaborates():
            self.refuse("owner_org", "You cannot move this dataset to another organization")
            return None
        if group is not None and not group.is_organization:
            raise NotFound("Organization was not found.")
        if group is None or group.state == "deleted":
            self.refuse("owner_org", "Organization does not exist")
            return None
        if group.id != before and not has_capacity(self.ctx, group.id, WRITERS):
            self.refuse("owner_org", "You cannot add a dataset to this organization")
        self.organization = group.summary if group.state == "active" else None
        return group.id

    def _only_collaborates(self) -> bool:
        """Whether the caller changes the dataset as a collaborator who may not move it."""
        before = self.before or {}
        return (
            not self.ctx.site.settings["ckan.auth.allow_collaborators_to_change_owner_org"]
            and not has_capacity(self.ctx, before["owner_org"], WRITERS)
            and is_collaborator(self.ctx, get_dataset(self.ctx.db, before["id"]), WRITERS)
        )

    def state(self) -> str:
        before = str(self.before["state"]) if self.before else "active"
        value = self.data.get("state")
        if not value or (self.before is None and not self.is_sysadmin):
            return before
        if not isinstance(value, str) or value not in STATES:
            self.refuse("state", f"Value must be one of {sorted(STATES)}")
        return str(value)

    def type(self) -> str:
        if self.before is not None:
            return str(self.before["type"])
        value = self.data.get("type")
        try:
            return check_name(value) if value else "dataset"
        except Invalid as error:
            self.refuse("type", str(error))
            return "dataset"

    def tags(self) -> list[JsonDict]:
        free = self._tags_of_string(self.data.get("tag_string"))
        closed: dict[str, JsonDict] = {}
        nested: list[JsonDict] = []
        for tag in require_dicts("tags", self.data.get("tags"), self.data):
            if not tag.get("name"):
                if tag:
                    self.refuse("tags", MISSING_VALUE)
                continue
            try:
                name = check_tag(tag["name"])
            except Invalid as error:
                self.refuse("tags", str(error))
                continue
            if not tag.get("vocabulary_id"):
                free[name] = None
                continue
            vocabulary = find_vocabulary(self.ctx.db, ref := as_text(tag["vocabulary_id"]))
            if vocabulary and vocabulary.id != ref:
                vocabulary = None  # as in CKAN, its name does not do here
            nested.append({} if vocabulary else {"vocabulary_id": ["Tag vocabulary was not found."]})
            if vocabulary:
                entry = show_tag(ensure_tag(self.ctx.db, name, vocabulary.id)) | {"state": "active"}
                closed[entry["id"]] = entry
        if any(nested):
            self.errors["tags"] = nested
        return sorted(
            [*map(_free_tag, free), *closed.values()], key=lambda tag: (tag["name"], not tag["vocabulary_id"])
        )

    def _tags_of_string(self, value: object) -> dict[str, None]:
        """Tags in a text join those of the list; of the first wrong one, one reason is told."""
        names: dict[str, None] = {}
        parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        for part in filter(None, (as_text(part).strip() for part in parts)):
            try:
                names[check_tag(part)] = None
            except Invalid as error:
                self.refuse("tag_string", error.messages[0])
                break
        return names

    def extras(self) -> list[dict[str, str]]:
        extras, messages = check_extras(self.data, reserved=RESERVED_KEYS, is_sysadmin=self.is_sysadmin)
        self.errors |= messages
        return extras

    def group_ids(self) -> list[str] | None:
        sent = self.data.get("groups")
        if sent is None:
            return None
        ids: dict[str, None] = {}
        for entry in require_dicts("groups", sent, self.data):
            ref = entry.get("id") or entry.get("name")
            group = find_group(self.ctx.db, ref) if isinstance(ref, str) else None
            # As in CKAN, a group that is not there is no error.
            if group is not None and not group.is_organization and group.state == "active":
                ids[group.id] = None
        return list(ids)

    def resources(self, dataset_id: str, stored: dict[str, Resource]) -> list[ResourceInput] | None:
        sent = self.data.get("resources")
        if sent is None:
            return None
        sent = require_dicts("resources", sent, self.data)
        if sent and not any(sent):
            return None  # as in CKAN, a resource of which nothing is said was not sent
        sent = [entry for entry in sent if entry]
        entries: list[ResourceInput] = []
        errors: list[JsonDict] = []
        seen: set[str] = set()
        for entry in sent:
            key = entry.get("id")
            read, found = check_resource(entry, stored=stored.get(key) if isinstance(key, str) else None)
            if read is not None and read.id in seen:
                found = {"id": ["Resource id already exists."]}
            errors.append(dict(found))
            if read is not None:
                seen.add(read.id)
                entries.append(read)
        for entry, found in zip(sent, errors, strict=True):
            if self._is_of_another(entry.get("id"), dataset_id):
                found["id"] = ["Resource id already exists."]
        if any(errors):
            self.errors["resources"] = errors
        return entries

    def _is_of_another(self, resource_id: object, dataset_id: str) -> bool:
        holder = _RESOURCE_HOLDER.first(self.ctx.db, id=resource_id) if isinstance(resource_id, str) else None
        return holder is not None and holder.package_id != dataset_id


def _free_tag(name: str) -> JsonDict:
    return {"display_name": name, "id": tag_id(name), "name": name, "state": "active", "vocabulary_id": None}


def read_dataset(
    ctx: Context, data: JsonDict, *, before: JsonDict | None = None, stored: dict[str, Resource] | None = None
) -> DatasetInput:
    """Check a dataset that was sent; `before` is the document it replaces, `stored` its resources by id.

    :raises ValidationError: naming every wrong field.
    """
    reader = _Reader(ctx, data, before)
    dataset_id = reader.dataset_id()
    name = reader.name(dataset_id)
    texts = {key: reader.text(key) for key in TEXTS}
    owner_org = reader.owner_org()
    private = flag(data["private"]) if data.get("private") is not None else bool(before and before["private"])
    was_owned = before is not None and before["owner_org"]
    if private and not owner_org and not was_owned and "owner_org" not in reader.errors:
        reader.refuse("private", "Datasets with no organization can't be private.")
    state = reader.state()
    tags = reader.tags()
    extras = reader.extras()
    kind = reader.type()
    entries = reader.resources(dataset_id, stored or {})
    group_ids = reader.group_ids()
    modified = _chosen_date(reader, "metadata_modified")
    created = _chosen_date(reader, "metadata_created") if before is None else None
    if reader.errors:
        raise ValidationError(reader.errors)
    moment = now()
    license_ = LICENSES.get(texts["license_id"] or "")
    doc: JsonDict = {
        **texts,
        "creator_user_id": before["creator_user_id"] if before else ctx.user and ctx.user.id,
        "extras": extras,
        "id": dataset_id,
        "isopen": bool(license_ and license_.is_open),
        "license_title": license_.title if license_ else texts["license_id"],
        "metadata_created": created or (before["metadata_created"] if before else moment),
        "metadata_modified": modified or moment,
        "name": name,
        "num_tags": len(tags),
        "owner_org": owner_org,
        "private": private,
        "relationships_as_object": before["relationships_as_object"] if before else [],
        "relationships_as_subject": before["relationships_as_subject"] if before else [],
        "state": state,
        "tags": tags,
        "title": as_text(data.get("title") or "").strip() or name,
        "type": kind,
    }
    if license_ and license_.url:
        doc["license_url"] = license_.url
    return DatasetInput(doc, entries, group_ids, reader.organization, reader.name_taken_from, modified is not None)


def _chosen_date(reader: _Reader, key: str) -> str | None:
    """A sysadmin may say when a dataset was created and modified: that is how a copy keeps its history.

    The stored value sent back is no choice: an update made from `package_show` must move the date.
    """
    value = reader.data.get(key)
    if not value or not reader.is_sysadmin or (reader.before is not None and value == reader.before[key]):
        return None
    try:
        return check_date(value)
    except Invalid as error:
        reader.refuse(key, str(error))
        return None
