"""The site's own words that a sysadmin may change while it runs, over those of the manifest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from odl_host.server.database.tables import config_options

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
"""CKAN's names. Kept and given back; the portal shows the title and the description."""

SHOWN = {"ckan.site_title": "title", "ckan.site_description": "description"}
_SHOWN = sa.select(config_options.c.key, config_options.c.value).where(config_options.c.key.in_(SHOWN))


def site_option(db: sa.Connection, site: Site, key: str) -> str | None:
    """Return an option's value: what was chosen while the site ran, else what the manifest says."""
    chosen: str | None = db.scalar(sa.select(config_options.c.value).where(config_options.c.key == key))
    if chosen is not None:
        return chosen
    if key in SHOWN:
        return str(site.settings[key] or getattr(site, SHOWN[key]))
    return site.url if key == "ckan.site_url" else ""


def named_site(site: Site) -> Site:
    """Return the site with the title and the description that were chosen for it; empty ones choose nothing."""
    chosen: dict[str, Any] = {name: str(site.settings[key]) for key, name in SHOWN.items() if site.settings[key]}
    with site.db.reading() as db:
        chosen |= {SHOWN[row.key]: row.value for row in db.execute(_SHOWN) if row.value}
    return dataclasses.replace(site, **chosen) if chosen else site
