"""The built-in schemas: official facts, our own words."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from odl_host.schemas.descriptor import Schema
from odl_host.schemas.registry import FACTS, load_registry, schema_path, version_key

BUILTIN = {schema.name: schema for schema in load_registry(None).list_schemas()}
EXPECTED = {
    "NaturalSolutions/schema-arbre": "0.2.0",
    "atlasante/schema-dae": "1.0.7",
    "etalab/schema-amenagements-cyclables": "0.3.5",
    "etalab/schema-bal": "1.5.0",
    "etalab/schema-hautes-remunerations": "0.1.0",
    "etalab/schema-irve-statique": "2.3.1",
    "etalab/schema-lieux-covoiturage": "0.3.1",
    "etalab/schema-stationnement": "0.1.5",
    "etalab/schema-stationnement-cyclable": "1.1.1",
    "etalab/schema-zfe": "0.8.2",
    "scdl/adresses": "1.1.4",
    "scdl/budget": "0.8.3",
    "scdl/catalogue": "0.1.3",
    "scdl/deliberations": "2.1.5",
    "scdl/equipements": "0.1.5",
    "scdl/menus-collectifs": "1.2.3",
    "scdl/plats-menus-collectifs": "0.7.2",
    "scdl/prenoms": "1.1.6",
    "scdl/subventions": "2.1.1",
}
EVERY_SCHEMA = pytest.mark.parametrize("name", sorted(EXPECTED))
EVERY_TABLE = pytest.mark.parametrize("name", sorted(name for name in EXPECTED if BUILTIN[name].kind == "table"))

# EU authority tables that DCAT-AP prescribes. Source: publications.europa.eu, data-theme and frequency.
THEMES = {"AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "JUST", "REGI", "SOCI", "TECH", "TRAN"}
FREQUENCIES = {"ANNUAL", "QUARTERLY", "MONTHLY", "WEEKLY", "DAILY", "IRREG"}
WORDS = {"name", "title", "description", "example", "examples", "exemple", "aliases"}


def official(reference_dir: Path, name: str) -> dict[str, Any]:
    """The official descriptor of the version that is built in."""
    index = json.loads((reference_dir / "schemas" / "index.json").read_bytes())
    version = version_key(EXPECTED[name])
    path = next(one["path"] for one in index if one["name"] == name and version_key(one["version"]) == version)
    document = json.loads((reference_dir / "schemas" / path).read_bytes())
    assert isinstance(document, dict)
    return document


def plain(text: object) -> str:
    """The letters and figures of a text, to see through changes of case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", str(text))
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()).strip()


def without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_words(one) for key, one in value.items() if key not in ("example", "examples")}
    return value


def test_the_schemas_of_the_socle_commun_and_their_allies_are_built_in() -> None:
    assert {name: schema.version for name, schema in BUILTIN.items()} == EXPECTED


@EVERY_SCHEMA
def test_a_file_of_facts_is_named_after_what_it_holds(name: str) -> None:
    path = schema_path(FACTS, name, EXPECTED[name])
    document = json.loads(path.read_bytes())
    assert (document["name"], document["version"]) == (name, EXPECTED[name])
    assert document["url"].startswith("https://")


@EVERY_TABLE
def test_columns_types_and_rules_are_the_official_ones(name: str, reference_dir: Path) -> None:
    ours, theirs = BUILTIN[name], official(reference_dir, name)
    assert list(ours.field_names) == [field["name"] for field in theirs["fields"]]
    for field, declared in zip(ours.fields, theirs["fields"], strict=True):
        assert field.type == declared["type"], field.name
        assert field.format == declared.get("format", "default"), field.name
        assert field.constraints == declared.get("constraints", {}), field.name
        rest = {key: value for key, value in declared.items() if key not in {*WORDS, "type", "format", "constraints"}}
        assert field.properties == without_words(rest), field.name
    key = theirs.get("primaryKey", [])
    assert ours.primary_key == tuple([key] if isinstance(key, str) else key)
    assert ours.missing_values == tuple(theirs.get("missingValues", [""]))
    checks = [{"name": check.name, "params": check.params} for check in ours.custom_checks]
    assert checks == theirs.get("custom_checks", [])


@pytest.mark.parametrize("name", ["etalab/schema-zfe", "etalab/schema-amenagements-cyclables"])
def test_properties_of_a_geojson_schema_are_the_official_ones(name: str, reference_dir: Path) -> None:
    features = official(reference_dir, name)["properties"]["features"]["items"]["properties"]["properties"]
    assert list(BUILTIN[name].field_names) == list(features["properties"])
    assert {field.name for field in BUILTIN[name].fields if field.required} == set(features["required"])
    for field in BUILTIN[name].fields:
        declared = features["properties"][field.name]
        kinds = declared["type"] if isinstance(declared["type"], list) else [declared["type"]]
        assert (field.type in kinds) or (field.type, declared.get("format")) == ("date", "date"), field.name
        assert list(field.enum) == [one for one in declared.get("enum", []) if one is not None], field.name
        assert field.constraints.get("pattern") == declared.get("pattern"), field.name
        assert field.properties.get("dependencies") == features.get("dependencies", {}).get(field.name), field.name


