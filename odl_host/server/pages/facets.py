"""The address of a portal search, read and written: words, chosen facets, order, page.

The parameters are those of CKAN's own pages (`q`, `organization`, `tags`, `res_format`, `license_id`, `extras_…`,
`sort`, `page`), so that links made for a CKAN portal lead to the same result here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlencode

from odl_host.ckan import NotFound, fold
from odl_host.server.rendering.languages import Language, french
from odl_host.server.rendering.vocabulary import facet_label

T = TypeVar("T")

PAGE_ROWS = 20
FACET_LIMIT = 50
MAX_PAGE = 5000

FACETS: Mapping[str, str] = {
    "organization": french("Communes et collectivités"),
    "extras_theme": french("Thèmes"),
    "extras_schema_name": french("Modèles de données"),
    "groups": french("Groupes"),
    "tags": french("Mots-clés"),
    "res_format": french("Formats de fichier"),
    "license_id": french("Licences"),
}
"""Search field and what the public calls it."""

SAID = frozenset({"extras_theme", "res_format", "license_id"})
"""Those whose values the portal says in its own words."""

SORTS: Mapping[str, str] = {
    "score desc, metadata_modified desc": french("Pertinence"),
    "metadata_modified desc": french("Mise à jour récente"),
    "title_string asc": french("Titre, de A à Z"),
}

_LUCENE = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|])')


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of a facet, an order or a page."""

    label: str
    url: str
    count: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A list of choices under a title."""

    title: str
    choices: tuple[Choice, ...]
    is_quoted: bool
    """Whether the choices are called as who published called them, in French, whatever the page's language."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a reader asked for."""

    path: str
    words: str = ""
    chosen: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, path: str, parameters: Iterable[tuple[str, str]]) -> SearchQuery:
        """Read the parameters of an address; what makes no sense is left out."""
        words, chosen, sort, page = "", list[tuple[str, str]](), "", 1
        for key, value in parameters:
            if key == "q":
                words = value.strip()[:500]
            elif key in FACETS and value and (key, value) not in chosen:
                chosen.append((key, value))
            elif key == "sort" and value in SORTS:
                sort = value
            elif key == "page" and value.isascii() and value.isdigit():
                page = min(max(1, int(value[:6])), MAX_PAGE)
        return cls(path, words, tuple(chosen[:20]), sort, page)

    @property
    def is_plain(self) -> bool:
        """Whether nothing was asked: the first page of everything."""
        return self == SearchQuery(self.path)

    @property
    def url(self) -> str:
        """The address of this query."""
        pairs = [("q", self.words)] if self.words else []
        pairs += self.chosen
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def toggled(self, field: str, value: str) -> SearchQuery:
        """Return the query with this facet value chosen, or given up when it was chosen."""
        pair = (field, value)
        kept = tuple(other for other in self.chosen if other != pair)
        return replace(self, chosen=kept if pair in self.chosen else (*self.chosen, pair), page=1)

    def as_parameters(self, *, fixed: Iterable[tuple[str, str]] = (), as_words: bool = False) -> dict[str, Any]:
        """Return the parameters of `package_search`.

        `fixed` are facet values that the page itself imposes. `as_words` takes the reader's text for plain words,
        whatever signs of the query language it holds.
        """
        words = _LUCENE.sub(r"\\\1", self.words) if as_words else self.words
        return {
            "q": words or "*:*",
            "fq": " ".join(f"+{field}:{_quoted(value)}" for field, value in (*fixed, *self.chosen)),
            "sort": self.sort or ("score desc, metadata_modified desc" if self.words else "metadata_modified desc"),
            "rows": PAGE_ROWS,
            "start": (self.page - 1) * PAGE_ROWS,
            "facet.field": list(FACETS),
            "facet.limit": FACET_LIMIT,
        }

    def page_of(self, found: Sequence[T]) -> Sequence[T]:
        """Return the part of a whole list that is on this page. :raises NotFound: there is no such page."""
        shown = found[(self.page - 1) * PAGE_ROWS : self.page * PAGE_ROWS]
        if self.page > 1 and not shown:
            raise NotFound
        return shown

    def sorts(self, language: Language) -> list[Choice]:
        """Return the orders that make sense: relevance needs words."""
        current = self.sort or next(iter(SORTS) if self.words else iter(list(SORTS)[1:]))
        return [
            Choice(language.say(label), replace(self, sort=sort, page=1).url, 0, sort == current)
            for sort, label in SORTS.items()
            if self.words or not sort.startswith("score")
        ]

    def facets(
        self,
        answer: Mapping[str, Any],
        language: Language,
        *,
        without: str = "",
        titles: Mapping[tuple[str, str], str] = MappingProxyType({}),
    ) -> list[Facet]:
        """Return the facets of a `package_search` answer, chosen values first, then the most frequent.

        `titles` names chosen values that the answer lacks, because nothing was found for them.
        """
        found = []
        for field, title in FACETS.items():
            if field == without:
                continue
            items = {
                item["name"]: (item.get("display_name") or item["name"], int(item["count"]))
                for item in answer.get("search_facets", {}).get(field, {}).get("items", ())
            }
            for other, value in self.chosen:
                if other == field:
                    items.setdefault(value, (titles.get((field, value), value), 0))
            choices = [
                Choice(
                    facet_label(field, name, label, language),
                    self.toggled(field, name).url,
                    count,
                    (field, name) in self.chosen,
                )
                for name, (label, count) in items.items()
            ]
            choices.sort(key=lambda choice: (not choice.is_active, -choice.count, fold(choice.label)))
            if choices:
                found.append(Facet(language.say(title), tuple(choices), field not in SAID))
        return found

    def pages(self, count: int) -> list[Choice | None]:
        """Return the links to pages of results, None for those left out; nothing when one page holds all."""
        last = -(-count // PAGE_ROWS)
        if last < 2:
            return []
        near = {1, last, *range(max(1, self.page - 2), min(last, self.page + 2) + 1)}
        links: list[Choice | None] = []
        for number in sorted(near):
            if number > 1 and number - 1 not in near:
                links.append(None)
            links.append(Choice(str(number), replace(self, page=number).url, 0, number == self.page))
        return links


def _quoted(value: str) -> str:
    r"""Return a value as one phrase of the query language.

    >>> print(_quoted('a "b"'))
    "a \"b\""
    """
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
