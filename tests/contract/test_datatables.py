"""The addresses that the table view of CKAN's pages reads its rows from."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from .conftest import Server

FORM = {"draw": "1", "search[value]": "", "start": "0", "length": "50"}
ROWS = [{"a": "one", "b": 1}, {"a": "two", "b": 2}, {"a": "a < b && a > 0", "b": None}]


def call(server: Server, token: str, action: str, **data: object) -> Any:
    address = f"{server.url}/api/3/action/{action}"
    return requests.post(address, json=data, headers={"Authorization": token}, timeout=60).json()["result"]


@pytest.fixture(scope="module")
def view(server: Server, token: str) -> dict[str, str]:
    owner = call(server, token, "organization_create", name="tables-vues")
    dataset = call(server, token, "package_create", name="vues", owner_org=owner["id"])
    table = call(
        server,
        token,
        "datastore_create",
        resource={"package_id": dataset["id"]},
        fields=[{"id": "a", "type": "text"}, {"id": "b", "type": "int"}],
        records=ROWS,
    )
    made = call(
        server,
        token,
        "resource_view_create",
        resource_id=table["resource_id"],
        view_type="datatables_view",
        title="Table",
    )
    return {"id": made["id"], "resource_id": table["resource_id"]}


def ask(server: Server, view_id: str, **sent: str) -> requests.Response:
    return requests.post(f"{server.url}/datatables/ajax/{view_id}", data={**FORM, **sent}, timeout=60)


def test_rows_are_given_as_the_script_puts_them_into_a_page(server: Server, view: dict[str, str]) -> None:
    assert ask(server, view["id"]).json() == {
        "draw": 1,
        "recordsFiltered": 3,
        "recordsTotal": 3,
        "data": [
            {"_id": "1", "a": "one", "b": "1", "DT_RowId": "row1"},
            {"_id": "2", "a": "two", "b": "2", "DT_RowId": "row2"},
            {"_id": "3", "a": "a &lt; b &amp;&amp; a &gt; 0", "b": "", "DT_RowId": "row3"},
        ],
        "total_was_estimated": False,
    }


@pytest.mark.parametrize(
    ("sent", "query", "ids"),
    [
        ({"search[value]": "tw"}, "", ["2"]),
        ({"columns[0][name]": "a", "columns[0][search][value]": "on"}, "", ["1"]),
        ({"columns[0][name]": "_id", "columns[0][search][value]": "x"}, "", []),
        ({"order[0][column]": "2", "order[0][dir]": "desc"}, "", ["3", "2", "1"]),
        ({"start": "1", "length": "1"}, "", ["2"]),
        ({}, "?filters=a:one|a:two", ["1", "2"]),
    ],
)
def test_rows_are_searched_sorted_and_filtered(
    server: Server, view: dict[str, str], sent: dict[str, str], query: str, ids: list[str]
) -> None:
    answer = ask(server, view["id"] + query, **sent).json()
    assert [row["_id"] for row in answer["data"]] == ids
    assert answer["recordsTotal"] == 3


def test_a_download_leads_to_the_dump_of_the_same_rows(server: Server, view: dict[str, str]) -> None:
    asked = {
        "search": {"value": "tw"},
        "order": [{"column": 1, "dir": "asc"}],
        "columns": [{"name": "a", "search": {"value": ""}}],
        "visible": [False, True, True],
    }
    address = f"{server.url}/datatables/filtered-download/{view['id']}"
    answer = requests.post(address, data={"params": json.dumps(asked), "format": "csv"}, timeout=60)
    assert answer.history[0].status_code == 302
    assert answer.content.decode() == "a,b\r\ntwo,2\n"


@pytest.mark.parametrize("params", ["[" * 100_000, "[]", "{}", "1", '{"order": 1, "columns": {}, "search": []}'])
def test_a_download_that_the_script_would_not_ask_for_is_refused(
    server: Server, view: dict[str, str], params: str
) -> None:
    address = f"{server.url}/datatables/filtered-download/{view['id']}"
    assert requests.post(address, data={"params": params, "format": "csv"}, timeout=60).status_code == 400


def test_a_view_that_filters_by_a_column_that_is_gone_is_refused(
    server: Server, token: str, view: dict[str, str]
) -> None:
    odd = {"view_type": "datatables_view", "title": "T", "filter_fields": ["absente"], "filter_values": ["x"]}
    made = call(server, token, "resource_view_create", resource_id=view["resource_id"], **odd)
    assert ask(server, made["id"]).status_code == 400


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({**FORM, "draw": "x"}, 400),
        ({**FORM, "order[0][column]": "99"}, 400),
        ({**FORM, "length": "-5"}, 400),
        ({**FORM, "length": "x" * 2_000_000}, 413),
    ],
)
def test_what_the_script_would_not_send_is_refused(
    server: Server, view: dict[str, str], form: dict[str, str], status: int
) -> None:
    address = f"{server.url}/datatables/ajax/{view['id']}"
    assert requests.post(address, data=form, timeout=60).status_code == status


def test_the_view_of_a_private_table_is_not_there_for_others(server: Server, token: str, view: dict[str, str]) -> None:
    assert ask(server, "absent").status_code == 404
    package = call(server, token, "resource_show", id=view["resource_id"])["package_id"]
    call(server, token, "package_patch", id=package, private=True)
    assert ask(server, view["id"]).status_code in (403, 404)
    own = requests.post(
        f"{server.url}/datatables/ajax/{view['id']}", data=FORM, headers={"Authorization": token}, timeout=60
    )
    assert len(own.json()["data"]) == 3
