"""Full text in a table: which statement finds the rows that have the words, with their ranks."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from odl_host.ckan import ValidationError
from odl_host.server.datastore import fulltext
from odl_host.server.datastore.filters import bad_query
from odl_host.server.datastore.lexemes import UnknownLanguage, check_language
from odl_host.server.datastore.parameters import Search
from odl_host.server.datastore.table import ID, LEXEMES, NAME, WORDS, Column, Definition, Table, text_sql
from odl_host.server.datastore.values import Kept

MAX_QUERIES = 20
MAX_READ = 10_000
"""In a table without indexed words, more rows than this that hold the beginnings of the words are taken as they are."""
RANK_OF_MANY = "0.057308756"
"""Their rank: that of one occurrence."""

_ASCII_RUN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Words:
    """How the rows that have the words are read. Its statements hold only until the table is asked for other words."""

    found: str
    """Begins a statement: it makes `found`, the rows with their ranks or null, each of which is looked at once."""
    ranks: list[str]
    """The columns of ranks in `found`."""
    names: list[str]
    """The name of each rank; that without a name is not shown."""
    values: list[Kept]
    asked: Hashable
    """What is looked for: the statement itself does not tell."""

    @property
    def ranked(self) -> str:
        """The source of the rows that match, without what else they hold."""
        return f"found WHERE {' AND '.join(f'{rank} IS NOT NULL' for rank in self.ranks)}"

    @property
    def source(self) -> str:
        """The source of the rows that match."""
        # CROSS: what was found comes first, and each of its rows is then looked up.
        return self.ranked.replace("found", f"found CROSS JOIN {NAME} USING (_id)", 1)

    @property
    def order(self) -> str:
        """The best first."""
        shown = [rank for rank, name in zip(self.ranks, self.names, strict=True) if name]
        return f" ORDER BY {', '.join([*(f'{rank} DESC' for rank in shown), '_id'])}"


def read_words(table: Table, search: Search, where: Sequence[str], values: Sequence[Kept], *, indexed: bool) -> Words:
    """Return how to find what full text asks for, among the rows that the conditions leave.

    `indexed` says that the table has prepared the words of all its rows.

    :raises ValidationError: the words cannot be read.
    """
    asked = _asked(table.definition, search)
    conditions, kept = list(where), list(values)
    queries: list[tuple[fulltext.Query, str]] = []
    ranks: list[str] = []
    for _, text, language, column in asked:
        try:
            read = fulltext.parse_plain if search.plain else fulltext.parse_query
            query = read(text, search.language)
            language = check_language(language)
        except (fulltext.QueryError, UnknownLanguage) as error:
            raise bad_query(str(error)) from None
        of_vector = indexed and column is None
        if not of_vector:
            table.take_time()  # each row is read
        source = "vector" if of_vector else text_sql((column,) if column else table.definition.columns)
        ranks.append(f"{'vector' if of_vector else 'text'}_rank({len(queries)}, {source})")
        queries.append((query, language))
        for condition, value in _narrowing(query, source, language, indexed=indexed):
            conditions.append(condition)
            kept.append(value)
    table.ranks.queries = queries
    source = NAME
    if indexed:
        needs_rows = bool(where) or any(column is not None for _, _, _, column in asked)
        source = f"{WORDS} JOIN {NAME} USING (_id)" if needs_rows else WORDS
    if conditions:
        source += f" WHERE {' AND '.join(conditions)}"
    if not indexed and all(query.needed for query, _ in queries) and _are_many(table, source, kept):
        ranks = [RANK_OF_MANY] * len(ranks)
    columns = ", ".join(f"{rank} AS r{number}" for number, rank in enumerate(ranks))
    return Words(
        found=f"WITH found AS MATERIALIZED (SELECT _id, {columns} FROM {source}) ",  # noqa: S608 - own names
        ranks=[f"r{number}" for number in range(len(ranks))],
        names=[name for name, _, _, _ in asked],
        values=kept,
        asked=(search.plain, search.language, tuple((text, language) for _, text, language, _ in asked)),
    )


def _narrowing(query: fulltext.Query, source: str, language: str, *, indexed: bool) -> Iterator[tuple[str, str]]:
    """Yield conditions that each match meets: reading a row costs far more than looking whether a word can be in it."""
    if indexed and query.needed:
        terms = (f'"{term.lexeme}"{" *" * term.is_prefix}' for term in query.needed)
        yield f"{WORDS}._id IN (SELECT rowid FROM {LEXEMES} WHERE {LEXEMES} MATCH ?)", " AND ".join(terms)  # noqa: S608
        return
    for term in query.needed:
        if runs := _ASCII_RUN.findall(term.lexeme):
            longest = max(runs, key=len)
            # A stem is the beginning of its words, but for its last letter.
            beginning = longest if language == "simple" else longest[: max(2, len(longest) - 1)]
            yield f"instr(lower({source}), ?) > 0", beginning


def _are_many(table: Table, source: str, values: list[Kept]) -> bool:
    """Return whether more rows may match than can be read in time."""
    return table.count(f"(SELECT 1 FROM {source} LIMIT {MAX_READ + 1})", values) > MAX_READ  # noqa: S608 - own names


def _asked(definition: Definition, search: Search) -> list[tuple[str, str, str, Column | None]]:
    """Return what full text looks for: the rank's name, the words, the language of the rows, one column or all.

    Whole rows are read in English, columns in the language that is given.
    """
    asked: list[tuple[str, str, str, Column | None]] = []
    whole = search.full_text
    if whole is None and isinstance(search.q, str):
        whole = search.q
    if whole:
        asked.append(("rank", whole, "english", None))
    if isinstance(search.q, dict):
        for name, text in search.q.items():
            column = definition.find(name)
            if column is None or not isinstance(text, str):
                raise ValidationError({"q": [f'invalid value "{name}"']})
            asked.append((f"rank {name}", text, search.language, column))
            if search.language != "english" or column is ID:
                asked.append(("", text, "english", None))  # as CKAN does, which looks in its index first
    if len(asked) > MAX_QUERIES:
        raise ValidationError({"q": [f"More than {MAX_QUERIES} fields"]})
    return asked
