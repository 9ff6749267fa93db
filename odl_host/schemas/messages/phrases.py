"""What the sentences about findings are made of: how a cell, a list, a proposal and an example are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from odl_host.schemas.findings import SEPARATOR, Finding

Sentences: TypeAlias = tuple[str, str]
"""What is wrong; what to type instead, "" when there is nothing to do."""

SentencesByCode: TypeAlias = Mapping[str, Sentences | Callable[[Finding], Sentences]]

_SHOWN_VALUES = 12
_SHOWN_CELL = 80


def shown(finding: Finding) -> str:
    """Say what stands in the cell, shortened, between French quotes."""
    text = " ".join((finding.cell or "").split()) or (finding.cell or "")
    return f"« {text if len(text) <= _SHOWN_CELL else text[: _SHOWN_CELL - 1] + '…'} »"


def write(proposal: str | None, otherwise: str) -> str:
    """Say to type the proposal; without one, what to do otherwise."""
    return f"Écrivez « {proposal} »." if proposal else otherwise


def example(finding: Finding) -> str:
    """Say the schema's example, after a space; "" without one."""
    example = finding.params.get("example", "")
    return f" Par exemple : « {example} »." if example else ""


def split(finding: Finding, name: str) -> list[str]:
    """Return the values that the finding carries under a name."""
    return [value for value in finding.params.get(name, "").split(SEPARATOR) if value]


def listed(values: list[str]) -> str:
    """Say a list of values, shortened."""
    shown = ", ".join(f"« {value} »" for value in values[:_SHOWN_VALUES])
    return f"{shown}… ({len(values)} valeurs possibles)" if len(values) > _SHOWN_VALUES else shown


def with_spaces_said(finding: Finding, sentences: Sentences) -> Sentences:
    """Say that a space is the fault where the proposal is the cell without it: it cannot be seen."""
    text = finding.cell or ""
    bare = text.strip()
    if bare != text and bare and f"« {bare} »" in sentences[1]:
        wrong = f"{shown(finding)} a un espace de trop, avant ou après."
        return wrong, f"Écrivez « {bare} », sans espace avant ni après."
    return sentences
