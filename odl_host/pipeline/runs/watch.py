"""What watches over nights that nobody looks at: figures for Prometheus, an address that is told of each run.

Neither can fail a run or hold it up for long: what they cannot do is left undone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from odl_host.config import Home, Settings
from odl_host.errors import OdlError
from odl_host.pipeline.records.journal import forget_runs
from odl_host.pipeline.records.lock import is_held
from odl_host.pipeline.runs.outcomes import RunReport
from odl_host.storage.atomic import write_atomically
from odl_host.tenants import Tenant

PING_TIMEOUT_S = 5
RECORD = "metrics.json"


@dataclass(slots=True)
class Figures:
    """What is remembered of a tenant's runs; times in seconds since 1970. Without the record, the counts start anew."""

    runs: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    last_files: dict[str, int] = field(default_factory=dict)
    last_end: float = 0
    last_success: float = 0
    last_duration_s: float = 0


class Watch:
    """One run, watched: `report` is set by whoever runs it, and stays None when the run did not reach its end."""

    report: RunReport | None = None


@contextmanager
def watched(tenant: Tenant, settings: Settings, *, note: Callable[[str], None]) -> Iterator[Watch]:
    """Tell the ping address that a run begins, and how it ended; write the figures; forget old journals.

    `note` is told, in English, what could not be done.
    """
    watch = Watch()
    if is_held(tenant.data / "lock"):  # the run under way tells how it ended; this one will say that it is busy
        yield watch
        return
    started = time.time()
    _ping(settings, tenant, "/start", note)
    try:
        yield watch
    finally:
        ended = _ending(watch.report)
        _ping(settings, tenant, "/fail" if ended in {"failed", "error"} else "", note)
        try:
            if settings.keep_runs:
                forget_runs(tenant.data / "runs", keep=settings.keep_runs)
            _count(tenant.data / RECORD, watch.report, ended, started)
            if settings.metrics_file:
                write_metrics(tenant.home, tenant.home.path / settings.metrics_file)
        except (OSError, OdlError) as error:
            note(f"The figures of this run were not written: {error}")


def _ending(report: RunReport | None) -> str:
    """Return how a run ended: "complete", "incomplete" (files wait for a person), "failed" (for a machine), "error"."""
    if report is None:
        return "error"
    if report.complete:
        return "complete"
    return "failed" if report.counts["failed"] or any(one.error for one in report.datasets) else "incomplete"


def _ping(settings: Settings, tenant: Tenant, what: str, note: Callable[[str], None]) -> None:
    if not settings.ping_url:
        return
    import requests

    url = settings.ping_url.replace("{tenant}", tenant.name).rstrip("/") + what
    try:
        requests.get(url, timeout=PING_TIMEOUT_S).close()
    except requests.RequestException as error:  # the address is a secret of a kind: only its failure is told
        note(f"The ping address was not reached ({type(error).__name__}).")


def _count(record: Path, report: RunReport | None, ended: str, started: float) -> None:
    figures = _load(record)
    figures.runs[ended] = figures.runs.get(ended, 0) + 1
    figures.last_end = time.time()
    figures.last_duration_s = report.duration_s if report else figures.last_end - started
    if report is not None:
        figures.last_files = dict(report.counts)
        for outcome, number in report.counts.items():
            figures.files[outcome] = figures.files.get(outcome, 0) + number
        if ended in {"complete", "incomplete"}:
            figures.last_success = figures.last_end
    write_atomically(record, json.dumps(asdict(figures)).encode())


def _load(record: Path) -> Figures:
    with suppress(OSError, ValueError, TypeError):
        return Figures(**json.loads(record.read_bytes()))
    return Figures()


def write_metrics(home: Home, path: Path) -> None:
    """Write the figures of every tenant of a home as Prometheus's textfile collector reads them.

    :raises StorageError: the file cannot be written.
    """
    by_tenant = {record.parent.name: _load(record) for record in sorted(home.data.glob(f"*/{RECORD}"))}
    write_atomically(path, render_metrics(by_tenant).encode())


def render_metrics(by_tenant: Mapping[str, Figures]) -> str:
    """Return figures in Prometheus's text format. Source: prometheus.io/docs/instrumenting/exposition_formats."""
    families: list[tuple[str, str, str, Callable[[Figures], Mapping[str, Any]], str]] = [
        ("odl_host_runs_total", "counter", "Runs, by how they ended.", lambda one: one.runs, "result"),
        ("odl_host_files_total", "counter", "Files of all runs, by outcome.", lambda one: one.files, "outcome"),
        ("odl_host_last_run_files", "gauge", "Files of the last run.", lambda one: one.last_files, "outcome"),
        (
            "odl_host_last_run_duration_seconds",
            "gauge",
            "Duration of the last run.",
            lambda one: {"": round(one.last_duration_s, 3)},
            "",
        ),
        (
            "odl_host_last_run_timestamp_seconds",
            "gauge",
            "When the last run ended.",
            lambda one: {"": round(one.last_end)},
            "",
        ),
        (
            "odl_host_last_success_timestamp_seconds",
            "gauge",
            "When a run last ended without a failure of the machine.",
            lambda one: {"": round(one.last_success)},
            "",
        ),
    ]
    lines: list[str] = []
    for name, kind, text, values, label in families:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        for tenant, figures in by_tenant.items():
            for value, number in values(figures).items():
                more = f',{label}="{value}"' if label else ""
                lines.append(f'{name}{{tenant="{tenant}"{more}}} {number}')
    return "\n".join(lines) + "\n"
