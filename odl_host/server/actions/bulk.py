"""Bulk updates: several datasets of one organization at once."""

from __future__ import annotations

from odl_host.ckan import JsonDict, NotAuthorized
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.objects.activities import record_dataset
from odl_host.server.objects.datasets import find_dataset, update_dataset
from odl_host.server.objects.groups import find_group
from odl_host.server.params import Params, optional, text, text_list
from odl_host.server.registry import Context, action


class Datasets(Params):
    """Datasets, and the organization that they belong to."""

    datasets: list[str] = optional(text_list, ())
    org_id: str = optional(text, "")


def _org_admin(ctx: Context, params: Datasets) -> None:
    """An admin of the organization; a sysadmin, even where there is none."""
    if ctx.user is not None and ctx.user.sysadmin:
        return
    group = find_group(ctx.db, params.org_id) if params.org_id else None
    if group is None or not permissions.has_capacity(ctx, group.id, permissions.ADMINS):
        raise NotAuthorized("")


@action(params=Datasets, allow=_org_admin)
def bulk_update_private(ctx: Context, params: Datasets) -> None:
    """Make datasets of an organization private; those that are not its own are left alone.

    :param datasets: ids or names
    :param org_id: the organization's id or name
    """
    _update(ctx, params, {"private": True})


@action(params=Datasets, allow=_org_admin)
def bulk_update_public(ctx: Context, params: Datasets) -> None:
    """Make datasets of an organization public; those that are not its own are left alone.

    :param datasets: ids or names
    :param org_id: the organization's id or name
    """
    _update(ctx, params, {"private": False})


@action(params=Datasets, allow=_org_admin)
def bulk_update_delete(ctx: Context, params: Datasets) -> None:
    """Delete datasets of an organization; those that are not its own are left alone.

    :param datasets: ids or names
    :param org_id: the organization's id or name
    """
    _update(ctx, params, {"state": "deleted"})


def _update(ctx: Context, params: Datasets, change: JsonDict) -> None:
    group = find_group(ctx.db, params.org_id)
    for ref in params.datasets:
        dataset = find_dataset(ctx.db, ref)
        if dataset is None or group is None or dataset.owner_org != group.id:
            continue
        before = dataset.fields
        after = {**before, **change}
        if after != before:
            update_dataset(ctx.db, {**after, "metadata_modified": now()}, tags_changed=False)
            record_dataset(ctx, dataset.id, "deleted" if after["state"] == "deleted" else "changed")
