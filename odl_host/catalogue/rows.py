"""The rows of published tables, in the DataStore of a CKAN that does not load them by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from odl_host.catalogue.client import Catalogue
from odl_host.ckan import JsonDict
from odl_host.errors import CatalogueNotFound

_ROWS_EXTENSION = "datastore"
_OWN_LOADERS = ("odl_host", "xloader", "datapusher", "datapusher_plus")
"""Those that answer rows from the file itself, or load it by themselves once it is there."""


def takes_rows(catalogue: Catalogue) -> bool:
    """Return whether rows must be loaded for the catalogue to answer them: a CKAN with the DataStore and no loader."""
    return catalogue.supports(_ROWS_EXTENSION) and not any(catalogue.supports(name) for name in _OWN_LOADERS)


def replace_rows(
    catalogue: Catalogue,
    resource_id: str,
    fields: Sequence[Mapping[str, Any]],
    batches: Iterable[Sequence[Mapping[str, Any]]],
) -> None:
    """Load rows into a resource's table, in place of those that it had; made again, it begins anew."""
    table = {"resource_id": resource_id, "force": True}
    delete_rows(catalogue, resource_id)
    waiting = iter(batches)
    first = next(waiting, [])
    catalogue.call_action("datastore_create", {**table, "fields": list(fields), "records": list(first)})
    for records in waiting:
        catalogue.call_action("datastore_upsert", {**table, "method": "insert", "records": list(records)})


def delete_rows(catalogue: Catalogue, resource_id: str) -> None:
    """Take away the table of a resource's rows; one that is not there is no error."""
    with suppress(CatalogueNotFound):
        catalogue.call_action("datastore_delete", {"resource_id": resource_id, "force": True})


def note_loaded(catalogue: Catalogue, dataset_id: str, hashes: Mapping[str, str]) -> None:
    """Say in one call, once their rows are there, of which file each resource's rows are."""
    form: JsonDict = {"match__id": dataset_id}
    for resource_id, source_hash in hashes.items():
        form[f"update__resources__{resource_id}"] = {"rows_loaded": source_hash}
    catalogue.call_action("package_revise", form)
