"""Search: datasets by words, filters and facets."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, SearchError, SearchQueryError
from odl_host.server import permissions
from odl_host.server.database.tables import groups
from odl_host.server.documents import Passing, Rendered, encode, join_array, join_object, place
from odl_host.server.objects.datasets import render_datasets
from odl_host.server.objects.licenses import LICENSES
from odl_host.server.objects.records import search_record
from odl_host.server.params import (
    MAX_DIGITS,
    MAX_INTEGER,
    Invalid,
    Params,
    anything,
    as_text,
    flag,
    integer,
    natural,
    optional,
    text,
    text_list,
    words,
)
from odl_host.server.registry import Context, action
from odl_host.server.search.documents import PUBLIC, labels_of
from odl_host.server.search.index import SearchRequest
from odl_host.server.search.lucene import Everything, Node, QuerySyntaxError, Term, parse_query, parse_words
from odl_host.server.search.values import Box, parse_box

DEFAULT_SORTS = ("rank", None)
"""Other names of that order."""

PARSERS = frozenset({"", "dismax", "edismax", "lucene"})
MANY_VALUES = frozenset({"tags", "groups", "res_format", "res_name", "res_description", "res_url", "text"})
"""Fields that hold several values: there is no order by them."""

ACCEPTED = frozenset(
    {
        *("q", "fq", "fq_list", "fl", "sort", "rows", "start", "df", "wt", "callback", "extras"),
        *("facet", "facet.field", "facet.limit", "facet.mincount", "use_default_schema"),
        *("include_private", "include_drafts", "include_deleted"),
        *("defType", "qf", "bf", "boost", "tie", "mm"),
    }
)
"""Parameters that CKAN hands to its engine; those that tune Solr's ranking are accepted and without effect here."""

MAX_FACETS = 50
MAX_FILTERS = 100
_FIELD = re.compile(r":(?!\s+\S)")
_MAGIC = re.compile(r"(?<!\w)_(?:query|val)_\s*:")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SORT = re.compile(r"\s*(\S+)\s+(asc|desc)\s*", re.IGNORECASE)
_SORT_ALIASES = {"title": "title_string", "type": "dataset_type", "relevance": "score"}


def _list_of_fields(value: Any) -> list[str]:
    """Convert a list or a JSON list to texts; a bare word is refused, as in CKAN."""
    if isinstance(value, str) and not value.strip().startswith("["):
        raise Invalid("Could not parse as valid JSON", "Not a list")
    return text_list(value)


