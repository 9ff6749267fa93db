"""File formats and media types: the canonical name of a format, and guesses from a file's name."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from urllib.parse import urlsplit

_NAMES = (
    *("CSV", "TSV", "TXT", "JSON", "XML", "HTML", "PDF", "ZIP", "TAR", "7Z", "SQL", "SQLite", "API"),
    *("XLS", "XLSX", "XLSM", "ODS", "DOC", "DOCX", "ODT", "PPT", "PPTX", "ODP", "RTF", "DBF", "MDB"),
    *("RDF", "N3", "XSD", "RSS", "Atom", "ICS"),
    *("KML", "KMZ", "SHP", "GML", "GTFS", "GPX", "WMS", "WFS", "WMTS", "DXF", "DWG"),
    *("PNG", "JPEG", "GIF", "TIFF", "SVG", "BMP"),
)
_CANONICAL = {name.lower(): name for name in _NAMES} | {
    "geojson": "GeoJSON",
    "jsonl": "JSONL",
    "ndjson": "NDJSON",
    "json-ld": "JSON-LD",
    "jsonld": "JSON-LD",
    "topojson": "TopoJSON",
    "geopackage": "GeoPackage",
    "gpkg": "GeoPackage",
    "parquet": "Parquet",
    "ttl": "TTL",
    "htm": "HTML",
    "jpg": "JPEG",
    "tif": "TIFF",
    "gzip": "GZIP",
    "gz": "GZIP",
    "excel": "XLS",
    "esri shapefile": "SHP",
    "text/csv": "CSV",
    "application/csv": "CSV",
    "text/tab-separated-values": "TSV",
    "text/plain": "TXT",
    "text/html": "HTML",
    "application/json": "JSON",
    "application/ld+json": "JSON-LD",
    "application/geo+json": "GeoJSON",
    "application/vnd.geo+json": "GeoJSON",
    "application/xml": "XML",
    "text/xml": "XML",
    "application/rdf+xml": "RDF",
    "text/turtle": "TTL",
    "application/pdf": "PDF",
    "application/zip": "ZIP",
    "application/x-tar": "TAR",
    "application/x-qgis": "QGIS",
    "application/vnd.ms-excel": "XLS",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/vnd.oasis.opendocument.spreadsheet": "ODS",
    "application/vnd.oasis.opendocument.text": "ODT",
    "application/msword": "DOC",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.google-earth.kml+xml": "KML",
    "application/vnd.google-earth.kmz": "KMZ",
    "application/geopackage+sqlite3": "GeoPackage",
    "application/vnd.apache.parquet": "Parquet",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/svg+xml": "SVG",
    "application/atom+xml": "Atom",
    "application/rss+xml": "RSS",
    "text/calendar": "ICS",
}
_EXTRA_TYPES = {
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".parquet": "application/vnd.apache.parquet",
    ".jsonld": "application/ld+json",
    ".ttl": "text/turtle",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".json": "application/json",
    ".kml": "application/vnd.google-earth.kml+xml",
}


def canonical_format(text: str) -> str:
    """Return the usual spelling of a format, an extension or a media type; an unknown one as it is.

    >>> canonical_format("csv"), canonical_format(".GeoJSON"), canonical_format("text/csv"), canonical_format("SCDL")
    ('CSV', 'GeoJSON', 'CSV', 'SCDL')
    """
    stripped = text.strip()
    return _CANONICAL.get(stripped.lower().removeprefix("."), stripped)


def guess_mimetype(url: str) -> str | None:
    """Return the media type that the end of a URL's path, or a file name, suggests.

    >>> guess_mimetype("https://example.org/a.csv?x=1"), guess_mimetype("a.csv"), guess_mimetype("https://example.com")
    ('text/csv', 'text/csv', None)
    """
    try:
        name = urlsplit(url).path
    except ValueError:
        return None
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix:
        return None
    return _EXTRA_TYPES.get(suffix) or mimetypes.guess_type(name)[0]


def guess_format(url: str) -> str:
    """Return the format that the end of a URL's path suggests, or "".

    >>> guess_format("https://example.org/a.csv"), guess_format("https://example.org/")
    ('CSV', '')
    """
    mimetype = guess_mimetype(url)
    return _CANONICAL.get(mimetype, mimetype) if mimetype else ""
