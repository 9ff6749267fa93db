"""Applying the steps of one dataset to the catalogue: draft first, files next, shown last.

A reader never sees a dataset without its file, and a killed run leaves a draft that the next one completes.
"""

from __future__ import annotations

from datetime import date
from typing import cast

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue, Upload
from odl_host.ckan import ResourceDict, file_slug
from odl_host.errors import DataError, StorageError
from odl_host.pipeline.examine import hash_file
from odl_host.pipeline.metadata import resource_metadata
from odl_host.pipeline.plan import DatasetPlan, Step, source_path


def prepare_dataset(catalogue: Catalogue, plan: DatasetPlan) -> tuple[str, frozenset[str]]:
    """Make sure that the dataset exists, as a draft when it is new; return its id and those of its resources.

    A dataset that was deleted and is brought back has the resources that it had.

    :raises CatalogueError: the catalogue refused it.
    """
    if plan.create is None:
        return plan.id, frozenset(step.resource_id for step in plan.steps if step.action == "update")
    dataset = upsert.create_dataset(catalogue, plan.create)
    return dataset["id"], frozenset(resource["id"] for resource in dataset.get("resources", ()))


def publish_file(catalogue: Catalogue, dataset_id: str, step: Step, *, exists: bool, today: date) -> ResourceDict:
    """Send one valid file and return its resource; `exists`: the resource is there and gets a new file.

    :raises DataError: the file changed since it was examined. :raises CatalogueError: the catalogue refused.
    """
    examination = step.examination
    assert examination is not None and examination.report is not None
    report, normalised = examination.report, examination.normalised
    assert report.schema is not None and report.rows is not None
    assert normalised is not None and normalised.path is not None
    source = step.source
    if hash_file(source.path) != examination.sha256:
        raise DataError(
            f"{source.relative} changed while it was being published.",
            hint="Wait until its copy has ended, then run the same command again.",
        )
    if hash_file(normalised.path) != normalised.sha256:
        raise StorageError(f"The normalised copy of {source.relative} was altered before it was sent.")
    metadata = resource_metadata(
        resource_id=step.resource_id,
        source_name=source.name,
        source_path=source_path(source),
        sha256=examination.sha256,
        schema=report.schema,
        rows=report.rows,
        today=today,
    )
    already_normalised = normalised.sha256 == examination.sha256
    return upsert.upload_resource(
        catalogue,
        dataset_id,
        cast(ResourceDict, metadata),
        Upload(normalised.path, file_slug(source.name, extension=".csv"), "text/csv"),
        original=None if already_normalised else Upload(examination.original or source.path, source.name),
        exists=exists,
    )


def show_dataset(catalogue: Catalogue, dataset_id: str, plan: DatasetPlan) -> None:
    """Show the dataset to the public once at least one of its files is there.

    :raises CatalogueError: the catalogue refused it.
    """
    if plan.activate:
        upsert.activate_dataset(catalogue, dataset_id)
