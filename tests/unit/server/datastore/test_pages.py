"""Pages of one search: what is kept between them never shows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan import ValidationError
from odl_host.server.database.database import Busy
from odl_host.server.datastore import counts, selections
from odl_host.server.datastore import search as search_module
from odl_host.server.datastore import table as tables_module
from odl_host.server.datastore.dump import iter_dump
from odl_host.server.datastore.parameters import read_search
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.objects.datasets import get_resource
from odl_host.server.registry import call_action
from odl_host.server.sites import Site

ROWS = [{"n": number, "mot": f"{'chêne' if number % 3 else 'arbre'} {number * 37 % 50:02}"} for number in range(50)]
ODD_TEXTS = ['"', "\\", "\x01\x1f\x7f\t\n\r\b\f", "é\u2028\U0001f333", "</script>", "null", "1e400", "", " ", None]


def create(ckan: EmbeddedCKAN, dataset: str, records: list[dict[str, Any]], **types: str) -> str:
    fields = [{"id": name, "type": kind} for name, kind in types.items()]
    made = ckan.call_action(
        "datastore_create", {"resource": {"package_id": dataset}, "fields": fields, "records": records}
    )
    return str(made["resource_id"])


def search(ckan: EmbeddedCKAN, resource: str, **parameters: Any) -> Any:
    return ckan.call_action("datastore_search", {"resource_id": resource, **parameters})


def pages(ckan: EmbeddedCKAN, resource: str, **parameters: Any) -> list[Any]:
    found: list[Any] = []
    for offset in range(0, 70, 7):
        answer = search(ckan, resource, limit=7, offset=offset, **parameters)
        found += answer["records"]
    assert answer["total"] == len(found)
    return found


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "mot"},
        {"sort": "mot desc, n"},
        {"sort": "mot", "filters": {"n": {"lt": 40}}},
        {"q": "arbre"},
        {"q": "chêne", "sort": "n desc"},
        {"q": {"mot": "arbre"}, "fields": ["rank mot", "n"]},
    ],
)
def test_pages_one_by_one_are_the_whole(ckan: EmbeddedCKAN, dataset: str, asked: dict[str, Any]) -> None:
    resource = create(ckan, dataset, ROWS, n="int", mot="text")
    assert pages(ckan, resource, **asked) == search(ckan, resource, limit=100, **asked)["records"]
    assert search(ckan, resource, limit=0, **asked)["total"] == len(pages(ckan, resource, **asked))


@pytest.mark.parametrize("plain", [True, False])
def test_the_number_of_a_row_is_no_word_of_it(ckan: EmbeddedCKAN, dataset: str, plain: bool) -> None:
    resource = create(ckan, dataset, [{"n": 2}, {"n": 3}, {"n": 3}], n="int")
    for _ in range(4):  # later searches have the words of all rows prepared
        search(ckan, resource, q="2")
        assert search(ckan, resource, q={"_id": "2"}, plain=plain)["records"] == []
        found = search(ckan, resource, q={"_id": "3"}, plain=plain)  # as in CKAN: it is in the row, and its number
        assert [row["_id"] for row in found["records"]] == [3]


def test_rows_beyond_those_that_are_kept_come_in_the_same_order(
    ckan: EmbeddedCKAN, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = create(ckan, dataset, ROWS, n="int", mot="text")
    whole = pages(ckan, resource, sort="mot desc")
    monkeypatch.setattr(search_module, "FIRST_ROWS", 5)
    assert pages(ckan, resource, sort="mot desc, _id") == whole
    monkeypatch.setattr(search_module, "MAX_ROWS", 10)
    assert pages(ckan, resource, sort="mot desc, _id desc, n") == whole
    assert search(ckan, resource, sort="mot", offset=2**62)["records"] == []


@pytest.mark.parametrize("sort", ["mot", "mot desc, n", "n desc nulls last", "absent, mot"])
def test_one_order_under_other_conditions_each_time_is_that_of_the_rows(
    ckan: EmbeddedCKAN, dataset: str, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(search_module, "FIRST_ROWS", 3)
    resource = create(ckan, dataset, [*ROWS, {"mot": None}, {"n": -1}], n="int", mot="text", absent="text")
    whole = search(ckan, resource, sort=sort)["records"]
    for least in (*range(-2, 51, 4), 0, 48, 12):
        for offset in (0, 2, 30):
            answer = search(ckan, resource, sort=sort, filters={"n": {"gte": least}}, limit=3, offset=offset)
            wanted = [row for row in whole if row["n"] is not None and row["n"] >= least]
            assert (answer["records"], answer["total"]) == (wanted[offset : offset + 3], len(wanted))


@pytest.mark.parametrize(
    "asked", [{"sort": "n desc"}, {"sort": "n desc", "filters": {"n": {"gte": 0}}}, {"q": "arbre"}]
)
def test_a_page_follows_what_another_process_wrote(
    open_at: Callable[..., Site], tmp_path: Path, asked: dict[str, Any]
) -> None:
    here, there = open_at(tmp_path).as_sysadmin(), open_at(tmp_path).as_sysadmin()
    owner = here.call_action("organization_create", {"name": "aime"})["id"]
    dataset = here.call_action("package_create", {"name": "jeu", "owner_org": owner})["id"]
    resource = create(here, dataset, ROWS, n="int", mot="text")
    first = pages(here, resource, **asked)
    records = [{"n": 1000, "mot": "arbre"}]
    there.call_action("datastore_upsert", {"resource_id": resource, "method": "insert", "records": records})
    assert len(pages(here, resource, **asked)) == len(first) + 1
    there.call_action("datastore_records_delete", {"resource_id": resource, "filters": {"n": 1000}})
    assert pages(here, resource, **asked) == first


def test_long_arrays_are_sorted_and_not_kept_in_memory(ckan: EmbeddedCKAN, dataset: str) -> None:
    rows = [{"a": [*range(200), number % 7, number]} for number in range(40)]
    resource = create(ckan, dataset, rows, a="_int4")
    before = tables_module._kept_array_key.cache_info().currsize
    assert [row["a"] for row in search(ckan, resource, sort="a")["records"]] == sorted(row["a"] for row in rows)
    assert tables_module._kept_array_key.cache_info().currsize == before


def test_what_takes_more_than_a_moment_is_left_to_a_thread(
    ckan: EmbeddedCKAN, dataset: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"n": number, "mot": f"arbre {number}"} for number in range(3000)]
    resource = create(ckan, dataset, records, n="int", mot="text")

    def at_once(**parameters: Any) -> int:
        asked = {"resource_id": resource, **parameters}
        return int(json.loads(call_action(site, None, "datastore_search", asked, waits=False))["total"])

    assert at_once() == 3000
    for asked in ({"q": "arbre"}, {"limit": 5000}):
        with pytest.raises(Busy):
            at_once(**asked)
    search(ckan, resource, q="arbre")  # makes the words of the rows
    assert at_once(q="arbre") == 3000
    with monkeypatch.context() as patch, pytest.raises(Busy):
        patch.setattr(tables_module, "MOMENT_S", 0)
        at_once(sort="mot desc")
    with site.db.reading() as db:
        table = site.rows.find(get_resource(db, resource))
    assert table is not None
    with table.reading(), ThreadPoolExecutor(1) as other, pytest.raises(Busy):
        other.submit(at_once, sort="n").result()
    assert at_once(sort="n") == 3000


def test_a_published_file_is_not_read_in_a_moment(ckan: EmbeddedCKAN, dataset: str, site: Site) -> None:
    upload = {"upload": ("arbres.csv", io.BytesIO(b"nom,annee\nchene,1990\n"))}
    asked = {"resource_id": ckan.call_action("resource_create", {"package_id": dataset}, upload)["id"]}
    with pytest.raises(Busy):
        call_action(site, None, "datastore_search", asked, waits=False)
    assert ckan.call_action("datastore_search", asked)["total"] == 1
    assert json.loads(call_action(site, None, "datastore_search", asked, waits=False))["total"] == 1


def test_what_is_kept_of_all_tables_has_one_bound(
    ckan: EmbeddedCKAN, dataset: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selections, "MAX_BYTES", 3 * selections.KEY_BYTES)
    tables = []
    for _ in range(5):
        resource = create(ckan, dataset, ROWS, n="int", mot="text")
        assert len(pages(ckan, resource, sort="mot")) > len(pages(ckan, resource, q="arbre")) > 0
        with site.db.reading() as db:
            tables.append(site.rows.find(get_resource(db, resource)))
    kept = {id(table.selections): table.selections for table in tables if table}
    assert len(kept) == 1
    assert next(iter(kept.values())).size_bytes <= selections.MAX_BYTES


def test_all_rows_are_put_in_an_order_only_when_it_is_asked_for_again_and_helps(
    ckan: EmbeddedCKAN, dataset: str, site: Site
) -> None:
    resource = create(
        ckan, dataset, [{"n": number, "mot": f"{number * 37 % 3000:04}"} for number in range(3000)], n="int", mot="text"
    )
    with site.db.reading() as db:
        table = site.rows.find(get_resource(db, resource))
    assert table is not None
    all_rows_bytes = 8 * 3000

    def kept_after(sort: str, least: int) -> int:
        """Return how many bytes more are kept after a search of the rows from a number on."""
        before = table.selections.size_bytes
        search(ckan, resource, sort=sort, filters={"n": {"gte": least}}, limit=3)
        return table.selections.size_bytes - before

    def try_at_once(sort: str, least: int) -> None:
        asked = {"resource_id": resource, "sort": sort, "filters": {"n": {"gte": least}}, "limit": 3}
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Busy):
            patch.setattr(tables_module, "MOMENT_S", 0.0)
            call_action(site, None, "datastore_search", asked, waits=False)

    assert all(kept_after("mot", least) < all_rows_bytes for least in (2990, 2991, 2992))  # so few are sorted sooner
    try_at_once("mot desc", 1)
    assert kept_after("mot desc", 1) < all_rows_bytes
    assert kept_after("mot desc", 2) > all_rows_bytes


def test_a_table_made_again_never_answers_with_the_rows_of_the_one_before(ckan: EmbeddedCKAN, dataset: str) -> None:
    made = ckan.call_action("resource_create", {"package_id": dataset, "url_type": "datastore"})
    table = {"resource_id": made["id"], "fields": [{"id": "n", "type": "int"}]}
    for number in range(20):  # a disk gives the place of a deleted file again
        ckan.call_action("datastore_create", {**table, "records": [{"n": number}]})
        assert [row["n"] for row in search(ckan, made["id"])["records"]] == [number]
        ckan.call_action("datastore_delete", {"resource_id": made["id"]})


@pytest.mark.parametrize("others", [0, 60])
def test_every_text_is_the_same_in_every_format(ckan: EmbeddedCKAN, dataset: str, others: int) -> None:
    names = [f"colonne \"{'é' * (number % 3)}' {number}".replace('"', "") for number in range(others)]
    records = [{"mot": text} | dict.fromkeys(names, text) for text in ODD_TEXTS]
    resource = create(ckan, dataset, records, mot="text", **dict.fromkeys(names, "text"))
    answer = search(ckan, resource)
    assert [row["mot"] for row in answer["records"]] == ODD_TEXTS
    assert all(set(row.values()) == {row["_id"], row["mot"]} for row in answer["records"])
    assert [list(row) for row in answer["records"]] == [["_id", "mot", *names]] * len(ODD_TEXTS)
    assert search(ckan, resource, records_format="lists")["records"] == [list(r.values()) for r in answer["records"]]
    assert search(ckan, resource, fields=["mot", "mot"], limit=1)["records"] == [{"mot": '"'}]


def test_numbers_are_those_that_were_sent(ckan: EmbeddedCKAN, dataset: str) -> None:
    numbers = [0, -1, 2**62, None]
    records = [{"entier": number, "exact": 0.1 + 0.2, "vrai": bool(number)} for number in numbers]
    resource = create(ckan, dataset, records, entier="int8", exact="float8", vrai="bool")
    assert [row["entier"] for row in search(ckan, resource, fields=["entier"])["records"]] == numbers
    assert search(ckan, resource, limit=1)["records"] == [{"_id": 1, "entier": 0, "exact": 0.1 + 0.2, "vrai": False}]


def test_no_text_is_too_long_to_be_searched_but_a_query_is(ckan: EmbeddedCKAN, dataset: str) -> None:
    run_of_letters, text = "Abc" * 100, "une longue phrase " * 1000
    resource = create(ckan, dataset, [{"a": run_of_letters}, {"a": text}], a="text")
    assert [row["_id"] for row in search(ckan, resource, q=run_of_letters)["records"]] == [1]
    assert [row["_id"] for row in search(ckan, resource, q={"a": "phrase"})["records"]] == [2]
    for plain in (True, False):
        with pytest.raises(ValidationError, match="more than 10000 characters"):
            search(ckan, resource, q="a" * 10_001, plain=plain)


@pytest.mark.parametrize("asked", [{"sort": "mot desc"}, {"q": "arbre"}, {"sort": "n", "filters": {"n": {"lt": 40}}}])
def test_a_file_of_rows_in_an_order_sorts_them_once_and_lacks_only_what_is_deleted_meanwhile(
    ckan: EmbeddedCKAN, dataset: str, site: Site, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    monkeypatch.setattr("odl_host.server.datastore.dump.PAGE_ROWS", 7)
    resource = create(ckan, dataset, ROWS, n="int", mot="text")
    everything = [row["n"] for row in search(ckan, resource, limit=100, **asked)["records"]]
    with site.db.reading() as db:
        table = site.rows.find(get_resource(db, resource))
    assert table is not None
    wanted, _, _ = read_search({**asked, "fields": "n"}, resource, site.settings)
    statements: list[str] = []
    table.db.set_trace_callback(statements.append)
    pieces = iter_dump(table, wanted, "csv", limit=None, bom=False)
    start = [next(pieces) for _ in range(3)]  # the header, and two pages
    gone = everything[15]
    ckan.call_action("datastore_records_delete", {"resource_id": resource, "filters": {"n": gone}})
    written = "".join([*start, *pieces]).splitlines()
    table.db.set_trace_callback(None)
    assert written == ["n", *[str(n) for n in everything if n != gone]]
    assert sum("ORDER BY" in statement for statement in statements) <= 1


def test_a_search_that_is_stopped_while_columns_are_copied_is_refused_and_the_next_one_answered(
    ckan: EmbeddedCKAN, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "SCANS_BEFORE_COPY", 0)
    copy = counts.Counts._copy
    stops = iter([True])

    def stopped(self: counts.Counts, columns: tuple[str, ...]) -> str:
        self._db.set_progress_handler(lambda: next(stops, False), 1)
        return copy(self, columns)

    monkeypatch.setattr(counts.Counts, "_copy", stopped)
    resource = create(ckan, dataset, ROWS, n="int", mot="text")
    asked = {"filters": {"n": {"lt": 40}}, "limit": 5}
    with pytest.raises(ValidationError, match="timeout"):
        search(ckan, resource, **asked)
    assert search(ckan, resource, **asked)["total"] == 40
