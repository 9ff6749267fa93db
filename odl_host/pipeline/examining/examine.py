"""Examining one file: read it, recognise its schema, repair and validate it, and lay its normalised form aside.

This is what worker processes do; values go in and come out, nothing else is shared.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.errors import DataError, OdlError, UnknownSchema
from odl_host.pipeline.privacy.model import NO_PERSONAL_DATA, PersonalData
from odl_host.pipeline.reading.refusals import RefusedFile
from odl_host.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from odl_host.pipeline.engine.validate import Report
    from odl_host.pipeline.examining.normalise import NormalisedFile
    from odl_host.pipeline.examining.opaque import OpaqueFile
    from odl_host.pipeline.reading.read import ReadLimits, ReadNote, Table
    from odl_host.pipeline.reporting.health import ColumnHealth
    from odl_host.pipeline.reporting.model import FileReport, Repair
    from odl_host.schemas.registry import Registry, Schema

UNREADABLE_FRENCH = (
    "Ce fichier ne peut pas être lu comme un tableau : ouvrez-le dans votre tableur, "
    "enregistrez-le au format CSV ou Excel, puis redéposez-le sous le même nom."
)

UNKNOWN_SCHEMA_FRENCH = "La fiche de ce fichier demande le schéma « {name} », qui est inconnu : corrigez son nom."
TOO_LARGE_FRENCH = "Ce fichier dépasse la taille permise ({most} Mo) : découpez-le, ou demandez à l’administrateur."


SMALL_BYTES = 1 << 16
"""A file of less is read at once and kept in memory while it is examined."""


class Examination(Record):
    """What is known of a file once it was read.

    `outcome`: "valid"; "invalid"; "blocked" (a person must act); "failed" (an error of ours or of the disk). `report`
    says why in French, for the town hall; `detail` in English, for the operator. `owners`: the SIREN or the INSEE codes
    of the bodies that a valid file names as its own; `period`: see `coverage.py`; these and `sha256` are empty where
    they were not asked for. `opaque`: the file is valid as it is, without a schema.
    """

    path: Path
    sha256: str
    outcome: str
    report: FileReport | None = None
    detail: str = ""
    normalised: NormalisedFile | None = None
    original: Path | None = None
    owners: frozenset[str] = frozenset()
    personal: PersonalData = NO_PERSONAL_DATA
    opaque: OpaqueFile | None = None
    period: str = ""

    @property
    def schema(self) -> Schema | None:
        """The schema that the file was validated against."""
        return self.report.schema if self.report else None

    @property
    def reason(self) -> str:
        """Why the file was not judged: in French when a town hall can act, else for the operator."""
        return (self.report.reason if self.report else "") or self.detail


class Task(Record):
    """A file to examine. `schema`: the name of the schema that it must follow; "" leaves it to be recognised.

    `as_is`: "never" publishes only what follows a schema, "otherwise" takes a file as it is when it follows none that
    is known for certain, "always" looks for no schema. `tolerate`: a file that its schema refuses is laid aside too,
    ready to be published with its errors.
    """

    path: Path
    schema: str = ""
    as_is: str = "never"
    tolerate: bool = False


class ExamineSettings(Record):
    """How files are examined. `spool`: where normalised files are laid, or None to make none.

    `repair`: certain repairs are made before judging; never under `strict_validata`. `identify`: the SHA-256 and the
    owners are found too, which publishing needs and judging does not. `jobs`: processes for one large file.
    `health`: the columns of a wrong file are counted, for the picture on its page.
    """

    limits: ReadLimits
    max_findings: int
    today: date
    spool: Path | None = None
    strict_validata: bool = False
    repair: bool = True
    identify: bool = True
    jobs: int = 1
    health: bool = True
    tolerate: bool = False


def examine_file(
    path: Path, registry: Registry, settings: ExamineSettings, *, schema: Schema | None = None
) -> Examination:
    """Examine one file, against `schema` or the one that its header fits. Never raises for what the file holds."""
    from odl_host.pipeline.reporting.model import file_report

    sha256 = ""
    try:
        content = read_small(path) if settings.identify else None
        if settings.identify:
            sha256 = hash_file(path) if content is None else _hash(content)
        return _examine(path, content, sha256, registry, settings, schema)
    except DataError as error:
        reason = error.french if isinstance(error, RefusedFile) else UNREADABLE_FRENCH
        report = file_report(path.name, reason=reason, today=settings.today)
        return Examination(path, sha256, "blocked", report, detail=f"{error} {error.hint}".strip())
    except OdlError as error:
        return Examination(path, sha256, "failed", detail=str(error))
    except OSError as error:
        return Examination(path, sha256, "failed", detail=f"{path.name}: {error.strerror or error}")


def examine_isolated(
    task: Task, registry: Registry, settings: ExamineSettings, *, schema: Schema | None = None
) -> Examination:
    """Examine a file as `examine_task` does; what nobody foresaw ends in its outcome, and the others go on."""
    try:
        return examine_task(task, registry, settings, schema=schema)
    except Exception as error:  # noqa: BLE001 - one file must never stop the others; the outcome names the error
        detail = f"{task.path.name}: {type(error).__name__}: {error}"
        return Examination(task.path, "", "failed", detail=detail)


def examine_task(
    task: Task, registry: Registry, settings: ExamineSettings, *, schema: Schema | None = None
) -> Examination:
    """Examine a file as a task asks for it, against `schema` when it names none.

    Never raises for what the file holds.
    """
    if task.as_is == "always":
        return _examine_opaque(task.path, settings)
    if task.tolerate:
        settings = settings._replace(tolerate=True)
    if task.schema:
        try:
            schema = registry.get_schema(task.schema)
        except UnknownSchema as error:
            reason = UNKNOWN_SCHEMA_FRENCH.format(name=task.schema)
            return _blocked(task.path, reason, settings, detail=f"{error} {error.hint}")
    examination = examine_file(task.path, registry, settings, schema=schema)
    if task.as_is == "otherwise" and examination.outcome == "blocked":
        return _examine_opaque(task.path, settings)
    return examination


def _examine_opaque(path: Path, settings: ExamineSettings) -> Examination:
    from odl_host.pipeline.examining.coverage import period_of_name
    from odl_host.pipeline.examining.opaque import Refused, take_opaque
    from odl_host.pipeline.privacy.gate import find_in_opaque

    try:
        if path.stat().st_size > settings.limits.max_bytes:
            return _blocked(path, TOO_LARGE_FRENCH.format(most=settings.limits.max_bytes // 1_000_000), settings)
        opaque = take_opaque(path, spool=settings.spool)
    except Refused as refusal:
        return _blocked(path, str(refusal), settings)
    except OSError as error:
        return Examination(path, "", "failed", detail=f"{path.name}: {error.strerror or error}")
    # What is looked at is what is sent, even when the file changes meanwhile.
    personal = find_in_opaque(opaque.copy or path, settings.limits, max_findings=settings.max_findings)
    return Examination(
        path, opaque.source_sha256, "valid", opaque=opaque, personal=personal, period=period_of_name(path.name)
    )


def _blocked(path: Path, reason: str, settings: ExamineSettings, *, detail: str = "") -> Examination:
    from odl_host.pipeline.reporting.model import file_report

    report = file_report(path.name, reason=reason, today=settings.today)
    return Examination(path, "", "blocked", report, detail=detail)


def read_small(path: Path) -> bytes | None:
    """Return all bytes of a small file, so that what is hashed is what is judged; None for a larger one.

    :raises OSError: it cannot be read
    """
    with path.open("rb") as file:
        content = file.read(SMALL_BYTES)
    return content if len(content) < SMALL_BYTES else None


def measure_file(path: Path) -> int:
    """Return a file's bytes on the disk; 0 where it, or the disk, is gone meanwhile: who reads it says so."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    import hashlib

    content = read_small(path)
    if content is not None:
        return _hash(content)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _examine(
    path: Path,
    content: bytes | None,
    sha256: str,
    registry: Registry,
    settings: ExamineSettings,
    schema: Schema | None,
) -> Examination:
    from odl_host.pipeline.engine.validate import validate_table
    from odl_host.pipeline.examining.period import MAX_ROWS, find_other_period
    from odl_host.pipeline.reading.read import read_table
    from odl_host.pipeline.reporting.model import file_report

    if schema is None:
        from odl_host.pipeline.recognising.detect import detect_schema, known_columns

        columns = known_columns(registry)
    else:
        columns = frozenset(one.name for one in schema.fields)
    as_it_is = settings.strict_validata or not settings.repair
    # Titles above the header help to recognise the schema; then, as it is, every row counts from the first to the last.
    repair = not (as_it_is and schema)
    table = read_table(path, limits=settings.limits, columns=columns, repair=repair, content=content)
    if schema is None:
        detection = detect_schema(table, registry, filename=path.name)
        if not detection.certain or detection.schema is None:
            report = file_report(path.name, table=table, detection=detection, today=settings.today)
            return Examination(path, sha256, "blocked", report, detail=_doubt(table, detection.schema))
        schema = detection.schema
        if as_it_is:
            table = read_table(path, limits=settings.limits, columns=columns, repair=False, content=content)
    verdict = validate_table(
        table,
        schema,
        strict_validata=settings.strict_validata,
        max_findings=settings.max_findings,
        today=settings.today,
        jobs=settings.jobs,
    )
    judged: Table = table
    repairs: tuple[Repair, ...] = ()
    proposals: tuple[ReadNote, ...] = ()
    # A file without any finding needs no repair, and is read once.
    if not as_it_is and verdict.findings_total:
        judged, verdict, repairs, proposals = _repair(table, verdict, settings)
    if not settings.strict_validata and verdict.rows <= MAX_ROWS:
        rows = judged.iter_rows()
        other = find_other_period(schema, judged.header, rows, name=path.name, today=settings.today)
        verdict = verdict.with_finding(other) if other else verdict
    if not verdict.valid:
        health: tuple[ColumnHealth, ...] = ()
        if settings.health:
            from odl_host.pipeline.reporting.health import measure_health

            health = measure_health(judged, verdict)
        report = file_report(
            path.name,
            table=table,
            report=verdict,
            repairs=repairs,
            proposals=proposals,
            health=health,
            today=settings.today,
        )
        if not settings.tolerate or not settings.identify:
            return Examination(path, sha256, "invalid", report)
        return _identify(path, sha256, table, judged, schema, report, settings)._replace(outcome="invalid")
    report = file_report(path.name, table=table, report=verdict, repairs=repairs, today=settings.today)
    if not settings.identify:
        return Examination(path, sha256, "valid", report)
    return _identify(path, sha256, table, judged, schema, report, settings)


