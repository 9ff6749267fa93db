"""What a program wrote is read back as it was, and normalised without a change; see tests/fuzz for the rest."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from odl_host.pipeline.examining.normalise import write_normalised
from odl_host.pipeline.reading.read import read_table

COLUMNS = frozenset(["nom", "montant", "objet"])
quick = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])

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
    content = buffer.getvalue().encode(encoding)
    # "é€€" in Windows-1252 is "退" in UTF-8: when all bytes say so by chance, they are read as UTF-8.
    assume(encoding != "cp1252" or content.isascii() or "\ufffd" in content.decode("utf-8", "replace"))
    (tmp_path / "x.csv").write_bytes(content)
    table = read_table(tmp_path / "x.csv", columns=COLUMNS, repair=False)
    assert (list(table.header), list(table.iter_rows())) == (header, rows)

    normalised = write_normalised(table, tmp_path / "n.csv")
    again = read_table(tmp_path / "n.csv", columns=COLUMNS, repair=False)
    assert write_normalised(again, io.BytesIO()).sha256 == normalised.sha256
    assert list(again.iter_rows()) == [row for row in rows if any(row)]
    assert normalised.rows == again.rows
