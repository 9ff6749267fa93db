"""Collaborators: users who may read or change one dataset without belonging to its organization.

Off unless `ckan.auth.allow_dataset_collaborators` says otherwise.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.accounts.users import find_account, get_account
from odl_host.server.clock import now
from odl_host.server.database.tables import collaborators
from odl_host.server.objects.datasets import find_dataset, reindex_dataset
from odl_host.server.params import Params, named, optional, required, text
from odl_host.server.registry import Context, action


class NewCollaborator(Params):
    """A dataset, a user, and what the user may do with it."""

    id: str = named()
    user_id: str = named()
    capacity: str = named()


class GoneCollaborator(Params):
    """A dataset and a user."""

    id: str = named()
    user_id: str = named()


class OfDataset(Params):
    """A dataset, and a capacity to keep to."""

    id: str = named()
    capacity: str = optional(text, "")


class OfUser(Params):
    """A user, and a capacity to keep to."""

    id: str = required(text)
    capacity: str = optional(text, "")


def _manager(deed: str) -> Any:
    """The admins of the dataset's organization, and those who are its collaborators as admins."""

    def rule(ctx: Context, params: Any) -> None:
        dataset = ctx.once(find_dataset, params.id)
        if dataset is None:
            raise NotFound("Package not found")
        if isinstance(params, NewCollaborator):
            _check_capacity(ctx, "Role", params.capacity)
        if not permissions.is_manager(ctx, dataset):
            raise NotAuthorized(f"User {ctx.user.name if ctx.user else ''} not authorized to {deed} this dataset")

    return rule


def _self(ctx: Context, params: OfUser) -> None:
    """The user oneself, or a sysadmin."""
    account = find_account(ctx.db, params.id)
    if account is None and ctx.user is not None and ctx.user.sysadmin:
        raise NotAuthorized("Not allowed to retrieve collaborators")
    if ctx.user is None or account is None or not (ctx.user.sysadmin or ctx.user.id == account.id):
        raise NotAuthorized("")


@action(params=NewCollaborator, allow=_manager("add collaborators to"))
def package_collaborator_create(ctx: Context, params: NewCollaborator) -> JsonDict:
    """Make a user a collaborator of a dataset, or change what the collaborator may do.

    :param id: the dataset's id or name
    :param user_id: the user's id or name
    :param capacity: `member` reads, `editor` writes; `admin` where `ckan.auth.allow_admin_collaborators` is on
    """
    _require_feature(ctx)
    dataset = ctx.once(find_dataset, params.id)
    account = get_account(ctx.db, params.user_id)
    assert dataset is not None  # the rule looked at it
    row = {"package_id": dataset.id, "user_id": account.id, "capacity": params.capacity, "modified": now()}
    ctx.db.execute(collaborators.delete().where(_key(dataset.id, account.id)))
    ctx.db.execute(collaborators.insert(), row)
    reindex_dataset(ctx.db, dataset.id)
    return row


@action(params=GoneCollaborator, allow=_manager("remove collaborators from"))
def package_collaborator_delete(ctx: Context, params: GoneCollaborator) -> None:
    """Take a collaborator off a dataset.

    :param id: the dataset's id or name
    :param user_id: the user's id or name
    """
    _require_feature(ctx)
    dataset = ctx.once(find_dataset, params.id)
    account = get_account(ctx.db, params.user_id)
    assert dataset is not None  # the rule looked at it
    gone = ctx.db.execute(collaborators.delete().where(_key(dataset.id, account.id)))
    if not gone.rowcount:
        raise NotFound(f"User {account.id} is not a collaborator on this package")
    reindex_dataset(ctx.db, dataset.id)


@action(params=OfDataset, allow=_manager("list collaborators from"), reads=True)
def package_collaborator_list(ctx: Context, params: OfDataset) -> list[JsonDict]:
    """Return the collaborators of a dataset.

    :param id: the dataset's id or name
    :param capacity: only those with this capacity
    """
    _require_feature(ctx)
    dataset = ctx.once(find_dataset, params.id)
    assert dataset is not None  # the rule looked at it
    query = sa.select(collaborators).where(collaborators.c.package_id == dataset.id)
    return _list(ctx, query, params.capacity, with_user=True)


@action(params=OfUser, allow=_self, reads=True)
def package_collaborator_list_for_user(ctx: Context, params: OfUser) -> list[JsonDict]:
    """Return the datasets of which a user is a collaborator, by id.

    :param id: the user's id or name
    :param capacity: only those in which the user has this capacity
    """
    _require_feature(ctx)
    account = get_account(ctx.db, params.id)
    query = sa.select(collaborators).where(collaborators.c.user_id == account.id)
    return _list(ctx, query, params.capacity, with_user=False)


def _list(ctx: Context, query: sa.Select[Any], capacity: str, *, with_user: bool) -> list[JsonDict]:
    if capacity:
        _check_capacity(ctx, "Capacity", capacity)
        query = query.where(collaborators.c.capacity == capacity)
    shown = []
    for row in ctx.db.execute(query.order_by(collaborators.c.modified)):
        entry = {"package_id": row.package_id, "capacity": row.capacity, "modified": row.modified}
        shown.append({**entry, "user_id": row.user_id} if with_user else entry)
    return shown


def _key(package_id: str, user_id: str) -> Any:
    return sa.and_(collaborators.c.package_id == package_id, collaborators.c.user_id == user_id)


def _require_feature(ctx: Context) -> None:
    if not ctx.site.settings["ckan.auth.allow_dataset_collaborators"]:
        raise ValidationError({"message": "Dataset collaborators not enabled"})


def _check_capacity(ctx: Context, noun: str, capacity: str) -> None:
    allowed = ["editor", "member"]
    if ctx.site.settings["ckan.auth.allow_admin_collaborators"]:
        allowed.insert(0, "admin")
    if capacity not in allowed:
        raise ValidationError({"message": f'{noun} must be one of "{", ".join(allowed)}"'})
