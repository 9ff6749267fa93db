"""`commune find` and `commune show`: what the reference knows, as values for `--json` and as plain text.

Nothing is printed here, and nothing looked up that `odl_host.territory.reference` does not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from odl_host.cli.app import App, Group, pass_app

if TYPE_CHECKING:
    from odl_host.territory.places import Match

_KINDS = {
    "code": "",
    "name": "",
    "former_code": "former code",
    "former_name": "former name",
    "postcode": "post code",
    "siren": "SIREN",
}


def commune_find(text: str, limit: int = 20) -> dict[str, Any]:
    """Return the communes that answer to a text, the nearest first.

    `{"query", "vintage", "total", "communes": [...]}`; `total` counts those beyond `limit` too. Each commune is as in
    `commune_show`.

    :raises UnknownPlace: when there is none; the hint names the nearest
    """
    from odl_host.errors import UnknownPlace
    from odl_host.territory import reference

    matches = reference.find_communes(text)
    if not matches:
        # What a machine would be told helps the human too: lost zero, wrong key, nearest names.
        reference.resolve_commune(text)
        raise UnknownPlace(f"No commune answers to « {text} ».")
    return {
        "query": text,
        "vintage": reference.vintage(),
        "total": len(matches),
        "communes": [_card(match) for match in matches[:limit]],
    }


def commune_show(code: str) -> dict[str, Any]:
    """Return what is known of one commune, given by code, former code, SIREN or exact name.

    `matched_by` is "code", "former_code", "siren", "name" or "former_name", `via` what was recognised.

    :raises AmbiguousPlace: when several communes have this name
    :raises UnknownPlace: when none has it
    """
    from odl_host.territory import reference

    return {**_card(reference.resolve_commune(code)), "vintage": reference.vintage()}


def render_commune_find(found: Mapping[str, Any]) -> str:
    """Return the communes found as an aligned table, a line each."""
    head = ("CODE", "NAME", "DÉPARTEMENT", "POPULATION", "EPCI", "FOUND BY")
    rows = [
        (
            commune["code"],
            commune["name"],
            f"{commune['departement_name']} ({commune['departement_code']})",
            _number(commune["population"]),
            commune["epci_name"] or "-",
            " ".join(filter(None, (_KINDS[commune["matched_by"]], _via(commune)))),
        )
        for commune in found["communes"]
    ]
    lines = list(_aligned([head, *rows], right=frozenset({3})))
    rest = found["total"] - len(found["communes"])
    if rest:
        lines += ["", f"{rest} more: narrow the search, or raise --limit."]
    return "\n".join(lines)


def render_commune_show(commune: Mapping[str, Any]) -> str:
    """Return the card of a commune, a line for each thing known."""
    lines = [f"{commune['name']} ({commune['code']})"]
    if commune["matched_by"] in ("former_code", "former_name"):
        lines.append(f"{_via(commune) or commune['via']} belongs to {commune['name']} in {commune['vintage']}.")
    epci = f"{commune['epci_name']} ({commune['epci_siren']})" if commune["epci_siren"] else "none"
    rows = [
        ("département", f"{commune['departement_name']} ({commune['departement_code']})"),
        ("région", f"{commune['region_name']} ({commune['region_code']})"),
        ("EPCI", epci),
        ("SIREN", commune["siren"] or "unknown"),
        ("population", _number(commune["population"])),
        ("post codes", ", ".join(commune["postcodes"]) or "none"),
        ("former", ", ".join(_former(former) for former in commune["former"]) or "none"),
        ("vintage", commune["vintage"]),
    ]
    return "\n".join([*lines, "", *_aligned(rows)])


def _card(match: Match) -> dict[str, Any]:
    from odl_host.territory import reference

    commune = match.commune
    epci = reference.get_epci(commune.epci_siren) if commune.epci_siren else None
    return {
        "code": commune.code,
        "name": commune.name,
        "siren": commune.siren,
        "departement_code": commune.departement_code,
        "departement_name": reference.get_departement(commune.departement_code).name,
        "region_code": commune.region_code,
        "region_name": reference.get_region(commune.region_code).name,
        "epci_siren": commune.epci_siren,
        "epci_name": epci.name if epci else None,
        "population": commune.population,
        "postcodes": list(commune.postcodes),
        "former": [{"code": f.code, "name": f.name or None, "kind": f.kind} for f in commune.former],
        "matched_by": match.kind,
        "via": match.via,
    }


def _via(commune: Mapping[str, Any]) -> str:
    """What was recognised, where it is not the code or name that stands in the same line."""
    if commune["matched_by"] in ("code", "name", "siren"):
        return ""
    if commune["matched_by"] == "former_code":
        former = next(former for former in commune["former"] if former["code"] == commune["via"])
        return _former(former)
    return str(commune["via"])


def _former(former: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (former["code"], former["name"])))


def _number(value: int | None) -> str:
    """Thousands apart, as in French: 59 964."""
    return "-" if value is None else f"{value:,}".replace(",", " ")


def _aligned(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


@click.group(cls=Group)
def commune() -> None:
    """Find communes by name, code or post code."""


@commune.command(
    "find",
    examples="""
    odl-host commune find chamb
    odl-host commune find "St Alban" --limit 5
    odl-host commune find 73000
    """,
)
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="Most communes to show.")
@pass_app
def find(app: App, text: tuple[str, ...], limit: int) -> None:
    """List the communes that answer to a name, a part of one, a code or a post code."""
    found = commune_find(" ".join(text), limit)
    app.out.result(found, render_commune_find(found))


@commune.command("show", examples="odl-host commune show 73065")
@click.argument("code")
@pass_app
def show(app: App, code: str) -> None:
    """Show what is known of one commune."""
    found = commune_show(code)
    app.out.result(found, render_commune_show(found))
