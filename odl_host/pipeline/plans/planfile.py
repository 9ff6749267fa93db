"""A plan kept in a file: what it would do, for a person to read and for `publish --plan` to hold the world against."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odl_host import __version__
from odl_host.errors import PlanMoved, UsageError
from odl_host.pipeline.plans.plan import Plan
from odl_host.storage.atomic import write_atomically

FORMAT = 1
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as a file holds it: the deposit that it is about, whether it prunes, and what it does.

    `deposit`: a folder, an address, or "" for all the tenant's sources.
    """

    tenant: str
    deposit: str
    prune: bool
    document: dict[str, Any]


def plan_document(plan: Plan, *, tenant: str, deposit: Path | str, prune: bool) -> dict[str, Any]:
    """Return the JSON form of a plan; `digest` is the same for plans that do the same."""
    body = plan.as_json()
    return {
        "format": FORMAT,
        "made_by": __version__,
        "tenant": tenant,
        "deposit": str(deposit),
        "prune": prune,
        "digest": _digest(body),
        **body,
    }


def write_plan(document: dict[str, Any], path: Path) -> None:
    """Write a plan. :raises StorageError: it cannot be written."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    write_atomically(path, text.encode("utf-8", "backslashreplace"), refusal=f"The plan {path} cannot be written")


def read_plan(path: Path, *, tenant: str) -> PlanFile:
    """Read a plan. :raises UsageError: it is no plan of this tenant, or was altered."""
    try:
        document = json.loads(path.read_bytes())
        body = {key: document[key] for key in ("counts", "datasets", "items")}
        if document["format"] != FORMAT or document["digest"] != _digest(body):
            raise UsageError(f"{path} was altered, or made by another version: {document['made_by']}.", hint=_AGAIN)
        if document["tenant"] != tenant:
            raise UsageError(f"{path} is a plan of the tenant {document['tenant']}.", hint=f"-t {document['tenant']}")
        return PlanFile(tenant, str(document["deposit"]), bool(document["prune"]), document)
    except OSError as error:
        raise UsageError(f"The plan {path} cannot be read: {error.strerror}.", hint=_AGAIN) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a plan.", hint=_AGAIN) from error


def require_same(kept: PlanFile, plan: Plan) -> None:
    """Make sure that a plan made now does what the kept one says. :raises PlanMoved: it does not; says where."""
    now = plan.as_json()
    if _digest(now) == kept.document["digest"]:
        return
    moved = list(_differences(kept.document, now))
    more = [f"and {len(moved) - _SHOWN} more"] if len(moved) > _SHOWN else []
    raise PlanMoved(f"The plan is no longer what would be done: {'; '.join([*moved[:_SHOWN], *more])}.")


def _differences(kept: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    before = {item["path"]: item for item in kept["items"]}
    after = {item["path"]: item for item in now["items"]}
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old is None:
            yield f"{path} is new"
        elif new is None:
            yield f"{path} is gone"
        elif old["sha256"] != new["sha256"]:
            yield f"{path} has another content"
        elif old != new:
            yield f"{path}: {new['action']} instead of {old['action']}" if old["action"] != new["action"] else path
    datasets = {one["id"]: one for one in kept["datasets"]}
    for one in now["datasets"]:
        if one["id"] in datasets and one != datasets[one["id"]]:
            yield f"the dataset {one['name']} changed in the catalogue"


def _digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


_AGAIN = "Make it again: odl-host plan -o plan.json"
