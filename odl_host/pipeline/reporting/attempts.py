"""What changed between two attempts at the same file: what was corrected, what remains, what is new.

The earlier attempt is known by the JSON of its report only, so that nothing but that file needs to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from odl_host.pipeline.reporting.wording import counted, listed, number

if TYPE_CHECKING:
    from odl_host.pipeline.engine.validate import Report
    from odl_host.pipeline.reporting.model import FileReport

Key: TypeAlias = tuple[str, str | None]
Place: TypeAlias = tuple[int | None, str | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Errors of the last attempt that are gone, errors that are still there, errors that were not there."""

    corrected: int
    remaining: int
    new: int

    @property
    def sentence(self) -> str:
        """The comparison in words.

        >>> Comparison(12, 3, 1).sentence
        '12 corrections faites, 3 restent à faire et 1 est nouvelle.'
        >>> Comparison(0, 3, 0).sentence
        'Rien n’a été corrigé, 3 corrections restent à faire.'
        """
        if not self.corrected and self.remaining and not self.new:
            rest = counted(self.remaining, "correction reste", "corrections restent")
            return f"Rien n’a été corrigé, {rest} à faire."
        parts = [counted(self.corrected, "correction faite", "corrections faites")]
        if self.remaining:
            parts.append(f"{number(self.remaining)} {'reste' if self.remaining == 1 else 'restent'} à faire")
        if self.new:
            parts.append(f"{number(self.new)} {'est nouvelle' if self.new == 1 else 'sont nouvelles'}")
        return f"{listed(parts)}."


def compare_attempts(previous: Mapping[str, Any], report: Report | FileReport) -> Comparison | None:
    """Compare a verdict with the JSON of the last report (`as_json`); None when that one held no verdict.

    An error is the same when its kind, column, row and text are; else when its kind, column and text are, since rows
    move when a line is inserted. Where more errors were counted than kept, numbers are compared.
    """
    if not previous.get("schema") or not isinstance(previous.get("counts"), list):
        return None
    before: dict[Key, int] = {}
    for item in previous["counts"]:
        if item.get("severity", "error") == "error":
            before[(item["code"], item["column"])] = item["count"]
    errors = [finding for finding in report.findings if finding.severity == "error"]
    keys_now = {(finding.code, finding.column) for finding in errors}
    now = {key: count for key, count in report.counts.items() if key in keys_now}
    places_before = _places(
        ((item["code"], item["column"]), (item["row"], item["cell"]))
        for item in previous.get("findings", ())
        if item.get("severity", "error") == "error"
    )
    places_now = _places(((finding.code, finding.column), (finding.row, finding.cell)) for finding in errors)
    corrected = remaining = new = 0
    for key in before.keys() | now.keys():
        old, current = before.get(key, 0), now.get(key, 0)
        kept_old, kept_now = places_before.get(key, Counter()), places_now.get(key, Counter())
        if kept_old.total() == old and kept_now.total() == current:
            same = _count_same(kept_old, kept_now)
        else:
            same = min(old, current)
        corrected += old - same
        remaining += same
        new += current - same
    return Comparison(corrected, remaining, new)


def _places(items: Iterable[tuple[Key, Place]]) -> dict[Key, Counter[Place]]:
    found: dict[Key, Counter[Place]] = {}
    for key, place in items:
        found.setdefault(key, Counter())[place] += 1
    return found


def _count_same(before: Counter[Place], now: Counter[Place]) -> int:
    exact = before & now
    moved_before = Counter(cell for _, cell in (before - exact).elements())
    moved_now = Counter(cell for _, cell in (now - exact).elements())
    return exact.total() + (moved_before & moved_now).total()
