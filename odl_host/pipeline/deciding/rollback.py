"""Taking back what was published: a whole run, a dataset, or one file; shown first, then done.

What is taken back does not come again the next night: its content is recorded as withdrawn, and the file in the
deposit waits, with the reason, for a corrected one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.members import held_members
from odl_host.catalogue.versions import list_versions, restore_version
from odl_host.ckan import PackageDict
from odl_host.errors import CatalogueNotFound, OdlError, UsageError
from odl_host.pipeline.records.decisions import Decision, Decisions, Verb
from odl_host.pipeline.records.journal import list_runs, read_effects, read_run

_NOT_KEPT = "the file that it replaced was not kept; odl-host takedown takes it off the portal"
_TAKEN_DOWN = "it was taken down; odl-host quarantine withdraw takes that back"


@dataclass(frozen=True, slots=True)
class Return:
    """One file that goes back.

    `action`: "restore" gives it the file of `version` again, "remove" takes away what had no earlier file, "keep"
    leaves it, for `reason`. `member` and `source` say which file of the deposit it comes from; `withdrawn` is the
    SHA-256 of the content that is taken back, "" for a file that the run had removed; `restored` that of the content
    that comes back.
    """

    dataset_id: str
    dataset_name: str
    resource_id: str
    name: str
    action: str
    version: int | None = None
    created: str = ""
    rows: int | None = None
    member: str = ""
    source: str = ""
    withdrawn: str = ""
    restored: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "dataset": self.dataset_name,
            "resource_id": self.resource_id,
            "name": self.name,
            "action": self.action,
            "version": self.version,
            "version_created": self.created or None,
            "rows": self.rows,
            "reason": self.reason or None,
        }


def plan_run(catalogue: Catalogue, runs: Path, run: str, decisions: Decisions) -> list[Return]:
    """Return what taking back a run would do; what people took off the portal does not come back with it.

    Of a run that was killed, what its journal tells is taken back.

    :raises UsageError: there is no such run, or the catalogue keeps no versions.
    """
    if run not in list_runs(runs):
        raise UsageError(f"There is no run “{run}”.", hint="See them with: odl-host runs")
    report = read_run(runs, run).report
    items = report["items"] if report is not None else read_effects(runs, run)
    # What ended as failed is looked at too: its last answer may be all that was lost.
    return [_undo(catalogue, item, decisions) for item in items if item["action"] in {"create", "update", "remove"}]


def plan_reference(catalogue: Catalogue, reference: str, version: int | None, decisions: Decisions) -> list[Return]:
    """Return what giving a dataset's files, or one file, an earlier version again would do.

    By default the last one that differs and that was not taken back itself; a version asked for by its number may be
    one that was: who asks for it decides anew.

    :raises UsageError: there is no such dataset or file, or `version` is asked of several files.
    """
    dataset = upsert.find_dataset(catalogue, reference)
    if dataset is None:
        resource = upsert.find_resource(catalogue, reference)
        dataset = upsert.find_dataset(catalogue, str(resource["package_id"])) if resource else None
        if resource is None or dataset is None:
            raise UsageError(
                f"There is no run, dataset or file “{reference}”.",
                hint="Give a run (odl-host runs), a dataset's name, or a file's id.",
            )
        resources: Iterable[Mapping[str, Any]] = [resource]
    else:
        resources = [one for one in dataset.get("resources", ()) if one.get("url_type") == "upload"]
    listed = list(resources)
    if version is not None and len(listed) != 1:
        raise UsageError(
            f"{dataset['name']} has {len(listed)} files: which one goes back to version {version}?",
            hint=f"Give the file's id; odl-host history {dataset['name']} shows them.",
        )
    member = _keys_of_members(catalogue).get(str(dataset.get("owner_org") or ""), "")
    return [_back(catalogue, dataset, resource, version, member, decisions) for resource in listed]


def apply_returns(
    catalogue: Catalogue, returns: Iterable[Return], decisions: Decisions, *, reason: str, by: str
) -> list[tuple[Return, str]]:
    """Do what a plan says, and return each file with the error that stopped it, "" for none.

    The content that is taken back is recorded first: killed in between, the same command again does the rest.
    """
    done: list[tuple[Return, str]] = []
    for one in returns:
        if one.action == "keep":
            continue
        try:
            _decide(decisions, "takedown", one, one.withdrawn, reason=reason, by=by)
            _decide(decisions, "withdraw", one, one.restored, reason=reason, by=by)
            _apply(catalogue, one)
        except OdlError as error:
            done.append((one, str(error)))
        else:
            done.append((one, ""))
    return done


def _decide(decisions: Decisions, verb: Verb, one: Return, sha256: str, *, reason: str, by: str) -> None:
    """Record that a content is taken back, or that one that was comes back; nothing when that holds already."""
    if not (sha256 and one.source and one.member):
        return
    is_taken = decisions.takedown_of(one.member, one.source, sha256) is not None
    if is_taken == (verb == "withdraw"):
        decisions.add(Decision.make(verb, one.member, one.source, holds=(), reason=reason, by=by, sha256=sha256))


def _apply(catalogue: Catalogue, one: Return) -> None:
    if one.action == "restore":
        assert one.version is not None
        restore_version(catalogue, one.dataset_id, one.resource_id, one.version)
        return
    dataset = upsert.find_dataset(catalogue, one.dataset_id)
    if dataset is None:
        return
    others = [
        resource
        for resource in dataset.get("resources", ())
        if one.resource_id not in {resource["id"], resource.get("original_of")}
    ]
    if not others:
        upsert.delete_dataset(catalogue, one.dataset_id)
    upsert.delete_resource(catalogue, one.resource_id)  # whoever brings the dataset back does not find it there


def _undo(catalogue: Catalogue, item: Mapping[str, Any], decisions: Decisions) -> Return:
    """Return what taking back one item of a run would do."""
    common: dict[str, Any] = {
        "dataset_name": item["dataset"],
        "resource_id": item["resource_id"],
        "name": str(item["path"]).rpartition("/")[2],
        "member": item.get("member_key") or "",
        "source": str(item["path"]).partition("/")[2],
    }
    try:
        versions = list_versions(catalogue, item["resource_id"])
    except CatalogueNotFound:
        return Return(dataset_id="", action="keep", reason="it is not in the catalogue any more", **common)
    if not versions:
        return Return(dataset_id="", action="keep", reason="the catalogue kept no file of it", **common)
    common["dataset_id"] = versions[-1]["package_id"]
    taken = decisions.takedown_of(common["member"], common["source"], "")
    if item["action"] == "remove":
        if taken is not None:
            return Return(action="keep", reason=_TAKEN_DOWN, **common)
        last = versions[-1]
        if last["is_current"]:
            return Return(action="keep", reason="it is online again", **common)
        return Return(action="restore", **_target(last), **common)
    if versions[-1].get("source_hash") != item.get("sha256"):
        return Return(action="keep", reason="it changed since", **common)
    if not versions[-1]["is_current"]:
        return Return(action="keep", reason="it is not online any more", **common)
    common["withdrawn"] = item.get("sha256") or ""
    before = [one for one in versions if one.get("source_hash") != item.get("sha256")]
    earlier = [one for one in before if not _is_taken(one, common["member"], common["source"], decisions)]
    if item.get("action") == "update" and not before:
        common["withdrawn"] = ""
        return Return(action="keep", reason=_NOT_KEPT, **common)
    if item.get("action") == "create" or not earlier:
        return Return(action="remove", **common)
    return Return(action="restore", **_target(earlier[-1]), **common)


def _is_taken(version: Mapping[str, Any], member: str, source: str, decisions: Decisions) -> bool:
    return decisions.takedown_of(member, source, str(version.get("source_hash") or "")) is not None


def _back(
    catalogue: Catalogue,
    dataset: PackageDict,
    resource: Mapping[str, Any],
    version: int | None,
    member: str,
    decisions: Decisions,
) -> Return:
    common: dict[str, Any] = {
        "dataset_id": dataset["id"],
        "dataset_name": dataset["name"],
        "resource_id": resource["id"],
        "name": str(resource.get("name") or resource["id"]),
        "member": member,
        "source": str(resource.get("source_name") or ""),
    }
    versions = list_versions(catalogue, resource["id"])
    current = versions[-1] if versions else None
    if version is None:
        wanted = [
            one
            for one in versions[:-1]
            if current and one["hash"] != current["hash"] and not _is_taken(one, member, common["source"], decisions)
        ][-1:]
    else:
        wanted = [one for one in versions if one["version"] == version]
    if not wanted:
        if version is not None:
            raise UsageError(
                f"{common['name']} has no version {version}.", hint=f"odl-host history {dataset['name']} shows them."
            )
        return Return(action="keep", reason="it has no earlier version", **common)
    if current and wanted[0]["hash"] == current["hash"]:
        return Return(action="keep", reason="that is the version online", **common)
    common["withdrawn"] = str(resource.get("source_hash") or "")
    return Return(action="restore", **_target(wanted[0]), **common)


def _target(version: Mapping[str, Any]) -> dict[str, Any]:
    rows = str(version.get("rows") or "")
    return {
        "restored": str(version.get("source_hash") or ""),
        "version": version["version"],
        "created": version["created"],
        "rows": int(rows) if rows.isdigit() else None,
    }


def _keys_of_members(catalogue: Catalogue) -> dict[str, str]:
    return {member.id: member.key for member in held_members(upsert.list_organizations(catalogue))}
