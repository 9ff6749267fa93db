"""The files that wait for a person, or for the next run, once a run has ended.

A run of one source says nothing of the others: what earlier runs kept out there goes on waiting until it is looked at
again, or gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from odl_host.pipeline.runs.outcomes import GOOD_OUTCOMES, Outcome

Waiting: TypeAlias = Mapping[str, Any]
"""`item`: the file, as the report of its run tells it; `run` and `since` name that run; `lies`: where the file is."""


def still_waiting(
    outcomes: Iterable[Outcome],
    before: Iterable[Waiting],
    looked_at: Iterable[Path],
    *,
    mirrors: Path,
    run: str,
    since: str,
    whole: bool = False,
) -> Iterator[Waiting]:
    """Yield what waits after a run: what it kept out, and what waited `before` in folders that it did not look at.

    `mirrors`: where the copies of other sources lie; what one of them would not give was never there. `whole`: the run
    looked at every source that there is; what another one did not give is nobody's concern any more.
    """
    seen: set[str] = set()
    for outcome in outcomes:
        seen.add(outcome.step.source.relative)
        if outcome.outcome not in GOOD_OUTCOMES:
            place = outcome.step.source.path.absolute()
            yield {"item": outcome.as_json(), "run": run, "since": since, "lies": str(place)}
    places = [place.absolute() for place in looked_at]
    for one in before:
        if not one["lies"]:
            continue  # an earlier version of this program did not say where it was
        lies = Path(one["lies"])
        if one["item"]["path"] in seen or any(lies.is_relative_to(place) for place in places):
            continue
        not_given = one["item"]["outcome"] == "failed" and lies.is_relative_to(mirrors)
        if not (whole and not_given) and (_may_lie(lies) or lies.is_relative_to(mirrors)):
            yield one


def _may_lie(path: Path) -> bool:
    """Tell whether a file is there, or may be: nobody can look on a disk that is gone, or in another's folder."""
    try:
        return path.exists()
    except OSError:
        return True
