"""The index's files on the disk: opening them, and writing into them what was changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from odl_host.errors import StorageError
from odl_host.server.database.tables import packages, vocabularies
from odl_host.server.objects.datasets import last_seq, list_purged, render_datasets
from odl_host.server.search.analysis import french_analyzer, word_analyzer
from odl_host.server.search.documents import MARKER, build_schema, dataset_document, marker_document
from odl_host.server.search.levels import Level, add_level

WRITER_HEAP_BYTES = 64_000_000
SMALL_HEAP_BYTES = 16_000_000
"""What a writer needs for the few datasets of one change."""

BATCH = 500

DELETED = "deleted"
_CHANGED = sa.select(packages.c.id).where(packages.c.seq > sa.bindparam("seq")).order_by(packages.c.seq)
_VOCABULARIES = sa.select(vocabularies.c.id, vocabularies.c.name)


class NotWritten(StorageError):
    """The disk did not take what should be written into the search index."""


@contextmanager
def told_as_not_written(folder: Path) -> Iterator[None]:
    """Say what a failure in an index's folder means, the engine's own too. :raises NotWritten: something failed."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise NotWritten(
            f"The search index in {folder} cannot be written: {str(error)[:200]}.",
            hint="Check the free space and the rights of that folder, then run the same command again.",
        ) from error


def open_index(place: Path) -> Any:
    """Open the index in a folder, or make an empty one. :raises ValueError: what is there is no such index."""
    import tantivy

    place.mkdir(parents=True, exist_ok=True)
    index = tantivy.Index(build_schema(), path=str(place))
    # By default the engine also reloads by itself, half a second after a commit: what it read before a write could then
    # take the place of what a search has just reloaded, and a dataset that was removed was found once more.
    index.config_reader(reload_policy="Manual")
    index.register_tokenizer("french", french_analyzer())
    index.register_tokenizer("words", word_analyzer())
    return index


def write_changes(
    index: Any,
    db: sa.Connection,
    identity: int,
    *,
    after: int,
    levels: Sequence[Level] = (),
    keeps_deleted: bool,
) -> None:
    """Write the changes of a database that came after a number into an index, in one commit; -1: all, into a new one.

    :raises ValueError: the disk does not take them; with a sound index nothing else makes the engine fail.
    """
    is_new = after < 0
    seq = last_seq(db)
    ids = list(db.scalars(_CHANGED, {"seq": after}))
    if not is_new:
        levels = add_level(levels, Level(after, len(ids)))
        if levels[-1].after < after:
            after = levels[-1].after
            ids = list(db.scalars(_CHANGED, {"seq": after}))
    names = {row.id: row.name for row in db.execute(_VOCABULARIES)}
    writer = index.writer(WRITER_HEAP_BYTES if len(ids) > BATCH else SMALL_HEAP_BYTES, 1)
    for gone in list_purged(db, after):
        writer.delete_documents_by_term("id", gone)
    for first in range(0, len(ids), BATCH):
        for text in render_datasets(db, ids[first : first + BATCH]):
            dataset = json.loads(text)
            if not is_new:
                writer.delete_documents_by_term("id", dataset["id"])
            if keeps_deleted or dataset["state"] != DELETED:
                writer.add_document(dataset_document(dataset, names))
    writer.delete_documents_by_term("id", MARKER)
    writer.add_document(marker_document(seq, identity, levels))
    writer.commit()
    # Dropped before, it would give up the merges that it began, and the next one would begin them again.
    writer.wait_merging_threads()
