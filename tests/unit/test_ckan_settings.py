from __future__ import annotations

import pytest

from odl_host.ckan_settings import CKAN_DEFAULTS, merge_settings, offered_languages
from odl_host.ckan_values import VIEWS
from odl_host.errors import ConfigError
from odl_host.server.objects.views import VIEW_TYPES


def test_what_is_chosen_stands_over_ckans_defaults() -> None:
    merged = merge_settings({"ckan.auth.create_unowned_dataset": True})
    assert merged["ckan.auth.create_unowned_dataset"] is True
    assert CKAN_DEFAULTS["ckan.auth.create_unowned_dataset"] is False
    assert merged["ckan.search.rows_max"] == 1000


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"ckan\.search\.rows_max"):
        merge_settings({"ckan.search.row_max": 10})


@pytest.mark.parametrize("name", ["", "a", "deux mots", "../x", "x" * 101])
def test_the_sites_own_user_has_a_name_that_a_user_can_have(name: str) -> None:
    assert merge_settings({"ckan.site_id": "test.ckan.net"})["ckan.site_id"] == "test.ckan.net"
    with pytest.raises(ConfigError, match="must be a name that a user can have"):
        merge_settings({"ckan.site_id": name})


def test_a_setting_has_its_type() -> None:
    with pytest.raises(ConfigError, match="must be true or false"):
        merge_settings({"ckan.auth.create_unowned_dataset": "oui"})


def test_a_name_may_be_a_nested_table_and_a_list_a_text() -> None:
    merged = merge_settings({"ckan": {"views": {"default_views": "image_view text_view"}, "max_image_size": "3"}})
    assert merged["ckan.views.default_views"] == ("image_view", "text_view")
    assert merged["ckan.max_image_size"] == 3


def test_a_storage_of_files_has_a_name_a_type_and_limits() -> None:
    merged = merge_settings(
        {
            "ckan": {
                "files": {"storage": {"avis": {"type": "odl-host", "max_size": 10, "supported_types": "image text"}}}
            }
        }
    )
    assert merged["ckan.files.storage.avis.max_size"] == 10
    assert merged["ckan.files.storage.avis.supported_types"] == ("image", "text")
    assert merged["ckan.files.default_storages.default"] == "default"
    unlimited = merge_settings({"ckan.files.storage.avis.max_size": "-1", "ckan.files.storage.avis.type": "odl-host"})
    assert unlimited["ckan.files.storage.avis.max_size"] == -1


@pytest.mark.parametrize("settings", [{"type": "ckan:fs"}, {"max_size": 10}])
def test_a_storage_of_files_has_no_type_but_ours(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="must be “odl-host”"):
        merge_settings({"ckan": {"files": {"storage": {"avis": settings}}}})


def test_a_storage_of_files_has_no_path() -> None:
    with pytest.raises(ConfigError, match="unknown"):
        merge_settings({"ckan.files.storage.avis.type": "odl-host", "ckan.files.storage.avis.path": "/tmp"})


def test_a_location_is_made_in_known_ways() -> None:
    key = "ckan.files.storage.avis.location_transformers"
    merged = merge_settings({"ckan.files.storage.avis.type": "odl-host", key: "uuid4"})
    assert merged[key] == ("uuid4",)
    with pytest.raises(ConfigError, match=r"must be one of uuid4, uuid4_prefix, .*, not 'uuid'"):
        merge_settings({"ckan.files.storage.avis.type": "odl-host", key: ["uuid"]})


def test_a_setting_that_is_a_choice_is_one_of_the_known_ones() -> None:
    assert merge_settings({"ckan.mimetype_guess": "None"})["ckan.mimetype_guess"] == "None"
    with pytest.raises(ConfigError, match="must be one of file_ext, file_contents, None, not 'magic'"):
        merge_settings({"ckan.mimetype_guess": "magic"})


def test_the_language_of_a_portal_is_one_that_it_offers() -> None:
    merged = merge_settings({"ckan": {"locale_default": "en", "locales_offered": "en fr", "locale_order": ["en"]}})
    assert offered_languages(merged) == ("en", "fr")
    assert offered_languages(merge_settings({"ckan.locales_filtered_out": "en"})) == ("fr",)
    for refused in (
        {"ckan.locale_default": "de"},
        {"ckan.locales_offered": ["fr", "de"]},
        {"ckan.locale_order": "xx"},
        {"ckan.locales_filtered_out": "fr"},
        {"ckan.locales_offered": "en"},
    ):
        with pytest.raises(ConfigError, match=r"fr|offered"):
            merge_settings(refused)


@pytest.mark.parametrize(
    ("key", "value", "possible"),
    [
        (
            "ckan.views.default_views",
            ["image_view", "recline_view"],
            "must be one of image_view, .*, not 'recline_view'",
        ),
        ("ckan.datastore.default_fts_lang", "français", "must be one of simple, .*french.*, not 'français'"),
        (
            "ckan.auth.roles_that_cascade_to_sub_groups",
            "admin owner",
            "must be one of admin, editor, member, not 'owner'",
        ),
        ("ckan.files.owner.cascade_access", ["dataset"], "must be one of package, .*, not 'dataset'"),
        ("ckan.user.unique_email_states", "draft", "must be one of active, pending, deleted, not 'draft'"),
        ("ckan.default_group_sort", "title up", "is written like title, name desc, not 'title up'"),
        ("ckan.search.default_package_sort", "title", "is written like title_string asc, .*, not 'title'"),
        (
            "ckan.cors.origin_whitelist",
            ["https://a.fr/"],
            "is written like https://www.example.fr, not 'https://a.fr/'",
        ),
        ("ckan.feeds.author_link", "javascript:x", "is written like https://"),
        ("ckan.upload.user.mimetypes", "image", "is written like image/png"),
        ("apitoken_header_name", "X API Key", "is written like X-API-Key"),
        ("ckan.max_resource_size", 0, "must be 1 or more"),
        ("ckan.search.rows_max", "0", "must be 1 or more"),
        ("ckan.datastore.search.rows_max", 10**30, "must be a whole number up to 2147483647"),
        ("ckan.max_image_size", -1, "must be a whole number"),
        ("ckan.files.authenticated_uploads.storages", ["avis"], "names a storage that is not set up: avis"),
    ],
)
def test_a_value_that_is_impossible_is_refused_with_what_is_possible(key: str, value: object, possible: str) -> None:
    with pytest.raises(ConfigError, match=possible):
        merge_settings({key: value})


def test_a_value_that_says_something_unusual_is_kept() -> None:
    usual = {
        "ckan.datastore.search.rows_default": 0,
        "ckan.max_image_size": 0,
        "ckan.views.default_views": [],
        "ckan.default_group_sort": "package_count desc",
        "ckan.search.default_package_sort": "views_recent desc, title_string ASC",
        "ckan.cors.origin_whitelist": ["http://localhost:8080", "https://cartes.exemple.fr"],
        "ckan.upload.user.types": ["*"],
    }
    merged = merge_settings(usual)
    assert merged["ckan.datastore.search.rows_default"] == 0
    assert merged["ckan.cors.origin_whitelist"] == ("http://localhost:8080", "https://cartes.exemple.fr")


def test_every_default_is_a_value_that_may_be_set() -> None:
    assert merge_settings(CKAN_DEFAULTS) == CKAN_DEFAULTS


def test_the_kinds_of_views_are_those_that_there_are() -> None:
    assert set(VIEWS) == set(VIEW_TYPES)
