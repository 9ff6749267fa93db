"""Recognise which schema a file follows: by its column names first, then by its values and its file name.

Certain or not is the point: a file taken for another schema would be refused for reasons its author cannot
understand, so a doubt is a question to a human, with the two candidates.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.names import name_key, name_words, one_typo_apart
from odl_host.pipeline.reading.notes import plural
from odl_host.pipeline.recognising.shapes import ALIAS_WEIGHT, blend, index_of, weight_of
from odl_host.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from odl_host.pipeline.reading.table import Table
    from odl_host.pipeline.recognising.shapes import Shape, ShapeIndex
    from odl_host.schemas.registry import Registry, Schema

THRESHOLD = 0.52
"""Below this score no schema is certain: less than about half of the file and of the schema agree."""
CONTRADICTED_THRESHOLD = 0.75
"""The same where the file's name speaks of another schema than its columns do."""
LEAD = 0.06
"""What the best schema must have over the best one of another family, unless it explains all that the other does."""
PLAUSIBLE = 0.2
"""Below this score a schema shares a word or two with the file, as any two files do: it is not even named."""
SAMPLE_ROWS = 200
# More than LEAD, so that a name put into the file's name settles any doubt between two schemas.
_NAME_BONUS = 0.08
_VALUES_SHARE = 0.15
_VALUES_TOLERANCE = 0.05
_TYPO_LENGTH = 6
# A file with a year, a sex and a number is not yet one of first names: two columns must bear its very titles,
# or many the names that go with them.
_OWN_NAMES = 2
_MANY_NAMES = 6


class Candidate(Record):
    """A schema that a file may follow. `columns`: the names of its fields that the file has, with the file's titles."""

    schema: Schema
    score: float
    columns: Mapping[str, str]


class Detection(Record):
    """What a file seems to be. `schema` is the best guess even when it is not `certain`; `reason` is in French.

    `candidates`: the best schema and the runner-up, those at least that a person may have meant.
    """

    schema: Schema | None
    score: float
    runner_up: tuple[Schema, float] | None
    certain: bool
    reason: str
    candidates: tuple[Candidate, ...] = ()


def detect_schema(table: Table, registry: Registry, *, filename: str = "") -> Detection:
    """Find the schema, and its version, that fits a table best; reads at most its first `SAMPLE_ROWS` rows.

    Scores go from 0 to 1. The runner-up is the best schema of another family: another version of the same schema, or
    an older copy of it under another owner, is no rival.
    """
    index = index_of(registry)
    labels = [label for label in table.header if name_key(label)]
    nearest = _list_nearest(index, tuple(labels))
    if not nearest:
        return Detection(None, 0.0, None, False, _nothing_fits(table))
    sample = _Sample(list(itertools.islice(table.iter_rows(), SAMPLE_ROWS)))
    words = name_words(filename.rpartition(".")[0] or filename)
    fits = sorted((_fit(index, shape, table.header, sample, words) for shape in nearest), key=_Fit.order, reverse=True)
    family = fits[0].shape.family
    best = _current_version([fit for fit in fits if fit.shape.family == family])
    rival = next((fit for fit in fits if fit.shape.family != family), None)
    contradicted = rival is not None and rival.named and not best.named
    certain = (
        best.score >= (CONTRADICTED_THRESHOLD if contradicted else THRESHOLD)
        and len(best.fields) >= min(3, len(best.shape.fields))
        and (2 * len(best.columns) >= len(labels) or not best.lacking)
        and (best.own >= _OWN_NAMES or len(best.fields) >= _MANY_NAMES or not best.lacking)
        and (rival is None or best.leads(rival))
    )
    runner_up = (rival.shape.schema, min(1.0, round(rival.score, 3))) if rival else None
    candidates = tuple(
        Candidate(fit.shape.schema, min(1.0, round(fit.score, 3)), fit.titles(table.header))
        for fit in (best, rival)
        if fit and fit.is_worth_naming(len(labels))
    )
    if not candidates and not certain:
        return Detection(best.shape.schema, min(1.0, round(best.score, 3)), runner_up, False, _nothing_fits(table))
    reason = _reason(best, rival if len(candidates) > 1 else None, certain)
    return Detection(best.shape.schema, min(1.0, round(best.score, 3)), runner_up, certain, reason, candidates)


