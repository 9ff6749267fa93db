"""Publishing a deposit gives the same catalogue in process, over HTTP, and on a real CKAN."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
import requests

from odl_host.catalogue.client import RemoteCatalogue
from odl_host.config import Secret
from odl_host.errors import CatalogueError, CatalogueRefused, PlanMoved, UsageError
from odl_host.pipeline.planfile import plan_document, read_plan, write_plan

from .conftest import Server, unique
from .portal import PlainCkan, Portal, prenoms

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
GEOJSON = json.dumps({"type": "FeatureCollection", "features": []})


def keep(portal: Portal, *, prune: bool = False) -> Path:
    file = portal.folder / "plan.json"
    plan = portal.plan(prune=prune)
    write_plan(plan_document(plan, tenant=portal.tenant.name, deposit=portal.deposit, prune=prune), file)
    return file


def test_a_plan_says_what_the_run_then_does(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms.csv": prenoms(2023), "b/notes.csv": "x,y\n1,2\n"})
    before = portal.plan()
    assert portal.actions(before) == {"a/prenoms-2024.csv": "create", "b/prenoms.csv": "create", "b/notes.csv": "block"}
    report = portal.publish()
    assert {one.step.resource_id for one in report.outcomes} == {step.resource_id for step in before.steps()}
    assert {one.url for one in report.outcomes if one.url} == {step.url for step in before.steps() if step.url}
    after = portal.plan()
    assert set(portal.actions(after).values()) == {"unchanged", "block"}
    assert not after.datasets


def test_a_plan_says_why_a_file_is_rejected(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024).replace(",3,", ",trois,")})
    (item,) = portal.plan().as_json()["items"]
    assert (item["action"], item["schema"]) == ("reject", "scdl/prenoms@1.1.6")
    assert item["reason"].startswith("NOMBRE_OCCURRENCES : ") and "trois" not in item["reason"]


def test_a_changed_file_shows_its_rows_before_and_after_and_keeps_its_address(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Zoé", "Ana")})
    url = portal.publish().outcomes[0].url
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Zoé", "Ana", "Lou")})
    (step,) = portal.plan().steps()
    assert (step.action, step.rows_before, step.rows) == ("update", 2, 3)
    report = portal.publish()
    assert report.outcomes[0].url == url
    assert requests.get(url, timeout=30).text.count("\n") == 4 if url.startswith("http://127.0.0.1") else True


def test_a_kept_plan_is_applied_while_the_world_stays_as_it_was(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    kept = read_plan(keep(portal), tenant=portal.tenant.name)
    assert [one.outcome for one in portal.publish(kept=kept).outcomes] == ["published"]


def test_a_kept_plan_is_refused_when_the_deposit_or_the_catalogue_moved(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    kept = read_plan(keep(portal), tenant=portal.tenant.name)
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Max")})
    with pytest.raises(PlanMoved, match=r"prenoms-2024\.csv has another content") as refused:
        portal.publish(kept=kept)
    assert refused.value.exit_code == 7
    assert portal.datasets() == []
    portal.publish()
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Léo")})
    kept = read_plan(keep(portal), tenant=portal.tenant.name)
    (dataset,) = portal.datasets()
    portal.catalogue.call_action("package_patch", {"id": dataset["id"], "version": "2"})
    with pytest.raises(PlanMoved, match="changed in the catalogue"):
        portal.publish(kept=kept)


def test_an_altered_plan_is_no_plan(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    file = keep(portal)
    file.write_text(file.read_text().replace('"create"', '"update"'))
    with pytest.raises(UsageError, match="altered"):
        read_plan(file, tenant=portal.tenant.name)


def test_without_any_memory_the_next_run_reaches_the_same_plan(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Max"), "a/prenoms-2022.csv": prenoms(2022)})
    planned = portal.plan().as_json()
    for record in (portal.context.seen, *portal.context.runs.iterdir()):
        record.unlink(missing_ok=True)
    assert portal.plan().as_json() == planned


def test_what_left_the_deposit_leaves_the_catalogue_only_when_asked(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023), "b/p.csv": prenoms(2022)})
    portal.publish()
    portal.lay({"a/prenoms-2023.csv": None, "b/p.csv": None})
    assert "remove" not in portal.actions().values()
    assert portal.outcomes() == {"a/prenoms-2024.csv": "unchanged"}
    assert portal.actions(prune=True) == {
        "a/prenoms-2024.csv": "unchanged", "a/prenoms-2023.csv": "remove", "b/p.csv": "remove",
    }  # fmt: skip
    assert portal.outcomes(prune=True)["b/p.csv"] == "removed"
    assert set(portal.resources()) == {"prenoms-2024.csv"}
    assert len(portal.datasets()) == 1


def test_a_file_renamed_and_spoilt_takes_nothing_offline(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    wrong = prenoms(2024).replace(",3,", ",trois,")
    portal.lay({"a/prenoms-2024.csv": None, "a/naissances-2024.csv": wrong})
    assert "remove" not in portal.actions(prune=True).values()
    portal.lay({"a/naissances-2024.csv": prenoms(2024, "Max")})
    assert portal.actions(prune=True) == {"a/naissances-2024.csv": "update", "a/prenoms-2023.csv": "unchanged"}


def test_a_removed_dataset_comes_back_with_its_ids(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms-2024.csv": prenoms(2024)})
    first = [(one["path"], one["resource_id"], one["url"]) for one in portal.publish().as_json()["items"]]
    portal.lay({"a/prenoms-2024.csv": None})
    assert portal.outcomes(prune=True)["a/prenoms-2024.csv"] == "removed"
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert [(one["path"], one["resource_id"], one["url"]) for one in portal.publish().as_json()["items"]] == first
    assert len(portal.datasets()) == 2


def test_a_member_whose_folder_is_gone_loses_nothing(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms-2024.csv": prenoms(2024)})
    portal.publish()
    portal.lay({"b/prenoms-2024.csv": None})
    portal.path("b/x").parent.rmdir()
    assert portal.outcomes(prune=True) == {"a/prenoms-2024.csv": "unchanged"}
    assert len(portal.datasets()) == 2


def test_an_emptied_deposit_is_not_pruned_without_a_plan_that_was_read(portal: Portal) -> None:
    names = [f"a/prenoms-{year}.csv" for year in range(2000, 2012)]
    portal.lay({name: prenoms(2000 + n) for n, name in enumerate(names)})
    portal.publish()
    portal.lay(dict.fromkeys(names[1:]))
    with pytest.raises(UsageError, match="11 of 12"):
        portal.publish(prune=True)
    assert len(portal.resources()) == 12
    kept = read_plan(keep(portal, prune=True), tenant=portal.tenant.name)
    portal.publish(prune=True, kept=kept)
    assert len(portal.resources()) == 1


def test_a_renamed_file_is_known_again_by_its_content(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    first = portal.publish().outcomes[0]
    portal.lay({"a/prenoms.csv": None, "a/Prénoms de Barby.csv": prenoms(2024)})
    (step,) = portal.plan().steps()
    assert (step.action, step.renamed_from) == ("describe", "prenoms.csv")
    (outcome,) = portal.publish().outcomes
    assert (outcome.outcome, outcome.resource_id, outcome.url) == ("updated", first.resource_id, first.url)
    assert portal.resources()["Prénoms de Barby.csv"]["name"] == "Prénoms de Barby.csv"
    assert portal.outcomes() == {"a/Prénoms de Barby.csv": "unchanged"}


def test_a_renamed_and_corrected_file_is_known_again_by_schema_and_period(portal: Portal) -> None:
    portal.lay({"a/prenoms 2024.csv": prenoms(2024), "a/prenoms 2023.csv": prenoms(2023)})
    first = {one.step.source.name: one for one in portal.publish().outcomes}
    portal.lay({"a/prenoms 2024.csv": None, "a/naissances.csv": prenoms(2024, "Lou", "Max")})
    step = next(step for step in portal.plan().steps() if step.source.name == "naissances.csv")
    assert (step.action, step.renamed_from, step.period) == ("update", "prenoms 2024.csv", "2024")
    outcome = next(one for one in portal.publish().outcomes if one.step.source.name == "naissances.csv")
    assert (outcome.resource_id, outcome.url) == (first["prenoms 2024.csv"].resource_id, first["prenoms 2024.csv"].url)
    assert portal.resources()["naissances.csv"]["temporal_start"] == "2024-01-01"


def test_a_copy_beside_the_published_file_is_another_file(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    portal.lay({"a/copie.csv": prenoms(2024)})
    assert portal.actions() == {"a/copie.csv": "create", "a/prenoms.csv": "unchanged"}


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


def test_words_of_others_and_hidden_datasets_stay_as_they_are(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    (held,) = portal.datasets()
    extras = [*held["extras"], {"key": "relu_par", "value": "Jeanne"}]
    portal.catalogue.call_action("package_patch", {"id": held["id"], "private": True, "extras": extras})
    portal.set_manifest(licence="odc-odbl")
    portal.publish()
    (held,) = portal.datasets()
    assert held["private"] is True
    assert {"key": "relu_par", "value": "Jeanne"} in held["extras"]


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


def test_a_deposit_whose_disk_is_not_mounted_is_an_error_and_no_quiet_night(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    away = portal.deposit.rename(portal.folder / "away")
    portal.deposit.mkdir()
    for prune in (False, True):
        with pytest.raises(UsageError, match="is its disk mounted"):
            portal.publish(prune=prune)
    portal.deposit.rmdir()
    away.rename(portal.deposit)
    assert portal.outcomes() == {"a/prenoms.csv": "unchanged"}


def test_a_token_that_was_revoked_is_told_from_one_without_rights(server: Server) -> None:
    catalogue = RemoteCatalogue(server.url, Secret("revoked"), timeout_s=30)
    with pytest.raises(CatalogueRefused, match="does not know the token") as refused:
        catalogue.call_action("package_create", {"name": "essai-jeton"})
    assert "new one" in refused.value.hint


def test_the_token_goes_where_a_netrc_says_something_else_of_the_host(
    server: Server, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login agate password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    catalogue = RemoteCatalogue(server.url, Secret(token), timeout_s=30)
    assert catalogue.call_action("organization_create", {"name": unique("netrc")})["id"]


def test_the_proxy_of_the_environment_is_gone_through(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(CatalogueError, match="No portal is served under this host name"):
        RemoteCatalogue("http://ckan.example.invalid", None, timeout_s=30).call_action("status_show")


def test_a_sidecar_whose_file_is_not_there_says_so(portal: Portal) -> None:
    portal.lay({"a/plan.pdf.toml": 'title = "Le plan"\n', "a/prenoms.csv": prenoms(2024)})
    report = portal.publish()
    assert portal.reasons(report)["a/plan.pdf.toml"].startswith(
        "Cette fiche décrit « plan.pdf », qui n’est pas dans le même dossier"
    )


def test_a_received_workbook_stays_beside_what_is_published(portal: Portal, tmp_path: Path) -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    for line in prenoms(2024).splitlines():
        cells = line.split(",")
        workbook.active.append([int(cell) if cell.isdigit() and cell != "73030" else cell for cell in cells])
    portal.path("a/x").parent.mkdir()
    workbook.save(portal.path("a/Prénoms.xlsx"))
    assert portal.outcomes() == {"a/Prénoms.xlsx": "published"}
    assert portal.outcomes() == {"a/Prénoms.xlsx": "unchanged"}
    (dataset,) = portal.datasets()
    originals = [one for one in dataset["resources"] if "original_of" in one or "original_hash" in one]
    assert len(originals) == 1
    portal.path("a/Prénoms.xlsx").unlink()
    portal.lay({"a/prenoms-2023.csv": prenoms(2023)})
    portal.publish(prune=True)
    (dataset,) = portal.datasets()
    assert [one["source_name"] for one in dataset["resources"]] == ["prenoms-2023.csv"]


def test_odd_names_are_files_like_others(portal: Portal) -> None:
    names = ["a/x..\\..\\passwd.csv", "a/ligne\nsuivante.csv", "a/naissances 🎉.csv"]
    decomposed = "a/" + unicodedata.normalize("NFD", "Prénoms été.csv")
    portal.lay({name: prenoms(2000 + n) for n, name in enumerate([*names, decomposed])})
    portal.lay({"a/~$prenoms.csv": "x", "a/PRENOMS.csv": prenoms(2014), "a/prenoms.csv": prenoms(2015)})
    report = portal.publish()
    outcomes = {portal.short(one.step.source.relative): one.outcome for one in report.outcomes}
    assert outcomes.pop("a/prenoms.csv") == "blocked"
    assert "majuscules" in portal.reasons(report)["a/prenoms.csv"]
    assert set(outcomes.values()) == {"published"} and len(outcomes) == 5
    assert "a/Prénoms été.csv" in outcomes
    for resource in portal.resources().values():
        assert ".." not in resource["url"] and "\n" not in resource["url"]
    assert set(portal.outcomes().values()) == {"unchanged", "blocked"}


def test_a_renamed_file_that_its_sidecar_holds_back_is_not_pruned(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    portal.lay({"a/prenoms-2024.csv": None, "a/b/naissances.csv": prenoms(2024), "a/b/naissances.csv.toml": "titre ="})
    assert "remove" not in portal.actions(prune=True).values()


def test_a_vanilla_ckan_keeps_no_received_file_of_what_was_corrected(portal: Portal) -> None:
    portal.catalogue = PlainCkan(portal.catalogue)
    portal.lay({"a/prenoms-2024.csv": "Rédigé par la mairie\n" + prenoms(2024)})
    portal.publish()
    (dataset,) = portal.datasets()
    assert [bool(one.get("original_of")) for one in dataset["resources"]] == [False, True]
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert list(portal.outcomes().values()) == ["published"]
    (dataset,) = portal.datasets()
    assert [one.get("source_name") for one in dataset["resources"]] == ["prenoms-2024.csv"], dataset["resources"]


@pytest.mark.parametrize("together", [True, False])
def test_a_draft_gets_its_tags_when_it_is_shown(portal: Portal, together: bool) -> None:
    ckan = portal.catalogue = PlainCkan(portal.catalogue)
    ckan.failing = "" if together else "package_revise"
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    assert set(portal.outcomes().values()) == {"published"}
    assert ckan.calls.count("package_patch") == (0 if together else 1)
    (dataset,) = portal.datasets()
    assert dataset["state"] == "active"
    assert dataset["tags"]
    assert not portal.plan().datasets


def test_a_draft_that_a_run_left_without_files_gets_all_that_it_is_to_say(portal: Portal) -> None:
    ckan = portal.catalogue = PlainCkan(portal.catalogue)
    ckan.refuses_files = True
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert portal.outcomes() == {"a/prenoms-2024.csv": "failed"}
    (draft,) = portal.datasets()
    assert (draft["state"], draft["resources"]) == ("draft", [])
    ckan.refuses_files = False
    assert portal.outcomes() == {"a/prenoms-2024.csv": "published"}
    (dataset,) = portal.datasets()
    assert (dataset["id"], dataset["state"]) == (draft["id"], "active")
    assert dataset["tags"]
    assert not portal.plan().datasets
