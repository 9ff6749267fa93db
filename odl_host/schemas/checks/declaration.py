"""From a schema's declarations to checks that can run, and to findings about those that cannot.

`Schema.custom_checks` holds both what the schema declares (`custom_checks`) and what its fields do (`customCheck`). An
unknown name or a bad parameter gives one `check-error`; the other checks still run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from odl_host.schemas.checks.actes import NOMENCLATURE_ACTE
from odl_host.schemas.checks.columns import ROW_CHECKS
from odl_host.schemas.checks.coordinates import FRENCH_GPS
from odl_host.schemas.checks.hours import OPENING_HOURS
from odl_host.schemas.checks.ours import OWN_CODES, read_declaration
from odl_host.schemas.checks.phone import PHONE_NUMBER
from odl_host.schemas.checks.places import PLACE_CHECKS
from odl_host.schemas.checks.problem import BadParameters, BoundCheck, RowCheck, ValueCheck, text_param
from odl_host.schemas.checks.siret import SIREN, SIRET
from odl_host.schemas.checks.years import YEAR_INTERVAL
from odl_host.schemas.findings import Finding, Severity

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

VALUE_CHECKS: Mapping[str, ValueCheck] = {
    check.name: check
    for check in (
        SIRET,
        SIREN,
        NOMENCLATURE_ACTE,
        PHONE_NUMBER,
        OPENING_HOURS,
        YEAR_INTERVAL,
        FRENCH_GPS,
        *PLACE_CHECKS,
    )
}

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


def bind_checks(schema: Schema, *, strict_validata: bool = False) -> BoundChecks:
    """Bind every check that a schema declares; ours are unknown to Validata."""
    bound = BoundChecks()
    for check in schema.custom_checks:
        declared, params = check.name, check.params
        name = DEPRECATED.get(declared, declared)
        if declared in DEPRECATED:
            bound.findings.append(Finding("deprecated-check", "warning", params={"check": declared, "use": name}))
        try:
            if name in VALUE_CHECKS:
                column = text_param(params, "column")
                bound.values.append(BoundCheck(column, VALUE_CHECKS[name].bind(params), VALUE_CHECKS[name].doubts))
            elif name in ROW_CHECKS:
                bound.rows.append(ROW_CHECKS[name](params))
            elif name in OWN_CODES and not strict_validata:
                place, severity = read_declaration(name, params)
                bound.ours[place] = severity
            else:
                bound.findings.append(Finding("check-error", params={"check": declared, "reason": "unknown"}))
        except BadParameters as missing:
            details = {"check": declared, "reason": "parameters", "parameter": str(missing)}
            bound.findings.append(Finding("check-error", params=details))
    return bound