def known_columns(registry: Registry) -> frozenset[str]:
    """Return every name a column may have in the known schemas: names, aliases and titles, for `read_table`."""
    return index_of(registry).columns


class _Fit(Record):
    """How one schema fits the file: `places` are the columns it explains, with the keys of what they stand for."""

    shape: Shape
    score: float
    places: Mapping[int, str]
    values: float
    named: bool
    own: int
    """How many columns bear the very names of the schema; the others, names that any table may have."""

    @property
    def columns(self) -> frozenset[int]:
        """The places of the file's columns that the schema explains."""
        return frozenset(self.places)

    @property
    def fields(self) -> frozenset[str]:
        """The keys of the schema's fields that the file has."""
        return frozenset(self.places.values())

    def titles(self, header: Sequence[str]) -> dict[str, str]:
        """Return the names of the schema's fields that the file has, with the file's titles, in the file's order."""
        found: dict[str, str] = {}
        for place, key in sorted(self.places.items()):
            found.setdefault(self.shape.fields[key].name, header[place])
        return found

    def order(self) -> tuple[float, bool, int]:
        return self.score, not self.shape.is_copy, -self.shape.place

    @property
    def lacking(self) -> int:
        """How many required columns the file does not have."""
        return _count_lacking(self.shape, self.fields)

    def is_worth_naming(self, titles: int) -> bool:
        """Tell whether a person with a file of so many titled columns may have meant this schema.

        Two words that any table may have, a year or a type, are no sign of it, unless the file's name is one.
        """
        telling = len(self.fields) >= min(3, len(self.shape.fields)) and 4 * len(self.columns) >= titles
        return self.score >= PLAUSIBLE and (telling or self.named)

    def leads(self, other: _Fit) -> bool:
        """Tell whether this schema is clearly the better one of two."""
        return (
            self.score - other.score >= LEAD
            or (self.named and not other.named and self.score >= other.score)
            or self.explains_all_of(other)
        )

    def explains_all_of(self, other: _Fit) -> bool:
        """Tell whether every sign of the other schema is one of this too, and the file lacks less of this one."""
        mine, its = (len(fit.shape.fields) - len(fit.fields) for fit in (self, other))
        return self.columns >= other.columns and mine <= its and (self.columns > other.columns or mine < its)


def _current_version(fits: Sequence[_Fit]) -> _Fit:
    """Choose among the versions of one schema: the newest that suits the file as well as the one that fits best.

    Columns that a newer version merely allows are no reason to judge by an old one; columns that it demands, renamed
    or whose lists of values it changed are, when the file was made for the older.
    """
    best = max(fits, key=lambda fit: (not fit.shape.is_copy, *fit.order()))
    as_good = (
        fit
        for fit in fits
        if fit.shape.is_copy == best.shape.is_copy
        and fit.columns >= best.columns
        and fit.lacking <= best.lacking
        and fit.values >= best.values - _VALUES_TOLERANCE
    )
    newest = min(as_good, key=lambda fit: fit.shape.place)
    return newest._replace(score=max(fit.score for fit in fits))  # that it is this schema is as sure as the surest


class _Sample:
    """The first rows of a table; what is asked of a column is found once for all schemas that come into question."""

    def __init__(self, rows: Sequence[list[str]]) -> None:
        self._rows = rows
        self._values: dict[int, set[str]] = {}
        self._shares: dict[tuple[int, str], float] = {}

    def values(self, place: int) -> set[str]:
        """Return the first values of a column."""
        if place not in self._values:
            cells = (row[place] for row in self._rows if len(row) > place and row[place])
            self._values[place] = set(itertools.islice(cells, _VALUES_PER_COLUMN))
        return self._values[place]

    def share(self, place: int, kind: str) -> float:
        """Return the share of a column's first values that may be of a type; there must be some."""
        if (place, kind) not in self._shares:
            suits, values = _PATTERNS[kind].fullmatch, self.values(place)
            good = sum(suits(value.strip()[:_VALUE_LENGTH]) is not None for value in values)
            self._shares[place, kind] = good / len(values)
        return self._shares[place, kind]


