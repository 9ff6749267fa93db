"""The members as the catalogue holds them: which organization stands for which collectivité.

The extras of an organization say whom it stands for; they are written by `odl_host.provision.members` and read here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from odl_host.ckan import OrganizationDict, extras_dict


@dataclass(frozen=True, slots=True)
class HeldMember:
    """An organization that stands for a collectivité. `key` identifies it for ever ("commune:73065")."""

    id: str
    name: str
    title: str
    key: str
    kind: str
    commune_code: str | None
    siren: str | None
    departement_code: str | None

    @property
    def folders(self) -> frozenset[str]:
        """The names that its deposit folder may have, in lower case."""
        names = {folder_of(self.key), self.commune_code, self.siren, self.name}
        return frozenset(name.lower() for name in names if name)


def held_member(organization: OrganizationDict) -> HeldMember | None:
    """Return the member that an organization stands for, or None when its extras name none."""
    extras = extras_dict(organization)
    key = member_key(extras)
    if key is None:
        return None
    return HeldMember(
        id=organization["id"],
        name=organization["name"],
        title=organization.get("title") or organization["name"],
        key=key,
        kind=extras["member_kind"],
        commune_code=extras.get("commune_code"),
        siren=extras.get("siren"),
        departement_code=extras.get("departement_code"),
    )


def held_members(organizations: Iterable[OrganizationDict]) -> list[HeldMember]:
    """Return the members among some organizations, in the same order."""
    return [member for member in map(held_member, organizations) if member]


def folder_of(key: str) -> str:
    """Return the name of the deposit folder of the member with this key.

    >>> folder_of("commune:2A004"), folder_of("siren:200069110"), folder_of("dep:73"), folder_of("reg:84")
    ('2A004', '200069110', 'dep-73', 'reg-84')
    """
    kind, _, code = key.partition(":")
    return f"{kind}-{code}".lower() if kind in {"dep", "reg"} else code


def member_key(extras: dict[str, str]) -> str | None:
    """Return the key of the member that an organization's extras describe, or None when they describe none.

    >>> member_key({"member_kind": "commune", "commune_code": "73065", "siren": "217300656"})
    'commune:73065'
    """
    match extras.get("member_kind"):
        case "commune":
            return f"commune:{extras.get('commune_code')}"
        case "departement":
            return f"dep:{extras.get('departement_code')}"
        case "region":
            return f"reg:{extras.get('region_code')}"
        case "epci" | "body":
            return f"siren:{extras.get('siren')}"
        case _:
            return None