def _number(value: Any) -> int:
    """Convert to a whole number; one beyond what the index can count to is as far as it counts."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS:
        with suppress(ValueError):
            value = int(value.strip())
    return integer(max(-MAX_INTEGER, min(int(value), MAX_INTEGER)) if isinstance(value, int) else value)


def _count(value: Any) -> int:
    """Convert to a whole number that is not negative, within what the index can count to."""
    return natural(_number(value))


def _rows(value: Any) -> int:
    """Convert to a whole number; CKAN refuses a text that is none with two messages."""
    try:
        return _count(value)
    except Invalid as error:
        if error.messages == ["Invalid integer"] and not isinstance(value, float):
            raise Invalid("Invalid integer", "Please enter an integer value") from None
        raise


class Search(Params):
    """Words, filters, order, page and facets."""

    q: str = optional(as_text, "")
    fq: str = optional(as_text, "")
    fq_list: list[str] = optional(text_list, ())
    sort: str = optional(anything, "")
    rows: int = optional(_rows, 10)
    start: int = optional(_count, 0)
    fl: list[str] | None = optional(words)
    facet: bool = optional(anything, True)
    facet_fields: list[str] = optional(_list_of_fields, (), key="facet.field")
    facet_limit: int = optional(_number, 50, key="facet.limit")
    facet_mincount: int = optional(_count, 1, key="facet.mincount")
    include_private: bool = optional(flag, False)
    include_drafts: bool = optional(flag, False)
    include_deleted: bool = optional(flag, False)
    ext_bbox: str = optional(text, "")
    extras: Any = optional(anything)


@action(params=Search, allow=permissions.anyone, reads=True, keeps=True, searches=True)
def package_search(ctx: Context, params: Search) -> Rendered:
    """Search datasets.

    :param q: words, or Lucene's query language (`title:budget AND tags:eau`); `*:*` is everything
    :param fq, fq_list: filters in the same language, without effect on the order
    :param sort: as in `metadata_modified desc, title asc`; by default the best hits first, then the last changed
    :param rows, start: a page; 10 rows by default, at most 1000
    :param facet.field: fields whose values are counted: organization, groups, tags, res_format, license_id, an extra
    :param facet.limit, facet.mincount: at most 50 values each by default; values with at least this many datasets
    :param fl: only these fields of each dataset, as a search engine keeps them
    :param include_private, include_drafts, include_deleted: also those that the caller may see; deleted ones where the
        site's settings keep them in searches
    :param ext_bbox: only what lies in `west,south,east,north`, by the extra `spatial`
    """
    unknown = [key for key in params.data if key not in ACCEPTED and not key.startswith("ext_")]
    if unknown:
        raise SearchQueryError(f"Search Query is invalid: {f'Invalid search parameters: {unknown!r:.500}'!r}")
    shown_sort = params.data.get("sort")
    if shown_sort in DEFAULT_SORTS:
        shown_sort = str(ctx.site.settings["ckan.search.default_package_sort"])
    sort = parse_sort(shown_sort or "score desc, metadata_modified asc")
    ceiling = int(str(ctx.site.settings["ckan.search.rows_max"]))
    try:
        if str(params.data.get("defType") or "") not in PARSERS:
            raise QuerySyntaxError(f"Unknown query parser {params.data['defType']!r:.500}")
        if several := [key for key, _ in sort if key in MANY_VALUES]:
            raise QuerySyntaxError(f"can not sort on multivalued field: {several[0]}")
        searched = {"q": [params.q], "fq": [params.fq], "fq_list": params.fq_list, "sort": [str(shown_sort or "")]}
        for name, queries in searched.items():
            _refuse_magic(name, queries)
        if len(params.facet_fields) > MAX_FACETS or len(params.fq_list) > MAX_FILTERS:
            raise QuerySyntaxError(f"more than {MAX_FACETS} facets or {MAX_FILTERS} filters")
        filters = [parse_query(each) for each in (params.fq, *params.fq_list) if each.strip()]
        labels = permissions.labels_of_caller(ctx)
        if not params.include_private and list(labels or ()) != [PUBLIC]:
            filters.append(Term("capacity", "public"))
        request = SearchRequest(
            query=_parse_q(params.q),
            filters=filters,
            labels=labels,
            states=_states(params),
            box=_box(params),
            sort=sort,
            start=params.start,
            rows=min(params.rows, ceiling),
            facet_fields=params.facet_fields if is_true(params.facet) else (),
            facet_limit=params.facet_limit,
            facet_mincount=params.facet_mincount,
        )
        page = ctx.site.index.search(ctx.db, request, after=ctx.index_seq, waits=ctx.waits)
    except QuerySyntaxError as error:
        raise SearchError(f"Search error: {str(error)!r}") from error
    datasets = render_datasets(ctx.db, page.ids)
    if page.seq != page.last:
        datasets = [each for each in datasets if _may_be_shown(ctx, json.loads(each), request, params)]
    # An empty list of fields is all of a search engine's fields, as in CKAN.
    wanted = ["*"] if params.data.get("fl") == "" else params.fl
    if wanted:
        placed = [place(each, ctx.site.url) for each in datasets]
        datasets = [encode(search_record(json.loads(each), each, wanted)) for each in placed]
    head = {
        "count": page.total,
        "facets": page.facets,
        "search_facets": _search_facets(ctx, page.facets),
        "sort": shown_sort,
    }
    answer = place(join_object(encode(head), results=join_array(datasets)), ctx.site.url)
    return Passing(answer) if page.seq < page.last else answer


def is_true(value: Any) -> bool:
    """Return whether facets are wanted: only a plain "false" refuses them."""
    return str(value).lower() not in ("false", "0", "no")


def parse_sort(text: str) -> list[tuple[str, bool]]:
    """Read `field asc, field desc` into fields and whether each goes down.

    >>> parse_sort("title asc, metadata_modified DESC")
    [('title_string', False), ('metadata_modified', True)]

    :raises SearchQueryError: a direction is missing.
    """
    keys: list[tuple[str, bool]] = []
    for part in str(text).split(","):
        if not part.strip():
            continue
        found = _SORT.fullmatch(part)
        if found is None:
            raise SearchQueryError("Search Query is invalid: 'Invalid \"sort\" parameter'")
        keys.append((_SORT_ALIASES.get(found[1], found[1]), found[2].lower() == "desc"))
    return keys


def _parse_q(text: str) -> Node:
    if not text.strip():
        return Everything()
    try:
        return parse_query(text)
    except QuerySyntaxError:
        if _FIELD.search(text):
            raise
        # Plain words are never wrong: people type what they like, in French with a space before a colon.
        return parse_words(text)


def _refuse_magic(name: str, queries: Sequence[str]) -> None:
    """Refuse Solr's local parameters and magic fields, which reach into its other parsers, as CKAN does."""
    for query in queries:
        if _MAGIC.search(_ESCAPED.sub(r"\1", query)):
            raise QuerySyntaxError(f"Magic fields are not supported in param '{name}'.")
        opened = _ESCAPED.sub("", query).count("{!")
        if opened > 1:
            raise QuerySyntaxError(f"Query parsers are not supported in param '{name}'.")
        if opened:
            # CKAN puts filters of its own before `fq`.
            is_first = name != "fq" and query.lstrip().startswith("{!")
            where = "are not supported in" if is_first else "must be defined at the beginning of"
            raise QuerySyntaxError(f"Local parameters {where} param '{name}'.")


