"""What the public is told for codes: kinds of members, themes, frequencies, types of columns, licences, schemas.

Themes and frequencies are those of the European authority tables (publications.europa.eu, data-theme and frequency,
the codes that DCAT-AP takes), in our own short words. A code without words is shown as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from odl_host.server.rendering.languages import Language, french

KINDS: Mapping[str, str] = {
    "commune": "Commune",
    "epci": "Intercommunalité",
    "departement": "Département",
    "region": "Région",
    "body": "Établissement public",
}
THEMES: Mapping[str, str] = {
    "AGRI": "Agriculture et alimentation",
    "ECON": "Économie et finances",
    "EDUC": "Éducation, culture et sport",
    "ENER": "Énergie",
    "ENVI": "Environnement",
    "GOVE": "Vie publique et administration",
    "HEAL": "Santé",
    "INTR": "Relations internationales",
    "JUST": "Justice et sécurité",
    "REGI": "Territoires et adresses",
    "SOCI": "Population et société",
    "TECH": "Sciences et techniques",
    "TRAN": "Transports et mobilités",
}
FREQUENCIES: Mapping[str, str] = {
    "TRIENNIAL": "tous les trois ans",
    "BIENNIAL": "tous les deux ans",
    "ANNUAL": "annuelle",
    "ANNUAL_2": "semestrielle",
    "ANNUAL_3": "trois fois par an",
    "QUARTERLY": "trimestrielle",
    "BIMONTHLY": "tous les deux mois",
    "MONTHLY": "mensuelle",
    "MONTHLY_2": "deux fois par mois",
    "BIWEEKLY": "toutes les deux semaines",
    "WEEKLY": "hebdomadaire",
    "DAILY": "quotidienne",
    "UPDATE_CONT": "en continu",
    "CONT": "en continu",
    "IRREG": "irrégulière",
    "NEVER": "jamais",
    "UNKNOWN": "inconnue",
}
COLUMN_TYPES: Mapping[str, str] = {
    "text": "texte",
    "int": "nombre entier",
    "int2": "nombre entier",
    "int4": "nombre entier",
    "int8": "nombre entier",
    "numeric": "nombre",
    "float": "nombre",
    "float4": "nombre",
    "float8": "nombre",
    "bool": "oui ou non",
    "date": "date",
    "time": "heure",
    "timestamp": "date et heure",
    "timestamptz": "date et heure",
    "json": "objet JSON",
    "nested": "objet JSON",
    "uuid": "identifiant",
}
LIST = french("liste (%(of)s)")
LICENCES: Mapping[str, str] = {
    "lov2": "Licence Ouverte 2.0",
    "fr-lo": "Licence Ouverte 1.0",
    "odc-odbl": "ODbL (licence ouverte avec partage à l’identique)",
    "notspecified": "Licence non précisée",
    "other-open": "Autre licence ouverte",
    "other-pd": "Domaine public",
    "other-at": "Autre licence, avec mention de la source",
    "other-nc": "Autre licence, sans usage commercial",
    "other-closed": "Autre licence, non ouverte",
}


def theme(code: str) -> str:
    """Return a theme in words.

    >>> theme("TRAN"), theme("eau")
    ('Transports et mobilités', 'eau')
    """
    return THEMES.get(code.upper(), code)


def frequency(code: str) -> str:
    """Return a frequency in words, from a code or the end of its address.

    >>> frequency("annual"), frequency("http://publications.europa.eu/resource/authority/frequency/DAILY")
    ('annuelle', 'quotidienne')
    """
    return FREQUENCIES.get(code.rpartition("/")[2].upper(), code)


def column_type(name: str, language: Language) -> str:
    """Return what a column of this type holds, in words of a language.

    >>> from odl_host.server.rendering.languages import get_language
    >>> column_type("numeric", get_language("fr")), column_type("_text", get_language("fr"))
    ('nombre', 'liste (texte)')
    """
    word = language.say(COLUMN_TYPES.get(name.lstrip("_"), name.lstrip("_")))
    return language.say(LIST, of=word) if name.startswith("_") else word


@functools.lru_cache(maxsize=512)
def schema_title(name: str) -> str:
    """Return the French title of a schema, or its name when odl-host does not know it."""
    from odl_host.schemas.registry import load_registry

    schema = load_registry(None).find_schema(name)
    return schema.title if schema and schema.title else name


def facet_label(field: str, value: str, title: str, language: Language) -> str:
    """Return what a facet's value is called in a language; `title` is what the catalogue calls it."""
    if field == "extras_schema_name":
        return schema_title(value)
    if field == "extras_theme":
        return language.say(theme(value))
    if field == "license_id":
        return language.say(LICENCES.get(value, title))
    return title
