"""A catalogue whose words are looked for."""

from __future__ import annotations

import pytest

from odl_host.server.sites import Site


@pytest.fixture
def filled(site: Site) -> Site:
    """A catalogue of three datasets, whose words are looked for."""
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Commune d'Aime-la-Plagne"})
    datasets = [
        {"name": "deliberations", "title": "Délibérations du conseil", "notes": "Séances de l'école"},
        {"name": "budget-2024", "title": "Budget", "notes": "Délibérations budgétaires", "tag_string": "Eau potable"},
        {"name": "arbres", "title": "Arbres", "extras": [{"key": "siren", "value": "217300656"}], "license_id": "lov2"},
    ]
    for dataset in datasets:
        ckan.call_action("package_create", {"owner_org": "aime", **dataset})
    return site
