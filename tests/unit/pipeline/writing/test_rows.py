"""A column is typed as its schema says when all its cells are; nothing of a cell is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from odl_host.pipeline.writing.rows import read_rows
from odl_host.schemas.descriptor import Field, Schema


def load(tmp_path: Path, text: str, *fields: Field, missing: tuple[str, ...] = ("",)) -> tuple[list[Any], list[Any]]:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    rows = read_rows(path, Schema("essai", "1", "Essai", fields, missing_values=missing))
    return rows.fields, [record for batch in rows.batches() for record in batch]


@pytest.mark.parametrize(
    ("kind", "cells", "column", "values"),
    [
        ("integer", ["1", "-2", ""], "int", [1, -2, None]),
        ("integer", ["217300656", "21730065600011"], "numeric", ["217300656", "21730065600011"]),
        ("integer", ["01000", "2"], "text", ["01000", "2"]),
        ("integer", ["1", "deux"], "text", ["1", "deux"]),
        ("number", ["12.50", "3"], "numeric", ["12.50", "3"]),
        ("number", ["12,50"], "text", ["12,50"]),
        ("date", ["2024-02-29", ""], "date", ["2024-02-29", None]),
        ("date", ["2023-02-29"], "text", ["2023-02-29"]),
        ("datetime", ["2024-01-02T03:04:05Z"], "timestamp", ["2024-01-02T03:04:05"]),
        ("datetime", ["2024-01-02T03:04:05+02:00"], "text", ["2024-01-02T03:04:05+02:00"]),
        ("boolean", ["true", "0", ""], "bool", [True, False, None]),
        ("year", ["2024"], "int", [2024]),
        ("geopoint", ["45.5,5.9"], "text", ["45.5,5.9"]),
        ("string", ["n/a", "x"], "text", [None, "x"]),
    ],
)
def test_cells_become_values(tmp_path: Path, kind: str, cells: list[str], column: str, values: list[Any]) -> None:
    text = "c,d\n" + "".join(f'"{cell}",-\n' for cell in cells)
    fields, records = load(tmp_path, text, Field("c", kind, title="Une colonne"), missing=("", "n/a"))
    assert fields[0] == {"id": "c", "type": column, "info": {"label": "Une colonne"}}
    assert fields[1]["type"] == "text"
    assert [record["c"] for record in records] == values
    assert [type(record["c"]) for record in records] == [type(value) for value in values]


def test_column_names_that_a_database_refuses_are_made_acceptable_and_stay_distinct(tmp_path: Path) -> None:
    long = "é" * 40
    header = f'_id,id,"dit ""X""",,{long}1,{long}2\n'
    fields, _ = load(tmp_path, header + "1,2,3,4,5,6\n")
    ids = [field["id"] for field in fields]
    assert ids[:4] == ["id", "id 2", "dit  X", "colonne 4"]
    assert len(set(ids)) == 6
    assert max(len(name.encode()) for name in ids) <= 63
    assert fields[4]["info"]["label"] == f"{long}1"
