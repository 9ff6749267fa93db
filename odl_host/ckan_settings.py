"""The settings that CKAN's administrators know, under CKAN's own names, with CKAN's defaults.

They stand in the `[ckan]` table of a tenant's manifest. Source: CKAN 2.12 documentation, configuration options.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from odl_host.ckan_values import LANGUAGES, read_value
from odl_host.errors import ConfigError

CKAN_DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "apitoken_header_name": "Authorization",
        "ckan.activity_list_limit": 31,
        "ckan.activity_list_limit_max": 100,
        "ckan.activity_streams_email_notifications": False,
        "ckan.activity_streams_enabled": False,
        "ckan.auth.allow_admin_collaborators": False,
        "ckan.auth.allow_collaborators_to_change_owner_org": False,
        "ckan.auth.allow_dataset_collaborators": False,
        "ckan.auth.anon_create_dataset": False,
        "ckan.auth.create_dataset_if_not_in_organization": True,
        "ckan.auth.create_unowned_dataset": False,
        "ckan.auth.create_user_via_api": False,
        "ckan.auth.enable_cookie_auth_in_api": True,
        "ckan.auth.public_activity_stream_detail": False,
        "ckan.auth.public_user_details": True,
        "ckan.auth.roles_that_cascade_to_sub_groups": ("admin",),
        "ckan.auth.user_create_groups": True,
        "ckan.auth.user_create_organizations": True,
        "ckan.auth.user_delete_groups": True,
        "ckan.auth.user_delete_organizations": True,
        "ckan.cors.origin_allow_all": False,
        "ckan.cors.origin_whitelist": (),
        "ckan.datastore.default_fts_lang": "english",
        "ckan.datastore.ms_in_timestamp": True,
        "ckan.datastore.search.rows_default": 100,
        "ckan.datastore.search.rows_max": 32000,
        "ckan.datastore.sqlsearch.enabled": False,
        "ckan.default_group_sort": "title",
        "ckan.email_notifications_since": "2 days",
        "ckan.extra_resource_fields": (),
        "ckan.feeds.author_link": "",
        "ckan.feeds.author_name": "",
        "ckan.feeds.limit": 20,
        "ckan.files.authenticated_uploads.allow": False,
        "ckan.files.authenticated_uploads.storages": (),
        "ckan.files.default_storages.default": "default",
        "ckan.files.default_storages.group": "groups",
        "ckan.files.default_storages.user": "users",
        "ckan.files.owner.cascade_access": ("package", "resource", "group", "organization"),
        "ckan.files.owner.scan_as_update": True,
        "ckan.files.owner.transfer_as_update": True,
        "ckan.group_and_organization_list_all_fields_max": 25,
        "ckan.group_and_organization_list_max": 1000,
        "ckan.hide_activity_from_users": (),
        "ckan.hide_version": False,
        "ckan.locale_default": LANGUAGES[0],
        "ckan.locale_order": (),
        "ckan.locales_filtered_out": (),
        "ckan.locales_offered": (),
        "ckan.max_image_size": 2,
        "ckan.max_resource_size": 1024,
        "ckan.mimetype_guess": "file_ext",
        "ckan.plugins": (),
        "ckan.resource_proxy.max_file_size": 1048576,
        "ckan.resource_proxy.timeout": 5,
        "ckan.search.default_include_private": True,
        "ckan.search.default_package_sort": "score desc, metadata_modified desc",
        "ckan.search.remove_deleted_packages": True,
        "ckan.search.rows_max": 1000,
        "ckan.site_description": "",
        "ckan.site_id": "odl-host",
        "ckan.site_title": "",
        "ckan.upload.group.mimetypes": ("image/png", "image/gif", "image/jpeg"),
        "ckan.upload.group.types": ("image",),
        "ckan.upload.user.mimetypes": ("image/png", "image/gif", "image/jpeg"),
        "ckan.upload.user.types": ("image",),
        "ckan.user.unique_email_states": ("active",),
        "ckan.views.default_views": ("image_view", "datatables_view"),
    }
)
"""Every setting that is known, with its value when a manifest does not name it.

Six are not CKAN's: `ckan.max_resource_size` (megabytes) is 10 there, and open data files are larger; activities are
kept there only where the plugin `activity` is loaded, which it is not by default; what commands do is hidden in them
there, and is what a portal's readers want to see here; a site without a title of CKAN's has the manifest's; the user
that a site's own commands act as has the name `ckan.site_id`, which is `default` there; a portal speaks French, not
English, unless its manifest says so.
"""

STORAGE_TYPE = "odl-host"
"""The one type of a storage of `file_create`: its files lie with the tenant's others, wherever these do."""

