"""Columns of the file that bear the name of a field in other words: another case, accents, a former or common name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from odl_host.pipeline.reading.names import name_key, name_words
from odl_host.pipeline.repairing.spaces import trim
from odl_host.schemas.registry import Field, Schema

# Words that say what kind of thing a column holds, not whose: alone, they name no column for certain.
_VAGUE = frozenset(
    {"nom", "libelle", "titre", "intitule", "numero", "num", "code", "type", "id", "identifiant", "date"}
    | {"reference", "url", "lien", "adresse"}
)
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Rename:
    """A column to be renamed. `position` is its 1-based place; `spelt`: only case, accents or punctuation differ.

    What is not merely spelt otherwise is believed when the values agree: that is for the survey to tell.
    """

    position: int
    label: str
    field: Field
    spelt: bool


def find_renames(header: Sequence[str], schema: Schema) -> list[Rename]:
    """Return the columns to rename: each for one field only, each field once, none that is there under its own name."""
    labels = [label.strip() for label in header]
    names = {field.name for field in schema.fields}
    found: list[Rename] = []
    for position, label in enumerate(labels, start=1):
        if label in names:
            continue
        rename = _find_spelt(position, label, schema) or _find_alias(position, label, schema)
        if rename is not None and rename.field.name not in labels:
            found.append(rename)
    spelt = {one.field.name for one in found if one.spelt}
    wanted = Counter(one.field.name for one in found if one.spelt or one.field.name not in spelt)
    return [one for one in found if wanted[one.field.name] == 1 and (one.spelt or one.field.name not in spelt)]


def _find_spelt(position: int, label: str, schema: Schema) -> Rename | None:
    key = name_key(trim(label))
    found = [field for field in schema.fields if key and name_key(field.name) == key]
    return Rename(position, label, found[0], spelt=True) if len(found) == 1 else None


def _find_alias(position: int, label: str, schema: Schema) -> Rename | None:
    key = name_key(label)
    if not key:
        return None
    found = [field for field in schema.fields if any(name_key(alias) == key for alias in field.aliases)]
    if len(found) != 1 or not _is_telling(label, found[0], schema):
        return None
    return Rename(position, label, found[0], spelt=False)


def _is_telling(label: str, field: Field, schema: Schema) -> bool:
    """Tell whether a common name says enough: several words, or one that is in the name of this field alone."""
    words = name_words(label)
    if len(words) > 1:
        return not words <= _VAGUE
    (word,) = words or {""}
    if word in _VAGUE:
        return False
    bearers = [one for one in schema.fields if any(_akin(word, part) for part in name_words(one.name))]
    return bearers == [field]


def _akin(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST_STEM and long.startswith(short)
