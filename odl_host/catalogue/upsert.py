"""What the toolkit asks of a catalogue about organizations, datasets and their files, in typed verbs.

Every verb may be called again after a failure: objects are found by the ids that odl-host derives, so a second call
finds what the first one made.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

from odl_host.catalogue.client import Catalogue, Sending, Upload
from odl_host.ckan import JsonDict, OrganizationDict, PackageDict, ResourceDict, extras_dict
from odl_host.errors import CatalogueError, CatalogueInvalid, CatalogueNotFound, CatalogueRefused

# Every id that odl-host derives lies under this namespace; changing it would change the ids of all catalogues.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://schema.data.gouv.fr/odl-host")

ORGANIZATION_PAGE = 1000
DATASET_PAGE = 250
"""As many as fit in memory without being felt, with a dozen files each."""
ORIGINAL_EXTENSION = "odl_original"
VERSION_EXTENSION = "odl_versions"
TOGETHER_EXTENSION = "odl_together"
_NOT_IN_DRAFTS = frozenset({"tags"})
"""CKAN looks up every tag at every write of a dataset, twice where it has it already: so they come with the files."""


def derive_id(*parts: str) -> str:
    """Return the id of the object that these parts name; the same parts give the same id for ever.

    >>> derive_id("savoie", "organization", "commune:73065") == derive_id("savoie", "organization", "commune:73065")
    True
    """
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


def list_organizations(catalogue: Catalogue) -> list[OrganizationDict]:
    """Return every active organization with its extras; a CKAN that gives fewer per page than asked is paged.

    By name, which is unique: in CKAN's own order, by title, two of one title may each be given twice or never.
    """
    asked = {"all_fields": True, "include_extras": True, "sort": "name asc", "limit": ORGANIZATION_PAGE}
    found: list[OrganizationDict] = []
    largest = 0
    while True:
        page = catalogue.call_action("organization_list", {**asked, "offset": len(found)})
        found.extend(page)
        if not page or len(page) < largest:
            return found
        largest = len(page)


def list_organization_names(catalogue: Catalogue) -> list[OrganizationDict]:
    """Return id, name and title of the organizations that the token may read, without extras, in one call."""
    return cast(list[OrganizationDict], catalogue.call_action("organization_list_for_user", {"permission": "read"}))


def organization_differences(wanted: OrganizationDict, existing: OrganizationDict) -> dict[str, Any]:
    """Return the keys of `wanted` that differ, as `organization_patch` wants them; foreign extras are kept."""
    changed: dict[str, Any] = {
        key: wanted[key] for key in ("title", "description") if wanted.get(key) != existing.get(key)
    }
    old = extras_dict(existing)
    merged = {**old, **extras_dict(wanted)}
    if merged != old:
        changed["extras"] = [{"key": key, "value": value} for key, value in sorted(merged.items())]
    return changed


def create_organization(catalogue: Catalogue, wanted: OrganizationDict) -> None:
    """Create an organization; one that was deleted earlier under the same id is brought back."""
    try:
        existing = catalogue.call_action("organization_show", {"id": wanted["id"]})
    except CatalogueNotFound:
        catalogue.call_action("organization_create", cast(JsonDict, wanted))
    else:
        catalogue.call_action("organization_patch", {**wanted, "id": existing["id"], "state": "active"})


def patch_organization(catalogue: Catalogue, organization_id: str, changes: Mapping[str, Any]) -> None:
    """Change some keys of an organization."""
    catalogue.call_action("organization_patch", {"id": organization_id, **changes})


def iter_datasets(catalogue: Catalogue) -> Iterator[PackageDict]:
    """Yield every dataset that the token may see, drafts and private ones too.

    A search finds most of them at once, and none of those that its index lacks (a full disk, a folder without rights):
    they would be taken for unpublished, and their renamed files for new ones. So they are asked for by their names.
    """
    everything = {"include_private": True, "include_drafts": True}
    found: set[str] = set()
    start, count = 0, 1
    while start < count:
        asked = {"q": "*:*", "rows": DATASET_PAGE, "start": start, "sort": "name asc", **everything}
        answer = catalogue.call_action("package_search", asked)
        yield from answer["results"]
        found.update(dataset["name"] for dataset in answer["results"])
        start += len(answer["results"])
        count = answer["count"] if answer["results"] else 0
    for name in catalogue.call_action("package_list", everything):
        if name not in found and (dataset := find_dataset(catalogue, name)) is not None:
            yield dataset


def find_dataset(catalogue: Catalogue, dataset_id: str) -> PackageDict | None:
    """Return a dataset that is not deleted, by id or name, or None."""
    try:
        dataset = cast(PackageDict, catalogue.call_action("package_show", {"id": dataset_id}))
    except CatalogueNotFound:
        return None
    return None if dataset.get("state") == "deleted" else dataset


def create_dataset(catalogue: Catalogue, wanted: PackageDict) -> PackageDict:
    """Create a dataset as a draft, without what `shown_with` gives it: nobody sees it until it is shown.

    One that was deleted earlier under the same id is brought back, with the same id and address, but not with the
    files that it had. One that is there already (another call made it, whose answer was lost) keeps its files.
    """
    draft: JsonDict = {key: value for key, value in wanted.items() if key not in _NOT_IN_DRAFTS} | {"state": "draft"}
    try:
        return cast(PackageDict, catalogue.call_action("package_create", draft))
    except CatalogueInvalid as error:
        try:
            held = cast(PackageDict, catalogue.call_action("package_show", {"id": wanted["id"]}))
        except (CatalogueNotFound, CatalogueRefused):
            raise error from None  # it is not there: something else is wrong with it
    if held.get("state") == "active":
        return held
    if held.get("state") == "deleted":
        draft["resources"] = []
    return cast(PackageDict, catalogue.call_action("package_patch", draft))


def shown_with(created: PackageDict | None) -> JsonDict:
    """Return the keys that show a draft to the public, with what it was `created` without."""
    left = {key: value for key, value in (created or {}).items() if key in _NOT_IN_DRAFTS}
    return {**left, "state": "active"}


def create_with_files(catalogue: Catalogue, wanted: PackageDict, sendings: Sequence[Sending]) -> PackageDict:
    """Create a dataset, shown at once, together with its files; all or nothing. Return it.

    Only for a catalogue that `creates_with_files`. :raises CatalogueInvalid: it is there already, shown or not.
    """
    form = {key: _in_form(value) for key, value in wanted.items()}
    files = {
        f"resources__{number}__{field}": file
        for number, sending in enumerate(sendings)
        for field, file in _files_of(sending).items()
    }
    form["resources"] = json.dumps([sending.resource for sending in sendings])
    return cast(PackageDict, catalogue.call_action("package_create", form, files))


def _in_form(value: Any) -> Any:
    """Return a value as it travels next to files."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def creates_with_files(catalogue: Catalogue) -> bool:
    """Return whether the catalogue takes a new dataset and its files in one call."""
    return catalogue.supports(TOGETHER_EXTENSION)


