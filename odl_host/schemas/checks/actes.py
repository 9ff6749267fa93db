"""`nomenclature-acte`: the family of an act in the national nomenclature of the control of legality ("Actes")."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from odl_host.schemas.checks.problem import JudgeValue, Problem, ValueCheck

FAMILIES = (
    "Commande publique",
    "Urbanisme",
    "Domaine et patrimoine",
    "Fonction publique",
    "Institutions et vie politique",
    "Libertés publiques et pouvoirs de police",
    "Finances locales",
    "Domaines de compétences par thèmes",
    "Autres domaines de compétences",
)
"""The nine families. Source: ministère de l'Intérieur, nomenclature des actes transmis (Actes), 2024."""


def plain(text: str) -> str:
    """Take case and accents off."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_PLAIN_FAMILIES = frozenset(map(plain, FAMILIES))


def is_acte(text: str) -> bool:
    """Say whether the text is "Famille/anything", without a space just after a slash."""
    family, slash, _ = text.partition("/")
    return bool(slash) and plain(family) in _PLAIN_FAMILIES and "/ " not in text


def _bind(_params: Mapping[str, object]) -> JudgeValue:
    wrong = Problem("custom-check-error", {"check": "nomenclature-acte"})

    def judge(value: object, text: str) -> Problem | None:
        return None if is_acte(value if isinstance(value, str) else text) else wrong

    return judge


NOMENCLATURE_ACTE = ValueCheck(
    "nomenclature-acte",
    _bind,
    good=("Commande publique/Marchés publics", "URBANISME/", "libertes publiques et pouvoirs de police/x"),
    bad=(
        "Urbanisme",
        "Urbanisme /Documents",
        "Urbanisme/ Documents",
        " Urbanisme/x",
        "Voirie/x",
        "Finances  locales/x",
    ),
)

CHECKS = {NOMENCLATURE_ACTE.name: NOMENCLATURE_ACTE}
