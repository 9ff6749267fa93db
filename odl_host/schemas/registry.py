"""Finds a schema by the name people give it, among the built-in ones and those of the machine's cache.

A folder of schemas holds `<owner>/<name>@<version>.json`: what it offers is read from the names of its files, so no
index can go stale, and a file is opened only when its schema is asked for. Built-in facts keep their words; a newer
version in the cache becomes the latest.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import odl_host
from odl_host.errors import UnknownSchema
from odl_host.schemas.descriptor import CustomCheck, Field, Schema, build_schema, shorten

__all__ = ["CustomCheck", "Field", "Registry", "Schema", "load_registry", "version_key"]

FACTS = Path(__file__).parent / "facts"
OTHERS_FILE = "other-schemas.json"


def version_key(version: str) -> tuple[tuple[int, ...], str]:
    """Return what orders versions: numbers by value, a pre-release before its release, a leading "v" ignored.

    >>> version_key("1.5") == version_key("v1.5.0")
    True
    >>> version_key("2.0.0-beta") < version_key("2.0.0") < version_key("2.0.10")
    True
    """
    head, _, tail = version.strip().lstrip("vV").partition("-")
    if tail and tail.replace("-", "").isdigit():  # a date: 2026-06-30
        head, tail = version.replace("-", "."), ""
    numbers = [int(part) for part in re.findall(r"\d+", head)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), tail or "~"  # "~" sorts after every letter


class Registry:
    """The schemas of one machine."""

    def __init__(self, builtin: Path, cache: Path | None) -> None:
        self._shelves: dict[str, dict[str, dict[str, Path]]] = {"builtin": _list_folder(builtin)}
        self._shelves["cache"] = _list_folder(cache) if cache else {}
        self._cache = cache
        self.builtin = builtin
        self._loaded: dict[Path, Schema] = {}
        self._problems: dict[Path, str] = {}
        self._places: dict[str, dict[tuple[tuple[int, ...], str], tuple[str, Path]]] = {}
        for origin in ("cache", "builtin"):  # the later one wins for the same version
            for name, versions in self._shelves[origin].items():
                places = self._places.setdefault(name, {})
                places.update((version_key(version), (origin, path)) for version, path in versions.items())

    @property
    def names(self) -> tuple[str, ...]:
        """The full names of all schemas, sorted."""
        return tuple(sorted(self._places, key=_fold))

    @property
    def cache(self) -> Path | None:
        """The folder of the loaded schemas."""
        return self._cache

    @property
    def stamp(self) -> str:
        """What changes with any schema added, changed or taken away: whether what was kept of them is still true."""
        import zlib

        paths = [path for shelf in self._shelves.values() for versions in shelf.values() for path in versions.values()]
        ages = "\n".join(sorted(f"{path} {_age(path)}" for path in paths))
        return f"{odl_host.__version__} {len(paths)} {zlib.crc32(ages.encode('utf-8', 'surrogateescape')):08x}"

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each schema's file: what changes with nearly any change, and is the same on every machine."""
        places = self._places.items()
        return {f"{name}@{_version_of(path)}": _size(path) for name, one in places for _, path in one.values()}

    @property
    def problems(self) -> tuple[str, ...]:
        """What was met in the cache and could not be used, one sentence each."""
        return tuple(self._problems.values())

    def get_schema(self, reference: str) -> Schema:
        """Return the schema of a short name, a full name, or a name@version (else the latest version).

        :raises UnknownSchema: no schema, or several, answer to this name, or not in this version
        """
        wanted, _, version = reference.strip().partition("@")
        name = self._resolve(wanted)
        places = self._places[name]
        if not version:
            schema = self._latest(name)
            if schema is not None:
                return schema
        elif version_key(version) in places:
            schema = self._open(name, *places[version_key(version)])
            if schema is not None:
                return schema
        else:
            raise UnknownSchema(
                f"{name} has no version {version}; known here: {', '.join(self.list_versions(name))}.",
                hint="Load the official versions with: odl-host schema sync https://schema.data.gouv.fr/schemas.json",
            )
        raise UnknownSchema(f"The cached schema {reference} cannot be read.", hint="Run again: odl-host schema sync")

    def find_schema(self, reference: str) -> Schema | None:
        """Return the schema as `get_schema` does, or None."""
        try:
            return self.get_schema(reference)
        except UnknownSchema:
            return None

    def list_schemas(self) -> list[Schema]:
        """Return the latest version of each schema, sorted by name."""
        found = (self._latest(name) for name in self.names)
        return [schema for schema in found if schema is not None]

    def list_versions(self, name: str) -> list[str]:
        """Return the versions of a schema (full name), oldest first."""
        places = self._places.get(name, {})
        return [_version_of(places[key][1]) for key in sorted(places)]

    def iter_versions(self) -> Iterator[Schema]:
        """Give every version of every schema, by name, newest first."""
        for name in self.names:
            places = self._places[name]
            for key in sorted(places, reverse=True):
                schema = self._open(name, *places[key])
                if schema is not None:
                    yield schema

    def list_others(self) -> list[Mapping[str, str]]:
        """Return the official schemas that describe no table: name, version, type, title, url."""
        try:
            others = json.loads((self._cache / OTHERS_FILE).read_text("utf-8")) if self._cache else []
        except (OSError, ValueError):
            return []
        return others if isinstance(others, list) else []

    def _latest(self, name: str) -> Schema | None:
        places = self._places[name]
        for key in sorted(places, reverse=True):
            schema = self._open(name, *places[key])
            if schema is not None:
                return schema
        return None

    def _open(self, name: str, origin: str, path: Path) -> Schema | None:
        """Return the schema of a file; None when a cached file is damaged (then it is in `problems`)."""
        if path in self._loaded:
            return self._loaded[path]
        if path in self._problems:
            return None
        try:
            schema = build_schema(json.loads(path.read_bytes()), origin=origin)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if origin == "builtin":
                raise
            self._problems[path] = f"{path}: not usable ({error}); run again: odl-host schema sync"
            return None
        if origin == "cache" and name in self._shelves["builtin"]:
            schema = self._with_our_words(schema)
        self._loaded[path] = schema
        return schema

    def _with_our_words(self, schema: Schema) -> Schema:
        """Give another version of a built-in schema the built-in words, column by column where the rules are equal."""
        builtin = self._shelves["builtin"][schema.name]
        model = self._open(schema.name, "builtin", builtin[max(builtin, key=version_key)])
        assert model is not None  # a built-in file that cannot be read raises
        fields = []
        for one in schema.fields:
            same = model.find_field(one.name)
            if same is not None:
                one = one._replace(aliases=same.aliases)
                if (same.type, same.format, same.constraints) == (one.type, one.format, one.constraints):
                    one = one._replace(title=same.title, description=same.description, example=same.example)
            fields.append(one)
        return schema._replace(
            title=model.title,
            description=model.description,
            fields=tuple(fields),
            keywords=model.keywords,
            theme=model.theme,
            frequency=model.frequency,
            file_hints=model.file_hints,
            names=model.names,
        )

    def _resolve(self, wanted: str) -> str:
        if wanted in self._places:
            return wanted
        folded = _fold(wanted)
        spellings = {name: (_fold(name.rpartition("/")[2]), _fold(shorten(name))) for name in self._places}
        for candidates in (
            (name for name in spellings if _fold(name) == folded),
            (name for name, short in spellings.items() if folded in short),
            (schema.name for schema in self._iter_builtin() if folded in map(_fold, schema.names)),
        ):
            found = sorted(candidates, key=lambda name: (name not in self._shelves["builtin"], _fold(name)))
            if len(found) == 1:
                return found[0]
            if found:
                raise UnknownSchema(
                    f"Several schemas are called {wanted!r}: {', '.join(found)}.",
                    hint=f"Give the full name, for example: {found[0]}",
                )
        raise self._unknown(wanted, folded)

    def _unknown(self, wanted: str, folded: str) -> UnknownSchema:
        import difflib

        for other in self.list_others():
            if folded in (_fold(other["name"]), _fold(shorten(other["name"]))):
                return UnknownSchema(
                    f"{other['name']} is an official schema but describes no table ({other['type']}).",
                    hint="List the schemas that can be checked with: odl-host schema list",
                )
        spellings = {_fold(name): name for name in self._places}
        spellings.update((_fold(shorten(name)), name) for name in self._places)
        near = [spellings[key] for key in difflib.get_close_matches(folded, spellings, n=5, cutoff=0.6)]
        near += [name for name in self.names if folded and folded in _fold(name) and name not in near]
        near = list(dict.fromkeys(near))[:5]
        if not near:
            return UnknownSchema(f"No schema is called {wanted!r}.")
        return UnknownSchema(
            f"No schema is called {wanted!r}; the nearest: {', '.join(near)}.",
            hint=f"Try: odl-host schema show {near[0]}",
        )

    def _iter_builtin(self) -> Iterator[Schema]:
        for name, versions in self._shelves["builtin"].items():
            for path in versions.values():
                schema = self._open(name, "builtin", path)
                if schema is not None:
                    yield schema


