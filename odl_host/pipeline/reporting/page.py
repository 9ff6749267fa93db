"""The report as a page for a town secretary: one file that opens anywhere, prints, and asks nothing of the network.

Accessibility: RGAA 4. Nothing is said by colour alone, every picture has its figures beside it, headings and tables are
marked as such, and the page reads at 360 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.pipeline.reporting.causes import gather_causes
from odl_host.pipeline.reporting.problems import (
    ColumnProblems,
    Labels,
    MissingColumn,
    gathered_labels,
    group_problems,
    missing_columns,
)
from odl_host.pipeline.reporting.verdict import corrections, instruction, is_shifted
from odl_host.pipeline.reporting.wording import counted, day, number, some, unbroken
from odl_host.schemas.forms import expected_form
from odl_host.typography import SPACE, apostrophes

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from odl_host.pipeline.recognising.detect import Candidate
    from odl_host.pipeline.reporting.health import ColumnHealth
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.registry import Field

PAGES = Path(__file__).parent / "pages"
_SHOWN_COLUMNS = 60
_SHOWN_NAMES = 12
_SHOWN_FIELDS = 40
_CLIP = 100

_ENCODINGS = {
    "cp1252": "codage de Windows",
    "mac-roman": "ancien codage des Macintosh",
    "cp850": "codage de MS-DOS",
    "utf-8+cp1252": "deux codages mêlés",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_USUAL = frozenset({"ascii", "utf-8", "utf-8-sig"})  # what is as it should be needs no word
_FORMATS = {"csv": "CSV", "xlsx": "classeur Excel", "xls": "classeur Excel ancien", "ods": "classeur LibreOffice"}


def render_html(report: FileReport, *, copy: str = "") -> str:
    """Return the whole page. `copy` is the file name of the corrections workbook, when one lies beside the page."""
    return _environment().get_template("report.html.j2").render(view=View(gather_causes(report), copy))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@dataclass(frozen=True)
class View:
    """What the page shows, ready to be laid out."""

    report: FileReport
    copy: str = ""

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.report.file.rpartition("/")[2]

    @property
    def date(self) -> str:
        """The day of the verification."""
        return day(self.report.date)

    @cached_property
    def instruction(self) -> str:
        """What to do, in one sentence."""
        return instruction(self.report)

    @cached_property
    def heading_sentence(self) -> str:
        """The same, where the file's name stands above: names of files are long, and headings are not."""
        return instruction(self.report, name="ce fichier")

    @property
    def reason(self) -> str:
        """Why the file was not judged."""
        return unbroken(self.report.reason)

    @property
    def tone(self) -> str:
        """The look of the verdict; the sentence says the same in words."""
        return "fine" if self.report.good else "stuck" if self.report.outcome == "blocked" else "todo"

    @cached_property
    def todo(self) -> bool:
        """Whether the town hall has something to correct."""
        return not self.report.good and self.report.outcome != "blocked" and corrections(self.report) > 0

    @cached_property
    def shifted(self) -> bool:
        """Whether the file is to be exported anew: its cells are not where they belong, and say nothing."""
        return is_shifted(self.report)

    @cached_property
    def errors(self) -> list[ColumnProblems]:
        """What must be corrected."""
        return [] if self.shifted else group_problems(self.report, "error")

    @cached_property
    def missing(self) -> list[MissingColumn]:
        """The required columns that are to be added."""
        return [] if self.shifted else missing_columns(self.report)

    @property
    def add_sentence(self) -> str:
        """What is to be done about the columns that are missing."""
        one = len(self.missing) == 1
        return (
            f"Écrivez {'ce titre' if one else 'ces titres'}, lettre pour lettre, sur la ligne des titres "
            f"(ligne {self.report.header_row}), puis remplissez {'la colonne' if one else 'les colonnes'}."
        )

    def known(self, candidate: Candidate) -> str:
        """Return how many titles of a model the file has."""
        count = counted(len(candidate.columns), "titre reconnu", "titres reconnus")
        return f"{count} sur {number(len(candidate.schema.fields))}"

    def strangers(self, candidate: Candidate) -> str:
        """Return the file's titles that a model does not know, as a list in a sentence, "" when it knows all."""
        taken = set(candidate.columns.values())
        names = [f"«{SPACE}{one}{SPACE}»" for one in self.report.header if one.strip() and one not in taken]
        return some(names, _SHOWN_NAMES)

    def expected(self, candidate: Candidate) -> tuple[Field, ...]:
        """Return the columns of a model as the page lists them: those that are required first, not hundreds."""
        return tuple(sorted(candidate.schema.fields, key=lambda one: not one.required)[:_SHOWN_FIELDS])

    @cached_property
    def warnings(self) -> list[ColumnProblems]:
        """What may be looked at."""
        return [] if self.shifted else group_problems(self.report, "warning")

    @cached_property
    def labels(self) -> Labels:
        """Columns that are only named."""
        return gathered_labels(self.report)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What was read, as names and values."""
        report = self.report
        found: list[tuple[str, str]] = []
        if report.schema:
            found.append(("Modèle", f"{report.schema.title} ({report.schema.version})"))
        if report.rows is not None:
            found.append(("Lignes lues", number(report.rows)))
        if report.format:
            kind = _FORMATS.get(report.format, report.format)
            if report.sheet:
                kind += f", feuille {report.sheet}"
            elif report.encoding and report.encoding.lower() not in _USUAL:
                kind += f", {_ENCODINGS.get(report.encoding.lower(), report.encoding)}"
            found.append(("Format", kind))
        return found

    @property
    def unknown_sentence(self) -> str:
        """What is said of the columns that the schema does not know."""
        names = self.labels.unknown
        one = len(names) == 1
        return (
            f"{counted(len(names), 'colonne n’est pas', 'colonnes ne sont pas')} dans le modèle{SPACE}: "
            f"{some(names, _SHOWN_NAMES)}. {'Elle reste' if one else 'Elles restent'} dans le fichier, sans être "
            f"{'vérifiée' if one else 'vérifiées'}."
        )

    @property
    def optional_sentence(self) -> str:
        """What is said of the optional columns that the file lacks."""
        names = self.labels.optional
        return (
            f"{counted(len(names), 'colonne facultative manque', 'colonnes facultatives manquent')}{SPACE}: "
            f"{some(names, _SHOWN_NAMES)}. Ajoutez-{'la' if len(names) == 1 else 'les'} si vous avez ces informations."
        )

    @property
    def health(self) -> tuple[ColumnHealth, ...]:
        """The columns of the picture: those that were verified."""
        return self._verified[:_SHOWN_COLUMNS]

    @property
    def health_more(self) -> int:
        """How many columns the picture leaves out."""
        return max(0, len(self._verified) - _SHOWN_COLUMNS)

    @cached_property
    def _verified(self) -> tuple[ColumnHealth, ...]:
        return () if self.shifted else tuple(one for one in self.report.health if one.known)

    @property
    def health_sentence(self) -> str:
        """The picture in one sentence."""
        right, wrong = sum(one.right for one in self._verified), sum(one.wrong for one in self._verified)
        if not wrong:
            return f"Toutes les cellules remplies des colonnes du modèle sont justes ({number(right)})."
        percent = min(99, 100 * right // max(1, right + wrong))
        return (
            f"{percent}{SPACE}% des cellules vérifiées sont justes{SPACE}: {number(right)} justes, "
            f"{number(wrong)} à corriger."
        )

    def bar(self, one: ColumnHealth) -> Markup:
        """Return the bar of one column; the figures beside it say the same."""
        from markupsafe import Markup

        total = max(1, one.total)
        right, wrong = 100 * one.right / total, 100 * one.wrong / total
        if one.wrong:  # one wrong cell among thousands must still be seen
            wrong = max(wrong, 2.0)
            right = min(right, 100 - wrong)
        label = f"{number(one.right)} justes, {number(one.wrong)} à corriger, {number(one.empty)} vides"
        parts = [f'<rect class="right" width="{right:.1f}%" height="100%"/>'] if one.right else []
        if one.wrong:
            place = f'x="{right:.1f}%" width="{wrong:.1f}%" height="100%"'
            parts += [f'<rect class="wrong" {place}/>', f'<rect fill="url(#hachures)" {place}/>']
        inner = "".join(parts)
        frame = '<rect class="frame" width="100%" height="100%"/>'
        # Every part is a number or a word of ours.
        return Markup(f'<svg role="img" aria-label="{label}">{inner}{frame}</svg>')  # noqa: S704

    def heading(self, field: Field) -> str:
        """Return a column's title, "" when it says no more than the name."""
        return "" if field.title.strip() in ("", field.name) else apostrophes(field.title.strip().rstrip("."))

    def explain(self, field: Field) -> str:
        """Return a column's explanation, "" when it says no more than the title."""
        description = field.description.strip()
        return "" if description.rstrip(".") == field.title.strip().rstrip(".") else unbroken(apostrophes(description))

    def form(self, field: Field) -> str:
        """Return what a cell of the column must look like."""
        return unbroken(expected_form(field, self.report.schema))

    def times(self, column: ColumnProblems) -> str:
        """Return how many things are to be corrected in a column."""
        nouns = {problem.noun for problem in column.problems}
        return counted(column.count, *(nouns.pop() if len(nouns) == 1 else ("fois", "fois")))

    def others(self, count: int) -> str:
        """Return how many more of the same."""
        return counted(count, "autre", "autres")

    def bind(self, text: str) -> str:
        """Return a sentence whose marks stay with their words."""
        return unbroken(text)

    def number(self, value: int) -> str:
        """Return a number as it is read in French."""
        return number(value)

    def clip(self, text: str, limit: int = _CLIP) -> str:
        """Return a text, cut when it is very long."""
        return text if len(text) <= limit else f"{text[:limit].rstrip()}…"
