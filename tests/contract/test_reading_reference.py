"""Published files and official examples: every row, every encoding, the right schema."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from odl_host.pipeline.reading.read import RefusedFile, Table, count_rows, read_table
from odl_host.pipeline.reading.workbook import cell_text
from odl_host.pipeline.recognising.detect import Detection, detect_schema, known_columns
from odl_host.pipeline.recognising.shapes import INDEX_FILE
from odl_host.schemas.registry import load_registry
from odl_host.schemas.sync import sync_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from odl_host.schemas.registry import Registry

FOLDERS = ("real", "examples")

# Rows below the first one, where the index counted otherwise: (index, ours, why).
OTHER_COUNTS = {
    "marches/Pays_de_Mormal_Marches_publics_2015.xlsx": (999, 33, "999 formatted rows, of which 33 hold something"),
    "marches/Pays_de_Mormal_Marches_publics_2017.xlsx": (999, 38, "999 formatted rows, of which 38 hold something"),
    "subventions/DEP_Pyrenees_Orientales_recensement_conventions_DEFINITIF_pour_publication_.ods": (
        84,
        81,
        "3 empty repeated rows at the end",
    ),
}
OTHER_ENCODINGS = {
    "equipements/Commerces_Metropole_Saint-Etienne_boulangeries.csv": "utf-8+cp1252",  # 25 lines of 3,062 are cp1252
    "betagouv/ma-cantine-diagnostics/diagnostics__diagnostics_simple_good_encoding_iso-8859-1.csv": "cp1252",
}
EMPTY = {"betagouv/ma-cantine-diagnostics/diagnostics__diagnostics_bad_file_format.ods"}

# Older copies under another owner, with the name the national catalogue uses; see README of the reference data.
SAME_SCHEMA = {"Alkante/schema-dae": "atlasante/schema-dae"}
# Filed under another schema than their columns are those of: (what the columns are of, why).
PURCHASES = "its first column is `siret`, as in achats_siret; achats_id has `cantine_id`"
FILED_ELSEWHERE = {
    **{
        f"betagouv/ma-cantine-achats_id/achats__purchases_{name}": ("betagouv/ma-cantine-achats_siret", PURCHASES)
        for name in (
            "bad_empty_rows.csv",
            "bad_extra_columns.csv",
            "bad_partial_header.csv",
            "bad_wrong_header_typo.csv",
            "good.xlsx",
            "good_floating_number.csv",
            "good_local_vs_circuit_court.csv",
            "good_separator_comma.csv",
        )
    },
    "betagouv/ma-cantine-diagnostics/diagnostics__diagnostics_simple_good_id.csv": (
        "betagouv/ma-cantine-bilans_simple_id",
        "its 21 columns are exactly those of bilans_simple_id",
    ),
}
# Files that do not carry the columns of the schema they are filed under: nobody could be certain.
UNRECOGNISABLE = {
    "arbres/Arbres_urbains_SGEL.csv": "4 of 26 columns; 53 of its own",
    "deliberations/modele-deliberations.xlsx": "an extract of OpenStreetMap",
    "livraison/aires-de-livraison-antibes.ods": "columns of an older draft",
    "livraison/antibes_aires_livraison--mr.csv": "columns of an older draft, common with the arrêtés",
    "livraison/antibes_aires_livraison.xls": "columns of an older draft, common with the arrêtés",
    "livraison/hist__exemple-antibes.csv": "columns of an older draft, common with the arrêtés",
    "subventions/D49_224900019_subventions-aux-associations-du-departement-de-maine-et-loire.csv": "own columns",
    "subventions/D72_subventions_associations_2017-converti.xlsx": "own columns",
    "betagouv/ma-cantine-bilans_detaille/diagnostics_complete__diagnostics_complete_bad_no_header.csv": "no header",
    "betagouv/ma-cantine-cantines_creer/canteens__canteens_bad_no_header.csv": "no header",
    "betagouv/ma-cantine-cantines_creer/canteens__canteens_bad_wrong_header.csv": "own columns",
    "betagouv/ma-cantine-cantines_gestionnaires/canteen_managers__canteen_managers_bad_wrong_header.csv": "own columns",
    "betagouv/ma-cantine-cantines_modifier/canteens__canteens_update_bad_no_header.csv": "no header",
    "betagouv/ma-cantine-diagnostics_complets/diagnostics__diagnostics_complete_bad_no_header.csv": "no header",
    "etalab/schema-bal/tests___tests____junk.ascii.csv": "own columns",
    "etalab/schema-bal/tests___tests____locales.csv": "6 columns, 3 of them in other languages",
    "etalab/schema-comptage-mobilites-channel/exemple-doublon-primary-key.csv": "an older schema's columns",
    "etalab/schema-comptage-mobilites-channel/exemple-invalide-type_compteur.csv": "an older schema's columns",
}


@cache
def index(reference: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return each file of the reference data with what its index says of it."""
    return {
        entry["path"]: (reference / folder / entry["path"], entry)
        for folder in FOLDERS
        for entry in json.loads((reference / folder / "index.json").read_text("utf-8"))
    }


