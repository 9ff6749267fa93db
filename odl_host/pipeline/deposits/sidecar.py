"""A sidecar: a small file laid beside data that says what the data do not say of themselves.

`dataset.toml` (or `.yaml`) describes the files of its folder, as one dataset; `FILE.toml` (or `.yaml`) describes FILE,
as a dataset of its own. Whoever prepares a deposit writes them, so what is wrong in one is said in French, with the
file, the line and the nearest key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from odl_host.config import TomlFile
from odl_host.pipeline.examining.coverage import bounds_of
from odl_host.tenants import LICENCES, Publishing, licence_id

FOLDER_NAMES = frozenset({"dataset.toml", "dataset.yaml", "dataset.yml"})
ENDINGS = (".toml", ".yaml", ".yml")
NO_SCHEMA = "aucun"
MAX_BYTES = 100_000
# The European authority table of frequencies, and the French words that people write for them.
# Source: publications.europa.eu/resource/authority/frequency.
FREQUENCIES: Mapping[str, str] = {
    "CONT": "CONT", "UPDATE_CONT": "UPDATE_CONT", "DAILY": "DAILY", "WEEKLY": "WEEKLY", "BIWEEKLY": "BIWEEKLY",
    "MONTHLY": "MONTHLY", "MONTHLY_2": "MONTHLY_2", "BIMONTHLY": "BIMONTHLY", "QUARTERLY": "QUARTERLY",
    "ANNUAL": "ANNUAL", "ANNUAL_2": "ANNUAL_2", "ANNUAL_3": "ANNUAL_3", "BIENNIAL": "BIENNIAL",
    "TRIENNIAL": "TRIENNIAL", "IRREG": "IRREG", "NEVER": "NEVER", "UNKNOWN": "UNKNOWN",
    "en continu": "UPDATE_CONT", "quotidienne": "DAILY", "hebdomadaire": "WEEKLY", "mensuelle": "MONTHLY",
    "trimestrielle": "QUARTERLY", "semestrielle": "ANNUAL_2", "annuelle": "ANNUAL", "irrégulière": "IRREG",
}  # fmt: skip
_TAG = re.compile(r"[\w \-.’']{2,100}\Z")

NOTHING_DESCRIBED_FRENCH = (
    "Cette fiche décrit « {name} », qui n’est pas dans le même dossier : déposez ce fichier à côté d’elle, ou donnez à "
    "la fiche le nom du fichier qu’elle décrit, suivi de « {ending} ». Sinon, retirez-la."
)
TAG_FRENCH = (
    "le mot-clé « {} » ne peut pas servir : de 2 à 100 lettres, chiffres, espaces, points, tirets ou apostrophes."
)
UNREADABLE_FRENCH = (
    "{} n’est pas un fichier {} lisible à partir de la ligne {} : un guillemet, un crochet ou un retrait y est sans "
    "doute faux."
)
LICENCE_FRENCH = (
    "la licence « {licence} » n’est pas admise : pour des informations publiques, l’article D. 323-2-1 du Code des "
    "relations entre le public et l’administration prévoit la Licence Ouverte (« lov2 ») ou l’ODbL (« odc-odbl »). "
    "Une autre licence doit être homologuée (article D. 323-2-2), puis inscrite par l’administrateur du portail dans "
    'son manifeste : [publish] other_licences = ["{licence}"]'
)


@dataclass(frozen=True, slots=True)
class FileWords:
    """What a sidecar says of one file of its folder."""

    title: str = ""
    description: str = ""
    temporal: str = ""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar says; what it leaves out is "" or None. `path` is its own path inside the member's folder.

    `scope`: the folder (or the file) that it describes, inside the member's folder. `schema`: a schema's name, or
    `NO_SCHEMA`. `problem`: why it cannot be used, in French; what it describes is then held back.
    """

    path: str
    scope: str
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] | None = None
    licence: str = ""
    frequency: str = ""
    temporal: str = ""
    contact: str = ""
    schema: str = ""
    private: bool = False
    resources: Mapping[str, FileWords] = field(default_factory=dict)
    problem: str = ""

    def words_of(self, name: str) -> FileWords:
        """Return what is said of the file of this name; for the sidecar of one file, nothing more than of the whole."""
        return self.resources.get(name, FileWords())


