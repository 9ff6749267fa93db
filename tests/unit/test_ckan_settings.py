from __future__ import annotations

import pytest

from odl_host.ckan_settings import CKAN_DEFAULTS, merge_settings, offered_languages
from odl_host.errors import ConfigError


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
    with pytest.raises(ConfigError, match="must be a list of uuid4 and uuid4_prefix and"):
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
