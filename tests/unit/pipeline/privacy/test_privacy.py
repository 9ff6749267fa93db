"""The gate on personal data: what it finds, what it must leave alone, and what it keeps to itself."""

from __future__ import annotations

import csv
import shutil
import struct
import zipfile
from datetime import date
from pathlib import Path

import olefile
import openpyxl
import pytest
import xlrd

from odl_host.pipeline.examining.examine import ExamineSettings, Task, examine_file, examine_task, hash_file
from odl_host.pipeline.privacy.gate import find_in_opaque
from odl_host.pipeline.privacy.model import PersonalData
from odl_host.pipeline.privacy.numbers import find_iban, find_mobile, find_nir, may_tell
from odl_host.pipeline.privacy.old_workbook import without_properties
from odl_host.pipeline.privacy.people import find_personal_email, has_civility, is_person
from odl_host.pipeline.privacy.watch import PersonalDataWatch
from odl_host.pipeline.privacy.workbook import find_beside, write_without_author
from odl_host.pipeline.reading.read import ReadLimits
from odl_host.schemas.registry import load_registry

DATA = Path(__file__).resolve().parents[3] / "data"


def watch(header: list[str], *rows: list[str], schema: str = "", keep: int = 100) -> PersonalData:
    chosen = load_registry(None).get_schema(schema) if schema else None
    seen = PersonalDataWatch(header, chosen, max_findings=keep)
    assert list(seen.follow([list(rows)])) == [list(rows)]
    return seen.found()


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [
        ("observations", "assurée 2 85 05 78 006 084 41, dossier complet", "nir"),
        ("observations", "1 85 05 2a 006 084 35", "nir"),
        ("observations", "MME ROUX, NÉE LE 3 MARS 1961 À AIME", "birth-date"),
        ("observations", "enfant né(e)(s) le 03/03/1961", "birth-date"),
        ("rib", "FR76 3000 6000 0112 3456 7890 189", "iban"),
        ("contact", "jeanne.martin@laposte.net", "email"),
        ("contact", "Joindre Paul au 06 12 34 56 78 le soir", "phone"),
        ("contact", "Joindre Paul au 06\u00a012\u00a034\u00a056\u00a078 le soir", "phone"),
        ("observations", "1\u202f85\u202f05\u202f2a\u202f006\u202f084\u202f35", "nir"),
        ("rib", "FR76\u00a03000\u00a06000\u00a00112\u00a03456\u00a07890\u00a0189", "iban"),
        ("EQUIP_TEL", "0612345678", "phone"),
        ("EQUIP_TEL", "+33 7 12 34 56 78", "phone"),
        ("date_naissance", "12/03/1985", "birth-date"),
        ("objet", "Secours à Mme Roux, née le 12 mars 1961", "birth-date"),
    ],
)
def test_what_belongs_to_a_person_is_found(header: str, cell: str, kind: str) -> None:
    found = watch([header], ["rien"], [cell])
    assert found.kinds == (kind,)
    assert [finding.row for finding in found.findings] == [3]


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("EQUIP_TEL", "04 79 33 00 00"),
        ("EQUIP_EMAIL", "mairie@saint-martin.fr"),
        ("EQUIP_EMAIL", "mairie.saint-martin@wanadoo.fr"),
        ("EQUIP_EMAIL", "ecole.jean-moulin@ac-grenoble.fr"),
        ("EQUIP_EMAIL", "e-charge50@sdem50.fr"),
        ("SIRET", "21730065600017"),
        ("id_local", "0612345678"),
        ("reference", "2024-0612345"),
        ("objet", "Rénovation de l’école Marie Curie, née le 7 novembre de la volonté de deux communes"),
        ("annee_naissance", "1985"),
        ("LIEU_NAISSANCE", "Chambéry"),
        ("id_osm", "722732767825448"),
    ],
)
def test_what_belongs_to_a_body_is_left_alone(header: str, cell: str) -> None:
    assert not watch([header], *[[f"x{number}"] for number in range(4)], [cell])


def test_a_column_of_social_security_numbers_is_told_from_long_identifiers() -> None:
    assert watch(["assure"], ["285057800608441"], ["185057800608491"]).counts == {("nir", "assure"): 2}
    others = [[f"9{number:014d}"] for number in range(50)]
    assert not watch(["id"], *others, ["285057800608441"])


def test_a_person_beside_an_amount_is_found_and_an_association_is_not() -> None:
    header = ["nomBeneficiaire", "idBeneficiaire", "montant"]
    rows = [
        ["Mme ROUX", "", "150"],
        ["DUPONT Jean", "", "200"],
        ["DUPONT Jean", "32350712200039", "200"],  # a trader: a company, by its number
        ["Les amis de Jean DUPONT", "", "90"],
        ["Monsieur Bricolage SARL", "", "90"],
        ["JEANNE D’ARC", "", "90"],
    ]
    assert watch(header, *rows, schema="scdl/subventions").counts == {("person", "nomBeneficiaire"): 2}


