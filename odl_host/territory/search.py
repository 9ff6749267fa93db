"""Finds communes by what people write of them, and says why each was found.

`find` is for a human who looks; `resolve` is for a machine that must not guess: one commune or an exception.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from odl_host.errors import AmbiguousPlace, UnknownPlace
from odl_host.territory import codes
from odl_host.territory.archive import Archive, parse_former
from odl_host.territory.names import normalise_name, normalise_names, without_article
from odl_host.territory.places import FormerCommune, Match

_SHOWN = 20  # candidates named in a message: the most frequent name has twelve
_INSIDE_FROM = 3  # letters: fewer are in every other name
_PARTIAL_CODE = re.compile(r"\d[\dAB]\d{0,2}", re.ASCII).fullmatch
_MISTYPED_CODE = re.compile(r"(?=(?:.*\d){4})[0-9A-Z]{5}", re.ASCII).fullmatch
_WITH_PLACE = re.compile(r"^(?P<name>.+?)\s*\((?P<departement>[^()]+)\)$")


class Entry(NamedTuple):
    """A name that a commune answers to: its own, or that of a former commune."""

    commune_code: str
    former: FormerCommune | None


class NameIndex:
    """Every name of every commune, normalised: about 40,000."""

    def __init__(self, archive: Archive) -> None:
        names: list[str] = []
        self.entries: list[Entry] = []
        for departement in archive.departement_codes:
            for line in archive.lines_of(departement):
                code, name, _ = line.split("\t", 2)
                names.append(name)
                self.entries.append(Entry(code, None))
                if line[-1] != "\t":
                    for former in parse_former(line[line.rindex("\t") + 1 :]):
                        if former.name:
                            names.append(former.name)
                            self.entries.append(Entry(code, former))
        self.names = normalise_names("\n".join(names))

    @cached_property
    def _places(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Where each name stands, with its article and without."""
        whole: dict[str, list[int]] = {}
        bare: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            whole.setdefault(name, []).append(place)
            bare.setdefault(without_article(name), []).append(place)
        return whole, bare

    def exact(self, text: str) -> list[tuple[int, Entry]]:
        """Return the entries that `ranked` would give the ranks 0 and 1, in no time."""
        whole, bare = self._places
        same = whole.get(text, [])
        but_article = [place for place in bare.get(text, []) if place not in same]
        return [(0, self.entries[place]) for place in same] + [(1, self.entries[place]) for place in but_article]

    def ranked(self, text: str) -> list[tuple[int, Entry]]:
        """Return the entries whose name holds the text, with a rank: the lower, the nearer.

        0 exact, 1 exact but for the article, 2 the name begins so, 3 all the words begin words of the name, 4 inside.
        """
        worst = 4 if len(text) >= _INSIDE_FROM else 3
        starts = [f" {word}" for word in text.split()]
        found = []
        for place, name in enumerate(self.names):
            if text in name:
                rank = 4
                if name == text:
                    rank = 0
                elif name.endswith(text) and without_article(name) == text:
                    rank = 1
                elif name.startswith(text):
                    rank = 2
                elif f" {text}" in name:
                    rank = 3
            elif starts[-1] in name and all(start in f" {name}" for start in starts):
                rank = 3
            else:
                continue
            if rank <= worst:
                found.append((rank, self.entries[place]))
        return found