def _states(params: Search) -> list[str]:
    """Return the states that are looked for; none when the filter says so itself."""
    if "+state" in params.fq:
        return []
    return ["active", *["draft"] * params.include_drafts, *["deleted"] * params.include_deleted]


def _may_be_shown(ctx: Context, dataset: JsonDict, request: SearchRequest, params: Search) -> bool:
    """Return whether a dataset may still be answered, of which the index and the database saw different states."""
    is_gone = dataset["state"] == "deleted" and bool(ctx.site.settings["ckan.search.remove_deleted_packages"])
    if is_gone or (request.states and dataset["state"] not in request.states):
        return False
    if dataset["private"] and not params.include_private:
        return False
    return request.labels is None or not set(request.labels).isdisjoint(labels_of(dataset))


def _box(params: Search) -> Box | None:
    extras = params.extras
    if isinstance(extras, str):
        try:
            extras = json.loads(extras)
        except ValueError:
            extras = None
    asked = params.ext_bbox or (extras.get("ext_bbox") if isinstance(extras, dict) else None)
    return parse_box(str(asked)) if asked else None


def _search_facets(ctx: Context, facets: dict[str, dict[str, int]]) -> JsonDict:
    found: JsonDict = {}
    for name, counts in facets.items():
        titles = _titles(ctx, name, list(counts))
        items = [
            {"count": count, "display_name": titles.get(value, value), "name": value} for value, count in counts.items()
        ]
        # From Z to A, as CKAN gives them; who shows them puts them in an order of their own.
        items.sort(key=lambda item: str(item["display_name"]), reverse=True)
        found[name] = {"items": items, "title": name}
    return found


def _titles(ctx: Context, facet: str, values: list[str]) -> dict[str, Any]:
    if facet in ("organization", "groups") and values:
        query = sa.select(groups.c.name, groups.c.title).where(groups.c.name.in_(values))
        return {row.name: row.title or row.name for row in ctx.db.execute(query)}
    if facet == "license_id":
        return {key: license_.title for key, license_ in LICENSES.items()}
    return {}
