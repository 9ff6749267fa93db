"""Streams of activities: who is hidden in them, and how old activities leave them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.server.sites import Site
from tests.sites import site_in

from .conftest import ANONYMOUS, Caller, Catalogue, InProcess, unique

NONE = {"message": "No activities found matching the specified criteria."}


def opened(folder: Path, **settings: Any) -> Site:
    chosen = {"ckan.activity_streams_enabled": True, "ckan.hide_activity_from_users": "odl-host", **settings}
    return site_in(folder, settings=chosen)


@pytest.fixture
def streams(tmp_path: Path) -> Iterator[Catalogue]:
    site = opened(tmp_path)
    yield InProcess(site)
    site.close()


def kinds(found: Any) -> list[str]:
    return [activity["activity_type"] for activity in found]


def test_what_a_hidden_user_did_is_shown_to_a_sysadmin_who_asks_for_it_alone(streams: Catalogue) -> None:
    author = streams.new_user()
    organization = streams.new_organization(users=[{"name": author.name, "capacity": "editor"}])["id"]
    dataset = streams.new_dataset(organization)["id"]
    streams.call("package_patch", {"id": dataset, "title": "Un titre"}, by=author)

    def stream(by: Caller | None = None, *, hidden: bool = False) -> list[str]:
        return kinds(streams.call("package_activity_list", {"id": dataset, "include_hidden_activity": hidden}, by=by))

    assert stream() == stream(ANONYMOUS) == stream(ANONYMOUS, hidden=True) == ["changed package"]
    assert stream(hidden=True) == ["changed package", "new package"]
    assert kinds(streams.call("organization_activity_list", {"id": organization})) == ["changed package"]
    assert kinds(streams.call("recently_changed_packages_activity_list")) == ["changed package"]
    assert kinds(streams.call("user_activity_list", {"id": streams.sysadmin.name})) == []


def test_the_last_activities_of_each_object_stay_where_they_are_to_be_kept(streams: Catalogue) -> None:
    author = streams.new_user()
    datasets = [
        streams.call("package_create", {"name": unique("d"), "owner_org": owner["id"]}, by=author)["id"]
        for owner in [streams.new_organization(users=[{"name": author.name, "capacity": "editor"}])]
        for _ in range(2)
    ]
    for title in "abc":
        streams.call("package_patch", {"id": datasets[0], "title": title}, by=author)
    asked = {"start_date": "2020-01-01", "end_date": "2100-01-01"}

    assert streams.call("activity_delete_counts") == {
        "older_than_1_day": 0,
        "older_than_30_days": 0,
        "older_than_365_days": 0,
        "total": 7,
    }
    # Four of a dataset; one of another, of its organization, and of the author.
    assert streams.call("activity_delete", {**asked, "keep": 4}) == NONE
    assert streams.call("activity_delete", {**asked, "keep": 2}) == {
        "message": "Deleted 2 rows from the activity table."
    }
    left = streams.call("package_activity_list", {"id": datasets[0]})
    assert [activity["data"]["package"]["title"] for activity in left] == ["c", "b"]
    assert kinds(streams.call("package_activity_list", {"id": datasets[1]})) == ["new package"]

    assert streams.call("activity_delete_all") == {"message": "Deleted 5 rows from the activity table."}
    assert streams.call("activity_delete_all") == NONE


def test_what_a_dataset_was_before_it_became_private_is_for_those_who_may_read_it(streams: Catalogue) -> None:
    author, member, stranger = (streams.new_user() for _ in range(3))
    roles = [{"name": author.name, "capacity": "editor"}, {"name": member.name, "capacity": "member"}]
    dataset = streams.new_dataset(streams.new_organization(users=roles)["id"], by=author)["id"]
    shown = streams.call("package_activity_list", {"id": dataset})[0]["id"]

    def sees(by: Caller) -> set[bool]:
        listed = streams.call("recently_changed_packages_activity_list", by=by)
        try:
            streams.call("activity_show", {"id": shown}, by=by)
        except NotAuthorized:
            return {False, shown in [entry["id"] for entry in listed]}
        return {True, shown in [entry["id"] for entry in listed]}

    assert [sees(by) for by in (ANONYMOUS, stranger, member)] == [{True}] * 3
    streams.call("package_patch", {"id": dataset, "private": True})
    assert [sees(by) for by in (ANONYMOUS, stranger, member)] == [{False}, {False}, {True}]
    streams.call("package_patch", {"id": dataset, "private": False})
    assert [sees(by) for by in (ANONYMOUS, stranger, member)] == [{True}] * 3


def test_a_group_shows_the_end_of_datasets_that_were_in_it_even_those_that_had_left(streams: Catalogue) -> None:
    author = streams.new_user()
    group = streams.call("group_create", {"name": unique("g"), "users": [{"name": author.name, "capacity": "admin"}]})
    owner = streams.new_organization(users=[{"name": author.name, "capacity": "editor"}])["id"]
    stays, leaves, other = (
        streams.call("package_create", {"name": unique("d"), "owner_org": owner, **groups}, by=author)["id"]
        for groups in ({"groups": [{"id": group["id"]}]}, {"groups": [{"id": group["id"]}]}, {})
    )
    streams.call("package_patch", {"id": leaves, "groups": []}, by=author)

    def ends() -> set[str]:
        found = streams.call("group_activity_list", {"id": group["id"]}, by=author)
        return {activity["object_id"] for activity in found if activity["activity_type"] == "deleted package"}

    def shown() -> set[str]:
        return {activity["object_id"] for activity in streams.call("group_activity_list", {"id": group["id"]})}

    assert stays in shown() and not {leaves, other} & shown()
    for dataset in (stays, leaves, other):
        streams.call("package_delete", {"id": dataset}, by=author)
    assert ends() == {stays, leaves}
    streams.call("package_patch", {"id": stays, "state": "active"}, by=author)
    assert ends() == {leaves}
    streams.call("dataset_purge", {"id": leaves})
    assert ends() == set()


def told(streams: Catalogue, object_id: str, kind: str = "changed package", **more: Any) -> Any:
    activity = {"user_id": streams.new_user().name, "object_id": object_id, "activity_type": kind, **more}
    return streams.call("activity_create", activity)


def test_who_tells_of_an_activity_of_a_dataset_says_who_sees_it(streams: Catalogue) -> None:
    reader = streams.new_user()
    dataset = streams.new_dataset()["id"]
    mine = f"creator-{streams.call('user_show', {'id': reader.name})['id']}"

    def seen(labels: Any) -> list[bool]:
        made = told(streams, dataset, permission_labels=labels)
        assert made["permission_labels"] == (None if labels == "" else labels)
        found = [streams.call("package_activity_list", {"id": dataset}, by=by) for by in (ANONYMOUS, reader, None)]
        return [made["id"] in [entry["id"] for entry in entries] for entries in found]

    assert seen(["public"]) == [True, True, True]
    assert seen(["member-x", mine]) == [False, True, True]
    assert seen(["member-x"]) == seen([]) == seen(None) == seen("") == [False, False, True]
    for wrong, reason in (("public", "Not a list"), ({"a": 1}, "Not a list"), (["a", 1], "Not a string: 1")):
        with pytest.raises(ValidationError) as refused:
            told(streams, dataset, permission_labels=wrong)
        assert refused.value.error_dict == {"permission_labels": [reason]}


def test_an_activity_is_of_an_object_that_is_named_by_its_id(streams: Catalogue) -> None:
    dataset, group = streams.new_dataset(), streams.call("group_create", {"name": unique("g")})
    for kind, name, reason in (
        ("package", dataset["name"], "Dataset not found"),
        ("package", "absent", "Dataset not found"),
        ("group", group["name"], f"Group not found: {group['name']}"),
        ("organization", "absent", "Group not found: absent"),
        ("user", "absent", "User not found: absent"),
    ):
        with pytest.raises(ValidationError) as refused:
            told(streams, name, f"changed {kind}")
        assert refused.value.error_dict == {"object_id": [reason]}
    of_group = told(streams, group["id"], "changed group", permission_labels=["member-x"])
    assert of_group["id"] in {entry["id"] for entry in streams.call("group_activity_list", {"id": group["id"]})}
    with pytest.raises(NotAuthorized, match="object_type not recognized"):
        streams.call("activity_show", {"id": of_group["id"]}, by=ANONYMOUS)


def test_what_a_dataset_was_while_it_was_private_is_in_no_difference_that_others_see(tmp_path: Path) -> None:
    site = opened(tmp_path, **{"ckan.auth.public_activity_stream_detail": True})
    streams = InProcess(site)
    author = streams.new_user()
    owner = streams.new_organization(users=[{"name": author.name, "capacity": "editor"}])["id"]
    dataset = {"name": unique("d"), "owner_org": owner, "title": "Un secret", "private": True}
    made = streams.call("package_create", dataset, by=author)["id"]
    for title in ("Un titre", "Un autre"):
        streams.call("package_patch", {"id": made, "title": title, "private": False}, by=author)
    last, opening, _ = (entry["id"] for entry in streams.call("package_activity_list", {"id": made}))
    assert "Un titre" in streams.call("activity_diff", {"id": last, "object_type": "package"}, by=ANONYMOUS)["diff"]
    assert "Un secret" in streams.call("activity_diff", {"id": opening, "object_type": "package"}, by=author)["diff"]
    with pytest.raises(NotFound, match="Previous activity"):
        streams.call("activity_diff", {"id": opening, "object_type": "package"}, by=ANONYMOUS)
    site.close()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"notes": "a" * 100_000}, {"notes": "b" * 100_000}),
        *[tuple({"resources": [{"url": f"http://{host}.fr/{n}"} for n in range(600)]} for host in ("aime", "bourg"))],
    ],
    ids=["a long text", "many lines"],
)
def test_what_differs_too_much_for_a_table_is_refused_as_one(streams: Catalogue, before: Any, after: Any) -> None:
    dataset = streams.new_dataset()["id"]
    for fields in (before, after):
        streams.call("package_patch", {"id": dataset, **fields})
    last = streams.call("package_activity_list", {"id": dataset, "include_hidden_activity": True})[0]["id"]
    with pytest.raises(ValidationError, match="differ too much for diff_type html"):
        streams.call("activity_diff", {"id": last, "object_type": "package", "diff_type": "html"})
    assert "+  " in streams.call("activity_diff", {"id": last, "object_type": "package"})["diff"]


@pytest.mark.parametrize("data", ["un texte", [1], 2])
def test_what_an_activity_keeps_may_be_anything(streams: Catalogue, data: Any) -> None:
    dataset = streams.new_dataset()["id"]
    kept = told(streams, dataset, data=data)
    assert streams.call("activity_show", {"id": kept["id"]})["data"] == data
    assert streams.call("activity_data_show", {"id": kept["id"]}) == data
    for action in ("activity_data_show", "activity_diff"):
        with pytest.raises(NotFound):
            streams.call(action, {"id": kept["id"], "object_type": "package"})
    streams.call("package_patch", {"id": dataset, "title": "Un titre"})
    last = streams.call("package_activity_list", {"id": dataset, "include_hidden_activity": True})[0]["id"]
    assert "Un titre" in streams.call("activity_diff", {"id": last, "object_type": "package"})["diff"]


def test_no_activity_is_told_of_where_none_are_kept(tmp_path: Path) -> None:
    site = opened(tmp_path, **{"ckan.activity_streams_enabled": False})
    without = InProcess(site)
    assert told(without, without.new_dataset()["id"]) is None
    site.close()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"before": ""}, "Must be a float timestamp"),
        ({"after": "hier"}, "Must be a float timestamp"),
        ({"activity_types": ""}, "Not a list"),
        ({"exclude_activity_types": "new package"}, "Not a list"),
        ({"activity_types": [1]}, "Not a string: 1"),
        ({"limit": 1.5}, "Invalid integer"),
        ({"offset": "x"}, "Invalid integer"),
        ({"limit": -1}, "Must be a natural number"),
    ],
)
def test_what_is_no_page_of_a_stream_is_refused_by_every_stream(
    streams: Catalogue, asked: dict[str, Any], reason: str
) -> None:
    owner = streams.new_organization()["id"]
    group = streams.call("group_create", {"name": unique("g")})["id"]
    objects = {"organization": owner, "group": group, "package": streams.new_dataset(owner)["id"]}
    for noun, object_id in [*objects.items(), ("user", streams.sysadmin.name)]:
        with pytest.raises(ValidationError) as refused:
            streams.call(f"{noun}_activity_list", {"id": object_id, **asked})
        assert refused.value.error_dict == {next(iter(asked)): [reason]}, noun


@pytest.mark.parametrize("named", ["", None, "absent", [1], 1])
def test_what_names_nothing_has_no_stream(streams: Catalogue, named: Any) -> None:
    for noun in ("package", "user", "group", "organization"):
        with pytest.raises(NotFound):
            streams.call(f"{noun}_activity_list", {"id": named})
    for action in ("activity_show", "activity_data_show"):
        with pytest.raises(NotFound):
            streams.call(action, {"id": named})
        with pytest.raises(ValidationError):
            streams.call(action)


def test_a_stream_of_groups_is_no_stream_of_organizations(streams: Catalogue) -> None:
    owner, group = streams.new_organization()["id"], streams.call("group_create", {"name": unique("g")})["id"]
    for noun, other in (("group", owner), ("organization", group)):
        with pytest.raises(NotFound):
            streams.call(f"{noun}_activity_list", {"id": other})
    types = {"activity_types": [], "exclude_activity_types": []}
    assert streams.call("group_activity_list", {"id": group, **types}) == []
    with pytest.raises(ValidationError, match="Cannot be used together"):
        streams.call("package_activity_list", {"id": streams.new_dataset()["id"], **types})
