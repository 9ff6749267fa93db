"""What the gate found in one file."""

from __future__ import annotations

from collections.abc import Mapping

from odl_host.record import Record
from odl_host.schemas.findings import Finding

CODE = "odl-personal-data"
"""The code of every finding of the gate; its parameter `kind` is one of `KINDS`."""

KINDS = ("nir", "iban", "email", "phone", "birth-date", "person")
"""Social security number, bank account, e-mail and phone of a person, date of birth, name with address or amount."""

_NO_COUNTS: Mapping[tuple[str, str], int] = {}
"""Shared by all files where nothing was found; never written to."""


class PersonalData(Record):
    """Findings on personal data: some of them, and the number of all by (kind, column).

    The cell of a finding is masked: a report must not spread what it warns of.
    """

    findings: tuple[Finding, ...] = ()
    counts: Mapping[tuple[str, str], int] = _NO_COUNTS

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that were found, in the order of `KINDS`."""
        found = {kind for kind, _ in self.counts}
        return tuple(kind for kind in KINDS if kind in found)


NO_PERSONAL_DATA = PersonalData()


def mask(text: str) -> str:
    """Return a text of which only the first two and the last two signs can be read.

    >>> mask("jeanne.martin@laposte.net"), mask("Mme Roux"), mask("abc")
    ('je…et', 'Mm…ux', '…')
    """
    text = " ".join(text.split())
    return f"{text[:2]}…{text[-2:]}" if len(text) > 6 else "…"
