"""The sample deposit: what is promised of each file is what the real stages say, and its codes exist."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from odl_host.demo import sample_deposit
from odl_host.demo.contents import CONTENTS, SampleFile
from odl_host.pipeline.deposits.discover import IGNORED_NAMES
from odl_host.pipeline.examining.examine import Examination, ExamineSettings, examine_file
from odl_host.pipeline.reading.read import ReadLimits, read_table
from odl_host.schemas.registry import Registry, load_registry
from odl_host.schemas.sync import sync_catalogue
from odl_host.territory.codes import is_commune_code, is_siren, is_siret
from odl_host.territory.reference import get_commune, get_epci, list_communes

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 23)
GRAND_CHAMBERY = "200069110"
MAX_BYTES = 600_000
WORKBOOKS = {".xlsx", ".xls", ".ods"}
# What must be said, and of which column, for a report on the file to be of use.
TELLING = {
    "73004/equipements.csv": {
        ("constraint-error", "EQUIP_LAT"),
        ("constraint-error", "EQUIP_LONG"),
        ("constraint-error", "EQUIP_NOM"),
        ("constraint-error", "ADR_CODEPOSTAL"),
        ("constraint-error", "EQUIP_THEME"),
    },
    "73031/défibrillateurs.csv": {
        ("unique-error", "num_serie"),
        ("constraint-error", "etat_fonct"),
        ("type-error", "dermnt"),
    },
    "73087/subventions 2025.csv": {("custom-check-error", "idAttribuant")},
    "73137/prenoms 2025.csv": {("constraint-error", "ENFANT_SEXE"), ("type-error", "NOMBRE_OCCURRENCES")},
    "73160/deliberations-2025.csv": {
        ("custom-check-error", "DELIB_MATIERE_NOM"),
        ("sum-columns-value", "VOTE_REEL"),
        ("compare-columns-value", "PREF_DATE"),
    },
    "73225/Subventions 2024.csv": {("type-error", "dateConvention"), ("constraint-error", "datesPeriodeVersement")},
    "73326/Subventions 2024.xlsx": {
        ("constraint-error", "nature"),
        ("type-error", "montant"),
        ("constraint-error", "pourcentageSubvention"),
    },
    "challes-les-eaux/Délibérations 2025.csv": {("missing-label", "DELIB_OBJET")},
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(None)


@pytest.fixture(scope="module")
def deposit() -> Path:
    return sample_deposit()


def examine(path: Path, registry: Registry, spool: Path | None = None) -> Examination:
    settings = ExamineSettings(limits=ReadLimits(), max_findings=100, today=TODAY, spool=spool)
    return examine_file(path, registry, settings)


def test_the_table_of_contents_lists_each_file_once(deposit: Path) -> None:
    files = [path for path in deposit.rglob("*") if path.is_file() and path.name.lower() not in IGNORED_NAMES]
    assert sorted(sample.path for sample in CONTENTS) == sorted(str(path.relative_to(deposit)) for path in files)


def test_the_deposit_is_small_and_says_that_it_is_invented(deposit: Path) -> None:
    assert sum(path.stat().st_size for path in deposit.rglob("*") if path.is_file()) <= MAX_BYTES
    assert "DONNÉES FICTIVES" in (deposit / "LISEZMOI.txt").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("sample", CONTENTS, ids=lambda sample: sample.path)
def test_each_file_ends_as_the_table_says(
    sample: SampleFile, deposit: Path, registry: Registry, tmp_path: Path
) -> None:
    examination = examine(deposit / sample.path, registry, tmp_path)
    schema = examination.schema
    rows = examination.report.rows if examination.report else None
    assert examination.outcome == sample.outcome, examination.detail or examination.report
    if sample.outcome == "blocked":
        assert schema is None
        assert examination.reason.endswith(".")
        return
    assert schema is not None
    assert sample.schema in (schema.name, schema.name.partition("/")[2])
    assert rows == sample.rows
    assert (examination.normalised is not None) == (sample.outcome == "valid")


@pytest.mark.parametrize("path", TELLING)
def test_a_rejected_file_is_rejected_for_its_own_mistakes_and_no_other(
    path: str, deposit: Path, registry: Registry
) -> None:
    report = examine(deposit / path, registry).report
    assert report is not None
    assert {(one.code, one.column) for one in report.findings if one.severity == "error"} == TELLING[path]


def test_every_rejected_file_has_its_mistakes_told() -> None:
    assert {sample.path for sample in CONTENTS if sample.outcome == "invalid"} == set(TELLING)


@pytest.mark.filterwarnings("ignore:The --schema-sync option:DeprecationWarning")  # what the verdicts are defined by
def test_frictionless_agrees_that_the_published_form_of_the_good_files_is_valid(
    deposit: Path, registry: Registry, tmp_path: Path
) -> None:
    from frictionless import Detector, Resource, Schema

    refused = {}
    for sample in CONTENTS:
        if sample.outcome != "valid":
            continue
        examination = examine(deposit / sample.path, registry, tmp_path)
        assert examination.normalised is not None and examination.normalised.path is not None
        assert examination.schema is not None
        resource = Resource(
            path=examination.normalised.path.name,
            basepath=str(tmp_path),
            schema=Schema.from_descriptor(examination.schema.descriptor),
            detector=Detector(schema_sync=True),
        )
        errors = resource.validate(limit_errors=3).flatten(["type", "fieldName", "note"])
        if errors:
            refused[sample.path] = errors
    assert refused == {}


def test_the_whole_national_catalogue_changes_no_verdict(deposit: Path, reference_dir: Path, tmp_path: Path) -> None:
    sync_catalogue(str(reference_dir / "schemas"), tmp_path)
    registry = load_registry(tmp_path)
    differing = {
        sample.path: (found.outcome, found.schema.name if found.schema else "", found.detail)
        for sample in CONTENTS
        for found in [examine(deposit / sample.path, registry)]
        if found.outcome != sample.outcome or (found.schema is not None and sample.schema not in found.schema.name)
    }
    assert differing == {}


def test_the_deposit_covers_the_kinds_and_the_shapes_that_town_halls_send(deposit: Path) -> None:
    outcomes = Counter(sample.outcome for sample in CONTENTS)
    assert outcomes["valid"] >= 45 and outcomes["invalid"] >= 6 and outcomes["blocked"] >= 4
    assert len({sample.schema for sample in CONTENTS if sample.schema}) >= 15
    tables = [read_table(deposit / one.path) for one in CONTENTS if one.outcome == "valid"]
    assert {table.format for table in tables} == {"csv", "xlsx", "xls", "ods"}
    assert {table.encoding for table in tables if table.format == "csv"} >= {"utf-8", "utf-8-sig", "cp1252"}
    assert {table.delimiter for table in tables if table.format == "csv"} == {",", ";", "\t"}
    assert any(table.header_row > 1 for table in tables)


def test_each_folder_is_of_a_member_of_grand_chambery_but_one(deposit: Path) -> None:
    members = {commune.code: commune for commune in list_communes(epci=GRAND_CHAMBERY)}
    sirens = {commune.siren for commune in members.values()} | {get_epci(GRAND_CHAMBERY).siren}
    strays = {sample.path.partition("/")[0] for sample in CONTENTS if sample.stray}
    folders = {path.name for path in deposit.iterdir() if path.is_dir()}
    unknown = {f for f in folders if f.partition("-")[0] not in members and f not in sirens and not f[0].isalpha()}
    assert unknown == strays == {"38185"}
    assert {f for f in folders if f[0].isalpha()} == {"challes-les-eaux"}
    assert get_commune("73064").name == "Challes-les-Eaux"


def test_every_siren_siret_and_insee_code_of_the_valid_files_exists(deposit: Path) -> None:
    sirens = {commune.siren for commune in list_communes(epci=GRAND_CHAMBERY)} | {GRAND_CHAMBERY}
    wrong = []
    for sample in CONTENTS:
        if sample.outcome != "valid" or sample.stray:
            continue
        table = read_table(deposit / sample.path)
        for row in table.iter_rows():
            for label, cell in zip(table.header, row, strict=False):
                name = label.lower()
                if not cell:
                    continue
                if "siret" in name or name in ("idattribuant", "idbeneficiaire"):
                    right = is_siret(cell) and cell[:9] in sirens
                elif "siren" in name:
                    right = is_siren(cell) and cell in sirens
                elif "insee" in name or name == "code_com":
                    right = is_commune_code(cell) and get_commune(cell).epci_siren == GRAND_CHAMBERY
                else:
                    continue
                if not right:
                    wrong.append((sample.path, label, cell))
    assert wrong == []


def test_positions_lie_within_the_agglomeration(deposit: Path) -> None:
    outside = []
    for sample in CONTENTS:
        if sample.outcome != "valid":
            continue
        table = read_table(deposit / sample.path)
        for row in table.iter_rows():
            for label, cell in zip(table.header, row, strict=False):
                name = label.lower()
                if name in ("xlong", "long", "longitude", "equip_long", "long_coor1"):
                    inside = 5.8 < float(cell) < 6.25
                elif name in ("ylat", "lat", "latitude", "equip_lat", "lat_coor1"):
                    inside = 45.45 < float(cell) < 45.8
                elif name == "coordonneesxy":
                    inside = cell.startswith(("[5.8", "[5.9", "[6.0", "[6.1")) and ",45." in cell.replace(" ", "")
                else:
                    continue
                if not inside:
                    outside.append((sample.path, label, cell))
    assert outside == []


def test_the_script_writes_the_committed_files_again(deposit: Path, tmp_path: Path) -> None:
    script = ROOT / "scripts" / "build_sample_deposit.py"
    if not script.exists():
        pytest.skip("scripts/ is not part of an installed package")
    first, second = tmp_path / "first", tmp_path / "second"
    for target in (first, second):
        subprocess.run([sys.executable, str(script), "--output", str(target)], check=True, capture_output=True)
    written = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    assert written == sorted(str(path.relative_to(deposit)) for path in deposit.rglob("*") if path.is_file())
    for relative in written:
        made = (first / relative).read_bytes()
        assert made == (second / relative).read_bytes(), f"{relative} differs from one run to the next"
        if Path(relative).suffix not in WORKBOOKS:
            assert made == (deposit / relative).read_bytes(), f"{relative} is not what the script writes"
        elif not relative.startswith("73146/"):  # cut off half-way: it cannot be opened
            # Other versions of openpyxl and zlib may pack the same cells otherwise.
            ours, theirs = (read_table(folder / relative) for folder in (first, deposit))
            assert (ours.header, list(ours.iter_rows())) == (theirs.header, list(theirs.iter_rows()))
