"""The settings that CKAN's administrators know, under CKAN's own names, with CKAN's defaults.

Source: CKAN 2.12 documentation, configuration options.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from odl_host.errors import ConfigError

CKAN_DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "ckan.auth.anon_create_dataset": False,
        "ckan.auth.create_unowned_dataset": False,
        "ckan.auth.create_dataset_if_not_in_organization": False,
        "ckan.auth.user_create_groups": False,
        "ckan.auth.user_create_organizations": False,
        "ckan.auth.user_delete_groups": True,
        "ckan.auth.user_delete_organizations": True,
        "ckan.auth.create_user_via_api": False,
        "ckan.auth.public_user_details": True,
        "ckan.search.rows_max": 1000,
        "ckan.group_and_organization_list_max": 1000,
        "ckan.group_and_organization_list_all_fields_max": 25,
    }
)


def merge_settings(chosen: Mapping[str, object]) -> Mapping[str, object]:
    """Return CKAN's defaults with what was chosen over them.

    :raises ConfigError: a setting is unknown, or has the wrong type.
    """
    for key, value in chosen.items():
        if key not in CKAN_DEFAULTS:
            close = difflib.get_close_matches(key, CKAN_DEFAULTS, n=1)
            nearest = f"; did you mean “{close[0]}”?" if close else "."
            raise ConfigError(f"The CKAN setting “{key}” is unknown{nearest}")
        if type(value) is not type(CKAN_DEFAULTS[key]):
            wanted = type(CKAN_DEFAULTS[key]).__name__
            raise ConfigError(f"The CKAN setting “{key}” must be of type {wanted}, not {value!r}.")
    return MappingProxyType({**CKAN_DEFAULTS, **chosen})
