"""The header against the schema, by name (frictionless's `schema_sync`, Validata's warnings).

A required field without a column is an error; an optional one, and a column that the schema does not know, are
warnings. A repeated label makes the columns ambiguous: Validata stops there; so do we, but naming the labels.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.names import name_key, one_typo_apart
from odl_host.record import Record
from odl_host.schemas.findings import Finding

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field, Schema

_TYPO = 6
"""Shorter names are often one letter from each other."""


class HeaderMatch(Record):
    """Which field each label of the file is, what was found, and whether the rows can be judged."""

    labels: tuple[str, ...]
    fields: tuple[Field | None, ...]
    findings: tuple[Finding, ...]
    readable: bool = True


def match_header(schema: Schema, header: Sequence[str], *, strict_validata: bool) -> HeaderMatch:
    """Pair labels, outer spaces off, with fields of the same name."""
    labels = tuple(label.strip() for label in header)
    if not labels:
        return HeaderMatch((), (), (Finding("blank-header", row=1),), readable=False)
    repeated = [place for place, label in enumerate(labels) if label in labels[:place]]
    if repeated:
        return HeaderMatch(labels, (), _repeated(labels, repeated, strict_validata), readable=False)
    by_name = {field.name: field for field in schema.fields}
    fields = tuple(by_name.get(label) for label in labels)
    present = {field.name for field in fields if field is not None}
    findings: list[Finding] = []
    if schema.fields and not present:
        findings.append(Finding("unmatched-header", row=1, params={"labels": ", ".join(labels[:8])}))
    for field in schema.fields:
        if field.name in present:
            continue
        required = bool(field.constraints.get("required"))
        if required or field.name in schema.primary_key:
            findings.append(Finding("missing-label", column=field.name, params=_near(field, labels, by_name)))
        # Validata warns of a key column too, when it is not declared required, besides its error.
        if not required and (strict_validata or field.name not in schema.primary_key):
            findings.append(
                Finding("optional-label-missing", "warning", column=field.name, params=_near(field, labels, by_name))
            )
    for place, (label, known) in enumerate(zip(labels, fields, strict=True), start=1):
        if known is None:
            findings.append(Finding("unknown-label", "warning", row=1, column=label, position=place))
        elif strict_validata and header[place - 1] != label:
            # Validata's warnings look at the label as it stands, though its columns are found without outer spaces.
            findings.append(Finding("unknown-label", "warning", row=1, column=header[place - 1], position=place))
            if not known.constraints.get("required"):
                findings.append(Finding("optional-label-missing", "warning", column=label))
    if set(labels) == set(by_name) and labels != tuple(by_name):
        expected = ", ".join(by_name)
        findings.append(Finding("disordered-labels", "warning", row=1, params={"expected": expected}))
    return HeaderMatch(labels, fields, tuple(findings))


def _repeated(labels: Sequence[str], places: Sequence[int], strict_validata: bool) -> tuple[Finding, ...]:
    if strict_validata:
        return (Finding("error", params={"labels": ", ".join(dict.fromkeys(labels[place] for place in places))}),)
    return tuple(
        Finding("duplicate-label", row=1, column=labels[place], position=place + 1, cell=labels[place])
        for place in places
    )


def _near(field: Field, labels: Sequence[str], names: Collection[str]) -> dict[str, str]:
    """Return the label that probably stands for the field: its letters but for one, or a known other name."""
    key = name_key(field.name)
    wanted = {key, *map(name_key, field.aliases)}
    typing = [
        label
        for label in labels
        if label not in names
        and (name_key(label) in wanted or (len(key) >= _TYPO and one_typo_apart(name_key(label), key)))
    ]
    return {"label": typing[0]} if typing else {}
