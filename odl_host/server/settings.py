"""The settings that CKAN's administrators know, under CKAN's own names, with CKAN's defaults.

Source: CKAN 2.12 documentation, configuration options.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
