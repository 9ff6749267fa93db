"""Every action for every role: one row per action, and an action without a row fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.server.registry import all_actions

from .conftest import ANONYMOUS, Caller, Catalogue, unique

ROLES = ("anonymous", "stranger", "member", "editor", "admin", "sysadmin")
EVERYONE = frozenset(ROLES)
KNOWN = EVERYONE - {"anonymous"}
READERS = frozenset({"member", "editor", "admin", "sysadmin"})
WRITERS = frozenset({"editor", "admin", "sysadmin"})
ADMINS = frozenset({"admin", "sysadmin"})
SYSADMIN = frozenset({"sysadmin"})


@dataclass
class World:
    """An organization and a group whose members have every role, and what belongs to them."""

    ckan: Catalogue
    callers: dict[str, Caller]
    organization: str
    group: str

    def dataset(self, **fields: Any) -> str:
        return str(self.ckan.new_dataset(self.organization, **fields)["id"])

    def resource(self, **fields: Any) -> str:
        dataset = self.ckan.new_dataset(self.organization, resources=[{"url": "http://example.org/a"}], **fields)
        return str(dataset["resources"][0]["id"])

    def rows(self, **fields: Any) -> str:
        resource = self.resource(**fields)
        self.ckan.call("datastore_create", {"resource_id": resource, "force": True, "records": [{"a": 1}]})
        return resource


Parameters = Callable[[World, Caller], dict[str, Any]]


def nothing(world: World, caller: Caller) -> dict[str, Any]:
    return {}


def of_private_dataset(world: World, caller: Caller) -> dict[str, Any]:
    return {"id": world.dataset(private=True)}


def of_private_resource(world: World, caller: Caller) -> dict[str, Any]:
    return {"id": world.resource(private=True)}


def of_private_rows(world: World, caller: Caller) -> dict[str, Any]:
    return {"resource_id": world.rows(private=True)}


def of_organization(world: World, caller: Caller) -> dict[str, Any]:
    return {"id": world.organization}


def of_group(world: World, caller: Caller) -> dict[str, Any]:
    return {"id": world.group}


def as_it_is(action: str, ref: Callable[[World], str]) -> Parameters:
    """Send what is there already, so that the call changes nothing."""

    def parameters(world: World, caller: Caller) -> dict[str, Any]:
        return dict(world.ckan.call(action, {"id": ref(world)}))

    return parameters


TABLE: dict[str, tuple[frozenset[str], Parameters]] = {
    "status_show": (EVERYONE, nothing),
    "site_read": (EVERYONE, nothing),
    "help_show": (EVERYONE, lambda w, c: {"name": "help_show"}),
    "license_list": (EVERYONE, nothing),
    "package_list": (EVERYONE, nothing),
    "package_search": (EVERYONE, nothing),
    "package_autocomplete": (EVERYONE, lambda w, c: {"q": "a"}),
    "current_package_list_with_resources": (EVERYONE, lambda w, c: {"limit": 1}),
    "package_show": (READERS, of_private_dataset),
    "package_create": (WRITERS, lambda w, c: {"name": unique("jeu"), "owner_org": w.organization}),
    "package_update": (WRITERS, lambda w, c: w.ckan.call("package_show", {"id": w.dataset()})),
    "package_patch": (WRITERS, lambda w, c: {"id": w.dataset(), "notes": "x"}),
    "package_delete": (WRITERS, lambda w, c: {"id": w.dataset()}),
    "dataset_purge": (SYSADMIN, lambda w, c: {"id": w.dataset()}),
    "resource_show": (READERS, of_private_resource),
    "resource_create": (WRITERS, lambda w, c: {"package_id": w.dataset(), "url": "http://example.org"}),
    "resource_update": (WRITERS, lambda w, c: {"id": w.resource(), "url": "http://example.org/b"}),
    "resource_patch": (WRITERS, lambda w, c: {"id": w.resource(), "name": "b"}),
    "resource_delete": (WRITERS, lambda w, c: {"id": w.resource()}),
    "organization_show": (EVERYONE, of_organization),
    "organization_list": (EVERYONE, nothing),
    "organization_list_for_user": (EVERYONE, nothing),
    "organization_create": (KNOWN, lambda w, c: {"name": unique("org")}),
    "organization_update": (ADMINS, as_it_is("organization_show", lambda w: w.organization)),
    "organization_patch": (ADMINS, of_organization),
    # It has datasets: who may delete is told that it cannot be.
    "organization_delete": (ADMINS, lambda w, c: {"id": (w.dataset(), w.organization)[1]}),
    "organization_purge": (SYSADMIN, lambda w, c: {"id": w.ckan.new_organization()["id"]}),
    "organization_member_create": (ADMINS, lambda w, c: {**of_organization(w, c), "username": "x", "role": "x"}),
    "organization_member_delete": (ADMINS, lambda w, c: {**of_organization(w, c), "username": w.ckan.new_user().name}),
    "group_show": (EVERYONE, of_group),
    "group_list": (EVERYONE, nothing),
    "group_list_authz": (EVERYONE, nothing),
    "group_create": (KNOWN, lambda w, c: {"name": unique("group")}),
    "group_update": (ADMINS, as_it_is("group_show", lambda w: w.group)),
    "group_patch": (ADMINS, of_group),
    "group_delete": (SYSADMIN, lambda w, c: {"id": w.ckan.call("group_create", {"name": unique("group")})["id"]}),
    "group_purge": (SYSADMIN, lambda w, c: {"id": w.ckan.call("group_create", {"name": unique("group")})["id"]}),
    "group_member_create": (ADMINS, lambda w, c: {**of_group(w, c), "username": "x", "role": "x"}),
    "group_member_delete": (ADMINS, lambda w, c: {**of_group(w, c), "username": w.ckan.new_user().name}),
    "member_create": (
        ADMINS,
        lambda w, c: {**of_group(w, c), "object": w.dataset(), "object_type": "package", "capacity": "public"},
    ),
    "member_delete": (ADMINS, lambda w, c: {**of_group(w, c), "object": w.dataset(), "object_type": "package"}),
    "member_list": (EVERYONE, of_organization),
    "member_roles_list": (EVERYONE, nothing),
    "user_show": (EVERYONE, lambda w, c: {"id": w.callers["member"].name}),
    "user_list": (EVERYONE, nothing),
    "user_autocomplete": (KNOWN, lambda w, c: {"q": "user"}),
    "user_create": (SYSADMIN, nothing),
    "user_update": (SYSADMIN, lambda w, c: {"id": w.ckan.new_user().name}),
    "user_patch": (SYSADMIN, lambda w, c: {"id": w.ckan.new_user().name}),
    "user_delete": (SYSADMIN, lambda w, c: {"id": w.ckan.new_user().name}),
    "api_token_create": (KNOWN, lambda w, c: {"user": c.name or w.callers["member"].name, "name": "x"}),
    "api_token_list": (SYSADMIN, lambda w, c: {"user_id": w.ckan.new_user().name}),
    "api_token_revoke": (SYSADMIN, lambda w, c: {"token": w.ckan.new_user().token}),
    "tag_list": (EVERYONE, nothing),
    "tag_show": (EVERYONE, lambda w, c: {"id": tagged(w)}),
    "tag_search": (EVERYONE, lambda w, c: {"query": "a"}),
    "tag_autocomplete": (EVERYONE, lambda w, c: {"query": "a"}),
    "datastore_search": (READERS, of_private_rows),
    "datastore_info": (READERS, of_private_rows),
    "datastore_search_sql": (READERS, lambda w, c: {"sql": f'SELECT * FROM "{w.rows(private=True)}"'}),
    "datastore_create": (WRITERS, lambda w, c: {"resource_id": w.resource(), "force": True}),
    "datastore_upsert": (WRITERS, lambda w, c: {"resource_id": w.rows(), "force": True, "records": []}),
    "datastore_delete": (WRITERS, lambda w, c: {"resource_id": w.rows(), "force": True}),
    "datastore_records_delete": (WRITERS, lambda w, c: {"resource_id": w.rows(), "force": True, "filters": {}}),
}


def tagged(world: World) -> str:
    tag = unique("tag")
    world.dataset(tag_string=tag)
    return tag


@pytest.fixture(scope="module")
def world(in_process: Catalogue) -> World:
    callers = {role: in_process.new_user() for role in ROLES[1:-1]}
    users = [{"name": callers[role].name, "capacity": role} for role in ("member", "editor", "admin")]
    organization = in_process.new_organization(users=users)["id"]
    group = in_process.call("group_create", {"name": unique("group"), "users": users})["id"]
    return World(in_process, {"anonymous": ANONYMOUS, **callers, "sysadmin": in_process.sysadmin}, organization, group)


@pytest.mark.parametrize("name", sorted(all_actions()))
def test_an_action_is_for_the_roles_of_its_row(world: World, name: str) -> None:
    allowed, parameters = TABLE[name]
    found = set()
    for role, caller in world.callers.items():
        try:
            world.ckan.call(name, parameters(world, caller), by=caller)
        except NotAuthorized:
            continue
        except ValidationError:
            pass  # The rule let the caller through to the parameters.
        found.add(role)
    assert found == allowed


def test_every_row_is_an_action() -> None:
    assert set(TABLE) == set(all_actions())
