"""Recognising the schema of a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.recognising.detect import Detection, detect_schema
from odl_host.pipeline.recognising.shapes import INDEX_FILE, keep_index, make_index
from odl_host.schemas.registry import FACTS, load_registry
from odl_host.schemas.sync import sync_catalogue

if TYPE_CHECKING:
    from odl_host.schemas.registry import Registry

DATA = Path(__file__).resolve().parents[3] / "data"
BUILTIN = load_registry(None)


def test_the_shipped_index_is_that_of_the_shipped_schemas() -> None:
    expected = json.loads(json.dumps({"sizes": BUILTIN.sizes, **make_index(BUILTIN)}))
    assert json.loads((FACTS / INDEX_FILE).read_bytes()) == expected, "run: python scripts/build_recognition.py"


def detected(
    folder: Path, labels: list[str], *rows: list[str], name: str = "fichier.csv", registry: Registry = BUILTIN
) -> Detection:
    path = folder / "fichier.csv"
    path.write_text("\n".join(";".join(row) for row in (labels, *rows)) + "\n", "utf-8")
    return detect_schema(read_table(path), registry, filename=name)


def names(reference: str) -> list[str]:
    return list(BUILTIN.get_schema(reference).field_names)


def synced(folder: Path, *schemas: tuple[str, str, list[dict[str, object]]]) -> Registry:
    """Make a registry of these schemas: (name, version, fields), and the built-in ones."""
    for name, version, fields in schemas:
        place = folder / "tableschema" / name / version / "schema.json"
        place.parent.mkdir(parents=True)
        place.write_text(
            json.dumps({"name": name.rpartition("/")[2], "title": name, "version": version, "fields": fields})
        )
    report = sync_catalogue(folder, folder / "cache")
    assert len(report.added) == len(schemas), report
    return load_registry(folder / "cache")


@pytest.mark.parametrize(
    "schema", [one for one in BUILTIN.list_schemas() if one.kind == "table"], ids=lambda one: one.name
)
def test_the_columns_of_each_built_in_schema_name_it_with_certainty_in_any_order_and_case(
    tmp_path: Path, schema: object
) -> None:
    labels = [label.upper().replace("_", " ") for label in reversed(schema.field_names)]  # type: ignore[attr-defined]
    found = detected(tmp_path, labels)
    assert found.certain
    assert found.schema is not None
    expected = {"scdl/adresses": "etalab/schema-bal"}.get(schema.name, schema.name)  # type: ignore[attr-defined]
    assert found.schema.name == expected


def test_a_file_with_local_columns_more_and_optional_columns_less_is_still_certain(tmp_path: Path) -> None:
    labels = [label for label in names("subventions") if label not in ("rnaBeneficiaire", "dispositifAide", "idRAE")]
    found = detected(tmp_path, [*labels, "canton", "observations internes"])
    assert (found.certain, found.schema and found.schema.name) == (True, "scdl/subventions")


def test_typing_errors_swapped_words_and_titles_in_the_place_of_names_are_recognised(tmp_path: Path) -> None:
    spelt = {
        "nomAttribuant": "ATTRIBUANT_NOM",
        "idAttribuant": "idAtribuant",
        "dateConvention": "Convention (date)",
        "nomBeneficiaire": "nom beneficaire",
    }
    found = detected(tmp_path, [spelt.get(label, label) for label in names("subventions")])
    assert (found.certain, found.schema and found.schema.name) == (True, "scdl/subventions")


def test_words_that_any_file_has_make_nothing_certain(tmp_path: Path) -> None:
    found = detected(tmp_path, ["id", "nom", "commune", "date", "adresse"], ["1", "Mairie", "Aiton", "2024-01-01", "x"])
    assert not found.certain
    assert "sinon, demandez le bon modèle à la personne qui vous accompagne" in found.reason


def test_who_has_no_model_is_told_whom_to_ask(tmp_path: Path) -> None:
    found = detected(tmp_path, ["jour", "créneau", "association"], ["lundi", "18 h", "Judo"])
    assert "Demandez le modèle" in found.reason


def test_a_file_without_a_header_is_blocked_and_the_reason_says_what_its_first_cells_are(tmp_path: Path) -> None:
    found = detected(tmp_path, ["21730065600014", "Aiton", "12", "zzz"])
    assert (found.schema, found.certain, found.runner_up) == (None, False, None)
    assert "pas de ligne de titres" in found.reason
    assert "« 21730065600014 »" in found.reason


def test_a_file_name_that_speaks_of_another_schema_than_half_a_header_raises_a_doubt(tmp_path: Path) -> None:
    labels = [*names("prenoms")[:3], "montant", "objet"]
    assert not detected(tmp_path, labels, name="subventions-2024.csv").certain


def test_two_schemas_that_fit_alike_are_both_named_and_the_file_name_decides(tmp_path: Path) -> None:
    shared: list[dict[str, object]] = [
        {"name": name, "type": "string", "constraints": {"required": True}}
        for name in ("zone_code", "zone_debut", "zone_fin", "zone_motif")
    ]
    registry = synced(tmp_path, ("moi/travaux", "1.0.0", shared), ("moi/fermetures", "1.0.0", shared))
    labels = [str(field["name"]) for field in shared]
    doubt = detected(tmp_path, labels, registry=registry)
    assert not doubt.certain
    assert doubt.schema is not None
    assert doubt.runner_up is not None
    assert {doubt.schema.name, doubt.runner_up[0].name} == {"moi/travaux", "moi/fermetures"}
    assert "travaux" in doubt.reason
    assert "fermetures" in doubt.reason
    sure = detected(tmp_path, labels, name="Fermetures_juin.csv", registry=registry)
    assert (sure.certain, sure.schema and sure.schema.name) == (True, "moi/fermetures")


def versions(folder: Path) -> Registry:
    def fields(natures: list[str], *more: dict[str, object]) -> list[dict[str, object]]:
        return [
            {"name": "aide_code", "type": "string", "constraints": {"required": True}},
            {"name": "aide_nature", "type": "string", "constraints": {"required": True, "enum": natures}},
            {"name": "aide_montant", "type": "number"},
            *more,
        ]

    required = {"name": "aide_siret", "type": "string", "constraints": {"required": True}}
    return synced(
        folder,
        ("moi/aides", "1.0.0", fields(["don", "prêt"])),
        ("moi/aides", "1.1.0", fields(["don", "prêt"], {"name": "aide_remarque", "type": "string"})),
        ("moi/aides", "2.0.0", fields(["don", "prêt"], required)),
        ("moi/aides", "3.0.0", fields(["numéraire", "nature"], required)),
    )


@pytest.mark.parametrize(
    ("labels", "nature", "version"),
    [
        (["aide_code", "aide_nature", "aide_montant"], "don", "1.1.0"),
        (["aide_code", "aide_nature", "aide_montant", "aide_siret"], "don", "2.0.0"),
        (["aide_code", "aide_nature", "aide_montant", "aide_siret"], "nature", "3.0.0"),
    ],
    ids=["newest-that-demands-nothing-more", "newest-with-the-column", "by-the-values"],
)
def test_the_version_is_the_newest_that_suits_the_columns_and_the_values(
    tmp_path: Path, labels: list[str], nature: str, version: str
) -> None:
    row = ["A1", nature, "12.5", "21730065600014"][: len(labels)]
    found = detected(tmp_path, labels, row, registry=versions(tmp_path))
    assert (found.certain, found.schema and found.schema.reference) == (True, f"moi/aides@{version}")


def test_a_withdrawn_schema_gives_way_to_the_one_that_took_its_place(tmp_path: Path) -> None:
    found = detected(tmp_path, names("etalab/schema-bal"))
    assert (found.certain, found.schema and found.schema.name) == (True, "etalab/schema-bal")
    assert found.runner_up is None or found.runner_up[0].name != "scdl/adresses"


def test_a_file_that_is_mostly_something_else_is_not_certain_unless_it_has_all_that_is_required(tmp_path: Path) -> None:
    of_its_own = [f"locale {number}" for number in range(30)]
    required = [field.name for field in BUILTIN.get_schema("subventions").fields if field.required]
    assert detected(tmp_path, [*names("subventions"), *of_its_own[:12]]).certain
    assert not detected(tmp_path, [*required[:-2], *of_its_own]).certain


def test_the_kept_index_recognises_as_the_schemas_themselves_and_opens_few_of_them(tmp_path: Path) -> None:
    def fields(word: str) -> list[dict[str, object]]:
        return [{"name": f"{word}_{part}", "type": "string"} for part in ("code", "lieu", "date", "motif")]

    words = [f"objet{number}" for number in range(30)]
    fresh = synced(tmp_path, *((f"moi/{word}", "1.0.0", fields(word)) for word in words))
    labels = [str(field["name"]).upper() for field in fields("objet7")]
    expected = detected(tmp_path, labels, registry=fresh)
    keep_index(fresh)
    for word in words[8:]:  # were they opened, it would be noticed
        path = tmp_path / "cache" / "moi" / f"{word}@1.0.0.json"
        status = path.stat()
        path.write_bytes(b"{" + b" " * (status.st_size - 1))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    registry = load_registry(tmp_path / "cache")
    found = detected(tmp_path, labels, registry=registry)
    assert (found.certain, found.schema and found.schema.reference) == (True, "moi/objet7@1.0.0")
    assert (found.score, found.reason) == (expected.score, expected.reason)
    assert registry.problems == ()


def test_an_index_that_is_damaged_or_older_than_the_schemas_is_not_believed(tmp_path: Path) -> None:
    fields: list[dict[str, object]] = [{"name": f"zone_{part}", "type": "string"} for part in ("code", "lieu", "motif")]
    keep_index(synced(tmp_path, ("moi/zones", "1.0.0", fields)))
    (tmp_path / "cache" / "moi" / "zones@1.0.0.json").unlink()
    labels = [str(field["name"]) for field in fields]
    assert not detected(tmp_path, labels, registry=load_registry(tmp_path / "cache")).certain
    (tmp_path / "cache" / INDEX_FILE).write_text("{", "utf-8")
    assert detected(tmp_path, names("subventions"), registry=load_registry(tmp_path / "cache")).certain


def test_lines_that_were_not_cut_into_cells_are_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "deliberations.csv"
    path.write_text('"COLL_NOM;COLL_SIRET;DELIB_ID"\n"Cognin;21730087000011;1"\n', "utf-8")
    reason = detect_schema(read_table(path), BUILTIN, filename=path.name).reason
    assert "tient dans une seule cellule (« COLL_NOM;COLL_SIRET;DELIB_ID »…)" in reason
    assert "séparateur point-virgule" in reason
