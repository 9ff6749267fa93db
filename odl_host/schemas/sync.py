"""Loads the official schemas into the machine's cache, from a folder or from the web.

Each version is one file, written apart and then renamed: a run that is interrupted leaves a cache that works, and the
next one completes it. What cannot be used is skipped with its reason; nothing is removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odl_host.errors import DataError, OdlError, StorageError, Unavailable, UnknownSchema, UnreadableFile
from odl_host.schemas.descriptor import Schema, build_schema, shorten
from odl_host.schemas.registry import OTHERS_FILE, schema_path, version_key
from odl_host.schemas.repair import repair_descriptor
from odl_host.schemas.sources import identify, is_url, kind_of, parse_json, read_place
from odl_host.storage.atomic import write_atomically

CATALOGUE = "catalogue.json"
_NOT_SCHEMAS = {CATALOGUE, "index.json", "package.json", "package-lock.json"}
_DOWNLOADS = 6

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a synchronisation did, by name@version, in the order met."""

    source: str
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    repaired: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: tuple[str, ...] = ()  # official schemas that describe no table: known by name only
    skipped: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "source": self.source,
            "added": list(self.added),
            "updated": list(self.updated),
            "unchanged": list(self.unchanged),
            "repaired": {reference: list(notes) for reference, notes in self.repaired.items()},
            "others": list(self.others),
            "skipped": dict(self.skipped),
        }


@dataclass(frozen=True, slots=True)
class _Listed:
    """One version that a source announces. Without a place it is only known by name, or `reason` says what is wrong."""

    name: str
    version: str
    kind: str
    title: str = ""
    url: str = ""
    homepage: str = ""
    places: tuple[str | Path, ...] = ()
    reason: str = ""

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}"


def load_descriptor(place: str | Path) -> Schema:
    """Return the schema of one descriptor file or http(s) address, mended where needed (see `Schema.notes`).

    :raises UnreadableFile: no such file, or no JSON
    :raises Unavailable: the address does not answer
    :raises UnknownSchema: it is no table schema
    """
    document, notes = parse_json(read_place(place), place)
    if kind_of(document) != "tableschema":
        raise UnknownSchema(
            f"{place} is not a Table Schema: it has no list of `fields`.",
            hint="Give the address of a table schema, such as those of https://schema.data.gouv.fr.",
        )
    where = str(place) if is_url(str(place)) else Path(place).resolve().as_posix()
    name, version = identify(where, document)
    clean = repair_descriptor(document, name=name, version=version)
    clean["notes"] = [*notes, *clean.get("notes", ())]
    clean["url"] = where if is_url(where) else str(document.get("path") or "")
    return build_schema(clean)


def sync_catalogue(source: str | Path, cache_dir: Path, *, progress: Progress | None = None) -> SyncReport:
    """Load every table schema of a source into the cache and return what changed.

    `source` is a folder (with or without `catalogue.json`), the address of such a folder or of an official catalogue,
    or one descriptor. `progress(done, total, reference)` is called after each version.

    :raises UnreadableFile: the source is no folder, no catalogue and no descriptor
    :raises Unavailable: the source does not answer
    :raises StorageError: the cache cannot be written
    """
    listed = _list_source(source)
    run = _Run(cache_dir)
    for done, (one, answer) in enumerate(_read_all(listed), start=1):
        try:
            run.take(one, answer)
        except DataError as error:
            run.skipped[one.reference] = error.message
        if progress is not None:
            progress(done, len(listed), one.reference)
    run.write_others()
    return SyncReport(
        source=str(source),
        added=tuple(run.written["added"]),
        updated=tuple(run.written["updated"]),
        unchanged=tuple(run.written["unchanged"]),
        repaired=run.repaired,
        others=tuple(run.others),
        skipped=run.skipped,
    )


