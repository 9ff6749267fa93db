"""`schema list` and `schema show`: what the registry knows, as values for `--json` and as plain text.

Nothing is printed here, and no schema is read that `odl_host.schemas.registry` does not give.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from odl_host.cli.app import App, Group, pass_app
from odl_host.errors import UsageError
from odl_host.schemas.registry import Field, Registry, Schema
from odl_host.typography import typeset

_WIDTH = 100
_LENGTH = {"en": "length", "fr": "longueur"}
_HEADINGS = {
    "en": ("SCHEMA", "VERSION", "COLUMNS", "*", "TITLE"),
    "fr": ("MODÈLE", "VERSION", "COLONNES", "*", "TITRE"),
}
_RULES = {
    "minLength": "{length} ≥ {}",
    "maxLength": "{length} ≤ {}",
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
    "pattern": "{}",
}
_MOST_VALUES_SHOWN = 12


def schema_list(registry: Registry) -> list[dict[str, Any]]:
    """Return the latest version of each schema, by name.

    Each: `{"name", "short_name", "version", "versions", "title", "kind", "origin", "columns", "required", "url"}`;
    `origin` is "builtin" or "cache".
    """
    return [
        {
            "name": schema.name,
            "short_name": schema.short_name,
            "version": schema.version,
            "versions": registry.list_versions(schema.name),
            "title": schema.title,
            "kind": schema.kind,
            "origin": schema.origin,
            "columns": len(schema.fields),
            "required": sum(field.required for field in schema.fields),
            "url": schema.url,
        }
        for schema in registry.list_schemas()
    ]


def schema_show(schema: Schema) -> dict[str, Any]:
    """Return one schema with all its columns, rules, words and notes."""
    return {
        "name": schema.name,
        "short_name": schema.short_name,
        "version": schema.version,
        "title": schema.title,
        "description": schema.description,
        "kind": schema.kind,
        "origin": schema.origin,
        "url": schema.url,
        "homepage": schema.homepage,
        "keywords": list(schema.keywords),
        "theme": schema.theme,
        "frequency": schema.frequency,
        "primary_key": list(schema.primary_key),
        "missing_values": list(schema.missing_values),
        "custom_checks": [{"name": check.name, "params": dict(check.params)} for check in schema.custom_checks],
        "notes": list(schema.notes),
        "fields": [_show_field(field) for field in schema.fields],
    }


def _show_field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type,
        "format": field.format,
        "required": field.required,
        "title": field.title,
        "description": field.description,
        "example": field.example,
        "constraints": dict(field.constraints),
        "properties": dict(field.properties),
        "aliases": list(field.aliases),
    }


def render_schema_list(rows: Sequence[Mapping[str, Any]], language: str = "en") -> str:
    """Return the schemas as an aligned table, a line each."""
    head = _HEADINGS[language]
    cells = [
        (row["name"], row["version"], str(row["columns"]), str(row["required"]), _short(row["title"], 44))
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = []
    for line in (head, *cells):
        left = [
            text.rjust(width) if place in (2, 3) else text.ljust(width) for place, (text, width) in _pairs(line, widths)
        ]
        lines.append("  ".join(left).rstrip())
    return "\n".join(lines)


def _pairs(line: Iterable[str], widths: Iterable[int]) -> Iterable[tuple[int, tuple[str, int]]]:
    return enumerate(zip(line, widths, strict=True))


def render_schema_show(shown: Mapping[str, Any], language: str = "en") -> str:
    """Return one schema for a terminal: its columns with type, a star where a value is required, and what to type."""
    lines = [f"{shown['title']} - {shown['name']}@{shown['version']}"]
    lines += textwrap.wrap(typeset(shown["description"]), _WIDTH)
    lines += [text for text in (shown["url"], shown["homepage"]) if text]
    fields = shown["fields"]
    names = max(len(field["name"]) for field in fields)
    kinds = max(len(_kind(field)) for field in fields)
    indent = " " * (min(names, 28) + kinds + 6)
    for field in fields:
        star = "*" if field["required"] else " "
        lead = f"{star} {field['name']:<{min(names, 28)}}  {_kind(field):<{kinds}}  "
        lines += ["", *_hang(lead, field["title"] or field["name"], indent)]
        said = typeset(field["description"])
        lines += textwrap.wrap(said, _WIDTH, initial_indent=indent, subsequent_indent=indent)
        rules = _rules(field, language)
        if rules:
            lines += textwrap.wrap(
                rules, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            )
        if field["example"]:
            lines.append(f"{indent}→ {_short(field['example'], 120)}")
    if shown["primary_key"]:
        lines += ["", f"primaryKey: {', '.join(shown['primary_key'])}"]
    if shown["missing_values"] != [""]:
        lines += ["", f"missingValues: {', '.join(map(repr, shown['missing_values']))}"]
    if shown["custom_checks"]:
        lines += ["", "customChecks:"]
        for check in shown["custom_checks"]:
            params = ", ".join(f"{key}={_value(value)}" for key, value in check["params"].items())
            lines.append(f"  {check['name']} ({params})")
    if shown["notes"]:
        lines += ["", "notes:", *(f"  {note}" for note in shown["notes"])]
    return "\n".join(lines)


def _kind(field: Mapping[str, Any]) -> str:
    """Return the type with its format: "string (uri)"."""
    return field["type"] if field["format"] == "default" else f"{field['type']} ({field['format']})"


def _rules(field: Mapping[str, Any], language: str) -> str:
    """Return the constraints and the accepted words in one line."""
    found = []
    for name, value in field["constraints"].items():
        if name == "enum":
            more = len(value) - _MOST_VALUES_SHOWN
            values = " | ".join(map(str, value[:_MOST_VALUES_SHOWN]))
            found.append(f"{values} | … (+{more})" if more > 0 else values)
        elif name == "unique" and value:
            found.append("unique")
        elif name in _RULES:
            found.append(_RULES[name].format(value, length=_LENGTH[language]))
    found += [
        f"{key}: {' | '.join(field['properties'][key])}"
        for key in ("trueValues", "falseValues")
        if key in field["properties"]
    ]
    return "; ".join(found)


def _hang(lead: str, text: str, indent: str) -> list[str]:
    """Wrap a text behind its lead; a lead that is too long stands on a line of its own."""
    if len(lead) > len(indent):
        return [lead.rstrip(), *textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)]
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=indent, drop_whitespace=True)


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def complete_name(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Return the names of schemas that begin so, short and full, for the shell."""
    from click.shell_completion import CompletionItem

    from odl_host.cli.app import App
    from odl_host.schemas.descriptor import shorten
    from odl_host.schemas.registry import load_registry

    app = ctx.find_root().ensure_object(App)
    names = load_registry(app.home.schema_cache).names
    shorts = [] if "/" in incomplete else sorted({shorten(name) for name in names})
    return [CompletionItem(name) for name in (*shorts, *names) if name.lower().startswith(incomplete.lower())]


