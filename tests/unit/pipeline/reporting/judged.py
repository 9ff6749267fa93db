"""A file with every kind of mistake, as it is judged."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from odl_host.pipeline.engine.validate import Report, validate_table
from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.reporting.health import measure_health
from odl_host.pipeline.reporting.model import FileReport, file_report
from odl_host.schemas.registry import Schema
from odl_host.schemas.repair import parse_descriptor

TODAY = date(2026, 3, 1)
SCHEMA = parse_descriptor(
    {
        "title": "Prêts de salles",
        "homepage": "https://exemple.fr/salles",
        "fields": [
            {
                "name": "SALLE",
                "title": "Nom de la salle",
                "description": "Écrivez le nom affiché à l'entrée.",
                "example": "Salle des fêtes",
                "constraints": {"required": True},
            },
            {"name": "JOUR", "type": "date", "title": "Jour du prêt", "example": "2024-03-31"},
            {"name": "PRIX", "type": "number", "title": "Prix payé"},
            {"name": "USAGE", "title": "Usage", "constraints": {"enum": ["fête", "réunion"]}},
            {"name": "CODE", "title": "Code de la commune", "constraints": {"required": True}},
            {"name": "NOTE", "title": "Remarque"},
        ],
    },
    name="test/salles",
    version="1.0.0",
)
ROWS = """SALLE;JOUR;PRIX;USAGE;Personne
Foyer;31/12/2024;12,50;fête;M. A
;2024-01-02;10;Réunion;
Foyer;01/02/2024;dix;=cmd|' /C calc'!A0;<b>x</b>
Foyer;01/02/2024;3;<script>alert(1)</script>;
"""


def judge(
    tmp_path: Path, text: str, *, schema: Schema = SCHEMA, name: str = "salles.csv", keep: int = 100
) -> tuple[FileReport, Report]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    table = read_table(path, columns=frozenset(schema.field_names))
    report = validate_table(table, schema, max_findings=keep, today=TODAY)
    health = measure_health(table, report)
    return file_report(name, table=table, report=report, health=health, today=TODAY), report
