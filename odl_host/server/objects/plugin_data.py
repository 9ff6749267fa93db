"""What programs keep beside a dataset or a user: dictionaries by program, for sysadmins only."""

from __future__ import annotations

import json

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.database.tables import plugin_data
from odl_host.server.documents import encode
from odl_host.server.registry import Context


def find_plugin_data(db: sa.Connection, object_type: str, object_id: str) -> JsonDict | None:
    """Return what is kept beside an object, or None."""
    query = sa.select(plugin_data.c.doc).where(
        plugin_data.c.object_type == object_type, plugin_data.c.object_id == object_id
    )
    doc = db.scalar(query)
    return None if doc is None else dict(json.loads(doc))


def check_plugin_data(data: JsonDict, key: str = "plugin_data") -> None:
    """Refuse what is no dictionary. :raises ValidationError: it is none."""
    value = data.get(key)
    if value is not None and not isinstance(value, dict):
        raise ValidationError({key: ["The value should be a valid JSON object"]})


def save_plugin_data(ctx: Context, object_type: str, object_id: str, data: JsonDict, key: str = "plugin_data") -> None:
    """Keep what a sysadmin sent as `data[key]`; nothing sent, or by somebody else, leaves what is there."""
    value = data.get(key)
    if value is None or (object_type == "package" and not value) or ctx.user is None or not ctx.user.sysadmin:
        return
    where = (plugin_data.c.object_type == object_type, plugin_data.c.object_id == object_id)
    ctx.db.execute(plugin_data.delete().where(*where))
    row = {"object_type": object_type, "object_id": object_id, "doc": encode(value)}
    ctx.db.execute(plugin_data.insert(), row)
