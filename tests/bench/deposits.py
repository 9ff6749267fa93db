"""Deposits of valid files, as a département's communes would send them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

FILE_BYTES = 50_000


def prenoms(code: str, name: str, year: int, chance: random.Random) -> Iterator[str]:
    yield "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE"
    for number in itertools.count(1):
        letters = "".join("aeioubcdfg"[int(digit)] for digit in str(number))
        yield f"{name},{code},{chance.choice('FM')},Zo{letters},{chance.randint(1, 60)},{year}"


def deliberations(siret: str, name: str, year: int, chance: random.Random) -> Iterator[str]:
    yield (
        "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,"
        "BUDGET_NOM,PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL"
    )
    for number in itertools.count(1):
        day = _day(year, chance)
        yield (
            f"{name},{siret},{year}-{number},{day},7.1,Finances locales/Decisions budgetaires,Objet {number},,,,{day},"
            "15,15,13,1,1,"
        )


def subventions(siret: str, name: str, year: int, chance: random.Random) -> Iterator[str]:
    yield (
        "nomAttribuant,idAttribuant,dateConvention,referenceDecision,nomBeneficiaire,idBeneficiaire,rnaBeneficiaire,"
        "objet,montant,nature,conditionsVersement,datesPeriodeVersement,notificationUE,pourcentageSubvention"
    )
    for number in itertools.count(1):
        day = _day(year, chance)
        yield (
            f"{name},{siret},{day},D{year}-{number},Association {number},21730065600014,,Fonctionnement,"
            f"{chance.randint(100, 9000)},aide en numéraire,unique,{day},non,1"
        )


def _day(year: int, chance: random.Random) -> str:
    return f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def lay_deposit(deposit: Path, files: int, *, most_communes: int = 273) -> None:
    """Lay a deposit of valid files of about 50 KB: three schemas, one file per year, for communes of Savoie."""
    from odl_host.territory import reference

    communes = reference.list_communes(departement="73")[:most_communes]
    chance = random.Random(73)
    for number in range(files):
        commune = communes[number % len(communes)]
        turn = number // len(communes)
        year = 2024 - turn // 3
        siret = f"{commune.siren}{nic(commune.siren or '')}"
        kind = turn % 3
        if kind == 0:
            name, lines = "prenoms", prenoms(commune.code, commune.name, year, chance)
        elif kind == 1:
            name, lines = "deliberations", deliberations(siret, commune.name, year, chance)
        else:
            name, lines = "subventions", subventions(siret, commune.name, year, chance)
        path = deposit / commune.code / f"{name}-{year}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        text, size = [], 0
        for line in lines:
            text.append(line)
            size += len(line.encode()) + 1
            if size >= FILE_BYTES:
                break
        path.write_text("\n".join(text) + "\n", encoding="utf-8")


def nic(siren: str) -> str:
    """Return the five digits that make a SIREN a SIRET."""
    from odl_host.territory.codes import is_siret

    return next(f"{number:05}" for number in range(10, 100) if is_siret(f"{siren}{number:05}"))


def communes_for(files: int) -> int:
    """Return how many communes to spread some files over, so that each has as many as in a night of 2,000."""
    return max(1, files * 273 // 2_000)
