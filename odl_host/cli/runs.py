"""Commands on past runs, read from their journals: `runs`, `runs show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, Group, pass_app
from odl_host.cli.labels import counts_of, titles, word
from odl_host.cli.output import table
from odl_host.errors import UsageError

if TYPE_CHECKING:
    from odl_host.pipeline.records.journal import PastRun

SHOWN = 20
_KEPT_OUT = ("rejected", "blocked", "failed")


@click.group(cls=Group, invoke_without_command=True)
@click.option("--last", type=click.IntRange(1), default=SHOWN, show_default=True, help="How many, newest first.")
@click.pass_context
def runs(ctx: click.Context, last: int) -> None:
    """List past runs, newest first, or show what one did."""
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(App), last)


def _list(app: App, last: int) -> None:
    from odl_host.pipeline.records.journal import list_runs, read_run

    folder = app.tenant().data / "runs"
    found = [read_run(folder, name) for name in list_runs(folder)[:last]]
    rows = [[run.run, _moment(run), *_counts(app, run)] for run in found]
    header = titles(app, ["run", "started", "published", "unchanged", "removed", "kept out", "failed"])
    nothing = app.out.words("No run yet: odl-host publish", "Aucun passage : odl-host publish")
    app.out.result({"runs": [_summary(run) for run in found]}, table(rows, header=header) if rows else nothing)


@runs.command(
    "show",
    examples="""
    odl-host runs show 20261125T023000Z-1a2b
    odl-host --json runs show last
    """,
)
@click.argument("run")
@pass_app
def show(app: App, run: str) -> None:
    """Show what a run did, file by file; RUN is its name, its beginning, or "last"."""
    from odl_host.pipeline.records.journal import list_runs, read_run
    from odl_host.pipeline.runs.outcomes import said_of_finding

    folder = app.tenant().data / "runs"
    names = list_runs(folder)
    matching = names[:1] if run == "last" else [name for name in names if name.startswith(run)]
    if len(matching) != 1:
        raise UsageError(
            f"There is no run “{run}”." if not matching else f"“{run}” begins the names of {len(matching)} runs.",
            hint="List them with: odl-host runs",
        )
    past = read_run(folder, matching[0])
    items = past.report["items"] if past.report else []
    value = {**_summary(past), "items": items, "datasets": past.report.get("datasets", []) if past.report else []}
    lines = [f"{past.run}  {_moment(past)}"]
    if past.report is None:
        lines.append(app.out.words("It did not reach its end.", "Il n’est pas allé au bout."))
    for item in items:
        if item["outcome"] == "unchanged" and app.out.verbosity <= 0:
            continue
        lines.append(f"  {word(app, item['outcome']):<9} {item['path']}")
        if item["outcome"] in _KEPT_OUT:
            said = (
                [item["reason"]] if item["reason"] else [said_of_finding(finding) for finding in item["findings"][:2]]
            )
            lines += [f"            {line}" for line in said]
    if past.report is not None:
        lines.append(counts_of(app, past.report["counts"]))
    app.out.result(value, "\n".join(lines))


def _moment(run: PastRun) -> str:
    return run.started[:19].replace("T", " ")


def _summary(run: PastRun) -> dict[str, Any]:
    return {
        "run": run.run,
        "started": run.started,
        "finished": run.report is not None,
        "counts": run.report["counts"] if run.report else None,
        "duration_s": run.report["duration_s"] if run.report else None,
    }


def _counts(app: App, run: PastRun) -> list[str]:
    if run.report is None:
        return [word(app, "unfinished"), "", "", "", ""]
    counts = run.report["counts"]
    sums = (
        counts["published"] + counts.get("updated", 0),
        counts["unchanged"],
        counts.get("removed", 0),
        counts["rejected"] + counts["blocked"],
        counts["failed"],
    )
    return [str(number) for number in sums]