_STORAGE_DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "type": "",
        "max_size": -1,
        "public": False,
        "supported_types": (),
        "location_transformers": (),
        "disabled_capabilities": (),
    }
)
_STORAGE_KEY = re.compile(rf"ckan\.files\.storage\.([A-Za-z0-9_-]+)\.({'|'.join(_STORAGE_DEFAULTS)})")


def merge_settings(chosen: Mapping[str, object]) -> Mapping[str, object]:
    """Return CKAN's defaults with what was chosen over them; nested tables are names with dots.

    Lists may be written as texts with spaces, as in CKAN's own file.

    :raises ConfigError: a setting is unknown, or cannot have its value.

    >>> merge_settings({"ckan": {"auth": {"anon_create_dataset": True}}})["ckan.auth.anon_create_dataset"]
    True
    """
    found = dict(CKAN_DEFAULTS)
    named = dict(_flatten(chosen, ""))
    for key, value in named.items():
        if storage := _STORAGE_KEY.fullmatch(key):
            found[key] = read_value(key, value, _STORAGE_DEFAULTS[storage[2]])
            continue
        if key not in CKAN_DEFAULTS:
            close = difflib.get_close_matches(key, CKAN_DEFAULTS, n=1)
            of_storages = [f"ckan.files.storage.NAME.{option}" for option in _STORAGE_DEFAULTS]
            nearest = f"; did you mean “{close[0]}”?" if close else "."
            raise ConfigError(
                f"The CKAN setting “{key}” is unknown{nearest}",
                hint="odl-host knows: " + ", ".join([*CKAN_DEFAULTS, *of_storages]),
            )
        found[key] = read_value(key, value, CKAN_DEFAULTS[key])
    plugins = found["ckan.plugins"]
    if isinstance(plugins, tuple) and "activity" in plugins and "ckan.activity_streams_enabled" not in named:
        found["ckan.activity_streams_enabled"] = True
    for key in filter(_STORAGE_KEY.fullmatch, found):
        _check_storage(found, key)
    _check_uploads(found)
    _check_languages(found)
    return MappingProxyType(found)


def offered_languages(settings: Mapping[str, object]) -> tuple[str, ...]:
    """Return the languages that a portal offers, in the order in which it offers them.

    >>> offered_languages(merge_settings({"ckan.locale_order": "en fr"}))
    ('en', 'fr')
    >>> offered_languages(merge_settings({"ckan.locales_offered": "fr"}))
    ('fr',)
    """
    order, offered, left_out = (
        value if isinstance(value := settings[key], tuple) else ()
        for key in ("ckan.locale_order", "ckan.locales_offered", "ckan.locales_filtered_out")
    )
    known = dict.fromkeys([*order, *LANGUAGES])
    return tuple(code for code in known if code in (offered or known) and code not in left_out)


def _check_languages(found: Mapping[str, object]) -> None:
    if found["ckan.locale_default"] not in offered_languages(found):
        raise ConfigError(
            f"The language “{found['ckan.locale_default']}” is the portal's own, and is not offered.",
            hint="Name it in ckan.locales_offered, or choose another ckan.locale_default.",
        )


def _check_storage(found: Mapping[str, object], key: str) -> None:
    kind = f"{key.rpartition('.')[0]}.type"
    if found.get(kind) != STORAGE_TYPE:
        raise ConfigError(
            f"The CKAN setting “{kind}” must be “{STORAGE_TYPE}”, not {found.get(kind, '')!r}.",
            hint="These files lie where the tenant's others do (its storage): there is no other type, and no path.",
        )


def _check_uploads(found: Mapping[str, object]) -> None:
    key = "ckan.files.authenticated_uploads.storages"
    names, known = found[key], [storage[1] for name in found if (storage := _STORAGE_KEY.fullmatch(name))]
    for name in names if isinstance(names, tuple) else ():
        if name not in known:
            raise ConfigError(
                f"The CKAN setting “{key}” names a storage that is not set up: {name}.",
                hint=f'Set it up with ckan.files.storage.{name}.type = "{STORAGE_TYPE}", or leave it out.',
            )


def _flatten(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
