"""What is said of two states of a dataset or a group."""

from __future__ import annotations

from typing import Any

import pytest

from odl_host.server.pages.changes import LONGEST_VALUE, compare_datasets, compare_groups
from odl_host.server.rendering.languages import get_language

FRENCH, ENGLISH = get_language("fr"), get_language("en")
FILE = {"id": "f", "name": "Budget", "url": "https://a.fr/b.csv", "format": "CSV"}
DATASET: dict[str, Any] = {
    "id": "d",
    "name": "budget",
    "title": "Budget",
    "notes": "",
    "private": False,
    "state": "active",
    "owner_org": "o",
    "organization": {"id": "o", "title": "Barby"},
    "tags": [{"name": "eau"}],
    "groups": [],
    "extras": [{"key": "theme", "value": "GOVE"}],
    "resources": [FILE, {"id": "g", "name": "Notice"}],
}


def said(language: Any = FRENCH, **changed: Any) -> list[str]:
    return compare_datasets(DATASET, DATASET | changed, language)


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ({"title": "Budget 2026"}, ["Titre : « Budget » devient « Budget 2026 »"]),
        ({"notes": "Les comptes"}, ["Description : « Les comptes »"]),
        ({"name": ""}, ["Nom dans l’adresse : « budget » est effacé"]),
        ({"private": True}, ["Devenu privé"]),
        ({"state": "deleted"}, ["Supprimé"]),
        ({"owner_org": "p", "organization": {"title": "Aime"}}, ["Producteur : « Barby » devient « Aime »"]),
        ({"tags": [{"name": "air"}]}, ["Mot-clé retiré : eau", "Mot-clé ajouté : air"]),
        ({"groups": [{"name": "g", "title": "Environnement"}]}, ["Ajouté au groupe Environnement"]),
        ({"extras": []}, ["theme : « GOVE » est effacé"]),
        ({"champ_local": {"a": True}}, ['champ_local : « {"a": true} »']),
        ({"metadata_modified": "2026", "num_resources": 3, "license_title": "x"}, []),
    ],
)
def test_each_change_of_a_dataset_is_a_sentence(changed: dict[str, Any], sentences: list[str]) -> None:
    assert said(**changed) == sentences


def test_files_that_are_gone_are_named_in_their_order() -> None:
    files = [{"id": str(number), "name": f"Fichier {number}"} for number in range(10)]
    gone = compare_datasets(DATASET | {"resources": files}, DATASET | {"resources": []}, FRENCH)
    assert gone == [f"Fichier retiré : Fichier {number}" for number in range(10)]


@pytest.mark.parametrize(
    ("files", "sentences"),
    [
        ([FILE], ["Fichier retiré : Notice"]),
        ([*DATASET["resources"], {"id": "h", "url": "c.csv"}], ["Fichier ajouté : c.csv"]),
        ([DATASET["resources"][1], FILE], ["Fichiers mis dans un autre ordre"]),
        (
            [FILE | {"format": "XLSX", "size": 12}, DATASET["resources"][1]],
            ["Fichier « Budget », Format : « CSV » devient « XLSX »", "Fichier « Budget », Taille : « 12 »"],
        ),
    ],
)
def test_each_change_of_a_file_is_a_sentence_that_names_it(files: list[Any], sentences: list[str]) -> None:
    assert said(resources=files) == sentences


def test_the_sentences_are_english_where_the_page_is() -> None:
    assert said(ENGLISH, title="Accounts", tags=[], resources=[*DATASET["resources"], {"id": "h", "name": "c"}]) == [
        "Title: “Budget” became “Accounts”",
        "Removed tag eau",
        "Added resource c",
    ]


def test_changes_of_a_group_are_said_too() -> None:
    before = {"title": "Eau", "description": "", "state": "active", "extras": {}}
    after = {"title": "Eaux", "description": "Les rivières", "state": "active", "extras": {"code": "7"}}
    assert compare_groups(before, after, FRENCH) == [
        "Titre : « Eau » devient « Eaux »",
        "Description : « Les rivières »",
        "code : « 7 »",
    ]


def test_long_values_are_cut_and_odd_ones_stop_nothing() -> None:
    assert len(said(notes="x" * 10_000)[0]) < LONGEST_VALUE + 50
    odd = {"tags": "eau", "groups": [None], "extras": 3, "resources": [7], "organization": "o", "owner_org": None}
    assert compare_datasets(DATASET, odd, FRENCH)
    assert compare_datasets(odd, {}, FRENCH) == []
