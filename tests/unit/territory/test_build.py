"""The generator, on a territory of three communes: what it checks, what it writes, that it writes it twice the same."""

from __future__ import annotations

import importlib.util
import json
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from odl_host.territory.archive import Archive

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "build_territory.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_territory", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commune(code: str, name: str, siren: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "nom": name,
        "typeLiaison": 0,
        "type": "commune-actuelle",
        "departement": code[:2],
        "region": "84",
        "arrondissement": "732",
        "siren": siren,
        "codesPostaux": ["73000"],
        "population": 10,
        **more,
    }


@pytest.fixture
def source() -> dict[str, list[dict[str, Any]]]:
    communes = [
        commune("73081", "Le Châtelard", "217300813", typeLiaison=2),
        commune("73065", "Chambéry", "217300656", anciensCodes=["73066", "20001", "73037"]),
        commune("01004", "Ambérieu-en-Bugey", "210100046", typeLiaison=1),
        {"code": "73037", "nom": "Bellecombe", "type": "commune-deleguee", "chefLieu": "73081"},
        {"code": "73065", "nom": "Chambéry", "type": "commune-deleguee", "chefLieu": "73065"},
        {"code": "73999", "nom": "Chambéry 1er", "type": "arrondissement-municipal", "commune": "73065"},
    ]
    place = {"nom": "X", "typeLiaison": 3, "chefLieu": "73065", "region": "84"}
    return {
        "communes": communes,
        "epci": [
            {
                "code": "200069110",
                "nom": "CA du  Grand Chambéry",
                "type": "CA",
                "populationMunicipale": 21,
                "membres": [{"code": "73065"}, {"code": "73081"}],
            }
        ],
        "ept": [
            {"code": "200057867", "nom": "T", "type": "EPT", "membres": [{"code": "01004", "populationMunicipale": 3}]}
        ],
        "departements": [{**place, "code": "73"}, {**place, "code": "01"}],
        "regions": [{**place, "code": "84"}],
        "arrondissements": [],
    }


def write_package(folder: Path, source: dict[str, list[dict[str, Any]]]) -> Path:
    (folder / "data").mkdir(parents=True)
    for name, records in source.items():
        (folder / "data" / f"{name}.json").write_text(json.dumps(records), "utf-8")
    return folder


def test_what_is_written_is_read_back(script: ModuleType, source: Any, tmp_path: Path) -> None:
    for name, data in script.build_files(source).items():
        (tmp_path / name).write_bytes(data)
    archive = Archive(tmp_path)
    chambery = archive.find_commune("73065")
    chatelard = archive.find_commune("73081")
    assert chambery is not None
    assert chatelard is not None
    assert [(f.code, f.name, f.kind) for f in chambery.former] == [
        ("20001", "", "ancienne"),
        ("73066", "", "ancienne"),
        ("73999", "Chambéry 1er", "arrondissement"),
    ]
    assert [(f.code, f.name, f.kind) for f in chatelard.former] == [("73037", "Bellecombe", "deleguee")]
    moved = archive.find_former("20001")
    assert moved is not None
    assert moved[0] is chambery
    epci = archive.find_epci("200069110")
    assert epci is not None
    assert (epci.name, epci.member_codes, epci.population) == ("CA du Grand Chambéry", ("73065", "73081"), 21)
    ept = archive.find_epci("200057867")
    assert ept is not None
    assert (ept.type, ept.member_codes, ept.departement_codes, ept.population) == ("EPT", ("01004",), ("01",), 3)


def test_the_same_source_in_another_order_gives_the_same_bytes(script: ModuleType, source: Any) -> None:
    other = {name: list(reversed(records)) for name, records in source.items()}
    assert script.build_files(source) == script.build_files(other)


def test_a_package_with_other_counts_writes_nothing(
    script: ModuleType, source: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = write_package(tmp_path / "package", source)
    assert script.main(["--package", str(package), "--output", str(tmp_path / "out")]) == 1
    assert "communes: 3, expected 34969" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_wrong_count_is_enough_to_be_refused(script: ModuleType, source: Any) -> None:
    counted = script.count(source)
    assert script.differences(counted, counted) == []
    assert counted["population"] == 30
    source["communes"][0]["siren"] = "217300814"
    assert script.differences(script.count(source), counted) == ["wrong SIREN: 1, expected 0"]


def test_a_package_is_read_from_a_folder_or_from_npms_archive(script: ModuleType, source: Any, tmp_path: Path) -> None:
    package = write_package(tmp_path / "package", source)
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        archive.add(package, "package")
    assert script.load_source(package) == script.load_source(tmp_path / "package.tgz") == source


def test_a_cell_that_would_break_a_line_is_refused(script: ModuleType) -> None:
    with pytest.raises(AssertionError):
        script.table([["a\tb"]])
