"""The steps that bring a catalogue's database to what this version reads; forward only.

A step is a function `m001_…`. It runs once, in one transaction with its record: killed in the middle, it has not
happened. Add a step at the end of `STEPS`; never change one that was released.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from odl_host.errors import ConfigError
from odl_host.server import tables
from odl_host.server.clock import now


def m001_catalogue(db: sa.Connection) -> None:
    """Create the tables of the first version."""
    tables.metadata.create_all(db)
    db.execute(tables.counters.insert(), {"name": "seq", "value": 0})


def m002_ckan_objects(db: sa.Connection) -> None:
    """Create the tables of views, vocabularies, followers, collaborators, tasks, activities and their like."""
    tables.metadata.create_all(
        db,
        tables=[
            tables.resource_views,
            tables.vocabularies,
            tables.vocabulary_tags,
            tables.package_vocabulary_tags,
            tables.followers,
            tables.collaborators,
            tables.relationships,
            tables.task_statuses,
            tables.term_translations,
            tables.config_options,
            tables.activities,
            tables.dashboards,
            tables.plugin_data,
            tables.images,
        ],
    )


STEPS: tuple[Callable[[sa.Connection], None], ...] = (m001_catalogue, m002_ckan_objects)


def pending_steps(db: sa.Connection) -> list[Callable[[sa.Connection], None]]:
    """Return the steps that this database still needs.

    :raises ConfigError: the database was written by a newer version.
    """
    if not sa.inspect(db).has_table("migrations"):
        return list(STEPS)
    done = set(db.scalars(sa.select(tables.migrations.c.name)))
    if unknown := done - {step.__name__ for step in STEPS}:
        raise ConfigError(
            f"The catalogue's database was written by a newer version of odl-host ({', '.join(sorted(unknown))}).",
            hint="Install that version again, or restore the database from before the upgrade.",
        )
    return [step for step in STEPS if step.__name__ not in done]


def apply_step(db: sa.Connection, step: Callable[[sa.Connection], None]) -> None:
    """Run one step and record it; the caller holds the transaction."""
    step(db)
    db.execute(tables.migrations.insert(), {"name": step.__name__, "applied_at": now()})
