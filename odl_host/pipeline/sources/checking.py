"""Whether a source can be listed, without fetching anything from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from odl_host.errors import OdlError
from odl_host.pipeline.sources.opening import open_source
from odl_host.storage.address import SourceAddress


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What listing a source told: files, their bytes as far as the listing says, and names that cannot be used."""

    address: SourceAddress
    files: int = 0
    size_bytes: int = 0
    problems: int = 0
    error: OdlError | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "url": self.address.url,
            "member": self.address.member or None,
            "ok": self.error is None,
            "files": self.files if self.error is None else None,
            "size_bytes": self.size_bytes if self.error is None else None,
            "problems": self.problems,
            "error": self.error.message if self.error else None,
            "hint": self.error.hint if self.error else None,
        }


def check_source(address: SourceAddress) -> SourceCheck:
    """List a source and return what it holds; never raises `OdlError`: it is told."""
    files = size = problems = 0
    try:
        source = open_source(address)
        try:
            for file in source.iter_files():
                files += 1
                size += file.size_bytes or 0
                problems += bool(file.problem)
        finally:
            source.close()
    except OdlError as error:
        return SourceCheck(address, error=error)
    return SourceCheck(address, files, size, problems)
