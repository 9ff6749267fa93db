"""Codes: what a spreadsheet did to them is undone where their key or the territory proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.repairing.table import RepairedTable, repair_table
from odl_host.schemas.repair import parse_descriptor
from tests.unit.pipeline.repairing.columns import (
    CHAMBERY,
    SIRET,
    TODAY,
    write,
)


def codes(path: Path, field: Mapping[str, Any], texts: Sequence[str]) -> tuple[list[str], RepairedTable]:
    name = str(field["name"])
    schema = parse_descriptor({"fields": [field]}, name="essai", version="1")
    write(path / "f.csv", [name, "autre"], [[text, "z"] for text in texts])
    table = repair_table(read_table(path / "f.csv", columns=frozenset({name, "autre"})), schema, today=TODAY)
    return [row[0] for row in table.iter_rows()], table


def test_spaces_and_decimals_leave_a_siret_that_its_key_proves(tmp_path: Path) -> None:
    texts, table = codes(tmp_path, SIRET, ["217 300 656 00014", f"{CHAMBERY}.0", CHAMBERY, "217 300 656 00015"])
    assert texts == [CHAMBERY, CHAMBERY, CHAMBERY, "217 300 656 00015"]
    assert [(repair.kind, repair.count) for repair in table.repairs] == [("code-spaces", 2)]


def test_a_zero_comes_back_where_the_key_proves_it(tmp_path: Path) -> None:
    siret = "00542092000117"
    short = siret[1:]
    from odl_host.territory.codes import has_luhn_key, is_siret

    siren = next(f"0054209{tail:02d}" for tail in range(100) if has_luhn_key(f"0054209{tail:02d}"))
    siret = next(f"{siren}{tail:05d}" for tail in range(10, 99) if is_siret(f"{siren}{tail:05d}"))
    short = siret[1:]
    assert codes(tmp_path, SIRET, [short])[0] == [siret]
    # A zero that was kept elsewhere, or a code that no zero makes right, says that zeros were not what was lost.
    assert codes(tmp_path, SIRET, [short, siret])[0] == [short, siret]
    wrong = short[:-1] + str((int(short[-1]) + 1) % 10)
    texts, table = codes(tmp_path, SIRET, [short, wrong])
    assert texts == [short, wrong]
    assert "un zéro s’est-il perdu" in table.proposals[0].detail


def test_a_zero_comes_back_in_codes_of_communes_that_exist(tmp_path: Path) -> None:
    insee = {"name": "code_insee", "type": "string"}
    texts, table = codes(tmp_path, insee, ["1004", "73065", "2a004"])
    assert texts == ["01004", "73065", "2A004"]
    assert {repair.kind for repair in table.repairs} == {"leading-zero", "code-capitals"}
    assert codes(tmp_path, insee, ["1999"])[0] == ["1999"]
    postal = {"name": "code_postal", "type": "string", "constraints": {"pattern": "[0-9]{5}"}}
    assert codes(tmp_path, postal, ["1500", "73000"])[0] == ["01500", "73000"]


def test_a_siret_in_scientific_notation_is_said_to_be_lost(tmp_path: Path) -> None:
    texts, table = codes(tmp_path, SIRET, ["2,17301E+13"])
    assert texts == ["2,17301E+13"]
    assert "ne peuvent pas être retrouvés" in table.proposals[0].detail