@pytest.fixture(scope="module")
def registry(reference_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    cache_dir = tmp_path_factory.mktemp("schemas")
    sync_catalogue(reference_dir / "schemas", cache_dir)
    return load_registry(cache_dir)


@pytest.fixture(scope="module")
def columns(registry: Registry) -> frozenset[str]:
    return known_columns(registry)


@pytest.fixture(scope="module")
def tables(reference_dir: Path, columns: frozenset[str]) -> dict[str, Table]:
    return {
        name: read_table(path, columns=columns) for name, (path, _) in index(reference_dir).items() if name not in EMPTY
    }


@pytest.fixture(scope="module")
def detections(tables: dict[str, Table], registry: Registry) -> dict[str, Detection]:
    return {name: detect_schema(table, registry, filename=table.path.name) for name, table in tables.items()}


def test_rows_are_counted_exactly_on_every_file(reference_dir: Path, columns: frozenset[str]) -> None:
    wrong = {}
    for name, (path, entry) in index(reference_dir).items():
        if name in EMPTY:
            with pytest.raises(RefusedFile):
                count_rows(path)
            continue
        ours, theirs = count_rows(path, columns=columns), entry["profile"]["rows"]
        if ours != theirs and OTHER_COUNTS.get(name, (None, None))[:2] != (theirs, ours):
            wrong[name] = (ours, theirs)
    assert not wrong


def test_what_reading_leaves_out_is_exactly_the_titles_and_the_blank_rows_it_names(
    reference_dir: Path, tables: dict[str, Table]
) -> None:
    for name, table in tables.items():
        rows = table.rows
        blank = sum(note.count for note in table.notes if note.code == "trailing-blank-rows")
        expected = OTHER_COUNTS.get(name, (0, index(reference_dir)[name][1]["profile"]["rows"]))[1]
        assert table.header_row - 1 + rows + blank == expected, name


def test_encoding_and_separator_are_those_of_the_index(reference_dir: Path, tables: dict[str, Table]) -> None:
    for name, table in tables.items():
        profile = index(reference_dir)[name][1]["profile"]
        assert table.format == profile["format"], name
        if table.format == "csv":
            assert table.encoding == OTHER_ENCODINGS.get(name, profile["encoding"]), name
            assert table.delimiter == profile["delimiter"], name


def test_no_text_is_misread_as_chinese_or_as_twice_encoded(tables: dict[str, Table]) -> None:
    for name, table in tables.items():
        if table.encoding in ("cp1252", "utf-8+cp1252"):
            text = "\n".join(";".join(row) for row in table.iter_rows())
            assert not {char for char in text if ord(char) > 0x2FFF}, name
            assert "Ã©" not in text, name


def test_ragged_rows_and_decimal_commas_are_found_where_the_index_has_them(
    reference_dir: Path, tables: dict[str, Table]
) -> None:
    for number in ("2017", "201901", "201904", "201905", "201907"):
        name = f"subventions/D85_{number}_Publication_donnees_Open_data_Subventions_Conventions.csv"
        table = tables[name]
        assert table.rows
        found = {note.code: note.count for note in table.notes}
        ragged = index(reference_dir)[name][1]["profile"]["ragged_rows"]
        assert found["ragged-rows"] == found["unquoted-decimal-comma"] == ragged


def test_every_cell_of_every_xlsx_is_what_openpyxl_reads(tables: dict[str, Table]) -> None:
    compared = 0
    for name, table in tables.items():
        if table.format != "xlsx":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(table.path, data_only=True)
        sheet = workbook[table.sheet or ""]
        theirs = [["" if cell is None else _as_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        start = table.header_row
        for ours, row in zip(table.iter_rows(), theirs[start:], strict=False):
            assert ours == row[: len(ours)], name
            assert not any(cell.strip() for cell in row[len(ours) :]), name
            compared += len(ours)
        assert not any(cell.strip() for row in theirs[start + table.rows :] for cell in row), name
    assert compared > 10_000


def _as_text(cell: object) -> str:
    # openpyxl gives whole numbers as int and cells in error as their text.
    if isinstance(cell, str) and cell.startswith("#") and cell.endswith(("!", "?", "/A", "0")):
        return ""
    return cell_text(float(cell)) if type(cell) is int else cell_text(cell)


def test_the_schema_is_right_on_98_files_in_100_and_never_wrong_with_certainty(
    reference_dir: Path, detections: dict[str, Detection]
) -> None:
    right, missed, wrong = [], [], []
    for name, found in detections.items():
        label = index(reference_dir)[name][1].get("schema")
        if not label or name in UNRECOGNISABLE:
            continue
        named = label.split("@")[0]
        expected = FILED_ELSEWHERE[name][0] if name in FILED_ELSEWHERE else SAME_SCHEMA.get(named, named)
        if found.certain and found.schema and found.schema.name == expected:
            right.append(name)
        else:
            (wrong if found.certain else missed).append(name)
    assert not wrong
    assert len(right) >= 0.98 * (len(right) + len(missed)), missed
    assert len(right) >= 179


def test_files_that_do_not_follow_the_schema_they_are_filed_under_are_questions_not_answers(
    detections: dict[str, Detection],
) -> None:
    assert [name for name in UNRECOGNISABLE if detections[name].certain] == []


def test_files_that_nobody_filed_are_only_certain_where_their_columns_say_so(
    reference_dir: Path, detections: dict[str, Detection]
) -> None:
    certain = {
        name: found.schema.name
        for name, found in detections.items()
        if found.certain and found.schema and not index(reference_dir)[name][1].get("schema")
    }
    assert certain == {
        "marches/sniffer_error.csv": "scdl/subventions",
        "prenoms/Antibes_Top3_Feminin.ods": "scdl/prenoms",
    }


def test_with_the_built_in_schemas_alone_no_file_of_another_schema_is_taken_for_one_of_them(
    reference_dir: Path, tables: dict[str, Table]
) -> None:
    builtin = load_registry(None)
    known = {schema.name for schema in builtin.list_schemas()}
    mistaken = {}
    for name, table in tables.items():
        named = (index(reference_dir)[name][1].get("schema") or "").split("@")[0]
        if not named or SAME_SCHEMA.get(named, named) in known:
            continue
        found = detect_schema(table, builtin, filename=table.path.name)
        if found.certain and found.schema:
            mistaken[name] = found.schema.name
    assert not mistaken


def test_among_a_schemas_versions_none_has_more_of_the_files_columns_than_the_one_chosen(
    reference_dir: Path, tables: dict[str, Table], detections: dict[str, Detection], registry: Registry
) -> None:
    worse = {}
    for name, found in detections.items():
        filed = registry.find_schema(index(reference_dir)[name][1].get("schema") or "-")
        if not found.certain or found.schema is None or filed is None or filed.name != found.schema.name:
            continue
        labels = {label.strip() for label in tables[name].header}
        known = [len(labels.intersection(schema.field_names)) for schema in (found.schema, filed)]
        lacking = [
            sum(field.required and field.name not in labels for field in schema.fields)
            for schema in (found.schema, filed)
        ]
        if known[0] < known[1] or lacking[0] > lacking[1]:
            worse[name] = (found.schema.reference, filed.reference)
    assert not worse


def test_a_file_whose_schema_is_not_there_is_only_certain_where_another_holds_most_of_its_columns(
    reference_dir: Path, tables: dict[str, Table], registry: Registry, tmp_path: Path
) -> None:
    """The schemas are left out one after the other, as if the file came from a collectivité that uses another."""
    cache = registry.cache
    assert cache is not None
    by_schema: dict[str, list[str]] = {}
    for name in tables:
        named = (index(reference_dir)[name][1].get("schema") or "").split("@")[0]
        if registry.find_schema(named or "-") is not None:
            by_schema.setdefault(SAME_SCHEMA.get(named, named), []).append(name)
    builtin = set(load_registry(None).names)
    mistaken = {}
    for place, (left_out, names) in enumerate(by_schema.items()):
        if left_out in builtin:
            continue  # it cannot be left out
        without = tmp_path / str(place)
        ignored = shutil.ignore_patterns(f"{left_out.partition('/')[2]}@*", INDEX_FILE)
        shutil.copytree(cache, without, ignore=ignored, copy_function=os.link)
        others = load_registry(without)
        for name in names:
            found = detect_schema(tables[name], others, filename=tables[name].path.name)
            titled = sum(bool(label.strip()) for label in tables[name].header)
            if found.certain and len(found.candidates[0].columns) < 0.5 * titled:
                mistaken[name] = found.reason
    assert not mistaken
