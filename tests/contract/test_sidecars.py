"""What sidecars and the manifest say of files reaches the catalogue."""

from __future__ import annotations

from .portal import GEOJSON, PDF, Portal, prenoms


def test_what_the_manifest_and_the_sidecars_say_reaches_what_is_published(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    portal.set_manifest(licence="odc-odbl")
    (dataset,) = portal.plan().datasets
    assert [(change.key, change.before, change.after) for change in dataset.changes] == [
        ("license_id", "lov2", "odc-odbl")
    ]
    assert [one.as_json()["action"] for one in portal.publish().datasets] == ["update"]
    assert portal.datasets()[0]["license_id"] == "odc-odbl"
    portal.lay({"a/prenoms.csv.toml": 'title = "Petits noms"\nlicence = "lov2"\ntags = ["naissances"]\n'})
    (dataset,) = portal.plan().datasets
    assert {change.key for change in dataset.changes} == {"title", "license_id", "tags", "extras.sidecar"}
    portal.publish()
    (held,) = portal.datasets()
    assert (held["title"], held["license_id"]) == ("Petits noms", "lov2")
    assert [tag["name"] for tag in held["tags"]] == ["naissances"]
    assert portal.outcomes() == {"a/prenoms.csv": "unchanged"}


def test_files_without_a_schema_are_published_as_they_are_with_a_sidecar(portal: Portal) -> None:
    sidecar = (
        'title = "Plan local d’urbanisme"\ndescription = "Le règlement."\ntags = ["urbanisme"]\n'
        'licence = "odc-odbl"\nfrequency = "annuelle"\ntemporal = "2020/2024"\ncontact = "urbanisme@exemple.fr"\n'
        '[resources."zonage.geojson"]\ntitle = "Le zonage"\n'
    )
    portal.lay({"a/plu/dataset.toml": sidecar, "a/plu/Règlement.pdf": PDF, "a/plu/zonage.geojson": GEOJSON})
    assert portal.outcomes() == {"a/plu/Règlement.pdf": "published", "a/plu/zonage.geojson": "published"}
    (dataset,) = portal.datasets()
    assert (dataset["title"], dataset["notes"], dataset["license_id"]) == (
        "Plan local d’urbanisme", "Le règlement.", "odc-odbl",
    )  # fmt: skip
    extras = {extra["key"]: extra["value"] for extra in dataset["extras"]}
    assert (extras["frequency"], extras["temporal_start"], extras["temporal_end"]) == (
        "ANNUAL", "2020-01-01", "2024-12-31",
    )  # fmt: skip
    resources = portal.resources()
    assert (resources["plu/Règlement.pdf"]["format"], resources["plu/zonage.geojson"]["name"]) == ("PDF", "Le zonage")
    assert portal.outcomes() == {"a/plu/Règlement.pdf": "unchanged", "a/plu/zonage.geojson": "unchanged"}


def test_a_sidecar_hides_a_dataset_from_the_public(portal: Portal) -> None:
    portal.lay({"a/brouillon.pdf": PDF, "a/brouillon.pdf.yaml": "title: Brouillon\nprivate: true\n"})
    portal.publish()
    assert portal.datasets()[0]["private"] is True


def test_a_sidecar_that_comes_later_describes_a_dataset_only_when_all_its_files_are_its_own(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    portal.lay({"a/prenoms-2024.csv.toml": 'title = "À part"\n'})
    report = portal.publish()
    assert "son adresse changerait" in portal.reasons(report)["a/prenoms-2024.csv"]
    assert len(portal.resources()) == 2


def test_a_table_that_a_sidecar_makes_a_plain_file_says_no_more_of_a_schema(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    portal.publish()
    before = portal.resources()["prenoms-2024.csv"]
    portal.lay({"a/prenoms-2024.csv.toml": 'title = "Prénoms"\nschema = "aucun"\n'})
    assert portal.outcomes() == {"a/prenoms-2024.csv": "published"}
    after = portal.resources()["prenoms-2024.csv"]
    assert (after["id"], after["url"]) == (before["id"], before["url"])
    assert before["schema_name"] == "scdl/prenoms"
    said = ("schema_name", "schema_version", "schema_url", "rows", "validation_status", "validation_errors")
    assert not any(after.get(key) for key in said)
    assert portal.outcomes() == {"a/prenoms-2024.csv": "unchanged"}


def test_a_wrong_sidecar_holds_back_what_it_describes_and_nothing_else(portal: Portal) -> None:
    portal.lay(
        {
            "a/eau/dataset.toml": 'title = "Eau"\n\nlicense = "lov2"\n',
            "a/eau/releves.csv": "x,y\n1,2\n",
            "a/prenoms.csv": prenoms(2024),
        }
    )
    report = portal.publish()
    assert {portal.short(one.step.source.relative): one.outcome for one in report.outcomes} == {
        "a/eau/dataset.toml": "blocked", "a/eau/releves.csv": "blocked", "a/prenoms.csv": "published",
    }  # fmt: skip
    reasons = portal.reasons(report)
    said = "dataset.toml, ligne 3 : la clé « license » est inconnue ; vouliez-vous écrire « licence » ?"
    assert reasons["a/eau/dataset.toml"] == said
    assert reasons["a/eau/releves.csv"].startswith("La fiche eau/dataset.toml, qui décrit ce fichier, est à corriger")


def test_a_sidecar_whose_file_is_not_there_says_so(portal: Portal) -> None:
    portal.lay({"a/plan.pdf.toml": 'title = "Le plan"\n', "a/prenoms.csv": prenoms(2024)})
    report = portal.publish()
    assert portal.reasons(report)["a/plan.pdf.toml"].startswith(
        "Cette fiche décrit « plan.pdf », qui n’est pas dans le même dossier"
    )
