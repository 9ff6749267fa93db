"""Commands on what was held back or must go: `quarantine list|show|release|dismiss|withdraw`, `takedown`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, Group, command, pass_app
from odl_host.cli.labels import held_for, titles, word
from odl_host.cli.output import table
from odl_host.errors import ExitCode, UsageError
from odl_host.pipeline.records.decisions import GROUNDS

if TYPE_CHECKING:
    from odl_host.pipeline.deciding.quarantine import HeldFile
    from odl_host.pipeline.records.decisions import Decisions, Verb


@click.group(cls=Group)
def quarantine() -> None:
    """See what is held back, and decide on it."""


def _held(app: App, *, everything: bool = False) -> tuple[list[HeldFile], Decisions]:
    from odl_host.pipeline.deciding.quarantine import list_held
    from odl_host.pipeline.records.decisions import Decisions

    tenant = app.tenant()
    decisions = Decisions.load(tenant.decisions)
    return list_held(tenant.data / "runs", decisions, everything=everything), decisions


@quarantine.command(
    "list",
    examples="""
    odl-host quarantine list
    odl-host quarantine list --all
    odl-host --json quarantine list
    """,
)
@click.option("--all", "everything", is_flag=True, help="Those that were dismissed too.")
@pass_app
def list_command(app: App, everything: bool) -> ExitCode:
    """List the files that are held back, and why."""
    held, _ = _held(app)
    shown = [one for one in held if everything or not one.decision or one.decision.verb != "dismiss"]
    rows = [
        [
            word(app, one.item["outcome"]),
            one.path,
            ", ".join(held_for(app, code) for code in one.holds) or word(app, "to correct"),
            word(app, one.decision.verb) if one.decision else "",
        ]
        for one in shown
    ]
    nothing = app.out.words("Nothing is held back.", "Rien n’est retenu.")
    text = table(rows, header=titles(app, ["outcome", "file", "held for", "decision"])) if rows else nothing
    app.out.result([one.as_json() for one in shown], text)
    return ExitCode.OK


@quarantine.command(
    "show",
    examples="""
    odl-host quarantine show 73065/subventions-2025.csv
    """,
)
@click.argument("path")
@pass_app
def show(app: App, path: str) -> ExitCode:
    """Show why a file is held back, where its report is, and what was decided."""
    from odl_host.pipeline.deciding.quarantine import find_held
    from odl_host.pipeline.runs.outcomes import said_of_finding

    held, _ = _held(app)
    one = find_held(held, path)
    lines = [f"{one.path}  ({word(app, one.item['outcome'])}, {one.run})"]
    lines += [f"  {line}" for line in (one.item.get("reason"), one.item.get("report")) if line]
    lines += [f"  - {said_of_finding(finding)}" for finding in one.item.get("findings", ())[:10]]
    lines += [f"  {app.out.words('held for:', 'retenu pour :')} {held_for(app, code)}" for code in one.holds]
    if one.decision:
        said = one.decision
        how = f"{said.reason} ({said.by}, {said.at}{', ' + said.ground if said.ground else ''})"
        lines.append(app.out.words(f"  {said.verb}: {how}", f"  {word(app, said.verb)} : {how}"))
    app.out.result(one.as_json(), "\n".join(lines))
    return ExitCode.OK


_reason = click.option("--reason", required=True, help="Why; kept with who and when.")
_by = click.option("--by", default="", help="Who decides.  [default: the user of this machine]")


@quarantine.command(
    "release",
    examples="""
    odl-host quarantine release 73065/annuaire.csv --reason "annuaire des élus" --ground d312-1-3
    odl-host quarantine release 73065/equipements.csv --reason "numéros de service" --ground false-alarm --lasting
    """,
)
@click.argument("path")
@_reason
@click.option(
    "--ground", type=click.Choice(tuple(GROUNDS)), help="Why personal data may be published; needed when there are any."
)
@click.option("--lasting", is_flag=True, help="For later versions of the file too, as long as nothing new is found.")
@_by
@pass_app
def release(app: App, path: str, reason: str, ground: str | None, lasting: bool, by: str) -> ExitCode:
    """Let a file be published by the next run, as it is.

    Without --lasting the release is for this very content: a changed file is looked at again.
    """
    return _decide(app, "release", path, reason=reason, ground=ground or "", lasting=lasting, by=by)


@quarantine.command(
    "dismiss",
    examples="""
    odl-host quarantine dismiss 73065/brouillon.csv --reason "brouillon, à ne pas publier"
    """,
)
@click.argument("path")
@_reason
@_by
@pass_app
def dismiss(app: App, path: str, reason: str, by: str) -> ExitCode:
    """Leave a file where it is, and say no more of it until it changes."""
    return _decide(app, "dismiss", path, reason=reason, by=by)


@quarantine.command(
    "withdraw",
    examples="""
    odl-host quarantine withdraw 73065/annuaire.csv --reason "les élus ont demandé le retrait"
    """,
)
@click.argument("path")
@_reason
@_by
@pass_app
def withdraw(app: App, path: str, reason: str, by: str) -> ExitCode:
    """Take back the decision on a file: a release, a dismissal or a takedown.

    What a release let through stays online until `takedown`; the next run says that it is held back again.
    """
    return _decide(app, "withdraw", path, reason=reason, lasting=True, by=by)


def _decide(app: App, verb: Verb, path: str, **said: Any) -> ExitCode:
    from odl_host.pipeline.deciding.quarantine import decide, find_held

    held, decisions = _held(app, everything=verb == "withdraw")  # a release may have let the file through already
    one = find_held(held, path)
    if verb == "withdraw" and one.decision is None:
        raise UsageError(f"Nothing was decided on {one.path}.", hint="odl-host quarantine list --all")
    decision = decide(verb, one, decisions, **said)
    words = app.out.words
    told = {
        "release": words(
            f"{one.path} is released; publish it with: odl-host publish",
            f"{one.path} est libéré ; pour le publier : odl-host publish",
        ),
        "dismiss": words(
            f"{one.path} is dismissed until it changes.", f"{one.path} est classé tant qu’il ne change pas."
        ),
        "withdraw": words(f"The decision on {one.path} is taken back.", f"La décision sur {one.path} est annulée."),
    }
    if verb == "withdraw" and one.is_released_online:
        told[verb] += words(
            f" It is still online; to take it off: odl-host takedown {one.item['resource_id']}",
            f" Il est encore en ligne ; pour l’en retirer : odl-host takedown {one.item['resource_id']}",
        )
    app.out.result({"path": one.path, "verb": verb, "by": decision.by, "at": decision.at}, told[verb])
    return ExitCode.OK


@command(
    examples="""
    odl-host takedown chambery-subventions --reason "demande de Mme X du 3 mars" --dry-run
    odl-host takedown chambery-subventions --reason "demande de Mme X du 3 mars" --yes
    odl-host takedown 1f0c8a52-… --reason "fichier déposé par erreur" --yes
    """
)
@click.argument("reference", metavar="DATASET | RESOURCE")
@_reason
@_by
@click.option("--dry-run", is_flag=True, help="Show what would go, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def takedown(app: App, reference: str, reason: str, by: str, dry_run: bool, yes: bool) -> ExitCode:
    """Take a dataset or one of its files off the portal, at once and for good.

    Its source files are not published again, whatever their content, until `quarantine withdraw`.
    """
    from odl_host.config import operator_name
    from odl_host.pipeline.deciding.takedown import find_target, take_down
    from odl_host.pipeline.records.decisions import Decisions
    from odl_host.pipeline.records.lock import hold_lock, is_held
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    with open_catalogue(tenant, app.settings) as catalogue:
        target = find_target(catalogue, reference)
        names = ", ".join(str(one.get("name") or one["id"]) for one in target.resources)
        if dry_run:
            text = app.out.words(
                f"Would take down {target.dataset['name']}: {names}", f"Retirerait {target.dataset['name']} : {names}"
            )
            app.out.result({**target.as_json(), "dry_run": True}, text)
            return ExitCode.OK
        if not yes:
            question = app.out.words(f"Take down {names}?", f"Retirer {names} ?")
            app.confirm(target.dataset["name"], question)
        lock = tenant.data / "lock"
        is_alone = not is_held(lock)
        # A run may take hours and a takedown cannot wait: the run asks what was taken down before each dataset.
        with hold_lock(lock, command=f"odl-host takedown {reference}") if is_alone else nullcontext():
            decisions = Decisions.load(tenant.decisions)
            target = find_target(catalogue, reference)  # a run may have ended while the question was read
            take_down(catalogue, target, decisions, reason=reason, by=by or operator_name())
    if not is_alone:
        app.out.warn(
            app.out.words(
                "A run is under way: when it has ended, look that it did not publish this at the same moment.",
                "Un passage est en cours : quand il sera fini, vérifiez qu’il ne l’a pas publié au même moment.",
            )
        )
    names = ", ".join(str(one.get("name") or one["id"]) for one in target.resources)
    dataset, several = target.dataset["name"], len(target.resources) > 1
    text = app.out.words(
        f"Off the portal: {names} of {dataset}.",
        f"{names} ({dataset}) {'ne sont' if several else 'n’est'} plus sur le portail.",
    )
    app.out.result({**target.as_json(), "dry_run": False}, text)
    return ExitCode.OK
