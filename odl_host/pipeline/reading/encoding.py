"""Decide how a text file is encoded, over the whole file, and decode it as a stream.

The answer is a byte order mark, strict UTF-8, or Windows-1252 (what French spreadsheets write), or UTF-8 with stray
Windows-1252 lines; never a statistical guess: detectors take short French texts for Chinese or Cyrillic ones. Text of
old Macintoshes and of DOS is known by what only it writes: read as Windows-1252, small letters would be followed by
"Ž" or "‚" again and again, and by no accented letter at all.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from typing import IO, TYPE_CHECKING, BinaryIO

from odl_host.pipeline.reading.kinds import looks_utf16
from odl_host.pipeline.reading.notes import ReadNote, places, plural
from odl_host.pipeline.reading.refusals import RefusedFile
from odl_host.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from odl_host.pipeline.reading.limits import ReadLimits

MIXED = "utf-8+cp1252"
_MIXED_CODEC = "odl_utf8_cp1252"
_CHUNK = 1 << 16
_LAST_RESORT = "odl_latin1"
_STRAY_BYTES = "odl_cp1252"
# Longest first: the mark of UTF-32 LE begins like that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Accented letters, œ and typographic signs as UTF-8 writes them; in Windows-1252 these bytes would be "Ã©", "â€™".
_FRENCH_UTF8 = rb"[\xc2\xc3][\x80-\xbf]|\xc5[\x92\x93]|\xe2\x80[\x80-\xbf]|\xe2\x82\xac"
# The same once they were read as Windows-1252 and written as UTF-8 again: "Ã©", "â€™".
_TWICE = (b"\xc3\x83\xc2", b"\xc3\xa2\xe2\x82\xac")
_CONTROLS = bytes(sorted(set(range(32)) - {9, 10, 13}))
REMOVE_CONTROLS = dict.fromkeys(_CONTROLS)
# What an "é" or an "è" after a small letter is in Mac OS Roman and in DOS; no Windows-1252 text has these there (Ž, an
# undefined byte; a low quotation mark, Š). Source: the tables of unicode.org, VENDORS/APPLE/ROMAN and MICSFT/PC/CP850.
_OLDER = (
    ("mac-roman", rb"[a-z][\x8e\x8f]", "Mac OS Roman (ancien codage des Macintosh)"),
    ("cp850", rb"[a-z][\x82\x8a]", "CP 850 (codage de MS-DOS)"),
)
_WINDOWS_LETTER = rb"[a-z][\xe0\xe2\xe7-\xeb\xee\xef\xf4\xf9\xfb]"
_CERTAIN = 2
"""Letters of an older encoding that make it certain, where not one is of Windows-1252 or of the other."""
# Letters and signs that a French text in UTF-8 shows; a Windows-1252 line that happens to be valid UTF-8 gives others
# ("CAFÉ" + no-break space reads as "CAFɠ", "é" + no-break space + "»" as a Chinese character).
_FRENCH = frozenset(
    [chr(code) for code in range(0xA0, 0x100)]
    + list("ŒœŸŠšŽž€™•…‘’‚‛“”„–—‑−‹›†‡‰")
    + ["\u200b", "\u202f", "\u2009", "\u2003", "\ufeff", "\ufffd", "\u0300", "\u0301", "\u0302", "\u0308", "\u0327"]
)


class TextForm(Record):
    """How the bytes of a file become text, and what the survey of the whole file saw."""

    encoding: str
    """ascii, utf-8, utf-8-sig, utf-16-le, utf-16-be, utf-32-le, utf-32-be, cp1252, mac-roman, cp850, or
    `MIXED`."""
    mark_bytes: int
    controls: int
    replacements: int
    notes: tuple[ReadNote, ...] = ()
    content: bytes | None = None
    """All bytes of a small file, so that the passes to come need not open it again."""


def survey(path: Path, limits: ReadLimits, content: bytes | None = None) -> TextForm:
    """Read a text file once, in bounded memory, and decide its encoding.

    `content`: all its bytes, where they are known.

    :raises RefusedFile: a line is longer than the limit, or the file cannot be read
    """
    try:
        head = content if content is not None else _first_bytes(path)
        if len(head) < _CHUNK:
            content = head
        start = TextForm("", 0, 0, 0, content=content)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return _survey_marked(path, start._replace(encoding=encoding, mark_bytes=len(mark)), limits)
        wide = looks_utf16(head[:4096])
        if wide:
            return _survey_wide(path, start._replace(encoding=wide), limits)
        return _survey_bytes(path, start, limits)
    except OSError as error:
        raise RefusedFile("absent", path, detail=error.strerror or str(error)) from error


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_CHUNK)


def _open(path: Path, form: TextForm) -> BinaryIO:
    """Open a file behind its mark."""
    file: BinaryIO = path.open("rb") if form.content is None else io.BytesIO(form.content)
    file.seek(form.mark_bytes)
    return file


def open_text(path: Path, form: TextForm) -> IO[str]:
    """Open a surveyed file as text, after its mark, with line ends as they are (what `csv.reader` wants)."""
    return decode(_open(path, form), form)


def decode(file: BinaryIO, form: TextForm) -> IO[str]:
    """Return the text of bytes of a surveyed file, behind its mark."""
    codec, errors = form.encoding, "strict"
    if codec in ("utf-8-sig", "ascii"):
        codec = "utf-8"
    elif codec == "cp1252":
        errors = _LAST_RESORT
    elif codec == MIXED:
        codec = _MIXED_CODEC
    elif codec != "utf-8":
        errors = "replace"
    return io.TextIOWrapper(file, encoding=codec, errors=errors, newline="")


def _survey_marked(path: Path, start: TextForm, limits: ReadLimits) -> TextForm:
    if start.encoding != "utf-8-sig":
        return _survey_wide(path, start, limits)
    form = _survey_bytes(path, start, limits)
    if form.encoding in ("ascii", "utf-8"):
        return form._replace(encoding="utf-8-sig")
    if form.encoding == "cp1252":
        detail = "Le fichier s’annonce en UTF-8 mais son texte est en Windows-1252 : il a été lu ainsi."
        return form._replace(notes=(ReadNote("bom-on-cp1252", detail),))
    return form


def _survey_wide(path: Path, form: TextForm, limits: ReadLimits) -> TextForm:
    """Survey UTF-16 and UTF-32: only the length of lines can be wrong, broken pairs are replaced."""
    controls = replacements = line = 0
    bound = limits.max_line_bytes
    with open_text(path, form) as text:
        while chunk := text.read(min(_CHUNK, bound)):
            line = _longest(chunk, line, bound, path)
            controls += len(chunk) - len(chunk.translate(REMOVE_CONTROLS))
            replacements += chunk.count("\ufffd")
    note = ReadNote("utf-16", f"Le fichier est en {form.encoding[:6].upper()} ; il a été lu ainsi.")
    return form._replace(controls=controls, replacements=replacements, notes=(note,))


def _survey_bytes(path: Path, form: TextForm, limits: ReadLimits) -> TextForm:
    decoder = codecs.getincrementaldecoder("utf-8")()
    ascii_only = valid = True
    controls = replacements = twice = line = 0
    bound = limits.max_line_bytes
    with _open(path, form) as file:
        while chunk := file.read(min(_CHUNK, bound)):
            line = _longest(chunk, line, bound, path)
            # Looking for one byte is thirty times as quick as rewriting all.
            if any(map(chunk.__contains__, _CONTROLS)):
                controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
            if chunk.isascii() and ascii_only:
                continue
            ascii_only = False
            twice += sum(chunk.count(letters) for letters in _TWICE if all(map(chunk.__contains__, letters)))
            if valid:
                try:
                    replacements += decoder.decode(chunk).count("\ufffd")
                except UnicodeDecodeError:
                    valid = False
        if valid:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                valid = False
    form = form._replace(controls=controls)
    if valid:
        notes = (_double_encoded(twice),) if twice else ()
        return form._replace(encoding="ascii" if ascii_only else "utf-8", replacements=replacements, notes=notes)
    return _survey_lines(path, form._replace(encoding="cp1252"))


def _double_encoded(count: int) -> ReadNote:
    said = plural(count, "lettre accentuée est abîmée", "lettres accentuées sont abîmées")
    detail = (
        f"{said} (« Ã© » au lieu de « é ») : le fichier a été ouvert dans le mauvais codage, puis enregistré. "
        "Exportez-le de nouveau depuis le logiciel d’origine, en CSV UTF-8 ou en XLSX."
    )
    return ReadNote("double-encoded", detail, count)


def _survey_lines(path: Path, form: TextForm) -> TextForm:
    """Tell a Windows-1252 file from a UTF-8 file into which Windows-1252 lines were pasted."""
    modern = windows = 0
    older: Counter[str] = Counter()
    stray: list[int] = []
    strays = 0
    with _open(path, form) as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            try:
                modern += not _FRENCH.isdisjoint(line.decode("utf-8"))
            except UnicodeDecodeError:
                strays += 1
                if len(stray) < 10:
                    stray.append(number)
                windows += len(re.findall(_WINDOWS_LETTER, line))
                if not windows:
                    older.update({name: len(re.findall(letters, line)) for name, letters, _ in _OLDER})
    if not modern:
        for name, _, title in _OLDER:
            if older[name] >= _CERTAIN and not windows and older[name] == older.total():
                detail = f"Le texte est en {title} ; il a été lu ainsi."
                return form._replace(encoding=name, notes=(ReadNote("legacy-encoding", detail),))
        detail = "Le texte est en Windows-1252 (ancien codage de Windows) ; il a été lu ainsi."
        return form._replace(notes=(ReadNote("legacy-encoding", detail),))
    rows = tuple(stray)
    detail = (
        f"Deux codages se mélangent : {plural(strays, 'ligne', 'lignes')} en Windows-1252 dans un fichier en UTF-8 "
        f"({places(rows, strays)}). Chaque ligne a été lue dans le sien."
    )
    return form._replace(encoding=MIXED, notes=(ReadNote("mixed-encoding", detail, strays, rows),))


def _longest(chunk: str | bytes, line: int, bound: int, path: Path) -> int:
    """Return the length of the line that is open at the end of a chunk, given that at its start."""
    newline, back = ("\n", "\r") if isinstance(chunk, str) else (b"\n", b"\r")
    first, last = chunk.find(newline), chunk.rfind(newline)  # type: ignore[arg-type]  # both are of the chunk's type
    if first < 0:
        first, last = chunk.find(back), chunk.rfind(back)  # type: ignore[arg-type]  # the same
    if line + (len(chunk) if first < 0 else first) > bound:
        raise RefusedFile("line-too-long", path, bound=str(bound))
    return line + len(chunk) if last < 0 else len(chunk) - last - 1


def decode_line(line: bytes) -> str:
    """Decode one line of a mixed file: UTF-8 where it is French UTF-8, else Windows-1252.

    >>> decode_line("été".encode()), decode_line("été".encode("cp1252"))
    ('été', 'été')
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        # A line pasted together from both encodings: keep what is French UTF-8 and read the stray bytes one by one.
        return (
            line.decode("utf-8", _STRAY_BYTES) if re.search(_FRENCH_UTF8, line) else line.decode("cp1252", _LAST_RESORT)
        )
    if line.isascii() or not _FRENCH.isdisjoint(text):
        return text
    return line.decode("cp1252", _LAST_RESORT)


