"""What is asked of an import, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from odl_host.catalogue.refusals import Refusal, in_groups
from odl_host.errors import CatalogueFailed, OdlError, TokenUnknown


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to bring: `owner` takes the datasets that have no organization, `sysadmins` remain sysadmins."""

    with_files: bool = True
    max_file_bytes: int = 1 << 30
    owner: str = ""
    sysadmins: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Transfer:
    """What a run did: by kind, how many were created, updated, left as they were."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    files: int = 0
    tables: int = 0
    views: int = 0
    relationships: int = 0
    images: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def count(self, kind: str, outcome: str) -> None:
        """Count one object."""
        by_outcome = self.counts.setdefault(kind, {"created": 0, "updated": 0, "unchanged": 0})
        by_outcome[outcome] += 1

    def refuse(self, kind: str, name: str, error: OdlError) -> None:
        """Note that an object, or something of one, could not be brought.

        :raises OdlError: the same error, when it is of a kind that would refuse every other one, too.
        """
        if isinstance(error, TokenUnknown | CatalogueFailed):
            raise error
        self.refusals.append(Refusal(kind, name, error.message))


def as_json(transfer: Transfer) -> dict[str, Any]:
    """Return what a run did as a JSON document."""
    return {
        "counts": transfer.counts,
        "files": transfer.files,
        "tables": transfer.tables,
        "views": transfer.views,
        "relationships": transfer.relationships,
        "images": transfer.images,
        "refused": [
            {"kind": group.kind, "reason": group.reason, "next": group.advice.english, "count": len(group.names)}
            for group in in_groups(transfer.refusals)
        ],
        "refusals": [{"kind": each.kind, "name": each.name, "reason": each.reason} for each in transfer.refusals],
    }
