"""From a schema's declarations to checks that can run, and to findings about those that cannot.

`Schema.custom_checks` holds both what the schema declares (`custom_checks`) and what its fields do (`customCheck`). An
unknown name or a bad parameter gives one `check-error`; the other checks still run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from odl_host.schemas.checks.ours import OWN_CODES, read_declaration
from odl_host.schemas.checks.problem import BadParameters, BoundCheck, RowCheck, ValueCheck, text_param
from odl_host.schemas.findings import Finding, Severity

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

BindRowCheck: TypeAlias = Callable[[Mapping[str, object]], RowCheck]

_HOMES = ("siret", "actes", "columns", "phone", "hours", "years", "coordinates", "places")
"""The modules whose `CHECKS` schemas may declare; they are looked through, and imported, in this order."""

DEPRECATED = {
    "french-siret-value": "siret",
    "french-siren-value": "siren",
    "nomenclature-actes-value": "nomenclature-acte",
}
"""Old names, which nearly all published schemas still use."""


class BoundChecks:
    """The checks of a schema in the order of declaration, ready to run, and what could not be bound."""

    def __init__(self) -> None:
        self.values: list[BoundCheck] = []
        self.rows: list[RowCheck] = []
        self.findings: list[Finding] = []
        self.ours: dict[tuple[str, str], Severity | None] = {}
        """What the schema makes of our own findings; see `ours.py`."""


def iter_checks() -> Iterator[tuple[str, ValueCheck | BindRowCheck]]:
    """Give every check that a schema may declare, ours left out, with its name."""
    for home in _HOMES:
        yield from import_module(f"odl_host.schemas.checks.{home}").CHECKS.items()


@lru_cache(maxsize=256)
def _find_check(name: str) -> ValueCheck | BindRowCheck | None:
    return next((check for known, check in iter_checks() if known == name), None)


def bind_checks(schema: Schema, *, strict_validata: bool = False) -> BoundChecks:
    """Bind every check that a schema declares; ours are unknown to Validata."""
    bound = BoundChecks()
    for declared, params in schema.custom_checks:
        name = DEPRECATED.get(declared, declared)
        if declared in DEPRECATED:
            bound.findings.append(Finding("deprecated-check", "warning", params={"check": declared, "use": name}))
        try:
            if name in OWN_CODES and not strict_validata:
                place, severity = read_declaration(name, params)
                bound.ours[place] = severity
                continue
            check = _find_check(name)
            if isinstance(check, ValueCheck):
                bound.values.append(BoundCheck(text_param(params, "column"), check.bind(params), check.doubts))
            elif check is not None:
                bound.rows.append(check(params))
            else:
                bound.findings.append(Finding("check-error", params={"check": declared, "reason": "unknown"}))
        except BadParameters as missing:
            details = {"check": declared, "reason": "parameters", "parameter": str(missing)}
            bound.findings.append(Finding("check-error", params=details))
    return bound
