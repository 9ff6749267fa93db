"""The files that are held back, whichever run looked at them last, and what people decide on them.

They stay where they are, in the deposit, with their reports; a release takes effect in the next run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odl_host.config import operator_name
from odl_host.errors import UsageError
from odl_host.pipeline.records.decisions import GROUNDS, PERSONAL_DATA, Decision, Decisions, Verb
from odl_host.pipeline.records.journal import last_waiting, list_runs, read_run

HELD = frozenset({"rejected", "blocked"})


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that is held back, and the decision in force on it.

    `item` is what the report of the run that last looked at it says of it; `run` and `since` name that run.
    """

    item: dict[str, Any]
    run: str
    since: str
    decision: Decision | None

    @property
    def path(self) -> str:
        """Its path in the deposit."""
        return str(self.item["path"])

    @property
    def inner_path(self) -> str:
        """Its path inside its member's folder."""
        return self.path.partition("/")[2] or self.path

    @property
    def holds(self) -> tuple[str, ...]:
        """What a release must free it from; empty when it can only be corrected."""
        return tuple(self.item.get("holds") or ())

    @property
    def is_released_online(self) -> bool:
        """Whether a release let it through."""
        return self.item["outcome"] not in HELD and self.decision is not None and self.decision.verb == "release"

    @property
    def about_persons(self) -> bool:
        """Whether it is held back for personal data."""
        return any(code.startswith(f"{PERSONAL_DATA}/") for code in self.holds)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        decision = self.decision
        return {
            **self.item,
            "run": self.run,
            "since": self.since,
            "decision": {
                "verb": decision.verb,
                "reason": decision.reason,
                "ground": decision.ground or None,
                "by": decision.by,
                "at": decision.at,
                "lasting": not decision.sha256,
            }
            if decision
            else None,
        }


def list_held(runs: Path, decisions: Decisions, *, everything: bool = False) -> list[HeldFile]:
    """Return the files that are held back, in the order of the paths; nothing when there was no run.

    `everything`: what the last finished run did not hold back too.
    """
    held = {
        one["item"]["path"]: HeldFile(one["item"], one["run"], one["since"], _decision_on(one["item"], decisions))
        for one in last_waiting(runs) or ()
        if one["item"]["outcome"] in HELD
    }
    if everything:
        for run in list_runs(runs):
            past = read_run(runs, run)
            if past.report is not None:
                for item in past.report["items"]:
                    held.setdefault(item["path"], HeldFile(item, run, past.started, _decision_on(item, decisions)))
                break
    return [held[path] for path in sorted(held)]


def find_held(held: list[HeldFile], path: str) -> HeldFile:
    """Return the file of this path. :raises UsageError: no such file is held back."""
    wanted = path.strip("/")
    for one in held:
        if wanted in {one.path, one.inner_path} and sum(wanted in {two.path, two.inner_path} for two in held) == 1:
            return one
        if one.path == wanted:
            return one
    raise UsageError(f"No file “{path}” is held back.", hint="See which are: odl-host quarantine list")


def decide(
    verb: Verb,
    file: HeldFile,
    decisions: Decisions,
    *,
    reason: str,
    ground: str = "",
    by: str = "",
    lasting: bool = False,
) -> Decision:
    """Record a decision on a file and return it.

    :raises UsageError: the file cannot be released, or a ground is missing. :raises StorageError: it cannot be written.
    """
    item = file.item
    if not item.get("member_key"):
        raise UsageError(
            f"{file.path} is in no member's folder: there is nothing to decide on it.",
            hint="Move it to the folder named after the member's code.",
        )
    if verb == "release" and not file.holds:
        raise UsageError(
            f"{file.path} cannot be released: {item.get('reason') or 'it cannot be published as it is'}",
            hint="Correct the file, or describe it with a sidecar (dataset.toml) to publish it without a schema.",
        )
    if verb == "release" and file.about_persons and not ground:
        raise UsageError(
            f"{file.path} is held back for personal data: say on which ground they may be published.",
            hint=f"Add --ground, one of: {', '.join(GROUNDS)}.",
        )
    decision = Decision.make(
        verb,
        item["member_key"],
        file.inner_path,
        holds=file.holds,
        reason=reason,
        by=by or operator_name(),
        sha256="" if lasting else str(item.get("sha256") or ""),
        ground=ground,
    )
    decisions.add(decision)
    return decision


def _decision_on(item: dict[str, Any], decisions: Decisions) -> Decision | None:
    key = item.get("member_key")
    return decisions.on(key, str(item["path"]).partition("/")[2], str(item.get("sha256") or "")) if key else None