def _identify(
    path: Path, sha256: str, table: Table, judged: Table, schema: Schema, report: FileReport, settings: ExamineSettings
) -> Examination:
    """Find whose a file is and what it tells about persons, and lay aside what would be published."""
    from odl_host.pipeline.examining.coverage import period_of_name, period_of_rows
    from odl_host.pipeline.examining.ownership import find_owners
    from odl_host.pipeline.privacy.gate import watch_beside, watch_table, with_personal_data

    write = None
    if settings.spool is not None:
        from odl_host.pipeline.examining.normalise import write_normalised

        place = settings.spool / _hash(str(path).encode("utf-8", "surrogateescape"))

        def write(batches: Iterable[list[list[str]]]) -> NormalisedFile:
            return write_normalised(judged, place.with_suffix(".csv"), schema=schema, batches=batches)

    normalised, watch = watch_table(judged, schema, write, max_findings=settings.max_findings)
    watch_beside(watch, path, table, settings.limits)
    original = None
    if settings.spool is not None and table.sheet is not None:
        from odl_host.pipeline.privacy.workbook import write_without_author

        copy = place.with_suffix(".received")  # a workbook may be named .csv, and that is the other copy
        original = copy if write_without_author(path, copy) else None
    personal = watch.found()
    return Examination(
        path,
        sha256,
        "valid",
        with_personal_data(report, personal),
        normalised=normalised,
        original=original,
        owners=find_owners(schema, judged.header, judged.iter_batches()),
        personal=personal,
        # A name that tells the period spares another reading of the file.
        period=period_of_name(path.name) or period_of_rows(schema, judged.header, judged.iter_batches()),
    )