def patch_dataset(catalogue: Catalogue, dataset_id: str, changes: Mapping[str, Any]) -> None:
    """Change some keys of a dataset."""
    catalogue.call_action("package_patch", {"id": dataset_id, **changes})


def delete_dataset(catalogue: Catalogue, dataset_id: str) -> None:
    """Take a dataset away from the public, for a while or for good; one that is gone is no error."""
    with suppress(CatalogueNotFound):
        catalogue.call_action("package_delete", {"id": dataset_id})


def find_resource(catalogue: Catalogue, resource_id: str) -> ResourceDict | None:
    """Return a resource, or None."""
    try:
        return cast(ResourceDict, catalogue.call_action("resource_show", {"id": resource_id}))
    except CatalogueNotFound:
        return None


def patch_resource(catalogue: Catalogue, resource_id: str, changes: Mapping[str, Any]) -> ResourceDict:
    """Change some plain fields of a resource; its file stays."""
    return cast(ResourceDict, catalogue.call_action("resource_patch", {**changes, "id": resource_id}))


def delete_resource(catalogue: Catalogue, resource_id: str) -> None:
    """Remove a resource and the file as received that is kept beside it; what is gone is no error."""
    gone = [resource_id]
    if not catalogue.supports(ORIGINAL_EXTENSION):
        gone.append(derive_id(resource_id, "original"))
    for one in gone:
        with suppress(CatalogueNotFound):
            catalogue.call_action("resource_delete", {"id": one})


@contextmanager
def _kept(catalogue: Catalogue, dataset_id: str, sendings: Sequence[Sending]) -> Iterator[None]:
    """Keep what is sent meanwhile to a catalogue that keeps none, unless it refuses it; a lost answer is no refusal."""
    shelf = None if catalogue.supports(VERSION_EXTENSION) else catalogue.shelf
    if shelf is not None:
        shelf.keep(dataset_id, sendings)
    try:
        yield
    except CatalogueError:
        if shelf is not None:
            shelf.strike_out(sendings)
        raise


def upload_resource(
    catalogue: Catalogue,
    dataset_id: str,
    resource: ResourceDict,
    file: Upload,
    *,
    original: Upload | None,
    exists: bool,
) -> ResourceDict:
    """Create a resource with its file, or replace the file of one that exists; id and URL stay.

    Next to a file only scalars travel, so `resource` must hold no list and no dictionary. `original` is the file as it
    was received: kept beside the resource where the catalogue can, as a second resource elsewhere.
    """
    sending = Sending(resource, file, original)
    with _kept(catalogue, dataset_id, [sending]):
        return _send(catalogue, dataset_id, sending, exists=exists)


