"""The places themselves, as values; `odl_host.territory.reference` gives them out."""

from __future__ import annotations

from dataclasses import dataclass

from odl_host.territory.grammar import of_body, of_place

TYPE_CHECKING = False  # as typing's: a new process that looks up one code has no time to import typing
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    FormerKind: TypeAlias = Literal["ancienne", "deleguee", "associee", "arrondissement"]
    MatchKind: TypeAlias = Literal["code", "former_code", "postcode", "name", "former_name", "siren"]

_FULL_WORDS = {"CC ": "Communauté de communes ", "CA ": "Communauté d'agglomération ", "CU ": "Communauté urbaine "}


@dataclass(frozen=True, slots=True)
class FormerCommune:
    """A code that a current commune answers to: a former commune, a commune déléguée or associée, an arrondissement.

    `name` is empty for the communes that left without becoming déléguées: the source keeps their code only. `code` may
    be the current commune's own code, when the commune that gave it now has another name.
    """

    code: str
    name: str
    kind: FormerKind


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune in force in the reference's vintage.

    `siren`: None for the 94 of the overseas collectivités. `population`: population municipale, None where nobody is
    counted. `epci_siren`: None outside any EPCI. `liaison`: see `odl_host.territory.grammar`.
    """

    code: str
    name: str
    liaison: int
    siren: str | None
    population: int | None
    postcodes: tuple[str, ...]
    departement_code: str
    region_code: str
    arrondissement_code: str | None
    epci_siren: str | None
    former: tuple[FormerCommune, ...]

    @property
    def of_name(self) -> str:
        """« de Chambéry », « du Châtelard », « d'École »."""
        return of_place(self.name, self.liaison)


@dataclass(frozen=True, slots=True)
class Epci:
    """An intercommunalité with its own taxes (CC, CA, CU, METRO, MET69), or one of the 11 EPT of Greater Paris.

    `population`: population municipale of the EPCI's own statistics, of another year than the communes': do not mix.
    `member_codes`: INSEE codes, ascending.
    """

    siren: str
    name: str
    type: str
    population: int
    departement_codes: tuple[str, ...]
    member_codes: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The name without its administrative abbreviation: « Communauté d'agglomération du Grand Chambéry »."""
        return expand_epci_name(self.name)

    @property
    def of_name(self) -> str:
        """« de la Communauté d'agglomération du Grand Chambéry », « de Metz Métropole »."""
        return of_body(self.full_name)


@dataclass(frozen=True, slots=True)
class Region:
    """A région, or an overseas collectivité counted as one; `siren` is not in the source."""

    code: str
    name: str
    liaison: int
    chef_lieu: str
    siren: str | None = None

    @property
    def of_name(self) -> str:
        """« d'Auvergne-Rhône-Alpes », « de la Guadeloupe »."""
        return of_place(self.name, self.liaison)


@dataclass(frozen=True, slots=True)
class Departement:
    """A département, or an overseas collectivité counted as one; `siren` is not in the source."""

    code: str
    name: str
    liaison: int
    chef_lieu: str
    region_code: str
    siren: str | None = None

    @property
    def of_name(self) -> str:
        """« de la Savoie », « de l'Ain », « des Hautes-Alpes »."""
        return of_place(self.name, self.liaison)


@dataclass(frozen=True, slots=True)
class Match:
    """A commune that answers to what was asked, and why.

    `kind` says what was recognised and `via` is that very thing as the reference writes it ("73044", "73000",
    "Chambéry", "Aigueblanche"). `former` is the former commune, when one was recognised.
    """

    commune: Commune
    kind: MatchKind
    via: str
    former: FormerCommune | None = None


def expand_epci_name(name: str) -> str:
    """Return the name of an EPCI with the words that CC, CA and CU stand for.

    >>> expand_epci_name("CC Coeur de Savoie"), expand_epci_name("Metz Métropole")
    ('Communauté de communes Coeur de Savoie', 'Metz Métropole')
    """
    return _FULL_WORDS.get(name[:3], name[:3]) + name[3:]
