"""What a file is, by its first bytes; its name is only a hint, since town halls rename freely."""

from __future__ import annotations

import re

# Signatures: Source: the formats' specifications and the `file` command's magic database, checked 2026-11.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "un document PDF"),
    (b"\x89PNG\r\n", "a PNG image", "une image PNG"),
    (b"\xff\xd8\xff", "a JPEG image", "une image JPEG"),
    (b"GIF8", "a GIF image", "une image GIF"),
    (b"BM\x00", "a BMP image", "une image BMP"),
    (b"II*\x00", "a TIFF image", "une image TIFF"),
    (b"MM\x00*", "a TIFF image", "une image TIFF"),
    (b"PAR1", "a Parquet file", "un fichier Parquet"),
    (b"\x1f\x8b", "a gzip archive", "une archive compressée (gzip)"),
    (b"BZh", "a bzip2 archive", "une archive compressée (bzip2)"),
    (b"\xfd7zXZ\x00", "an xz archive", "une archive compressée (xz)"),
    (b"\x28\xb5\x2f\xfd", "a zstandard archive", "une archive compressée (zstandard)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "une archive compressée (7-Zip)"),
    (b"Rar!\x1a", "a RAR archive", "une archive compressée (RAR)"),
    (b"SQLite format 3\x00", "an SQLite database", "une base de données SQLite"),
    (b"{\\rtf", "an RTF document", "un document de traitement de texte (RTF)"),
    (b"\x7fELF", "a program", "un programme"),
    (b"MZ\x90", "a program", "un programme"),
    (b"\x00\x00\x27\x0a", "a shapefile", "un fichier géographique (shapefile)"),
    (b"RIFF", "a sound or a video", "un son ou une vidéo"),
    (b"ID3", "a sound", "un son"),
    (b"OggS", "a sound or a video", "un son ou une vidéo"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROL = bytes(sorted(set(range(32)) - {9, 10, 11, 12, 13, 26, 27}))
# A comment ends at its first "-->": were it free to run on, many comments would be tried in every grouping.
_COMMENTS = rb"(?:<!--(?:(?!-->).)*-->\s*)*"
_HTML = _COMMENTS + rb"<(?:!doctype\s+html|html|head|body|table|meta|style)\b"
_XML_HTML = rb"<\?xml[^>]*>\s*" + _COMMENTS + rb"<(?:!doctype\s+html|html)\b"
_JSON = rb'\{\s*"|\[\s*[\[{]'


def find_binary(head: bytes) -> tuple[str, str] | None:
    """Name what a file that is neither text nor workbook is, in English and in French."""
    for signature, english, french in _SIGNATURES:
        if head.startswith(signature) and not (signature.isalnum() and _reads_as_text(head)):
            return english, french
    if head[4:8] == b"ftyp":
        return "a video or an image", "une vidéo ou une image"
    if not head.startswith(_BOMS) and not looks_utf16(head) and _share_of_controls(head) > 0.1:
        return "a binary file", "un fichier d’un autre genre"
    return None


def find_container(head: bytes) -> str | None:
    """Return "zip" or "ole" when the file is one of the containers workbooks live in."""
    if head.startswith(_ZIP):
        return "zip"
    return "ole" if head.startswith(_OLE) else None


def find_markup(head: bytes) -> str | None:
    """Return "html", "xml" or "json" when a text is written in one of these; None for anything that may be a table."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[2:].replace(b"\0", b"")
    text = text.lstrip()
    if not text.startswith((b"<", b"{", b"[")):
        return None
    if re.match(_HTML, text, re.I | re.S) or re.match(_XML_HTML, text, re.I | re.S):
        return "html"
    if text.startswith(b"<?xml"):
        return "xml"
    return "json" if re.match(_JSON, text) else None


def looks_utf16(head: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: every other byte of mostly western text is null."""
    sample = head[:4096]
    if len(sample) < 8 or b"\0" not in sample:
        return None
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _reads_as_text(head: bytes) -> bool:
    # A CSV may well begin with the letters "ID3" or "RIFF".
    return _share_of_controls(head) == 0


def _share_of_controls(head: bytes) -> float:
    return (len(head) - len(head.translate(None, _CONTROL))) / max(1, len(head))
