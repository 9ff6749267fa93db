"""The files that a person must look at: not tables, not readable, of no known model, or nobody's."""

from __future__ import annotations

from sample_deposit import deliberations as acts
from sample_deposit.places import TOWNS, Town
from sample_deposit.writing import csv_bytes, pdf_bytes, xlsx_bytes

_GRENOBLE = Town("38185", "Grenoble", "213801855", "38000", 59, 5.7245, 45.1885)


def blocked_files() -> dict[str, bytes]:
    """Return the content of each file by its path in the deposit."""
    whole = xlsx_bytes(acts.HEADER, acts.deliberations(TOWNS["73146"], 2026, 10, last_month=6))
    return {
        "200069110/Rapport d’activité 2025.pdf": pdf_bytes(
            [
                "Grand Chambéry",
                "Rapport d'activité 2025",
                "Document fictif, fourni à titre d'exemple.",
            ]
        ),
        "73081/Planning salle polyvalente.xlsx": xlsx_bytes(
            ["Jour", "Créneau", "Association utilisatrice", "Salle", "Chauffage"],
            [
                ["Lundi", "18 h – 20 h", "Gymnastique volontaire", "Grande salle", "oui"],
                ["Mardi", "17 h – 19 h", "École de musique", "Salle des mariages", "oui"],
                ["Mercredi", "14 h – 17 h", "Centre de loisirs", "Grande salle", "oui"],
                ["Jeudi", "20 h – 22 h", "Chorale À travers chants", "Salle des mariages", "non"],
                ["Vendredi", "19 h – 23 h", "Comité des fêtes", "Grande salle", "selon météo"],
            ],
            titles=["Planning d’occupation – saison 2026-2027"],
        ),
        # The transfer stopped half-way: the table of contents, at the end of the archive, is missing.
        "73146/Délibérations juin 2026.xlsx": whole[: len(whole) * 6 // 10],
        "73036/subventions-2025.csv": b"",
        "38185/deliberations-2025.csv": csv_bytes(acts.HEADER, acts.deliberations(_GRENOBLE, 2025, 6), delimiter=";"),
    }
