"""What people's decisions mean for the files of a deposit, and the French sentences that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odl_host.pipeline.deposits.deposit import source_path
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.plans.state import Published
from odl_host.pipeline.records.decisions import INVALID, Decision, Decisions

WITHDRAWN_FRENCH = (
    "Cette version du fichier a été retirée du portail le {day} par {by} ({reason}) : redéposez un fichier corrigé "
    "sous le même nom."
)
TAKEN_DOWN_FRENCH = (
    "Ce fichier a été retiré du portail le {day} par {by} ({reason}) : il ne sera plus publié sous ce nom. "
    "L’administrateur du portail peut revenir sur cette décision."
)
DISMISSED_FRENCH = (
    "Ce fichier a été mis de côté le {day} par {by} ({reason}) : il n’est pas publié tant qu’il ne change pas."
)

ONLINE_WITH_ERRORS = "It is online with its errors, and the policy is strict now: odl-host takedown {} takes it off."


def decision_on(decisions: Decisions, source: SourceFile, published: Published | None, sha256: str) -> Decision | None:
    """Return the decision in force on a file with this content; a renamed one keeps that on its earlier name."""
    member, path = _place(source)
    found = decisions.on(member, path, sha256)
    if found is None and published is not None and not decisions.is_withdrawn(member, path, sha256):
        found = decisions.on(member, str(published.fields["source_name"]), sha256)
    return found


def is_withdrawn(decisions: Decisions, source: SourceFile, published: Published | None, sha256: str) -> bool:
    """Return whether what let a published file pass holds no more."""
    if published is None:
        return False
    fields = published.fields
    passed = bool(fields.get("personal_data_ground")) or fields.get("validation_status") == "invalid"
    return passed and decisions.is_withdrawn(*_place(source), sha256)


def said_of_errors(held: Mapping[str, Any], decision: Decision | None) -> str:
    """Return what is to be said of a published file that the policy would hold back today, or ""."""
    released = decision is not None and decision.frees_from([INVALID])
    has_errors = held.get("validation_status") == "invalid"
    return ONLINE_WITH_ERRORS.format(held["id"]) if has_errors and not released else ""


def withdrawn_reason(decision: Decision) -> str:
    """Return why a content that was taken back stays out."""
    return _said(WITHDRAWN_FRENCH, decision)


def taken_down_reason(decision: Decision) -> str:
    """Return why a file that was taken down stays out, whatever its content."""
    return _said(TAKEN_DOWN_FRENCH, decision)


def dismissed_reason(decision: Decision) -> str:
    """Return why a file that nothing else holds back any more stays out."""
    return _said(DISMISSED_FRENCH, decision)


def _place(source: SourceFile) -> tuple[str, str]:
    assert source.member is not None
    return source.member.key, source_path(source)


def _said(sentence: str, decision: Decision) -> str:
    return sentence.format(day=decision.day_in_french, by=decision.by, reason=decision.reason)
