"""What a run works with: its tenant, the catalogue, the machine's settings, the hour; and where it keeps its things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

from odl_host.catalogue.client import Catalogue
from odl_host.config import Settings
from odl_host.tenants import Tenant

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a stage ("examine", "publish"), the number done and the total."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run works with."""

    tenant: Tenant
    catalogue: Catalogue
    settings: Settings
    now: datetime

    @property
    def runs(self) -> Path:
        """Where the journals are."""
        return self.tenant.data / "runs"

    @property
    def today(self) -> date:
        """The day where the run happens."""
        return self.now.date()

    @property
    def spool(self) -> Path:
        """Where normalised files wait to be sent; emptied when a run begins and ends."""
        return self.tenant.data / "spool"
