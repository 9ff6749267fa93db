"""The effects on one dataset: made together with its files where the catalogue can; else draft, files, shown last.

A reader never sees a dataset without its file, and a killed run leaves a draft that the next one completes. Every
effect may be made twice: when the answer of one was lost, what the catalogue holds is looked at before it is made
again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, cast

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue, Sending, Upload
from odl_host.catalogue.rows import delete_rows, replace_rows
from odl_host.catalogue.versions import purge_versions
from odl_host.ckan import PackageDict, ResourceDict
from odl_host.errors import CatalogueInvalid, DataError, StorageError
from odl_host.pipeline.examining.examine import hash_file
from odl_host.pipeline.plans.metadata import changed_fields
from odl_host.pipeline.plans.plan import DatasetPlan, Step
from odl_host.pipeline.writing.line import Line

_TELLING_KEYS = ("source_hash", "schema_name", "source_name")
"""What of a resource tells that a write reached the catalogue."""


def prepare_dataset(catalogue: Catalogue, line: Line, plan: DatasetPlan) -> tuple[str, frozenset[str]]:
    """Make sure that the dataset exists, as a draft when it is new; return its id and those of its resources.

    :raises CatalogueError: the catalogue refused it.
    """
    if plan.create is None:
        resources = plan.held.get("resources", ()) if plan.held else ()
        return plan.id, frozenset(resource["id"] for resource in resources)
    wanted = plan.create
    dataset = line.insist(lambda _again: upsert.create_dataset(catalogue, wanted))
    return dataset["id"], frozenset(resource["id"] for resource in dataset.get("resources", ()))


def publish_file(
    catalogue: Catalogue, line: Line, dataset_id: str, step: Step, *, exists: bool, today: date
) -> ResourceDict:
    """Send one valid file and return its resource; `exists`: the resource is there and gets a new file.

    :raises DataError: the file changed since it was examined. :raises CatalogueError: the catalogue refused.
    :raises Unavailable: the catalogue did not answer.
    """
    sending = prepare_file(step, today=today)

    def send(again: bool) -> ResourceDict:
        there = exists
        if again:
            held = upsert.find_resource(catalogue, step.resource_id)
            if held is not None and _landed(held, step):
                return held
            there = held is not None
        try:
            return upsert.upload_resource(
                catalogue, dataset_id, sending.resource, sending.file, original=sending.original, exists=there
            )
        except CatalogueInvalid:
            # The attempt whose answer was lost may have reached the catalogue only now.
            held = upsert.find_resource(catalogue, step.resource_id) if again else None
            if held is None or not _landed(held, step):
                raise
            return held

    return line.insist(send)


def create_with_files(
    catalogue: Catalogue, line: Line, wanted: PackageDict, files: Sequence[tuple[Step, Sending]]
) -> dict[str, ResourceDict]:
    """Create a dataset together with its first files, shown at once, all or nothing; return its resources by id.

    :raises CatalogueInvalid: something of the dataset is there already, or one of its files is refused.
    :raises CatalogueError: the catalogue refused. :raises Unavailable: it did not answer.
    """

    def send(again: bool) -> PackageDict:
        if again and (dataset := upsert.find_dataset(catalogue, wanted["id"])) and _have_landed(dataset, files):
            return dataset
        return upsert.create_with_files(catalogue, wanted, [sending for _, sending in files])

    return {resource["id"]: resource for resource in line.insist(send).get("resources", ())}


def publish_files(
    catalogue: Catalogue,
    line: Line,
    plan: DatasetPlan,
    files: Sequence[tuple[Step, Sending]],
    *,
    held: frozenset[str],
) -> dict[str, ResourceDict]:
    """Send some files of a dataset in one call, all or none, and show it; return its resources by id.

    :raises CatalogueError: the catalogue refused one of them. :raises Unavailable: it did not answer.
    """

    def send(again: bool) -> PackageDict:
        there: Collection[str] = held
        if again and (dataset := upsert.find_dataset(catalogue, plan.id)):
            shown = dataset.get("state") == "active" or not plan.activate
            if shown and _have_landed(dataset, files):
                return dataset
            there = {resource["id"] for resource in dataset.get("resources", ())}
        sendings = [sending for _, sending in files]
        changes = upsert.shown_with(plan.create) if plan.activate else {}
        return upsert.upload_resources(catalogue, plan.id, sendings, held=there, changes=changes)

    return {resource["id"]: resource for resource in line.insist(send).get("resources", ())}


def prepare_file(step: Step, *, today: date) -> Sending:
    """Return a file as it is sent; it is what was examined.

    :raises DataError: it changed since. :raises StorageError: its normalised copy did.
    """
    file, original = _files_of(step)
    metadata = {**step.metadata, "validated_on": today.isoformat()}
    return Sending(cast(ResourceDict, metadata), file, original)


def forget_copies(plan: DatasetPlan) -> None:
    """Remove the copies that were made to be sent; those that cannot be removed go when the run ends."""
    for step in plan.steps:
        examination = step.examination
        if examination is None:
            continue
        copies = [examination.original]
        if examination.normalised is not None:
            copies.append(examination.normalised.path)
        if examination.opaque is not None:
            copies.append(examination.opaque.copy)
        for copy in filter(None, copies):
            with suppress(OSError):
                copy.unlink()


def is_table(step: Step) -> bool:
    """Return whether a step has a table whose rows a catalogue's DataStore can take."""
    examination = step.examination
    return (
        examination is not None
        and examination.schema is not None
        and examination.normalised is not None
        and examination.normalised.path is not None
    )