class _MixedDecoder(codecs.BufferedIncrementalDecoder):
    """Decodes line by line; what follows the last line end waits for more, up to a bound."""

    def _buffer_decode(self, data: bytes, errors: str, final: bool) -> tuple[str, int]:  # type: ignore[override]  # noqa: ARG002
        end = len(data) if final else max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        return "".join(map(decode_line, data[:end].splitlines(keepends=True))), end


def _latin1(error: UnicodeError) -> tuple[str, int]:
    # Five bytes have no meaning in Windows-1252; they are kept as the control characters they are in Latin-1.
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


def _cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", _LAST_RESORT), error.end


def _mixed_codec(name: str) -> codecs.CodecInfo | None:
    if name != _MIXED_CODEC:
        return None
    utf8 = codecs.lookup("utf-8")
    return codecs.CodecInfo(
        encode=utf8.encode,
        decode=lambda data, _errors="strict": ("".join(map(decode_line, bytes(data).splitlines(True))), len(data)),
        incrementalencoder=utf8.incrementalencoder,
        incrementaldecoder=_MixedDecoder,
        name=_MIXED_CODEC,
    )


codecs.register_error(_LAST_RESORT, _latin1)
codecs.register_error(_STRAY_BYTES, _cp1252)
codecs.register(_mixed_codec)
