"""Files that are published as they are: a plan in PDF, a map in GeoJSON, timetables in GTFS, any other table.

A sidecar asks for it. Only that the file is what its name says is looked at: nothing broken is put online.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from odl_host.pipeline.examining.examine import hash_file
from odl_host.pipeline.privacy.workbook import write_without_author

# Ending → the format's name in a catalogue and its media type. What a browser would run (HTML, SVG, scripts) is left
# out: it would be served from the portal's own address.
FORMATS: Mapping[str, tuple[str, str]] = {
    ".csv": ("CSV", "text/csv"),
    ".docx": ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".geojson": ("GeoJSON", "application/geo+json"),
    ".gml": ("GML", "application/gml+xml"),
    ".gpkg": ("GeoPackage", "application/geopackage+sqlite3"),
    ".gpx": ("GPX", "application/gpx+xml"),
    ".ics": ("ICS", "text/calendar"),
    ".jpeg": ("JPEG", "image/jpeg"),
    ".jpg": ("JPEG", "image/jpeg"),
    ".json": ("JSON", "application/json"),
    ".kml": ("KML", "application/vnd.google-earth.kml+xml"),
    ".kmz": ("KMZ", "application/vnd.google-earth.kmz"),
    ".ods": ("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    ".odt": ("ODT", "application/vnd.oasis.opendocument.text"),
    ".parquet": ("Parquet", "application/vnd.apache.parquet"),
    ".pdf": ("PDF", "application/pdf"),
    ".png": ("PNG", "image/png"),
    ".tsv": ("TSV", "text/tab-separated-values"),
    ".txt": ("TXT", "text/plain"),
    ".xls": ("XLS", "application/vnd.ms-excel"),
    ".xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".zip": ("ZIP", "application/zip"),
}
_ZIPPED = frozenset({".docx", ".kmz", ".ods", ".odt", ".xlsx", ".zip"})
_DOCUMENTS = frozenset({".docx", ".ods", ".odt", ".xls", ".xlsx"})
_BEGINNINGS: Mapping[str, bytes] = {
    ".gpkg": b"SQLite format 3\0",
    ".jpeg": b"\xff\xd8\xff",
    ".jpg": b"\xff\xd8\xff",
    ".parquet": b"PAR1",
    ".pdf": b"%PDF-",
    ".png": b"\x89PNG\r\n\x1a\n",
}
_GTFS_FILES = frozenset({"agency.txt", "routes.txt", "stops.txt", "trips.txt"})  # Source: gtfs.org, required files.
_JSON_LIMIT_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class OpaqueFile:
    """A file to publish as it is; `source_sha256` is its own.

    `copy`: where the bytes to send wait, or None when nothing is to be sent; `sha256` is theirs, which differs where an
    author's name was taken out.
    """

    format: str
    mimetype: str
    source_sha256: str
    sha256: str
    copy: Path | None


class Refused(Exception):
    """The file is not what its name says, or of a kind that is not published; the reason is in French."""


def take_opaque(path: Path, *, spool: Path | None) -> OpaqueFile:
    """Look at a file, and copy it to `spool` when one is given; its SHA-256 is that of the copied bytes.

    The copy of an office document does not name its author.

    :raises Refused: it cannot be published. :raises OSError: it cannot be read or copied.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise Refused(f"Les fichiers « {ending or 'sans extension'} » ne sont pas publiés tels quels.")
    kind, mimetype = FORMATS[ending]
    if path.stat().st_size == 0:
        raise Refused("Ce fichier est vide : redéposez-le.")
    if not _is_what_it_says(path, ending):
        raise Refused(
            f"Ce fichier porte l’extension « {ending} » mais son contenu est abîmé ou d’un autre format : "
            "ouvrez-le pour le vérifier, enregistrez-le de nouveau, puis redéposez-le."
        )
    if ending == ".zip" and _is_gtfs(path):
        kind = "GTFS"
    if spool is None:
        sha256 = hash_file(path)
        return OpaqueFile(kind, mimetype, sha256, sha256, None)
    copy = spool / hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()
    copy = copy.with_name(f"{copy.name}{ending}")  # its ending says how it is looked at
    spool.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)  # one of before may be what a catalogue keeps: it is never written over
    with path.open("rb") as source, copy.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 18)
    sha256 = hash_file(copy)
    nameless = copy.with_name(f"nameless-{copy.name}")
    if ending in _DOCUMENTS and write_without_author(copy, nameless):
        copy.unlink()
        return OpaqueFile(kind, mimetype, sha256, hash_file(nameless), nameless)
    return OpaqueFile(kind, mimetype, sha256, sha256, copy)


def _is_what_it_says(path: Path, ending: str) -> bool:
    if ending in _ZIPPED:
        return zipfile.is_zipfile(path)
    with path.open("rb") as file:
        if beginning := _BEGINNINGS.get(ending):
            return beginning in file.read(1024) if ending == ".pdf" else file.read(len(beginning)) == beginning
        if ending not in {".geojson", ".json"} or path.stat().st_size > _JSON_LIMIT_BYTES:
            return True
        try:
            document = json.load(file)
        except (ValueError, RecursionError):
            return False
    return ending == ".json" or (isinstance(document, dict) and isinstance(document.get("type"), str))


def _is_gtfs(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()) >= _GTFS_FILES
    except (zipfile.BadZipFile, OSError):
        return False
