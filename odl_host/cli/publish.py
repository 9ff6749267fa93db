"""Commands on deposits: `publish`, `status`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.output import table
from odl_host.errors import ExitCode

if TYPE_CHECKING:
    from odl_host.pipeline.context import RunContext
    from odl_host.pipeline.outcomes import RunReport
    from odl_host.pipeline.plan import Plan

_FRENCH_OUTCOMES = {
    "published": "publiés",
    "unchanged": "inchangés",
    "rejected": "rejetés",
    "failed": "en échec",
    "blocked": "bloqués",
}


@command(
    examples="""
    odl-host publish
    odl-host publish depot/
    odl-host publish depot/ --dry-run
    odl-host -t savoie --json publish /srv/sftp/depots
    """
)
@click.argument("deposit", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the plan, write nothing.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes that validate.  [default: one per processor]")
@pass_app
def publish(app: App, deposit: Path | None, dry_run: bool, jobs: int | None) -> int:
    """Publish what is valid in DEPOSIT, and say what to correct in the rest.

    DEPOSIT holds one folder per member, named by its INSEE code, its SIREN or its slug; by default it is the tenant's
    own. Files already published are left as they are. Exit code: 0 when every file is published, 6 when some are
    rejected, blocked or failed, 5 when another run is under way.
    """
    import dataclasses

    from odl_host.pipeline.context import RunContext
    from odl_host.pipeline.run import plan_deposit, publish_deposit
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    settings = dataclasses.replace(app.settings, jobs=jobs) if jobs else app.settings
    folder = (deposit or tenant.deposit).resolve()
    with open_catalogue(tenant, settings) as catalogue, app.out.progress("publish") as progress:
        context = RunContext(tenant, catalogue, settings, app.now())
        if dry_run:
            return _print_plan(app, context, plan_deposit(context, folder, progress=_show(progress)))
        report = publish_deposit(context, folder, command=f"odl-host publish {folder}", progress=_show(progress))
    app.out.result(report.as_json(), summary(app, report) if app.out.verbosity >= 0 else "")
    return ExitCode.OK if report.complete else ExitCode.INCOMPLETE


def _show(progress: Any) -> Any:
    return lambda stage, done, total: progress.update(done, total, stage)


def _print_plan(app: App, context: RunContext, plan: Plan) -> int:
    steps = plan.steps()
    value = {
        "tenant": context.tenant.name,
        "dry_run": True,
        "counts": dict(Counter(step.action for step in steps)),
        "items": [
            {
                "path": step.source.relative,
                "commune_code": step.source.member.commune_code if step.source.member else None,
                "schema": step.schema or None,
                "action": step.action,
                "dataset": step.dataset_name or None,
                "resource_id": step.resource_id or None,
                "url": step.url or None,
                "rows": step.examination.report.rows if step.examination and step.examination.report else None,
                "reason": step.reason or None,
            }
            for step in steps
        ],
    }
    rows = [[step.action, step.source.relative, step.schema, step.dataset_name or step.reason] for step in steps]
    text = table(rows, header=["action", "file", "schema", "dataset or reason"]) if rows else ""
    nothing = app.out.words("The deposit holds no file.", "Le dépôt ne contient aucun fichier.")
    app.out.result(value, text or nothing)
    return ExitCode.OK


def summary(app: App, report: RunReport) -> str:
    """Return what a run did, for people: the counts, then each file that someone must look at, with the reason."""
    counts = report.counts
    french = app.out.language == "fr"
    lines = []
    for outcome in report.outcomes:
        if outcome.outcome in {"published", "unchanged"}:
            continue
        label = _FRENCH_OUTCOMES[outcome.outcome].rstrip("s") if french else outcome.outcome
        lines.append(f"  {label:<9} {outcome.step.source.relative}")
        lines += [f"            {line}" for line in _reasons(outcome)]
        if outcome.report:
            lines.append(f"            → {outcome.report}")
    total = ", ".join(f"{number} {_FRENCH_OUTCOMES[kind] if french else kind}" for kind, number in counts.items())
    lines.append(f"{total}  ({report.duration_s:.1f} s)")
    return "\n".join(lines)


def _reasons(outcome: Any, most: int = 2) -> list[str]:
    """Return the first things to correct in a rejected file, or why it is blocked."""
    from odl_host.schemas.messages import message, place

    examination = outcome.step.examination
    if outcome.outcome != "rejected" or examination is None or examination.report is None:
        return [outcome.detail] if outcome.detail else []
    errors = [finding for finding in examination.report.findings if finding.severity == "error"]
    lines = [": ".join(filter(None, (place(finding), message(finding)))) for finding in errors[:most]]
    rest = examination.report.errors_total - len(lines)
    return [*lines, f"… {rest} de plus dans le rapport"] if rest > 0 else lines


@command(
    examples="""
    odl-host status
    odl-host --json status -t savoie
    """
)
@pass_app
def status(app: App) -> None:
    """Show members, datasets, the last run, and what is rejected and why."""
    from odl_host.catalogue import upsert
    from odl_host.catalogue.members import held_members
    from odl_host.pipeline.journal import list_runs, read_run
    from odl_host.pipeline.lock import is_held
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    with open_catalogue(tenant, app.settings) as catalogue:
        members = held_members(upsert.list_organizations(catalogue))
        datasets = list(upsert.iter_datasets(catalogue))
    runs = tenant.data / "runs"
    names = list_runs(runs)
    last = read_run(runs, names[0]) if names else None
    per_member = Counter(dataset.get("owner_org") for dataset in datasets)
    pending = [
        item
        for item in (last.report["items"] if last and last.report else [])
        if item["outcome"] in {"rejected", "blocked", "failed"}
    ]
    value = {
        "tenant": tenant.name,
        "title": tenant.title,
        "url": tenant.url,
        "members": len(members),
        "communes": sum(member.kind == "commune" for member in members),
        "members_publishing": sum(per_member[member.id] > 0 for member in members),
        "datasets": len(datasets),
        "resources": sum(len(dataset.get("resources", ())) for dataset in datasets),
        "last_run": {
            "run": last.run,
            "started": last.started,
            "finished": last.report is not None,
            "under_way": last.report is None and is_held(tenant.data / "lock"),
            "counts": last.report["counts"] if last.report else None,
        }
        if last
        else None,
        "pending": pending,
    }
    app.out.result(value, _status_text(app, value))


def _status_text(app: App, value: dict[str, Any]) -> str:
    words = app.out.words
    lines = [
        f"{value['title']}  {value['url']}",
        words(
            f"{value['communes']} communes, {value['members'] - value['communes']} other members; "
            f"{value['members_publishing']} publish",
            f"{value['communes']} communes, {value['members'] - value['communes']} autres membres ; "
            f"{value['members_publishing']} publient",
        ),
        words(
            f"{value['datasets']} datasets, {value['resources']} files",
            f"{value['datasets']} jeux de données, {value['resources']} fichiers",
        ),
    ]
    last = value["last_run"]
    if last is None:
        lines.append(words("No run yet: odl-host publish", "Aucun passage : odl-host publish"))
    elif last["under_way"]:
        lines.append(words(f"A run is under way: {last['run']}", f"Un passage est en cours : {last['run']}"))
    elif not last["finished"]:
        lines.append(
            words(
                f"The last run ({last['run']}) did not reach its end: run odl-host publish again.",
                f"Le dernier passage ({last['run']}) n’est pas allé au bout : relancez odl-host publish.",
            )
        )
    else:
        counts = ", ".join(
            f"{number} {_FRENCH_OUTCOMES[kind] if app.out.language == 'fr' else kind}"
            for kind, number in last["counts"].items()
        )
        lines.append(words(f"Last run {last['run']}: {counts}", f"Dernier passage {last['run']} : {counts}"))
    for item in value["pending"]:
        lines.append(f"  {item['outcome']:<9} {item['path']}")
        if item["reason"]:
            lines.append(f"            {item['reason']}")
        elif item["findings"]:
            lines.append(f"            {item['findings'][0]['message']}")
        if item["report"]:
            lines.append(f"            → {item['report']}")
    return "\n".join(lines)
