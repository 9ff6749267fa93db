"""What changed between two states of a dataset, a group or an organization, in sentences.

The states are what activities keep: dictionaries of CKAN's API. Whatever differs is said: what has no sentence of its
own by the name of its field, what follows from something else (a count, a moment) not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from odl_host.server.rendering.languages import Language, french

LONGEST_VALUE = 300
"""In characters: what is longer is cut, as a page is to be read."""

SET = french("%(field)s : « %(new)s »")
CHANGED = french("%(field)s : « %(old)s » devient « %(new)s »")
EMPTIED = french("%(field)s : « %(old)s » est effacé")
OF_FILE = french("Fichier « %(name)s », %(change)s")

FIELDS: Mapping[str, str] = {
    "title": french("Titre"),
    "name": french("Nom dans l’adresse"),
    "notes": french("Description"),
    "description": french("Description"),
    "license_id": french("Licence"),
    "url": french("Adresse"),
    "image_url": french("Image"),
    "version": french("Version"),
    "author": french("Auteur"),
    "author_email": french("Courriel de l’auteur"),
    "maintainer": french("Contact"),
    "maintainer_email": french("Courriel du contact"),
    "type": french("Type"),
    "format": french("Format"),
    "mimetype": french("Type MIME"),
    "size": french("Taille"),
    "hash": french("Empreinte"),
}
"""Fields of datasets, files and groups, and what readers call them."""

_FOLLOWS = frozenset(
    {
        *("metadata_created", "metadata_modified", "last_modified", "revision_id", "revision_timestamp", "created"),
        *("num_resources", "num_tags", "package_count", "num_followers", "isopen", "license_title", "license_url"),
        *(
            "position",
            "package_id",
            "id",
            "display_name",
            "image_display_url",
            "datastore_active",
            "cache_last_updated",
        ),
        *("organization", "users", "packages", "relationships_as_subject", "relationships_as_object"),
        *("tracking_summary", "creator_user_id", "archiver", "qa", "validated_on", "approval_status"),
    }
)
_SAID_APART = frozenset({"owner_org", "private", "state", "tags", "groups", "extras", "resources"})


def compare_datasets(old: Mapping[str, Any], new: Mapping[str, Any], language: Language) -> list[str]:
    """Return what changed from one state of a dataset to another, a sentence each."""
    return [
        *_states(old, new, language),
        *_fields(old, new, language, labels={**FIELDS, "url": french("Adresse d’origine")}),
        *_owner(old, new, language),
        *_gone_and_come(
            _names(old, "tags"),
            _names(new, "tags"),
            french("Mot-clé retiré : %(name)s"),
            french("Mot-clé ajouté : %(name)s"),
            language,
        ),
        *_gone_and_come(
            _names(old, "groups"),
            _names(new, "groups"),
            french("Retiré du groupe %(name)s"),
            french("Ajouté au groupe %(name)s"),
            language,
        ),
        *_fields(_extras(old), _extras(new), language, labels={}, left_out=frozenset()),
        *_files(old, new, language),
    ]


def compare_groups(old: Mapping[str, Any], new: Mapping[str, Any], language: Language) -> list[str]:
    """Return what changed from one state of a group or an organization to another, a sentence each."""
    return [
        *_states(old, new, language),
        *_fields(old, new, language),
        *_fields(_extras(old), _extras(new), language, labels={}, left_out=frozenset()),
    ]


def _states(old: Mapping[str, Any], new: Mapping[str, Any], language: Language) -> Iterator[str]:
    if old.get("state") != new.get("state"):
        said = {"deleted": french("Supprimé"), "active": french("Publié"), "draft": french("Remis en brouillon")}
        yield language.say(said.get(str(new.get("state")), ""))
    if bool(old.get("private")) != bool(new.get("private")):
        yield language.say(french("Devenu privé") if new.get("private") else french("Devenu public"))


def _owner(old: Mapping[str, Any], new: Mapping[str, Any], language: Language) -> Iterator[str]:
    if old.get("owner_org") == new.get("owner_org"):
        return
    label = {"owner_org": french("Producteur")}
    before, after = (
        {"owner_org": owner.get("title") if isinstance(owner, dict) else state.get("owner_org")}
        for state in (old, new)
        for owner in (state.get("organization"),)
    )
    yield from _fields(before, after, language, labels=label, left_out=frozenset())


def _files(old: Mapping[str, Any], new: Mapping[str, Any], language: Language) -> Iterator[str]:
    before, after = ({str(file.get("id")): file for file in _items(state, "resources")} for state in (old, new))
    for key, file in before.items():
        if key not in after:
            yield language.say(french("Fichier retiré : %(name)s"), name=_name_of(file, language))
    for key, file in after.items():
        name = _name_of(file, language)
        if key not in before:
            yield language.say(french("Fichier ajouté : %(name)s"), name=name)
            continue
        for change in _fields(before[key], file, language):
            yield language.say(OF_FILE, name=name, change=change)
    if (kept := [key for key in before if key in after]) != [key for key in after if key in before] and kept:
        yield language.say(french("Fichiers mis dans un autre ordre"))


def _fields(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    language: Language,
    *,
    labels: Mapping[str, str] = FIELDS,
    left_out: frozenset[str] = _FOLLOWS | _SAID_APART,
) -> Iterator[str]:
    """Yield what changed of plain fields, in the order of their names as readers know them, then of the others."""
    names = [*labels, *sorted(old.keys() | new.keys())]
    for name in dict.fromkeys(name for name in names if name not in left_out):
        before, after = _shown(old.get(name), language), _shown(new.get(name), language)
        if old.get(name) == new.get(name) or before == after == "":
            continue
        sentence = CHANGED if before and after else SET if after else EMPTIED
        yield language.say(sentence, field=language.say(labels.get(name, name)), old=before, new=after)


def _gone_and_come(old: Iterable[str], new: Iterable[str], gone: str, come: str, language: Language) -> Iterator[str]:
    before, after = list(old), list(new)
    yield from (language.say(gone, name=name) for name in before if name not in after)
    yield from (language.say(come, name=name) for name in after if name not in before)


def _names(state: Mapping[str, Any], key: str) -> list[str]:
    shown = ("display_name", "title", "name")
    return [str(next((item[name] for name in shown if item.get(name)), "")) for item in _items(state, key)]


def _name_of(file: Mapping[str, Any], language: Language) -> str:
    return str(file.get("name") or file.get("url") or language.say(french("Fichier sans nom")))


def _items(state: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects in a list of a state; what programs kept in activities may have any form."""
    found = state.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _extras(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return extras by key: of a dataset they are a list, of a group an object."""
    if isinstance(found := state.get("extras"), dict):
        return found
    return {str(item.get("key")): item.get("value") for item in _items(state, "extras")}


def _shown(value: object, language: Language) -> str:
    """Return a value as it is quoted: empty ones as "", long ones cut."""
    if isinstance(value, bool):
        return language.say(french("oui") if value else french("non"))
    if value is None or value in ([], {}):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE].rstrip() + "…"
