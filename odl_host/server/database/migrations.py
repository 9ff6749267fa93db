"""The steps that bring a catalogue's database to what this version reads; forward only.

A new database gets the tables of `tables` as they are and counts as migrated. An older one runs the steps that it
lacks, each once, in one transaction with its record: killed in the middle, it has not happened. To change the tables:
change `tables`, and add a step at the end of `STEPS` that brings an older database there (`add_column`,
`create_table` do nothing where it is done already). Never change a step that was released. A test holds every
released version's database, migrated, against a new one: a forgotten step fails it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeAlias

import sqlalchemy as sa

from odl_host.errors import ConfigError
from odl_host.server.clock import now
from odl_host.server.database import tables

Step: TypeAlias = Callable[[sa.Connection], None]


def m001_catalogue(db: sa.Connection) -> None:
    """Create the tables, on a new database only: all of them, as this version has them."""
    tables.metadata.create_all(db)
    db.execute(tables.counters.insert(), {"name": "seq", "value": 0})
    m003_identity(db)
    m004_writes(db)


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


def m003_identity(db: sa.Connection) -> None:
    """Give the database a number of its own, by which its search index knows it."""
    db.execute(tables.counters.insert(), {"name": "identity", "value": secrets.randbelow(2**31)})


def m004_writes(db: sa.Connection) -> None:
    """Count the transactions that write: by it, every process knows whether what it has answered still holds."""
    db.execute(tables.counters.insert(), {"name": "writes", "value": 0})


def m005_datastore_aliases(db: sa.Connection) -> None:
    """Create the table of the row API's other names."""
    create_table(db, tables.datastore_aliases)


def m006_sessions(db: sa.Connection) -> None:
    """Make room for sessions, and for tokens that have rights in one organization only."""
    create_table(db, tables.sessions)
    add_column(db, tables.api_tokens.c.organization_id)


def m007_activity_emails(db: sa.Connection) -> None:
    """Keep whether a user wants to hear of activities by e-mail."""
    add_column(db, tables.users.c.activity_emails)


def m008_versions(db: sa.Connection) -> None:
    """Keep the earlier files of resources; what each has now is its first version."""
    create_table(db, tables.resource_versions)
    kept, now_there = tables.resource_versions, tables.resources
    columns = ("package_id", "blob", "blob_name", "original", "original_name", "doc")
    first = sa.select(now_there.c.id, sa.literal(1), sa.literal(now()), *(now_there.c[name] for name in columns)).where(
        now_there.c.blob.is_not(None), now_there.c.blob_name.is_not(None)
    )
    db.execute(kept.insert().from_select(["resource_id", "number", "created", *columns], first))


def m009_activity_labels(db: sa.Connection) -> None:
    """Keep with each activity who may see it."""
    add_column(db, tables.activities.c.labels)


def m010_files(db: sa.Connection) -> None:
    """Make room for files that are no resource's."""
    create_table(db, tables.files)


def m011_former_members(db: sa.Connection) -> None:
    """Keep which groups a dataset was in."""
    create_table(db, tables.former_members)


def m012_emailed(db: sa.Connection) -> None:
    """Keep when users were written to about activities."""
    add_column(db, tables.dashboards.c.emailed_at)


STEPS: tuple[Step, ...] = (
    m001_catalogue,
    m002_ckan_objects,
    m003_identity,
    m004_writes,
    m005_datastore_aliases,
    m006_sessions,
    m007_activity_emails,
    m008_versions,
    m009_activity_labels,
    m010_files,
    m011_former_members,
    m012_emailed,
)


def create_table(db: sa.Connection, table: sa.Table) -> None:
    """Create a table with its indexes, unless it is there."""
    table.create(db, checkfirst=True)


def add_column(db: sa.Connection, column: sa.Column[object]) -> None:
    """Add a column to its table, unless it is there; one that is not null needs a `server_default`."""
    table = column.table
    if column.name in {known["name"] for known in sa.inspect(db).get_columns(table.name)}:
        return
    preparer = db.dialect.identifier_preparer
    definition = sa.schema.CreateColumn(column).compile(dialect=db.dialect)
    db.exec_driver_sql(f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {definition}")


def add_index(db: sa.Connection, index: sa.Index) -> None:
    """Create an index, unless it is there."""
    index.create(db, checkfirst=True)


def pending_steps(db: sa.Connection) -> list[Step]:
    """Return the steps that this database still needs.

    :raises ConfigError: the database was written by a newer version.
    """
    if not sa.inspect(db).has_table("migrations"):
        return [m001_catalogue]
    done = set(db.scalars(sa.select(tables.migrations.c.name)))
    if unknown := done - {step.__name__ for step in STEPS}:
        raise ConfigError(
            f"The catalogue's database was written by a newer version of odl-host ({', '.join(sorted(unknown))}).",
            hint="Install that version again, or restore the database from before the upgrade.",
        )
    return [step for step in STEPS if step.__name__ not in done]


def apply_step(db: sa.Connection, step: Step) -> str:
    """Run one step, record it and return its name; the caller holds the transaction."""
    step(db)
    # A new database has what every step would bring.
    names = [each.__name__ for each in STEPS] if step is m001_catalogue else [step.__name__]
    db.execute(tables.migrations.insert(), [{"name": name, "applied_at": now()} for name in names])
    return step.__name__
