"""Free tags in the database: they exist as long as a dataset has them."""

from __future__ import annotations

import sqlalchemy as sa

from odl_host.server.database.tables import package_tags
from odl_host.server.objects.datasets import get_dataset, update_dataset
from odl_host.server.objects.names import tag_id


def find_free_tag(db: sa.Connection, ref: str) -> str | None:
    """Return the name of the free tag with this name or id, or None when no dataset has it."""
    names = sa.select(package_tags.c.name).distinct()
    found: str | None = db.scalar(names.where(package_tags.c.name == ref))
    return found or next((name for name in db.scalars(names) if tag_id(name) == ref), None)


def remove_free_tag(db: sa.Connection, name: str) -> None:
    """Take a free tag off every dataset that has it."""
    for package_id in list(db.scalars(sa.select(package_tags.c.package_id).where(package_tags.c.name == name))):
        fields = get_dataset(db, package_id).fields
        kept = [tag for tag in fields["tags"] if tag["name"] != name or tag["vocabulary_id"]]
        fields["tags"], fields["num_tags"] = kept, len(kept)
        update_dataset(db, fields)
