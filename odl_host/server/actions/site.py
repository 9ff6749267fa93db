"""The site itself: status, help, licences."""

from __future__ import annotations

from typing import Any

import odl_host
from odl_host.ckan import JsonDict, NotFound
from odl_host.server import permissions
from odl_host.server.objects.licenses import LICENSES
from odl_host.server.params import Nothing, Params, named
from odl_host.server.registry import Context, action, all_actions
from odl_host.server.site_options import site_option
from odl_host.server.sites import Site

CKAN_VERSION = "2.12.0"
"""The version of CKAN whose Action API this server answers like."""

PLUGINS = ("datastore", "image_view", "text_view", "datatables_view")
"""The extensions of CKAN whose actions and views are part of this server; clients ask whether they are there."""

EXTENSIONS = ("odl_host", "odl_original", "odl_versions", "odl_together", "odl_restores")
"""What this server adds to CKAN's API; `odl_original`: resources keep a second file, as the producer sent it;
`odl_versions`: they keep their earlier files; `odl_together`: a dataset is created together with its files;
`odl_restores`: what is copied from elsewhere keeps its ids and dates."""


class ActionName(Params):
    """The name of an action."""

    name: str = named()


@action(params=Nothing, allow=permissions.anyone, reads=True, quick=True)
def status_show(ctx: Context, params: Nothing) -> JsonDict:  # noqa: ARG001 - every action has the same form
    """Return what this site is: its title, address, the version of CKAN it answers like, its additions."""
    is_told = not ctx.site.settings["ckan.hide_version"] or (ctx.user is not None and ctx.user.sysadmin)
    return {
        **({"ckan_version": CKAN_VERSION} if is_told else {}),
        "error_emails_to": "",
        "extensions": _extensions(ctx.site),
        "locale_default": ctx.site.locale,
        "odl_extensions": [*EXTENSIONS],
        "odl_host_version": odl_host.__version__,
        "site_description": site_option(ctx.db, ctx.site, "ckan.site_description"),
        "site_title": site_option(ctx.db, ctx.site, "ckan.site_title"),
        "site_url": ctx.site.url,
    }


def _extensions(site: Site) -> list[str]:
    """Return what `ckan.plugins` names, as a CKAN does; where it names nothing, all that is there, ours too."""
    named = site.words("ckan.plugins")
    activity = ["activity"] if site.settings["ckan.activity_streams_enabled"] and "activity" not in named else []
    return [*activity, *(named or (*PLUGINS, *EXTENSIONS))]


@action(params=ActionName, allow=permissions.anyone, reads=True, quick=True)
def help_show(ctx: Context, params: ActionName) -> str:  # noqa: ARG001 - every action has the same form
    """Return the documentation of an action.

    :param name: the action's name
    """
    chosen = all_actions().get(params.name)
    if chosen is None:
        raise NotFound("Action function not found")
    return chosen.help


@action(params=Nothing, allow=permissions.anyone, reads=True, quick=True)
def license_list(ctx: Context, params: Nothing) -> list[dict[str, Any]]:  # noqa: ARG001 - every action has the same form
    """Return the licences that a dataset may name."""
    return [
        {
            "domain_content": "False",
            "domain_data": str(entry.is_open),
            "domain_software": "False",
            "family": "",
            "id": entry.id,
            "is_generic": str(entry.id.startswith("other-") or entry.id == "notspecified"),
            "maintainer": "",
            "od_conformance": "approved" if entry.is_open else "not reviewed",
            "osd_conformance": "not reviewed",
            "status": "active",
            "title": entry.title,
            "url": entry.url,
        }
        for entry in LICENSES.values()
    ]
