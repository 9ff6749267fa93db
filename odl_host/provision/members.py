"""The members of a tenant: collectivités that are organizations of its catalogue, with a deposit folder each.

A member is made from the official codes; its organization's id is derived from them, so it is the same however often,
and in whatever order, members are added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.members import folder_of, member_key
from odl_host.catalogue.roll import forget_organizations, remember_organizations
from odl_host.ckan import OrganizationDict, extras_dict, extras_of, is_name, slug
from odl_host.errors import UsageError
from odl_host.provision.apply import write_files
from odl_host.provision.render import render_deposit_readme
from odl_host.tenants import Perimeter, Tenant
from odl_host.territory import codes

if TYPE_CHECKING:
    from odl_host.territory.reference import Commune

README_NAME = "README.txt"


@dataclass(frozen=True, slots=True)
class Member:
    """A collectivité about to become, or already, an organization.

    `key` identifies it for ever ("commune:73065").
    """

    key: str
    kind: str
    title: str
    of_title: str
    description: str
    extras: tuple[tuple[str, str | int | None], ...]

    @property
    def folder(self) -> str:
        """The name of its deposit folder, which is what people type."""
        return folder_of(self.key)

    @property
    def commune_code(self) -> str | None:
        """The INSEE code, for a commune."""
        return self.folder if self.kind == "commune" else None


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What happens to one member's organization: "created", "updated" or "unchanged"."""

    kind: str
    member: Member
    organization: OrganizationDict
    differences: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "commune_code": self.member.commune_code,
            "siren": dict(self.member.extras).get("siren"),
            "name": self.organization["name"],
            "title": self.organization["title"],
            "id": self.organization["id"],
        }


def commune_member(commune: Commune) -> Member:
    """Return the member that a commune makes."""
    from odl_host.territory import reference

    departement = reference.get_departement(commune.departement_code)
    epci = reference.get_epci(commune.epci_siren) if commune.epci_siren else None
    inhabitants = "" if commune.population is None else f", {_thousands(commune.population)} habitants"
    return Member(
        key=f"commune:{commune.code}",
        kind="commune",
        title=commune.name,
        of_title=commune.of_name,
        description=f"Données ouvertes de la commune {commune.of_name} ({departement.name}{inhabitants}).",
        extras=(
            ("member_kind", "commune"),
            ("commune_code", commune.code),
            ("siren", commune.siren),
            ("epci_siren", commune.epci_siren),
            ("epci_nom", epci.name if epci else None),
            ("departement_code", commune.departement_code),
            ("departement_nom", departement.name),
            ("population", commune.population),
            ("millesime", reference.vintage()),
        ),
    )


def parse_member(text: str, *, name: str | None = None) -> Member:
    """Return the member that a code names: a commune, an EPCI's SIREN, "dep:73", "reg:84", or a SIREN with `name`.

    :raises UnknownPlace: the code is nobody's. :raises UsageError: a SIREN that is no EPCI comes without a name.
    """
    from odl_host.territory import reference

    prefix, colon, code = text.strip().partition(":")
    if colon and prefix in {"dep", "departement"}:
        departement = reference.get_departement(code)
        return _body_member(
 f"dep:{departement.code}", "departement",
            f"Département {departement.of_name}",
            siren=departement.siren, departement=departement.code,
        )  # fmt: skip
    if colon and prefix in {"reg", "region"}:
        region = reference.get_region(code)
        return _body_member(
            f"reg:{region.code}",
            "region",
            f"Région {region.name}",
            siren=region.siren,
            region=region.code,
        )
    siren = text.replace(" ", "")
    if not codes.is_siren(siren):
        return commune_member(reference.resolve_commune(text).commune)
    epci = next((one for one in reference.find_epci(siren) if one.siren == siren), None)
    if epci is not None:
        return Member(
            key=f"siren:{siren}",
            kind="epci",
            title=epci.full_name,
            of_title=epci.of_name,
            description=f"Données ouvertes {epci.of_name} ({len(epci.member_codes)} communes).",
            extras=(
                ("member_kind", "epci"),
                ("siren", siren),
                ("population", epci.population),
                ("millesime", reference.vintage()),
            ),
        )
    communes = [match for match in reference.find_communes(siren) if match.kind == "siren"]
    if communes:
        return commune_member(communes[0].commune)
    if name is None:
        raise UsageError(
            f"The SIREN {siren} is that of no commune and no EPCI, so its name cannot be known.",
            hint=f'Give the name: odl-host add-member {siren} --name "CCAS de Chambéry"',
        )
    return _body_member(f"siren:{siren}", "body", name, siren=siren)


