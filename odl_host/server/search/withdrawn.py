"""What an index behind its database must not find any more: a count, a facet or a page would still tell of it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from odl_host.server.database.tables import packages
from odl_host.server.objects.datasets import list_purged
from odl_host.server.search.documents import labels_of

_FIELDS = (packages.c.id, packages.c.state, packages.c.private, packages.c.owner_org, packages.c.creator_user_id)
_CHANGED = sa.select(*_FIELDS).where(
    packages.c.seq > sa.bindparam("seq"), sa.or_(packages.c.state != "active", packages.c.private)
)


def find_withdrawn(db: sa.Connection, after: int, labels: Sequence[str] | None, states: Sequence[str]) -> list[str]:
    """Return the ids of datasets that a search may not find since changes that came after a number, in order.

    `labels` None may see everything, no `states` every state.
    """
    gone = list_purged(db, after)
    for row in db.execute(_CHANGED, {"seq": after}).mappings():
        is_hidden = labels is not None and set(labels).isdisjoint(labels_of(dict(row)))
        if is_hidden or (states and row["state"] not in states):
            gone.append(row["id"])
    return sorted(gone)
