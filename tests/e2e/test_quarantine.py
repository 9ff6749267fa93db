"""What a run holds back, and what an operator decides on it: release, dismiss, withdraw, takedown, policies."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from .conftest import CommandLine
from .test_main_job import PRENOMS, WRONG_PRENOMS, by_path, deposit

HEADER, *ROWS = PRENOMS.splitlines()
WITH_PHONE = "\n".join([f"{HEADER};contact", f"{ROWS[0]};06 12 34 56 78", f"{ROWS[1]};", ""])
WITH_MAIL_TOO = WITH_PHONE.replace("2024;\n", "2024;jeanne.martin@orange.fr\n")
FILE = "73065/prenoms.csv"


def held(savoie: CommandLine, folder: Path) -> dict[str, Any]:
    item = by_path(savoie("--json", "publish", folder, code=6).json)[FILE]
    assert isinstance(item, dict)
    return item


def show_resource(savoie: CommandLine, resource_id: str) -> dict[str, Any]:
    code = (
        "import json,sys;from odl_host.config import find_home;from odl_host.tenants import load_tenant;"
        "from odl_host.wiring import open_site;from pathlib import Path;"
        "site=open_site(load_tenant(find_home(Path(sys.argv[1])),'savoie'));"
        "print(json.dumps(site.as_anonymous().call_action('resource_show',{'id':sys.argv[2]})))"
    )
    arguments = [savoie.arguments()[0], "-c", code, str(savoie.home), resource_id]
    done = subprocess.run(arguments, capture_output=True, text=True, env=savoie.env, check=True)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def test_personal_data_wait_for_a_release_that_says_why(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WITH_PHONE})
    item = held(savoie, folder)
    assert item["outcome"] == "blocked"
    assert item["holds"] == ["personal-data/phone/contact"]
    assert "données personnelles (téléphone portable)" in str(item["reason"])
    page = Path(str(item["report"])).read_text(encoding="utf-8")
    assert "téléphone portable" in page
    assert "06 12 34 56 78" not in page

    refused = savoie("quarantine", "release", FILE, "--reason", "standard", code=2)
    assert "--ground" in refused.stderr
    savoie("quarantine", "release", FILE, "--reason", "standard", "--ground", "false-alarm", "--by", "agate")
    listed = savoie("--json", "quarantine", "list").json
    assert [(one["decision"]["verb"], one["decision"]["by"]) for one in listed] == [("release", "agate")]
    published = by_path(savoie("--json", "publish", folder).json)[FILE]
    assert published["outcome"] == "published"
    assert show_resource(savoie, str(published["resource_id"]))["personal_data_ground"] == "false-alarm"


def test_a_release_is_for_that_content_and_a_lasting_one_for_nothing_new(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WITH_PHONE})
    held(savoie, folder)
    savoie("quarantine", "release", FILE, "--reason", "vu", "--ground", "consent")
    savoie("publish", folder)
    deposit(folder, {FILE: WITH_PHONE.replace(";3;", ";4;")})
    assert held(savoie, folder)["outcome"] == "blocked"
    savoie("quarantine", "release", FILE, "--reason", "vu", "--ground", "consent", "--lasting")
    savoie("publish", folder)
    deposit(folder, {FILE: WITH_PHONE.replace(";3;", ";6;")})
    savoie("publish", folder)
    deposit(folder, {FILE: WITH_MAIL_TOO})
    assert held(savoie, folder)["holds"] == ["personal-data/email/contact", "personal-data/phone/contact"]


def test_the_plan_holds_back_what_publish_holds_back(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WITH_PHONE})
    step = by_path(savoie("--json", "plan", folder).json)[FILE]
    assert (step["action"], step["holds"]) == ("block", ["personal-data/phone/contact"])


def test_a_rejected_file_can_be_released_and_says_its_errors(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WRONG_PRENOMS})
    assert held(savoie, folder)["outcome"] == "rejected"
    savoie("quarantine", "release", FILE, "--reason", "publié tel quel, à corriger au printemps")
    item = by_path(savoie("--json", "publish", folder).json)[FILE]
    assert item["outcome"] == "published"
    resource = show_resource(savoie, str(item["resource_id"]))
    assert (resource["validation_status"], int(resource["validation_errors"])) == ("invalid", 1)
    assert "NOMBRE_OCCURRENCES" in resource["validation_summary"]
    assert "takedown" not in savoie("plan", folder).stdout, "a person let it pass"


def test_a_tolerant_policy_publishes_with_errors_and_a_corrected_file_takes_them_back(
    savoie: CommandLine, tmp_path: Path
) -> None:
    manifest = savoie.home / "tenants" / "savoie.toml"
    text = manifest.read_text(encoding="utf-8")
    section = '[publish.policies]\n"scdl/prenoms" = "tolerant"\n'
    manifest.write_text(f"{text}\n{section}", encoding="utf-8")
    folder = deposit(tmp_path / "depot", {FILE: WRONG_PRENOMS})
    item = by_path(savoie("--json", "publish", folder).json)[FILE]
    assert item["outcome"] == "published"
    assert "takedown" not in savoie("plan", folder).stdout
    manifest.write_text(text, encoding="utf-8")  # strict again
    said = savoie("plan", folder).stdout
    assert "online with its errors" in said and f"odl-host takedown {item['resource_id']} takes it off" in said
    deposit(folder, {FILE: PRENOMS})
    savoie("publish", folder)
    resource = show_resource(savoie, str(item["resource_id"]))
    assert (resource["validation_status"], resource["validation_summary"]) == ("valid", "")
    manifest.write_text(f"{text}\n{section}".replace("tolerant", "tolérant"), encoding="utf-8")
    assert "neither “strict” nor “tolerant”" in savoie("publish", folder, code=2).stderr


def test_dismissed_files_are_not_listed_until_they_change(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WRONG_PRENOMS})
    held(savoie, folder)
    savoie("quarantine", "dismiss", FILE, "--reason", "brouillon")
    # Nobody has to see to it any more: neither the next night nor the list of what is to be corrected speaks of it.
    night = savoie("publish", folder).stdout
    assert FILE not in night and "1 file is left aside by a decision: odl-host quarantine list --all" in night
    assert FILE not in savoie("status").stdout
    assert not (savoie.home / "data" / "savoie" / "reports" / "a-corriger.csv").exists()
    assert savoie("--json", "quarantine", "list").json == []
    assert len(savoie("--json", "quarantine", "list", "--all").json) == 1
    deposit(folder, {FILE: WRONG_PRENOMS.replace("3", "4")})
    held(savoie, folder)
    assert len(savoie("--json", "quarantine", "list").json) == 1


def test_what_cannot_be_read_cannot_be_released(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: b"PK\x03\x04rien"})
    held(savoie, folder)
    assert "cannot be released" in savoie("quarantine", "release", FILE, "--reason", "x", code=2).stderr
    assert "quarantine list" in savoie("quarantine", "show", "73065/absent.csv", code=2).stderr


def test_a_takedown_is_at_once_and_outlives_the_next_night(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS, "73029/prenoms.csv": PRENOMS.replace("73065", "73029")})
    published = by_path(savoie("--json", "publish", folder).json)[FILE]
    name = str(published["dataset"])
    assert savoie("--json", "takedown", name, "--reason", "demande", "--dry-run").json["dry_run"] is True
    assert "--yes" in savoie("takedown", name, "--reason", "demande", code=2).stderr
    savoie("takedown", name, "--reason", "demande d’un habitant", "--by", "agate", "--yes")
    item = by_path(savoie("--json", "publish", folder).json)[FILE]
    assert (item["outcome"], item["decided"]) == ("blocked", "takedown")
    assert "retiré du portail" in str(item["reason"])
    deposit(folder, {FILE: PRENOMS.replace(";3;", ";7;")})
    assert by_path(savoie("--json", "publish", folder).json)[FILE]["outcome"] == "blocked"
    savoie("quarantine", "withdraw", FILE, "--reason", "erreur")
    again = by_path(savoie("--json", "publish", folder).json)[FILE]
    assert (again["outcome"], again["resource_id"]) == ("published", published["resource_id"])
    assert "neither a dataset nor a file" in savoie("takedown", "absent", "--reason", "x", code=2).stderr


def test_a_release_that_is_withdrawn_after_its_publication_holds_the_file_back_again(
    savoie: CommandLine, tmp_path: Path
) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WITH_PHONE})
    held(savoie, folder)
    savoie("quarantine", "release", FILE, "--reason", "élus", "--ground", "d312-1-3")
    published = by_path(savoie("--json", "publish", folder).json)[FILE]
    said = savoie("quarantine", "withdraw", FILE, "--reason", "les élus ont demandé le retrait").stdout
    assert f"odl-host takedown {published['resource_id']}" in said
    item = held(savoie, folder)
    assert (item["outcome"], item["holds"]) == ("blocked", ["personal-data/phone/contact"])
    assert "Nothing was decided" in savoie("quarantine", "withdraw", FILE, "--reason", "x", code=2).stderr


def test_a_released_file_that_is_renamed_stays_released(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: WITH_PHONE})
    held(savoie, folder)
    savoie("quarantine", "release", FILE, "--reason", "élus", "--ground", "d312-1-3")
    published = by_path(savoie("--json", "publish", folder).json)[FILE]
    (folder / FILE).rename(folder / "73065/naissances.csv")
    item = by_path(savoie("--json", "publish", folder).json)["73065/naissances.csv"]
    assert (item["outcome"], item["resource_id"]) == ("updated", published["resource_id"])


def test_a_takedown_can_be_withdrawn_before_the_next_night(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS})
    published = by_path(savoie("--json", "publish", folder).json)[FILE]
    savoie("takedown", str(published["resource_id"]), "--reason", "demande", "--yes")
    savoie("quarantine", "withdraw", FILE, "--reason", "erreur")
    again = by_path(savoie("--json", "publish", folder).json)[FILE]
    assert (again["outcome"], again["url"]) == ("published", published["url"])
    assert by_path(savoie("--json", "publish", folder).json)[FILE]["outcome"] == "unchanged"


def test_a_run_of_one_source_hides_no_file_that_another_one_holds(savoie: CommandLine, tmp_path: Path) -> None:
    paper = deposit(tmp_path / "papier", {FILE: WRONG_PRENOMS, "73029/tel.csv": WITH_PHONE})
    other = deposit(tmp_path / "autre", {"73029/prenoms.csv": PRENOMS})
    held(savoie, paper)
    savoie("publish", other)
    listed = savoie("--json", "quarantine", "list").json
    assert [one["path"] for one in listed] == ["73029/tel.csv", FILE]
    assert [one["path"] for one in savoie("--json", "status").json["pending"]] == ["73029/tel.csv", FILE]
    # It can be decided on, and waits no more once it is looked at again, or gone.
    savoie("quarantine", "release", "73029/tel.csv", "--reason", "numéro de la mairie", "--ground", "false-alarm")
    assert savoie("--json", "publish", paper / "73029").json["counts"]["published"] == 1
    assert [one["path"] for one in savoie("--json", "quarantine", "list").json] == [FILE]
    (paper / FILE).unlink()
    savoie("publish", other)
    assert savoie("--json", "quarantine", "list").json == []


def test_a_quiet_night_of_another_source_repeats_nothing(savoie: CommandLine, tmp_path: Path) -> None:
    paper = deposit(tmp_path / "papier", {FILE: WRONG_PRENOMS})
    other = deposit(tmp_path / "autre", {"73029/prenoms.csv": PRENOMS})
    assert FILE in savoie("-q", "publish", paper, code=6).stdout
    savoie("-q", "publish", other)
    assert savoie("-q", "publish", other).stdout == ""
    assert savoie("-q", "publish", paper, code=6).stdout == ""