@lru_cache(maxsize=256)
def _count_lacking(shape: Shape, fields: frozenset[str]) -> int:
    return sum(field.required and key not in fields for key, field in shape.fields.items())


@lru_cache(maxsize=256)
def _list_nearest(index: ShapeIndex, labels: tuple[str, ...]) -> list[Shape]:
    return index.list_nearest(labels)


def _fit(index: ShapeIndex, shape: Shape, header: Sequence[str], sample: _Sample, words: frozenset[str]) -> _Fit:
    """Score one schema: the share of the header and the share of the schema that agree, then values and name."""
    places, score, own = _fit_header(index, shape, tuple(header))
    values = _values_fit(shape, places, sample)
    if values is not None:
        score *= 1 - _VALUES_SHARE * (1 - values)
    named = any(hint <= words for hint in shape.hints)
    return _Fit(
        shape,
        score + _NAME_BONUS * named,
        places,
        1.0 if values is None else values,
        named,
        own,
    )


@lru_cache(maxsize=256)  # a territory's files have few headers, and finding typing errors is dear
def _fit_header(index: ShapeIndex, shape: Shape, header: tuple[str, ...]) -> tuple[Mapping[int, str], float, int]:
    """Return what each column stands for, the score of the header alone, and how many bear the schema's very names."""
    columns: dict[int, tuple[str, float]] = {}
    for place, label in enumerate(header):
        found = shape.find_field(label)
        if found:
            columns[place] = found
    taken = {key for key, _ in columns.values()}
    columns.update(_typos(shape, header, columns, taken))
    sure: dict[str, float] = {}
    for key, share in columns.values():
        sure[key] = max(sure.get(key, 0.0), share)
    covered = sum(
        share * index.weights.get(name_key(header[place]), index.weights[key])
        for place, (key, share) in columns.items()
    )
    foreign = sum(
        index.weights.get(name_key(label), index.unknown)
        for place, label in enumerate(header)
        if place not in columns and name_key(label)
    )
    recall = sum(share * weight_of(index.weights, shape, key) for key, share in sure.items()) / shape.total
    own = sum(share == 1.0 for _, share in columns.values())
    places = {place: key for place, (key, _) in columns.items()}
    return places, blend(covered / ((covered + foreign) or 1.0), recall), own


def _typos(
    shape: Shape, header: Sequence[str], columns: Collection[int], taken: Collection[str]
) -> dict[int, tuple[str, float]]:
    free = [key for key in shape.fields if key not in taken and len(key) >= _TYPO_LENGTH]
    found: dict[int, tuple[str, float]] = {}
    for place, label in enumerate(header):
        if place not in columns and free:
            key = name_key(label)
            near = next((field for field in free if len(key) >= _TYPO_LENGTH and one_typo_apart(key, field)), None)
            if near:
                found[place] = (near, ALIAS_WEIGHT)
                free.remove(near)
    return found


_PATTERNS = {
    "number": re.compile(r"\s*[-+]?[\d\s\u00a0\u202f]*[.,]?\d*(?:e[-+]?\d+)?\s*[%€]?\s*", re.I),
    "integer": re.compile(r"\s*[-+]?[\d\s\u00a0\u202f]+(?:[.,]0+)?\s*"),
    "date": re.compile(r"\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}).*"),
    "datetime": re.compile(r"\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}).*"),
    "year": re.compile(r"\s*\d{4}(?:\.0)?\s*"),
    "yearmonth": re.compile(r"\s*\d{4}-\d{2}\s*"),
    "boolean": re.compile(r"\s*(?:true|false|vrai|faux|oui|non|o|n|1|0|t|f)\s*", re.I),
    "geopoint": re.compile(r".*\d.*,.*\d.*"),
}
_VALUES_PER_COLUMN = 40
_VALUE_LENGTH = 80
"""No value is longer; for twice the text the patterns take eight times the time."""


