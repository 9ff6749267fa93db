"""What a run works with: its tenant, the catalogue, the machine's settings, the hour; and where it keeps its things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.rows import takes_rows
from odl_host.config import Settings
from odl_host.pipeline.records.journal import Echo
from odl_host.tenants import Tenant

if TYPE_CHECKING:
    from odl_host.pipeline.runs.outcomes import RunReport

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a stage, the number done and the total.

"examine" and "publish" go on at the same time; the total of "publish" is what is planned so far.
"""

AfterRun: TypeAlias = "Callable[[RunContext, RunReport], None]"
"""Something done once a run has ended (mail, figures…); what it raises is noted and changes nothing."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run works with. `executor`: the address of a Dask cluster, or "" for processes of this machine.

    `echo`: what is given each line of the journal too.
    """

    tenant: Tenant
    catalogue: Catalogue
    settings: Settings
    now: datetime
    executor: str = ""
    after: tuple[AfterRun, ...] = ()
    echo: Echo | None = None

    @property
    def runs(self) -> Path:
        """Where the journals are."""
        return self.tenant.data / "runs"

    @property
    def today(self) -> date:
        """The day where the run happens."""
        return self.now.date()

    @property
    def writers(self) -> int:
        """How many datasets are written at once: what the machine's settings say, else what the catalogue bears."""
        return self.settings.writers or self.catalogue.writers

    @property
    def loads_rows(self) -> bool:
        """Whether the rows of published tables are loaded into the catalogue's DataStore.

        :raises CatalogueError: the catalogue does not say what it is. :raises Unavailable: it does not answer.
        """
        return self.tenant.manifest.catalogue.datastore and takes_rows(self.catalogue)

    @property
    def spool(self) -> Path:
        """Where normalised files wait to be sent; each leaves once it was, all of them when a run begins and ends."""
        return self.tenant.data / "spool"

    @property
    def seen(self) -> Path:
        """Where the hashes of files seen before are kept; it may be deleted at any time."""
        return self.tenant.data / "seen.json"
