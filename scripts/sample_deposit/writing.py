"""How the files are written: text tables as spreadsheets give them, workbooks, a PDF; always the same bytes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

Cell = str | int | float | date | None
Rows = Iterable[Sequence[Cell]]
EPOCH = (2026, 11, 2, 8, 0, 0)
"""What every archive says of its members' dates."""


def text(value: Cell) -> str:
    """Return a value as a file shows it."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def csv_bytes(
    header: Sequence[str],
    rows: Rows,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    newline: str = "\n",
    quote_all: bool = False,
    blank_rows: int = 0,
) -> bytes:
    """Return a text table. `encoding` "utf-8-sig" writes the mark of order; `blank_rows` end it with empty cells."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    )
    writer.writerow(header)
    writer.writerows([text(cell) for cell in row] for row in rows)
    out.write((delimiter * (len(header) - 1) + newline) * blank_rows)
    return out.getvalue().encode(encoding)


def reordered(header: Sequence[str], rows: Rows, first: Sequence[str]) -> tuple[list[str], list[list[Cell]]]:
    """Return the table with the columns `first` in front, the others after them in their order."""
    order = [header.index(name) for name in first] + [i for i, name in enumerate(header) if name not in first]
    return [header[i] for i in order], [[row[i] for i in order] for row in rows]


def without(header: Sequence[str], rows: Rows, names: Sequence[str]) -> tuple[list[str], list[list[Cell]]]:
    """Return the table without some columns."""
    kept = [i for i, name in enumerate(header) if name not in names]
    return [header[i] for i in kept], [[row[i] for i in kept] for row in rows]


def xlsx_bytes(
    header: Sequence[str],
    rows: Rows,
    *,
    sheet: str = "Feuil1",
    titles: Sequence[str] = (),
    numbers: Sequence[str] = (),
    blank_rows: int = 0,
) -> bytes:
    """Return an Excel workbook.

    `titles` are rows above the header; the columns `numbers` hold numbers though their values are codes, as when
    somebody types a SIRET in a spreadsheet; `blank_rows` are empty but formatted, as the end of a much used sheet.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.properties.creator = "Mairie"
    book.properties.created = datetime(*EPOCH)  # noqa: DTZ001 - the format holds no time zone
    page = book.active
    assert page is not None
    page.title = sheet
    for title in titles:
        page.append([title])
    if titles:
        page.append([])
    page.append(list(header))
    for cell in page[page.max_row]:
        cell.font = Font(bold=True)
    for row in rows:
        page.append(
            [
                int(text(cell)) if name in numbers and text(cell).isdigit() else cell
                for name, cell in zip(header, row, strict=True)
            ]
        )
    last = page.max_row
    for place in range(1, blank_rows + 1):
        for column in range(1, len(header) + 1):
            page.cell(last + place, column).font = Font(italic=True)
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as made:
        members = {info.filename: made.read(info) for info in made.infolist()}
    # openpyxl writes the time of saving.
    members["docProps/core.xml"] = re.sub(
        rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-11-02T08:00:00Z", members["docProps/core.xml"]
    )
    return zip_bytes(members)


def zip_bytes(members: dict[str, bytes], stored: Sequence[str] = ()) -> bytes:
    """Return a ZIP archive whose members all bear the date `EPOCH`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, content)
    return out.getvalue()


_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def ods_bytes(header: Sequence[str], rows: Rows, *, sheet: str = "Feuille1", blank_rows: int = 0) -> bytes:
    """Return an OpenDocument workbook; numbers and dates are typed cells, as LibreOffice writes them."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in [header, *rows])
    if blank_rows:
        blank = f'<table:table-cell table:number-columns-repeated="{len(header)}"/>'
        lines += f'<table:table-row table:number-rows-repeated="{blank_rows}">{blank}</table:table-row>'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_NAMES} office:version="1.3">'
        f'<office:body><office:spreadsheet><table:table table:name="{escape(sheet)}">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    members = {"mimetype": _ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": manifest}
    return zip_bytes({name: value.encode() for name, value in members.items()}, stored=["mimetype"])


def _ods_cell(value: Cell) -> str:
    shown = "".join(f"<text:p>{escape(line)}</text:p>" for line in text(value).split("\n"))
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}">{shown}</table:table-cell>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}">{shown}</table:table-cell>'
    return f'<table:table-cell office:value-type="string">{shown}</table:table-cell>'


def xls_bytes(header: Sequence[str], rows: Rows, *, sheet: str = "Feuil1") -> bytes:
    """Return a workbook of Excel 97–2003."""
    from xlwt import Workbook, easyxf

    book = Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    day = easyxf(num_format_str="DD/MM/YYYY")
    for place, row in enumerate([header, *rows]):
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write(place, column, value, day)
            elif value not in (None, ""):
                page.write(place, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pdf_bytes(lines: Sequence[str]) -> bytes:
    """Return a one-page PDF that shows the lines."""
    shown = "".join(f"({line.replace('(', '[').replace(')', ']')}) Tj 0 -22 Td " for line in lines)
    drawing = f"BT /F1 14 Tf 72 770 Td {shown}ET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]/Contents 4 0 R/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return out