class _Wrong(Exception):
    """A key that cannot be used; its path and why, in French."""

    def __init__(self, keys: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.keys = keys


LineOf: TypeAlias = Callable[[tuple[str, ...]], int]


def is_folder_sidecar(name: str) -> bool:
    """Tell whether a file of this name describes its folder."""
    return name.lower() in FOLDER_NAMES


def described_name(name: str) -> str:
    """Return the name of the file that a file of this name would describe, or "".

    >>> described_name("plan.pdf.toml"), described_name("plan.toml"), described_name("plan.pdf")
    ('plan.pdf', 'plan', '')
    """
    return next((name[: -len(ending)] for ending in ENDINGS if name.lower().endswith(ending)), "")


def nothing_described(name: str, described: str) -> str:
    """Return why a sidecar of this name is of no use, in French: the file that it describes is not there."""
    return NOTHING_DESCRIBED_FRENCH.format(name=described, ending=name[len(described) :])


def read_sidecar(file: Path, *, path: str, scope: str, publishing: Publishing) -> Sidecar:
    """Read a sidecar; never raises: what is wrong is its `problem`."""
    name = path.rpartition("/")[2]
    line_of: LineOf = lambda _keys: 1  # noqa: E731 - replaced as soon as the text is there
    try:
        if file.stat().st_size > MAX_BYTES:
            raise _Wrong((), "ce fichier est trop grand pour une description.")
        document, line_of = _parse(file)
        return _build(document, path=path, scope=scope, publishing=publishing)
    except _Wrong as wrong:
        return Sidecar(path, scope, problem=f"{name}, ligne {line_of(wrong.keys)} : {wrong}")
    except OSError as error:
        return Sidecar(path, scope, problem=f"{name} ne peut pas être lu ({error.strerror or error}).")
    except UnicodeDecodeError:
        return Sidecar(path, scope, problem=f"{name} n’est pas écrit en UTF-8 : enregistrez-le dans ce codage.")
    except Exception as error:  # noqa: BLE001 - whatever a library makes of an odd file, the run goes on
        language = "TOML" if name.lower().endswith(".toml") else "YAML"
        return Sidecar(path, scope, problem=UNREADABLE_FRENCH.format(name, language, _line_of_error(error)))


def _line_of_error(error: Exception) -> int:
    """Return the line where a TOML or a YAML library stopped; where what it was in began, when that has no end."""
    begun, stopped = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    if begun is not None and stopped is not None:
        is_endless = stopped.buffer is None or not stopped.buffer[stopped.pointer :].strip("\0\n ")
        return int((begun if is_endless else stopped).line) + 1
    if stopped is not None:
        return int(stopped.line) + 1
    told = re.search(r"at line (\d+)", str(error))
    return int(told[1]) if told else 1


def _parse(file: Path) -> tuple[Any, LineOf]:
    text = file.read_text(encoding="utf-8-sig")
    if file.name.lower().endswith(".toml"):
        document = TomlFile(file, text, tomllib.loads(text))
        return document.table, document.line_of
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        value = loader.construct_document(node) if node else {}
    finally:
        loader.dispose()

    def line_of(keys: tuple[str, ...]) -> int:
        place, line = node, 1
        for key in keys:
            pairs = place.value if isinstance(place, yaml.MappingNode) else []
            found = next(((name, inner) for name, inner in pairs if str(name.value) == key), None)
            if found is None:
                break
            line, place = found[0].start_mark.line + 1, found[1]
        return line

    return value, line_of


def _build(document: Any, *, path: str, scope: str, publishing: Publishing) -> Sidecar:
    if not isinstance(document, dict):
        raise _Wrong((), "il faut des lignes « clé = valeur ».")
    _check_keys(document, _KEYS, ())
    tags = document.get("tags")
    if tags is not None:
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise _Wrong(("tags",), '« tags » est une liste de mots-clés : ["eau", "qualité"].')
        if refused := [tag for tag in tags if not _TAG.match(tag.strip())]:
            raise _Wrong(("tags",), TAG_FRENCH.format(refused[0]))
        tags = tuple(dict.fromkeys(tag.strip().replace("’", " ").replace("'", " ") for tag in tags))
    private = document.get("private", False)
    if not isinstance(private, bool):
        raise _Wrong(("private",), "« private » vaut true ou false.")
    return Sidecar(
        path,
        scope,
        title=_text(document, "title"),
        description=_text(document, "description"),
        tags=tags,
        licence=_licence(document, publishing),
        frequency=_frequency(document),
        temporal=_temporal(document, ()),
        contact=_contact(document),
        schema=_schema(document),
        private=private,
        resources=_resources(document),
    )


_KEYS = frozenset(
    {
        "title", "description", "tags", "licence", "frequency", "temporal", "contact", "schema", "private", "resources",
    }
)  # fmt: skip
_FILE_KEYS = frozenset({"title", "description", "temporal"})
# What people write for our keys in French, and CKAN's spelling: named as the nearest key.
_OTHER_NAMES = {
    "titre": "title", "license": "licence", "license_id": "licence", "mots-cles": "tags", "motscles": "tags",
    "keywords": "tags", "frequence": "frequency", "fréquence": "frequency", "periode": "temporal",
    "période": "temporal", "prive": "private", "privé": "private", "schéma": "schema", "modele": "schema",
    "modèle": "schema", "fichiers": "resources", "files": "resources", "notes": "description",
}  # fmt: skip


def _check_keys(table: Mapping[Any, Any], known: frozenset[str], above: tuple[str, ...]) -> None:
    for key in table:
        if key in known:
            continue
        name = str(key)
        near = _OTHER_NAMES.get(name.lower(), "")
        if near not in known:
            near = next(iter(difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)), "")
        hint = f"vouliez-vous écrire « {near} » ?" if near else f"clés connues : {', '.join(sorted(known))}."
        raise _Wrong((*above, name), f"la clé « {name} » est inconnue ; {hint}")


