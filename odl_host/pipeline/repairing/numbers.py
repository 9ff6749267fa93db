"""Numbers as people type them: decimal comma, spaces between thousands, a trailing €, 9.0 for 9.

Shapes that have one reading are repaired. "1,234" has two (a decimal comma, or thousands as in English): the column
must prove that its comma is decimal, and nothing in it may prove the contrary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from odl_host.pipeline.reading.notes import plural
from odl_host.pipeline.repairing.kinds import listed, visible
from odl_host.pipeline.repairing.mender import Mended
from odl_host.pipeline.repairing.spaces import GROUP_SPACE

_MONEY = re.compile(rf"{GROUP_SPACE}*(?:€|euros?|EUR)$", re.IGNORECASE)
_SPACED = re.compile(rf"([+-]?[0-9]{{1,3}}(?:({GROUP_SPACE})[0-9]{{3}})(?:\2[0-9]{{3}})*)(?:[.,]([0-9]+))?")
_COMMA = re.compile(r"([+-]?)([0-9]+),([0-9]+)")
_POINT_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_COMMA_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_THREE_AFTER_POINT = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
# Neither two decimals, which all amounts have, nor three, which may be thousands.
_FREE_POINT = re.compile(r"[+-]?[0-9]+\.(?:[0-9]|[0-9]{4,})")
_MANY_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})+")
_NIL_DECIMALS = re.compile(r"([+-]?[0-9]+)\.0{1,2}")
_AMOUNT = re.compile(r"[+-]?[0-9]+\.[0-9]{2}")


class NumberMender:
    """Writes numbers with a point and nothing else. `whole`: the field takes integers (or years) only."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._decimal_comma = self._group_comma = self._group_point = self._free_length = False
        self._point = self._free_point = False
        self._three_after_point = ""
        """The first text whose point may separate thousands."""

    @property
    def usual(self) -> Callable[[str], object] | None:
        """Two decimals prove no more than that the point is a decimal one."""
        return _AMOUNT.fullmatch if self._point else None

    def look(self, text: str, *, good: bool) -> None:
        """Note what the text proves about commas and points."""
        bare = _MONEY.sub("", text)
        _, _, decimals = bare.partition(",")
        # Amounts always have two decimals: three would be as odd there as thousands, so they prove nothing of three.
        free = len(decimals) != 2 and decimals.isdigit()
        if good or _PLAIN.fullmatch(bare):
            self._point = self._point or ("." in bare and not _NIL_DECIMALS.fullmatch(bare))
            self._free_point = self._free_point or (
                _FREE_POINT.fullmatch(bare) is not None and not _NIL_DECIMALS.fullmatch(bare)
            )
            if not self._three_after_point and _THREE_AFTER_POINT.fullmatch(bare):
                self._three_after_point = text
        elif _POINT_GROUPS.fullmatch(bare):
            self._group_point = self._decimal_comma = True
            self._free_length = self._free_length or free
        elif _COMMA_GROUPS.fullmatch(bare):
            self._group_comma = True
        elif many := _MANY_GROUPS.fullmatch(bare):
            self._group_comma = self._group_comma or many[1] == ","
            self._group_point = self._group_point or many[1] == "."
        elif _SPACED.fullmatch(bare):
            self._decimal_comma = self._decimal_comma or "," in bare
            self._free_length = self._free_length or free
            self._point = self._point or "." in bare
        elif (match := _COMMA.fullmatch(bare)) and not _is_open(match):
            self._decimal_comma = True
            self._free_length = self._free_length or free

    def mend(self, text: str) -> Mended | None:
        """Write the number plainly."""
        bare = _MONEY.sub("", text)
        if self._group_point and self._group_comma:
            return None
        number = self._plain(bare)
        if number is None:
            return None
        if self._whole:
            nil = _NIL_DECIMALS.fullmatch(number)
            if nil:
                # "9.000" in a column of whole numbers may be nine thousand; "9.0" and "9.00" cannot.
                return Mended(nil[1], "whole-number" if nil[0] == text else "number")
        return Mended(number, "number")

    def _plain(self, bare: str) -> str | None:
        if match := _SPACED.fullmatch(bare):
            whole = re.sub(GROUP_SPACE, "", match[1])
            return f"{whole}.{match[3]}" if match[3] else whole
        if _PLAIN.fullmatch(bare):
            proven = self._free_point and not self._decimal_comma
            return bare if proven or not _THREE_AFTER_POINT.fullmatch(bare) else None
        # A column that writes 1.234,50 would mean 1234 by a 1.234 that passes for a small number.
        if self._three_after_point and (self._group_point or self._decimal_comma):
            return None
        if _POINT_GROUPS.fullmatch(bare):
            return bare.replace(".", "").replace(",", ".")
        if _COMMA_GROUPS.fullmatch(bare) and not self._decimal_comma:
            return bare.replace(",", "")
        match = _COMMA.fullmatch(bare)
        if match and not self._group_comma:
            proven = self._decimal_comma and self._free_length and not self._point
            if proven or not _is_open(match):
                return bare.replace(",", ".")
        return None

    def doubts(self, text: str) -> bool:
        """Tell whether it is a number with a comma, several groups, or one that may be."""
        bare = _MONEY.sub("", text)
        shapes = (_COMMA, _POINT_GROUPS, _COMMA_GROUPS, _MANY_GROUPS, _THREE_AFTER_POINT)
        return any(shape.fullmatch(bare) for shape in shapes)

    def question(self, texts: Sequence[str], count: int) -> str:
        """Ask what the comma or the point means."""
        if self._three_after_point and self._three_after_point not in texts and not any(map(_is_unclear, texts)):
            said = plural(count, "nombre a une virgule", "nombres ont une virgule")
            return (
                f"{said} ({listed(texts)}), mais « {visible(self._three_after_point)} » a un point : y sépare-t-il les "
                "décimales ou les milliers ? Écrivez tous les nombres sans séparateur de milliers, avec un point pour "
                "les décimales."
            )
        said = plural(count, "nombre ambigu", "nombres ambigus")
        return (
            f"{said} ({listed(texts)}) : la virgule ou le point y sépare-t-il les décimales ou les milliers ? "
            "Écrivez-les sans séparateur de milliers, avec un point pour les décimales."
        )


def _is_unclear(text: str) -> bool:
    """Tell whether it is anything but a number with a decimal comma."""
    match = _COMMA.fullmatch(_MONEY.sub("", text))
    return match is None or _is_open(match)


def _is_open(match: re.Match[str]) -> bool:
    """Tell whether what follows the comma may be thousands: three digits after one to three that do not start by 0."""
    _, whole, decimals = match.groups()
    return len(decimals) == 3 and len(whole) <= 3 and not whole.startswith("0")
