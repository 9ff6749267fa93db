"""Search: datasets by words, filters and facets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, SearchError, SearchQueryError
from odl_host.server import permissions
from odl_host.server.datasets import render_datasets
from odl_host.server.documents import Rendered, encode, join_array, join_object, place
from odl_host.server.groups import group_ids_of_user
from odl_host.server.licenses import LICENSES
from odl_host.server.params import Params, flag, integer, natural, optional, text, text_list, words
from odl_host.server.registry import Context, action
from odl_host.server.search.documents import DATE_FIELDS, EXACT_FIELDS, PUBLIC
from odl_host.server.search.index import SearchRequest
from odl_host.server.search.lucene import Everything, Node, QuerySyntaxError, parse_query, parse_words
from odl_host.server.tables import groups

DEFAULT_SORT = "score desc, metadata_modified desc"
SORT_FIELDS = frozenset({"score", *EXACT_FIELDS, *DATE_FIELDS, "id"})
ACCEPTED = frozenset(
    {
        *("q", "fq", "fq_list", "fl", "sort", "rows", "start", "df", "q.op", "wt", "id", "callback", "extras"),
        *("facet", "facet.field", "facet.limit", "facet.mincount", "use_default_schema"),
        *("include_private", "include_drafts", "include_deleted"),
        *("defType", "qf", "bf", "boost", "tie", "mm"),
    }
)
"""Parameters that CKAN hands to its engine; those that tune Solr's ranking are accepted and without effect here."""

FORBIDDEN = ("{!", "_query_:", "_val_:")


class Search(Params):
    """Words, filters, order, page and facets."""

    q: str = optional(text, "")
    fq: str = optional(text, "")
    fq_list: list[str] = optional(text_list, ())
    sort: str = optional(text, "")
    rows: int = optional(natural, 10)
    start: int = optional(natural, 0)
    fl: list[str] | None = optional(words)
    facet: bool = optional(flag, True)
    facet_fields: list[str] = optional(text_list, (), key="facet.field")
    facet_limit: int = optional(integer, 50, key="facet.limit")
    facet_mincount: int = optional(natural, 1, key="facet.mincount")
    include_private: bool = optional(flag, False)
    include_drafts: bool = optional(flag, False)
    include_deleted: bool = optional(flag, False)


@action(params=Search, allow=permissions.anyone, reads=True)
def package_search(ctx: Context, params: Search) -> Rendered:
    """Search datasets.

    :param q: words, or Lucene's query language (`title:budget AND tags:eau`); `*:*` is everything
    :param fq, fq_list: filters in the same language, without effect on the order
    :param sort: as in `metadata_modified desc`; by default the best hits first, then the last changed
    :param rows, start: a page; 10 rows by default, at most 1000
    :param facet.field: fields whose values are counted: organization, groups, tags, res_format, license_id, extras_KEY
    :param facet.limit, facet.mincount: at most 50 values each by default; values with at least this many datasets
    :param fl: only these keys of each dataset
    :param include_private, include_drafts, include_deleted: also those that the caller may see
    """
    unknown = sorted(key for key in params.data if key not in ACCEPTED and not key.startswith("ext_"))
    if unknown:
        raise SearchQueryError(f"Search Query is invalid: 'Invalid search parameters: {unknown}'")
    ceiling = int(str(ctx.site.settings["ckan.search.rows_max"]))
    labels = _labels(ctx, params)
    states = ["active", *["draft"] * params.include_drafts, *["deleted"] * params.include_deleted]
    try:
        query = _parse_q(params.q)
        filters = [_parse(each) for each in (params.fq, *params.fq_list) if each.strip()]
        filters += [] if params.include_private else [_parse("capacity:public")]
        request = SearchRequest(
            query=query,
            filters=filters,
            labels=labels,
            states=states,
            sort=parse_sort(params.sort or DEFAULT_SORT),
            start=params.start,
            rows=min(params.rows, ceiling),
            facet_fields=params.facet_fields if params.facet else (),
            facet_limit=params.facet_limit,
            facet_mincount=params.facet_mincount,
        )
        page = ctx.site.index.search(request)
    except QuerySyntaxError as error:
        raise SearchError(f"Search error: {error}") from error
    datasets = render_datasets(ctx.db, page.ids)
    if params.fl:
        datasets = [encode(_only(json.loads(each), params.fl)) for each in datasets]
    head = {
        "count": page.total,
        "facets": page.facets,
        "search_facets": _search_facets(ctx, page.facets),
        "sort": params.sort or DEFAULT_SORT,
    }
    return place(join_object(encode(head), results=join_array(datasets)), ctx.site.url)


def parse_sort(text: str) -> list[tuple[str, bool]]:
    """Read `field asc, field desc` into fields and whether each goes down.

    :raises SearchQueryError: a direction is missing, or a field cannot be sorted by.
    """
    keys: list[tuple[str, bool]] = []
    for part in text.split(","):
        name, _, direction = part.strip().partition(" ")
        if direction.strip().lower() not in ("asc", "desc"):
            raise SearchQueryError(f"Search Query is invalid: 'Invalid sort direction: {part.strip()}'")
        name = {"title": "title_string", "type": "dataset_type"}.get(name, name)
        if name not in SORT_FIELDS:
            # Solr refuses a field it does not have; CKAN passes its answer on.
            raise SearchError(f'Search error: sort param field can\'t be found: "{name}"')
        keys.append((name, direction.strip().lower() == "desc"))
    return keys


def _parse_q(text: str) -> Node:
    if not text.strip():
        return Everything()
    _refuse_forbidden(text)
    if ":" in text:
        return parse_query(text)
    try:
        return parse_query(text)
    except QuerySyntaxError:
        # Plain words are never wrong: people type what they like.
        return parse_words(text)


def _parse(text: str) -> Node:
    _refuse_forbidden(text)
    return parse_query(text)


def _refuse_forbidden(text: str) -> None:
    """Solr's local parameters reach into its other parsers; CKAN refuses them."""
    if any(sign in text for sign in FORBIDDEN):
        raise SearchError("Search error: Local parameters are not supported.")


def _labels(ctx: Context, params: Search) -> Sequence[str] | None:
    """Return what the caller may find; None: everything."""
    if ctx.user is None:
        return [PUBLIC]
    if ctx.user.sysadmin:
        return None
    found = [PUBLIC, f"creator-{ctx.user.id}"]
    if params.include_private:
        found += [f"member-{key}" for key in group_ids_of_user(ctx.db, ctx.user.id, permissions.READERS)]
    if params.include_drafts:
        found += [f"editor-{key}" for key in group_ids_of_user(ctx.db, ctx.user.id, permissions.WRITERS)]
    return found


def _only(dataset: JsonDict, keys: Sequence[str]) -> JsonDict:
    if "*" in keys:
        return dataset
    return {key: dataset[key] for key in keys if key in dataset}


def _search_facets(ctx: Context, facets: dict[str, dict[str, int]]) -> JsonDict:
    found: JsonDict = {}
    for name, counts in facets.items():
        titles = _titles(ctx, name, list(counts))
        items = [
            {"count": count, "display_name": titles.get(value, value), "name": value} for value, count in counts.items()
        ]
        found[name] = {"items": items, "title": name}
    return found


def _titles(ctx: Context, facet: str, values: list[str]) -> dict[str, Any]:
    if facet in ("organization", "groups") and values:
        query = sa.select(groups.c.name, groups.c.title).where(groups.c.name.in_(values))
        return {row.name: row.title or row.name for row in ctx.db.execute(query)}
    if facet == "license_id":
        return {key: license_.title for key, license_ in LICENSES.items()}
    return {}
