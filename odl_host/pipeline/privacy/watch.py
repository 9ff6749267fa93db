"""Looks at the rows of a table as they pass by: a file is not read once more for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from odl_host.pipeline.privacy.model import CODE, PersonalData, mask
from odl_host.pipeline.privacy.numbers import find_birth, find_iban, find_mobile, find_nir, is_full_date, may_tell
from odl_host.pipeline.privacy.people import find_personal_email, has_civility, is_person
from odl_host.pipeline.privacy.roles import find_roles
from odl_host.pipeline.reading.batch import columns_of, distinct_of
from odl_host.schemas.findings import Finding

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

_KNOWN_LIMIT = 50_000
"""Clean texts remembered per column: past it, a column has too many distinct values for memory to pay."""

_MANY_NIR = 0.5
"""Share of a column's cells above which long numbers that pass the key are social security numbers, not chance."""

_SPACED = re.compile(r"\d[ \u00a0\u202f.]\d")
_DIGITS = re.compile(r"\d")


class PersonalDataWatch:
    """Watches one table. `max_findings`: findings kept per kind and column; the rest are counted."""

    def __init__(self, header: Sequence[str], schema: Schema | None, *, max_findings: int) -> None:
        self._header = [label.strip() for label in header]
        self._max = max_findings
        self._roles = find_roles(tuple(header), schema)
        self._clean: list[set[str]] = [set() for _ in header]
        self._findings: list[Finding] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._filled: Counter[int] = Counter()
        self._bare_nir: dict[int, list[tuple[int, str]]] = {}

    def follow(self, batches: Iterable[list[list[str]]]) -> Iterator[list[list[str]]]:
        """Yield batches of rows, unchanged, looking at them on the way; the header is row 1."""
        first = 2
        for batch in batches:
            self._look(batch, first)
            first += len(batch)
            yield batch

    def note_all(self, texts: Iterable[str], place: str) -> None:
        """Add what texts beside the table tell about persons; `place` says where, in French."""
        texts = list(texts)
        if _is_suspect("\n".join(texts)):
            for text in texts:
                for kind, what in kinds_of(text):
                    self.note(kind, place, what)

    def note(self, kind: str, place: str, text: str) -> None:
        """Add what was found beside the table; `place` says where, in French."""
        self._counts[(kind, place)] += 1
        if self._counts[(kind, place)] <= self._max:
            params = {"kind": kind, "sample": mask(text)}
            self._findings.append(Finding(CODE, "warning", None, place, None, mask(text), params))

    def found(self) -> PersonalData:
        """Return what was found so far."""
        for place, hits in self._bare_nir.items():
            # Long identifiers pass the key one time in a hundred; a column of social security numbers always does.
            if len(hits) >= max(1, _MANY_NIR * self._filled[place]):
                for row, text in hits:
                    self._add("nir", row, place, text)
        self._bare_nir.clear()
        return PersonalData(tuple(self._findings), dict(self._counts))

    def _look(self, rows: list[list[str]], first: int) -> None:
        columns: Sequence[tuple[str, ...]] = columns_of(rows, len(self._header)) or self._square(rows)
        roles = self._roles
        for place in roles.texts:
            self._search(place, columns[place], first)
        for place in roles.births:
            self._mark("birth-date", place, columns[place], first, is_full_date)
        for place in roles.surnames:
            self._mark("person", place, columns[place], first, _is_name)
        for place in roles.bearers:
            self._mark("person", place, columns[place], first, has_civility)
            bodies = [columns[other] for other in roles.companies if other != place]
            persons = {text for text in distinct_of(columns[place]) if is_person(text)}
            for index, text in enumerate(columns[place]) if persons else ():
                if text in persons and not any(len(_DIGITS.findall(column[index])) >= 9 for column in bodies):
                    self._add("person", first + index, place, text)

    def _square(self, rows: list[list[str]]) -> list[tuple[str, ...]]:
        """Return rows of several lengths by column; what lies beyond the header is looked at here."""
        width = len(self._header)
        self.note_all((cell for row in rows for cell in row[width:]), "cellules sans colonne")
        return list(zip(*([*row, *[""] * (width - len(row))] for row in rows), strict=False))

    def _search(self, place: int, cells: Sequence[str], first: int) -> None:
        clean = self._clean[place]
        distinct = distinct_of(cells)
        self._filled[place] += len(cells) - (cells.count("") if "" in distinct else 0)
        new = distinct - clean
        phones = place in self._roles.phones
        bad: dict[str, list[tuple[str, str]]] = {}
        # Most columns are cleared by one look at all their new texts.
        if new and _is_suspect("\n".join(new), phones=phones):
            bad = {text: found for text in new if (found := kinds_of(text, phones=phones))}
        if len(clean) < _KNOWN_LIMIT:
            clean |= new - bad.keys()
        for index, text in enumerate(cells) if bad else ():
            for kind, what in bad.get(text, ()):
                if kind == "nir" and not _SPACED.search(what):
                    self._bare_nir.setdefault(place, []).append((first + index, what))
                else:
                    self._add(kind, first + index, place, what)

    def _mark(self, kind: str, place: int, cells: Sequence[str], first: int, test: Callable[[str], bool]) -> None:
        bad = {text for text in distinct_of(cells) if text and test(text)}
        if bad:
            for index, text in enumerate(cells):
                if text in bad:
                    self._add(kind, first + index, place, text)

    def _add(self, kind: str, row: int, place: int, text: str) -> None:
        column = self._header[place]
        self._counts[(kind, column)] += 1
        if self._counts[(kind, column)] <= self._max:
            self._findings.append(
                Finding(CODE, "warning", row, column, place + 1, mask(text), {"kind": kind, "sample": mask(text)})
            )


def kinds_of(text: str, *, phones: bool = False) -> list[tuple[str, str]]:
    """Return the kinds of what a text tells about persons, each with the words that tell it."""
    if not _is_suspect(text, phones=phones):
        return []
    found = {
        "nir": find_nir(text),
        "iban": find_iban(text),
        "email": find_personal_email(text) if "@" in text else None,
        "phone": find_mobile(text, bare=phones),
        "birth-date": find_birth(text),
    }
    return [(kind, what) for kind, what in found.items() if what]


def _is_suspect(texts: str, *, phones: bool = False) -> bool:
    return "@" in texts or may_tell(texts, bare=phones)


def _is_name(text: str) -> bool:
    return any(sign.isalpha() for sign in text)
