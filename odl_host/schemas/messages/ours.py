"""The sentences about our own findings, those whose codes start with `odl-`."""

from __future__ import annotations

from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode, shown


def _unknown_commune(finding: Finding) -> Sentences:
    code, name = finding.params.get("code", ""), finding.params.get("name", "")
    wrong = f"{shown(finding)} n’est le code INSEE d’aucune commune."
    if code:
        return f"{wrong} C’est le code postal de {name}.", f"Écrivez « {code} », le code INSEE de {name}."
    return wrong, "Vérifiez le code INSEE de la commune ; il diffère du code postal."


def _former_commune(finding: Finding) -> Sentences:
    now, name = finding.params.get("now", ""), finding.params.get("name", "")
    return f"{shown(finding)} est le code d’une ancienne commune, aujourd’hui {name}.", f"Écrivez « {now} »."


def _far_point(finding: Finding) -> Sentences:
    name, km = finding.params.get("name", ""), finding.params.get("km", "")
    if finding.params.get("metres"):
        return (
            "Cette position n’est pas en degrés : c’est sans doute une position en mètres (Lambert).",
            "Écrivez la longitude et la latitude en degrés (WGS 84), comme 5.9178 et 45.5646.",
        )
    if finding.params.get("swapped"):
        return (
            f"Cette position est à {km} km de {name}, la commune de la ligne.",
            "La longitude et la latitude sont sans doute inversées : échangez-les.",
        )
    return (
        f"Cette position est à {km} km de {name}, la commune de la ligne.",
        "Vérifiez la position, puis le code INSEE de la commune.",
    )


def _other_period(finding: Finding) -> Sentences:
    announced, found = finding.params.get("announced", ""), finding.params.get("found", "")
    return (
        f"Le nom du fichier annonce {announced}, mais les dates du fichier sont de {found}.",
        "Vérifiez que c’est le bon fichier. Si c’est le nom qui est faux, renommez-le.",
    )


_PERSONAL = {
    "nir": (
        "{cell} semble être un numéro de sécurité sociale.",
        "Supprimez ce numéro : il ne doit jamais être publié.",
    ),
    "iban": ("{cell} semble être un numéro de compte bancaire.", "Supprimez ce numéro."),
    "email": (
        "{cell} semble être l’adresse électronique d’une personne.",
        "Remplacez-la par une adresse de service, par exemple « mairie@… » ou « accueil@… ».",
    ),
    "phone": (
        "{cell} semble être un numéro de téléphone portable.",
        "Remplacez-le par le numéro du standard ou du service.",
    ),
    "birth-date": ("{cell} semble être la date de naissance d’une personne.", "Supprimez-la, ou gardez l’année seule."),
    "person": (
        "{cell} semble être le nom d’une personne, publié avec un montant ou une adresse.",
        "Supprimez le nom, ou remplacez-le par « personne physique ».",
    ),
}


def _personal_data(finding: Finding) -> Sentences:
    said, todo = _PERSONAL[finding.params.get("kind", "person")]
    return said.format(cell=shown(finding)), todo


BY_CODE: SentencesByCode = {
    "odl-unknown-commune": _unknown_commune,
    "odl-former-commune": _former_commune,
    "odl-future-date": lambda finding: (f"La date {shown(finding)} est dans le futur.", "Vérifiez l’année."),
    "odl-far-point": _far_point,
    "odl-other-period": _other_period,
    "odl-duplicate-row": lambda finding: (
        f"Cette ligne répète la ligne {finding.params.get('row', '')}.",
        "Supprimez-la si elle a été saisie deux fois.",
    ),
    "odl-personal-data": _personal_data,
}
