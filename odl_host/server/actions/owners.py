"""To which organization a dataset belongs."""

from __future__ import annotations

from odl_host.ckan import NotAuthorized, NotFound
from odl_host.server import permissions
from odl_host.server.activities import record_dataset
from odl_host.server.clock import now
from odl_host.server.datasets import find_dataset, get_dataset, update_dataset
from odl_host.server.groups import find_group, get_group
from odl_host.server.params import Params, optional, text
from odl_host.server.registry import Context, action


class NewOwner(Params):
    """A dataset and an organization."""

    id: str = optional(text, "")
    organization_id: str = optional(text, "")


def _can_give(ctx: Context, params: NewOwner) -> None:
    """A sysadmin; an admin of the dataset's organization who also edits the other one."""
    dataset = ctx.once(find_dataset, params.id) if params.id else None
    if dataset is None:
        raise NotFound("Package was not found.")
    if ctx.user is None or not ctx.user.sysadmin:
        target = find_group(ctx.db, params.organization_id) if params.organization_id else None
        is_theirs = target is None or permissions.has_capacity(ctx, target.id, permissions.WRITERS)
        is_known = target is not None or not params.organization_id
        if not (is_theirs and is_known and permissions.has_capacity(ctx, dataset.owner_org, permissions.ADMINS)):
            raise NotAuthorized("")


@action(params=NewOwner, allow=_can_give)
def package_owner_org_update(ctx: Context, params: NewOwner) -> None:
    """Give a dataset to another organization, or to none.

    :param id: the dataset's id or name
    :param organization_id: the organization's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    group = get_group(ctx.db, params.organization_id, is_organization=True) if params.organization_id else None
    fields = dataset.fields
    fields |= {"owner_org": group.id if group else None, "metadata_modified": now()}
    update_dataset(ctx.db, fields, tags_changed=False)
    record_dataset(ctx, dataset.id, "changed")
