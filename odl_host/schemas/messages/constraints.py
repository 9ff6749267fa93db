"""The sentences about cells that break a constraint of their column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from odl_host.schemas import corrections
from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import (
    Sentences,
    SentencesByCode,
    example,
    listed,
    shown,
    split,
    with_spaces_said,
    write,
)


def _constraint_error(finding: Finding) -> Sentences:
    sentences = _BY_CONSTRAINT.get(finding.params.get("constraint", ""))
    if sentences is None:
        return f"{shown(finding)} n’est pas une valeur permise.", f"Corrigez cette valeur.{example(finding)}"
    return with_spaces_said(finding, sentences(finding))


def _required(finding: Finding) -> Sentences:
    # One example of a choice would be copied down the whole column.
    if finding.params.get("type") == "boolean":
        yes, no = finding.params.get("yes", "true"), finding.params.get("no", "false")
        todo = f"Remplissez la cellule : « {yes} » ou « {no} »."
    elif choices := split(finding, "choices"):
        todo = f"Remplissez la cellule. Choisissez parmi : {listed(choices)}."
    else:
        todo = f"Remplissez la cellule.{example(finding)}"
    return "Cette information est obligatoire et la cellule est vide.", todo


def _enum(finding: Finding) -> Sentences:
    values = split(finding, "expected")
    proposal = corrections.nearest(finding.cell or "", values)
    if proposal:
        return f"{shown(finding)} ne fait pas partie des valeurs permises.", f"Écrivez exactement « {proposal} »."
    only = f"Écrivez exactement « {values[0]} »." if len(values) == 1 else f"Choisissez parmi : {listed(values)}."
    return f"{shown(finding)} ne fait pas partie des valeurs permises.", only


def _bound(finding: Finding) -> Sentences:
    constraint, expected = finding.params["constraint"], finding.params.get("expected", "")
    earlier = finding.params.get("type", "") in ("date", "datetime", "time", "year", "yearmonth")
    low, high = ("trop ancien", "trop récent") if earlier else ("trop petit", "trop grand")
    tail = "" if constraint in ("minimum", "maximum") else ", sans l’atteindre"
    if "inimum" in constraint:
        return f"{shown(finding)} est {low}.", f"Écrivez une valeur à partir de {expected}{tail}."
    todo = f"Écrivez une valeur jusqu’à {expected}{tail}."
    share = corrections.correct_share(finding.cell or "") if expected in ("1", "1.0") else None
    return f"{shown(finding)} est {high}.", f"{todo} Pour un pourcentage, écrivez « {share} »." if share else todo


def _length(finding: Finding) -> Sentences:
    expected, count = finding.params.get("expected", ""), len(finding.cell or "")
    if finding.params["constraint"] == "minLength":
        return f"{shown(finding)} est trop court ({count} caractères).", f"Écrivez au moins {expected} caractères."
    return f"Le texte est trop long ({count} caractères).", f"Réduisez-le à {expected} caractères au plus."


_DIGITS = r"\^?\(?(?:\\d|\[0-9\])\{([0-9]+)\}\)?\$?"
_COMMUNE_CODE = r"\^?\(?\[013-9\]\\d\|2\[AB1-9\]\)\\d\{3\}\$?"


def _pattern(finding: Finding) -> Sentences:
    source, text = finding.params.get("expected", ""), finding.cell or ""
    wrong = f"{shown(finding)} n’est pas écrit comme attendu."
    if digits := re.fullmatch(_DIGITS, source):
        count = int(digits[1])
        names = {14: " (numéro SIRET)", 9: " (numéro SIREN)"}
        proposal = corrections.correct_digits(text, count)
        return wrong, write(proposal, f"Écrivez exactement {count} chiffres{names.get(count, '')}, sans espace.")
    if re.fullmatch(_COMMUNE_CODE, source):
        proposal = corrections.correct_digits(text, 5)
        otherwise = "Écrivez le code INSEE de la commune, en 5 caractères : 73065. Ce n’est pas le code postal."
        return wrong, write(proposal, otherwise)
    if "http" in source and not text.startswith(("http://", "https://")):
        return wrong, write(corrections.correct_uri(text), "Écrivez une adresse entière, qui commence par https://.")
    period = corrections.correct_period(text)
    if period and period != text and re.fullmatch(source, period):
        return wrong, f"Écrivez « {period} »."
    if (whole := corrections.whole_period(text)) and re.fullmatch(source, whole[0]):
        return wrong, f"Écrivez « {whole[0]} » s’il s’agit {whole[1]} en entier, sinon les jours exacts."
    proposal = finding.params.get("proposal", "")
    if proposal:
        return wrong, f"Écrivez « {proposal} »."
    example = finding.params.get("example", "")
    choices = split(finding, "choices")
    if choices:
        mark = finding.params.get("mark", "")
        several = f" S’il y en a plusieurs, séparez-les par « {mark} »." if mark else ""
        return wrong, f"Choisissez parmi : {listed(choices)}.{several}"
    if example:
        return wrong, f"Suivez la forme de cet exemple : « {example} »."
    described = finding.params.get("description", "")
    if described:
        return wrong, f"Voici ce que le modèle attend : {described.rstrip('.')}."
    return wrong, "Demandez la forme attendue à la personne qui vous accompagne."


_BY_CONSTRAINT: Mapping[str, Callable[[Finding], Sentences]] = {
    "required": _required,
    "enum": _enum,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
}

BY_CODE: SentencesByCode = {
    "constraint-error": _constraint_error,
}
