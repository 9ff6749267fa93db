"""The kinds of repairs, and their French words: kinds are stable, they are what programs read in reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

KINDS: Mapping[str, str] = {
    "header": "Nom de colonne écrit comme le modèle l’attend",
    "spaces": "Textes écrits sans les espaces en trop",
    "number": "Nombres écrits avec un point, sans espace ni « € »",
    "whole-number": "Décimales nulles retirées des nombres entiers",
    "date": "Dates écrites dans l’ordre année-mois-jour",
    "period": "Périodes écrites avec une barre entre les deux dates",
    "midnight": "Heure « minuit » retirée des dates",
    "leading-zero": "Zéro perdu au début du code rétabli",
    "code-spaces": "Code écrit sans espaces ni décimales",
    "code-capitals": "Lettre du code mise en majuscule",
    "boolean": "Oui et non écrits avec les mots du modèle",
    "choice": "Valeurs écrites comme dans la liste permise",
}
"""Every kind, with what was done, for the report of the town hall."""

MAX_EXAMPLES = 3

_NOT_ABOUT_TEXT = frozenset(
    {
        *("missing-label", "extra-label", "unknown-label", "optional-label-missing", "disordered-labels"),
        *("missing-cell", "extra-cell", "unique-error", "primary-key"),
    }
)


def is_about_text(code: str) -> bool:
    """Tell whether a finding of this code may be about how a cell is written, and so be repaired.

    >>> is_about_text("type-error"), is_about_text("unique-error"), is_about_text("odl-future-date")
    (True, False, False)
    """
    return code not in _NOT_ABOUT_TEXT and (not code.startswith("odl-") or code == "odl-unknown-commune")


class Ledger:
    """What was repaired: counted per kind and column, with the first examples of each."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], dict[str, str]] = {}

    def add(self, kind: str, column: str, before: str, after: str, count: int = 1) -> None:
        """Count a repair of `before` into `after`."""
        key = (kind, column)
        self.counts[key] += count
        examples = self._examples.setdefault(key, {})
        if len(examples) < MAX_EXAMPLES:
            examples.setdefault(before, after)

    def detail(self, kind: str, column: str) -> str:
        """Return the French sentence on one kind of repair in one column, with examples."""
        shown = ", ".join(
            f"« {visible(before)} » → « {visible(after)} »" for before, after in self._examples[(kind, column)].items()
        )
        if kind == "header":
            return f"{KINDS[kind]} : {shown}."
        return f"Colonne « {column} » : {KINDS[kind][0].lower()}{KINDS[kind][1:]} ({shown})."


def visible(text: str) -> str:
    r"""Show a text in a sentence: what cannot be seen is drawn, what is long is cut.

    >>> visible(" 73065\u00a0"), visible("x" * 60)[-3:]
    ('␣73065␣', 'xx…')
    """
    inner = text.strip()
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :] if inner else ""
    drawn = "␣" * len(before) + " ".join(inner.split()) + "␣" * len(after)
    return drawn if len(drawn) <= 48 else f"{drawn[:47]}…"


def listed(texts: Sequence[str]) -> str:
    """Quote the first texts.

    >>> listed(["a", "b", "c", "d"])
    '« a », « b », « c »…'
    """
    shown = ", ".join(f"« {visible(text)} »" for text in texts[:MAX_EXAMPLES])
    return f"{shown}…" if len(texts) > MAX_EXAMPLES else shown
