"""Every action for every role: one row per action, and an action without a row fails."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.server.registry import all_actions
from tests.sites import site_in

from .conftest import ANONYMOUS, Caller, Catalogue, InProcess, unique

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

    def upload(self, **fields: Any) -> str:
        file = {"upload": ("jeu.csv", io.BytesIO(b"a\n1\n"))}
        return str(self.ckan.call("resource_create", {"package_id": self.dataset(**fields)}, file)["id"])


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


def of_member(world: World, caller: Caller) -> dict[str, Any]:
    return {"id": world.callers["member"].name}


def of_group(world: World, caller: Caller) -> dict[str, Any]:
    return {"id": world.group}


def as_it_is(action: str, ref: Callable[[World], str]) -> Parameters:
    """Send what is there already, so that the call changes nothing."""

    def parameters(world: World, caller: Caller) -> dict[str, Any]:
        return dict(world.ckan.call(action, {"id": ref(world)}))

    return parameters


TABLE: dict[str, tuple[frozenset[str], Parameters]] = {
    "status_show": (EVERYONE, nothing),
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
    "odl_restore": (
        SYSADMIN,
        lambda w, c: {"kind": "package", "object": {"id": w.dataset(), "metadata_created": "2020-01-02T03:04:05"}},
    ),
    "odl_version_list": (READERS, lambda w, c: {"id": w.upload(private=True)}),
    "odl_version_restore": (WRITERS, lambda w, c: {"id": w.upload(), "version": 1}),
    "odl_version_purge": (SYSADMIN, lambda w, c: {"id": w.upload()}),
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
        READERS,
        lambda w, c: {**of_group(w, c), "object": w.dataset(), "object_type": "package", "capacity": "public"},
    ),
    "member_delete": (READERS, lambda w, c: {**of_group(w, c), "object": w.dataset(), "object_type": "package"}),
    "member_list": (EVERYONE, of_organization),
    "member_roles_list": (EVERYONE, nothing),
    "user_show": (EVERYONE, lambda w, c: {"id": w.callers["member"].name}),
    "user_list": (EVERYONE, nothing),
    "user_autocomplete": (EVERYONE, lambda w, c: {"q": "user"}),
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
    "datastore_function_create": (SYSADMIN, lambda w, c: {"name": "f", "definition": "BEGIN RETURN NEW; END;"}),
    "datastore_function_delete": (SYSADMIN, lambda w, c: {"name": "f", "if_exists": True}),
    "datastore_run_triggers": (SYSADMIN, lambda w, c: {"resource_id": w.rows()}),
    "datastore_records_delete": (WRITERS, lambda w, c: {"resource_id": w.rows(), "force": True, "filters": {}}),
    "group_package_show": (EVERYONE, of_group),
    "group_autocomplete": (EVERYONE, lambda w, c: {"q": "a"}),
    "organization_autocomplete": (EVERYONE, lambda w, c: {"q": "a"}),
    "format_autocomplete": (EVERYONE, lambda w, c: {"q": "a"}),
    "resource_search": (EVERYONE, lambda w, c: {"query": "name:a"}),
    "package_revise": (WRITERS, lambda w, c: {"match": {"id": w.dataset()}, "update": {"notes": "x"}}),
    "package_resource_reorder": (WRITERS, lambda w, c: {"id": w.dataset(), "order": []}),
    "package_owner_org_update": (SYSADMIN, lambda w, c: {"id": w.dataset(), "organization_id": w.organization}),
    "package_relationship_create": (WRITERS, lambda w, c: related(w)),
    "package_relationship_update": (WRITERS, lambda w, c: related(w, exists=True)),
    "package_relationship_delete": (WRITERS, lambda w, c: related(w, exists=True)),
    "package_relationships_list": (READERS, of_private_dataset),
    "bulk_update_private": (ADMINS, lambda w, c: {"org_id": w.organization, "datasets": [w.dataset()]}),
    "bulk_update_public": (ADMINS, lambda w, c: {"org_id": w.organization, "datasets": [w.dataset()]}),
    "bulk_update_delete": (ADMINS, lambda w, c: {"org_id": w.organization, "datasets": [w.dataset()]}),
    # Collaborators are off: who may manage them is told so.
    "package_collaborator_create": (ADMINS, lambda w, c: {"id": w.dataset(), "user_id": "x", "capacity": "member"}),
    "package_collaborator_delete": (ADMINS, lambda w, c: {"id": w.dataset(), "user_id": "x"}),
    "package_collaborator_list": (ADMINS, lambda w, c: {"id": w.dataset()}),
    "package_collaborator_list_for_user": (frozenset({"member", "sysadmin"}), of_member),
    "resource_view_create": (
        WRITERS,
        lambda w, c: {"resource_id": w.resource(), "view_type": "text_view", "title": "x"},
    ),
    "resource_view_update": (WRITERS, lambda w, c: {"id": viewed(w), "title": "y"}),
    "resource_view_delete": (WRITERS, lambda w, c: {"id": viewed(w)}),
    "resource_view_show": (READERS, lambda w, c: {"id": viewed(w, private=True)}),
    "resource_view_list": (READERS, of_private_resource),
    "resource_view_reorder": (WRITERS, lambda w, c: {"id": w.resource(), "order": ["x"]}),
    "resource_view_clear": (SYSADMIN, lambda w, c: {"view_types": ["webpage_view"]}),
    "resource_create_default_resource_views": (WRITERS, lambda w, c: {"resource": {"id": w.resource()}}),
    "package_create_default_resource_views": (WRITERS, lambda w, c: {"package": {"id": w.dataset()}}),
    "vocabulary_create": (SYSADMIN, lambda w, c: {"name": unique("vocabulary")}),
    "vocabulary_update": (SYSADMIN, lambda w, c: {"id": vocabulary(w)}),
    "vocabulary_delete": (SYSADMIN, lambda w, c: {"id": vocabulary(w)}),
    "vocabulary_show": (EVERYONE, lambda w, c: {"id": vocabulary(w)}),
    "vocabulary_list": (EVERYONE, nothing),
    "tag_create": (SYSADMIN, lambda w, c: {"name": "rouge", "vocabulary_id": vocabulary(w)}),
    "tag_delete": (SYSADMIN, lambda w, c: {"id": tagged(w)}),
    "follow_user": (KNOWN, lambda w, c: {"id": w.ckan.new_user().name}),
    "follow_dataset": (KNOWN, lambda w, c: {"id": w.dataset()}),
    "follow_group": (KNOWN, of_group),
    "unfollow_user": (KNOWN, of_member),
    "unfollow_dataset": (KNOWN, lambda w, c: {"id": w.dataset()}),
    "unfollow_group": (KNOWN, of_group),
    "am_following_user": (KNOWN, of_member),
    "am_following_dataset": (KNOWN, lambda w, c: {"id": w.dataset()}),
    "am_following_group": (KNOWN, of_group),
    "user_follower_count": (EVERYONE, of_member),
    "dataset_follower_count": (EVERYONE, lambda w, c: {"id": w.dataset()}),
    "group_follower_count": (EVERYONE, of_group),
    "organization_follower_count": (EVERYONE, of_organization),
    "user_follower_list": (SYSADMIN, of_member),
    "dataset_follower_list": (SYSADMIN, lambda w, c: {"id": w.dataset()}),
    "group_follower_list": (SYSADMIN, of_group),
    "organization_follower_list": (SYSADMIN, of_organization),
    "followee_count": (EVERYONE, of_member),
    "user_followee_count": (EVERYONE, of_member),
    "dataset_followee_count": (EVERYONE, of_member),
    "group_followee_count": (EVERYONE, of_member),
    "organization_followee_count": (EVERYONE, of_member),
    "followee_list": (frozenset({"member", "sysadmin"}), of_member),
    "user_followee_list": (frozenset({"member", "sysadmin"}), of_member),
    "dataset_followee_list": (frozenset({"member", "sysadmin"}), of_member),
    "group_followee_list": (frozenset({"member", "sysadmin"}), of_member),
    "organization_followee_list": (frozenset({"member", "sysadmin"}), of_member),
    "task_status_update": (SYSADMIN, lambda w, c: a_status()),
    "task_status_update_many": (SYSADMIN, lambda w, c: {"data": [a_status()]}),
    "task_status_show": (EVERYONE, lambda w, c: {"id": w.ckan.call("task_status_update", a_status())["id"]}),
    "task_status_delete": (SYSADMIN, lambda w, c: {"id": w.ckan.call("task_status_update", a_status())["id"]}),
    "term_translation_update": (SYSADMIN, lambda w, c: A_TRANSLATION),
    "term_translation_update_many": (SYSADMIN, lambda w, c: {"data": [A_TRANSLATION]}),
    "term_translation_show": (EVERYONE, lambda w, c: {"terms": ["eau"]}),
    "config_option_list": (SYSADMIN, nothing),
    "config_option_show": (SYSADMIN, lambda w, c: {"key": "ckan.site_title"}),
    "config_option_update": (SYSADMIN, nothing),
    "job_list": (SYSADMIN, nothing),
    "job_clear": (SYSADMIN, nothing),
    # There is no job: who may ask is told so.
    "job_show": (SYSADMIN, lambda w, c: {"id": "x"}),
    "job_cancel": (SYSADMIN, lambda w, c: {"id": "x"}),
    "send_email_notifications": (SYSADMIN, nothing),
    "user_invite": (
        SYSADMIN,
        lambda w, c: {"email": f"{unique('x')}@example.org", "group_id": w.organization, "role": "member"},
    ),
    "get_site_user": (SYSADMIN, nothing),
    "package_activity_list": (READERS, of_private_dataset),
    "user_activity_list": (EVERYONE, of_member),
    "group_activity_list": (EVERYONE, of_group),
    "organization_activity_list": (EVERYONE, of_organization),
    "recently_changed_packages_activity_list": (EVERYONE, nothing),
    "dashboard_activity_list": (KNOWN, nothing),
    "dashboard_new_activities_count": (KNOWN, nothing),
    "dashboard_mark_activities_old": (KNOWN, nothing),
    "activity_show": (EVERYONE, lambda w, c: {"id": happened(w)}),
    "activity_data_show": (WRITERS, lambda w, c: {"id": happened(w)}),
    "activity_diff": (WRITERS, lambda w, c: {"id": happened(w), "object_type": "package"}),
    "activity_create": (SYSADMIN, lambda w, c: an_activity(w)),
    "activity_delete": (SYSADMIN, lambda w, c: {"offset_days": 1000}),
    "activity_delete_all": (SYSADMIN, nothing),
    "activity_delete_counts": (SYSADMIN, nothing),
    "file_create": (SYSADMIN, lambda w, c: {"upload": ("x.txt", io.BytesIO(unique("x").encode()))}),
    "file_register": (SYSADMIN, lambda w, c: {"location": "x"}),
    "file_show": (READERS, lambda w, c: {"id": owned(w, "package", w.dataset(private=True))}),
    "file_rename": (WRITERS, lambda w, c: {"id": owned(w, "package", w.dataset()), "name": "autre.txt"}),
    "file_pin": (WRITERS, lambda w, c: {"id": owned(w, "resource", w.resource())}),
    "file_unpin": (WRITERS, lambda w, c: {"id": owned(w, "resource", w.resource())}),
    "file_delete": (ADMINS, lambda w, c: {"id": owned(w, "organization", w.organization)}),
    "file_owner_scan": (ADMINS, lambda w, c: {"owner_type": "organization", "owner_id": w.organization}),
    "file_ownership_transfer": (
        ADMINS,
        lambda w, c: {"id": owned(w, "package", w.dataset()), "owner_type": "group", "owner_id": w.group},
    ),
}

A_TRANSLATION = {"term": "eau", "term_translation": "water", "lang_code": "en"}


def a_status() -> dict[str, str]:
    return {"entity_id": unique("x"), "entity_type": "resource", "task_type": "essai", "key": "x"}


def related(world: World, *, exists: bool = False) -> dict[str, Any]:
    fields = {"subject": world.dataset(), "object": world.dataset(), "type": "links_to"}
    if exists:
        world.ckan.call("package_relationship_create", fields)
    return fields


def viewed(world: World, **fields: Any) -> str:
    view = {"resource_id": world.resource(**fields), "view_type": "text_view", "title": "x"}
    return str(world.ckan.call("resource_view_create", view)["id"])


def an_activity(world: World) -> dict[str, Any]:
    user = world.ckan.call("user_show", {"id": world.callers["member"].name})["id"]
    fields = {"user_id": user, "object_id": world.dataset(), "activity_type": "changed package"}
    return {**fields, "permission_labels": ["public"]}


def happened(world: World) -> str:
    return str(world.ckan.call("activity_create", an_activity(world))["id"])


def owned(world: World, owner_type: str, owner_id: str) -> str:
    file = world.ckan.call("file_create", {"name": unique("x")}, {"upload": ("x.txt", io.BytesIO(b"bonjour"))})
    owner = {"owner_type": owner_type, "owner_id": owner_id}
    return str(world.ckan.call("file_ownership_transfer", {"id": file["id"], **owner})["id"])


def vocabulary(world: World) -> str:
    return str(world.ckan.call("vocabulary_create", {"name": unique("vocabulary")})["id"])


def tagged(world: World) -> str:
    tag = unique("tag")
    world.dataset(tag_string=tag)
    return tag


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"ckan.datastore.sqlsearch.enabled": True, "ckan.files.storage.default.type": "odl-host"}
    settings |= {"ckan.activity_streams_enabled": True}
    site = site_in(tmp_path_factory.mktemp("access"), settings=settings)
    ckan = InProcess(site)
    callers = {role: ckan.new_user() for role in ROLES[1:-1]}
    users = [{"name": callers[role].name, "capacity": role} for role in ("member", "editor", "admin")]
    organization = ckan.new_organization(users=users)["id"]
    group = ckan.call("group_create", {"name": unique("group"), "users": users})["id"]
    yield World(ckan, {"anonymous": ANONYMOUS, **callers, "sysadmin": ckan.sysadmin}, organization, group)
    site.close()


@pytest.mark.parametrize("name", sorted(all_actions()))
def test_an_action_is_for_the_roles_of_its_row(world: World, name: str) -> None:
    allowed, parameters = TABLE[name]
    found = set()
    for role, caller in world.callers.items():
        sent = parameters(world, caller)
        files = {key: sent.pop(key) for key in list(sent) if isinstance(sent[key], tuple)}
        try:
            world.ckan.call(name, sent, files, by=caller)
        except NotAuthorized:
            continue
        except (ValidationError, NotFound):
            pass  # The rule let the caller through to the parameters.
        found.add(role)
    assert found == allowed


def test_every_row_is_an_action() -> None:
    assert set(TABLE) == set(all_actions())
