"""Columns of the file that bear the name of a field in other words: another case, accents, a former or common name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from odl_host.pipeline.reading.names import name_key, name_words
from odl_host.pipeline.repairing.spaces import trim
from odl_host.record import Record
from odl_host.schemas.registry import Field, Schema

# Words that say what kind of thing a column holds, not whose: alone, they name no column for certain.
_VAGUE = frozenset(
    {"de", "du", "des", "la", "le", "les", "au", "ou", "et", "un", "une", "qui", "que", "par", "pour", "dans", "sur"}
    | {"nom", "libelle", "titre", "intitule", "numero", "num", "code", "type", "id", "identifiant", "date"}
    | {"reference", "url", "lien", "adresse"}
)
# Words that change what a column holds. The law calls "attributaire" who receives; some files, who gives.
_TWO_WAYS = frozenset({"attributaire", "cm", "mm"})
_SHORTEST_STEM = 3


class Rename(Record):
    """A column to be renamed. `position` is its 1-based place; `spelt`: only case, accents or punctuation differ.

    It is believed when the values agree: that is for the survey to tell.
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
    """Tell whether a common name says enough: it shares a word that counts with the field's name or title.

    A name of one word must, besides, be in the name of no other field.
    """
    words = name_words(label)
    if words & _TWO_WAYS:
        return False
    telling = words - _VAGUE
    if not any(_shares(telling, name) for name in (field.name, field.title)):
        return False
    return len(words) > 1 or [one for one in schema.fields if _shares(telling, one.name)] == [field]


def _shares(words: frozenset[str], name: str) -> bool:
    return any(_akin(word, part) for word in words for part in name_words(name) - _VAGUE)


def _akin(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST_STEM and long.startswith(short)
