"""The site's own words that a sysadmin may change while it runs, over those of the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from odl_host.server.tables import config_options

if TYPE_CHECKING:
    from odl_host.server.sites import Site

EDITABLE = (
    "ckan.site_title",
    "ckan.site_logo",
    "ckan.site_url",
    "ckan.site_description",
    "ckan.site_about",
    "ckan.site_intro_text",
    "ckan.site_custom_css",
    "ckan.theme",
    "logo_upload",
    "clear_logo_upload",
)
"""CKAN's names. Kept and given back; the portal shows the title and the description of the manifest."""


def site_option(db: sa.Connection, site: Site, key: str) -> str | None:
    """Return an option's value: what was chosen while the site ran, else what the manifest says."""
    chosen: str | None = db.scalar(sa.select(config_options.c.value).where(config_options.c.key == key))
    if chosen is not None:
        return chosen
    declared = {
        "ckan.site_title": site.title,
        "ckan.site_description": site.description,
        "ckan.site_url": site.url,
    }
    return declared.get(key, "")
