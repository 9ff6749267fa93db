"""Commands on one member: `member contact`."""

from __future__ import annotations

import click

from odl_host.cli.app import App, Group, pass_app
from odl_host.cli.labels import titles
from odl_host.cli.output import table
from odl_host.errors import UsageError


@click.group(cls=Group)
def member() -> None:
    """Say who is written to at each member."""


@member.command(
    "contact",
    examples="""
    odl-host member contact
    odl-host member contact 73065 mairie@chambery.example dgs@chambery.example
    odl-host member contact 73065 --remove
    """,
)
@click.argument("code", required=False, default="")
@click.argument("addresses", nargs=-1, metavar="[E-MAIL]...")
@click.option("--remove", is_flag=True, help="Write to nobody there any more.")
@pass_app
def contact(app: App, code: str, addresses: tuple[str, ...], remove: bool) -> None:
    """Set, show or remove the e-mail addresses of a member.

    CODE is its INSEE code, its SIREN or its organization's name; without it, all are listed. The addresses stay in
    data/TENANT/contacts.csv: the catalogue never shows them.
    """
    from odl_host.catalogue import upsert
    from odl_host.catalogue.members import folder_of, held_members
    from odl_host.contacts import check_address, read_contacts, write_contacts
    from odl_host.wiring import open_catalogue

    tenant = app.tenant()
    contacts = read_contacts(tenant.contacts)
    if code:
        with open_catalogue(tenant, app.settings) as catalogue:
            members = held_members(upsert.list_organizations(catalogue))
        found = next((one for one in members if code.lower() in one.folders), None)
        if found is None:
            raise UsageError(f"“{code}” is no member of {tenant.name}.", hint="Add it with: odl-host add-commune CODE")
        key = folder_of(found.key).lower()
        if remove or addresses:
            for name in found.folders:
                contacts.pop(name, None)
            if addresses:
                contacts[key] = [check_address(address) for address in addresses]
            write_contacts(tenant.contacts, contacts)
        contacts = {key: [address for name in sorted(found.folders) for address in contacts.get(name, [])]}
    value = {"contacts": [{"member": name, "addresses": held} for name, held in sorted(contacts.items()) if held]}
    rows = [[name, ", ".join(held)] for name, held in sorted(contacts.items()) if held]
    nobody = app.out.words("Nobody is written to.", "Personne ne reçoit de courriel.")
    app.out.result(value, table(rows, header=titles(app, ["member", "addresses"])) if rows else nobody)
