"""What is said of a dataset and of its files: titles, descriptions, tags, licence, schema; in French, for citizens.

The templates word it, a sidecar overrides them, the manifest gives the licence. What the catalogue holds is compared
with it, so that a change of any of the three reaches what is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from odl_host.catalogue.members import HeldMember
from odl_host.catalogue.upsert import tag_dicts
from odl_host.ckan import PackageDict, extras_dict, extras_of
from odl_host.config import Home
from odl_host.errors import UnknownPlace
from odl_host.pipeline.deposits.sidecar import FileWords, Sidecar
from odl_host.pipeline.examining.coverage import bounds_of
from odl_host.pipeline.examining.examine import Examination
from odl_host.pipeline.records.decisions import PERSONAL_DATA, Decision
from odl_host.pipeline.reporting.problems import summarise
from odl_host.schemas.registry import Registry, Schema
from odl_host.templates import render_blocks
from odl_host.tenants import Tenant

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport

OUR_EXTRAS = (
    "commune_code", "frequency", "schema_name", "sidecar", "siren", "temporal_end", "temporal_start", "theme",
)  # fmt: skip
"""The extras of a dataset that odl-host writes; all others are left as they are."""

_WORDED = ("title", "notes", "license_id")


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a dataset's or a resource's metadata, as the catalogue holds it and as it will be."""

    key: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {"key": self.key, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a dataset is about: files of one schema, or what a sidecar describes, or both."""

    member: HeldMember
    schema: Schema | None
    sidecar: Sidecar | None

    @property
    def short_name(self) -> str:
        """The words that its dataset's name is made of."""
        if self.sidecar is not None:
            return self.sidecar.title or _plain_name(self.sidecar) or self.member.name
        return self.schema.short_name if self.schema else self.member.name


def dataset_metadata(tenant: Tenant, subject: Subject, *, dataset_id: str, name: str) -> PackageDict:
    """Return a dataset as `package_create` takes it. :raises ConfigError: one of the tenant's templates is unusable."""
    member, schema, sidecar = subject.member, subject.schema, subject.sidecar
    title, description = _words(tenant.home, tenant.title, subject)
    temporal = bounds_of(sidecar.temporal) if sidecar and sidecar.temporal else None
    tags = schema.keywords if schema else ()
    dataset = PackageDict(
        id=dataset_id,
        name=name,
        title=title,
        notes=description,
        owner_org=member.id,
        license_id=(sidecar.licence if sidecar else "") or tenant.manifest.publish.licence,
        private=sidecar.private if sidecar else False,
        tags=tag_dicts(sidecar.tags if sidecar and sidecar.tags is not None else tags),
        extras=extras_of(
            {
                "schema_name": schema.name if schema else None,
                "commune_code": member.commune_code,
                "siren": member.siren,
                "theme": (schema.theme if schema else "") or None,
                "frequency": (sidecar.frequency if sidecar else "") or (schema.frequency if schema else "") or None,
                "sidecar": sidecar.path if sidecar else None,
                "temporal_start": temporal[0] if temporal else None,
                "temporal_end": temporal[1] if temporal else None,
            }
        ),
    )
    if sidecar is not None:
        dataset["maintainer_email"] = sidecar.contact
    return dataset


def dataset_changes(held: PackageDict, wanted: PackageDict) -> tuple[Change, ...]:
    """Return what of a dataset's metadata is not as it should be.

    Only a sidecar decides whether a dataset is private: what an operator hid by hand stays hidden.
    """
    before: Mapping[str, Any] = held
    after: Mapping[str, Any] = wanted
    keys = [*_WORDED, *(["private", "maintainer_email"] if "maintainer_email" in wanted else [])]
    pairs = [(key, before.get(key), after.get(key)) for key in keys]
    changes = [Change(*pair) for pair in pairs if (pair[1] or "") != (pair[2] or "")]
    tags = [sorted(tag["name"] for tag in one.get("tags", ())) for one in (held, wanted)]
    if tags[0] != tags[1]:
        changes.append(Change("tags", tags[0], tags[1]))
    extras, wanted_extras = extras_dict(held), extras_dict(wanted)
    changes += [
        Change(f"extras.{key}", extras.get(key), wanted_extras.get(key))
        for key in OUR_EXTRAS
        if extras.get(key) != wanted_extras.get(key)
    ]
    return tuple(changes)


def changed_fields(held: PackageDict, changes: tuple[Change, ...]) -> dict[str, Any]:
    """Return what `package_patch` must be sent for some changes; foreign extras are kept."""
    fields: dict[str, Any] = {}
    extras: dict[str, Any] = dict(extras_dict(held))
    for change in changes:
        if change.key.startswith("extras."):
            extras[change.key.removeprefix("extras.")] = change.after
            fields["extras"] = extras_of(extras)
        else:
            fields[change.key] = tag_dicts(change.after) if change.key == "tags" else change.after
    return fields


def resource_words(
    *, source_name: str, source_path: str, schema: Schema | None, words: FileWords, period: str
) -> dict[str, Any]:
    """Return what is said of a file, whatever its content: only scalars may travel beside a file."""
    about = f"{schema.title}, version {schema.version} du schéma {schema.name}." if schema else ""
    period = words.temporal or period
    days = bounds_of(period)
    fields = {
        "name": words.title or source_name,
        "description": words.description or about,
        "source_name": source_path,
    }
    if days:
        fields |= {"period": period, "temporal_start": days[0], "temporal_end": days[1]}
    return fields


def resource_changes(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what of a resource's words is not as it should be."""
    return tuple(Change(key, held.get(key), value) for key, value in wanted.items() if (held.get(key) or "") != value)


_OF_TABLES = (
    "schema_name", "schema_version", "schema_url", "rows", "validation_status", "validation_errors",
    "validation_summary",
)  # fmt: skip
"""What a resource says of a table that follows a schema."""


def file_fields(examination: Examination, held: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a resource says of its file; what it `held` of a table is taken back where it is one no more."""
    fields: dict[str, Any] = {"resource_type": "file", "source_hash": examination.sha256}
    schema, report = examination.schema, examination.report
    if examination.opaque is not None:
        fields |= {key: "" for key in _OF_TABLES if held.get(key)}
        return fields | {"format": examination.opaque.format, "mimetype": examination.opaque.mimetype}
    assert schema is not None and report is not None
    return fields | {
        "format": "CSV",
        "mimetype": "text/csv",
        "schema_name": schema.name,
        "schema_version": schema.version,
        "schema_url": schema.url,
        "rows": report.rows,
        "validation_status": "invalid" if report.errors_total else "valid",
        "validation_errors": report.errors_total,
        "validation_summary": _summary(report) if report.errors_total else "",
    }


def _summary(report: FileReport) -> str:
    """Return what is wrong with a file that is published all the same, one line per kind and column, for the public."""
    return "\n".join(summarise(report))


def ground_fields(decision: Decision | None) -> dict[str, str]:
    """Return why data about persons are published, where they are; "" takes back what an earlier file said."""
    if decision is None or decision.verb != "release":
        return {"personal_data_ground": ""}
    about_persons = any(code.startswith(f"{PERSONAL_DATA}/") for code in decision.holds)
    return {"personal_data_ground": decision.ground if about_persons else ""}


def require_own_words(home: Home, member: HeldMember, registry: Registry) -> None:
    """Fill each template of the home's own, so that a run does not stop half-way at one.

    :raises ConfigError: one cannot be used.
    """
    for path in sorted((home.path / "templates" / "datasets").glob("*.md.j2")):
        _template_words(home, home.path.name, member, registry.find_schema(path.name.removesuffix(".md.j2")), "")


def _words(home: Home, portal: str, subject: Subject) -> tuple[str, str]:
    sidecar = subject.sidecar
    if sidecar and sidecar.title and sidecar.description:
        return sidecar.title, sidecar.description
    name = _plain_name(sidecar) if sidecar else ""
    title, description = _template_words(home, portal, subject.member, subject.schema, name)
    return (sidecar.title if sidecar else "") or title, (sidecar.description if sidecar else "") or description


def _template_words(
    home: Home, portal: str, member: HeldMember, schema: Schema | None, subject: str
) -> tuple[str, str]:
    own = (f"datasets/{schema.short_name}.md.j2",) if schema is not None else ()
    blocks = render_blocks(
        (*own, "datasets/dataset.md.j2"),
        {
            "schema": schema,
            "member": member.title,
            "of_member": of_member(member),
            "portal": portal,
            "subject": subject,
        },
        home=home,
    )
    return blocks["title"], blocks["description"]


def _plain_name(sidecar: Sidecar) -> str:
    """Return the name of what a sidecar describes, without its ending: "Plan local" for "urbanisme/Plan local.pdf"."""
    name = sidecar.scope.rpartition("/")[2]
    return (name.rpartition(".")[0] or name).replace("_", " ")


@cache
def of_member(member: HeldMember) -> str:
    """Return the member after "de", with the right French article: "de Chambéry", "du Châtelard"."""
    from odl_host.territory import reference

    try:
        if member.commune_code:
            return reference.get_commune(member.commune_code).of_name
        if member.kind == "epci" and member.siren:
            return reference.get_epci(member.siren).of_name
        if member.kind == "departement" and member.departement_code:
            return "du département " + reference.get_departement(member.departement_code).of_name
    except UnknownPlace:
        pass  # a commune that merged or an EPCI that was dissolved since: its organization keeps its title
    return f"de l’organisme « {member.title} »"
