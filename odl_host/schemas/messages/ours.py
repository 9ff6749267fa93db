"""The sentences about our own findings, those whose codes start with `odl-`."""

from __future__ import annotations

from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode, shown


def _unknown_commune(finding: Finding) -> Sentences:
    code, name = finding.params.get("code", ""), finding.params.get("name", "")
    wrong = f"{shown(finding)} n'est le code INSEE d'aucune commune."
    if code:
        return f"{wrong} C'est le code postal de {name}.", f"Écrivez « {code} », le code INSEE de {name}."
    return wrong, "Vérifiez le code INSEE de la commune ; il diffère du code postal."


def _former_commune(finding: Finding) -> Sentences:
    now, name = finding.params.get("now", ""), finding.params.get("name", "")
    return f"{shown(finding)} est le code d'une ancienne commune, aujourd'hui {name}.", f"Écrivez « {now} »."


BY_CODE: SentencesByCode = {
    "odl-unknown-commune": _unknown_commune,
    "odl-former-commune": _former_commune,
    "odl-future-date": lambda finding: (f"La date {shown(finding)} est dans le futur.", "Vérifiez l'année."),
    "odl-duplicate-row": lambda finding: (
        f"Cette ligne est identique à la ligne {finding.params.get('row', '')}.",
        "Supprimez-la si elle a été saisie deux fois.",
    ),
}
