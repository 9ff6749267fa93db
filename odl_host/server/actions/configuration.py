"""Configuration options that may change while the site runs; a manifest says what they are when nobody changed them."""

from __future__ import annotations

import json

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.database.tables import config_options
from odl_host.server.params import Nothing, Params, sent, text
from odl_host.server.registry import Context, action
from odl_host.server.site_options import EDITABLE, site_option


class Key(Params):
    """An option's name."""

    key: str = sent(text)


class Options(Params):
    """Options by their names."""


@action(params=Nothing, allow=permissions.sysadmin, reads=True, quick=True)
def config_option_list(ctx: Context, params: Nothing) -> list[str]:  # noqa: ARG001 - every action has the same form
    """Return the names of the options that may change while the site runs."""
    return list(EDITABLE)


@action(params=Key, allow=permissions.sysadmin, reads=True)
def config_option_show(ctx: Context, params: Key) -> str | None:
    """Return an option's value.

    :param key: the option's name
    """
    if params.key not in EDITABLE:
        raise ValidationError({"message": f"Configuration option '{params.key or ''}' can not be shown"})
    return site_option(ctx.db, ctx.site, params.key)


@action(params=Options, allow=permissions.sysadmin)
def config_option_update(ctx: Context, params: Options) -> JsonDict:
    """Change options and return those that were sent; each parameter is an option's name."""
    unknown = [key for key in params.data if key not in EDITABLE]
    if unknown:
        names = " ".join(sorted(unknown))
        raise ValidationError({"message": f"Configuration option(s) '{names}' can not be updated"})
    chosen: JsonDict = {}
    for key, value in params.data.items():
        if value is None:
            continue
        chosen[key] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        ctx.db.execute(config_options.delete().where(config_options.c.key == key))
        ctx.db.execute(config_options.insert(), {"key": key, "value": chosen[key]})
    return chosen
