"""What validation finds in a file: values, never exceptions, and the catalogue of their codes.

A code keeps the name that frictionless and Validata give to the same error, so that reports can be compared; codes
that start with `odl-` are ours, and warnings unless the schema declares them as errors (see `checks/ours.py`). The
words for town halls stand in `messages/` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from odl_host.record import Record

Severity: TypeAlias = Literal["error", "warning"]
Level: TypeAlias = Literal["file", "schema", "header", "row", "cell"]

NO_PARAMS: Mapping[str, str] = {}
"""Shared by findings without parameters; never written to. A plain dict, because findings travel between processes."""


SEPARATOR = " | "
"""Between the values of a list in a finding's parameters."""


class Finding(Record):
    """One thing found in a file: where it is, what was read there, and what the sentence about it needs.

    `row` counts the header as row 1 and is None for what concerns a whole column, the header or the schema; `column`
    is a field's or a label's name ("" for a cell beyond the last label); `position` is the 1-based place of the
    column in the file; `cell` is the text as it stands in the file.
    """

    code: str
    severity: Severity = "error"
    row: int | None = None
    column: str | None = None
    position: int | None = None
    cell: str | None = None
    params: Mapping[str, str] = NO_PARAMS


class FindingCode(Record):
    """A code, where such a finding stands, how serious it is, and its meaning for developers."""

    code: str
    level: Level
    severity: Severity
    meaning: str


def _codes(*rows: tuple[str, Level, Severity, str]) -> Mapping[str, FindingCode]:
    return MappingProxyType({row[0]: FindingCode(*row) for row in rows})


CODES: Mapping[str, FindingCode] = _codes(
    ("source-error", "file", "error", "The file holds neither header nor rows."),
    ("error", "schema", "error", "Validata's untyped error: a check met a value it cannot work on, and stopped."),
    ("check-error", "schema", "error", "A custom check of the schema is unknown or badly declared; it did not run."),
    ("field-error", "schema", "warning", "A constraint of the schema cannot be used; it was left out."),
    ("deprecated-check", "schema", "warning", "The schema calls a custom check by its old name."),
    ("pattern-not-checked", "schema", "warning", "The schema's pattern takes too long on this column's cells."),
    (
        "foreign-key-not-checked",
        "header",
        "warning",
        "A column refers to another table, which is not there to be looked into.",
    ),
    ("blank-header", "header", "error", "The first row holds no label."),
    ("unmatched-header", "header", "error", "No label of the header is a field of the schema."),
    ("duplicate-label", "header", "error", "The same label stands twice in the header."),
    ("missing-label", "header", "error", "The column of a required field is absent."),
    ("optional-label-missing", "header", "warning", "The column of an optional field is absent."),
    ("unknown-label", "header", "warning", "A column that is no field of the schema; it is not checked."),
    ("disordered-labels", "header", "warning", "The columns are those of the schema, in another order."),
    ("blank-row", "row", "error", "All cells of the row are empty."),
    ("row-below", "row", "error", "The row, below the data, is none; reports say it in place of what it lacks."),
    ("extra-cell", "row", "error", "The row has more cells than the header has labels."),
    ("missing-cell", "row", "error", "The row has fewer cells than the header has labels."),
    ("primary-key", "row", "error", "The key of the row is empty, or that of an earlier row."),
    ("type-error", "cell", "error", "The cell cannot be read as the field's type and format."),
    ("constraint-error", "cell", "error", "The cell breaks a constraint of the field."),
    ("unique-error", "cell", "error", "The value of a unique field stands in an earlier row."),
    (
        "custom-check-error",
        "cell",
        "error",
        "The value is refused by siret, siren, nomenclature-acte or an official list.",
    ),
    ("phone-number-value", "cell", "error", "Neither a French nor an international phone number."),
    ("opening-hours-value", "cell", "error", "Opening hours that are not written in OpenStreetMap's grammar."),
    ("year-interval-value", "cell", "error", "Neither AAAA/AAAA in order nor, where allowed, AAAA."),
    ("french-gps-coordinates", "cell", "error", "Longitude and latitude are outside of France."),
    ("reversed-french-gps-coordinates", "cell", "error", "Outside of France, but inside once swapped."),
    ("compare-columns-value", "cell", "error", "Two columns do not stand in the declared order."),
    ("sum-columns-value", "cell", "error", "The column is not the sum of the declared ones."),
    ("cohesive-columns-value", "cell", "error", "Columns that go together are partly filled, or partly absent."),
    ("one-of-required", "cell", "error", "Neither of two columns, of which one is required, is filled."),
    ("odl-unknown-commune", "cell", "warning", "No commune has this INSEE code at the current vintage."),
    ("odl-former-commune", "cell", "warning", "The INSEE code is that of a commune merged since."),
    ("odl-future-date", "cell", "warning", "A date that tells a past fact lies in the future."),
    ("odl-far-point", "cell", "warning", "The point is neither in nor near the commune of its row."),
    ("odl-duplicate-row", "row", "warning", "The row repeats an earlier one, but for case and spaces."),
    ("odl-other-period", "file", "warning", "No date of the file is of a year that its name announces."),
    ("odl-personal-data", "cell", "warning", "Seems to tell something about a natural person; holds the file back."),
)
"""Every code that validation can give; documentation and tests go through it."""
