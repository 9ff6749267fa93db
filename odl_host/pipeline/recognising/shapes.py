"""What recognition knows of the schemas of a machine: which column names which of them has, and how much a name says.

Opening every descriptor to recognise one file would take longer than all the rest: the index of the names is kept
beside the loaded schemas, under a stamp that any change to them makes void, and only the few schemas that come into
question are opened. That of the built-in schemas comes with them (`scripts/build_recognition.py`).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from odl_host.pipeline.reading.names import name_key, name_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from odl_host.schemas.registry import Field, Registry, Schema

INDEX_FILE = "recognition.json"
_CANDIDATES = 8
REQUIRED_WEIGHT = 2.0
ALIAS_WEIGHT = 0.9
# Older copies, and a schema withdrawn from the national catalogue, with the schema that took their place.
# Source: schema.data.gouv.fr, catalogue of 2026-08.
_SUCCESSORS = {
    "scdl/adresses": "etalab/schema-bal",
    "Alkante/schema-dae": "atlasante/schema-dae",
    "CharlesNepote/liste-prenoms-nouveaux-nes": "scdl/prenoms",
}


class Shape:
    """One version of a schema as recognition sees it. `total`: what all its names say together."""

    def __init__(self, schema: Schema, place: int) -> None:
        self.schema = schema
        self.family = _SUCCESSORS.get(schema.name, schema.name)
        self.is_copy = schema.name in _SUCCESSORS
        self.place = place
        self.fields: dict[str, Field] = {}
        self.aliases: dict[str, str] = {}
        self.words: dict[frozenset[str], str] = {}
        for field in schema.fields:
            self.fields.setdefault(name_key(field.name), field)
        for key, field in self.fields.items():
            for other in (*field.aliases, field.title):
                if name_key(other) not in self.fields:
                    self.aliases.setdefault(name_key(other), key)
            if len(name_words(field.name)) > 1:
                self.words.setdefault(name_words(field.name), key)
        self.aliases.pop("", None)
        hints = map(name_words, (schema.short_name, *schema.file_hints, *schema.names))
        self.hints = [words for words in hints if sum(map(len, words)) > 3]
        self.total = 1.0

    def find_field(self, label: str) -> tuple[str, float] | None:
        """Return the key of the field a label stands for, and how sure that is."""
        key = name_key(label)
        if key in self.fields:
            return key, 1.0
        field = self.aliases.get(key) or self.words.get(name_words(label))
        return (field, ALIAS_WEIGHT) if field else None


class ShapeIndex:
    """The column names of all schemas, and how much each says: a name that one schema has says more than "id".

    `weights`: what each name says; `unknown`: what one says that no schema has.
    """

    def __init__(self, registry: Registry, data: Mapping[str, Any]) -> None:
        self._registry = registry
        self._references: list[tuple[str, str]] = data["schemas"]
        self._totals: list[float] = data["totals"]
        self._holders: dict[str, list[int]] = data["holders"]
        self.weights: dict[str, float] = data["weights"]
        self.unknown: float = data["unknown"]
        self.columns = frozenset(self.weights)
        self._shapes: dict[int, Shape] = {}

    def list_nearest(self, labels: Sequence[str]) -> list[Shape]:
        """Return the few schemas that share most with a header; none shares anything with a header of values."""
        shared: dict[int, float] = {}
        for label in set(labels):
            key = name_key(label)
            weight = self.weights.get(key, self.unknown)
            for place in {*self._holders.get(key, ()), *self._holders.get(_words_sign(name_words(label)), ())}:
                shared[place] = shared.get(place, 0.0) + weight
        whole = sum(self.weights.get(name_key(label), self.unknown) for label in set(labels))
        rated = {
            place: blend(weight / whole, min(1.0, weight / self._totals[place])) for place, weight in shared.items()
        }
        nearest = sorted(rated, key=lambda place: (rated[place], -place), reverse=True)[:_CANDIDATES]
        return [shape for shape in map(self._open, nearest) if shape is not None]

    def _open(self, place: int) -> Shape | None:
        if place not in self._shapes:
            name, version = self._references[place]
            schema = self._registry.find_schema(f"{name}@{version}")
            if schema is None:  # it went away, or was damaged, since the index was made
                return None
            self._shapes[place] = Shape(schema, place)
            self._shapes[place].total = self._totals[place]
        return self._shapes[place]


def index_of(registry: Registry) -> ShapeIndex:
    """Return the index of a registry: the kept one when it is true to the schemas, else one made anew."""
    index = _INDEXES.get(registry)
    if index is None:
        index = _INDEXES[registry] = ShapeIndex(registry, _read_index(registry) or make_index(registry))
    return index


def keep_index(registry: Registry) -> None:
    """Keep the index beside the loaded schemas, for the commands to come; without loaded schemas there is none.

    :raises StorageError: it cannot be written
    """
    from odl_host.storage.atomic import write_atomically

    if registry.cache is not None and registry.cache.is_dir():
        document = json.dumps({"stamp": registry.stamp, **make_index(registry)}, ensure_ascii=False)
        path = registry.cache / INDEX_FILE
        write_atomically(path, document.encode(), refusal=f"The index {path} cannot be written")


_INDEXES: WeakKeyDictionary[Registry, ShapeIndex] = WeakKeyDictionary()


def _read_index(registry: Registry) -> Mapping[str, Any] | None:
    kept = _read(registry.cache / INDEX_FILE) if registry.cache else {}
    if kept and kept.get("stamp") == registry.stamp:
        return kept
    shipped = _read(registry.builtin / INDEX_FILE)
    return shipped if shipped and shipped.get("sizes") == registry.sizes else None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def make_index(registry: Registry) -> dict[str, Any]:
    """Return the index as it is kept."""
    schemas = [schema for schema in registry.iter_versions() if schema.kind == "table" and schema.fields]
    shapes = [Shape(schema, place) for place, schema in enumerate(schemas)]
    owners: dict[str, set[str]] = {}
    holders: dict[str, list[int]] = {}
    for shape in shapes:
        for key in (*shape.fields, *shape.aliases):
            owners.setdefault(key, set()).add(shape.family)
        for sign in (*shape.fields, *shape.aliases, *map(_words_sign, shape.words)):
            holders.setdefault(sign, []).append(shape.place)
    families = len({shape.family for shape in shapes})
    weights = {key: math.log(1 + families / len(names)) for key, names in owners.items()}
    return {
        "schemas": [(schema.name, schema.version) for schema in schemas],
        "totals": [sum(weight_of(weights, shape, key) for key in shape.fields) for shape in shapes],
        "weights": weights,
        "unknown": sum(weights.values()) / max(1, len(weights)),
        "holders": holders,
    }


def weight_of(weights: Mapping[str, float], shape: Shape, key: str) -> float:
    """Return what a field of a schema says: a required one counts double."""
    return weights[key] * (REQUIRED_WEIGHT if shape.fields[key].required else 1.0)


def blend(precision: float, recall: float) -> float:
    """Return one score for the share of the file and the share of the schema that agree."""
    # The schema's own columns count more than the file's: local columns are often added to the official ones.
    return 3 * precision * recall / (2 * precision + recall) if precision and recall else 0.0


def _words_sign(words: frozenset[str]) -> str:
    # Keys hold no space, and a name of one word is its own key.
    return " ".join(sorted(words)) if len(words) > 1 else ""