def _repair(
    table: Table, verdict: Report, settings: ExamineSettings
) -> tuple[Table, Report, tuple[Repair, ...], tuple[ReadNote, ...]]:
    """Repair what the verdict finds fault with, and judge again; returns table, verdict, repairs and questions."""
    from odl_host.pipeline.repairing.kinds import is_about_text

    columns = {column for code, column in verdict.counts if column and is_about_text(code)}
    if not columns and not any(code == "unknown-label" for code, _ in verdict.counts):
        return table, verdict, (), ()
    from odl_host.pipeline.engine.validate import validate_table
    from odl_host.pipeline.repairing.table import repair_table

    repaired = repair_table(table, verdict.schema, today=settings.today, columns=columns)
    if not repaired.changed:
        return table, verdict, (), repaired.proposals
    anew = validate_table(repaired, verdict.schema, max_findings=settings.max_findings, today=settings.today)
    if verdict.valid and not anew.valid:
        # A renamed column may bring rules that did not apply without it: a file that can be published stays so.
        return table, verdict, (), ()
    return repaired, repaired.restore_cells(anew), repaired.repairs, repaired.proposals


def _doubt(table: Table, guess: Schema | None) -> str:
    near = f"; the nearest is {guess.short_name}" if guess else ""
    return f"No schema fits {table.path.name} for certain{near}."
