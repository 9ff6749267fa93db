"""The sentences about columns that do not fit together: compared, summed, filled together.

A cell that does not read as its column's type has no value here, as if it were empty: hence "mal écrite".
"""

from __future__ import annotations

from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode, shown

_OPERATORS = {
    "<": ("plus petite que", ""),
    "<=": ("plus petite que", ", ou égale"),
    "==": ("égale à", ""),
    ">=": ("plus grande que", ", ou égale"),
    ">": ("plus grande que", ""),
}


def _compare(finding: Finding) -> Sentences:
    other, value = finding.params.get("other", ""), finding.params.get("other_value", "")
    if finding.params.get("comparable") == "non":
        return (
            f"{shown(finding)} ne peut pas être comparé à « {value} » (colonne {other}).",
            "Écrivez les deux valeurs de la même façon : deux nombres, ou deux dates.",
        )
    order, tail = _OPERATORS.get(finding.params.get("op", ""), ("comparable à", ""))
    return (
        f"La valeur {shown(finding)} doit être {order} celle de la colonne {other} (« {value} »){tail}.",
        "Vérifiez les deux valeurs et corrigez celle qui est fausse.",
    )


def _sum(finding: Finding) -> Sentences:
    others, expected = finding.params.get("others", ""), finding.params.get("expected", "")
    if not expected:
        return (
            f"La valeur {shown(finding)} devrait être la somme des colonnes {others}, qui ne peut pas être calculée.",
            "Écrivez dans toutes ces colonnes des nombres ordinaires, en chiffres.",
        )
    return (
        f"La valeur {shown(finding)} devrait être la somme des colonnes {others}, soit {expected}.",
        f"Écrivez « {expected} », ou corrigez l’une des autres colonnes.",
    )


def _cohesive(finding: Finding) -> Sentences:
    if finding.params.get("absent"):
        columns, empty = finding.params.get("columns", ""), finding.params.get("empty", "")
        return f"Les colonnes {columns} vont ensemble ; il manque : {empty}.", f"Ajoutez la colonne {empty}."
    others, empty = finding.params.get("others", ""), finding.params.get("empty", "")
    return (
        f"Les colonnes {finding.column} et {others} se remplissent ensemble ; vides ou mal écrites ici : {empty}.",
        "Remplissez toutes ces colonnes sur cette ligne, ou laissez-les toutes vides.",
    )


def _one_of(finding: Finding) -> Sentences:
    if finding.params.get("absent"):
        columns = finding.params.get("columns", "").replace(", ", " ou ")
        perhaps, named = finding.params.get("perhaps", ""), finding.params.get("named", "")
        if perhaps:
            return f"Il manque la colonne {columns}.", (
                f"Si votre colonne « {perhaps} » contient cette information, renommez-la « {named} » ; "
                "sinon, ajoutez l’une des deux colonnes."
            )
        return f"Il manque la colonne {columns}.", "Ajoutez au moins l’une des deux colonnes."
    first, other = finding.params.get("column", finding.column or ""), finding.params.get("other", "")
    return (
        f"Les colonnes {first} et {other} sont toutes les deux vides ou mal écrites.",
        f"Remplissez ou corrigez {first} ou {other} sur cette ligne.",
    )


BY_CODE: SentencesByCode = {
    "compare-columns-value": _compare,
    "sum-columns-value": _sum,
    "cohesive-columns-value": _cohesive,
    "one-of-required": _one_of,
}
