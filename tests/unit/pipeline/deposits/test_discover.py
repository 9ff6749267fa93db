from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from odl_host.catalogue.members import HeldMember
from odl_host.errors import UsageError
from odl_host.pipeline.deposits.discover import UNREADABLE_FOLDER_FRENCH, discover
from odl_host.pipeline.examining.examine import measure_file

CHAMBERY = HeldMember("id-1", "chambery", "Chambéry", "commune:73065", "commune", "73065", "217300656", "73")
SAVOIE = HeldMember(
    "id-2", "departement-de-la-savoie", "Département de la Savoie", "dep:73", "departement", None, None, "73"
)


def lay(deposit: Path, *names: str) -> None:
    for name in names:
        path = deposit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_a_file_whose_disk_is_gone_since_it_was_seen_weighs_nothing(tmp_path: Path) -> None:
    lay(tmp_path, "73065/delib.csv")
    assert measure_file(tmp_path / "73065/delib.csv") == 1
    unreachable = tmp_path / ("long" * 100)  # as on a dead mount, even whether it exists cannot be asked
    assert measure_file(unreachable) == 0


@pytest.mark.parametrize("folder", ["73065", "217300656", "chambery", "Chambery", "73065-chambery", "73065 Chambéry"])
def test_a_folder_is_known_by_code_siren_or_slug(tmp_path: Path, folder: str) -> None:
    lay(tmp_path, f"{folder}/delib.csv")
    (source,) = discover(tmp_path, [CHAMBERY, SAVOIE])
    assert source.member == CHAMBERY
    assert source.relative == f"{folder}/delib.csv"


@pytest.mark.parametrize("folder", ["chambery-le-vieux", "730651", "73066-chambery"])
def test_a_name_that_only_begins_like_a_member_is_not_that_member(tmp_path: Path, folder: str) -> None:
    lay(tmp_path, f"{folder}/delib.csv")
    (source,) = discover(tmp_path, [CHAMBERY, SAVOIE])
    assert source.member is None


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / "73065").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/73065/d\xe9lib.csv")).write_text("x")
    (source,) = discover(tmp_path, [CHAMBERY])
    assert source.relative.encode("utf-8")
    assert source.path.exists()


def test_a_departement_has_its_folder(tmp_path: Path) -> None:
    lay(tmp_path, "dep-73/subventions.csv")
    (source,) = discover(tmp_path, [CHAMBERY, SAVOIE])
    assert source.member == SAVOIE


def test_a_file_of_nobody_is_found_without_a_member(tmp_path: Path) -> None:
    lay(tmp_path, "38185/delib.csv", "orphan.csv", "73065/ok.csv")
    found = {source.relative: source.member for source in discover(tmp_path, [CHAMBERY])}
    assert found == {"38185/delib.csv": None, "orphan.csv": None, "73065/ok.csv": CHAMBERY}


def test_one_member_folder_alone_is_a_deposit_too(tmp_path: Path) -> None:
    lay(tmp_path, "73065/delib.csv")
    (source,) = discover(tmp_path / "73065", [CHAMBERY])
    assert (source.member, source.relative) == (CHAMBERY, "73065/delib.csv")


def test_what_systems_and_spreadsheets_leave_is_not_a_deposit(tmp_path: Path) -> None:
    lay(tmp_path, *(f"73065/{name}" for name in (".DS_Store", "~$delib.xlsx", "README.txt", "Thumbs.db", "delib.csv")))
    assert [source.name for source in discover(tmp_path, [CHAMBERY])] == ["delib.csv"]


def test_links_do_not_lead_out_of_the_deposit(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("x")
    deposit = tmp_path / "deposit"
    lay(deposit, "73065/delib.csv")
    (deposit / "73065" / "link.csv").symlink_to(secret)
    (deposit / "73066").symlink_to(tmp_path)
    found = {source.relative: bool(source.problem) for source in discover(deposit, [CHAMBERY])}
    assert found == {"73065/delib.csv": False, "73065/link.csv": True, "73066": True}


def test_names_are_composed_however_the_system_spells_accents(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Délibérations.csv")
    lay(tmp_path, f"73065/{decomposed}")
    (source,) = discover(tmp_path, [CHAMBERY])
    assert source.name == "Délibérations.csv"
    assert source.path.exists()


def test_what_is_neither_a_file_nor_a_folder_is_said_and_never_opened(tmp_path: Path) -> None:
    lay(tmp_path, "73065/delib.csv")
    os.mkfifo(tmp_path / "73065" / "tuyau.csv")
    found = {source.relative: source.problem for source in discover(tmp_path, [CHAMBERY])}
    assert found["73065/delib.csv"] == ""
    assert "ni un fichier ni un dossier" in found["73065/tuyau.csv"]


def test_a_deposit_that_is_not_a_folder_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, "depot.csv")
    with pytest.raises(UsageError, match="is a file, not a folder"):
        discover(tmp_path / "depot.csv", [])


def test_a_deposit_that_is_not_there_asks_for_its_disk(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there") as refused:
        discover(tmp_path / "absent", [])
    assert "mount" in refused.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_deposit_below_a_closed_folder_says_what_to_do(tmp_path: Path) -> None:
    lay(tmp_path, "closed/deposit/73065/delib.csv")
    (tmp_path / "closed").chmod(0)
    try:
        with pytest.raises(UsageError, match="cannot be read: Permission denied") as refused:
            discover(tmp_path / "closed" / "deposit", [CHAMBERY])
        assert "right to list it" in refused.value.hint
    finally:
        (tmp_path / "closed").chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_without_rights_is_said_and_holds_no_other_back(tmp_path: Path) -> None:
    lay(tmp_path, "73065/delib.csv", "73065/closed/delib.csv")
    (tmp_path / "73065" / "closed").chmod(0)
    try:
        closed, other = discover(tmp_path, [CHAMBERY])
    finally:
        (tmp_path / "73065" / "closed").chmod(0o755)
    assert closed.relative == "73065/closed"
    assert closed.problem == UNREADABLE_FOLDER_FRENCH.format(reason="Permission denied")
    assert (other.relative, other.problem) == ("73065/delib.csv", "")
