"""The sentences about titles, rows, keys, and faults of the schema itself."""

from __future__ import annotations

from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode, shown

_SCHEMA_FAULT = (
    "Un contrôle n’a pas pu être fait, à cause d’un défaut du modèle de données et non de votre fichier.",
    "Vous n’avez rien à corriger : signalez-le à la personne qui administre le portail.",
)


def _missing_label(finding: Finding) -> Sentences:
    label, perhaps = finding.params.get("label", ""), finding.params.get("perhaps", "")
    wrong = f"La colonne obligatoire {finding.column} est absente."
    if label:
        return wrong, f"La colonne « {label} » semble en tenir lieu : renommez-la « {finding.column} »."
    if perhaps:
        return wrong, (
            f"Si votre colonne « {perhaps} » contient cette information, renommez-la « {finding.column} » ; "
            "sinon, ajoutez cette colonne et remplissez-la."
        )
    return wrong, f"Ajoutez une colonne dont le titre est exactement « {finding.column} » et remplissez-la."


def _optional_label(finding: Finding) -> Sentences:
    label = finding.params.get("label", "")
    wrong = f"La colonne facultative {finding.column} est absente."
    if label:
        return wrong, f"La colonne « {label} » semble en tenir lieu : renommez-la « {finding.column} »."
    return wrong, "Vous pouvez l’ajouter si vous avez cette information."


def _unknown_label(finding: Finding) -> Sentences:
    if not finding.column:
        return "Une colonne n’a pas de titre.", "Donnez-lui un titre, ou supprimez-la si elle est vide."
    return (
        f"La colonne « {finding.column} » n’est pas prévue ; son contenu n’a pas été vérifié.",
        "Vérifiez l’orthographe du titre ; sinon, vous pouvez la garder ou la supprimer.",
    )


def _duplicate_label(finding: Finding) -> Sentences:
    if not finding.column:
        return "Plusieurs colonnes n’ont pas de titre.", "Donnez-leur un titre, ou supprimez celles qui sont vides."
    return (
        f"Deux colonnes portent le titre « {finding.column} ».",
        "Supprimez ou renommez l’une des deux : les lignes ne peuvent pas être vérifiées avant.",
    )


def _untyped(finding: Finding) -> Sentences:
    labels = finding.params.get("labels")
    if labels is not None:
        return (
            f"Plusieurs colonnes portent le même titre : {labels or 'titre vide'}.",
            "Gardez une seule de ces colonnes.",
        )
    return _SCHEMA_FAULT


def _primary_key(finding: Finding) -> Sentences:
    columns, row = finding.params.get("columns", ""), finding.params.get("row", "")
    if finding.params.get("empty"):
        # A cell that does not read as its type has no value: it is told elsewhere, and need not be empty.
        return (
            f"La ligne n’a pas d’identifiant (colonne {columns} vide ou mal écrite).",
            f"Remplissez ou corrigez la colonne {columns}.",
        )
    return (
        f"Cette ligne a le même identifiant (colonne {columns}) que la ligne {row}.",
        "Donnez à chaque ligne un identifiant différent, ou supprimez la ligne en double.",
    )


def _unique(finding: Finding) -> Sentences:
    row = finding.params.get("row", "")
    return (
        f"La valeur {shown(finding)} se trouve déjà à la ligne {row} ; elle ne doit servir qu’une fois.",
        "Corrigez l’une des deux valeurs, ou supprimez la ligne en double.",
    )


def _unchecked_reference(finding: Finding) -> Sentences:
    other = finding.params.get("other", "")
    to, inside = (f"au tableau « {other} »", "ce tableau") if other else ("à un autre tableau", "cet autre tableau")
    return (
        f"La colonne {finding.column} renvoie {to}, qui n’est pas dans ce fichier : ce lien n’a pas été vérifié.",
        f"Vérifiez que chaque valeur se trouve bien dans {inside}.",
    )


def _missing_cell(finding: Finding) -> Sentences:
    count = finding.params.get("cells", "1")
    if count == "1":
        return (
            f"La ligne s’arrête avant la colonne {finding.column}.",
            "Ajoutez une cellule, même vide, au bout de la ligne.",
        )
    return (
        f"La ligne s’arrête avant la colonne {finding.column} : il lui manque {count} cellules.",
        "Complétez la ligne : une cellule, même vide, sous chaque titre.",
    )


BY_CODE: SentencesByCode = {
    "source-error": ("Le fichier est vide.", "Vérifiez que vous avez déposé le bon fichier."),
    "error": _untyped,
    "check-error": _SCHEMA_FAULT,
    "field-error": _SCHEMA_FAULT,
    "deprecated-check": _SCHEMA_FAULT,
    "pattern-not-checked": _SCHEMA_FAULT,
    "foreign-key-not-checked": _unchecked_reference,
    "blank-header": (
        "La première ligne ne porte pas les titres des colonnes.",
        "Mettez les titres des colonnes sur la première ligne.",
    ),
    "unmatched-header": (
        "Aucun titre de colonne n’est celui qui est attendu.",
        "Vérifiez que c’est le bon fichier, puis reprenez les titres du modèle, lettre pour lettre.",
    ),
    "duplicate-label": _duplicate_label,
    "missing-label": _missing_label,
    "optional-label-missing": _optional_label,
    "unknown-label": _unknown_label,
    "disordered-labels": ("Les colonnes ne sont pas dans l’ordre du modèle.", "Ce n’est pas gênant."),
    "row-below": (
        "Cette ligne, sous le tableau, ne semble pas être une donnée.",
        "Supprimez cette ligne, ou complétez-la si c’en est une.",
    ),
    "blank-row": ("La ligne est vide.", "Supprimez cette ligne."),
    "extra-cell": lambda finding: (
        f"La ligne a plus de cellules qu’il n’y a de titres : {shown(finding)} est en trop.",
        "Supprimez cette cellule ; si elle est la suite d’une autre, recopiez-la d’abord dans celle-ci.",
    ),
    "missing-cell": _missing_cell,
    "primary-key": _primary_key,
    "unique-error": _unique,
}
