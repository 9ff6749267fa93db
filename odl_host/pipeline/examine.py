"""Examining one file: read it, recognise its schema, validate it, and lay its normalised form aside.

This is what worker processes do; values go in and come out, nothing else is shared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.errors import DataError, OdlError
from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from odl_host.pipeline.detect import Detection
    from odl_host.pipeline.normalise import NormalisedFile
    from odl_host.pipeline.read import ReadLimits, Table
    from odl_host.pipeline.validate import Report
    from odl_host.schemas.registry import Registry, Schema

UNREADABLE_FRENCH = (
    "Ce fichier ne peut pas être lu comme un tableau : ouvrez-le dans votre tableur, "
    "enregistrez-le au format CSV ou Excel, puis redéposez-le sous le même nom."
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of a file once it was read.

    `outcome`: "valid"; "invalid" (`report` says why); "blocked" (a person must act: `reason`, in French, and `detail`
    for the operator); "failed" (an error of ours or of the disk: `detail`).
    """

    path: Path
    sha256: str
    outcome: str
    reason: str = ""
    detail: str = ""
    table: Table | None = None
    detection: Detection | None = None
    report: Report | None = None
    normalised: NormalisedFile | None = None

    @property
    def schema(self) -> Schema | None:
        """The schema that the file was validated against."""
        return self.report.schema if self.report else None


@dataclass(frozen=True, slots=True)
class ExamineSettings:
    """How files are examined. `spool`: where normalised files are laid, or None to make none."""

    limits: ReadLimits
    max_findings: int
    spool: Path | None = None
    strict_validata: bool = False
    today: date | None = None


def examine_file(
    path: Path, registry: Registry, settings: ExamineSettings, *, schema: Schema | None = None
) -> Examination:
    """Examine one file, against `schema` or the one that its header fits. Never raises for what the file holds."""
    sha256 = ""
    try:
        sha256 = hash_file(path)
        return _examine(path, sha256, registry, settings, schema)
    except DataError as error:
        return Examination(path, sha256, "blocked", reason=_unreadable_reason(error), detail=f"{error} {error.hint}")
    except (OdlError, OSError) as error:
        return Examination(path, sha256, "failed", detail=str(error))


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _examine(
    path: Path, sha256: str, registry: Registry, settings: ExamineSettings, schema: Schema | None
) -> Examination:
    from odl_host.pipeline.detect import detect_schema
    from odl_host.pipeline.normalise import write_normalised
    from odl_host.pipeline.read import read_table
    from odl_host.pipeline.validate import validate_table

    columns = {field.name for field in schema.fields} if schema else registry.column_names
    table = read_table(path, limits=settings.limits, columns=columns)
    detection = None
    if schema is None:
        detection = detect_schema(table, registry, filename=path.name)
        if not detection.certain or detection.schema is None:
            return Examination(path, sha256, "blocked", reason=detection.reason, table=table, detection=detection)
        schema = detection.schema
    report = validate_table(
        table,
        schema,
        strict_validata=settings.strict_validata,
        max_findings=settings.max_findings,
        today=settings.today,
    )
    normalised = None
    if report.valid and settings.spool is not None:
        normalised = write_normalised(table, settings.spool / f"{sha256}.csv", schema=schema)
    return Examination(
        path,
        sha256,
        "valid" if report.valid else "invalid",
        table=table,
        detection=detection,
        report=report,
        normalised=normalised,
    )


def _unreadable_reason(error: DataError) -> str:
    """Return the French sentence for a file that cannot be read as a table."""
    return error.french if isinstance(error, RefusedFile) else UNREADABLE_FRENCH
