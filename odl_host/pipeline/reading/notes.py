"""What was noticed or put right while reading, in words for the town hall."""

from __future__ import annotations

from odl_host.record import Record

NOTE_CODES: dict[str, str] = {
    "bom-on-cp1252": "The file announces UTF-8 (byte order mark) but its text is Windows-1252.",
    "mixed-encoding": "UTF-8 text with lines in Windows-1252; each line was read in its own.",
    "legacy-encoding": "The text is in an old encoding (Windows-1252, Mac OS Roman, DOS) and was read as such.",
    "utf-16": "The text is in UTF-16 or UTF-32 and was read as such.",
    "replacement-characters": "Letters were lost (U+FFFD) before the file reached us.",
    "double-encoded": "Accented letters were read as Windows-1252 and written as UTF-8 before the file reached us.",
    "control-characters": "Invisible control characters were removed.",
    "separator-line": "The first line only names the separator (`sep=;`) and was left out.",
    "spaced-separators": "A space follows each separator; it was left out.",
    "title-rows": "Rows above the header are not data and were left out.",
    "repeated-header": "The header row occurs again among the data.",
    "rows-below": "The last rows are no data but a total or a remark; they were read all the same.",
    "trailing-blank-rows": "Blank rows after the data were left out.",
    "trailing-blank-columns": "Columns without name and without data, on the right, were left out.",
    "unquoted-decimal-comma": "In a comma-separated file, decimal commas split cells in two.",
    "open-quote": "A quotation mark is never closed: the rows behind it were read as one cell.",
    "ragged-rows": "Rows that have more or fewer cells than the header.",
    "sheet-chosen": "The workbook has several sheets with data; one was read.",
    "hidden-sheet": "The sheet that was read is hidden.",
    "cell-errors": "Cells that show an error (#N/A, #REF!…) were read as empty.",
    "uncached-formulas": "Formulas whose result is not stored in the file were read as empty.",
    "wrong-extension": "The name's extension is not that of the content.",
    "html-table": "The file is a web page saved as a spreadsheet; its table was read.",
}
"""Every code a note may have, explained for developers; `ReadNote.detail` is the French sentence."""


class ReadNote(Record):
    """One remark on a file: `count` things concerned, the first of them on `rows` (1-based places in the file).

    A question on a column's name says which one (`label`) and whose place it would take (`column`).
    """

    code: str
    detail: str
    count: int = 1  # type: ignore[assignment]  # rather than the method of tuples, which nobody asks a note for
    rows: tuple[int, ...] = ()
    label: str = ""
    column: str = ""


def plural(count: int, one: str, many: str) -> str:
    """Say a number with its noun.

    >>> plural(1, "ligne vide", "lignes vides"), plural(3, "ligne vide", "lignes vides")
    ('1 ligne vide', '3 lignes vides')
    """
    return f"{count} {one if count < 2 else many}"


def places(rows: tuple[int, ...], count: int) -> str:
    """Say where, in a sentence: `ligne 4`, `lignes 4, 7 et 9`, `lignes 4, 7, 9…`."""
    shown = [str(row) for row in rows[:5]]
    if not shown:
        return ""
    if len(shown) == 1 and count == 1:
        return f"ligne {shown[0]}"
    if count > len(shown):
        return f"lignes {', '.join(shown)}…"
    return f"lignes {', '.join(shown[:-1])} et {shown[-1]}"
