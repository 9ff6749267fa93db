"""The main job as an operator does it: init, provision, add communes, publish, look."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import CommandLine

PRENOMS = (
    "COMMUNE_NOM;COLL_INSEE;ENFANT_SEXE;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE\n"
    "Chambéry;73065;F;Zoé;3;2024\nChambéry;73065;M;Gaël;5;2024\n"
)
WRONG_PRENOMS = PRENOMS.replace(";5;", ";cinq;")


def deposit(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Lay files in a deposit; tables of first names with the code of their own commune."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            code = name.partition("/")[0]
            content = (content.replace(";73065;", f";{code};") if code.startswith("730") else content).encode()
        path.write_bytes(content)
    return folder


def by_path(document: dict[str, object]) -> dict[str, dict[str, object]]:
    items = document["items"]
    assert isinstance(items, list)
    return {item["path"]: item for item in items}


def test_init_provision_and_add_commune_are_idempotent(odl: CommandLine) -> None:
    odl("init", "savoie", "--department", "73")
    assert odl("--json", "provision").json["changed"] is True
    assert odl("--json", "provision").json["changed"] is False
    first = odl("--json", "add-commune", "73065", "Barberaz").json
    assert [commune["commune_code"] for commune in first["created"]] == ["73065", "73029"]
    assert [commune["name"] for commune in first["created"]] == ["chambery", "barberaz"]
    second = odl("--json", "add-commune", "73065", "73029").json
    assert (second["created"], second["updated"]) == ([], [])
    assert [c["id"] for c in second["unchanged"]] == [c["id"] for c in first["created"]]
    readme = odl.home / "data" / "savoie" / "deposit" / "73065" / "README.txt"
    assert "DE CHAMBÉRY" in readme.read_text(encoding="utf-8")


def test_provision_says_what_the_legal_notice_of_a_public_portal_lacks(odl: CommandLine) -> None:
    odl("init", "savoie", "--department", "73", "--url", "https://donnees.savoie.example")
    assert "publisher, director, host under [legal]" in odl("provision").stderr
    manifest = odl.home / "tenants" / "savoie.toml"
    manifest.write_text(re.sub(r'(?m)^(publisher|director|host) = ""', r'\1 = "Agglo"', manifest.read_text()))
    assert "[legal]" not in odl("provision").stderr


def test_a_whole_departement_is_one_command_and_homonyms_are_told_apart(odl: CommandLine) -> None:
    odl("init", "savoie", "--department", "73")
    odl("provision")
    created = odl("add-commune", "--department", "73", "--json").json["created"]
    assert len(created) == 273
    assert len({commune["name"] for commune in created}) == 273


def test_former_codes_resolve_and_unknown_ones_suggest(savoie: CommandLine) -> None:
    run = savoie("--json", "add-commune", "73066")
    assert run.json["unchanged"][0]["commune_code"] == "73065"
    assert "is now Chambéry" in run.stderr
    wrong = savoie("--json", "add-commune", "73999", code=2)
    assert wrong.json["error"]["exit_code"] == 2
    ambiguous = savoie("add-commune", "Sainte-Colombe", code=2)
    assert "05135" in ambiguous.stderr or "Hautes-Alpes" in ambiguous.stderr


def test_the_agglomeration_and_any_body_are_members_too(savoie: CommandLine) -> None:
    epci = savoie("--json", "add-member", "200069110").json["created"][0]
    assert (epci["siren"], epci["commune_code"]) == ("200069110", None)
    savoie("add-member", "dep:73")
    assert "--name" in savoie("add-member", "267300002", code=2).stderr
    ccas = savoie("--json", "add-member", "267300002", "--name", "CCAS de Chambéry").json["created"][0]
    assert ccas["name"] == "ccas-de-chambery"
    assert savoie("--json", "status").json["members"] == 5


def test_publishing_puts_valid_files_online_and_explains_the_others(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(
        tmp_path / "depot",
        {
            "73065/Prénoms 2024.csv": PRENOMS.encode("cp1252"),
            "barberaz/prenoms-2024.csv": WRONG_PRENOMS.replace("Chambéry", "Barberaz").replace("73065", "73029"),
            "73065/notes.csv": "a,b\n1,2\n",
            "73065/plan.pdf": b"%PDF-1.7\n\x00\x01",
            "38185/prenoms-2024.csv": PRENOMS,
        },
    )
    run = savoie("--json", "publish", folder, code=6).json
    assert {kind: n for kind, n in run["counts"].items() if n} == {"published": 1, "rejected": 1, "blocked": 3}
    items = by_path(run)
    published = items["73065/Prénoms 2024.csv"]
    assert published["schema"] == "scdl/prenoms@1.1.6"
    assert (published["dataset"], published["rows"]) == ("chambery-prenoms", 2)
    rejected = items["barberaz/prenoms-2024.csv"]
    finding = rejected["findings"][0]
    assert (finding["row"], finding["column"], finding["cell"]) == (3, "NOMBRE_OCCURRENCES", "cinq")
    assert finding["message"] and finding["fix"]
    page = Path(str(rejected["report"])).read_text(encoding="utf-8")
    assert "NOMBRE_OCCURRENCES" in page and '<html lang="fr"' in page
    for path in ("73065/notes.csv", "73065/plan.pdf", "38185/prenoms-2024.csv"):
        assert items[path]["outcome"] == "blocked" and items[path]["reason"]


def test_a_file_in_another_communes_folder_is_held_back(savoie: CommandLine, tmp_path: Path) -> None:
    template = (
        "nomAttribuant,idAttribuant,dateConvention,referenceDecision,nomBeneficiaire,idBeneficiaire,objet,montant,"
    )
    template += "nature,conditionsVersement,datesPeriodeVersement,idRAE,notificationUE,pourcentageSubvention\n"
    template += "Barberaz,21730029200018,2024-03-05,D1,Association,21730065600014,Fête,500,"
    template += "aide en numéraire,unique,2024-03-05,,non,1\n"
    folder = deposit(tmp_path / "depot", {"73065/subventions.csv": template, "73029/subventions.csv": template})
    items = by_path(savoie("--json", "publish", folder, code=6).json)
    assert items["73029/subventions.csv"]["outcome"] == "published", items["73029/subventions.csv"]["findings"]
    assert items["73065/subventions.csv"]["outcome"] == "blocked"
    assert "celui de Barberaz" in items["73065/subventions.csv"]["reason"]


def test_two_files_of_one_name_in_two_folders_of_one_member_never_replace_each_other(
    savoie: CommandLine, tmp_path: Path
) -> None:
    folder = deposit(tmp_path / "depot", {"73065/p.csv": PRENOMS, "chambery/p.csv": PRENOMS.replace("Zoé", "Ana")})
    for expected in ("published", "unchanged"):
        items = by_path(savoie("--json", "publish", folder, code=6).json)
        assert items["73065/p.csv"]["outcome"] == expected
        assert items["chambery/p.csv"]["outcome"] == "blocked"
        assert "73065/p.csv" in str(items["chambery/p.csv"]["reason"])


def test_a_name_that_now_holds_another_kind_of_data_waits_for_a_person(savoie: CommandLine, tmp_path: Path) -> None:
    from odl_host.demo import sample_deposit

    folder = deposit(tmp_path / "depot", {"73065/donnees.csv": PRENOMS})
    savoie("publish", folder)
    deposit(folder, {"73065/donnees.csv": (sample_deposit() / "73065" / "dae.csv").read_bytes()})
    item = savoie("--json", "publish", folder, code=6).json["items"][0]
    assert item["outcome"] == "blocked"
    assert "donnez-lui un autre nom" in item["reason"]
    assert savoie("--json", "status").json["resources"] == 1


def test_an_emptied_file_never_replaces_one_with_rows(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    savoie("publish", folder)
    deposit(folder, {"73065/prenoms.csv": PRENOMS.splitlines()[0] + "\n", "73065/prenoms.csv.part": PRENOMS})
    run = savoie("--json", "publish", folder, code=6).json
    assert [(item["path"], item["outcome"]) for item in run["items"]] == [("73065/prenoms.csv", "blocked")]


def test_provision_brings_a_new_licence_to_what_is_published(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    savoie("publish", folder)
    manifest = savoie.home / "tenants" / "savoie.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"lov2"\n', '"odc-odbl"\n'), encoding="utf-8")
    assert savoie("--json", "provision", "--dry-run").json["relicensed"] == ["chambery-prenoms"]
    assert savoie("--json", "provision").json["relicensed"] == ["chambery-prenoms"]
    assert savoie("--json", "provision").json["changed"] is False


def test_a_region_publishes_from_its_folder(savoie: CommandLine, tmp_path: Path) -> None:
    savoie("add-member", "reg:84")
    folder = deposit(tmp_path / "depot", {"reg-84/prenoms.csv": PRENOMS})
    assert savoie("--json", "publish", folder).json["counts"]["published"] == 1


def test_a_dataset_deleted_by_hand_comes_back_with_its_id(savoie: CommandLine, tmp_path: Path) -> None:
    from odl_host.config import Home
    from odl_host.tenants import load_tenant
    from odl_host.wiring import open_site

    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    first = savoie("--json", "publish", folder).json["items"][0]
    site = open_site(load_tenant(Home(savoie.home), "savoie"))
    site.as_sysadmin().call_action("package_delete", {"id": first["dataset"]})
    site.close()
    again = savoie("--json", "publish", folder).json
    assert again["counts"]["published"] == 1
    assert again["items"][0]["url"] == first["url"]


def test_one_odd_file_name_never_stops_a_run(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    Path(os.fsdecode(os.fsencode(folder) + b"/73065/pr\xe9noms.csv")).write_text(WRONG_PRENOMS, encoding="utf-8")
    run = savoie("--json", "publish", folder, code=6).json
    assert (run["counts"]["published"], run["counts"]["rejected"]) == (1, 1)
    assert savoie("publish", folder, code=6).stdout


def test_a_report_that_cannot_be_written_keeps_no_valid_file_back(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73029/prenoms.csv": WRONG_PRENOMS, "73065/prenoms.csv": PRENOMS})
    (savoie.home / "data" / "savoie" / "reports" / "barberaz").write_text("in the way")
    run = savoie("--json", "publish", folder, code=6).json
    assert (run["counts"]["published"], run["counts"]["rejected"]) == (1, 1)


def test_a_second_run_publishes_nothing_and_a_changed_file_keeps_its_id_and_address(
    savoie: CommandLine, tmp_path: Path
) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    first = savoie("--json", "publish", folder).json
    again = savoie("--json", "publish", folder).json
    assert {kind: n for kind, n in again["counts"].items() if n} == {"unchanged": 1}
    deposit(folder, {"73065/prenoms.csv": PRENOMS + "Chambéry;73065;M;Noé;7;2024\n"})
    changed = savoie("--json", "publish", folder).json
    keys = ("dataset", "resource_id", "url")
    assert changed["counts"]["published"] == 1
    assert [changed["items"][0][key] for key in keys] == [first["items"][0][key] for key in keys]
    assert [again["items"][0][key] for key in keys] == [first["items"][0][key] for key in keys]
    assert changed["items"][0]["rows"] == 3


def test_a_corrected_file_is_published_and_its_report_goes(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": WRONG_PRENOMS})
    report = Path(savoie("--json", "publish", folder, code=6).json["items"][0]["report"])
    assert report.exists()
    deposit(folder, {"73065/prenoms.csv": PRENOMS})
    savoie("publish", folder)
    assert not report.exists()


def test_a_dry_run_shows_the_plan_and_writes_nothing(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    plan = savoie("--json", "publish", folder, "--dry-run").json
    assert plan["counts"] == {"create": 1}
    assert savoie("--json", "status").json["datasets"] == 0
    done = savoie("--json", "publish", folder).json["items"][0]
    assert done["resource_id"] == plan["items"][0]["resource_id"]
    assert done["url"] == plan["items"][0]["url"]


def test_status_tells_what_is_published_and_what_waits(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS, "73029/prenoms.csv": WRONG_PRENOMS})
    savoie("publish", folder, code=6)
    status = savoie("--json", "status").json
    assert (status["communes"], status["datasets"], status["resources"]) == (2, 1, 1)
    assert status["last_run"]["counts"]["rejected"] == 1
    assert status["pending"][0]["path"] == "73029/prenoms.csv"
    assert "73029/prenoms.csv" in savoie("status", "--lang", "fr").stdout


def test_a_run_killed_anywhere_is_completed_by_the_next(savoie: CommandLine, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"73065/prenoms-{year}.csv": PRENOMS.replace("2024", str(year)) for year in range(1990, 2010)
    }
    folder = deposit(tmp_path / "depot", files)
    for delay_s in (0.5, 0.8, 1.1, 1.4):
        process = subprocess.Popen(
            savoie.arguments("publish", folder, "--jobs", "1"),
            env=savoie.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(delay_s)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    final = savoie("--json", "publish", folder, "--jobs", "1").json
    assert final["counts"]["published"] + final["counts"]["unchanged"] == 20
    status = savoie("--json", "status").json
    assert (status["datasets"], status["resources"]) == (1, 20)
    assert savoie("--json", "publish", folder).json["counts"]["unchanged"] == 20


def test_a_second_run_at_the_same_time_is_told_who_works(savoie: CommandLine, tmp_path: Path) -> None:
    from odl_host.pipeline.records.lock import hold_lock

    folder = deposit(tmp_path / "depot", {"73065/prenoms.csv": PRENOMS})
    with hold_lock(savoie.home / "data" / "savoie" / "lock", command="odl-host publish /other"):
        refused = savoie("--json", "publish", folder, code=5).json
    assert "odl-host publish /other" in refused["error"]["message"]
    savoie("publish", folder)


def test_validate_answers_in_the_agreed_shape(odl: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "prenoms.csv"
    file.write_text(WRONG_PRENOMS, encoding="utf-8")
    document = odl("--json", "validate", file, code=3).json
    assert {"file", "schema", "schema_version", "valid", "rows", "encoding", "delimiter", "repairs"} <= set(document)
    assert (document["valid"], document["rows"], document["delimiter"]) == (False, 2, ";")
    assert {"code", "row", "column", "cell", "message", "fix"} <= set(document["findings"][0])
    assert document["findings_total"] == 1
    file.write_text(PRENOMS, encoding="utf-8")
    assert odl("--json", "validate", file, "--schema", "prenoms").json["valid"] is True
    assert "cinq" not in odl("validate", file).stdout
    assert odl("validate", tmp_path / "absent.csv", code=3)
    assert "deliberations" in odl("validate", file, "--schema", "deliberatoins", code=3).stderr


@pytest.mark.parametrize(
    "arguments", [("status", "--json"), ("--json", "status"), ("--json", "-t", "savoie", "status")]
)
def test_global_options_stand_before_and_after_the_command(savoie: CommandLine, arguments: tuple[str, ...]) -> None:
    assert savoie(*arguments).json["tenant"] == "savoie"


def test_json_holds_one_document_even_for_a_failure(odl: CommandLine) -> None:
    for arguments in (("--json", "status"), ("--json", "publsh"), ("--json", "publish", "--no-such-option")):
        run = odl(*arguments, code=2)
        assert json.loads(run.stdout)["error"]["exit_code"] == 2


def test_a_home_that_cannot_be_written_is_a_clear_refusal(odl: CommandLine) -> None:
    (odl.home / "tenants").write_text("a file where a folder should be")
    run = odl("init", "savoie", "--department", "73", code=4)
    assert "Cannot write" in run.stderr and "→" in run.stderr


def test_one_of_a_thing_is_said_as_one(odl: CommandLine) -> None:
    odl("init", "savoie", "--department", "73")
    odl("provision")
    odl("add-commune", "73065")
    assert "1 commune, 0 other members; 0 publish\n0 datasets, 0 files\n" in odl("status").stdout
    assert "1 commune, 0 autre membre ; 0 publie\n0 jeu de données, 0 fichier\n" in odl("--lang", "fr", "status").stdout
