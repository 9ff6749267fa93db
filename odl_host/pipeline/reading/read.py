"""The door to reading: any file a town hall sends becomes a `Table` of text, or a refusal that says what to do.

It judges nothing: what the cells should hold is the validator's business. What it puts right (encoding, title rows,
blank rows at the end) is said in `Table.notes`; `repair=False` gives the file as it is, first row as header.
"""

from __future__ import annotations

import csv
import itertools
import stat
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.batch import is_blank
from odl_host.pipeline.reading.delimited import DelimitedSource
from odl_host.pipeline.reading.encoding import survey
from odl_host.pipeline.reading.header import HEAD_ROWS, find_header
from odl_host.pipeline.reading.kinds import find_binary, find_container, find_markup
from odl_host.pipeline.reading.limits import ReadLimits
from odl_host.pipeline.reading.names import name_keys
from odl_host.pipeline.reading.notes import NOTE_CODES, ReadNote, plural
from odl_host.pipeline.reading.refusals import REFUSAL_CODES, RefusedFile
from odl_host.pipeline.reading.table import Source, Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from odl_host.pipeline.reading.encoding import TextForm

__all__ = ["NOTE_CODES", "REFUSAL_CODES", "ReadLimits", "ReadNote", "RefusedFile", "Table", "count_rows", "read_table"]

_DEFAULT_LIMITS = ReadLimits()
_HEAD_BYTES = 1 << 13
_TEXT_EXTENSIONS = frozenset({".csv", ".tsv", ".txt", ".tab", ""})
_WORKBOOK_EXTENSIONS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods"}


def read_table(
    path: Path,
    *,
    limits: ReadLimits = _DEFAULT_LIMITS,
    columns: Collection[str] = (),
    repair: bool = True,
    content: bytes | None = None,
) -> Table:
    """Open a file as a table; its rows are streamed by the table, as often as one likes.

    `columns` are the column names of the known schemas (give a frozenset: it is worked out once); they decide the
    separator, the sheet and the header row where the file leaves a doubt. With `repair=False` the first row is the
    header and every row is kept as it is; the encoding is decided all the same. `content`: all bytes of the file, from
    one who has just read them.

    :raises RefusedFile: an `UnreadableFile` with a stable `code` and a French sentence, whatever the bytes are
    """
    keys = name_keys(columns)
    if content is None:
        size, head = _look_at(path)
    else:
        size, head = len(content), content[:_HEAD_BYTES]
    if size > limits.max_bytes:
        raise RefusedFile("too-big", path, detail=str(size), bound=str(limits.max_bytes), limit="max_file_mb")
    if not head:
        raise RefusedFile("empty", path)
    container = find_container(head)
    if container:
        return _read_workbook(path, size, container, limits, keys, repair)
    binary = find_binary(head)
    if binary:
        raise RefusedFile("binary", path, what=binary[0], what_fr=binary[1])
    markup = find_markup(head)
    if markup:
        return _read_markup(path, markup, head, limits, keys, repair)
    return _read_text(path, limits, keys, repair, content)


