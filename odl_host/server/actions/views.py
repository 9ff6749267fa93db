"""Resource views: how a resource may be shown. The portal shows files in its own way; views are kept for clients."""

from __future__ import annotations

import json
from typing import Any

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.database.tables import resource_views
from odl_host.server.documents import encode
from odl_host.server.objects.activities import record_view
from odl_host.server.objects.datasets import find_resource, get_dataset, get_resource
from odl_host.server.objects.extras import NOT_EXPECTED
from odl_host.server.objects.names import check_id
from odl_host.server.objects.view_fields import read_view
from odl_host.server.objects.views import create_default_views, find_view, insert_view, show_view, views_of
from odl_host.server.params import (
    MISSING_VALUE,
    Invalid,
    Params,
    flag,
    named,
    optional,
    required,
    text,
    text_list,
)
from odl_host.server.registry import Context, action


class Ref(Params):
    """A view's id."""

    id: str = named()


class OfResource(Params):
    """A resource's id."""

    id: str = named()


class NewView(Params):
    """A view of a resource; its fields are checked with its kind."""

    resource_id: str = required(text)


class Order(Params):
    """A resource's id, and ids of its views in the order to give them."""

    id: str = named()
    order: list[str] = required(text_list)


class Kinds(Params):
    """Kinds of views; all of them when none is named."""

    view_types: list[str] | None = optional(text_list)


class OfDocument(Params):
    """A resource as `resource_show` gives it."""

    resource: Any = required(lambda value: _document("resource", value))
    create_datastore_views: bool = optional(flag, False)


class OfPackage(Params):
    """A dataset as `package_show` gives it."""

    package: Any = required(lambda value: _document("package", value))
    create_datastore_views: bool = optional(flag, False)


def _document(name: str, value: Any) -> JsonDict:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise ValidationError({name: ["Must be a dict"]})
    return value


def _can_create(ctx: Context, params: Any) -> None:
    """Whoever may add resources to the dataset of the resource named by `resource_id`."""
    resource = ctx.once(find_resource, params.resource_id)
    if params.data.get("view_type") == "":
        raise ValidationError({"view_type": "No plugin found for view_type "})
    if resource is None:
        raise ValidationError({"resource_id": [f"Resource not found: {params.resource_id}"]})
    permissions.require_resource_creator(ctx, ctx.once(get_dataset, resource.package_id))


def _can_read(ctx: Context, params: Ref) -> None:
    """Whoever may read the resource that the view shows."""
    permissions.require_resource_reader(ctx, ctx.once(get_resource, _view(ctx, params.id).resource_id))


def _can_edit(ctx: Context, params: Ref) -> None:
    """Whoever may change the resource that the view shows."""
    permissions.require_resource_writer(ctx, ctx.once(get_resource, _view(ctx, params.id).resource_id), "edit")


def _can_delete(ctx: Context, params: Ref) -> None:
    """Whoever may change the resource that the view shows."""
    permissions.require_resource_writer(ctx, ctx.once(get_resource, _view(ctx, params.id).resource_id), "delete")


def _can_create_defaults(ctx: Context, params: OfDocument) -> None:
    """Whoever may add resources to the dataset of `resource`."""
    resource = ctx.once(get_resource, params.resource["id"])
    permissions.require_resource_creator(ctx, ctx.once(get_dataset, resource.package_id))


def _can_edit_package(ctx: Context, params: OfPackage) -> None:
    """Whoever may change the dataset `package`."""
    permissions.require_writer(ctx, ctx.once(get_dataset, params.package["id"]))


@action(params=NewView, allow=_can_create)
def resource_view_create(ctx: Context, params: NewView) -> JsonDict:
    """Add a view to a resource, after its others, and return it.

    :param resource_id: the resource's id
    :param view_type: image_view, text_view, datatables_view, webpage_view, video_view or audio_view
    :param title: what the view is called
    :param description: a text
    :param id: a sysadmin may choose it
    """
    resource = ctx.once(get_resource, params.resource_id)
    kind = params.data.get("view_type")
    if not kind:
        raise ValidationError({"view_type": [MISSING_VALUE]})
    doc = read_view(params.data, str(kind), needs_title=True)
    if chosen := params.data.get("id"):
        if ctx.user is None or not ctx.user.sysadmin:
            raise ValidationError({"id": [NOT_EXPECTED]})
        try:
            chosen = check_id(chosen)
        except Invalid as error:
            raise ValidationError({"id": error.messages}) from None
        if find_view(ctx.db, chosen) is not None:
            raise ValidationError({"id": ["ResourceView id already exists"]})
    view_id = insert_view(ctx.db, {"id": resource.id, "package_id": resource.package_id}, str(kind), doc, chosen or "")
    row = find_view(ctx.db, view_id)
    record_view(ctx, row, "new")
    return show_view(row)


