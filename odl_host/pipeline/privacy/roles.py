"""What the columns of a table hold, as far as persons are concerned, told from their names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_SPLIT = re.compile(r"[^0-9a-z]+")

_GIVEN = frozenset({"prenom", "prenoms", "firstname"})
_SURNAME = frozenset({"nom", "noms", "patronyme", "lastname"})
_COUNTED = frozenset({"nombre", "nb", "nbre", "occurrences", "enfant", "enfants", "sexe", "rang", "naiss", "fille"})
_ADDRESS = frozenset({"adresse", "adr", "rue", "voie", "domicile"})
_AMOUNT = frozenset({"montant", "subvention", "somme", "mandate", "verse", "salaire", "remuneration", "euros", "prix"})
_BEARER = frozenset(
    {"beneficiaire", "demandeur", "titulaire", "proprietaire", "locataire", "attributaire", "allocataire", "tiers"}
    | {"concessionnaire", "declarant", "petitionnaire", "raison", "destinataire", "adherent", "usager", "eleve"}
)
_PHONE = frozenset({"tel", "telephone", "portable", "mobile", "gsm", "phone"})
_BIRTH = frozenset({"naissance", "naiss", "ddn", "birthdate", "birth"})
_NOT_A_NAME = frozenset({"siret", "siren", "id", "identifiant", "code", "insee", "commune", "pays", "lieu", "adresse"})

_PLAIN_TYPES = frozenset({"number", "integer", "boolean", "geopoint", "geojson", "year", "yearmonth", "time"})


@dataclass(frozen=True, slots=True)
class Roles:
    """Places (0-based) of the columns that matter. `texts` are searched for numbers and addresses of persons.

    `bearers` may hold the name of a person or of a body beside an amount or an address; `surnames` are surnames of
    persons beside such a column; `companies` hold numbers of companies, which tell a body from a person.
    """

    texts: tuple[int, ...]
    phones: frozenset[int]
    births: tuple[int, ...]
    bearers: tuple[int, ...]
    surnames: tuple[int, ...]
    companies: tuple[int, ...]


@lru_cache(maxsize=2048)
def column_words(label: str) -> frozenset[str]:
    """Return the words of a column's name, folded.

    >>> sorted(column_words("nomBénéficiaire")), sorted(column_words("DATE_NAISSANCE"))
    (['beneficiaire', 'nom'], ['date', 'naissance'])
    """
    spaced = _CAMEL.sub(" ", label.strip())
    folded = "".join(sign for sign in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(sign)).lower()
    return frozenset(word for word in _SPLIT.split(folded) if word)


@lru_cache(maxsize=256)
def find_roles(header: tuple[str, ...], schema: Schema | None) -> Roles:
    """Return what the columns hold; a schema clears those that cannot hold a text, or only one from a list."""
    fields = {field.name.strip(): field for field in schema.fields} if schema else {}
    words = [column_words(label) for label in header]
    texts, plain = [], set()
    for place, label in enumerate(header):
        field = fields.get(label.strip())
        if field is not None and (field.type in _PLAIN_TYPES or field.enum):
            plain.add(place)
        elif field is None or field.type not in {"date", "datetime"}:
            texts.append(place)

    def having(wanted: frozenset[str], *, but: frozenset[str] = frozenset()) -> list[int]:
        return [place for place, said in enumerate(words) if said & wanted and not said & but]

    exposed = bool(having(_ADDRESS) or having(_AMOUNT))
    given = having(_GIVEN, but=_COUNTED)
    surnames = having(_SURNAME, but=_COUNTED | _NOT_A_NAME | _BEARER) if given and exposed else []
    bearers = [place for place in having(_BEARER, but=_NOT_A_NAME) if place not in plain] if exposed else []
    return Roles(
        texts=tuple(texts),
        phones=frozenset(having(_PHONE)),
        births=tuple(place for place in having(_BIRTH, but=frozenset({"lieu", "pays", "annee", "an", "nb", "nombre"}))),
        bearers=tuple(bearers),
        surnames=tuple(place for place in surnames if place not in plain),
        companies=tuple(having(frozenset({"siret", "siren", "rna"})))
        or tuple(
            place
            for place, said in enumerate(words)
            if said & {"id", "identification", "identifiant"} and said & _BEARER
        ),
    )