class Search:
    """The questions one may ask of an archive's communes."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._index: NameIndex | None = None

    @property
    def index(self) -> NameIndex:
        """The names, read at the first question that needs them."""
        if self._index is None:
            self._index = NameIndex(self._archive)
        return self._index

    def find(self, text: str) -> list[Match]:
        """Return the communes that answer to a text, the nearest first, each once."""
        number = codes.normalise_code(text)
        return self._find_number(number) if _is_number(number) else self._find_name(text)

    def resolve(self, text: str, within: Collection[str] | None) -> Match:
        """Return the one commune meant. See `odl_host.territory.reference.resolve_commune`."""
        number = codes.normalise_code(text)
        if match := self._by_code(number) or self._by_siren(number):
            if within is not None and match.commune.code not in within:
                raise _outside(text, [match], self)
            return match
        if _is_number(number):
            raise self.unknown(text)
        named = self._exact(text, within)
        if len(named) == 1:
            return named[0]
        if named:
            raise AmbiguousPlace(
                f"{len(named)} communes answer to « {text.strip()} »: {self.listed(named)}.",
                hint="Give the INSEE code instead of the name.",
            )
        if within is not None and (elsewhere := self._exact(text, None)):
            raise _outside(text, elsewhere, self)
        raise self.unknown(text)

    def unknown(self, text: str) -> UnknownPlace:
        """Return the exception for a commune that is not there, with the nearest codes or names as its hint."""
        text = text.strip()
        if not text:
            return UnknownPlace("A name or an INSEE code is missing.", hint="Give one, for example: Chambéry or 73065.")
        number = codes.normalise_code(text)
        if (restored := codes.restore_commune_code(number)) and (commune := self._archive.find_commune(restored)):
            return UnknownPlace(
                f"« {text} » is not an INSEE code: its first zero seems lost.",
                hint=f"Did you mean {commune.code} {commune.name}?",
            )
        if codes.is_siren(number) and (epci := self._archive.find_epci(number)):
            return UnknownPlace(
                f"{number} is not a commune, it is {epci.name}.",
                hint=f"Its {len(epci.member_codes)} communes are what --epci {number} gives.",
            )
        nearest = ", ".join(_label(match) for match in self.nearest(text))
        hint = f"Did you mean {nearest}?" if nearest else ""
        if codes.is_postcode(number) and (matches := self._by_postcode(number)):
            hint = f"It is the post code of {self.listed(matches)}: give the INSEE code."
        if codes.is_commune_like(number):
            departement = codes.departement_of(number)
            why = "" if departement in self._archive.departements else f": there is no département {departement}"
            return UnknownPlace(f"No commune has the INSEE code {number} in {self._archive.vintage}{why}.", hint=hint)
        if number.isdigit() and len(number) in (9, 14):
            kind, is_right = ("SIREN", codes.is_siren) if len(number) == 9 else ("SIRET", codes.is_siret)
            if not is_right(number):
                return UnknownPlace(f"{number} is not a {kind}: its last digit does not fit the others.", hint=hint)
            return UnknownPlace(f"No commune has the {kind} {number} in {self._archive.vintage}.", hint=hint)
        return UnknownPlace(f"No commune answers to « {text} ».", hint=hint)

    def nearest(self, text: str, limit: int = 3) -> list[Match]:
        """Return the communes whose code or name looks most like this text."""
        from difflib import get_close_matches

        number = codes.normalise_code(text)
        if _MISTYPED_CODE(number):
            known_codes = [line[:5] for line in self._archive.lines_of(codes.departement_of(number))]
            near = get_close_matches(number, known_codes, limit, 0.6)
            return [match for code in near if (match := self._by_code(code))]
        name = normalise_name(text)
        letters = set(name)
        # difflib compares with every candidate: only names of about this length and these letters are worth it.
        candidates: dict[str, list[Entry]] = {}
        for entry, known in zip(self.index.entries, self.index.names, strict=True):
            if abs(len(known) - len(name)) <= 3 and len(letters.symmetric_difference(known)) <= 4:
                candidates.setdefault(known, []).append(entry)
        near = get_close_matches(name, candidates, limit, 0.75)
        return _once(self._match(entry) for known in near for entry in candidates[known])[:limit]

    def _find_number(self, number: str) -> list[Match]:
        found = [match for match in (self._by_code(number), self._by_siren(number)) if match]
        found += self._by_postcode(number)
        if not found and (restored := codes.restore_commune_code(number)):
            found = [match for match in (self._by_code(restored),) if match]
        if not found and _PARTIAL_CODE(number):
            blocks = (
                self._archive.communes_of(code)
                for code in self._archive.departement_codes
                if code.startswith(number[:2])
            )
            found = [Match(c, "code", c.code) for block in blocks for c in block if c.code.startswith(number)]
        return _once(found)

    def _find_name(self, text: str) -> list[Match]:
        text, departement = self._split_place(text)
        name = normalise_name(text)
        if not name:
            return []
        found = []
        for rank, entry in self.index.ranked(name):
            match = self._match(entry)
            if departement is None or match.commune.departement_code == departement:
                found.append(
                    (rank, entry.former is not None, -(match.commune.population or 0), entry.commune_code, match)
                )
        return _once(match for *_, match in sorted(found, key=lambda item: item[:4]))

    def _exact(self, text: str, within: Collection[str] | None) -> list[Match]:
        """Names in force first; former ones when there is none; names without their article when there is neither."""
        text, departement = self._split_place(text)
        by_rank: dict[tuple[int, bool], list[Match]] = {}
        for rank, entry in self.index.exact(normalise_name(text)):
            match = self._match(entry)
            is_meant = within is None or match.commune.code in within
            if is_meant and departement in (None, match.commune.departement_code):
                by_rank.setdefault((rank, entry.former is not None), []).append(match)
        return _once(by_rank[min(by_rank)]) if by_rank else []

    def _split_place(self, text: str) -> tuple[str, str | None]:
        """Take « (05) » or « (Hautes-Alpes) » off a name, as lists write homonyms."""
        found = _WITH_PLACE.match(text.strip())
        if not found:
            return text, None
        wanted = normalise_name(found["departement"])
        for departement in self._archive.departements.values():
            if wanted in (departement.code.lower(), normalise_name(departement.name)):
                return found["name"], departement.code
        return text, None

    def _by_code(self, number: str) -> Match | None:
        if not codes.is_commune_like(number):
            return None
        if commune := self._archive.find_commune(number):
            return Match(commune, "code", number)
        if found := self._archive.find_former(number):
            return Match(found[0], "former_code", number, found[1])
        return None

    def _by_siren(self, number: str) -> Match | None:
        siren = codes.siren_of_siret(number) if codes.is_siret(number) else number
        if not codes.is_siren(siren):
            return None
        # Most SIREN of communes are 21, then the département: it saves looking everywhere.
        likely = [code for code in (siren[2:4], siren[2:5]) if code in self._archive.departement_codes]
        for departements in (likely, None):
            for commune in self._archive.communes_with(siren, departements):
                if commune.siren == siren:
                    return Match(commune, "siren", siren)
        return None

    def _by_postcode(self, number: str) -> list[Match]:
        if not codes.is_postcode(number):
            return []
        communes = [commune for commune in self._archive.communes_with(number) if number in commune.postcodes]
        communes.sort(key=lambda commune: (-(commune.population or 0), commune.code))
        return [Match(commune, "postcode", number) for commune in communes]

    def _match(self, entry: Entry) -> Match:
        commune = self._archive.find_commune(entry.commune_code)
        assert commune is not None, "the index names communes of the archive only"
        if entry.former is None:
            return Match(commune, "name", commune.name)
        return Match(commune, "former_name", entry.former.name, entry.former)

    def listed(self, matches: Collection[Match]) -> str:
        """Return communes in one line, each with its code and département."""
        shown = [
            f"{_label(match)} ({self._archive.departements[match.commune.departement_code].name})"
            for match in islice(matches, _SHOWN)
        ]
        rest = len(matches) - len(shown)
        return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _is_number(code: str) -> bool:
    """Tell a code, whole or not, from a name; no commune's name has a figure and all have a letter."""
    return not any(map(str.isalpha, code)) or codes.is_commune_like(code) or _PARTIAL_CODE(code) is not None


def _outside(text: str, matches: list[Match], search: Search) -> UnknownPlace:
    return UnknownPlace(
        f"« {text.strip()} » is not among the communes expected here: {search.listed(matches)}.",
        hint="Give a commune of this perimeter, or widen the perimeter.",
    )


def _label(match: Match) -> str:
    former = f", formerly {match.former.name}" if match.kind == "former_name" and match.former else ""
    return f"{match.commune.code} {match.commune.name}{former}"


def _once(matches: Iterable[Match]) -> list[Match]:
    """Keep the first match of each commune."""
    found: dict[str, Match] = {}
    for match in matches:
        found.setdefault(match.commune.code, match)
    return list(found.values())
