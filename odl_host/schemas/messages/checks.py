"""The sentences about cells that a custom check refuses: identifiers, acts, places, phone numbers, hours, years."""

from __future__ import annotations

import re

from odl_host.schemas import corrections
from odl_host.schemas.checks.actes import FAMILIES
from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode, example, shown, write


def _custom_check(finding: Finding) -> Sentences:
    check, text = finding.params.get("check", ""), finding.cell or ""
    if check == "siret":
        return _identifier(text, "SIRET", 14, finding)
    if check == "siren":
        return _identifier(text, "SIREN", 9, finding)
    if check == "nomenclature-acte":
        return _acte(finding)
    what = _PLACES.get(check, "une valeur de la liste officielle")
    return (
        f"{shown(finding)} n’est pas {what}.",
        f"Vérifiez cette valeur, accents et majuscules compris.{example(finding)}",
    )


def _identifier(text: str, name: str, count: int, finding: Finding) -> Sentences:
    proposal = corrections.correct_digits(text, count)
    digits = re.sub(r"\s", "", text)
    if re.fullmatch(r"[0-9][.,][0-9]+E\+?[0-9]+", digits, re.IGNORECASE):
        return (
            f"Le tableur a abîmé ce numéro {name} : {shown(finding)}.",
            f"Mettez la colonne au format texte, puis saisissez à nouveau les {count} chiffres.",
        )
    if name == "SIRET" and re.fullmatch(r"[0-9]{9}0{5}", digits):  # no establishment has the number 00000
        return (
            f"{shown(finding)} n’est pas un numéro SIRET : le tableur a sans doute mis des zéros à la fin.",
            "Mettez la colonne au format texte, puis saisissez à nouveau les 14 chiffres.",
        )
    if len(digits) == count and digits.isdigit():
        return (
            f"{shown(finding)} n’est pas un numéro {name} : un chiffre est sans doute faux.",
            f"Vérifiez les {count} chiffres sur un document officiel ou sur annuaire-entreprises.data.gouv.fr.",
        )
    if name == "SIRET" and len(digits) == 9 and digits.isdigit():
        return (
            f"{shown(finding)} est un SIREN (9 chiffres) ; il faut ici un SIRET (14 chiffres).",
            "Ajoutez les 5 chiffres de l’établissement.",
        )
    otherwise = f"Écrivez les {count} chiffres du numéro {name}, sans lettre ni point."
    return f"{shown(finding)} n’est pas un numéro {name}.", write(proposal, otherwise)


def _acte(finding: Finding) -> Sentences:
    text = finding.cell or ""
    family, slash, rest = text.partition("/")
    proposal = corrections.nearest(family, FAMILIES)
    wrong = f"{shown(finding)} ne suit pas la nomenclature des actes."
    if proposal and slash:
        tail = "/".join(part.lstrip() for part in rest.split("/"))
        return wrong, f"Écrivez « {proposal}/{tail} »."
    if proposal:
        sample = f"Par exemple : « {proposal}/{_MATIERES[proposal]} »."
        return wrong, f"Écrivez « {proposal}/ » suivi de la matière, sans espace autour de la barre. {sample}"
    families = ", ".join(f"« {name} »" for name in FAMILIES)
    return wrong, f"Commencez par l’une des familles, suivie d’une barre : {families}."


# One of each family's subjects. Source: ministère de l'Intérieur, nomenclature des actes transmis (Actes), 2024.
_MATIERES = dict(
    zip(
        FAMILIES,
        (
            "Marchés publics",
            "Documents d'urbanisme",
            "Acquisitions",
            "Régime indemnitaire",
            "Désignation de représentants",
            "Police municipale",
            "Subventions",
            "Enseignement",
            "Autres domaines de compétences des communes",
        ),
        strict=True,
    )
)

_PLACES = {
    "code-commune-insee": "le code INSEE d’une commune",
    "commune": "le nom officiel d’une commune",
    "numero-departement": "le numéro d’un département",
    "departement": "le nom officiel d’un département",
    "code-region": "le code d’une région",
    "region": "le nom officiel d’une région",
    "code-postal": "un code postal",
    "code-fantoir": "le code d’une voie",
    "canton": "le nom d’un canton",
    "pays": "le nom d’un pays",
    "code-pays-iso2": "le code d’un pays en deux lettres",
    "code-pays-iso3": "le code d’un pays en trois lettres",
    "coordonnees-gps-francaises": "une position géographique",
}


def _phone(finding: Finding) -> Sentences:
    return (
        f"{shown(finding)} n’est pas un numéro de téléphone.",
        "Écrivez un seul numéro, comme 04 79 60 20 20 ; outre-mer et étranger avec l’indicatif : +262 262 12 34 56.",
    )


def _hours(finding: Finding) -> Sentences:
    return (
        f"Les horaires {shown(finding)} ne sont pas écrits comme attendu.",
        (
            "Écrivez les jours en anglais abrégé (Mo Tu We Th Fr Sa Su) et les heures en quatre chiffres : "
            "« Mo-Fr 08:30-12:00,13:30-17:30; Sa 09:00-12:00 »."
        ),
    )


def _years(finding: Finding) -> Sentences:
    years = re.findall(r"(?:19|20)[0-9]{2}", finding.cell or "")
    alone = " ou une seule année : 2024" if finding.params.get("year_only") else ""
    otherwise = f"Écrivez deux années dans l’ordre, séparées par une barre : 2023/2024{alone}."
    proposal = None
    if len(years) == 2 and years[0] != years[1]:
        proposal = "/".join(sorted(years))
    elif len(set(years)) == 1 and finding.params.get("year_only"):
        proposal = years[0]
    return f"{shown(finding)} n’est pas une période d’années.", write(proposal, otherwise)


def _reversed_point(finding: Finding) -> Sentences:
    numbers = re.findall(r"-?[0-9]+(?:\.[0-9]+)?", finding.cell or "")
    proposal = None
    if len(numbers) == 2:
        swapped = f"{numbers[1]}, {numbers[0]}"
        proposal = f"[{swapped}]" if (finding.cell or "").strip().startswith("[") else swapped
    wrong = f"La longitude et la latitude de {shown(finding)} sont inversées."
    return wrong, write(proposal, "Écrivez la longitude d’abord, puis la latitude.")


BY_CODE: SentencesByCode = {
    "custom-check-error": _custom_check,
    "phone-number-value": _phone,
    "opening-hours-value": _hours,
    "year-interval-value": _years,
    "french-gps-coordinates": lambda finding: (
        f"La position {shown(finding)} n’est pas en France.",
        "Écrivez la longitude puis la latitude du lieu, avec un point pour les décimales : 5.9178, 45.5646.",
    ),
    "reversed-french-gps-coordinates": _reversed_point,
}
