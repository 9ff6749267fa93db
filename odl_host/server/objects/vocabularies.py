"""Vocabularies in the database: closed lists of tags, beside the free ones that datasets bring along."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict
from odl_host.server.database.tables import package_vocabulary_tags, vocabularies, vocabulary_tags
from odl_host.server.objects.datasets import get_dataset, update_dataset


def find_vocabulary(db: sa.Connection, ref: str) -> Any:
    """Return the row of the vocabulary with this id or name, or None."""
    query = sa.select(vocabularies).where(sa.or_(vocabularies.c.id == ref, vocabularies.c.name == ref))
    return db.execute(query).first()


def tags_of(db: sa.Connection, vocabulary_id: str) -> list[Any]:
    """Return the rows of a vocabulary's tags, by name."""
    query = sa.select(vocabulary_tags).where(vocabulary_tags.c.vocabulary_id == vocabulary_id)
    return list(db.execute(query.order_by(vocabulary_tags.c.name)))


def find_tag(db: sa.Connection, ref: str, vocabulary_id: str | None = None) -> Any:
    """Return the row of the tag with this id, or with this name in one vocabulary, or None."""
    is_named = sa.and_(vocabulary_tags.c.name == ref, vocabulary_tags.c.vocabulary_id == (vocabulary_id or ""))
    query = sa.select(vocabulary_tags).where(sa.or_(vocabulary_tags.c.id == ref, is_named))
    if vocabulary_id is not None:
        query = query.where(vocabulary_tags.c.vocabulary_id == vocabulary_id)
    return db.execute(query).first()


def show_vocabulary(db: sa.Connection, vocabulary_id: str) -> JsonDict:
    """Return a vocabulary as callers see it."""
    row = find_vocabulary(db, vocabulary_id)
    return {"id": row.id, "name": row.name, "tags": [show_tag(tag) for tag in tags_of(db, row.id)]}


def show_tag(row: Any) -> JsonDict:
    """Return a tag of a vocabulary as callers see it."""
    return {"display_name": row.name, "id": row.id, "name": row.name, "vocabulary_id": row.vocabulary_id}


def ensure_tag(db: sa.Connection, name: str, vocabulary_id: str) -> Any:
    """Return the row of a vocabulary's tag, adding it when it is not there."""
    found = find_tag(db, name, vocabulary_id)
    if found is None:
        row = {"id": str(uuid.uuid4()), "vocabulary_id": vocabulary_id, "name": name}
        db.execute(vocabulary_tags.insert(), row)
        found = find_tag(db, row["id"])
    return found


def packages_of_tag(db: sa.Connection, tag_id: str) -> list[str]:
    """Return the ids of the datasets that have a tag of a vocabulary."""
    query = sa.select(package_vocabulary_tags.c.package_id).where(package_vocabulary_tags.c.tag_id == tag_id)
    return list(db.scalars(query))


def remove_tag(db: sa.Connection, tag_id: str) -> None:
    """Take a tag out of its vocabulary and off the datasets that have it."""
    for package_id in packages_of_tag(db, tag_id):
        fields = get_dataset(db, package_id).fields
        fields["tags"] = [tag for tag in fields["tags"] if tag["id"] != tag_id]
        fields["num_tags"] = len(fields["tags"])
        update_dataset(db, fields)
    db.execute(vocabulary_tags.delete().where(vocabulary_tags.c.id == tag_id))
