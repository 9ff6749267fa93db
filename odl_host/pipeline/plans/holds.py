"""What holds an examined file back: its faults, the gates, and what people decided on it."""

from __future__ import annotations

from collections.abc import Sequence

from odl_host.pipeline.deposits.deposit import source_path
from odl_host.pipeline.plans.decided import dismissed_reason, taken_down_reason, withdrawn_reason
from odl_host.pipeline.plans.gates import Candidate, Gate, Hold
from odl_host.pipeline.plans.items import Item
from odl_host.pipeline.records.decisions import INVALID
from odl_host.tenants import Publishing


def list_holds(item: Item, gates: Sequence[Gate], policy: Publishing) -> list[Hold]:
    """Return everything that holds an examined file back, unless a person released it from all of it."""
    examination, decision = item.examination, item.decision
    assert examination is not None
    if (taken := item.takedown) is not None:
        lasting = not taken.sha256 and taken.path == source_path(item.source)
        return [Hold((), taken_down_reason(taken) if lasting else withdrawn_reason(taken))]
    candidate = Candidate(item.source, item.member, examination, item.published, item.sidecar)
    holds = [hold for hold in (gate(candidate) for gate in gates) if hold is not None]
    if examination.outcome == "invalid" and not policy.tolerates(item.schema_name):
        holds.insert(0, Hold((INVALID,), ""))
    if not holds and decision is not None and decision.verb == "dismiss":
        return [Hold((), dismissed_reason(decision))]
    codes = [code for hold in holds for code in hold.codes]
    if not all(hold.codes for hold in holds) or decision is None or not decision.frees_from(codes):
        return holds
    return []
