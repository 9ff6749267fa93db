"""Whether a catalogue holds together: its database, what its rows say of each other, its files, its search index.

Nothing here repairs: what is found is said, with what to do about it.
"""

from __future__ import annotations

import json

import sqlalchemy as sa

from odl_host.server.database.tables import files, groups, members, package_tags, packages, resources, users
from odl_host.server.sites import Site

SHOWN = 5
"""Examples named per kind of problem; the rest are counted."""

_LOST = {
    "resources whose dataset is gone": sa.select(resources.c.id)
    .outerjoin(packages, packages.c.id == resources.c.package_id)
    .where(packages.c.id.is_(None)),
    "tags whose dataset is gone": sa.select(package_tags.c.name)
    .outerjoin(packages, packages.c.id == package_tags.c.package_id)
    .where(packages.c.id.is_(None)),
    "datasets whose organization is gone": sa.select(packages.c.name)
    .outerjoin(groups, groups.c.id == packages.c.owner_org)
    .where(packages.c.owner_org.is_not(None), groups.c.id.is_(None)),
    "members of a group that is gone": sa.select(members.c.object_id)
    .outerjoin(groups, groups.c.id == members.c.group_id)
    .where(groups.c.id.is_(None)),
    "members who are no user": sa.select(members.c.object_id)
    .outerjoin(users, users.c.id == members.c.object_id)
    .where(members.c.object_type == "user", users.c.id.is_(None)),
}


def check_site(site: Site) -> list[str]:
    """Return what is wrong with a catalogue, as sentences; empty when it is sound."""
    return [*site.db.check(), *_check_rows(site), *_check_documents(site), *_check_files(site), *site.index.check()]


def _check_rows(site: Site) -> list[str]:
    with site.db.reading() as db:
        lost = {what: [str(key) for key in db.scalars(query)] for what, query in _LOST.items()}
    return [_sentence(what, found) for what, found in lost.items() if found]


def _check_documents(site: Site) -> list[str]:
    broken: list[str] = []
    with site.db.reading() as db:
        for table in (packages, resources, groups):
            for row in db.execute(sa.select(table.c.id, table.c.doc)):
                try:
                    is_sound = json.loads(row.doc).get("id") == row.id
                except (ValueError, AttributeError):
                    is_sound = False
                if not is_sound:
                    broken.append(f"{table.name}/{row.id}")
    return [_sentence("documents that cannot be read", broken)] if broken else []


def _check_files(site: Site) -> list[str]:
    absent: list[str] = []
    query = sa.select(resources.c.id, resources.c.blob, resources.c.original).where(
        sa.or_(resources.c.blob.is_not(None), resources.c.original.is_not(None))
    )
    with site.db.reading() as db:
        for row in db.execute(query):
            absent += [row.id for sha256 in (row.blob, row.original) if sha256 and not site.storage.exists(sha256)]
        kept = [row.id for row in db.execute(sa.select(files.c.id, files.c.blob)) if not site.storage.exists(row.blob)]
    lost = {"resources whose file is not in the storage": absent, "files that are not in the storage": kept}
    return [_sentence(what, found) for what, found in lost.items() if found]


def _sentence(what: str, found: list[str]) -> str:
    shown = ", ".join(found[:SHOWN])
    return f"{len(found)} {what}: {shown}{', …' if len(found) > SHOWN else ''}."