def test_names_of_elected_people_without_amount_or_address_may_be_published() -> None:
    assert not watch(["nom", "prenom", "mandat"], ["ROUX", "Jeanne", "Maire"])
    assert watch(["nom", "prenom", "adresse"], ["ROUX", "Jeanne", "3 rue Haute"]).kinds == ("person",)


def test_a_count_of_given_names_is_never_a_person() -> None:
    header = ["COLL_INSEE", "ENFANT_PRENOM", "ENFANT_SEXE", "NOMBRE_OCCURRENCES", "ANNEE"]
    assert not watch(header, ["73065", "JEANNE", "F", "1", "2024"], schema="scdl/prenoms")


def test_findings_beyond_the_limit_are_counted_and_cells_are_masked() -> None:
    found = watch(["contact"], *[[f"jeanne.martin{number}@orange.fr"] for number in range(30)], keep=3)
    assert found.counts == {("email", "contact"): 30}
    assert len(found.findings) == 3
    assert {finding.cell for finding in found.findings} == {"je…fr"}


def test_keys_are_checked() -> None:
    assert find_nir("285057800608441")
    assert not find_nir("285057800608442")
    assert not find_iban("FR76 3000 6000 0112 3456 7890 180")
    assert not find_mobile("0700123456", bare=True)  # a machine's
    assert find_personal_email("j.durand@agate.example")
    assert has_civility("M. DURAND Paul")
    assert not is_person("Paul Éluard")


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.properties.creator = "Jeanne Martin"
    book.properties.lastModifiedBy = "Jeanne Martin"
    sheet = book.active
    assert sheet is not None
    sheet.title = "données"
    sheet.append(["nom", "valeur"])
    sheet["A1"].comment = openpyxl.comments.Comment("demander au 06 12 34 56 78", "JM")
    other = book.create_sheet("brouillon")
    other.sheet_state = "hidden"
    other.append(["paul.durand@orange.fr"])
    book.save(path)
    return path


def test_the_quick_look_sees_digits_of_every_script() -> None:
    digits = [chr(code) for code in range(0x80, 0x110000) if chr(code).isdecimal()]
    numbers = [f"06 1{sign} 34 56 78" for sign in digits]
    assert len(numbers) > 500
    assert all(map(find_mobile, numbers))
    assert all(map(may_tell, numbers))


def test_other_sheets_and_comments_of_a_workbook_are_looked_at(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "classeur.xlsx")
    found = [(kind, place) for kind, place, _ in find_beside(path, "données", ReadLimits())]
    assert found == [("email", "feuille « brouillon »"), ("phone", "commentaires des cellules")]