@action(params=Ref, allow=_can_edit)
def resource_view_update(ctx: Context, params: Ref) -> JsonDict:
    """Replace a view's title, description and settings and return it; its kind stays.

    :param id: the view's id
    """
    row = _view(ctx, params.id)
    before = json.loads(row.doc)
    kept = {key: before[key] for key in ("title", "description") if params.data.get(key) is None}
    data = {**params.data, **kept}
    doc = read_view(data, row.view_type, needs_title=False)
    change: JsonDict = {"doc": encode(doc)}
    target = params.data.get("resource_id")
    if isinstance(target, str) and target != row.resource_id:
        resource = find_resource(ctx.db, target)
        if resource is None:
            raise ValidationError({"resource_id": [f"Resource not found: {target}"]})
        permissions.require_resource_writer(ctx, resource, "edit")
        change |= {"resource_id": resource.id, "package_id": resource.package_id}
    ctx.db.execute(resource_views.update().where(resource_views.c.id == row.id), change)
    row = find_view(ctx.db, row.id)
    record_view(ctx, row, "changed")
    return show_view(row)


@action(params=Ref, allow=_can_delete)
def resource_view_delete(ctx: Context, params: Ref) -> JsonDict:
    """Remove a view; return the id of the resource that it showed.

    :param id: the view's id
    """
    row = _view(ctx, params.id)
    ctx.db.execute(resource_views.delete().where(resource_views.c.id == row.id))
    return {"resource_id": row.resource_id}


@action(params=Ref, allow=_can_read, reads=True)
def resource_view_show(ctx: Context, params: Ref) -> JsonDict:
    """Return one view.

    :param id: the view's id
    """
    return show_view(_view(ctx, params.id))


@action(params=OfResource, allow=permissions.can_read_resource, reads=True)
def resource_view_list(ctx: Context, params: OfResource) -> list[JsonDict]:
    """Return the views of a resource, in order.

    :param id: the resource's id
    """
    return [show_view(row) for row in views_of(ctx.db, ctx.once(get_resource, params.id).id)]


@action(params=Order, allow=permissions.can_edit_resource)
def resource_view_reorder(ctx: Context, params: Order) -> JsonDict:
    """Put the views of a resource in another order; those that are not named follow in their old one.

    :param id: the resource's id
    :param order: ids of views
    """
    present = [row.id for row in views_of(ctx.db, params.id)]
    if len(set(params.order)) != len(params.order):
        raise ValidationError({"order": "No duplicates allowed in order"})
    for view_id in params.order:
        if view_id not in present:
            raise ValidationError({"order": f"View {view_id} does not exist"})
    order = [*params.order, *(view_id for view_id in present if view_id not in params.order)]
    for position, view_id in enumerate(order):
        ctx.db.execute(resource_views.update().where(resource_views.c.id == view_id), {"position": position})
    return {"id": params.id, "order": order}


@action(params=Kinds, allow=permissions.sysadmin)
def resource_view_clear(ctx: Context, params: Kinds) -> None:
    """Remove every view of the site, or those of some kinds.

    :param view_types: the kinds
    """
    statement = resource_views.delete()
    if params.view_types is not None:
        statement = statement.where(resource_views.c.view_type.in_(params.view_types))
    ctx.db.execute(statement)


@action(params=OfDocument, allow=_can_create_defaults)
def resource_create_default_resource_views(ctx: Context, params: OfDocument) -> list[JsonDict]:
    """Create the views of `ckan.views.default_views` that fit a resource and that it lacks; return those created.

    :param resource: the resource, whole
    :param create_datastore_views: the views that show rows, rather than those that show the file
    """
    return _create_defaults(ctx, [params.resource["id"]], with_rows=params.create_datastore_views)


@action(params=OfPackage, allow=_can_edit_package)
def package_create_default_resource_views(ctx: Context, params: OfPackage) -> list[JsonDict]:
    """Create the views of `ckan.views.default_views` that fit a dataset's resources; return those created.

    :param package: the dataset, whole
    :param create_datastore_views: the views that show rows, rather than those that show the file
    """
    ids = [entry["id"] for entry in params.package.get("resources") or [] if isinstance(entry, dict) and "id" in entry]
    return _create_defaults(ctx, ids, with_rows=params.create_datastore_views)


def _create_defaults(ctx: Context, resource_ids: list[str], *, with_rows: bool) -> list[JsonDict]:
    made: list[JsonDict] = []
    for resource_id in resource_ids:
        fields = get_resource(ctx.db, resource_id).fields
        made += create_default_views(ctx.db, fields, ctx.site, with_rows=with_rows)
    return made


def _view(ctx: Context, view_id: str) -> Any:
    row = ctx.once(find_view, view_id)
    if row is None:
        raise NotFound("Resource view was not found.")
    return row
