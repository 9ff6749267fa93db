from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from odl_host.pipeline.deposits import seen
from odl_host.pipeline.deposits.seen import SeenFiles


def settle() -> None:
    """Wait until a file's times lie far enough back for its hash to be kept."""
    time.sleep(seen.SETTLED_S + 0.1)


def test_a_hash_is_kept_until_the_file_changes_even_with_its_old_date(tmp_path: Path) -> None:
    record, file = tmp_path / "seen.json", tmp_path / "a.csv"
    file.write_text("un")
    settle()
    first = SeenFiles(record)
    hashes = first.hash_all([file, tmp_path / "absent"])
    assert hashes == {file: hashlib.sha256(b"un").hexdigest(), tmp_path / "absent": ""}
    first.save()
    # The record is believed: what it says of an unchanged file is what the next run answers.
    document = json.loads(record.read_text())
    (entry,) = document["files"].values()
    entry[1] = "remembered"
    record.write_text(json.dumps(document))
    assert SeenFiles(record).hash_all([file]) == {file: "remembered"}
    status = file.stat()
    file.write_text("de")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # a copy that keeps dates, or a clock that went back
    assert SeenFiles(record).hash_all([file]) == {file: hashlib.sha256(b"de").hexdigest()}


def test_a_file_written_this_instant_is_hashed_again_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "SETTLED_S", 3600)  # however slow the machine is
    file = tmp_path / "a.csv"
    file.write_text("un")
    files = SeenFiles(tmp_path / "seen.json")
    files.hash_all([file])
    files.save()
    assert not (tmp_path / "seen.json").exists()


def test_a_damaged_record_costs_time_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("un")
    for damage in ("", "{", '{"format": 9}', '{"format": 1}', "[]"):
        (tmp_path / "seen.json").write_text(damage)
        assert SeenFiles(tmp_path / "seen.json").hash_all([file])[file] == hashlib.sha256(b"un").hexdigest()
