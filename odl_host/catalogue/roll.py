"""The organizations of a CKAN, remembered between runs: a call gives 25 with their extras, and there are hundreds.

Only an accelerator. One call says which organizations there are, and their titles; while these are those of last time,
so are the extras. Deleting the record makes the next run slower and changes nothing else.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue
from odl_host.ckan import OrganizationDict
from odl_host.errors import CatalogueError, StorageError, Unavailable
from odl_host.storage.atomic import write_atomically

FORMAT = 1
VALID = timedelta(days=7)
"""How long extras that somebody edited by hand in CKAN may stay unseen: nothing else tells that they changed."""

_KEPT = ("id", "name", "title", "extras")


def list_organizations(catalogue: Catalogue, record: Path, *, now: datetime | None = None) -> list[OrganizationDict]:
    """Return every active organization with its extras, in as few calls as the catalogue allows.

    :raises CatalogueError: it cannot be read. :raises Unavailable: it does not answer.
    """
    if not upsert.is_foreign(catalogue):
        return upsert.list_organizations(catalogue)
    moment = now or datetime.now(UTC)
    stamp = _stamp(catalogue)
    held = _load(record, moment)
    if stamp is not None and held.get("url") == catalogue.url and held.get("stamp") == stamp:
        return cast(list[OrganizationDict], held["organizations"])
    found = upsert.list_organizations(catalogue)
    if stamp is not None:
        _save(record, catalogue.url, stamp, found, moment)
    return found


def remember_organizations(catalogue: Catalogue, record: Path) -> None:
    """List the organizations of a CKAN now, so that the next run need not; a failure only leaves that to the run."""
    if upsert.is_foreign(catalogue):
        with suppress(CatalogueError, Unavailable):
            list_organizations(catalogue, record)


def forget_organizations(record: Path) -> None:
    """Forget what is remembered: an organization was made or changed. :raises StorageError: it cannot be removed."""
    try:
        record.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"Cannot remove {record}: {error.strerror}.") from error


def _stamp(catalogue: Catalogue) -> list[list[str]] | None:
    """Return what changes when an organization comes, goes or is renamed; None where the catalogue does not tell."""
    try:
        named = upsert.list_organization_names(catalogue)
    except CatalogueError:
        return None
    return sorted([one["id"], one["name"], one["title"]] for one in named)


def _load(record: Path, now: datetime) -> dict[str, Any]:
    try:
        document = json.loads(record.read_bytes())
        age = now - datetime.fromisoformat(document["listed"])
        if document["format"] == FORMAT and timedelta() <= age < VALID:
            return cast(dict[str, Any], document)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none, or it cannot be used: the organizations are listed again
    return {}


def _save(record: Path, url: str, stamp: list[list[str]], organizations: list[OrganizationDict], now: datetime) -> None:
    """Write the record; one that cannot be written is no error, since it only saves time."""
    kept = [{key: one.get(key) for key in _KEPT} for one in organizations]
    content = {"format": FORMAT, "url": url, "listed": now.isoformat(), "stamp": stamp, "organizations": kept}
    try:
        write_atomically(record, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
    except StorageError:
        return