def test_the_published_copy_of_a_workbook_does_not_name_its_author(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "classeur.xlsx")
    copy = tmp_path / "copie.xlsx"
    assert write_without_author(path, copy)
    again = openpyxl.load_workbook(copy)
    assert not again.properties.creator
    assert not again.properties.lastModifiedBy
    assert again["données"]["B1"].value == "valeur"
    first = copy.read_bytes()
    assert write_without_author(path, copy)
    assert copy.read_bytes() == first
    assert not write_without_author(copy, tmp_path / "autre.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert b"Jeanne" in archive.read("docProps/core.xml")


def test_a_workbook_that_is_named_csv_is_published_with_its_nameless_copy(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.properties.creator = "Jeanne Martin"
    assert workbook.active is not None
    workbook.active.append(["COMMUNE_NOM", "COLL_INSEE", "ENFANT_SEXE", "ENFANT_PRENOM", "NOMBRE_OCCURRENCES", "ANNEE"])
    workbook.active.append(["Barby", "73030", "F", "Zoé", 3, 2024])
    workbook.save(tmp_path / "prenoms.csv")
    settings = ExamineSettings(limits=ReadLimits(), max_findings=10, spool=tmp_path / "spool", today=date(2026, 11, 23))
    found = examine_task(Task(tmp_path / "prenoms.csv"), load_registry(None), settings)
    assert found.outcome == "valid"
    assert found.normalised and found.normalised.path and found.original
    assert hash_file(found.normalised.path) == found.normalised.sha256
    assert zipfile.is_zipfile(found.original)


def test_the_published_copy_of_an_old_workbook_names_nobody_either(tmp_path: Path) -> None:
    path, copy = tmp_path / "ancien.xls", tmp_path / "copie.xls"
    shutil.copyfile(DATA / "ancien-excel.xls", path)
    with olefile.OleFileIO(str(path), write_mode=True) as book:
        stream = book.openstream("Workbook").read()
        record = struct.pack("<HH", 0x5C, 112)
        place = stream.index(record) + len(record)
        name = "Jeanne Martin".encode("utf-16-le")
        writer = (struct.pack("<HB", 13, 1) + name).ljust(112, b" ")
        book.write_stream("Workbook", stream[:place] + writer + stream[place + 112 :])
    before = xlrd.open_workbook(str(path))
    assert before.user_name == "Jeanne Martin"
    assert write_without_author(path, copy)
    after = xlrd.open_workbook(str(copy))
    assert after.user_name.strip() == ""
    assert [after.sheet_by_index(0).row_values(row) for row in range(3)] == [
        before.sheet_by_index(0).row_values(row) for row in range(3)
    ]
    assert not write_without_author(copy, tmp_path / "autre.xls")


def test_the_properties_of_an_old_document_that_name_a_person_are_blanked() -> None:
    texts = {2: b"Budget\0\0", 4: b"Jeanne M", 8: b"Paul D.\0"}  # title, author, last author
    places = b"".join(struct.pack("<II", kind, 8 + 24 + 16 * number) for number, kind in enumerate(texts))
    values = b"".join(struct.pack("<II", 30, 8) + text for text in texts.values())
    section = struct.pack("<II", 8 + len(places) + len(values), len(texts)) + places + values
    stream = b"\xfe\xff".ljust(44, b"\0") + struct.pack("<I", 48) + section
    assert without_properties(stream, frozenset({4, 8})) == stream.replace(b"Jeanne M", bytes(8)).replace(
        b"Paul D.\0", bytes(8)
    )


def test_nobody_is_named_by_the_comments_of_the_published_copy(tmp_path: Path) -> None:
    copy = tmp_path / "copie.xlsx"
    assert write_without_author(_workbook(tmp_path / "classeur.xlsx"), copy)
    comment = openpyxl.load_workbook(copy)["données"]["A1"].comment
    assert comment is not None
    assert (comment.author, comment.text) == ("None", "demander au 06 12 34 56 78")  # openpyxl's word for nobody


def test_what_stands_above_the_table_and_beyond_its_columns_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "prenoms.csv"
    text = (
        "Rempli par : jeanne.martin@orange.fr;;;;;\n"
        "COMMUNE_NOM;COLL_INSEE;ENFANT_SEXE;ENFANT_PRENOM;NOMBRE_OCCURRENCES;ANNEE\n"
        "Chambéry;73065;F;Zoé;3;2024\n"
    )
    path.write_text(text, encoding="utf-8")
    settings = ExamineSettings(limits=ReadLimits(), max_findings=10, today=date(2026, 11, 23), spool=tmp_path / "spool")
    found = examine_file(path, load_registry(None), settings)
    assert (found.outcome, found.personal.kinds) == ("valid", ("email",))
    assert watch(["nom"], ["rien", "06 12 34 56 78"]).kinds == ("phone",)


def test_a_workbook_published_as_it_is_names_nobody_and_keeps_its_own_hash(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "classeur.xlsx")
    settings = ExamineSettings(limits=ReadLimits(), max_findings=10, today=date(2026, 11, 23), spool=tmp_path / "spool")
    found = examine_task(Task(path, as_is="always"), load_registry(None), settings)
    assert found.opaque is not None
    assert found.opaque.copy is not None
    assert not openpyxl.load_workbook(found.opaque.copy).properties.creator
    assert (found.sha256, found.opaque.sha256) == (hash_file(path), hash_file(found.opaque.copy))
    assert set(found.personal.kinds) == {"email", "phone"}
    assert list((tmp_path / "spool").iterdir()) == [found.opaque.copy]


def test_a_workbook_without_a_table_is_looked_at_before_it_is_published_as_it_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    other = book.create_sheet("brouillon")
    other.sheet_state = "hidden"
    other.append(["paul.durand@orange.fr"])
    path = tmp_path / "vide.xlsx"
    book.save(path)
    assert find_in_opaque(path, ReadLimits(), max_findings=5).kinds == ("email",)


def test_an_examined_file_says_in_french_what_it_tells_about_persons(tmp_path: Path) -> None:
    from odl_host.pipeline.reporting.page import render_html

    path = tmp_path / "subventions-2025.csv"
    header = (
        "nomAttribuant,idAttribuant,dateConvention,referenceDecision,nomBeneficiaire,idBeneficiaire,"
        "rnaBeneficiaire,objet,montant,nature,conditionsVersement,datesPeriodeVersement,notificationUE,"
        "pourcentageSubvention"
    )
    row = ["Commune de Chambéry", "35600000000048", "2025-02-03", "2025-12", "Association Arc", "35600000000048", ""]
    row += ["Joindre le 06 12 34 56 78", "100.00", "aide en numéraire", "unique", "2025-03-14", "non", "0.5"]
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"{header}\n")
        csv.writer(file).writerow(row)
    settings = ExamineSettings(ReadLimits(), 100, date(2026, 1, 2), spool=tmp_path / "spool")
    examined = examine_file(path, load_registry(None), settings)
    assert examined.outcome == "valid", examined.report and examined.report.findings
    assert examined.personal.kinds == ("phone",)
    assert examined.report is not None
    page = render_html(examined.report)
    assert "numéro de téléphone portable" in page
    assert "06 12 34 56 78" not in page
