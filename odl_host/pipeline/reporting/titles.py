"""The heading over mistakes of the same kind. The sentence about each mistake is `schemas.messages`' alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.schemas.findings import Finding

_BY_CODE = {
    "source-error": "Fichier vide",
    "error": "Contrôle impossible",
    "check-error": "Défaut du modèle",
    "field-error": "Défaut du modèle",
    "deprecated-check": "Modèle à mettre à jour",
    "pattern-not-checked": "Contrôle trop long",
    "foreign-key-not-checked": "Lien vers un autre tableau",
    "blank-header": "Titres de colonnes absents",
    "unmatched-header": "Titres de colonnes inconnus",
    "duplicate-label": "Titre de colonne en double",
    "missing-label": "Colonne obligatoire absente",
    "optional-label-missing": "Colonne facultative absente",
    "unknown-label": "Colonne hors du modèle",
    "disordered-labels": "Colonnes dans un autre ordre",
    "blank-row": "Ligne vide",
    "row-below": "Ligne qui n’est pas une donnée",
    "extra-cell": "Cellule en trop au bout de la ligne",
    "missing-cell": "Ligne trop courte",
    "primary-key": "Identifiant absent ou en double",
    "unique-error": "Valeur en double",
    "phone-number-value": "Numéro de téléphone mal écrit",
    "opening-hours-value": "Horaires mal écrits",
    "year-interval-value": "Période mal écrite",
    "french-gps-coordinates": "Position hors de France",
    "reversed-french-gps-coordinates": "Longitude et latitude inversées",
    "compare-columns-value": "Deux colonnes qui se contredisent",
    "sum-columns-value": "Total inexact",
    "cohesive-columns-value": "Colonnes à remplir ensemble",
    "one-of-required": "Une des deux colonnes à remplir",
    "odl-unknown-commune": "Code de commune inconnu",
    "odl-former-commune": "Ancienne commune",
    "odl-future-date": "Date dans le futur",
    "odl-far-point": "Position loin de la commune",
    "odl-duplicate-row": "Ligne en double",
    "odl-other-period": "Période autre que celle du nom",
    "odl-personal-data": "Donnée personnelle",
}
_BY_TYPE = {
    "date": "Date mal écrite",
    "datetime": "Date et heure mal écrites",
    "time": "Heure mal écrite",
    "year": "Année mal écrite",
    "yearmonth": "Mois mal écrit",
    "number": "Nombre mal écrit",
    "integer": "Nombre entier mal écrit",
    "boolean": "Oui ou non mal écrit",
    "geopoint": "Position mal écrite",
    "string:email": "Adresse électronique mal écrite",
    "string:uri": "Adresse de page mal écrite",
}
_BY_CONSTRAINT = {
    "required": "Cellule obligatoire vide",
    "enum": "Valeur hors de la liste",
    "minimum": "Valeur trop petite",
    "exclusiveMinimum": "Valeur trop petite",
    "maximum": "Valeur trop grande",
    "exclusiveMaximum": "Valeur trop grande",
    "minLength": "Texte trop court",
    "maxLength": "Texte trop long",
    "pattern": "Valeur mal écrite",
}
_BY_CHECK = {
    "siret": "Numéro SIRET faux",
    "siren": "Numéro SIREN faux",
    "nomenclature-acte": "Matière hors de la nomenclature",
}


def title(finding: Finding) -> str:
    """Return the heading over findings of this kind."""
    params = finding.params
    if finding.code == "type-error":
        kind = params.get("type", "")
        return _BY_TYPE.get(f"{kind}:{params.get('format', '')}") or _BY_TYPE.get(kind) or "Valeur mal écrite"
    if finding.code == "constraint-error":
        return _BY_CONSTRAINT.get(params.get("constraint", ""), "Valeur non permise")
    if finding.code == "duplicate-label" and not finding.column:
        return "Colonnes sans titre"
    if finding.code == "custom-check-error":
        return _BY_CHECK.get(params.get("check", ""), "Valeur hors de la liste officielle")
    return _BY_CODE.get(finding.code, "Anomalie")