@EVERY_SCHEMA
def test_no_official_text_is_repeated(name: str, reference_dir: Path) -> None:
    theirs = official(reference_dir, name)
    texts = set(_iter_texts(theirs))
    assert plain(BUILTIN[name].title) not in texts
    assert plain(BUILTIN[name].description) not in texts
    for field in BUILTIN[name].fields:
        assert plain(field.title) not in texts, field.name
        assert plain(field.description) not in texts, field.name


@EVERY_TABLE
def test_no_explanation_follows_the_official_one_closely(name: str, reference_dir: Path) -> None:
    for field, declared in zip(BUILTIN[name].fields, official(reference_dir, name)["fields"], strict=True):
        ours = plain(field.description).split()
        for key in ("title", "description"):
            theirs = plain(declared.get(key, "")).split()
            matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
            assert matcher.ratio() <= 0.6, (field.name, field.description)
            assert max(block.size for block in matcher.get_matching_blocks()) <= 6, (field.name, field.description)


def _iter_texts(value: Any) -> list[str]:
    """Every title and description of a descriptor, and each of their sentences."""
    found: list[str] = []
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("title", "description") and isinstance(one, str):
                found += [plain(one), *(plain(sentence) for sentence in re.split(r"(?<=[.;:!?])\s", one))]
            else:
                found += _iter_texts(one)
    elif isinstance(value, list):
        for one in value:
            found += _iter_texts(one)
    return [text for text in found if text]


@EVERY_TABLE
def test_examples_are_not_the_official_ones_except_for_a_choice(name: str, reference_dir: Path) -> None:
    for field, declared in zip(BUILTIN[name].fields, official(reference_dir, name)["fields"], strict=True):
        theirs = declared.get("example", declared.get("examples"))
        if not field.enum and field.type != "boolean":
            assert field.example != str(theirs), field.name


@EVERY_SCHEMA
def test_frictionless_accepts_the_descriptor_and_every_example(name: str) -> None:
    from frictionless import Schema as TableSchema

    table = TableSchema.from_descriptor(BUILTIN[name].descriptor)
    for field in BUILTIN[name].fields:
        _, notes = table.get_field(field.name).read_cell(field.example)
        assert not notes, f"{field.name}: {field.example!r}: {notes}"


@EVERY_SCHEMA
def test_every_column_is_explained_in_one_plain_sentence(name: str) -> None:
    schema = BUILTIN[name]
    assert schema.description.endswith(".")
    assert schema.theme in THEMES
    assert schema.frequency in FREQUENCIES
    assert schema.keywords
    assert schema.file_hints
    for field in schema.fields:
        assert field.title, field.name
        assert len(field.title) <= 60, field.name
        assert 20 <= len(field.description) <= 200, field.name
        assert field.description.endswith((".", "…")), field.name
        assert field.example, field.name


@EVERY_SCHEMA
def test_an_alias_leads_to_one_column_only(name: str) -> None:
    schema = BUILTIN[name]
    names = {plain(field.name) for field in schema.fields}
    seen: dict[str, str] = {}
    for field in schema.fields:
        for alias in field.aliases:
            assert plain(alias) not in names - {plain(field.name)}, (field.name, alias)
            assert seen.setdefault(plain(alias), field.name) == field.name, alias


@pytest.mark.parametrize(
    ("name", "old_header"),
    [
        ("scdl/menus-collectifs", ["collectiviteNom", "menuTypeRepas", "menu_rest_insee", "menuNomPlat"]),
        ("scdl/plats-menus-collectifs", ["plat_code", "plat_prod_nom", "plat_mod_info"]),
        ("scdl/subventions", ["Nom de l'attribuant", "Identification du bénéficiaire", "Nature de la subvention"]),
        ("scdl/prenoms", ["PRENOM_ENFANT", "NOMBRE_OCCURENCES"]),
        ("etalab/schema-bal", ["voie_nom"]),
    ],
)
def test_headers_of_older_versions_and_of_town_halls_are_known_as_aliases(name: str, old_header: list[str]) -> None:
    known = {key for field in BUILTIN[name].fields for alias in field.aliases for key in _spellings(alias)}
    for label in old_header:
        assert set(_spellings(label)) & known, label


def _spellings(text: str) -> tuple[str, str]:
    words = plain(text).split()
    return " ".join(words), " ".join(sorted(words))


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


@EVERY_SCHEMA
def test_sirens_and_sirets_given_as_examples_pass_their_own_check(name: str) -> None:
    schema: Schema = BUILTIN[name]
    for check in schema.custom_checks:
        if check.name in ("french-siret-value", "french-siren-value"):
            field = schema.find_field(check.params["column"])
            assert field is not None
            assert luhn(field.example), field.name
            assert luhn(field.example[:9]), field.name