def _text(table: Mapping[str, Any], key: str, above: tuple[str, ...] = ()) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _Wrong((*above, key), f"« {key} » est un texte entre guillemets.")
    return value.strip()


def _licence(document: Mapping[str, Any], publishing: Publishing) -> str:
    written = _text(document, "licence")
    licence = written if written in publishing.other_licences else licence_id(written)
    if licence and licence not in LICENCES and licence not in publishing.other_licences:
        raise _Wrong(("licence",), LICENCE_FRENCH.format(licence=written))
    return licence


def _frequency(document: Mapping[str, Any]) -> str:
    written = _text(document, "frequency")
    if not written:
        return ""
    code = FREQUENCIES.get(written.upper()) or FREQUENCIES.get(written.lower())
    if code is None:
        words = ", ".join(word for word in FREQUENCIES if word.islower())
        raise _Wrong(("frequency",), f"la fréquence « {written} » est inconnue : {words}.")
    return code


def _temporal(table: Mapping[str, Any], above: tuple[str, ...]) -> str:
    value = table.get("temporal", "")
    written = value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
    if written and bounds_of(written) is None:
        raise _Wrong(
            (*above, "temporal"),
            f'« {written} » n’est pas une période : écrivez "2024", "2024-06" ou "2020/2024".',
        )
    return written


def _contact(document: Mapping[str, Any]) -> str:
    contact = _text(document, "contact")
    if contact and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", contact):
        raise _Wrong(("contact",), f"« {contact} » n’est pas une adresse électronique.")
    return contact


def _schema(document: Mapping[str, Any]) -> str:
    value = document.get("schema", "")
    return NO_SCHEMA if value is False or value == "none" else _text(document, "schema")


def _resources(document: Mapping[str, Any]) -> dict[str, FileWords]:
    given = document.get("resources", {})
    if not isinstance(given, dict):
        raise _Wrong(("resources",), '« resources » se remplit fichier par fichier : [resources."releves.csv"]')
    found = {}
    for name, words in given.items():
        above = ("resources", str(name))
        if not isinstance(words, dict):
            raise _Wrong(above, f"« {name} » se remplit par title, description et temporal.")
        _check_keys(words, _FILE_KEYS, above)
        found[str(name)] = FileWords(
            _text(words, "title", above), _text(words, "description", above), _temporal(words, above)
        )
    return found
