"""Search of resources by their own fields: a plain look through public datasets, without the search engine."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.database.substrings import holds
from odl_host.server.database.tables import packages, resources
from odl_host.server.documents import SITE
from odl_host.server.params import MISSING_VALUE, Params, anything, natural, optional, text
from odl_host.server.registry import Context, action

FIELDS = frozenset(
    {
        *("url", "format", "description", "hash", "name", "resource_type"),
        *("mimetype", "mimetype_inner", "size", "last_modified", "cache_url", "cache_last_updated", "created"),
        *("metadata_modified", "url_type"),
    }
)
MATCHES_MAX = 10_000
"""Most resources that one search sorts and counts; a broader one is asked to say more."""


class ResourceSearch(Params):
    """Fields and what they contain, an order, a page."""

    query: Any = optional(anything)
    order_by: str = optional(text, "")
    offset: int = optional(natural, 0)
    limit: int | None = optional(natural)


@action(params=ResourceSearch, allow=permissions.anyone, reads=True)
def resource_search(ctx: Context, params: ResourceSearch) -> JsonDict:
    """Return the resources of public datasets whose fields contain texts, whatever their case.

    :param query: `field:text`, or a list of them, one for each field, of which all must hold; `hash` must begin with
        the text. Fields that are not CKAN's own must be named in `ckan.extra_resource_fields`
    :param order_by: a field
    :param offset, limit: a page
    """
    terms = _terms(ctx, params.data.get("query"))
    conditions = [
        packages.c.state == "active",
        packages.c.private == sa.false(),
        *(holds(resources.c.doc, json.dumps(term, ensure_ascii=False)[1:-1]) for _, term in terms),
    ]
    # The document only narrows: what counts is the field itself, looked at below.
    query = (
        sa.select(resources.c.doc)
        .join(packages, packages.c.id == resources.c.package_id)
        .where(*conditions)
        .order_by(packages.c.metadata_modified, resources.c.package_id, resources.c.position)
    )
    found: list[JsonDict] = []
    for doc in ctx.db.scalars(query):
        fields: JsonDict = json.loads(doc.replace(SITE, ctx.site.url))
        if all(_holds(fields, field, term) for field, term in terms):
            found.append(fields)
        if len(found) > MATCHES_MAX:
            raise ValidationError({"query": f"More than {MATCHES_MAX} resources match: say more of what is sought"})
    if params.order_by in FIELDS:
        found.sort(key=lambda fields: str(fields.get(params.order_by) or ""))
    end = None if params.limit is None else params.offset + params.limit
    return {"count": len(found), "results": [_shown(fields) for fields in found[params.offset : end]]}


def _terms(ctx: Context, query: Any) -> list[tuple[str, str]]:
    if query is None:
        raise ValidationError({"query": MISSING_VALUE})
    known = FIELDS | set(ctx.site.extra_resource_fields)
    terms = []
    for part in query if isinstance(query, list) else [query]:
        field, colon, term = part.partition(":") if isinstance(part, str) else ("", "", "")
        if not colon:
            raise ValidationError({"query": "Must be <field>:<value> pair(s)"})
        if field not in known:
            raise ValidationError({"query": f'Field "{field}" not recognised in resource_search.'})
        terms.append((field, term))
    # Of several texts for one field, the last counts.
    return list(dict(terms).items())


def _holds(fields: JsonDict, field: str, term: str) -> bool:
    value = str(fields.get(field) if fields.get(field) is not None else "").lower()
    return value.startswith(term.lower()) if field == "hash" else term.lower() in value


def _shown(fields: JsonDict) -> JsonDict:
    return {key: value for key, value in fields.items() if key != "datastore_active"}