@click.group(cls=Group)
def schema() -> None:
    """List, show and load the schemas that files are checked against."""


@schema.command("list", examples="odl-host schema list")
@pass_app
def list_command(app: App) -> None:
    """List the schemas, built in and loaded."""
    from odl_host.schemas.registry import load_registry

    registry = load_registry(app.home.schema_cache)
    schemas = schema_list(registry)
    for problem in registry.problems:
        app.out.note(problem)
    app.out.result(schemas, render_schema_list(schemas, app.out.language))


@schema.command(
    "show",
    examples="""
    odl-host schema show deliberations
    odl-host schema show scdl/deliberations@2.1.5 --json
    """,
)
@click.argument("name", shell_complete=complete_name)
@pass_app
def show_command(app: App, name: str) -> None:
    """Show a schema's columns and what to type in each."""
    from odl_host.schemas.registry import load_registry

    shown = schema_show(load_registry(app.home.schema_cache).get_schema(name))
    app.out.result(shown, render_schema_show(shown, app.out.language))


@schema.command(
    "sync",
    examples="""
    odl-host schema sync https://schema.data.gouv.fr/schemas.json
    odl-host schema sync /srv/schemas
    """,
)
@click.argument("source", metavar="DIR | FILE | URL")
@pass_app
def sync_command(app: App, source: str) -> None:
    """Load the official catalogue of schemas into this machine's cache."""
    from odl_host.pipeline.recognising.shapes import keep_index
    from odl_host.schemas.registry import load_registry
    from odl_host.schemas.sync import summarise, sync_catalogue

    with app.out.progress("schema sync") as progress:
        report = sync_catalogue(
            source,
            app.home.schema_cache,
            progress=lambda done, total, reference: progress.update(done, total, reference),
        )
    keep_index(load_registry(app.home.schema_cache))
    app.out.result(report.as_dict(), summarise(report, app.out.language))


@schema.command(
    "template",
    examples="""
    odl-host schema template deliberations -o modele.xlsx
    odl-host schema template subventions --commune 73065 -o subventions-chambery.xlsx
    """,
)
@click.argument("name", shell_complete=complete_name)
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="[default: NAME.xlsx]")
@click.option("--commune", metavar="CODE | NAME", help="Fill in the name and the SIRET of this commune.")
@click.option("--siret", metavar="SIRET", help="The SIRET to fill in.  [default: the commune's first, to be verified]")
@pass_app
def template_command(app: App, name: str, target: Path | None, commune: str | None, siret: str | None) -> None:
    """Write an empty workbook for a schema: explanations, drop-down lists, formats."""
    from odl_host.schemas.registry import load_registry
    from odl_host.schemas.template import TemplateMember, write_template
    from odl_host.territory import reference
    from odl_host.territory.codes import first_siret, is_siret

    wanted = load_registry(app.home.schema_cache).get_schema(name)
    if wanted.kind != "table":  # a workbook that was filled in would not be recognised, and could not be published
        hint = f"Make it with a mapping program; its properties: odl-host schema show {wanted.short_name}"
        raise UsageError(f"Files of {wanted.reference} are GeoJSON, not tables.", hint=hint)
    target = target or Path(f"{wanted.short_name}.xlsx")
    if target.is_file():  # it may be filled in by now
        raise UsageError(f"{target} exists already.", hint="Give another name with -o, or remove that file first.")
    member = None
    if commune:
        found = reference.resolve_commune(commune).commune
        number = siret or (first_siret(found.siren) if found.siren else "")
        member = TemplateMember(f"Commune {found.of_name}", number, found.code, likely=not siret)
    elif siret:
        member = TemplateMember("", siret)
    if siret and not is_siret(siret):
        raise UsageError(f"{siret!r} is not a SIRET.", hint="A SIRET has 14 digits; the last one is a check.")
    write_template(wanted, target, member=member)
    said = f"{target}: the workbook to fill in" if app.out.language == "en" else f"{target} : le classeur à remplir"
    app.out.result({"schema": wanted.reference, "file": str(target)}, said)