def _send(catalogue: Catalogue, dataset_id: str, sending: Sending, *, exists: bool) -> ResourceDict:
    resource, file, original = sending.resource, sending.file, sending.original
    fields: JsonDict = {**resource, "package_id": dataset_id}
    beside = original is not None and catalogue.supports(ORIGINAL_EXTENSION)
    files = _files_of(sending) if beside else {"upload": file}
    action = "resource_patch" if exists else "resource_create"
    if original is None and exists and is_foreign(catalogue):
        _remove_original_resource(catalogue, resource["id"])
    if original is None or beside:
        return cast(ResourceDict, catalogue.call_action(action, fields, files))
    # What says that the file is published is written last: a run killed in between sends both again.
    said = fields.pop("source_hash", "")
    result = catalogue.call_action(action, {**fields, "source_hash": ""}, files)
    upload_original_resource(catalogue, dataset_id, resource, original)
    catalogue.call_action("resource_patch", {"id": resource["id"], "source_hash": said})
    return cast(ResourceDict, result)


def _files_of(sending: Sending) -> dict[str, Upload]:
    return {"upload": sending.file, **({"original": sending.original} if sending.original else {})}


def is_foreign(catalogue: Catalogue) -> bool:
    """Return whether this is a CKAN without our additions, where each call is dear: a write costs a whole dataset."""
    return not catalogue.supports(ORIGINAL_EXTENSION)


def upload_resources(
    catalogue: Catalogue,
    dataset_id: str,
    sendings: Sequence[Sending],
    *,
    held: Collection[str],
    changes: Mapping[str, Any],
) -> PackageDict:
    """Send several files of a dataset in one call, all or none, and change some of its own keys; return it.

    `held`: the ids of the resources that are there, and keep their addresses. Where the catalogue knows no originals,
    received files become resources of their own.
    """
    form: JsonDict = {"match__id": dataset_id}
    form |= {f"update__{key}": _in_form(value) for key, value in changes.items()}
    new: list[JsonDict] = []
    files: dict[str, Upload] = {}
    is_apart = is_foreign(catalogue)
    for sending in sendings:
        if is_apart and sending.original is None and derive_id(sending.resource["id"], "original") in held:
            _remove_original_resource(catalogue, sending.resource["id"])
        for fields, received in _apart(sending) if is_apart else _beside(sending):
            place = f"update__resources__{fields['id']}"
            files |= {f"{place}__{field}": file for field, file in received.items()}
            if fields["id"] in held:
                form[place] = json.dumps(fields)
            else:
                new.append(fields)
    if new:
        form["update__resources__extend"] = json.dumps(new)
    with _kept(catalogue, dataset_id, sendings):
        return cast(PackageDict, catalogue.call_action("package_revise", form, files)["package"])


def _beside(sending: Sending) -> Iterator[tuple[JsonDict, dict[str, Upload]]]:
    yield cast(JsonDict, sending.resource), _files_of(sending)


def _apart(sending: Sending) -> Iterator[tuple[JsonDict, dict[str, Upload]]]:
    yield cast(JsonDict, sending.resource), {"upload": sending.file}
    if sending.original is not None:
        yield _original_fields(sending.resource, sending.original), {"upload": sending.original}


def _original_fields(resource: ResourceDict, original: Upload) -> JsonDict:
    """Return the resource that keeps a received file, on a CKAN that knows no originals."""
    return {
        "id": derive_id(resource["id"], "original"),
        "name": f"{resource['name']} (fichier d’origine)",
        "format": original.path.suffix.lstrip(".").upper(),
        "original_of": resource["id"],
    }


def _remove_original_resource(catalogue: Catalogue, resource_id: str) -> None:
    """Remove the received file of what is replaced by one that needs none beside it.

    It leaves before the new one comes: a run killed in between sends that again, and never leaves the old one online.
    """
    with suppress(CatalogueNotFound):
        catalogue.call_action("resource_delete", {"id": derive_id(resource_id, "original")})


def upload_original_resource(catalogue: Catalogue, dataset_id: str, resource: ResourceDict, original: Upload) -> None:
    """Keep the received file as a resource of its own, on a CKAN that knows no originals."""
    fields = {**_original_fields(resource, original), "package_id": dataset_id}
    dataset = find_dataset(catalogue, dataset_id)
    held = any(item["id"] == fields["id"] for item in (dataset or {}).get("resources", ()))
    catalogue.call_action("resource_patch" if held else "resource_create", fields, {"upload": original})


def tag_dicts(names: Iterable[str]) -> list[dict[str, str]]:
    """Return tags as CKAN takes them."""
    return [{"name": name} for name in names]


def read_status(catalogue: Catalogue) -> dict[str, Any]:
    """Return what the catalogue says of itself: its version, its address, its extensions."""
    return cast(dict[str, Any], catalogue.call_action("status_show"))