def load_registry(cache_dir: Path | None = None) -> Registry:
    """Return the registry of the built-in schemas and of the cache folder; the folder may be absent or None."""
    return Registry(FACTS, cache_dir)


def _list_folder(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the path of each version of each schema: {name: {version: path}}."""
    found: dict[str, dict[str, Path]] = {}
    try:
        owners = sorted(name for name in os.listdir(folder) if (folder / name).is_dir())  # noqa: PTH208 - names will do
    except OSError:
        return found
    for owner in owners:
        for name in os.listdir(folder / owner):  # noqa: PTH208
            stem, at, version = name.removesuffix(".json").rpartition("@")
            if at and name.endswith(".json"):
                place = folder / owner / name
                found.setdefault(f"{_decode(owner)}/{_decode(stem)}", {})[_decode(version)] = place
    return found


def schema_path(folder: Path, name: str, version: str) -> Path:
    """Return where a folder of schemas holds one version."""
    owner, _, short = name.rpartition("/")
    return folder / _encode(owner or "local") / f"{_encode(short)}@{_encode(version)}.json"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # taken away since the folder was listed
        return 0


def _age(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # taken away since the folder was listed
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def _version_of(path: Path) -> str:
    return _decode(path.name.rpartition("@")[2].removesuffix(".json"))


def _encode(text: str) -> str:
    """Write a name as a file name: what is not plain becomes %XX, as does a leading dot."""
    text = re.sub(r"[^A-Za-z0-9._-]", lambda hit: "".join(f"%{byte:02X}" for byte in hit[0].encode()), text)
    return f"%2E{text[1:]}" if text.startswith(".") else text


def _decode(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def _fold(name: str) -> str:
    """Write a name without capitals, accents, spaces and underscores."""
    import unicodedata

    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return re.sub(r"[\s_]+", "-", plain.casefold().strip())