def _look_at(path: Path) -> tuple[int, bytes]:
    """Return the size and the first bytes of a file. :raises RefusedFile: it cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise RefusedFile("absent", path, detail="it is not a file")
        with path.open("rb") as file:
            return status.st_size, file.read(_HEAD_BYTES)
    except OSError as error:
        raise RefusedFile("absent", path, detail=error.strerror or str(error)) from error


def count_rows(path: Path, *, limits: ReadLimits = _DEFAULT_LIMITS, columns: Collection[str] = ()) -> int:
    """Count the rows below the first one, blank ones included: the file as it is, nothing put right."""
    return read_table(path, limits=limits, columns=columns, repair=False).rows


def _read_text(path: Path, limits: ReadLimits, keys: frozenset[str], repair: bool, content: bytes | None) -> Table:
    form = survey(path, limits, content)
    source = DelimitedSource(path, form, limits, columns=keys, repair=repair)
    notes = [*form.notes, *_text_notes(form, repair)]
    if source.skipped:
        notes.append(ReadNote("separator-line", "La première ligne (« sep= ») n’est pas une donnée.", 1, (1,)))
    if source.spaced:
        detail = f"Une espace suit chaque séparateur (« {source.delimiter} ») ; elle n’a pas été prise pour une donnée."
        notes.append(ReadNote("spaced-separators", detail))
    if path.suffix.lower() not in _TEXT_EXTENSIONS:
        detail = f"Le fichier se nomme « {path.suffix} » mais c’est du texte (CSV) ; il a été lu ainsi."
        notes.append(ReadNote("wrong-extension", detail))
    is_plain = form.encoding in ("ascii", "utf-8") and not form.controls and not source.spaced
    plain = form.content if is_plain else None
    return _open_table(path, source, limits, keys, repair, notes, form=form, plain=plain)


def _text_notes(form: TextForm, repair: bool) -> list[ReadNote]:
    notes: list[ReadNote] = []
    if form.replacements:
        said = plural(form.replacements, "caractère a été perdu", "caractères ont été perdus")
        detail = f"{said} avant l’envoi (affichés « \ufffd ») : réexportez le fichier depuis le logiciel d’origine."
        notes.append(ReadNote("replacement-characters", detail, form.replacements))
    if form.controls and repair:
        said = plural(form.controls, "caractère invisible retiré", "caractères invisibles retirés")
        notes.append(ReadNote("control-characters", f"{said}.", form.controls))
    return notes


def _read_workbook(
    path: Path, size: int, container: str, limits: ReadLimits, keys: frozenset[str], repair: bool
) -> Table:
    from odl_host.pipeline.reading.workbook import open_sheet

    if size > limits.max_workbook_bytes:
        raise RefusedFile(
            "too-big", path, detail=str(size), bound=str(limits.max_workbook_bytes), limit="max_workbook_mb"
        )
    source, notes = open_sheet(path, container, limits, keys)
    if _WORKBOOK_EXTENSIONS.get(path.suffix.lower()) != source.format:
        detail = (
            f"Le fichier se nomme « {path.suffix} » mais c’est un classeur {source.format.upper()} ; il a été lu ainsi."
        )
        notes.append(ReadNote("wrong-extension", detail))
    return _open_table(path, source, limits, keys, repair, notes, sheet=source.sheet)


def _read_markup(path: Path, markup: str, head: bytes, limits: ReadLimits, keys: frozenset[str], repair: bool) -> Table:
    if markup == "json":
        what = "GeoJSON" if b'"FeatureCollection"' in head or path.suffix.lower() == ".geojson" else "JSON"
        raise RefusedFile("json", path, what=what)
    if markup == "xml":
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
            what, french = "a spreadsheet in XML (2003)", "un classeur Excel 2003 en XML"
        else:
            what, french = "an XML document", "un document XML"
        raise RefusedFile("xml-spreadsheet", path, what=what, what_fr=french)
    from odl_host.pipeline.reading.webpage import open_web_table

    source = open_web_table(path, survey(path, limits), limits, keys)
    notes = [ReadNote("html-table", "Le fichier est une page web enregistrée comme un tableur ; son tableau a été lu.")]
    return _open_table(path, source, limits, keys, repair, notes)


def _open_table(
    path: Path,
    source: Source,
    limits: ReadLimits,
    keys: frozenset[str],
    repair: bool,
    notes: list[ReadNote],
    *,
    form: TextForm | None = None,
    sheet: str | None = None,
    plain: bytes | None = None,
) -> Table:
    index = 0
    head: list[list[str]] = []
    try:
        with source.records() as records:
            for record in records:
                if repair and is_blank(record):
                    index += 1
                    continue
                head.append(record)
                head.extend(itertools.islice(records, HEAD_ROWS - 1 if repair else 0))
                break
    except csv.Error as error:
        raise source.refuse(source.skipped + index + len(head) + 1) from error
    except (UnicodeError, OSError) as error:
        raise RefusedFile("changed", path, detail=str(error)) from error
    if not head:
        raise RefusedFile("empty", path)
    place = find_header(head, keys) if repair else 0
    index, header = index + place, head[place]
    if len(header) > limits.max_columns:
        raise RefusedFile(
            "too-many-columns", path, detail=str(len(header)), bound=str(limits.max_columns), limit="max_columns"
        )
    return Table(
        path,
        source,
        header=header,
        header_row=source.skipped + index + 1,
        repair=repair,
        encoding=form.encoding if form else None,
        delimiter=getattr(source, "delimiter", None),
        sheet=sheet,
        plain=plain,
        notes=(*notes, *_header_notes(header, index, source.skipped, repair)),
    )


def _header_notes(header: list[str], index: int, skipped: int, repair: bool) -> list[ReadNote]:
    notes: list[ReadNote] = []
    if index:
        above = (
            "La première ligne n’est pas une donnée"
            if index == 1
            else f"Les {index} premières lignes ne sont pas des données"
        )
        rows = tuple(range(skipped + 1, skipped + min(index, 10) + 1))
        detail = f"{above} : les titres des colonnes sont à la ligne {skipped + index + 1}."
        notes.append(ReadNote("title-rows", detail, index, rows))
    blank = sum(1 for _ in itertools.takewhile(lambda label: not label.strip(), reversed(header)))
    if repair and 0 < blank < len(header):
        said = plural(blank, "colonne sans nom", "colonnes sans nom")
        aside = "laissées de côté si elles sont vides" if blank > 1 else "laissée de côté si elle est vide"
        detail = f"{said} à droite du tableau, {aside}."
        notes.append(ReadNote("trailing-blank-columns", detail, blank))
    return notes