def _body_member(
    key: str,
    kind: str,
    title: str,
    *,
    siren: str | None,
    departement: str | None = None,
    region: str | None = None,
) -> Member:
    return Member(
        key=key,
        kind=kind,
        title=title,
        of_title=f"de « {title} »",
        description=f"Données ouvertes publiées par : {title}.",
        extras=(("member_kind", kind), ("siren", siren), ("departement_code", departement), ("region_code", region)),
    )


def perimeter_codes(perimeter: Perimeter) -> frozenset[str]:
    """Return the INSEE codes of every commune of a perimeter. :raises UnknownPlace: a code of it is nobody's."""
    from odl_host.territory import reference

    if perimeter.france:
        return frozenset(commune.code for commune in reference.list_all_communes())
    found = {reference.resolve_commune(code).commune.code for code in perimeter.communes}
    for siren in perimeter.epci:
        found.update(reference.get_epci(siren).member_codes)
    for code in perimeter.departements:
        found.update(commune.code for commune in reference.list_communes(departement=code))
    for code in perimeter.regions:
        found.update(commune.code for commune in reference.list_communes(region=code))
    return frozenset(found)


def plan_members(tenant: Tenant, members: Sequence[Member], existing: Iterable[OrganizationDict]) -> list[MemberChange]:
    """Return, member by member, what adding it would change in the catalogue; nothing is written."""
    by_id: dict[str, OrganizationDict] = {}
    by_key: dict[str, OrganizationDict] = {}
    taken: set[str] = set()
    for organization in existing:
        by_id[organization["id"]] = organization
        taken.add(organization["name"])
        if key := member_key(extras_dict(organization)):
            by_key.setdefault(key, organization)
    homonyms = _homonyms(tenant.manifest.perimeter, members)
    changes = []
    for member in members:
        organization_id = upsert.derive_id(tenant.name, "organization", member.key)
        held = by_id.get(organization_id) or by_key.get(member.key)
        wanted = OrganizationDict(
            id=held["id"] if held else organization_id,
            name=held["name"] if held else _free_name(member, homonyms, taken),
            title=member.title,
            description=member.description,
            extras=extras_of(dict(member.extras)),
        )
        taken.add(wanted["name"])
        if held is None:
            changes.append(MemberChange("created", member, wanted))
        else:
            differences = upsert.organization_differences(wanted, held)
            changes.append(MemberChange("updated" if differences else "unchanged", member, wanted, differences))
    return changes


def apply_members(
    tenant: Tenant,
    catalogue: Catalogue,
    changes: Sequence[MemberChange],
    *,
    schemas: Sequence[tuple[str, str]],
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Write the planned changes to the catalogue, and each member's deposit folder with its README.

    `schemas`: title and short name of each schema, for the README. :raises CatalogueError: the catalogue refused.
    """
    forget_organizations(tenant.organizations)
    for done, change in enumerate(changes, start=1):
        if change.kind == "created":
            upsert.create_organization(catalogue, change.organization)
        elif change.kind == "updated":
            upsert.patch_organization(catalogue, change.organization["id"], change.differences)
        write_files({deposit_folder(tenant, change.member) / README_NAME: _readme(tenant, change, schemas)})
        progress(done)
    forget_organizations(tenant.organizations)  # a run under way may have listed them half changed
    remember_organizations(catalogue, tenant.organizations)


def deposit_folder(tenant: Tenant, member: Member) -> Path:
    """Return where a member's files arrive."""
    return tenant.deposit / member.folder


def _homonyms(perimeter: Perimeter, members: Sequence[Member]) -> frozenset[str]:
    """Return the slugs borne by several communes of the perimeter or of `members`.

    They depend on the perimeter, not on the order in which communes are added, so that names do not either.
    """
    from odl_host.territory import reference

    names = {code: slug(reference.get_commune(code).name) for code in perimeter_codes(perimeter)}
    names.update({member.folder: slug(member.title) for member in members if member.kind == "commune"})
    return frozenset(name for name, count in Counter(names.values()).items() if count > 1)


def _free_name(member: Member, homonyms: frozenset[str], taken: set[str]) -> str:
    name = slug(member.title)
    if name in homonyms or name in taken or not is_name(name):
        name = f"{name}-{member.folder.lower()}".strip("-")
    return name


def _readme(tenant: Tenant, change: MemberChange, schemas: Sequence[tuple[str, str]]) -> str:
    return render_deposit_readme(
        {
            "of_name": change.member.of_title,
            "portal": tenant.title,
            "url": tenant.url,
            "organization": change.organization["name"],
            "schemas": [{"title": title, "short_name": short_name} for title, short_name in schemas],
        }
    )


def _thousands(number: int) -> str:
    r"""Return a number as French people write it.

    >>> _thousands(59964)
    '59\u202f964'
    """
    return f"{number:,}".replace(",", "\u202f")
