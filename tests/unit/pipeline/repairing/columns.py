"""Columns with something to repair, as files that are read, repaired and looked at."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.repairing.table import RepairedTable, repair_table
from odl_host.schemas.registry import Schema
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 11, 23)
CHAMBERY = "21730065600014"


def one_field(field: Mapping[str, Any], **more: object) -> Schema:
    return parse_descriptor({"fields": [{"name": "c", **field}], **more}, name="essai", version="1")


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])
    return path


def repaired(path: Path, schema: Schema, texts: Sequence[str]) -> tuple[list[str], RepairedTable]:
    """Repair a column `c`, beside a column that keeps blank rows from being blank."""
    write(path / "f.csv", ["c", "autre"], [[text, "z"] for text in texts])
    table = repair_table(read_table(path / "f.csv", columns=frozenset({"c", "autre"})), schema, today=TODAY)
    return [row[0] for row in table.iter_rows()], table


NUMBER = {"type": "number"}
DATE = {"type": "date"}
SIRET = {"name": "siret", "type": "string", "constraints": {"pattern": r"^\d{14}$"}}
YES_NO = {"type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}
