"""Relationships between datasets: one depends on, derives from, links to or is part of another."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.database.tables import relationships
from odl_host.server.objects.datasets import Dataset, find_dataset, get_dataset, update_dataset
from odl_host.server.params import Params, optional, required, text
from odl_host.server.registry import Context, action

FORWARD = {
    "depends_on": "dependency_of",
    "derives_from": "has_derivation",
    "links_to": "linked_from",
    "child_of": "parent_of",
}
"""Each type as it is kept, and what it is called from the other side."""

BACKWARD = {back: forward for forward, back in FORWARD.items()}
TYPES = [name for pair in FORWARD.items() for name in pair]


class Relationship(Params):
    """Two datasets and what one is to the other."""

    subject: str = required(text)
    object: str = required(text)
    type: str = required(text)
    comment: str = optional(text, "")


class OfDataset(Params):
    """A dataset, and the other one or the type to keep to."""

    id: str = required(text)
    id2: str = optional(text, "")
    rel: str = optional(text, "")


def _both(ctx: Context, params: Relationship) -> tuple[Dataset, Dataset]:
    found = []
    for noun, ref in (("Subject", params.subject), ("Object", params.object)):
        dataset = ctx.once(find_dataset, ref)
        if dataset is None:
            raise NotFound(f"{noun} package '{ref}' was not found.")
        found.append(dataset)
    return found[0], found[1]


def _edits_both(ctx: Context, params: Relationship) -> None:
    """Whoever may change both datasets."""
    for dataset in _both(ctx, params):
        if not permissions.is_writer(ctx, dataset):
            permissions.refuse(ctx, "User {user} not authorized to edit these packages")


def _edits_then_known(ctx: Context, params: Relationship) -> None:
    """Whoever may change both datasets; only then is it told that there is no such relationship."""
    _edits_both(ctx, params)
    _edits_known(ctx, params)


def _edits_known(ctx: Context, params: Relationship) -> None:
    """Whoever may change both datasets, where there is such a relationship."""
    if _find(ctx, params) is None:
        raise NotFound("This relationship between the packages was not found.")
    _edits_both(ctx, params)


def _reads_both(ctx: Context, params: OfDataset) -> None:
    """Whoever may read the datasets."""
    for ref, words in ((params.id, "First package named in request"), (params.id2, "Second package named in address")):
        if ref:
            dataset = ctx.once(find_dataset, ref)
            if dataset is None:
                raise NotFound(f"{words} was not found.")
            if not permissions.is_reader(ctx, dataset):
                permissions.refuse(ctx, "User {user} not authorized to read these packages")


@action(params=Relationship, allow=_edits_both)
def package_relationship_create(ctx: Context, params: Relationship) -> JsonDict:
    """Relate two datasets and return the relationship as it is kept; one that is there gets the new comment.

    :param subject, object: the datasets' ids or names
    :param type: depends_on, derives_from, links_to, child_of, or one of them seen from the other side
    :param comment: a text
    """
    if params.type not in TYPES:
        raise ValidationError({"type": [f"Value must be one of {TYPES}"]})
    subject, object_, kind = _directed(ctx, params)
    ctx.db.execute(relationships.delete().where(_key(subject, object_, kind)))
    row = {"subject_id": subject.id, "object_id": object_.id, "type": kind, "comment": params.comment}
    ctx.db.execute(relationships.insert(), {**row, "id": str(uuid.uuid4())})
    _show_on_both(ctx, subject, object_)
    return {"subject": subject.name, "type": kind, "object": object_.name, "comment": params.comment}


@action(params=Relationship, allow=_edits_then_known)
def package_relationship_update(ctx: Context, params: Relationship) -> JsonDict:
    """Change the comment of a relationship and return it as it is kept.

    :param subject, object: the datasets' ids or names
    :param type: the relationship's type
    :param comment: a text
    """
    subject, object_, kind = _directed(ctx, params)
    ctx.db.execute(relationships.update().where(_key(subject, object_, kind)), {"comment": params.comment})
    _show_on_both(ctx, subject, object_)
    return {"subject": subject.name, "type": kind, "object": object_.name, "comment": params.comment}


@action(params=Relationship, allow=_edits_known)
def package_relationship_delete(ctx: Context, params: Relationship) -> None:
    """Remove a relationship.

    :param subject, object: the datasets' ids or names
    :param type: the relationship's type
    """
    subject, object_, kind = _directed(ctx, params)
    ctx.db.execute(relationships.delete().where(_key(subject, object_, kind)))
    _show_on_both(ctx, subject, object_)


@action(params=OfDataset, allow=_reads_both, reads=True)
def package_relationships_list(ctx: Context, params: OfDataset) -> list[JsonDict]:
    """Return the relationships of a dataset, seen from it.

    :param id: the dataset's id or name
    :param id2: only those with this dataset
    :param rel: only those of this type
    """
    if params.rel and params.rel not in TYPES:
        raise ValidationError({"rel": [f"Value must be one of {TYPES}"]})
    dataset = ctx.once(get_dataset, params.id)
    other = ctx.once(get_dataset, params.id2) if params.id2 else None
    shown = []
    for row in _rows_of(ctx, dataset.id):
        is_subject = row.subject_id == dataset.id
        kind = row.type if is_subject else FORWARD[row.type]
        far = get_dataset(ctx.db, row.object_id if is_subject else row.subject_id)
        if (params.rel and kind != params.rel) or (other is not None and far.id != other.id):
            continue
        if permissions.is_reader(ctx, far):
            shown.append({"subject": dataset.name, "type": kind, "object": far.name, "comment": row.comment})
    return shown


def _directed(ctx: Context, params: Relationship) -> tuple[Dataset, Dataset, str]:
    subject, object_ = _both(ctx, params)
    if params.type in BACKWARD:
        return object_, subject, BACKWARD[params.type]
    return subject, object_, params.type


def _key(subject: Dataset, object_: Dataset, kind: str) -> Any:
    return sa.and_(
        relationships.c.subject_id == subject.id, relationships.c.object_id == object_.id, relationships.c.type == kind
    )


def _find(ctx: Context, params: Relationship) -> Any:
    return ctx.db.execute(sa.select(relationships).where(_key(*_directed(ctx, params)))).first()


def _rows_of(ctx: Context, dataset_id: str) -> list[Any]:
    either = sa.or_(relationships.c.subject_id == dataset_id, relationships.c.object_id == dataset_id)
    order = (relationships.c.type, relationships.c.subject_id, relationships.c.object_id)
    return list(ctx.db.execute(sa.select(relationships).where(either).order_by(*order)))


def _show_on_both(ctx: Context, *datasets: Dataset) -> None:
    """Write in the datasets' documents what `package_show` says of their relationships."""
    for dataset in datasets:
        fields = get_dataset(ctx.db, dataset.id).fields
        fields["relationships_as_subject"], fields["relationships_as_object"] = [], []
        for row in _rows_of(ctx, dataset.id):
            is_subject = row.subject_id == dataset.id
            key = "object_package_id" if is_subject else "subject_package_id"
            entry = {
                "__extras": {key: row.object_id if is_subject else row.subject_id},
                "comment": row.comment,
                "id": row.id,
                "type": row.type,
            }
            fields["relationships_as_subject" if is_subject else "relationships_as_object"].append(entry)
        update_dataset(ctx.db, fields, tags_changed=False)
