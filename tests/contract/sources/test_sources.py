"""What every kind of source promises: only what changed is fetched, and a failure is never a removal."""

from __future__ import annotations

import shutil

from odl_host.pipeline.sources.mirror import Mirror

from .conftest import Deposit, content_of, sync


def test_only_what_changed_is_fetched_and_removals_are_seen(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/prenoms.csv", b"a;b\n")
    deposit.put("73065/sous dossier/Délibérations 2024.csv", b"c;d\n" * 100_000)
    deposit.put("73029/prenoms.csv", b"e;f\n")
    first = sync(deposit, mirror)
    assert (first.error, sorted(first.fetched)) == (
        None,
        ["73029/prenoms.csv", "73065/prenoms.csv", "73065/sous dossier/Délibérations 2024.csv"],
    )
    stamps = {path: (mirror.files / path).stat().st_mtime_ns for path in content_of(mirror)}

    again = sync(deposit, mirror)
    assert (again.fetched, again.removed, again.kept) == ([], [], 3)

    deposit.put("73065/prenoms.csv", b"a;B\n")
    deposit.remove("73029/prenoms.csv")
    third = sync(deposit, mirror)
    assert (third.fetched, third.removed, third.kept) == (["73065/prenoms.csv"], ["73029/prenoms.csv"], 1)
    held = content_of(mirror)
    assert held["73065/prenoms.csv"] == b"a;B\n"
    assert "73029/prenoms.csv" not in held
    untouched = "73065/sous dossier/Délibérations 2024.csv"
    assert (mirror.files / untouched).stat().st_mtime_ns == stamps[untouched]


def test_a_mirror_that_was_deleted_or_altered_is_made_true_again(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/a.csv", b"vrai\n")
    deposit.put("73065/b.csv", b"vrai aussi\n")
    sync(deposit, mirror)
    (mirror.files / "73065/a.csv").write_bytes(b"faux\n")
    (mirror.files / "73065/b.csv").unlink()
    (mirror.files / "73065/intrus.csv").write_bytes(b"x")
    sync(deposit, mirror)
    assert content_of(mirror) == {"73065/a.csv": b"vrai\n", "73065/b.csv": b"vrai aussi\n"}
    shutil.rmtree(mirror.root.parent)
    assert len(sync(deposit, mirror).fetched) == 2


def test_a_source_that_lists_nothing_any_more_removes_nothing(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/a.csv", b"a\n")
    sync(deposit, mirror)
    deposit.remove("73065/a.csv")
    emptied = sync(deposit, mirror)
    assert emptied.error is not None
    assert "no file any more" in emptied.error.message
    assert content_of(mirror) == {"73065/a.csv": b"a\n"}


def test_a_file_that_is_too_large_is_told_and_the_others_arrive(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/gros.csv", b"x" * 1_000_001)
    deposit.put("73065/petit.csv", b"x")
    synced = sync(deposit, mirror)
    assert list(synced.problems) == ["73065/gros.csv"]
    assert "trop lourd" in synced.problems["73065/gros.csv"]
    assert list(content_of(mirror)) == ["73065/petit.csv"]


def test_unfinished_and_hidden_files_wait(deposit: Deposit, mirror: Mirror) -> None:
    for name in ("a.csv.part", ".cache", "~$b.xlsx", "c.csv"):
        deposit.put(f"73065/{name}", b"x")
    sync(deposit, mirror)
    assert list(content_of(mirror)) == ["73065/c.csv"]
