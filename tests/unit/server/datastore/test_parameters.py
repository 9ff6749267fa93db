"""Whatever is sent to the row API, it answers or refuses in CKAN's words: never an error of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odl_host.ckan import IntegrityError, ValidationError, WireError
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import BadValue
from odl_host.server.datastore.write_parameters import check_triggers, read_create
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.sites import Site

NAMES = st.sampled_from(
    ["a", "b", "n", "_id", "$or", "$and", "id", "type", "info", "", "a b", '"', "rank", "_full_text"]
)
TEXTS = st.sampled_from(
    [
        "a",
        "x",
        "1",
        "-1",
        "1.5",
        "a desc",
        "b, a",
        "a & b",
        "a:*",
        "!",
        "insert",
        "csv",
        "true",
        "{}",
        "[]",
        "2024-01-01",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
PARAMETERS = (
    *(
        "filters",
        "q",
        "full_text",
        "distinct",
        "plain",
        "language",
        "limit",
        "offset",
        "fields",
        "sort",
        "include_total",
    ),
    *(
        "records_format",
        "include_next_page",
        "records",
        "method",
        "dry_run",
        "include_records",
        "primary_key",
        "indexes",
    ),
    *(
        "aliases",
        "delete_fields",
        "calculate_record_count",
        "include_deleted_records",
        "resource",
        "triggers",
        "sql",
        "id",
    ),
)
SENT = st.dictionaries(st.sampled_from(PARAMETERS), VALUES | TEXTS, max_size=5)
FIELDS = [
    {"id": name, "type": kind}
    for name, kind in {
        "a": "text",
        "b": "json",
        "n": "int",
        "t": "timestamp",
        "l": "_int4",
        "d": "numeric",
        "o": "bool",
        "f": "float4",
    }.items()
]
ACTIONS = (
    "datastore_search",
    "datastore_create",
    "datastore_upsert",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_info",
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[EmbeddedCKAN, Callable[[str], str]]:
    from odl_host.server.sites import open_site
    from odl_host.storage.local import LocalStorage

    home: Path = tmp_path_factory.mktemp("rows")
    site: Site = open_site(
        name="t", title="", url="http://x", description="", data_dir=home, storage=LocalStorage(home / "files")
    )
    door = site.as_sysadmin()
    owner = door.call_action("organization_create", {"name": "aime"})["id"]
    dataset = door.call_action("package_create", {"name": "jeu", "owner_org": owner})["id"]

    @functools.cache
    def table(_action: str) -> str:
        records = [
            {"a": "un", "n": 1, "b": {"x": [1]}, "t": "2024-01-31", "l": [1, 2], "d": 1.5, "o": True, "f": 0.1},
            {},
        ]
        made = door.call_action(
            "datastore_create", {"resource": {"package_id": dataset}, "fields": FIELDS, "records": records}
        )
        return str(made["resource_id"])

    def table_for(action: str) -> str:
        if action in ("datastore_create", "datastore_delete"):
            table.cache_clear()  # these may leave nothing of it
        return table(action)

    return door, table_for


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(action=st.sampled_from(ACTIONS), sent=SENT)
def test_no_parameter_makes_an_action_fail(
    rows: tuple[EmbeddedCKAN, Callable[[str], str]], action: str, sent: dict[str, Any]
) -> None:
    door, new_table = rows
    try:
        door.call_action(action, {"resource_id": new_table(action), **sent})
    except WireError as error:
        assert error.status in (400, 403, 404, 409)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["text", "int2", "int4", "int8", "numeric", "float4", "float8", "bool", "date", "timestamp"])
    | st.sampled_from(
        ["timestamptz", "time", "json", "jsonb", "uuid", "_text", "_int4", "_timestamp", "_bool", "varchar"]
    ),
    value=VALUES,
)
def test_every_value_is_kept_and_shown_or_refused(kind: str, value: Any) -> None:
    found = find_type(kind)
    assert found is not None
    try:
        kept = found.keep(value)
    except BadValue:
        return
    assert kept is None or type(kept) in (int, float, str)
    if kept is not None:
        assert isinstance(found.text(kept), str)
        if found.show is not None:
            found.show(kept)


@pytest.mark.parametrize(
    ("triggers", "errors"),
    [
        ([{"function": ""}], {"triggers": [{"function": ["Missing value"]}]}),
        ([{"function": "f", "for_each": "all"}], {"triggers": [{"for_each": ["Value must be one of ['row']"]}]}),
        ([{"function": "f"}], {"triggers": ["function f() does not exist"]}),
    ],
)
def test_triggers_are_refused_as_ckan_refuses_those_of_no_function(triggers: object, errors: object) -> None:
    with pytest.raises(ValidationError) as caught:
        check_triggers(triggers)
    assert caught.value.error() | {"__type": ""} == {**errors, "__type": ""}  # type: ignore[dict-item]


def test_fields_that_are_not_all_dictionaries_are_refused_in_ckans_words() -> None:
    with pytest.raises(IntegrityError, match="Values in lists need to be dicts"):
        read_create({"fields": [{"id": "a"}, "b"], "records": []})
    with pytest.raises(ValidationError) as caught:
        read_create({"fields": [{"id": "a"}, {"id": "a"}]})
    assert caught.value.error()["field"] == ["Duplicate column names are not supported"]


@pytest.mark.parametrize(("number", "found"), [(10**400, []), (-(10**400), [1, 2])])
def test_a_number_beyond_all_bounds_is_compared_like_any_other(
    ckan: EmbeddedCKAN, dataset: str, number: int, found: list[int]
) -> None:
    made = ckan.call_action(
        "datastore_create",
        {"resource": {"package_id": dataset}, "fields": [{"id": "n", "type": "int"}], "records": [{"n": 1}, {"n": 2}]},
    )
    asked = {"resource_id": made["resource_id"], "filters": {"n": {"gt": number}}}
    assert [row["n"] for row in ckan.call_action("datastore_search", asked)["records"]] == found
    deleted = ckan.call_action("datastore_records_delete", {**asked, "include_deleted_records": True})
    assert [row["n"] for row in deleted["deleted_records"]] == found


@pytest.mark.parametrize("asked", [{"filters": '{"a": "\\ud800x"}'}, {"q": '{"a": "\\udfffx"}'}])
def test_what_no_text_can_hold_is_left_out_of_json_in_an_address(
    ckan: EmbeddedCKAN, dataset: str, asked: dict[str, str]
) -> None:
    made = ckan.call_action("datastore_create", {"resource": {"package_id": dataset}, "records": [{"a": "x"}]})
    assert ckan.call_action("datastore_search", {"resource_id": made["resource_id"], **asked})["total"] == 1
