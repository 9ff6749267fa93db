"""What a report says, read as someone who never saw a schema: one cause said once, advice that holds, plain French."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import odl_host.schemas.messages as messages
from odl_host.pipeline.engine.validate import validate_table
from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.recognising.detect import detect_schema
from odl_host.pipeline.reporting.causes import gather_causes
from odl_host.pipeline.reporting.model import FileReport, file_report
from odl_host.pipeline.reporting.page import render_html
from odl_host.pipeline.reporting.terminal import render_text
from odl_host.pipeline.reporting.verdict import instruction
from odl_host.pipeline.runs.reports import write_file_reports
from odl_host.schemas.registry import Schema, load_registry
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 3, 1)


def schema_of(*fields: dict[str, object]) -> Schema:
    return parse_descriptor({"title": "Essai", "fields": list(fields)}, name="test/essai", version="1.0.0")


def judged(tmp_path: Path, text: str, schema: Schema) -> FileReport:
    path = tmp_path / "essai.csv"
    path.write_text(text, encoding="utf-8")
    table = read_table(path, columns=frozenset(schema.field_names))
    report = validate_table(table, schema, max_findings=100, today=TODAY)
    return file_report(path.name, table=table, report=report, today=TODAY)


def plain(text: str) -> str:
    """Return a text without its no-break spaces and line ends."""
    return " ".join(re.sub("[\u00a0\u202f]", " ", text).split())


def advice(report: FileReport) -> str:
    return plain(report.sentences(report.findings[0])[1])


def test_no_sentence_mixes_straight_and_curly_apostrophes() -> None:
    for path in Path(messages.__file__).parent.glob("*.py"):
        code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text("utf-8"))
        found = re.findall(r"\b(?:[cdjlmnst]|qu|lorsqu|jusqu)'\w[^\"]{0,30}", code, re.IGNORECASE)
        typed = [one for one in found if one == "d'urbanisme"]  # a value to be typed, as the official list has it
        assert found == typed, path.name


def test_a_line_that_ends_too_early_is_one_thing_to_correct(tmp_path: Path) -> None:
    names = [f"col{n}" for n in range(40)]
    schema = schema_of(*({"name": name} for name in names))
    full = ",".join("x" * 40)
    report = judged(tmp_path, f"{','.join(names)}\n{full}\na,b\n{full}\nc,d\n", schema)
    assert report.errors_total == 76
    assert instruction(report).startswith("2 corrections à faire")
    text = plain(render_text(report))
    assert "2 tableau entier : Ligne trop courte, lignes 3 et 5" in text
    assert "La ligne s’arrête avant la colonne col2 : il lui manque 38 cellules." in text
    page = plain(render_html(report))
    assert page.count("Ligne trop courte") == 1
    assert "Lignes 3 et 5" in page


def test_lines_cut_at_other_places_are_counted_once_each(tmp_path: Path) -> None:
    schema = schema_of(*({"name": name} for name in "abcd"))
    rows = "".join(f"{','.join('x' * (1 + n % 3))}\n" for n in range(300))
    report = judged(tmp_path, f"a,b,c,d\n{rows}", schema)
    assert instruction(report).startswith("300\u202fcorrections") or "300 corrections" in plain(instruction(report))
    assert "300 tableau entier" in plain(render_text(report))


def test_a_number_that_two_checks_refuse_is_corrected_once(tmp_path: Path) -> None:
    schema = parse_descriptor(
        {
            "title": "Essai",
            "fields": [{"name": "siret", "constraints": {"pattern": "^[0-9]{14}$"}}],
            "custom_checks": [{"name": "french-siret-value", "params": {"column": "siret"}}],
        },
        name="test/essai",
        version="1.0.0",
    )
    rows = "2173002680001\n" * 200 + "21730065600014\n"
    report = judged(tmp_path, f"siret\n{rows}", schema)
    assert report.errors_total == 400
    assert plain(instruction(report)).startswith("200 corrections à faire")
    assert plain(render_html(report)).count("Vous avez écrit") <= 1


def test_many_values_in_one_cell_are_proposed_with_the_mark_that_the_model_wants(tmp_path: Path) -> None:
    days = "lundi|mardi|mercredi"
    schema = schema_of({"name": "jours", "constraints": {"pattern": rf"^({days})(\|({days}))*$"}})
    assert advice(judged(tmp_path, 'jours\n"Mardi, mercredi"\n', schema)) == "Écrivez « mardi|mercredi »."


def test_a_pattern_that_lists_values_is_said_as_a_choice(tmp_path: Path) -> None:
    schema = schema_of({"name": "x", "constraints": {"pattern": r"^ *(Crèche|Lycée \(hors agricole\)) *$"}})
    said = advice(judged(tmp_path, "x\nMairie\n", schema))
    assert said == "Choisissez parmi : « Crèche », « Lycée (hors agricole) »."


def test_a_first_name_in_capitals_is_proposed_as_the_model_writes_it(tmp_path: Path) -> None:
    schema = schema_of(
        {"name": "x", "example": "Anne-Lise", "constraints": {"pattern": "^[A-Z][a-zé]+(-[A-Z][a-zé]+)?$"}}
    )
    assert advice(judged(tmp_path, "x\nANNE-LISE\n", schema)) == "Écrivez « Anne-Lise »."
    assert advice(judged(tmp_path, "x\nAnneLise\n", schema)) == "Suivez la forme de cet exemple : « Anne-Lise »."
    assert advice(judged(tmp_path, "x\nAnne Lise\n", schema)) == "Suivez la forme de cet exemple : « Anne-Lise »."


def test_taking_a_space_away_is_only_advised_where_it_is_enough(tmp_path: Path) -> None:
    schema = schema_of({"name": "code", "example": "73065", "constraints": {"pattern": "^[0-8][0-9]{4}$"}})
    assert advice(judged(tmp_path, 'code\n" 73065"\n', schema)) == "Écrivez « 73065 », sans espace avant ni après."
    assert advice(judged(tmp_path, 'code\n" 730650"\n', schema)) == "Suivez la forme de cet exemple : « 73065 »."


def test_without_an_example_the_models_own_words_say_what_is_expected(tmp_path: Path) -> None:
    field = {
        "name": "cle",
        "description": "Le code INSEE, puis le numéro.",
        "constraints": {"pattern": "^[0-9]{5}_[0-9]+$"},
    }
    said = advice(judged(tmp_path, "cle\nx\n", schema_of(field)))
    assert said == "Voici ce que le modèle attend : Le code INSEE, puis le numéro."


def test_a_total_below_the_data_is_to_be_removed_and_not_to_be_filled_in(tmp_path: Path) -> None:
    must = {"constraints": {"required": True}}
    schema = schema_of(
        *({"name": name, **must} for name in ("nom", "objet", "lieu")), {"name": "montant", "type": "number"}
    )
    text = "nom;objet;lieu;montant\nClub;;salle;12\n;;;\nTotal;;;12\n"
    report = judged(tmp_path, text, schema)
    assert report.errors_total == 4, "the verdict is that of the table as it is"
    gathered = gather_causes(gather_causes(report))
    assert [(one.row, one.code) for one in gathered.findings if one.severity == "error"] == [
        (2, "constraint-error"), (3, "row-below"), (4, "row-below")
    ]  # fmt: skip
    assert gathered.errors_total == sum(gathered.counts.values()) == 3
    page = plain(render_html(report))
    assert "Supprimez cette ligne, ou complétez-la si c’en est une." in page
    assert "Lignes 3 et 4" in page


def test_a_number_in_words_is_not_also_a_cell_that_lacks(tmp_path: Path) -> None:
    together = {"name": "cohesive-columns-value", "params": {"column": "présents", "othercolumns": ["pour"]}}
    fields = [{"name": "présents", "type": "integer"}, {"name": "pour", "type": "integer"}]
    schema = parse_descriptor(
        {"title": "Essai", "fields": fields, "custom_checks": [together]}, name="t/e", version="1"
    )
    report = judged(tmp_path, "présents,pour\ndix,9\n8,\n", schema)
    assert report.errors_total == 3
    gathered = gather_causes(report)
    assert [(one.row, one.code) for one in gathered.findings] == [(2, "type-error"), (3, "cohesive-columns-value")]
    assert gathered.errors_total == 2
    assert "2 corrections" in instruction(report)


def test_when_decimal_commas_cut_the_lines_only_the_new_export_is_asked_for(tmp_path: Path) -> None:
    schema = schema_of(
        {"name": "nom", "constraints": {"required": True}},
        {"name": "montant", "type": "number"},
        {"name": "nature", "constraints": {"enum": ["don", "prêt"]}},
    )
    report = judged(tmp_path, "nom,montant,nature\n" + "Foyer,12,50,don\nClub,7,25,prêt\n" * 4, schema)
    assert instruction(report).startswith("Exportez de nouveau essai.csv")
    assert "Premières erreurs" not in render_text(report)
    page = plain(render_html(report))
    assert "Ce qu’il faut corriger" not in page
    assert "le point-virgule comme séparateur ; ou déposez le classeur" in page
    ((_, problem),) = write_file_reports([(tmp_path / "essai.csv", report, Path())], tmp_path / "rapports", jobs=1)
    assert not problem
    assert not list((tmp_path / "rapports").glob("*.xlsx"))  # nobody should correct what is only displaced


def test_a_column_to_rename_is_not_also_asked_to_be_added(tmp_path: Path) -> None:
    from odl_host.pipeline.examining.examine import ExamineSettings, examine_file
    from odl_host.pipeline.reading.limits import ReadLimits

    path = tmp_path / "subventions.csv"
    registry = load_registry(None)
    schema = registry.get_schema("scdl/subventions")
    names = [name for name in schema.field_names if name not in ("idBeneficiaire", "rnaBeneficiaire")]
    row = {"nomAttribuant": "Barby", "idAttribuant": "21730026800012", "dateConvention": "2025-03-18"}
    path.write_text(
        ";".join([*names, "idbeneficiaire"])
        + "\n"
        + ";".join([*(row.get(name, "") for name in names), "3498260"])
        + "\n",
        "utf-8",
    )
    report = examine_file(
        path, registry, ExamineSettings(limits=ReadLimits(), max_findings=100, today=TODAY), schema=schema
    ).report
    assert report is not None
    found = [plain(" ".join(report.sentences(one))) for one in report.findings if one.code == "one-of-required"]
    assert "Si votre colonne « idbeneficiaire » contient cette information, renommez-la « idBeneficiaire »" in found[0]


def test_a_list_that_is_cut_says_how_many_more_there_are(tmp_path: Path) -> None:
    strangers = ";".join(f"inconnue{n}" for n in range(9))
    report = judged(tmp_path, f"x;{strangers}\n1{';' * 9}\n", schema_of({"name": "x"}))
    assert "9 colonnes hors du modèle" in plain(render_text(report))
    assert "« inconnue5 » et 3 autres" in plain(render_text(report))


def test_the_columns_that_are_left_to_add_are_named(tmp_path: Path) -> None:
    required = {"constraints": {"required": True}}
    schema = schema_of({"name": "cle_interop", **required}, {"name": "certifiee", **required}, {"name": "voie_nom"})
    said = plain(render_text(judged(tmp_path, "cle_interopp;voie_nom\n1;2\n", schema)))
    assert "Ajoutez certifiee, avec exactement ce titre." in said


def test_a_model_that_shares_a_common_word_with_a_file_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "effectifs.csv"
    path.write_text("ecole,annee_scolaire,effectif\nCentre,2024,12\n", "utf-8")
    found = detect_schema(read_table(path), load_registry(None), filename=path.name)
    assert not found.candidates
    assert "Prénoms" not in found.reason
    assert "Demandez le modèle de ces données" in found.reason


def test_a_year_a_sex_and_a_number_do_not_make_a_list_of_first_names(tmp_path: Path) -> None:
    path = tmp_path / "effectifs.csv"
    path.write_text("ecole,annee,effectif,sexe\nCentre,2024,12,F\n", "utf-8")
    found = detect_schema(read_table(path), load_registry(None), filename=path.name)
    assert not found.certain
