"""The towns of the sample deposit, their codes, and how positions and choices are drawn for them.

Source of codes and names: @etalab/decoupage-administratif 6.0.0 (COG of 1 January 2026), Licence Ouverte 2.0.
Positions are those of the centres of the towns, to about 300 m.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Town:
    """A town hall that sends files. `seats`: members of its council; `long`, `lat` in degrees (WGS 84)."""

    code: str
    name: str
    siren: str
    postcode: str
    seats: int
    long: float
    lat: float

    @property
    def siret(self) -> str:
        """The SIRET given to the town hall: its SIREN, then the first NIC, whose last digit is the Luhn key."""
        return with_key(f"{self.siren}0001")

    @property
    def title(self) -> str:
        """Its name after "Commune": "Commune de Barby", "Commune d’Arith", "Commune du Châtelard"."""
        return f"Commune {of(self.name)}"

    @property
    def domain(self) -> str:
        """An internet domain that cannot exist."""
        plain = self.name.lower().translate(str.maketrans("éèêçô' ", "eeeco--"))
        return f"{plain}.example"


def of(name: str) -> str:
    """Return a town's name after "de", as French writes it."""
    for article, joined in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return joined + name.removeprefix(article)
    if name[0] in "AEIOUÉ":
        return f"d’{name}"
    return f"de {name}"


def with_key(digits: str) -> str:
    """Return the digits followed by their Luhn key."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


_TOWNS = """
73004 Aillon-le-Jeune|217300045|73340|11|6.0797|45.6169
73020 Arith|217300201|73340|11|6.0852|45.7156
73029 Barberaz|217300292|73000|29|5.9422|45.5622
73030 Barby|217300300|73230|27|5.9800|45.5667
73031 Bassens|217300318|73000|29|5.9417|45.5778
73036 Bellecombe-en-Bauges|217300367|73340|15|6.1394|45.7381
73064 Challes-les-Eaux|217300649|73190|29|5.9822|45.5472
73065 Chambéry|217300656|73000|45|5.9203|45.5662
73081 Le Châtelard|217300813|73630|15|6.1328|45.6847
73087 Cognin|217300870|73160|29|5.8919|45.5594
73098 Les Déserts|217300987|73230|15|6.0086|45.6106
73106 École|217301068|73630|11|6.1686|45.6553
73137 Jacob-Bellecombette|217301373|73000|27|5.9136|45.5517
73139 Jarsy|217301399|73630|11|6.1769|45.6667
73146 Lescheraines|217301464|73340|15|6.1061|45.7089
73160 Montagnole|217301605|73000|15|5.9011|45.5392
73179 La Motte-Servolex|217301795|73290|33|5.8778|45.5961
73213 La Ravoire|217302132|73490|29|5.9631|45.5622
73222 Saint-Alban-Leysse|217302223|73230|29|5.9564|45.5803
73225 Saint-Baldoph|217302256|73190|23|5.9519|45.5308
73243 Saint-Jean-d'Arvey|217302439|73230|19|6.0136|45.5864
73249 Saint-Jeoire-Prieuré|217302496|73190|19|5.9967|45.5358
73288 Sonnaz|217302884|73000|19|5.9147|45.6200
73294 La Thuile|217302942|73190|11|6.0567|45.5317
73326 Vimines|217303262|73160|19|5.8647|45.5461
"""
TOWNS = {
    line[:5]: Town(line[:5], name, siren, postcode, int(seats), float(long), float(lat))
    for line in _TOWNS.strip().splitlines()
    for name, siren, postcode, seats, long, lat in [line[6:].split("|")]
}
AGGLOMERATION_SIREN = "200069110"
AGGLOMERATION = "Grand Chambéry"
AGGLOMERATION_SIRET = with_key(f"{AGGLOMERATION_SIREN}0001")
AGGLOMERATION_SEATS = 82
STREETS = (
    "Rue de la Mairie",
    "Avenue de la Gare",
    "Rue du Lavoir",
    "Chemin des Vignes",
    "Route de la Fruitière",
    "Place de l'Église",
    "Rue des Écoles",
    "Allée des Tilleuls",
    "Chemin du Nant",
    "Impasse des Noyers",
    "Rue de la République",
    "Montée du Four",
)


class Draw:
    """Choices that depend on a name alone: the same on every machine and every version of Python."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        self._count += 1
        digest = hashlib.sha256(f"{self._name}/{self._count}".encode()).digest()
        return low + int.from_bytes(digest[:8], "big") % (high - low + 1)

    def pick(self, values: Sequence[T]) -> T:
        """Return one of the values."""
        return values[self.number(0, len(values) - 1)]

    def chance(self, percent: int) -> bool:
        """Return True `percent` times out of a hundred."""
        return self.number(1, 100) <= percent

    def near(self, town: Town, spread_m: int = 600) -> tuple[float, float]:
        """Return a longitude and a latitude within `spread_m` metres of the town's centre, to 6 decimals."""
        east, north = self.number(-spread_m, spread_m), self.number(-spread_m, spread_m)
        # One degree is 111,320 m of latitude; of longitude, that times the cosine of the latitude.
        long = town.long + east / (111_320 * math.cos(math.radians(town.lat)))
        return round(long, 6), round(town.lat + north / 111_320, 6)


def stable_uuid(name: str) -> str:
    """Return an identifier that depends on a name alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://odl-host.example/{name}"))


def lambert93(long: float, lat: float) -> tuple[float, float]:
    """Return the Lambert-93 position, in metres, of a WGS 84 one.

    Source: IGN, NTG_71 and RGF93 parameters (conic with parallels 44° and 49°, origin 3° E, 46.5° N on GRS80).
    """
    e = 0.0818191910428158
    n, c, x_s, y_s = 0.7256077650, 11_754_255.426, 700_000.0, 12_655_612.050
    phi = math.radians(lat)
    isometric = math.log(
        math.tan(math.pi / 4 + phi / 2) * ((1 - e * math.sin(phi)) / (1 + e * math.sin(phi))) ** (e / 2)
    )
    radius, angle = c * math.exp(-n * isometric), n * math.radians(long - 3)
    return round(x_s + radius * math.sin(angle), 2), round(y_s - radius * math.cos(angle), 2)
