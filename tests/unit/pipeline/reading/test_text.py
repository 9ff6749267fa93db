"""Text files: encodings, separators, headers, rows."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odl_host.pipeline.reading import delimited
from odl_host.pipeline.reading.batch import Batch, cells_of, columns_of, distinct_of
from odl_host.pipeline.reading.delimited import DelimitedSource
from odl_host.pipeline.reading.encoding import survey
from odl_host.pipeline.reading.header import find_header
from odl_host.pipeline.reading.read import NOTE_CODES, ReadLimits, RefusedFile, Table, count_rows, read_table

DATA = Path(__file__).resolve().parents[3] / "data"
COLUMNS = frozenset(["nomAttribuant", "idAttribuant", "dateConvention", "nomBeneficiaire", "objet", "montant"])
HEADER = ("nomAttribuant", "idAttribuant", "dateConvention", "nomBeneficiaire", "objet", "montant")
FIRST = [
    "Commune de Cœur-sur-Leysse",
    "21730065600014",
    "2024-03-12",
    "Amicale des pompiers",
    "Fête d’été",
    "1500,50",
]
SECOND = [*FIRST[:3], "Club « L’Éveil »", "Achat de matériel à 350 €", "350"]


def codes(table: Table) -> dict[str, int]:
    assert table.rows >= 0
    return {note.code: note.count for note in table.notes}


def written(folder: Path, content: bytes, name: str = "fichier.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "note"),
    [
        ("windows-point-virgule.csv", "cp1252", ";", "legacy-encoding"),
        ("marque-utf8.csv", "utf-8-sig", ";", None),
        ("marque-utf8-texte-windows.csv", "cp1252", ";", "bom-on-cp1252"),
        ("deux-codages.csv", "utf-8+cp1252", ";", "mixed-encoding"),
        ("texte-unicode-excel.txt", "utf-16-le", "\t", "utf-16"),
        ("ligne-sep.csv", "cp1252", ";", "separator-line"),
        ("titres-au-dessus.csv", "utf-8", ";", "title-rows"),
        ("csv-nomme-xls.xls", "cp1252", ";", "wrong-extension"),
    ],
)
@pytest.mark.parametrize("columns", [COLUMNS, frozenset()], ids=["schemas-known", "schemas-unknown"])
def test_the_same_table_is_read_from_each_way_of_saving_it(
    name: str, encoding: str, delimiter: str, note: str | None, columns: frozenset[str]
) -> None:
    table = read_table(DATA / name, columns=columns)
    rows = list(table.iter_rows())
    assert (table.format, table.encoding, table.delimiter, table.header) == ("csv", encoding, delimiter, HEADER)
    assert rows[:2] == [FIRST, SECOND]
    assert table.rows == len(rows)
    assert note is None or note in codes(table)


def test_each_line_of_a_file_in_two_encodings_is_read_in_its_own_even_a_line_that_holds_both() -> None:
    table = read_table(DATA / "deux-codages.csv")
    assert [row[3] for row in table.iter_rows()][1:] == ["Club « L’Éveil »", "École Sainte-Anne", "Chœur d’été"]
    assert list(table.iter_rows())[3][0] == "École de musique"
    (note,) = (note for note in table.notes if note.code == "mixed-encoding")
    assert (note.count, note.rows) == (2, (3, 5))


def test_windows_text_is_never_taken_for_chinese_though_its_bytes_are_valid_utf8(tmp_path: Path) -> None:
    # "é" + no-break space + "»" is one Chinese character in UTF-8, "É" + no-break space a phonetic letter.
    text = "nom;lieu\nLe «\u00a0Café\u00a0»;CITÉ\u00a0: Chambéry\n" * 3
    table = read_table(written(tmp_path, text.encode("cp1252")))
    assert table.encoding == "cp1252"
    assert next(table.iter_rows()) == ["Le «\u00a0Café\u00a0»", "CITÉ\u00a0: Chambéry"]
    # The same line inside a file that is UTF-8 elsewhere.
    mixed = "nom;lieu\nÉcole;Bassens\n".encode() + "«\u00a0Café\u00a0»;CITÉ\u00a0:\n".encode("cp1252")
    assert list(read_table(written(tmp_path, mixed, "m.csv")).iter_rows())[1] == ["«\u00a0Café\u00a0»", "CITÉ\u00a0:"]


def test_bytes_without_meaning_in_windows_1252_do_not_stop_the_reading(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"nom;lieu\n\xe9cole\x81;x\n"))
    assert list(table.iter_rows()) == [["école\x81", "x"]]


def test_an_accent_cut_by_the_end_of_a_buffer_is_not_an_encoding_error(tmp_path: Path) -> None:
    content = b"nom;lieu\n" + b"x" * 65_526 + "é;à\n".encode() * 70_000
    assert read_table(written(tmp_path, content)).encoding == "utf-8"


def test_a_stray_windows_line_after_megabytes_of_utf8_is_found(tmp_path: Path) -> None:
    content = b"nom;lieu\n" + "école;Bassens\n".encode() * 100_000 + "Chœur d’été;Jacob\n".encode("cp1252")
    table = read_table(written(tmp_path, content))
    assert (table.encoding, table.rows) == ("utf-8+cp1252", 100_001)
    assert list(table.iter_rows())[-1] == ["Chœur d’été", "Jacob"]


def test_utf16_without_a_mark_is_recognised(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "nom\tlieu\r\nÉcole\tJacob\r\n".encode("utf-16-le")))
    assert (table.encoding, list(table.iter_rows())) == ("utf-16-le", [["École", "Jacob"]])


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_known_column_names_decide_the_separator_against_the_cells(tmp_path: Path, delimiter: str) -> None:
    header = delimiter.join(HEADER)
    row = delimiter.join(["a;a,a|a", "b;b,b|b", "c;c,c|c", "d;d,d|d", "e;e,e|e", "f;f,f|f"]).replace(delimiter, "\0")
    content = f"{header}\n" + (row.replace("\0", delimiter) + "\n") * 5
    assert read_table(written(tmp_path, content.encode()), columns=COLUMNS).delimiter == delimiter


def test_the_separator_is_the_one_that_cuts_all_rows_alike_when_no_column_is_known(tmp_path: Path) -> None:
    content = "commune;habitants, en milliers\nAiton;1,1\nAlbens, Alby;2,3\nArith;0,4\n"
    assert read_table(written(tmp_path, content.encode())).delimiter == ";"


def test_a_file_of_one_column_has_a_separator_that_cuts_nothing(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"commune\nAiton\nArith\n"))
    assert (table.header, list(table.iter_rows())) == (("commune",), [["Aiton"], ["Arith"]])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_row_and_none_inside_quotes_does(tmp_path: Path, end: str) -> None:
    content = end.join(["nom,adresse", f'Mairie,"1 rue A{end}73000 B"', "École,2"]) + end
    assert list(read_table(written(tmp_path, content.encode())).iter_rows()) == [
        ["Mairie", f"1 rue A{end}73000 B"],
        ["École", "2"],
    ]


@given(text=st.text(st.sampled_from('ab é;\r\n"\0\x0b\x0c\x1c\x85\u2028'), max_size=40), least=st.integers(1, 30))
@example(text='a;"b";c\na;b', least=1)
@example(text='a;b\n\na;b\n"c;\nd";e', least=1)
@example(text="a;b\n" * 9 + '"c;\n\nd";e\nf;g"\n"h";"', least=30)
def test_lines_without_quotation_marks_are_cut_as_the_csv_module_cuts_them(text: str, least: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_FIRST_CHARS", least)
        patch.setattr(delimited, "_BUFFER_BYTES", least)
        path = written(Path(folder), f"a;b\n{text}".encode())
        with path.open(encoding="utf-8", newline="") as file:
            expected = list(csv.reader(file, delimiter=";"))
        source = DelimitedSource(path, survey(path, ReadLimits()), ReadLimits(), columns=["a", "b"], repair=False)
        with source.records() as records:
            assert list(records) == expected


def test_quoted_cells_keep_separators_line_ends_and_quotes() -> None:
    table = read_table(DATA / "cellules-multilignes.csv")
    assert next(table.iter_rows()) == ["Mairie", "1, place de la Mairie\r\n73000 Chambéry", 'dit "la Maison commune"']
    assert table.rows == 2


def test_codes_keep_their_letters_and_zeros() -> None:
    assert [row[0] for row in read_table(DATA / "codes-corses.csv").iter_rows()] == ["2A004", "2B033", "01004"]


def test_titles_above_the_header_are_left_out_and_the_row_numbers_stay_those_of_the_file() -> None:
    table = read_table(DATA / "titres-au-dessus.csv", columns=COLUMNS)
    assert (table.header_row, table.rows) == (4, 3)
    assert [note.rows for note in table.notes if note.code == "title-rows"] == [(1, 2, 3)]


def test_blank_rows_are_dropped_at_the_end_and_kept_between_data() -> None:
    table = read_table(DATA / "lignes-vides-a-la-fin.csv", columns=COLUMNS)
    rows = list(table.iter_rows())
    assert rows == [FIRST, SECOND, [""] * 6, rows[3]]
    assert rows[3][3] == "École Sainte-Anne"
    assert codes(table) == {"trailing-blank-rows": 6, "trailing-blank-columns": 2}


def test_blank_rows_that_fill_whole_batches_are_kept_when_data_follow(tmp_path: Path) -> None:
    content = b"a;b\n1;2\n" + b";\n" * 3000 + b"3;4\n" + b"\n;\n" * 700
    table = read_table(written(tmp_path, content))
    rows = list(table.iter_rows())
    assert (len(rows), rows[0], rows[1], rows[-1]) == (3002, ["1", "2"], ["", ""], ["3", "4"])
    assert codes(table)["trailing-blank-rows"] == 1400


def test_without_repair_the_file_is_given_as_it_is() -> None:
    table = read_table(DATA / "lignes-vides-a-la-fin.csv", repair=False)
    assert (len(table.header), table.rows) == (8, 10)
    assert list(table.iter_rows())[-1] == []
    raw = read_table(DATA / "titres-au-dessus.csv", repair=False)
    assert (raw.header_row, raw.header[0], raw.rows) == (1, "Subventions versées en 2024", 6)
    assert count_rows(DATA / "titres-au-dessus.csv") == 6
    assert (
        next(iter(read_table(DATA / "caracteres-invisibles.csv", repair=False).iter_rows()))[0]
        == "Amicale\x0b des pompiers"
    )


def test_unquoted_decimal_commas_are_diagnosed_with_their_rows_and_left_as_they_are() -> None:
    table = read_table(DATA / "virgules-decimales.csv")
    assert [len(row) for row in table.iter_rows()] == [5, 4, 5]
    (note,) = (note for note in table.notes if note.code == "unquoted-decimal-comma")
    assert (note.count, note.rows) == (2, (2, 4))
    assert "lignes 2 et 4" in note.detail


def test_a_header_that_comes_twice_is_said_and_stays_a_row() -> None:
    table = read_table(DATA / "entete-repetee.csv")
    assert table.rows == 3
    assert [note.rows for note in table.notes if note.code == "repeated-header"] == [(3,)]


def test_invisible_characters_are_removed_and_counted() -> None:
    table = read_table(DATA / "caracteres-invisibles.csv")
    assert list(table.iter_rows()) == [["Amicale des pompiers", "1500"], ["Club", "350"]]
    assert codes(table)["control-characters"] == 3


def test_a_quotation_mark_left_open_is_said_with_its_row() -> None:
    table = read_table(DATA / "guillemet-ouvert.csv")
    assert table.rows == 1
    assert [note.rows for note in table.notes if note.code == "open-quote"] == [(2,)]


def test_lost_letters_are_counted() -> None:
    assert codes(read_table(DATA / "lettres-perdues.csv")) == {"replacement-characters": 2}


def test_letters_that_were_encoded_twice_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("nom;ville\nZoé;Chambéry\n".encode().decode("cp1252"), encoding="utf-8")
    assert codes(read_table(path)) == {"double-encoded": 2}
    path.write_text("nom;ville\nZoé;Chambéry, où l’été…\nÀÉ;ÃÕ portugais\n", encoding="utf-8")
    assert codes(read_table(path)) == {}


def test_a_total_below_the_data_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("nom;objet;lieu;montant\nClub;fête;salle;12\n;;;\nSous-total;;;1 200,50 €\n;;;\n", encoding="utf-8")
    table = read_table(path)
    assert [row[0] for row in table.iter_rows()][-1] == "Sous-total", "it is judged as any other row"
    (note,) = (note for note in table.notes if note.code == "rows-below")
    assert note.detail.startswith("Les lignes 3 à 4, sous le tableau (« Sous-total »")


def test_a_remark_below_the_data_is_said_and_a_short_last_row_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "nom;objet;lieu;montant\nClub;fête;salle;12\n"
    below = {
        "TOTAL;;;\n;;;\nÉtabli par le secrétariat;;;\n": [(3,)],
        "Amicale;;;\n": [],
        "Établi par nous;;salle;2\n": [],
    }
    for text, places in below.items():
        path.write_text(rows + text, encoding="utf-8")
        table = read_table(path)
        list(table.iter_rows())
        assert [note.rows for note in table.notes if note.code == "rows-below"] == places


def test_a_header_alone_is_a_table_of_no_rows() -> None:
    table = read_table(DATA / "entete-seule.csv")
    assert (table.header, table.rows, list(table.iter_rows())) == (HEADER, 0, [])


def test_rows_are_counted_before_and_after_a_pass_and_every_pass_gives_the_same(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,2\n" * 1500
    table = read_table(written(tmp_path, content))
    partial = table.iter_rows()
    assert [next(partial), next(partial)] == [["1", "2"]] * 2
    assert table.rows == 1500
    assert list(table.iter_rows()) == list(table.iter_rows())


def test_a_file_that_changes_its_encoding_between_two_passes_is_refused_not_misread(tmp_path: Path) -> None:
    path = written(tmp_path, ("a,b\n" + "é,è\n" * 20_000).encode())
    table = read_table(path)
    path.write_bytes(b"a,b\n" + b"\xe9,\xe8\n" * 20_000)
    with pytest.raises(RefusedFile) as caught:
        list(table.iter_rows())
    assert caught.value.code == "changed"


def test_a_small_file_is_read_once_whatever_becomes_of_it_meanwhile(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\né,è\n".encode())
    table = read_table(path)
    path.unlink()
    assert list(table.iter_rows()) == list(table.iter_rows()) == [["é", "è"]]


def test_every_note_that_the_sample_files_raise_is_documented_and_french() -> None:
    seen = set()
    for path in sorted(DATA.iterdir()):
        try:
            table = read_table(path)
        except RefusedFile:
            continue
        seen |= set(codes(table))
        assert all(note.detail.endswith((".", ".)")) for note in table.notes)
    assert len(seen) >= 15
    assert seen <= set(NOTE_CODES)


def test_a_wide_row_without_end_is_refused_within_the_memory_of_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"a,b\n" + b"x" * 5_000_000)
    with pytest.raises(RefusedFile) as caught:
        read_table(path, limits=ReadLimits(max_line_bytes=1_000_000))
    assert caught.value.code == "line-too-long"


def test_a_small_file_is_read_once_and_gives_the_same_rows_again(tmp_path: Path) -> None:
    path = written(tmp_path, b"nom;montant\nCAF;1\n;\nUDAF;2\n;\n;\n")
    table = read_table(path)
    first = [[list(row) for row in batch] for batch in table.iter_batches()]
    path.unlink()
    for batch in table.iter_batches():
        batch.clear()
    assert (
        [[list(row) for row in batch] for batch in table.iter_batches()]
        == first
        == [[["CAF", "1"], ["", ""], ["UDAF", "2"]]]
    )
    assert table.rows == 3 and [note.code for note in table.notes] == ["trailing-blank-rows"]


@pytest.mark.parametrize(
    "content",
    [
        b"nom,montant\nCAF,1\nUDAF,2\n",
        b"nom,montant\r\nCAF,1\rUDAF,2\r\n\nSOS,\r\r\nx",
        "nom;montant\nÉté;1;\n;\n".encode("cp1252"),
        b'nom,montant\n"CAF, ""dite"" deux",1\n"a\r\nb",2\n',
        b"nom, montant\nCAF, 1\nUDAF, 2\n",
        b"nom\tmontant\nC\x07AF\t1\n",
        b"sep=;\nnom;montant\nCAF;1\n",
    ],
)
def test_a_small_file_gives_the_rows_that_it_gives_as_the_beginning_of_a_large_one(
    tmp_path: Path, content: bytes
) -> None:
    small = list(read_table(written(tmp_path, content)).iter_rows())
    ended = content if content.endswith(b"\n") else content + b"\n"
    separator = max(b",;\t", key=content.split(b"\n")[-2].count)
    more = b"1" + bytes([separator]) + b"2\n"
    large = list(itertools.islice(read_table(written(tmp_path, ended + more * 40_000)).iter_rows(), len(small)))
    assert small == large


def test_columns_are_those_of_the_rows_and_none_where_rows_differ_in_length() -> None:
    rows = [["CAF", "1"], ["UDAF", "2"], ["CAF", ""]]
    batch = Batch(rows)
    assert (batch, columns_of(batch, 2)) == (rows, [("CAF", "UDAF", "CAF"), ("1", "2", "")])
    assert columns_of(rows, 3) is None and columns_of([*rows, ["x"]], 2) is None
    assert distinct_of(cells_of(batch, 0)) == distinct_of(cells_of(rows, 0)) == {"CAF", "UDAF"}
    assert (list(cells_of([*rows, ["x"]], 1)), list(cells_of(batch, 5))) == (["1", "2", ""], [])


def test_a_space_after_each_separator_is_no_data_and_hides_no_quotation_mark(tmp_path: Path) -> None:
    path = tmp_path / "espaces.csv"
    path.write_text('nom, lieu, objet\nMairie, "1, rue",  x\nÉcole, Aiton, "a"\n', encoding="utf-8")
    table = read_table(path)
    assert (table.header, list(table.iter_rows())) == (
        ("nom", "lieu", "objet"),
        [["Mairie", "1, rue", "x"], ["École", "Aiton", "a"]],
    )
    assert "spaced-separators" in [note.code for note in table.notes]
    path.write_text("nom,lieu\nMairie, Aiton\n", encoding="utf-8")
    assert list(read_table(path).iter_rows()) == [["Mairie", " Aiton"]]


def test_a_title_of_a_million_figures_is_a_title() -> None:
    assert find_header([["Liste"], ["1" * 1_000_000 + "x", "nom"], ["1", "2"], ["3", "4"]]) == 1


@pytest.mark.parametrize(("codec", "encoding"), [("mac_roman", "mac-roman"), ("cp850", "cp850"), ("cp1252", "cp1252")])
def test_text_of_old_macintoshes_and_of_dos_is_read_for_what_it_is(tmp_path: Path, codec: str, encoding: str) -> None:
    lines = [";".join(HEADER), "Commune de Méry;21730065600014;2024-03-12;Théâtre d'été;Fête à la salle;1500,50"]
    table = read_table(written(tmp_path, "\r\n".join(lines).encode(codec)), columns=COLUMNS)
    assert table.encoding == encoding
    assert next(iter(table.iter_rows()))[3:5] == ["Théâtre d'été", "Fête à la salle"]
    assert "legacy-encoding" in codes(table)


@pytest.mark.parametrize(
    "text",
    [
        "Žižek et Božič, forêt",  # names of other languages, as Windows writes them
        "libellé: la forêt, l’été",
        "prix‚ total; BOŽIČ",
    ],
)
def test_what_windows_may_have_written_is_never_taken_for_an_older_text(tmp_path: Path, text: str) -> None:
    content = f"objet;montant\n{text};12\n".encode("cp1252", "replace")
    assert read_table(written(tmp_path, content)).encoding == "cp1252"


def test_one_odd_letter_is_not_enough_for_another_encoding(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, b"objet;montant\nlibell\x8e;12\n")).encoding == "cp1252"
