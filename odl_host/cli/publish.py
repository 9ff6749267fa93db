"""Commands on deposits: `publish`, `status`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.labels import counts_of, remarks, word
from odl_host.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from odl_host.pipeline.runs.outcomes import Outcome, RunReport


@command(
    examples="""
    odl-host publish
    odl-host publish depot/
    odl-host publish depot/ --dry-run
    odl-host publish s3://depots-savoie/2025
    odl-host plan -o plan.json && odl-host publish --plan plan.json
    odl-host -t savoie --json publish /srv/sftp/depots
    """
)
@click.argument("deposit", required=False, default="", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Show the plan, write nothing.")
@click.option("--plan", "planned", type=click.Path(dir_okay=False, path_type=Path), help="Do what this plan says.")
@click.option("--prune", is_flag=True, help="Remove what left the deposit.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes that validate.  [default: one per processor]")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: each step as a JSON line on stderr.",
)
@click.option("--no-mail", is_flag=True, help="Write to nobody.")
@click.option("--executor", default="", metavar="ADDRESS", help="Validate on a Dask cluster: dask://HOST:8786.")
@pass_app
def publish(
    app: App,
    deposit: str,
    dry_run: bool,
    planned: Path | None,
    prune: bool,
    jobs: int | None,
    executor: str,
    log_format: str,
    no_mail: bool,
) -> int:
    """Publish what is valid in DEPOSIT, and say what to correct in the rest.

    DEPOSIT holds one folder per member, named by its INSEE code, its SIREN or its slug. It is a folder, or an address
    that starts with s3://, sftp:// or https://; by default the tenant's own, and its other sources. Files already
    published are left as they are. Exit code: 0 when every file is published, 6 when some are rejected, blocked or
    failed, 5 when another run is under way, 7 when a plan is no longer what would be done.
    """
    from odl_host.cli.plan import make, whole_deposit
    from odl_host.pipeline.context import RunContext
    from odl_host.pipeline.mail.sending import Postman, letters_of_plan, require_mail_settings
    from odl_host.pipeline.plans.planfile import read_plan
    from odl_host.pipeline.records.journal import last_waiting
    from odl_host.pipeline.run import publish_deposit
    from odl_host.pipeline.runs.outcomes import is_news, not_told
    from odl_host.pipeline.runs.watch import watched
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    writes = bool(app.settings.smtp_host) and not no_mail
    if dry_run:
        document, text, made = make(app, deposit, prune=prune, jobs=jobs, executor=executor)
        letters = letters_of_plan(tenant, made, today=app.now().date()) if writes else []
        text += "".join(f"\n✉ {', '.join(letter.to)}: {letter.subject}" for letter in letters)
        app.out.result({**document, "dry_run": True, "mails": [letter.as_json() for letter in letters]}, text)
        return ExitCode.OK
    kept = read_plan(planned, tenant=tenant.name) if planned else None
    settings = app.settings.but(jobs=jobs) if jobs else app.settings
    folder = kept.deposit if kept and not deposit else whole_deposit(tenant, deposit)
    last = last_waiting(tenant.data / "runs")
    echo = app.out.log if log_format == "json" else None
    postman = Postman()
    if writes:
        require_mail_settings(settings)
    with (
        watched(tenant, settings, note=app.out.warn) as watch,
        open_catalogue(tenant, settings) as catalogue,
        app.out.progress("publish") as progress,
    ):
        watch.report = report = publish_deposit(
            RunContext(tenant, catalogue, settings, app.now(), executor, after=(postman,) if writes else (), echo=echo),
            folder,
            command=f"odl-host publish {folder}".strip(),
            progress=progress.stage,
            prune=prune or (kept is not None and kept.prune),
            kept=kept,
        )
    for problem in report.problems:
        app.out.warn(remarks(app, problem))
    for problem in postman.problems:
        lead = app.out.words("A letter was not sent:", "Un courriel n’est pas parti :")
        app.out.warn(f"{lead} {remarks(app, problem)}")
    if postman.sent:
        app.out.detail("".join(f"✉ {', '.join(letter.to)}: {letter.subject}\n" for letter in postman.sent).rstrip())
    # Cron mails what is printed: with --quiet that is only what a person has not been told before.
    said = ""
    if app.out.verbosity >= 0:
        said = summary(app, report, report.outcomes)
    elif app.out.verbosity == -1 and is_news(report, last):
        said = summary(app, report, not_told(report, last))
    app.out.result(report.as_json(), said)
    return ExitCode.OK if report.complete else ExitCode.INCOMPLETE


def summary(app: App, report: RunReport, outcomes: Iterable[Outcome]) -> str:
    """Return what a run did, for people: each of `outcomes` that someone must look at, and why; all its counts."""
    from odl_host.cli.plan import printable
    from odl_host.pipeline.runs.outcomes import first_findings

    lines = [f"  {dataset.plan.name}: {dataset.error}" for dataset in report.datasets if dataset.error]
    for outcome in outcomes:
        told = outcome.detail and outcome.outcome in {"published", "updated"}  # its rows are not loaded yet
        if not outcome.waits and not told:
            continue
        lines.append(f"  {word(app, outcome.outcome):<9} {printable(outcome.step.source.relative)}")
        reasons = first_findings(outcome.step) if outcome.outcome == "rejected" else [outcome.detail]
        lines += [f"            {' '.join(line.splitlines())}" for line in filter(None, reasons)]
        if outcome.report:
            lines.append(f"            → {outcome.report}")
    lines += set_aside(app, sum(bool(outcome.step.decided) for outcome in report.outcomes))
    lines.append(f"{counts_of(app, report.counts)}  ({report.duration_s:.1f} s)")
    return "\n".join(lines)


def set_aside(app: App, count: int) -> list[str]:
    """Return the line that says how many files a person decided to leave out, none when there are none."""
    files = app.out.words(_counted(count, "file is", "files are"), f"{count} fichier{'s' if count > 1 else ''}")
    said = app.out.words(
        f"  {files} left aside by a decision: odl-host quarantine list --all",
        f"  {files} mis de côté par une décision : odl-host quarantine list --all",
    )
    return [said] if count else []


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
    from odl_host.cli.usage import usage
    from odl_host.pipeline.plans.quotas import datasets_of
    from odl_host.pipeline.records.journal import last_waiting, list_runs, read_run
    from odl_host.pipeline.records.lock import is_held
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    with open_catalogue(tenant, app.settings) as catalogue:
        members = held_members(upsert.list_organizations(catalogue))
        datasets = list(datasets_of(tenant, members, upsert.iter_datasets(catalogue)))
    runs = tenant.data / "runs"
    names = list_runs(runs)
    last = read_run(runs, names[0]) if names else None
    per_member = Counter(dataset.get("owner_org") for dataset in datasets)
    pending = sorted((one["item"] for one in last_waiting(runs) or ()), key=lambda item: item["path"])
    value = {
        "tenant": tenant.name,
        "title": tenant.title,
        "url": tenant.url,
        "members": len(members),
        "communes": sum(member.kind == "commune" for member in members),
        "members_publishing": sum(per_member[member.id] > 0 for member in members),
        "datasets": len(datasets),
        "resources": sum(len(dataset.get("resources", ())) for dataset in datasets),
        "usage": usage(tenant.manifest.quotas, members, datasets),
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


def _counted(count: int, one: str, many: str) -> str:
    """Write a number with its noun, as English counts: none are many."""
    return f"{count} {one if count == 1 else many}"


def _status_text(app: App, value: dict[str, Any]) -> str:
    from odl_host.cli.usage import usage_lines
    from odl_host.pipeline.reporting.wording import counted
    from odl_host.pipeline.runs.outcomes import said_of_finding

    words = app.out.words
    communes, publishing = value["communes"], value["members_publishing"]
    others = value["members"] - communes
    lines = [
        f"{value['title']}  {value['url']}",
        words(
            f"{_counted(communes, 'commune', 'communes')}, {_counted(others, 'other member', 'other members')}; "
            f"{publishing} {'publishes' if publishing == 1 else 'publish'}",
            f"{counted(communes, 'commune', 'communes')}, {counted(others, 'autre membre', 'autres membres')} ; "
            f"{counted(publishing, 'publie', 'publient')}",
        ),
        words(
            f"{_counted(value['datasets'], 'dataset', 'datasets')}, {_counted(value['resources'], 'file', 'files')}",
            f"{counted(value['datasets'], 'jeu de données', 'jeux de données')}, "
            f"{counted(value['resources'], 'fichier', 'fichiers')}",
        ),
    ]
    lines += usage_lines(app, value["usage"])
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
        counts = counts_of(app, last["counts"])
        lines.append(words(f"Last run {last['run']}: {counts}", f"Dernier passage {last['run']} : {counts}"))
    for item in value["pending"]:
        if item.get("decided"):
            continue
        lines.append(f"  {word(app, item['outcome']):<9} {item['path']}")
        if item["reason"]:
            lines.append(f"            {item['reason']}")
        elif item["findings"]:
            lines.append(f"            {said_of_finding(item['findings'][0])}")
        if item["report"]:
            lines.append(f"            → {item['report']}")
    lines += set_aside(app, sum(bool(item.get("decided")) for item in value["pending"]))
    return "\n".join(lines)