class _Run:
    """One synchronisation under way."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.written: dict[str, list[str]] = {"added": [], "updated": [], "unchanged": []}
        self.repaired: dict[str, tuple[str, ...]] = {}
        self.others: dict[str, dict[str, str]] = {}
        self.skipped: dict[str, str] = {}

    def take(self, one: _Listed, answer: tuple[str | Path, bytes] | OdlError | None) -> None:
        """Put what was read of one version where it belongs."""
        if isinstance(answer, OdlError):
            self.skipped[one.reference] = answer.message
        elif answer is not None:
            place, raw = answer
            document, notes = parse_json(raw, place)
            self._take_document(one, document, notes, place)
        elif one.reason:
            self.skipped[one.reference] = one.reason
        else:
            self._note_other(one, one.kind)

    def _take_document(self, one: _Listed, document: Any, notes: list[str], place: str | Path) -> None:
        kind = kind_of(document)
        if kind == "tableschema":
            self._store(one, repair_descriptor(document, name=one.name, version=one.version), notes)
        elif kind == "datapackage":
            self._note_other(one, kind)
            self._take_package(one, document, place)
        elif kind == "jsonschema":
            self._note_other(one, kind)
        else:
            self.skipped[one.reference] = f"{place} is no schema"

    def _take_package(self, package: _Listed, document: Mapping[str, Any], place: str | Path) -> None:
        """Load the tables that a data package describes itself, or whose schemas lie beside it.

        The national catalogue lists the tables of a package apart; those are not looked for a second time.
        """
        owner = package.name.rpartition("/")[0]
        for resource in document["resources"]:
            if not isinstance(resource, Mapping) or not isinstance(resource.get("name"), str):
                continue
            table = _Listed(f"{owner}/{resource['name']}", package.version, "tableschema", url=package.url)
            schema = resource.get("schema")
            notes: list[str] = []
            if isinstance(schema, str):
                beside = Path(place).parent / schema
                if is_url(str(place)) or schema.startswith(("/", "..")) or not beside.is_file():
                    continue
                schema, notes = parse_json(read_place(beside), beside)
            if isinstance(schema, Mapping) and kind_of(schema) == "tableschema":
                self._store(table, repair_descriptor(schema, name=table.name, version=table.version), notes)

    def _store(self, one: _Listed, clean: dict[str, Any], notes: list[str]) -> None:
        notes = [*notes, *clean.pop("notes", ())]
        document = {**clean, "kind": "table", "url": one.url or clean.get("url", "")}
        if one.homepage:
            document["homepage"] = one.homepage
        if one.title and document["title"] == one.name.rpartition("/")[2]:
            document["title"] = one.title  # the descriptor has none of its own
        if notes:
            document["notes"] = notes
            self.repaired[one.reference] = tuple(notes)
        path = schema_path(self.cache, one.name, one.version)
        self.written[_write(path, document)].append(one.reference)

    def _note_other(self, one: _Listed, kind: str) -> None:
        self.others[one.reference] = {
            "name": one.name,
            "version": one.version,
            "type": kind,
            "title": one.title,
            "url": one.url,
        }

    def write_others(self) -> None:
        """Add the schemas that describe no table to those already known."""
        path = self.cache / OTHERS_FILE
        try:
            known = {f"{one['name']}@{one['version']}": one for one in json.loads(path.read_bytes())}
        except (OSError, ValueError, TypeError, KeyError):
            known = {}
        if self.others:
            known.update(self.others)
            _write(path, [known[reference] for reference in sorted(known)])


def _write(path: Path, document: Any) -> str:
    """Write a document unless the file already holds it; return "added", "updated" or "unchanged"."""
    raw = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    try:
        before = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise StorageError(f"The schema cache {path} cannot be read: {error.strerror}.") from error
    if before == raw:
        return "unchanged"
    write_atomically(path, raw, refusal=f"The schema cache {path} cannot be written")
    return "updated" if before is not None else "added"


def _read_all(
    listed: list[_Listed],
) -> Iterator[tuple[_Listed, tuple[str | Path, bytes] | OdlError | None]]:
    """Give each version with what was read of it: a few downloads at once, in the order of the list."""
    if not any(is_url(str(place)) for one in listed for place in one.places):
        yield from ((one, _read(one)) for one in listed)
        return
    pool = ThreadPoolExecutor(_DOWNLOADS)
    try:
        yield from zip(listed, pool.map(_read, listed), strict=True)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read(one: _Listed) -> tuple[str | Path, bytes] | OdlError | None:
    problem: OdlError | None = None
    for place in one.places:
        try:
            raw = read_place(place)
            if is_url(str(place)):
                parse_json(raw, place)  # many sites answer a page where a file is absent
            return place, raw
        except (UnreadableFile, Unavailable) as error:
            problem = error
    return problem


def _list_source(source: str | Path) -> list[_Listed]:
    if isinstance(source, str) and is_url(source):
        return _list_web(source)
    path = Path(source)
    if path.is_dir():
        catalogue = path / CATALOGUE
        found = _list_folder(path)
        if catalogue.is_file():
            return _list_catalogue(_load_catalogue(catalogue), found)
        return found
    document, _ = parse_json(read_place(path), path)
    if kind_of(document) == "catalogue":
        return _list_catalogue(document["schemas"], _list_folder(path.parent))
    return [_list_one(path, document)]


def _load_catalogue(place: str | Path) -> list[Any]:
    document, _ = parse_json(read_place(place), place)
    if kind_of(document) != "catalogue":
        raise UnreadableFile(f"{place} is no catalogue: it has no list of `schemas`.", hint="Give another source.")
    schemas: list[Any] = document["schemas"]
    return schemas


def _list_one(place: str | Path, document: Any) -> _Listed:
    if kind_of(document) not in ("tableschema", "datapackage"):
        raise UnreadableFile(
            f"{place} is neither a catalogue nor a table schema.", hint="Give a folder, a catalogue or a descriptor."
        )
    name, version = identify(str(place) if is_url(str(place)) else Path(place).resolve().as_posix(), document)
    return _Listed(name, version, kind_of(document), url=str(place) if is_url(str(place)) else "", places=(place,))


def _list_web(source: str) -> list[_Listed]:
    address = source if source.partition("?")[0].endswith(".json") else f"{source.rstrip('/')}/{CATALOGUE}"
    document, _ = parse_json(read_place(address), address)
    if kind_of(document) != "catalogue":
        return [_list_one(address, document)]
    listed = _list_catalogue(document["schemas"], [])
    # A copy of the official folders lies beside its catalogue; the national one says where each version is.
    base = address.rpartition("/")[0]
    first = next((one for one in listed if one.places and one.kind == "tableschema"), None)
    if first is not None and not isinstance(_read(_beside(first, base, alone=True)), OdlError):
        listed = [_beside(one, base) if one.kind == "tableschema" and not one.reason else one for one in listed]
    return listed


def _beside(one: _Listed, base: str, *, alone: bool = False) -> _Listed:
    place = f"{base}/{one.kind}/{one.name}/{one.version}/schema.json"
    places = (place,) if alone else (place, *one.places)
    return _Listed(one.name, one.version, one.kind, one.title, one.url, one.homepage, places)


def _list_catalogue(schemas: Iterable[Any], found: list[_Listed]) -> list[_Listed]:
    """Return the versions of a catalogue, read from the files found beside it, else from their addresses."""
    local = {(one.name, version_key(one.version)): one for one in found}
    listed = []
    for entry in schemas:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            continue
        name, kind = entry["name"], str(entry.get("schema_type") or "tableschema")
        for version in entry.get("versions") or ():
            if not isinstance(version, Mapping) or not version.get("version_name"):
                continue
            number, url = str(version["version_name"]), str(version.get("schema_url") or "")
            beside = local.pop((name, version_key(number)), None)
            places: tuple[str | Path, ...] = beside.places if beside else ()
            reason = ""
            if not places and kind == "tableschema":
                if found:
                    reason = "the catalogue names it, the folder does not hold it"
                elif is_url(url):
                    places = (url,)
                else:
                    reason = "the catalogue gives no address for it"
            homepage = str(entry.get("homepage") or "").removesuffix(".git")
            title = str(entry.get("title") or "")
            listed.append(_Listed(name, number, kind, title, url, homepage, places, reason))
    return [*listed, *local.values()]


def _list_folder(folder: Path) -> list[_Listed]:
    """Return the descriptors of a folder: in the official layout, or any JSON file that may be one."""
    found: dict[tuple[str, str], _Listed] = {}
    for path in sorted(folder.rglob("*.json")):
        relative = path.relative_to(folder)
        if path.name in _NOT_SCHEMAS or any(part.startswith(".") for part in relative.parts):
            continue
        try:
            document, _ = parse_json(read_place(path), path)
        except UnreadableFile as error:
            one = _Listed(f"local/{relative.as_posix()}", "0", "other", reason=error.message)
            found.setdefault((one.name, one.version), one)
            continue
        official = len(relative.parts) >= 4 and relative.parts[-2].lstrip("vV")[:1].isdigit()
        place = f"schemas/{'/'.join(relative.parts[-4:])}" if official else path.resolve().as_posix()
        name, version = identify(place, document if isinstance(document, Mapping) else {})
        one = _Listed(name, version, kind_of(document), title=_title(document), places=(path,))
        kept = found.get((name, version))
        if kept is None or (kept.kind != "tableschema" and one.kind == "tableschema"):
            found[name, version] = one
    return list(found.values())


def _title(document: Any) -> str:
    title = document.get("title") if isinstance(document, Mapping) else ""
    return title if isinstance(title, str) else ""


_SUMMARY = {
    "en": ("added", "updated", "unchanged", "known that describe no table", "skipped", "mended", "and {} more"),
    "fr": ("ajoutés", "mis à jour", "inchangés", "connus qui ne décrivent pas un tableau", "laissés de côté", "réparé",
           "et {} autres"),
}  # fmt: skip


def summarise(report: SyncReport, language: str = "en") -> str:
    """Return the report as a few lines of text; the reasons stay in English, as the descriptors' faults are.

    Reasons are grouped: the national catalogue names many versions that a folder does not hold. Of many columns the
    first are named; the report has them all.
    """
    *words, skipped, mended, rest = _SUMMARY[language]
    groups = (report.added, report.updated, report.unchanged, report.others, report.skipped)
    lines = [", ".join(f"{len(group)} {word}" for group, word in zip(groups, (*words, skipped), strict=True))]
    for reference, notes in report.repaired.items():
        lines += [
            f"  {mended}  {shorten(reference.partition('@')[0])} {reference}: {_first_columns('; '.join(notes), rest)}"
        ]
    reasons: dict[str, list[str]] = {}
    for reference, reason in report.skipped.items():
        reasons.setdefault(reason, []).append(reference)
    for reason, references in reasons.items():
        more = f" {rest.format(len(references) - 5)}" if len(references) > 5 else ""
        lines.append(f"  {skipped} {', '.join(references[:5])}{more}: {reason}")
    return "\n".join(lines)


def _first_columns(notes: str, rest: str) -> str:
    def shorten_list(found: re.Match[str]) -> str:
        names = found[1].split(", ")
        return found[0] if len(names) <= 6 else f"({', '.join(names[:5])} {rest.format(len(names) - 5)})"

    return re.sub(r"\(([^()]*)\)", shorten_list, notes)
