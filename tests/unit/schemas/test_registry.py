"""Finding schemas by name, and mending the descriptors that authors publish."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from odl_host.cli.schema import render_schema_list, render_schema_show, schema_list, schema_show
from odl_host.errors import UnknownSchema
from odl_host.schemas.descriptor import ANY_TYPE_CONSTRAINTS, SUPPORTED_CONSTRAINTS, CustomCheck
from odl_host.schemas.registry import load_registry, schema_path, version_key
from odl_host.schemas.repair import parse_descriptor


def put(cache: Path, name: str, version: str, fields: list[dict[str, Any]], **more: Any) -> Path:
    """A schema in the cache, as `schema sync` writes it."""
    path = schema_path(cache, name, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"name": name, "version": version, "title": name, "fields": fields, **more}
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize(
    "reference",
    [
        "deliberations",
        "Délibérations",
        "DELIBERATIONS",
        "scdl/deliberations",
        "SCDL/Délibérations",
        "scdl/deliberations@2.1.5",
        "deliberations@v2.1.5",
        " deliberations ",
        "deliberation",
    ],
)
def test_a_schema_answers_to_the_names_people_give_it(reference: str) -> None:
    assert load_registry(None).get_schema(reference).reference == "scdl/deliberations@2.1.5"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("bal", "etalab/schema-bal"),
        ("schema-bal", "etalab/schema-bal"),
        ("irve", "etalab/schema-irve-statique"),
        ("irve_statique", "etalab/schema-irve-statique"),
        ("stationnement", "etalab/schema-stationnement"),
        ("stationnement cyclable", "etalab/schema-stationnement-cyclable"),
        ("défibrillateurs", "atlasante/schema-dae"),
        ("naturalsolutions/schema-arbre", "NaturalSolutions/schema-arbre"),
    ],
)
def test_the_prefix_schema_and_the_everyday_name_are_understood(reference: str, name: str) -> None:
    assert load_registry(None).get_schema(reference).name == name


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownSchema, match="scdl/subventions") as caught:
        load_registry(None).get_schema("subventionz")
    assert "scdl/subventions" in caught.value.hint


def test_an_unknown_version_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownSchema, match=r"no version 9\.9.*2\.1\.5"):
        load_registry(None).get_schema("deliberations@9.9")


@pytest.mark.parametrize(
    "reference", ["", "@", "@1.0", "/", "../../etc/passwd", "scdl/../scdl/prenoms", "\0", "a" * 5000]
)
def test_nonsense_for_a_name_is_an_unknown_schema(reference: str) -> None:
    with pytest.raises(UnknownSchema):
        load_registry(None).get_schema(reference)


def test_find_schema_returns_none_where_get_schema_raises() -> None:
    assert load_registry(None).find_schema("nothing-like-it") is None


def test_a_short_name_of_two_schemas_is_refused_and_both_are_named(tmp_path: Path) -> None:
    put(tmp_path, "ailleurs/prenoms", "1.0.0", [{"name": "a"}])
    registry = load_registry(tmp_path)
    with pytest.raises(UnknownSchema, match="ailleurs/prenoms") as caught:
        registry.get_schema("prenoms")
    assert "scdl/prenoms" in str(caught.value)
    assert registry.get_schema("ailleurs/prenoms").version == "1.0.0"
    assert registry.get_schema("scdl/prenoms").origin == "builtin"


def test_a_newer_version_in_the_cache_is_the_latest_and_an_older_one_is_not(tmp_path: Path) -> None:
    put(tmp_path, "scdl/prenoms", "1.1.10", [{"name": "ANNEE", "type": "year"}])
    put(tmp_path, "scdl/budget", "0.8.1", [{"name": "BGT_NOM"}])
    registry = load_registry(tmp_path)
    assert registry.get_schema("prenoms").version == "1.1.10"
    assert registry.get_schema("prenoms@1.1.6").origin == "builtin"
    assert registry.get_schema("budget").version == "0.8.3"
    assert registry.list_versions("scdl/prenoms") == ["1.1.6", "1.1.10"]


def test_our_words_stay_for_the_same_version_and_pass_to_another_where_the_rules_are_equal(tmp_path: Path) -> None:
    ours = load_registry(None).get_schema("prenoms")
    same = ours.find_field("ANNEE")
    assert same is not None
    put(tmp_path, "scdl/prenoms", "1.1.6", [{"name": "ANNEE", "title": "autre"}])
    fields = [
        {"name": "ANNEE", "type": "year", "title": "autre", "constraints": {"required": True}},
        {"name": "ENFANT_SEXE", "type": "string", "title": "Autre règle", "constraints": {"enum": ["1", "2"]}},
        {"name": "NOUVEAU", "type": "string", "title": "Colonne nouvelle"},
    ]
    put(tmp_path, "scdl/prenoms", "1.2.0", fields)
    registry = load_registry(tmp_path)
    assert registry.get_schema("prenoms@1.1.6") == ours
    newer = registry.get_schema("prenoms@1.2.0")
    annee, sexe, nouveau = newer.fields
    assert (annee.title, annee.description, annee.example) == (same.title, same.description, same.example)
    assert sexe.title == "Autre règle"
    assert sexe.aliases == ("sexe", "genre")
    assert nouveau.title == "Colonne nouvelle"
    assert newer.title == ours.title
    assert newer.file_hints == ours.file_hints


def test_a_damaged_cache_file_is_said_and_the_rest_still_works(tmp_path: Path) -> None:
    put(tmp_path, "scdl/prenoms", "9.0.0", []).write_text('{"name": "scdl/pre', "utf-8")
    put(tmp_path, "x/liste", "1.0", []).write_text("[1, 2]", "utf-8")
    put(tmp_path, "x/bon", "1.0", [{"name": "a"}])
    registry = load_registry(tmp_path)
    assert registry.get_schema("prenoms").version == "1.1.6"
    assert "x/bon" in [schema.name for schema in registry.list_schemas()]
    assert len(list(registry.iter_versions())) == 20
    assert len(registry.problems) == 2
    with pytest.raises(UnknownSchema, match="cannot be read"):
        registry.get_schema("x/liste")


def test_an_absent_cache_folder_is_an_empty_cache(tmp_path: Path) -> None:
    assert len(load_registry(tmp_path / "nowhere").list_schemas()) == 19


def test_any_name_and_version_can_be_kept_in_the_cache(tmp_path: Path) -> None:
    for name, version in [("Été/schéma à nous", "1.0 bêta"), ("a/..", "../2"), ("x/y@z", "v1")]:
        path = put(tmp_path, name, version, [{"name": "a"}])
        assert path.parent.parent == tmp_path
        assert version in load_registry(tmp_path).list_versions(name)


def test_versions_are_ordered_by_value() -> None:
    versions = ["0.9", "1.0.0-beta", "1.0", "1.0.2", "v1.0.10", "2", "2026-06-30", "2026-07-01"]
    assert sorted(set(versions), key=version_key) == versions


def test_iter_versions_gives_the_newest_first(tmp_path: Path) -> None:
    for version in ("1.0", "1.10", "1.9"):
        put(tmp_path, "x/y", version, [{"name": "a"}])
    versions = [schema.version for schema in load_registry(tmp_path).iter_versions() if schema.name == "x/y"]
    assert versions == ["1.10", "1.9", "1.0"]


def test_reading_the_registry_loads_no_validation_library() -> None:
    code = (
        "import sys; from odl_host.schemas.registry import load_registry; load_registry(None).list_schemas();"
        "assert not {'frictionless', 'jsonschema', 'urllib.request', 'click'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_opening_one_schema_reads_one_file_only() -> None:
    registry = load_registry(None)
    registry.get_schema("scdl/deliberations")
    registry.get_schema("irve-statique")
    assert len(registry._loaded) == 2


def test_our_table_of_constraints_is_the_one_of_frictionless() -> None:
    from frictionless import fields

    for name, ours in SUPPORTED_CONSTRAINTS.items():
        cls = next(
            kind for key, kind in vars(fields).items() if key.endswith("Field") and getattr(kind, "type", "") == name
        )
        assert ours | {"required"} == set(cls.supported_constraints), name
    assert {"required", "unique"} == ANY_TYPE_CONSTRAINTS


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"name": "Avec Majuscules", "fields": [{"name": "a"}]}, "no identifier"),
    ({"type": "table", "fields": [{"name": "a"}]}, "belongs to a table"),
    ({"schema": {"fields": [{"name": "a"}]}}, "key `schema`"),
    ({"fields": [{"name": "a", "type": "date", "constraints": {"pattern": "^2.*"}}]}, "frictionless does not see it"),
    ({"fields": [{"name": "a", "type": "string", "format": "uri", "example": "pas/une/adresse"}]}, "example"),
    ({"fields": [{"name": "a", "type": "number", "example": "17 142.08"}]}, "example"),
    ({"fields": [{"name": "a", "constraints": {"enum": ["oui", "non"]}, "example": '["oui", "non"]'}]}, "example"),
    ({"fields": [{"name": "a", "contraints": {"required": True}}]}, "`contraints`"),
    ({"fields": [{"name": "a", "exemple": "x"}]}, "`exemple`"),
    ({"fields": [{"name": "a"}, {"name": "a"}, {"name": ""}, "b"]}, "declared twice"),
    ({"fields": [{"name": "a", "required": True}]}, "moved into the constraints"),
    ({"fields": [{"name": "a", "type": "Text"}, {"name": "b", "type": "couleur"}]}, "read as"),
    ({"fields": [{"name": "a", "format": "téléphone"}]}, "unknown for a text"),
    ({"fields": [{"name": "a", "constraints": {"pattern": "(["}}]}, "no regular expression"),
    ({"fields": [{"name": "a", "constraints": {"required": "oui", "maxLength": "10", "enum": "x"}}]}, "read as true"),
    ({"fields": [{"name": "a", "constraints": ["required"]}]}, "not an object"),
    ({"fields": [{"name": "a"}], "primaryKey": ["b"]}, "absent column"),
    ({"fields": [{"name": "a"}], "missingValues": "-"}, "not a list"),
    ({"fields": [{"name": "a"}], "custom_checks": {"name": "siret"}}, "no params"),
    ({"fields": [{"name": "a"}], "custom_checks": [{"params": {}}, "siret"]}, "no name"),
    ({"fields": [{"name": "a"}], "foreignKeys": [{"fields": "a", "reference": {"resource": "b"}}]}, "other tables"),
    ({"fields": [{"name": "a", "type": "boolean", "trueValues": "oui", "falseValues": ["non"]}]}, "not a list"),
]


@pytest.mark.parametrize(("descriptor", "note"), BROKEN)
def test_a_broken_descriptor_is_mended_with_a_note_and_frictionless_accepts_it(
    descriptor: dict[str, Any], note: str
) -> None:
    from frictionless import Schema as TableSchema

    before = json.dumps(descriptor)
    schema = parse_descriptor(descriptor, name="essai/schema", version="1.0")
    assert note in " / ".join(schema.notes)
    assert [field.name for field in TableSchema.from_descriptor(schema.descriptor).fields] == list(schema.field_names)
    assert json.dumps(descriptor) == before


@pytest.mark.parametrize("descriptor", [{}, {"fields": []}, {"fields": "a"}, {"fields": [1, {}]}, {"properties": {}}])
def test_what_has_no_column_is_no_schema(descriptor: dict[str, Any]) -> None:
    with pytest.raises(UnknownSchema, match="not a Table Schema"):
        parse_descriptor(descriptor, name="essai/schema", version="1.0")


def test_rules_that_frictionless_refuses_are_kept_for_us() -> None:
    field = {"name": "a", "type": "date", "constraints": {"required": True, "pattern": r"^20\d\d-.*"}}
    schema = parse_descriptor({"fields": [field]}, name="essai/schema", version="1.0")
    assert schema.fields[0].constraints == field["constraints"]
    assert schema.descriptor["fields"][0]["constraints"] == {"required": True}


def test_misspelt_rules_have_no_effect_as_for_the_official_validator() -> None:
    schema = parse_descriptor(
        {"fields": [{"name": "a", "contraints": {"required": True}}]}, name="essai/schema", version="1.0"
    )
    assert not schema.fields[0].required
    assert schema.fields[0].properties["contraints"] == {"required": True}


def test_several_values_of_a_list_become_a_pattern() -> None:
    from frictionless import Schema as TableSchema

    constraints = {"enum": ["a+b", "c"], "enum_multiple": True, "enum_multiple_seperator": "/"}
    schema = parse_descriptor({"fields": [{"name": "x", "constraints": constraints}]}, name="essai/s", version="1")
    field = TableSchema.from_descriptor(schema.descriptor).get_field("x")
    assert [bool(field.read_cell(cell)[1]) for cell in ("a+b", "c/a+b", "c/c", "c/", "d", "a")] == [
        False,
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_check_declared_on_a_field_is_a_custom_check_of_its_column() -> None:
    fields = [
        {"name": "s", "customCheck": "siret"},
        {"name": "c", "customCheck": {"name": "code-commune-insee", "cog": "2024"}},
    ]
    top = [{"name": "one-of-required", "params": {"column1": "s", "column2": "c"}}]
    schema = parse_descriptor({"fields": fields, "custom_checks": top}, name="essai/s", version="1")
    assert schema.custom_checks == (
        CustomCheck("one-of-required", {"column1": "s", "column2": "c"}),
        CustomCheck("siret", {"column": "s"}),
        CustomCheck("code-commune-insee", {"column": "c", "cog": "2024"}),
    )


def test_no_missing_value_at_all_differs_from_none_declared() -> None:
    declared = parse_descriptor({"fields": [{"name": "a"}], "missingValues": []}, name="e/s", version="1")
    undeclared = parse_descriptor({"fields": [{"name": "a"}]}, name="e/s", version="1")
    assert (declared.missing_values, declared.descriptor["missingValues"]) == ((), [])
    assert (undeclared.missing_values, undeclared.descriptor["missingValues"]) == (("",), [""])


def test_a_schema_that_processes_send_again_and_again_is_one_and_the_same_where_it_arrives() -> None:
    schema = load_registry(None).get_schema("scdl/deliberations")
    first, second = (pickle.loads(pickle.dumps(schema)) for _ in range(2))
    assert first == schema and first is second


def test_schema_list_and_show_are_plain_json_and_readable_text(tmp_path: Path) -> None:
    put(tmp_path, "x/y", "1.0", [{"name": "a_very_long_name_for_a_column_of_a_table", "type": "any"}], notes=["mended"])
    registry = load_registry(tmp_path)
    rows = schema_list(registry)
    assert json.loads(json.dumps(rows)) == rows
    assert {"name": "scdl/prenoms", "columns": 6, "required": 5}.items() <= next(
        row for row in rows if row["short_name"] == "prenoms"
    ).items()
    assert render_schema_list(rows).count("\n") == len(rows)
    for schema in registry.list_schemas():
        shown = schema_show(schema)
        assert json.loads(json.dumps(shown)) == shown
        text = render_schema_show(shown)
        assert all(f" {name}" in text for name in schema.field_names)
        assert all(note in text for note in schema.notes)
    text = render_schema_show(schema_show(registry.get_schema("subventions")))
    assert "* montant" in text
    assert "Tapez le total en euros" in text
    assert "one-of-required (column1=idBeneficiaire, column2=rnaBeneficiaire)" in text


def test_the_list_and_a_schema_are_shown_in_french_too() -> None:
    registry = load_registry(None)
    assert render_schema_list(schema_list(registry), "fr").startswith("MODÈLE")
    assert "longueur ≤ 256" in render_schema_show(schema_show(registry.get_schema("subventions")), "fr")
