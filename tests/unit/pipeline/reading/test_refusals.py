"""What is not read, and what is said about it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest

from odl_host.errors import ExitCode, UnreadableFile
from odl_host.pipeline.reading.read import REFUSAL_CODES, ReadLimits, RefusedFile, read_table
from odl_host.pipeline.reading.refusals import RefusedFile as Refusal

DATA = Path(__file__).resolve().parents[3] / "data"


def refusal(path: Path, limits: ReadLimits | None = None) -> RefusedFile:
    with pytest.raises(RefusedFile) as caught:
        read_table(path, limits=limits or ReadLimits())
        pytest.fail(f"{path.name} was read")
    error = caught.value
    assert path.name in error.message
    assert error.hint
    assert error.french
    return error


def saved(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def xlsx(folder: Path, sheet_xml: bytes, name: str = "classeur.xlsx", **more: bytes) -> Path:
    """Write the smallest workbook: one sheet of this XML."""
    members = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="r1" Target="xl/workbook.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/officeDocument"/></Relationships>',
        "xl/workbook.xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
        b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="F" sheetId="1" '
        b'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<sheetData>" + sheet_xml + b"</sheetData></worksheet>",
        **more,
    }
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return folder / name


def ods(folder: Path, rows: str) -> Path:
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="F">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    with zipfile.ZipFile(folder / "classeur.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return folder / "classeur.ods"


ODS_CELL = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("vide.csv", "empty", "vide"),
        ("document.pdf", "binary", "un document PDF"),
        ("donnees.geojson", "json", "GeoJSON"),
    ],
)
def test_sample_files_that_are_no_table_are_named_for_what_they_are(name: str, code: str, said: str) -> None:
    error = refusal(DATA / name)
    assert error.code == code
    assert said in error.french


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "une image PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "une image JPEG"),
        (b"PAR1" + bytes(50), "un fichier Parquet"),
        (b"\x1f\x8b\x08" + bytes(50), "une archive compressée (gzip)"),
        (b"SQLite format 3\x00" + bytes(80), "une base de données SQLite"),
        (b"{\\rtf1 bonjour}", "un document de traitement de texte (RTF)"),
        (bytes(range(32)) * 40, "un fichier d’un autre genre"),
    ],
)
def test_binary_files_are_named_for_what_they_are_whatever_their_extension(
    tmp_path: Path, content: bytes, said: str
) -> None:
    error = refusal(saved(tmp_path, "donnees.csv", content))
    assert (error.code, said in error.french) == ("binary", True)


def test_a_table_whose_first_column_begins_like_a_signature_is_still_a_table(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", b"ID3,nom\n1,Aiton\n")
    assert read_table(path).header == ("ID3", "nom")
    assert read_table(saved(tmp_path, "b.csv", b"BZh;PAR1\n1;2\n")).rows == 1


@pytest.mark.parametrize("content", [b"\n\n\n", b"\xef\xbb\xbf", b"   \r\n ;;; \r\n", b"\xff\xfe"])
def test_a_file_of_blanks_is_empty(tmp_path: Path, content: bytes) -> None:
    assert refusal(saved(tmp_path, "blanc.csv", content)).code == "empty"


def test_a_folder_and_an_absent_file_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "absent"
    assert refusal(tmp_path / "rien.csv").code == "absent"


def test_an_archive_names_what_it_holds_and_nested_archives_are_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("secret.csv", "a,b\n")
    with zipfile.ZipFile(tmp_path / "envoi.zip", "w") as archive:
        archive.writestr("dedans.zip", inner.getvalue())
        archive.writestr("subventions.csv", "a,b\n1,2\n")
    error = refusal(tmp_path / "envoi.zip")
    assert error.code == "archive"
    assert "2 files: dedans.zip, subventions.csv" in error.message


def test_a_word_document_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lettre.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "Word" in refusal(tmp_path / "lettre.xlsx").french


def test_encrypted_workbooks_say_so(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    assert refusal(saved(tmp_path, "prive.xlsx", ole)).code == "encrypted"
    with zipfile.ZipFile(tmp_path / "prive.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", b"\x00\x01")
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    assert refusal(tmp_path / "prive.ods").code == "encrypted"


@pytest.mark.parametrize("name", ["cellules-typees.xlsx", "classeur-libre.ods", "ancien-excel.xls"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_workbook_cut_off_by_a_copy_is_damaged(tmp_path: Path, name: str, kept: float) -> None:
    content = (DATA / name).read_bytes()
    assert refusal(saved(tmp_path, name, content[: int(len(content) * kept)])).code == "corrupt"


def test_a_chain_of_sectors_that_never_ends_is_damaged_and_does_not_take_the_process_down(tmp_path: Path) -> None:
    # The allocation table of a compound file lies in its first sector here; each sector is made its own successor.
    content = bytearray((DATA / "ancien-excel.xls").read_bytes())
    (table,) = struct.unpack_from("<I", content, 76)
    for sector in range(64):
        struct.pack_into("<I", content, 512 * (table + 1) + 4 * sector, sector)
    assert refusal(saved(tmp_path, "boucle.xls", bytes(content))).code == "corrupt"


def test_a_zip_bomb_is_refused_by_what_it_claims(tmp_path: Path) -> None:
    path = xlsx(tmp_path, b"<row r='1'/>" + b" " * 40_000_000)
    assert path.stat().st_size < 100_000
    assert refusal(path).code == "bomb"


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path, b"<row r='1'/>" + b" " * 40_000_000)
    content = bytearray(path.read_bytes())
    # The size stands in the central directory: 24 bytes into each entry.
    for found in re.finditer(rb"PK\x01\x02", bytes(content)):
        struct.pack_into("<I", content, found.start() + 24, 1000)
    assert refusal(saved(tmp_path, "menteur.xlsx", bytes(content))).code == "corrupt"


def test_a_cell_in_the_last_corner_of_a_sheet_is_refused_before_the_sheet_is_laid_out(tmp_path: Path) -> None:
    cell = b'<row r="%d"><c r="%s%d" t="str"><v>x</v></c></row>'
    path = xlsx(tmp_path, cell % (1, b"A", 1) + cell % (1048576, b"XFD", 1048576))
    error = refusal(path)
    assert error.code == "too-many-cells"
    assert str(1048576 * 16384) in error.message


@pytest.mark.parametrize(
    "sheet",
    [
        b"<row>" + b"<c><v>1</v></c>" * 3000 + b'</row><row r="1048576"><c><v>1</v></c></row>',
        b"<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c t='n' r='ZZZ1048576'><v>1</v></c></row>",
        b'<row r="1"><c t="n" r="A1"><v>1</v></c></row><row r="1048576"><c t="n" r="BBB1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="xfd1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r= "B1048576"><v>1</v></c><c r= "XFD1"><v>1</v></c></row>',
    ],
    ids=["cells-without-a-place", "single-quotes", "place-after-type", "other-row", "small-letters", "spaces"],
)
def test_no_way_of_writing_a_sheet_hides_how_large_it_is(tmp_path: Path, sheet: bytes) -> None:
    assert refusal(xlsx(tmp_path, sheet)).code == "too-many-cells"


def test_a_small_sheet_whose_cells_have_no_place_is_read(tmp_path: Path) -> None:
    row = b'<row><c t="str"><v>%s</v></c><c t="str"><v>%s</v></c></row>'
    table = read_table(xlsx(tmp_path, row % (b"nom", b"lieu") + row % (b"Mairie", b"Aiton")))
    assert (table.header, list(table.iter_rows())) == (("nom", "lieu"), [["Mairie", "Aiton"]])


@pytest.mark.parametrize(
    "rows",
    [
        '<table:table-row table:number-rows-repeated="1000000000">' + ODS_CELL.format("") + "</table:table-row>",
        "<table:table-row>" + ODS_CELL.format(' table:number-columns-repeated="1000000000"') + "</table:table-row>",
        '<table:table-row table:number-rows-repeated="1000000000"><table:table-cell/></table:table-row>'
        "<table:table-row>" + ODS_CELL.format("") + "</table:table-row>",
        (
            '<table:table-row table:number-rows-repeated="9000">'
            + ODS_CELL.format(' table:number-columns-repeated="900"')
        )
        + "</table:table-row>" * 1
        + ('<table:table-row table:number-rows-repeated="90000">' + ODS_CELL.format("") + "</table:table-row>"),
    ],
    ids=["rows", "columns", "blank-rows-then-data", "many-blocks"],
)
def test_an_opendocument_sheet_that_claims_a_billion_cells_is_refused(tmp_path: Path, rows: str) -> None:
    assert refusal(ods(tmp_path, rows)).code == "too-many-cells"


def test_the_million_blank_rows_that_libreoffice_writes_below_the_data_are_no_claim(tmp_path: Path) -> None:
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        "<table:table-row>" + ODS_CELL.format("") * 2 + "</table:table-row>"
        "<table:table-row>" + ODS_CELL.format("") * 2 + "</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048574">{blank}</table:table-row>'
    )
    assert read_table(ods(tmp_path, rows)).rows == 1


def test_each_limit_has_its_refusal_that_names_it_and_the_setting(tmp_path: Path) -> None:
    wide = saved(tmp_path, "large.csv", ",".join(map(str, range(50))).encode() + b"\n")
    long = saved(tmp_path, "long.csv", b'a,b\n"' + b"x\n" * 3000)
    assert "max_file_mb" in refusal(wide, ReadLimits(max_bytes=10)).message
    assert "max_columns" in refusal(wide, ReadLimits(max_columns=49)).message
    assert "20 bytes" in refusal(wide, ReadLimits(max_line_bytes=20)).message
    assert "max_workbook_mb" in refusal(DATA / "cellules-typees.xlsx", ReadLimits(max_workbook_bytes=99)).message
    assert "max_cells" in refusal(DATA / "cellules-typees.xlsx", ReadLimits(max_cells=3)).message
    assert "max_cells" in refusal(DATA / "page-web.xls", ReadLimits(max_cells=3)).message
    assert "max_zip_ratio" in refusal(DATA / "cellules-typees.xlsx", ReadLimits(max_uncompressed=999)).message
    assert "2000 characters" in refusal(long, ReadLimits(max_cell_chars=2000)).message


def test_a_long_cell_in_the_first_rows_is_named_by_its_row_and_not_called_an_open_quote(tmp_path: Path) -> None:
    path = saved(tmp_path, "pave.csv", b"a,b\n1,2\n3," + b"x" * 3000 + b"\n")
    refused = refusal(path, ReadLimits(max_cell_chars=2000))
    assert "row near 3" in refused.message
    assert "ligne 3" in refused.french and "2000 caractères" in refused.french
    assert "Raccourcissez" in refused.french


def test_an_open_quote_far_below_the_header_is_refused_with_a_place_near_it(tmp_path: Path) -> None:
    path = saved(tmp_path, "loin.csv", b"a,b\n" + b"1,2\n" * 2000 + b'3,"x\n' + b"4,5\n" * 3000)
    table = read_table(path, limits=ReadLimits(max_cell_chars=5000))
    with pytest.raises(RefusedFile) as caught:
        list(table.iter_rows())
    assert caught.value.code == "cell-too-long"
    place = int(re.findall(r"row near (\d+)", caught.value.message)[0])
    assert 1400 < place <= 2003


def test_xml_spreadsheets_and_pages_without_a_table_are_told_apart(tmp_path: Path) -> None:
    xml = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    error = refusal(saved(tmp_path, "export.xls", xml))
    assert error.code == "xml-spreadsheet"
    assert "un classeur Excel 2003" in error.french
    assert refusal(saved(tmp_path, "page.xls", b"<!DOCTYPE html><html><p>Connexion</p></html>")).code == "html"


def test_every_refusal_is_an_unreadable_file_with_all_three_sentences() -> None:
    facts = {"detail": "7", "bound": "5", "limit": "max_bytes", "what": "x", "what_fr": "un x"}
    for code in REFUSAL_CODES:
        error = Refusal(code, Path("dossier/a.csv"), **facts)
        assert isinstance(error, UnreadableFile)
        assert error.exit_code == ExitCode.DATA
        for sentence in (error.message, error.hint, error.french):
            assert sentence.endswith(".")
            assert "{" not in sentence
        assert error.message.startswith("a.csv: ")


def test_many_comments_before_anything_take_no_time(tmp_path: Path) -> None:
    comments = b"<!-- note -->\n" * 60
    assert refusal(saved(tmp_path, "page.xls", comments + b"<html><p>rien</p></html>")).code == "html"
    assert (
        refusal(saved(tmp_path, "carte.csv", b"<?xml version='1.0'?>" + comments + b"<kml/>")).code == "xml-spreadsheet"
    )
    assert read_table(saved(tmp_path, "notes.csv", comments + b"nom;lieu\nMairie;bourg\n")).rows > 0


@pytest.mark.parametrize("tag", [b"<row ", b"<row r", b"<f "])
def test_a_sheet_of_tags_that_are_never_closed_is_refused_without_long_thought(tmp_path: Path, tag: bytes) -> None:
    assert refusal(xlsx(tmp_path, tag * 1_000_000)).code in {"corrupt", "no-sheet"}


def test_a_page_whose_tag_is_never_closed_is_refused_at_its_beginning(tmp_path: Path) -> None:
    page = b"<html><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table><a " + b"x y\n" * 5_000_000
    assert refusal(saved(tmp_path, "page.xls", page)).code == "html"


@pytest.mark.parametrize("name", ["document.pdf", "donnees.geojson"])
def test_what_is_no_table_may_be_published_with_a_sidecar_and_this_is_said(name: str) -> None:
    error = refusal(DATA / name)
    assert f"describe it in {name}.toml beside it" in error.hint
    assert f"une fiche ({name}.toml)" in error.french
