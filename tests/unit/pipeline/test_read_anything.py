"""Whatever the bytes are, reading ends with a table or with one of our own refusals."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odl_host.errors import OdlError
from odl_host.pipeline.normalise import is_normalised, write_normalised
from odl_host.pipeline.read import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parents[2] / "data"
SAMPLES = [path.read_bytes() for path in sorted(DATA.iterdir()) if path.suffix not in (".md", "")]
COLUMNS = frozenset(["nom", "montant", "objet"])
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.sampled_from('ab1é,;\t|"\n\r\0 €»\ufeff'), max_size=200)


@st.composite
def mutilated(draw: Callable[..., object]) -> bytes:
    """A sample file with some bytes changed, cut out or doubled."""
    content = bytearray(draw(st.sampled_from(SAMPLES)))  # type: ignore[call-overload]
    for _ in range(draw(st.integers(1, 6))):  # type: ignore[call-overload]
        place = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.sampled_from([0, 1, 4, 60, 500]))
        content[place : place + length] = draw(st.binary(max_size=8))  # type: ignore[operator]
    return bytes(content)


def read_whole(path: Path) -> None:
    try:
        for repair in (True, False):
            table = read_table(path, columns=COLUMNS, repair=repair)
            rows = list(table.iter_rows())
            assert table.rows == len(rows)
            assert all(isinstance(cell, str) for row in rows for cell in row)
    except OdlError as error:
        assert error.message
        assert error.hint


@quick
@given(content=st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    read_whole(tmp_path / "x.csv")


@quick
@given(text=texts, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
def test_any_text_is_a_table_or_a_refusal(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "x.csv").write_bytes(text.encode(encoding, "replace"))
    read_whole(tmp_path / "x.csv")


@quick
@given(content=mutilated())
def test_damaged_files_of_every_kind_are_a_table_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    read_whole(tmp_path / "x.xlsx")


cells = st.text(st.sampled_from('abcé1 ,;"\n\r€'), max_size=6)


@quick
@given(rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_a_csv_writer_wrote_is_read_back_and_normalised_without_a_change(
    tmp_path: Path, rows: list[list[str]], encoding: str
) -> None:
    header = ["nom", "montant", "objet"]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([header, *rows])
    (tmp_path / "x.csv").write_bytes(buffer.getvalue().encode(encoding))
    table = read_table(tmp_path / "x.csv", columns=COLUMNS, repair=False)
    assert (list(table.header), list(table.iter_rows())) == (header, rows)

    normalised = write_normalised(table, tmp_path / "n.csv")
    assert is_normalised(tmp_path / "n.csv")
    again = read_table(tmp_path / "n.csv", columns=COLUMNS, repair=False)
    assert list(again.iter_rows()) == [row for row in rows if any(row)]
    assert normalised.rows == again.rows
