"""The command `plan`: what `publish` would do, commune by commune."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, command, pass_app
from odl_host.cli.labels import remarks
from odl_host.errors import ExitCode

if TYPE_CHECKING:
    from odl_host.pipeline.plans.metadata import Change
    from odl_host.pipeline.plans.plan import DatasetPlan, Plan, Step
    from odl_host.tenants import Tenant

_WORDS = {
    "create": ("create", "créer"),
    "update": ("update", "remplacer"),
    "describe": ("describe", "décrire"),
    "unchanged": ("unchanged", "inchangé"),
    "remove": ("remove", "retirer"),
    "reject": ("reject", "rejeter"),
    "block": ("block", "bloquer"),
    "fail": ("fail", "échec"),
    "keep": ("keep", "garder"),
}
_LONGEST = 60


@command(
    examples="""
    odl-host plan
    odl-host plan depot/ --prune
    odl-host plan s3://depots-savoie/2025
    odl-host plan -o plan.json && odl-host publish --plan plan.json
    """
)
@click.argument("deposit", required=False, default="", type=click.Path())
@click.option("--prune", is_flag=True, help="Propose to remove what left the deposit.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Keep the plan in a file.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes that validate.  [default: one per processor]")
@click.option("--executor", default="", metavar="ADDRESS", help="Validate on a Dask cluster: dask://HOST:8786.")
@pass_app
def plan(app: App, deposit: str, prune: bool, output: Path | None, jobs: int | None, executor: str) -> int:
    """Show what `publish` would do: created, updated, removed, kept out, why.

    Nothing is published. With -o the plan is kept in a file: `publish --plan FILE` does what it says, or nothing when
    the deposit or the catalogue changed meanwhile.
    """
    from odl_host.pipeline.plans.planfile import write_plan

    document, text, _ = make(app, deposit, prune=prune, jobs=jobs, executor=executor)
    if output:
        write_plan(document, output)
        text += app.out.words(
            f"\nKept in {output}. To do it: odl-host publish --plan {output}",
            f"\nGardé dans {output}. Pour l’appliquer : odl-host publish --plan {output}",
        )
    app.out.result(document, "" if output and app.out.verbosity < 0 else text)
    return ExitCode.OK


def make(app: App, deposit: str, *, prune: bool, jobs: int | None, executor: str) -> tuple[dict[str, Any], str, Plan]:
    """Make the plan of a deposit; return its document, its text for people, and the plan itself."""
    from odl_host.pipeline.context import RunContext
    from odl_host.pipeline.planning import plan_deposit
    from odl_host.pipeline.plans.planfile import plan_document
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    settings = app.settings.but(jobs=jobs) if jobs else app.settings
    folder = whole_deposit(tenant, deposit)
    with open_catalogue(tenant, settings) as catalogue, app.out.progress("plan") as progress:
        context = RunContext(tenant, catalogue, settings, app.now(), executor)
        made = plan_deposit(context, folder, prune=prune, progress=progress.stage)
    return plan_document(made, tenant=tenant.name, deposit=folder, prune=prune), plan_text(app, made), made


def whole_deposit(tenant: Tenant, given: str) -> str:
    """Return the deposit as a full path or an address; "" when it is all the tenant's sources."""
    from odl_host.pipeline.sources.gather import is_elsewhere
    from odl_host.storage.address import is_remote

    if given:
        return given if is_remote(given) else str(Path(given).resolve())
    return "" if is_elsewhere(tenant) else str(tenant.deposit)


def plan_text(app: App, plan: Plan) -> str:
    """Return a plan for people: per member what changes and what stays out, and why; then the counts."""
    steps = plan.steps()
    if not steps and not plan.datasets:
        return app.out.words("The deposit holds no file.", "Le dépôt ne contient aucun fichier.")
    blocks: dict[str, list[str]] = {}
    for dataset in plan.datasets:
        if dataset.action != "keep":
            blocks.setdefault(_member_title(dataset.steps, dataset), []).extend(_dataset_lines(app, dataset))
    for step in steps:
        if step.action != "unchanged" or step.reason:
            title = step.source.member.title if step.source.member else ""
            blocks.setdefault(title, []).extend(_step_lines(app, step))
    lines = []
    for title in sorted(blocks):
        lines.append(title or app.out.words("Nobody’s", "Sans collectivité"))
        lines += [f"  {line}" for line in blocks[title]]
    counts = Counter(step.action for step in steps)
    to_do = app.out.words("", "à ")
    total = ", ".join(
        f"{number} {'' if action in {'unchanged', 'fail'} else to_do}{_word(app, action)}"
        for action in _WORDS
        if (number := counts[action])
    )
    return "\n".join([*lines, total or app.out.words("Only metadata change.", "Seules des descriptions changent.")])


def _member_title(steps: Iterable[Step], dataset: DatasetPlan) -> str:
    for step in steps:
        if step.source.member:
            return step.source.member.title
    organization = (dataset.held or {}).get("organization") or {}
    return str(organization.get("title") or "")


def _dataset_lines(app: App, dataset: DatasetPlan) -> list[str]:
    action = app.out.words("update", "modifier") if dataset.action == "update" else _word(app, dataset.action)
    lines = [f"{action:<10}{dataset.name}  « {dataset.title} »"]
    return lines + _change_lines(dataset.changes)


def _step_lines(app: App, step: Step) -> list[str]:
    from odl_host.pipeline.runs.outcomes import first_findings

    words = app.out.words
    rows: Callable[[int | None], str] = lambda count: "?" if count is None else str(count)  # noqa: E731
    line = f"{_word(app, step.action):<10}{printable(step.source.relative)}"
    if step.dataset_name:
        line += f" → {step.dataset_name}"
    if step.action == "update":
        line += words(
            f"  ({rows(step.rows_before)} → {rows(step.rows)} rows)",
            f"  ({rows(step.rows_before)} → {rows(step.rows)} lignes)",
        )
    elif step.action == "create" and step.rows is not None:
        plural = "s" if step.rows > 1 else ""
        line += words(f"  ({step.rows} row{plural})", f"  ({step.rows} ligne{plural})")
    lines = [line]
    if step.renamed_from:
        old = printable(step.renamed_from)
        lines.append(words(f"  the same file as {old}: its address stays", f"  c’était {old} : son adresse reste"))
    if step.action == "describe":
        lines += _change_lines(step.changes)
    if step.reason:
        lines.append(f"  {' '.join(remarks(app, step.reason).splitlines())}")
    elif step.action == "reject":
        lines += [f"  {line}" for line in first_findings(step)]
    return lines


def _change_lines(changes: Iterable[Change]) -> list[str]:
    return [f"  {change.key}: {_short(change.before)} → {_short(change.after)}" for change in changes]


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "—" if value in (None, "") else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _word(app: App, action: str) -> str:
    return app.out.words(*_WORDS[action])


def printable(name: str) -> str:
    r"""Return a file's name on one line, whatever characters it holds.

    >>> printable("a\nb.csv")
    'a\\nb.csv'
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name)
