"""Reads the data files of this package and makes places of their lines, as few as what is asked needs.

`communes.tsv.gz` is one table, compressed département by département (each a gzip member of its own, so `zcat` shows
the whole): one code costs one member. `scripts/build_territory.py` writes these files; nobody edits them.
"""

from __future__ import annotations

import os
import zlib
from functools import cache, cached_property

from odl_host.territory.codes import departement_of
from odl_host.territory.places import Commune, Departement, Epci, FormerCommune, Region

TYPE_CHECKING = False  # see places.py
if TYPE_CHECKING:
    from collections.abc import Iterable

    from odl_host.territory.places import FormerKind

# Without pathlib, whose import takes five times longer than finding a commune.
DATA_DIR = f"{os.path.dirname(__file__)}/data"  # noqa: PTH120

_KINDS: dict[str, FormerKind] = {"": "ancienne", "d": "deleguee", "a": "associee", "m": "arrondissement"}
_GZIP = zlib.MAX_WBITS | 16


class Archive:
    """The reference of one vintage, in one folder. What was read is kept; threads may share it."""

    def __init__(self, folder: str | os.PathLike[str] = DATA_DIR) -> None:
        self._folder = os.fspath(folder)
        self._communes: dict[str, Commune] = {}
        self._blocks: dict[str, str] = {}

    @cached_property
    def about(self) -> dict[str, str]:
        """Vintage, source and licence."""
        return dict(self._lines("about.tsv"))

    @cached_property
    def vintage(self) -> str:
        """The year whose 1 January this reference describes: "2026"."""
        return self.about["vintage"]

    @cached_property
    def departements(self) -> dict[str, Departement]:
        """By code, in the order of codes."""
        return {
            code: Departement(code, name, int(liaison), chef_lieu, region)
            for code, name, liaison, chef_lieu, region in self._lines("departements.tsv")
        }

    @cached_property
    def regions(self) -> dict[str, Region]:
        """By code, in the order of codes."""
        return {
            code: Region(code, name, int(liaison), chef_lieu)
            for code, name, liaison, chef_lieu in self._lines("regions.tsv")
        }

    @cached_property
    def epci_lines(self) -> dict[str, list[str]]:
        """SIREN → siren, name, type, population, départements, members (EPT only); EPCI first, EPT last."""
        data = zlib.decompress(self._read("epci.tsv.gz"), _GZIP)
        return {line[:9]: line.split("\t") for line in data.decode().splitlines()}

    def find_commune(self, code: str) -> Commune | None:
        """Return the current commune with this code."""
        known = self._communes.get(code)
        if known is None and (line := self._line_after(departement_of(code), f"\n{code}\t")):
            known = self._commune(line)
        return known

    def find_former(self, code: str) -> tuple[Commune, FormerCommune] | None:
        """Return the current commune that a former code belongs to, and what that code was."""
        departement = self._moved.get(code) or departement_of(code)
        # A code ends where its kind, the next code or the line begins.
        for end in (" ", "|", "\n"):
            if line := self._line_after(departement, f"|{code}{end}"):
                commune = self._commune(line)
                return commune, next(former for former in commune.former if former.code == code)
        return None

    def find_epci(self, siren: str) -> Epci | None:
        """Return the EPCI or EPT with this SIREN."""
        return self._epci(siren) if siren in self.epci_lines else None

    def lines_of(self, departement: str) -> list[str]:
        """Return the lines of a département's communes, in the order of codes; [] for an unknown one."""
        return self.block(departement)[1:-1].split("\n") if departement in self._index else []

    def communes_of(self, departement: str) -> list[Commune]:
        """Return a département's communes, in the order of codes."""
        return [self._commune(line) for line in self.lines_of(departement)]

    def communes_with(self, cell: str, departements: Iterable[str] | None = None) -> list[Commune]:
        """Return the communes one of whose cells holds this word: a SIREN, a post code. The caller looks which cell."""
        found = []
        for departement in self._index if departements is None else departements:
            block = self.block(departement)
            start = block.find(cell)
            while start >= 0:
                end = block.index("\n", start)
                found.append(self._commune(block[block.rindex("\n", 0, start) + 1 : end]))
                start = block.find(cell, end)
        return found

    def block(self, departement: str) -> str:
        """Return the text of a département: a line end, then each commune's line with its line end."""
        text = self._blocks.get(departement)
        if text is None:
            offset, size = self._index[departement]
            text = "\n" + zlib.decompress(self._read("communes.tsv.gz", offset, size), _GZIP).decode()
            self._blocks[departement] = text
        return text

    @property
    def departement_codes(self) -> list[str]:
        """The départements that have communes, in the order of codes."""
        return list(self._index)

    @cached_property
    def _index(self) -> dict[str, tuple[int, int]]:
        return {code: (int(offset), int(size)) for code, offset, size in self._lines("communes.index.tsv")}

    @cached_property
    def _moved(self) -> dict[str, str]:
        """Former code → département of today, for the codes that do not say it themselves."""
        return dict(self._lines("moved.tsv"))

    def _lines(self, name: str) -> list[list[str]]:
        return [line.split("\t") for line in self._read(name).decode().splitlines()]

    def _read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        with open(f"{self._folder}/{name}", "rb") as file:  # noqa: PTH123 (see DATA_DIR)
            file.seek(offset)
            return file.read(size)

    def _line_after(self, departement: str, mark: str) -> str | None:
        if departement not in self._index:
            return None
        block = self.block(departement)
        place = block.find(mark)
        if place < 0:
            return None
        start = place + 1 if mark[0] == "\n" else block.rindex("\n", 0, place) + 1
        return block[start : block.index("\n", start)]

    def _commune(self, line: str) -> Commune:
        code, name, liaison, siren, population, postcodes, arrondissement, epci, former = line.split("\t")
        known = self._communes.get(code)
        if known is None:
            departement = departement_of(code)
            known = self._communes[code] = Commune(
                code=code,
                name=name,
                liaison=int(liaison),
                siren=siren or None,
                population=int(population) if population else None,
                postcodes=tuple(postcodes.split()),
                departement_code=departement,
                region_code=self.departements[departement].region_code,
                arrondissement_code=arrondissement or None,
                epci_siren=epci or None,
                former=parse_former(former) if former else (),
            )
        return known

    def _epci(self, siren: str) -> Epci:
        _, name, kind, population, departements, members = self.epci_lines[siren]
        places = tuple(departements.split())
        # A SIREN between tabs is a commune's own or its EPCI's; the two never meet, they are of different bodies.
        codes = members.split() or [
            line[:5] for place in places for line in self.lines_of(place) if f"\t{siren}\t" in line
        ]
        return Epci(siren, name, kind, int(population), places, tuple(codes))


def parse_former(cell: str) -> tuple[FormerCommune, ...]:
    """Return the former communes of a cell.

    >>> [(former.code, former.kind, former.name) for former in parse_former("|73044|73037 d Aigueblanche")]
    [('73044', 'ancienne', ''), ('73037', 'deleguee', 'Aigueblanche')]
    """
    entries = []
    for entry in cell[1:].split("|"):
        code, _, rest = entry.partition(" ")
        kind, _, name = rest.partition(" ")
        entries.append(FormerCommune(code, name, _KINDS[kind]))
    return tuple(entries)


@cache
def load_archive() -> Archive:
    """Return the reference of this package, read once."""
    return Archive()
