"""Custom checks: Validata's, by the names schemas call them, and our own warnings.

One noun per file. A check works on values already read by the field's type and answers a `Problem` or None; it knows
neither files nor rows. See `declaration.bind_checks` for what a schema declares and `ours` for what we add.
"""

from __future__ import annotations

from odl_host.schemas.checks.declaration import BoundChecks, bind_checks
from odl_host.schemas.checks.problem import BoundCheck, CannotJudge, Problem, RowCheck, ValueCheck

__all__ = ["BoundCheck", "BoundChecks", "CannotJudge", "Problem", "RowCheck", "ValueCheck", "bind_checks"]
