"""The one CSV that is published."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from odl_host.errors import StorageError
from odl_host.pipeline.examining.normalise import write_normalised
from odl_host.pipeline.reading.read import read_table

DATA = Path(__file__).resolve().parents[3] / "data"


def normalised(tmp_path: Path, content: bytes) -> bytes:
    (tmp_path / "entree.csv").write_bytes(content)
    write_normalised(read_table(tmp_path / "entree.csv"), tmp_path / "sortie.csv")
    return (tmp_path / "sortie.csv").read_bytes()


def test_a_windows_file_with_semicolons_becomes_utf8_with_commas_and_line_feeds(tmp_path: Path) -> None:
    written = write_normalised(read_table(DATA / "windows-point-virgule.csv"), tmp_path / "a" / "b.csv")
    content = (tmp_path / "a" / "b.csv").read_bytes()
    assert content.decode().split("\n")[:2] == [
        "nomAttribuant,idAttribuant,dateConvention,nomBeneficiaire,objet,montant",
        'Commune de Cœur-sur-Leysse,21730065600014,2024-03-12,Amicale des pompiers,Fête d’été,"1500,50"',
    ]
    assert content.endswith(b",820\n")
    assert b"\r" not in content
    assert (written.path, written.rows, written.size_bytes) == (tmp_path / "a" / "b.csv", 3, len(content))
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.csv"]


def test_a_file_that_a_catalogue_keeps_under_another_name_is_never_written_over(tmp_path: Path) -> None:
    kept, target = tmp_path / "kept", tmp_path / "sortie.csv"
    before = normalised(tmp_path, b"a,b\n1,2\n")
    kept.hardlink_to(target)
    assert normalised(tmp_path, b"a,b\n3,4\n") == b"a,b\n3,4\n"
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["marque-utf8.csv", "marque-utf8-texte-windows.csv", "texte-unicode-excel.txt", "titres-au-dessus.csv"]
)
def test_the_same_table_saved_in_another_way_gives_the_same_bytes(name: str) -> None:
    first, other = io.BytesIO(), io.BytesIO()
    expected = write_normalised(read_table(DATA / "windows-point-virgule.csv"), first)
    assert write_normalised(read_table(DATA / name), other) == expected
    assert first.getvalue() == other.getvalue()


def test_a_cell_that_begins_like_a_formula_is_data_and_stays_as_it_is(tmp_path: Path) -> None:
    content = b"a;b\n=cmd|' /C calc'!A0;-5\n@SUM(A1);+33479602020\n"
    assert normalised(tmp_path, content) == content.replace(b";", b",")


def test_only_cells_that_need_quotes_get_them(tmp_path: Path) -> None:
    content = b'a;b\n"x;y";"dit ""oui"""\n"1,5";"deux\nlignes"\n" espace ";\'x\'\n"fin\rseule";z\n'
    assert normalised(tmp_path, content) == (
        b'a,b\nx;y,"dit ""oui"""\n"1,5","deux\nlignes"\n espace ,\'x\'\n"fin\rseule",z\n'
    )


def test_names_are_trimmed_short_rows_padded_blank_rows_left_out(tmp_path: Path) -> None:
    assert normalised(tmp_path, b" nom ;b;c\n1\n;;\n\n1;2;3\n1;2;3;4\n") == b"nom,b,c\n1,,\n1,2,3\n1,2,3,4\n"


def test_repaired_rows_take_the_place_of_those_of_the_file(tmp_path: Path) -> None:
    target = io.BytesIO()
    written = write_normalised(
        read_table(DATA / "codes-corses.csv"), target, batches=iter([[["2A004", "Ajaccio", "20090"]]])
    )
    assert target.getvalue() == b"code_insee,commune,code_postal\n2A004,Ajaccio,20090\n"
    assert (written.path, written.rows) == (None, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"nom,montant\nCAF,1\nUDAF,2\n",
        "nom,prénom\nÉté,\n,x\n".encode(),
        b"nom,montant\nCAF,1",
        b"nom,montant\nCAF,1\n,\nUDAF,2\n",
        b"nom,montant\nCAF,1\n\nUDAF,2\n",
        b"nom,montant\nCAF,1\n,\n",
        b"nom,montant\nCAF,1\nUDAF\n",
        b"nom,montant\nCAF,1\nUDAF,2,3\n",
        b"nom,montant,\nCAF,1,\n",
        b"nom, montant\nCAF, 1\nUDAF, 2\n",
        b"nom ,montant\nCAF,1\n",
        b'nom,montant\n"CAF",1\n',
        b"nom,montant\nCAF,1\rUDAF,2\n",
        b"nom,montant\nC\x07AF,1\n",
        b"Liste des aides\nnom,montant\nCAF,1\n",
        b"\xef\xbb\xbfnom,montant\nCAF,1\n",
        "nom,montant\nÉté,1\n".encode("cp1252"),
        b"nom;montant\nCAF;1\n",
        b"nom\nCAF\n\nUDAF\n",
    ],
)
def test_a_file_is_taken_as_it_is_only_where_writing_its_rows_would_give_the_same(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "recu.csv").write_bytes(content)
    table = read_table(tmp_path / "recu.csv")
    rows = [list(batch) for batch in table.iter_batches()]
    quick, slow = tmp_path / "vite.csv", tmp_path / "lent.csv"
    found = write_normalised(table, quick)
    table.plain = None
    expected = write_normalised(table, slow, batches=rows)
    assert quick.read_bytes() == slow.read_bytes()
    assert (found.sha256, found.size_bytes, found.rows) == (expected.sha256, expected.size_bytes, expected.rows)


def test_a_normalised_file_stays_as_it_is_and_every_other_becomes_it(tmp_path: Path) -> None:
    good = normalised(tmp_path, (DATA / "cellules-multilignes.csv").read_bytes())
    assert normalised(tmp_path, good) == good
    for other in (b"\xef\xbb\xbf" + good, good.rstrip(b"\n"), b'"nom"' + good[3:]):
        assert normalised(tmp_path, other) == good


def test_a_target_that_cannot_be_written_is_a_storage_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        write_normalised(read_table(DATA / "codes-corses.csv"), tmp_path / "fichier" / "n.csv")
    (tmp_path / "dossier").mkdir()
    with pytest.raises(StorageError):
        write_normalised(read_table(DATA / "codes-corses.csv"), tmp_path / "dossier")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dossier", "fichier"]
