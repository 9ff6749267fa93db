"""Other names of tables, one list for the whole catalogue: an alias is read like the resource's id."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from odl_host.ckan import ValidationError
from odl_host.server.database.tables import datastore_aliases as aliases
from odl_host.server.objects.datasets import Resource, find_resource

ROW_LISTS = frozenset({"_table_metadata"})
"""What can be read like a table and is none: the list of the tables that everyone may read."""

_RESOURCE_OF = sa.select(aliases.c.resource_id).where(aliases.c.alias == sa.bindparam("alias"))
_OF_RESOURCE = (
    sa.select(aliases.c.alias)
    .where(aliases.c.resource_id == sa.bindparam("resource_id"))
    .order_by(aliases.c.position.desc())
)


def find_table_resource(db: sa.Connection, ref: str) -> Resource | None:
    """Return the resource with this id or alias, or None."""
    resource = find_resource(db, ref)
    if resource is None and (resource_id := db.execute(_RESOURCE_OF, {"alias": ref}).scalar()):
        resource = find_resource(db, resource_id)
    return resource


def aliases_of(db: sa.Connection, resource_id: str) -> list[str]:
    """Return the aliases of a resource; what was given last comes first, as in CKAN."""
    return list(db.scalars(_OF_RESOURCE, {"resource_id": resource_id}))


def check_aliases(db: sa.Connection, resource_id: str, names: Sequence[str]) -> None:
    """Refuse names that cannot be aliases of this resource. :raises ValidationError: naming the first of them."""
    for name in names:
        if not name or name != name.strip() or '"' in name or "%" in name or name.startswith("_"):
            raise ValidationError({"alias": [f'"{name}" is not a valid alias name']})
        if find_resource(db, name) is not None:
            raise ValidationError({"alias": [f'"{name}" already exists']})
        holder = db.execute(_RESOURCE_OF, {"alias": name}).scalar()
        if holder is not None and holder != resource_id and find_resource(db, holder) is not None:
            raise ValidationError({"alias": [f'The alias "{name}" already exists.']})


def set_aliases(db: sa.Connection, resource_id: str, names: Sequence[str]) -> None:
    """Replace the aliases of a resource. :raises ValidationError: another resource has one of them."""
    check_aliases(db, resource_id, names)
    db.execute(aliases.delete().where(sa.or_(aliases.c.resource_id == resource_id, aliases.c.alias.in_(list(names)))))
    if rows := [
        {"alias": name, "resource_id": resource_id, "position": position}
        for position, name in enumerate(dict.fromkeys(names))
    ]:
        db.execute(aliases.insert(), rows)
