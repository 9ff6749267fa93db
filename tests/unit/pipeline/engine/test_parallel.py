"""A table judged in parts gives the report of the table judged as one, whatever the file looks like."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odl_host.pipeline.engine.parallel import run_in_parts
from odl_host.pipeline.engine.rows import Engine
from odl_host.pipeline.engine.validate import PARALLEL_FROM_BYTES, Report, validate_table
from odl_host.pipeline.reading.read import Table, read_table
from odl_host.schemas.registry import Schema
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 11, 25)
FIELDS = [
    {"name": "nom", "type": "string", "constraints": {"required": True}},
    {"name": "montant", "type": "number", "constraints": {"minimum": 0}},
    {"name": "jour", "type": "date"},
    {"name": "objet", "type": "string"},
]
PLAIN = parse_descriptor({"fields": FIELDS}, name="essai", version="1")
KEYED = parse_descriptor({"fields": FIELDS, "primaryKey": ["nom"]}, name="essai", version="1")
UNIQUE = parse_descriptor(
    {"fields": [{**FIELDS[0], "constraints": {"required": True, "unique": True}}, *FIELDS[1:]]},
    name="essai",
    version="1",
)

ENOUGH = 5
"""Of sixty files some cannot be cut; but a property that holds of none that was cut would say nothing."""

cells = st.sampled_from(
    ["a", "é", "", " ", "12", "1,5", "2024-01-31", "31/01/2024", "deux\nlignes", 'un "mot"', "a\r\nb", "œ;,", "nom"]
)
rows = st.lists(
    st.one_of(
        st.lists(cells, min_size=4, max_size=4),
        st.lists(cells, min_size=4, max_size=4),
        st.lists(cells, min_size=0, max_size=6),
        st.just(["", "", "", ""]),
        st.just(["nom", "montant", "jour", "objet"]),
    ),
    max_size=60,
)


def as_one(table: Table, schema: Schema, most: int) -> tuple[Report, int, object]:
    report = validate_table(table, schema, strict_validata=True, max_findings=most, today=TODAY)
    return report, table.rows, table.notes


def in_parts(table: Table, schema: Schema, most: int, count: int) -> tuple[Report, int, object] | None:
    engine = Engine(schema, table.header, strict_validata=True, max_findings=most, today=TODAY)
    parts = table.cut(count)
    if not parts or not run_in_parts(engine, table, parts):
        return None
    return engine.report(), table.rows, table.notes


def write(path: Path, records: list[list[str]], *, encoding: str, end: str, delimiter: str, quoting: int) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["nom", "montant", "jour", "objet"], *records])
    path.write_bytes(text.getvalue().encode(encoding))


def test_a_file_cut_anywhere_gives_the_report_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    judged_in_parts = 0

    @given(
        records=rows,
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
        end=st.sampled_from(["\n", "\r\n"]),
        delimiter=st.sampled_from([",", ";", "\t"]),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        schema=st.sampled_from([PLAIN, KEYED, UNIQUE]),
        most=st.sampled_from([1, 2, 1000]),
        count=st.sampled_from([2, 3]),
        repair=st.booleans(),
    )
    @settings(max_examples=60, deadline=None)
    def agree(
        records: list[list[str]],
        encoding: str,
        end: str,
        delimiter: str,
        quoting: int,
        schema: Schema,
        most: int,
        count: int,
        repair: bool,
    ) -> None:
        nonlocal judged_in_parts
        write(path, records, encoding=encoding, end=end, delimiter=delimiter, quoting=quoting)
        got = in_parts(read_table(path, repair=repair), schema, most, count)
        if got is not None:
            judged_in_parts += 1
            assert got == as_one(read_table(path, repair=repair), schema, most)

    agree()
    assert judged_in_parts >= ENOUGH


def test_stray_quotation_marks_never_change_the_report(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    judged_in_parts = 0

    @given(text=st.text(alphabet='ab;"\n\r', max_size=300))
    @settings(max_examples=60, deadline=None)
    def agree(text: str) -> None:
        nonlocal judged_in_parts
        path.write_bytes(b"nom;montant;jour;objet\n" + text.encode())
        got = in_parts(read_table(path), PLAIN, 1000, 2)
        if got is not None:
            judged_in_parts += 1
            assert got == as_one(read_table(path), PLAIN, 1000)

    agree()
    assert judged_in_parts >= ENOUGH


def lines(count: int) -> list[list[str]]:
    return [[f"n{number}", "12" if number % 10 else "douze", "2024-01-31", "x" * 40] for number in range(count)]


def test_an_ordinary_file_is_judged_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    for schema in (PLAIN, KEYED, UNIQUE):
        write(path, lines(500), encoding="utf-8", end="\n", delimiter=",", quoting=csv.QUOTE_MINIMAL)
        got = in_parts(read_table(path), schema, 10, 2)
        assert got is not None and got == as_one(read_table(path), schema, 10)
        assert got[0].errors_total == 50 and len(got[0].findings) == 10


def test_cells_of_several_lines_are_not_cut_in_two(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    records = [[f"n{number}", "12", "2024-01-31", "un\n;;;\ndeux"] for number in range(300)]
    write(path, records, encoding="utf-8", end="\n", delimiter=";", quoting=csv.QUOTE_MINIMAL)
    got = in_parts(read_table(path), PLAIN, 10, 2)
    assert got is not None and got[:2] == as_one(read_table(path), PLAIN, 10)[:2]
    assert got[0].rows == 300 and not got[0].errors_total


def test_a_cut_inside_a_cell_is_noticed_where_few_lines_have_quotation_marks(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    stray = 'tuyau 12" fin;1;2024-01-31;x\n'  # from here on, an even number of marks is inside a cell
    some = "n;12;2024-01-31;x\n" * 40 + 'n;12;2024-01-31;"un\ndeux\ntrois"\n'
    path.write_text(f"nom;montant;jour;objet\n{stray}{some * 200}")
    whole = as_one(read_table(path), PLAIN, 10)
    assert whole[0].rows == 1 + 41 * 200
    assert in_parts(read_table(path), PLAIN, 10, 2) in (None, whole)


@pytest.mark.parametrize("schema", [KEYED, UNIQUE], ids=["primary-key", "unique"])
def test_a_key_that_comes_back_in_another_part_is_left_to_one_process(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "essai.csv"
    records = [*lines(300), ["n0", "1", "2024-01-31", "x"]]
    write(path, records, encoding="utf-8", end="\n", delimiter=",", quoting=csv.QUOTE_MINIMAL)
    assert in_parts(read_table(path), schema, 10, 2) is None


def test_blank_rows_that_end_the_file_are_left_out_wherever_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    write(path, lines(50), encoding="utf-8", end="\n", delimiter=",", quoting=csv.QUOTE_MINIMAL)
    with path.open("a") as file:
        file.write(",,,\n" * 3000)
    assert in_parts(read_table(path), PLAIN, 10, 2) is None
    assert as_one(read_table(path), PLAIN, 10)[1] == 50


LARGE = """
import json, resource, sys
from datetime import date
from pathlib import Path
from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.engine.validate import validate_table
from odl_host.schemas.repair import parse_descriptor
schema = parse_descriptor({"fields": json.loads(sys.argv[2])}, name="essai", version="1")
validate_table(read_table(Path(sys.argv[1])), schema, today=date(2026, 11, 25), jobs=2)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime)
"""


def test_a_large_file_is_judged_by_a_process_more(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    records = [[f"n{number}", f"{number}", "2024-01-31", "x" * 200] for number in range(230_000)]
    write(path, records, encoding="utf-8", end="\n", delimiter=",", quoting=csv.QUOTE_MINIMAL)
    # In a process that has no thread but its own: another test may have left one in this.
    command = [sys.executable, "-c", LARGE, str(path), json.dumps(FIELDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # A process of its own has judged a part: one that merely started and ended would take next to nothing.
    assert float(done.stdout) > 0.05


def test_a_large_file_has_the_same_report_from_one_process_and_from_two(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    records = [[f"n{number}", f"{number}", "2024-01-31", "x" * 200] for number in range(230_000)]
    records[7] = records[3]
    records[-5] = ["", "douze", "31/01/2024", ""]
    records[-9].append("de trop")
    write(path, records, encoding="utf-8", end="\n", delimiter=",", quoting=csv.QUOTE_MINIMAL)
    assert path.stat().st_size > PARALLEL_FROM_BYTES
    one, two = read_table(path), read_table(path)
    report = validate_table(one, PLAIN, today=TODAY)
    assert validate_table(two, PLAIN, today=TODAY, jobs=2) == report
    assert (two.rows, two.notes) == (one.rows, one.notes)
    assert report.counts["odl-duplicate-row", None] == 1 and report.errors_total == 4
