"""What a file may cost to read. Generous: no honest file of a local authority comes near; a bomb meets them early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odl_host.record import Record

if TYPE_CHECKING:
    from odl_host.config import Settings

MIB = 1 << 20


class ReadLimits(Record):
    """Bounds on one file; each has its own refusal that names the file, the bound, and what to do."""

    max_bytes: int = 2048 * MIB
    """Size on disk of any file."""
    max_workbook_bytes: int = 128 * MIB
    """Size on disk of a workbook: unlike a CSV it is held in memory."""
    max_cells: int = 20_000_000
    """Rows times columns of one sheet, empty cells included: about 32 bytes of memory each."""
    max_columns: int = 4_096
    """Columns of the header."""
    max_line_bytes: int = 16 * MIB
    """One line of a text file."""
    max_cell_chars: int = 1_000_000
    """One cell of a text file; beyond, a quotation mark was left open."""
    max_uncompressed: int = 1024 * MIB
    """What a workbook, which is a zip archive, may unfold to."""
    zip_ratio: int = 200
    """Unfolded size over compressed size; honest sheets stay under 50. Not looked at below 16 MiB unfolded."""


def read_limits(settings: Settings) -> ReadLimits:
    """Return the reader's limits as the machine's settings give them."""
    return ReadLimits(
        max_bytes=settings.max_file_mb * 1_000_000,
        max_cells=settings.max_cells,
        max_columns=settings.max_columns,
        max_workbook_bytes=settings.max_workbook_mb * 1_000_000,
        zip_ratio=settings.max_zip_ratio,
    )
