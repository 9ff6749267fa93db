"""To which organization a dataset belongs."""

from __future__ import annotations

from odl_host.ckan import NotFound
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.objects.activities import record_dataset
from odl_host.server.objects.datasets import find_dataset, update_dataset
from odl_host.server.objects.groups import get_group
from odl_host.server.params import Params, optional, text
from odl_host.server.registry import Context, action


class NewOwner(Params):
    """A dataset and an organization."""

    id: str = optional(text, "")
    organization_id: str = optional(text, "")


@action(params=NewOwner, allow=permissions.sysadmin)
def package_owner_org_update(ctx: Context, params: NewOwner) -> None:
    """Give a dataset to another organization, or to none.

    :param id: the dataset's id or name
    :param organization_id: the organization's id or name
    """
    dataset = find_dataset(ctx.db, params.id) if params.id else None
    if dataset is None:
        raise NotFound("Package was not found.")
    group = get_group(ctx.db, params.organization_id, is_organization=True) if params.organization_id else None
    fields = dataset.fields
    fields |= {"owner_org": group.id if group else None, "metadata_modified": now()}
    update_dataset(ctx.db, fields, tags_changed=False)
    record_dataset(ctx, dataset.id, "changed")
