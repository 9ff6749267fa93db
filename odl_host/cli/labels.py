"""The short words of what commands print: outcomes, decisions, what holds a file back, titles of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.cli.call import App

_OUTCOMES = {
    "published": ("publié", "publiés"),
    "updated": ("décrit autrement", "décrits autrement"),
    "unchanged": ("inchangé", "inchangés"),
    "removed": ("retiré", "retirés"),
    "rejected": ("rejeté", "rejetés"),
    "failed": ("en échec", "en échec"),
    "blocked": ("bloqué", "bloqués"),
}
_CHANGES = {"created": "créée", "updated": "modifiée", "unchanged": "inchangée"}
"""What happened to an organization."""
_WORDS = {
    "unfinished": "inachevé",
    # what was decided
    "release": "libéré",
    "dismiss": "classé",
    "withdraw": "annulé",
    "takedown": "retiré du portail",
    # what holds a file back
    "to correct": "à corriger",
    "invalid": "données fausses",
    "personal-data": "données personnelles",
    "other-owner": "fichier d’un autre",
    "other-schema": "autre modèle",
    "no-row-left": "plus aucune ligne",
    # titles of tables
    "code": "code",
    "title": "nom",
    "organization": "organisation",
    "change": "changement",
    "outcome": "issue",
    "file": "fichier",
    "held for": "retenu pour",
    "decision": "décision",
    "run": "passage",
    "started": "début",
    "kept out": "écartés",
    "version": "version",
    "since (UTC)": "depuis (UTC)",
    "rows": "lignes",
    "address": "adresse",
    "action": "action",
    "dataset": "jeu de données",
    "to": "vers",
    "member": "membre",
    "addresses": "adresses",
    "source": "source",
    "files": "fichiers",
    "size": "taille",
    "setting": "réglage",
    "value": "valeur",
    "from": "d’où",
    "meaning": "sens",
    "default": "par défaut",
    "user": "utilisateur",
    "name": "nom",
    "full name": "nom complet",
    "e-mail": "courriel",
    "state": "état",
    "last active": "vu le",
    "for": "pour",
    "created on": "créé le",
    "last used": "utilisé le",
    "ends": "expire le",
    # of users
    "active": "actif",
    "pending": "en attente",
    "deleted": "supprimé",
}


def word(app: App, english: str) -> str:
    """Return a word in the language that was asked for, as it is where it has no other."""
    if app.out.language != "fr":
        return english
    return _WORDS.get(english) or _OUTCOMES.get(english, (english,))[0]


def change_of(app: App, kind: str) -> str:
    """Return what happened to an organization, in the language that was asked for."""
    return _CHANGES[kind] if app.out.language == "fr" else kind


def held_for(app: App, code: str) -> str:
    """Return what holds a file back: its kind, then what it is about."""
    kind, _, about = code.partition("/")
    return f"{word(app, kind)} ({about})" if about and app.out.language == "fr" else word(app, code)


def remarks(app: App, sentence: str) -> str:
    """Return what went wrong beside the result, with the next thing to do, in the language that was asked for."""
    if app.out.language != "fr":
        return sentence
    from odl_host.cli.french import remarks_in_french

    return remarks_in_french(sentence)


def meaning(app: App, sentence: str) -> str:
    """Return what a setting means, in the language that was asked for."""
    if app.out.language != "fr":
        return sentence
    from odl_host.cli.french import meaning_in_french

    return meaning_in_french(sentence)


def titles(app: App, names: Sequence[str]) -> list[str]:
    """Return the titles of a table."""
    plural = {"published", "unchanged", "removed", "failed"}
    french = app.out.language == "fr"
    return [_OUTCOMES[name][1] if french and name in plural else word(app, name) for name in names]


def counts_of(app: App, counts: Mapping[str, int]) -> str:
    """Return how many files ended in each way, without the rare ways that none did."""
    return ", ".join(
        f"{number} {_OUTCOMES[kind][number > 1] if app.out.language == 'fr' else kind}"
        for kind, number in counts.items()
        if number or kind not in {"updated", "removed"}
    )
