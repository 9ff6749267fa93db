"""The earlier files of a resource: kept by the catalogue, or on our shelf beside one that keeps none but the last."""

from __future__ import annotations

from typing import Any, cast

from odl_host.catalogue import rows, upsert
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.shelf import Kept, Shelf
from odl_host.ckan import JsonDict, ResourceDict
from odl_host.errors import CatalogueNotFound, UsageError


def list_versions(catalogue: Catalogue, resource_id: str) -> list[dict[str, Any]]:
    """Return the files that a resource had, the oldest first; the one it has now is the last.

    :raises CatalogueNotFound: there never was such a resource. :raises UsageError: nobody keeps versions here.
    """
    shelf = _shelf(catalogue)
    if shelf is None:
        return cast(list[dict[str, Any]], catalogue.call_action("odl_version_list", {"id": resource_id}))
    versions = shelf.versions_of(resource_id)
    if not versions:
        catalogue.call_action("resource_show", {"id": resource_id})
        return []
    dataset = upsert.find_dataset(catalogue, versions[-1].package_id)
    shown = {one["id"]: one for one in (dataset or {}).get("resources", ())}.get(resource_id)
    address = ""
    if dataset is not None and shown is not None:
        said = [one.source_hash for one in versions]
        online = str(shown.get("source_hash") or "")
        if online in said:  # what comes after it never arrived
            versions = versions[: len(said) - said[::-1].index(online)]
            address = str(shown["url"]) if dataset.get("state") == "active" else ""
    return [_version(one, address if one is versions[-1] else "") for one in versions]


def restore_version(catalogue: Catalogue, dataset_id: str, resource_id: str, version: int) -> ResourceDict:
    """Give a resource an earlier file again; a resource or a dataset that was deleted comes back with its address.

    :raises CatalogueNotFound: there is no such version. :raises UsageError: nobody keeps versions here.
    """
    shelf = _shelf(catalogue)
    if shelf is not None:
        kept = next((one for one in shelf.versions_of(resource_id) if one.number == version), None)
        if kept is None:
            raise CatalogueNotFound(f"No version {version} of {resource_id} is kept.")
        return _send_again(catalogue, dataset_id, shelf, kept)
    restored = catalogue.call_action("odl_version_restore", {"id": resource_id, "version": version})
    dataset = catalogue.call_action("package_show", {"id": dataset_id})
    if dataset.get("state") == "deleted":
        upsert.patch_dataset(catalogue, dataset_id, upsert.shown_with(None))
    return cast(ResourceDict, restored)


def purge_versions(catalogue: Catalogue, resource_id: str, *, keep: int = 0) -> None:
    """Forget all but the last versions of a resource; where none are kept there is nothing to forget."""
    if catalogue.supports(upsert.VERSION_EXTENSION):
        catalogue.call_action("odl_version_purge", {"id": resource_id, "keep": keep})
    elif catalogue.shelf is not None:
        catalogue.shelf.forget(resource_id, keep=keep)


def _shelf(catalogue: Catalogue) -> Shelf | None:
    """Return where we keep the files of a catalogue that keeps none; None for one that does.

    :raises UsageError: nobody keeps them.
    """
    if catalogue.supports(upsert.VERSION_EXTENSION):
        return None
    if catalogue.shelf is None:
        raise UsageError(
            "This catalogue keeps no earlier versions of files.",
            hint="Deposit the earlier file again under the same name: its id and its address stay.",
        )
    return catalogue.shelf


def _send_again(catalogue: Catalogue, dataset_id: str, shelf: Shelf, kept: Kept) -> ResourceDict:
    """Send a kept file once more; a dataset that was deleted is a draft until its file is there."""
    dataset = catalogue.call_action("package_show", {"id": dataset_id})
    if dataset.get("state") == "deleted":
        dataset = catalogue.call_action("package_patch", {"id": dataset_id, "state": "draft"})
    if rows.takes_rows(catalogue):
        rows.delete_rows(catalogue, kept.resource_id)  # those of the file that leaves
    held = [one["id"] for one in dataset.get("resources", ())]
    with shelf.taken_out(kept) as sending:
        shown = upsert.upload_resources(catalogue, dataset_id, [sending], held=held, changes=upsert.shown_with(None))
    return next(one for one in shown["resources"] if one["id"] == kept.resource_id)


def _version(kept: Kept, address: str) -> dict[str, Any]:
    """Return a kept file as `odl_version_list` tells of it; only the one that is online has an address."""
    return {
        "resource_id": kept.resource_id,
        "package_id": kept.package_id,
        "version": kept.number,
        "created": kept.created,
        "name": kept.fields.get("name"),
        "url": address or None,
        "hash": kept.sha256,
        "size": kept.size_bytes,
        "rows": cast(JsonDict, kept.fields).get("rows"),
        "source_hash": kept.source_hash,
        "is_current": bool(address),
    }
