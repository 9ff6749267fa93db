"""The first thing that is said of a file: what to do, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from odl_host.pipeline.reporting.causes import gather_causes
from odl_host.pipeline.reporting.wording import counted, listed, number
from odl_host.schemas.findings import CODES
from odl_host.typography import SPACE

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport

_MANY = 20


def instruction(report: FileReport, *, name: str = "") -> str:
    """Return what to do with the file, in one sentence that names it: by `name`, else by its own name."""
    report = gather_causes(report)
    name = name or report.file.rstrip("/").rpartition("/")[2]
    name = "ce fichier" if name == "-" else name  # standard input
    if report.outcome == "blocked":
        if report.held:
            subject = "Ce fichier" if name == "ce fichier" else name
            return f"{subject} n’est pas publié tel quel."
        return f"Nous n’avons pas pu vérifier {name}."
    if report.good and report.rows == 0 and report.outcome != "published":
        return f"Vérifiez que {name} est le bon fichier{SPACE}: il n’a que ses titres de colonnes, sans données."
    if report.good:
        said = f"Rien à corriger{SPACE}: {name} "
        said += "est en ligne" if report.outcome == "published" else "peut être publié"
        if report.outcome != "published" and not report.repairs:
            said += " tel quel"
        points = warnings_to_read(report)
        if not points:
            return f"{said}."
        better = f"{counted(points, 'point est', 'points sont')} à vérifier quand vous pourrez"
        if report.outcome == "published":
            return f"Publié, à améliorer{SPACE}: {name} est en ligne, et {better}."
        return f"{said}{SPACE}; {better}."
    todo = corrections(report)
    if not todo:
        return f"Rien à corriger de votre part dans {name}{SPACE}: c’est le modèle qui a un défaut."
    if any(one.code == "unmatched-header" for one in report.findings):
        return (
            f"Les titres des colonnes de {name} ne sont pas ceux du modèle{SPACE}: "
            "remplacez-les, puis redéposez-le sous le même nom."
        )
    if is_shifted(report):
        return (
            f"Exportez de nouveau {name} avec le point-virgule comme séparateur, puis redéposez-le sous le même nom"
            f"{SPACE}: {counted(todo, 'erreur en vient', 'erreurs en viennent')} sans doute."
        )
    columns = {one.column for one in report.findings if one.severity == "error" and one.column}
    where = (
        f"dans {number(len(columns))}{SPACE}colonnes de {name}" if todo > _MANY and len(columns) > 1 else f"dans {name}"
    )
    return f"{counted(todo, 'correction', 'corrections')} à faire {where}, puis redéposez-le sous le même nom."


def is_shifted(report: FileReport) -> bool:
    """Tell whether most lines fell apart at their decimal commas: what their cells hold says nothing any more."""
    return any(note.code == "unquoted-decimal-comma" and note.count * 2 >= (report.rows or 0) for note in report.advice)


def summary(reports: Sequence[FileReport]) -> str:
    """Return how many files are right, wrong, and not judged, in one sentence."""
    wrong = sum(not one.good and one.outcome != "blocked" for one in reports)
    stuck = sum(one.outcome == "blocked" for one in reports)
    good = len(reports) - wrong - stuck
    parts = [counted(good, "valide", "valides"), f"{number(wrong)} à corriger"]
    if stuck:
        parts.append(counted(stuck, "n’a pas pu être vérifié", "n’ont pas pu être vérifiés"))
    return f"{counted(len(reports), 'fichier vérifié', 'fichiers vérifiés')}{SPACE}: {listed(parts)}."


def corrections(report: FileReport) -> int:
    """Return the number of errors that the town hall can correct: those of the schema itself are not counted."""
    report = gather_causes(report)
    return report.errors_total - sum(
        count for (code, _), count in report.counts.items() if _is_of_schema(code) and not _is_warning(report, code)
    )


def warnings_to_read(report: FileReport) -> int:
    """Return the number of warnings worth a look: not those about the schema, nor about columns that may be absent."""
    silent = {"optional-label-missing", "unknown-label", "disordered-labels"}
    return sum(
        count
        for (code, _), count in report.counts.items()
        if _is_warning(report, code) and not _is_of_schema(code) and code not in silent
    )


def _is_of_schema(code: str) -> bool:
    return code in CODES and CODES[code].level == "schema"


def _is_warning(report: FileReport, code: str) -> bool:
    return any(one.severity == "warning" for one in report.findings if one.code == code)