def _values_fit(shape: Shape, places: Mapping[int, str], sample: _Sample) -> float | None:
    """Return the share of columns whose values suit their field's type or list; None where nothing can be told."""
    fits: list[float] = []
    for place, key in places.items():
        kind, allowed = shape.fields[key].type, _allowed_keys(shape, key)
        if (kind in _PATTERNS or allowed) and (values := sample.values(place)):
            if allowed:
                fits.append(sum(name_key(value) in allowed for value in values) / len(values))
            else:
                fits.append(sample.share(place, kind))
    return sum(fits) / len(fits) if fits else None


@lru_cache(maxsize=1024)
def _allowed_keys(shape: Shape, key: str) -> frozenset[str]:
    return frozenset(map(name_key, shape.fields[key].enum))


def _reason(best: _Fit, rival: _Fit | None, certain: bool) -> str:
    if certain:
        return f"Le fichier suit le modèle {_named(best)}."
    if best.score >= THRESHOLD and rival:
        return (
            f"Deux modèles conviennent : {_named(best)} et {_named(rival)}. Ajoutez au nom du fichier le nom du bon "
            f"modèle (« {best.shape.schema.short_name} » ou « {rival.shape.schema.short_name} »)."
        )
    other = f", puis {_named(rival)}" if rival else ""
    meant = "l’un de ces modèles" if rival else "ce modèle"
    return (
        f"Les titres des colonnes ne suffisent pas à reconnaître un modèle. Le plus proche est {_named(best)}{other}. "
        f"Si vos données sont bien celles de {meant}, reprenez ses titres de colonnes sur la première ligne du "
        "tableau ; sinon, demandez le bon modèle à la personne qui vous accompagne."
    )


def _named(fit: _Fit) -> str:
    title = fit.shape.schema.title or fit.shape.schema.short_name
    known = plural(len(fit.fields), "colonne reconnue", "colonnes reconnues")
    return f"« {title.strip()} » ({known} sur {len(fit.shape.fields)})"


_MARKS = {";": "point-virgule", "\t": "tabulation", ",": "virgule"}
_CUTS = 2
"""Marks in the only title from which it is a whole line that was not cut."""
_ASK_FOR_MODEL = "Demandez le modèle de ces données, un classeur à remplir, à la personne qui vous accompagne."


def _nothing_fits(table: Table) -> str:
    titles = [label.strip() for label in table.header if label.strip()]
    shown = ", ".join(f"« {' '.join(label.split())[:40]} »" for label in titles[:4])
    if len(titles) == 1 and (mark := next((one for one in _MARKS if titles[0].count(one) >= _CUTS), "")):
        return (
            f"Chaque ligne du tableau tient dans une seule cellule ({shown}…). Ouvrez le fichier dans un tableur, "
            f"séparez les colonnes (menu Données, Convertir ou Texte en colonnes, séparateur {_MARKS[mark]}), "
            "enregistrez, puis déposez de nouveau."
        )
    if sum(label[0].isdigit() for label in titles) * 3 >= len(titles) > 0:
        return (
            f"Ce tableau semble n’avoir pas de ligne de titres : il commence par des données ({shown}…). "
            "Ajoutez au-dessus une ligne avec les titres de colonnes du modèle ; demandez-le, si vous ne l’avez pas, à "
            "la personne qui vous accompagne."
        )
    found = f" (ici : {shown}…)" if shown else ""
    return (
        f"Aucun modèle connu n’a ces titres de colonnes{found}. {_ASK_FOR_MODEL} "
        "Reprenez-en les titres de colonnes, sur la première ligne de votre tableau."
    )
