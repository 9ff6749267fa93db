"""What could not be brought from one catalogue into another: grouped by reason, with the next thing to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_NAMES = 3
_PARTICULAR = re.compile(
    r"\[\d+\]"  # which of the resources, extras …
    r"|“[^”]*”|\"[^\"]*\"|'[^']*'"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|https?://\S+"
)
"""What is said of one object only, in what is said of many."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next about what `pattern` says, in English and in French."""

    pattern: str
    english: str
    french: str


ADVICE = (
    Advice(
        r"An organization must be provided",
        "Give them one with --owner NAME, or let datasets have none: ckan.auth.create_unowned_dataset = true under "
        "[ckan] in the manifest, on a CKAN in its ckan.ini.",
        "Donnez-leur-en une avec --owner NOM, ou permettez qu’ils n’en aient pas : ckan.auth.create_unowned_dataset = "
        "true sous [ckan] dans le manifeste, sur un CKAN dans son ckan.ini.",
    ),
    Advice(
        r"can't be private",
        "Give them an organization with --owner NAME: nobody could read a private dataset without one.",
        "Donnez-leur une organisation avec --owner NOM : personne ne lirait un jeu privé qui n’en a pas.",
    ),
    Advice(
        r"is no address that a file can be fetched from",
        "Make the dump with its files (odl-host export FOLDER --files), or import from the address of that CKAN.",
        "Faites l’export avec ses fichiers (odl-host export DOSSIER --files), ou importez depuis l’adresse de ce CKAN.",
    ),
    Advice(
        r"[Cc]ollaborators not enabled",
        "Set ckan.auth.allow_dataset_collaborators = true under [ckan] in the manifest, on a CKAN in its ckan.ini.",
        "Mettez ckan.auth.allow_dataset_collaborators = true sous [ckan] dans le manifeste, sur un CKAN dans ckan.ini.",
    ),
    Advice(
        r"No plugin found for view_type",
        "Nothing: the files are shown without it. On a CKAN, name its plugin in ckan.plugins and use --again.",
        "Rien : les fichiers sont montrés sans elle. Sur un CKAN, nommez son module dans ckan.plugins, puis --again.",
    ),
    Advice(
        r"Tag vocabulary was not found",
        "Bring the vocabularies too, without --only; a dump of ckanapi has none: import from the CKAN's address.",
        "Reprenez aussi les vocabulaires, sans --only ; ckanapi n’en exporte pas : importez de l’adresse du CKAN.",
    ),
    Advice(
        r"Organization does not exist",
        "Bring the organizations too, without --only; for those of one that is gone over there, give --owner NAME.",
        "Reprenez aussi les organisations, sans --only ; pour ceux d’une organisation disparue, donnez --owner NOM.",
    ),
    Advice(r"\(max_file_mb\)", "Raise max_file_mb in odl.toml.", "Relevez max_file_mb dans odl.toml."),
    Advice(
        r"File upload too large",
        "Raise ckan.max_resource_size under [ckan] in the manifest.",
        "Relevez ckan.max_resource_size sous [ckan] dans le manifeste.",
    ),
    Advice(
        r"answers 40[13]\b|: the catalogue refused: ",
        "Use the token of a sysadmin of that catalogue.",
        "Prenez le jeton d’un administrateur de ce catalogue.",
    ),
    Advice(
        r"answers 404\b",
        "Nothing, if the file is gone over there too; else put it back there, then run the same command again.",
        "Rien, si le fichier n’est plus là-bas non plus ; sinon remettez-l’y, puis relancez la même commande.",
    ),
    Advice(
        r"answers \d+\.|does not answer",
        "Wait a moment, then run the same command again.",
        "Attendez un moment, puis relancez la même commande.",
    ),
    Advice(
        r"already in use|already exists|must be unique|belongs to a registered user",
        "Rename the one here or the one over there: two have the same name, id or e-mail.",
        "Renommez celui d’ici ou celui de là-bas : deux ont le même nom, identifiant ou courriel.",
    ),
    Advice(
        r"",
        "Correct it over there, then run the same command again.",
        "Corrigez là-bas, puis relancez la même commande.",
    ),
)
"""The first that fits counts."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An object, or a file of one, that could not be brought, and why."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedGroup:
    """Everything of one kind that was refused for one reason; `reason` has `…` for what differs."""

    kind: str
    reason: str
    advice: Advice
    names: tuple[str, ...]


def in_groups(refusals: Iterable[Refusal]) -> list[RefusedGroup]:
    """Return refusals by kind and reason, the most frequent first.

    >>> one = Refusal("datasets", "a", "package_create: resources[3].url: Missing value")
    >>> other = Refusal("datasets", "b", "package_create: resources[0].url: Missing value")
    >>> [(group.reason, group.names) for group in in_groups([one, other])]
    [('package_create: resources[…].url: Missing value', ('a', 'b'))]
    """
    found: dict[tuple[str, str], list[str]] = {}
    for each in refusals:
        found.setdefault((each.kind, _general(each.reason)), []).append(each.name)
    groups = [RefusedGroup(kind, reason, _advise(reason), tuple(names)) for (kind, reason), names in found.items()]
    return sorted(groups, key=lambda group: -len(group.names))


def _advise(reason: str) -> Advice:
    return next(advice for advice in ADVICE if re.search(advice.pattern, reason))


def _general(reason: str) -> str:
    """Return a reason without what it says of one object; of one said of several parts of it, once."""
    general = _PARTICULAR.sub(lambda part: "[…]" if part[0].startswith("[") else "…", reason)
    action, colon, messages = general.partition(": ")
    return action + colon + "; ".join(dict.fromkeys(messages.split("; ")))
