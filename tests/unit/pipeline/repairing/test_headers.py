"""Titles of columns: one takes its name back when the name and the values agree, and no two become one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.repairing.table import repair_table
from odl_host.schemas.descriptor import build_schema
from tests.unit.pipeline.repairing.columns import (
    CHAMBERY,
    TODAY,
    write,
)

THREE = build_schema(
    {
        "fields": [
            {
                "name": "DELIB_DATE",
                "title": "Date de la délibération",
                "type": "date",
                "constraints": {"required": True},
            },
            {"name": "montant", "type": "number", "aliases": ["montant de la subvention"]},
            {"name": "idAttribuant", "title": "SIRET de qui donne", "aliases": ["identification de l'attribuant"]},
            {"name": "idBeneficiaire", "title": "SIRET de qui reçoit", "aliases": ["siret"]},
        ],
        "name": "essai",
        "version": "1",
    }
)


def header_of(path: Path, header: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    write(path / "f.csv", header, [row])
    return repair_table(read_table(path / "f.csv", repair=False), THREE, today=TODAY).header


@pytest.mark.parametrize(
    ("label", "row", "becomes"),
    [
        ("délib date", "2024-01-31", "DELIB_DATE"),
        ("Montant de la subvention", "12,5", "montant"),
        ("Montant", "12,5", "montant"),
        ("Identification de l’attribuant", CHAMBERY, "idAttribuant"),
        # Values that do not suit, a word of which nobody can tell whose it is, and an unknown name stay.
        ("Montant de la subvention", "à voir", "Montant de la subvention"),
        ("SIRET", CHAMBERY, "SIRET"),
        ("Remarque", "oui", "Remarque"),
    ],
)
def test_a_column_takes_its_name_back_when_name_and_values_agree(
    label: str, row: str, becomes: str, tmp_path: Path
) -> None:
    assert header_of(tmp_path, [label, "z"], [row, "z"]) == (becomes, "z")


def test_a_column_that_nearly_fits_is_asked_about(tmp_path: Path) -> None:
    write(tmp_path / "f.csv", ["DELIB_DATE", "Montant"], [["2024-01-31", "à voir"], ["2024-01-31", "12"]])
    table = repair_table(read_table(tmp_path / "f.csv", repair=False), THREE, today=TODAY)
    assert table.header == ("DELIB_DATE", "Montant")
    (question,) = table.proposals
    assert "est-elle" not in question.detail  # only the case differs: no doubt which column is meant
    assert "« Montant »" in question.detail and "« montant »" in question.detail and "« à voir »" in question.detail


def test_two_columns_never_become_one(tmp_path: Path) -> None:
    for header in (["montant", "Montant"], ["MONTANT", "Montant"], ["montant", "Montant de la subvention"]):
        assert header_of(tmp_path, header, ["1", "2"]) == tuple(header)
    assert header_of(tmp_path, ["montant", "montant"], ["1", "2"]) == ("montant", "montant")