def load_rows(catalogue: Catalogue, line: Line, step: Step) -> None:
    """Load the rows of a published file into the catalogue's DataStore.

    :raises CatalogueError: the catalogue refused. :raises Unavailable: it did not answer.
    :raises OSError: the normalised copy cannot be read.
    """
    from odl_host.pipeline.writing.rows import read_rows

    examination = step.examination
    assert examination is not None and examination.schema is not None
    assert examination.normalised is not None and examination.normalised.path is not None
    rows = read_rows(examination.normalised.path, examination.schema)
    line.insist(lambda _again: replace_rows(catalogue, step.resource_id, rows.fields, rows.batches()))


def remove_rows(catalogue: Catalogue, line: Line, step: Step) -> None:
    """Take the rows of a file that is no table any more out of the DataStore. :raises CatalogueError: refused."""
    line.insist(lambda _again: delete_rows(catalogue, step.resource_id))


def describe_file(catalogue: Catalogue, line: Line, step: Step) -> ResourceDict:
    """Change what is said of a file that stays as it is. :raises CatalogueError: the catalogue refused."""
    return line.insist(lambda _again: upsert.patch_resource(catalogue, step.resource_id, step.metadata))


def remove_file(catalogue: Catalogue, line: Line, step: Step) -> None:
    """Remove a file from the catalogue, and for good its earlier versions too.

    :raises CatalogueError: the catalogue refused.
    """
    if step.for_good:
        line.insist(lambda _again: purge_versions(catalogue, step.resource_id))
    line.insist(lambda _again: upsert.delete_resource(catalogue, step.resource_id))


def describe_dataset(catalogue: Catalogue, line: Line, plan: DatasetPlan) -> None:
    """Bring a dataset's metadata to what they should be. :raises CatalogueError: the catalogue refused."""
    if plan.held is not None and plan.changes:
        fields = changed_fields(plan.held, plan.changes)
        line.insist(lambda _again: upsert.patch_dataset(catalogue, plan.id, fields))


def show_dataset(catalogue: Catalogue, line: Line, dataset_id: str, plan: DatasetPlan) -> None:
    """Show the dataset to the public once at least one of its files is there.

    :raises CatalogueError: the catalogue refused it.
    """
    if plan.activate:
        changes = upsert.shown_with(plan.create)
        line.insist(lambda _again: upsert.patch_dataset(catalogue, dataset_id, changes))


def remove_dataset(catalogue: Catalogue, line: Line, plan: DatasetPlan) -> None:
    """Take a dataset away with all its files; the same files bring it back under the same address.

    :raises CatalogueError: the catalogue refused.
    """
    line.insist(lambda _again: upsert.delete_dataset(catalogue, plan.id))


def _files_of(step: Step) -> tuple[Upload, Upload | None]:
    """Return the file to send, and the one as received when it differs; both are what was examined."""
    examination, source = step.examination, step.source
    assert examination is not None
    mimetype = str(step.metadata.get("mimetype") or "application/octet-stream")
    if examination.opaque is not None:
        assert examination.opaque.copy is not None
        _require(examination.opaque.copy, examination.opaque.sha256, f"The copy of {source.relative}")
        return Upload(examination.opaque.copy, step.filename, mimetype, is_ours=True), None
    normalised = examination.normalised
    assert normalised is not None and normalised.path is not None
    if hash_file(source.path) != examination.sha256:
        raise DataError(
            f"{source.relative} changed while it was being published.",
            hint="Wait until its copy has ended, then run the same command again.",
        )
    _require(normalised.path, normalised.sha256, f"The normalised copy of {source.relative}")
    original = None
    if normalised.sha256 != examination.sha256:
        copy = examination.original
        original = Upload(copy or source.path, step.received_name, is_ours=copy is not None)
    return Upload(normalised.path, step.filename, mimetype, is_ours=True), original


def _require(path: Path, sha256: str, what: str) -> None:
    if hash_file(path) != sha256:
        raise StorageError(f"{what} was altered before it was sent.")


def _have_landed(dataset: PackageDict, files: Sequence[tuple[Step, Sending]]) -> bool:
    resources = {resource["id"]: resource for resource in dataset.get("resources", ())}
    return all(_landed(resources.get(step.resource_id, {}), step) for step, _ in files)


def _landed(held: Mapping[str, Any], step: Step) -> bool:
    return all(str(held.get(key) or "") == str(step.metadata.get(key) or "") for key in _TELLING_KEYS)
