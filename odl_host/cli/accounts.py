"""Commands on accounts: `user create|list|password`, `token create|list|revoke`."""

from __future__ import annotations

import sys
from typing import Any

import click

from odl_host.cli.app import App, Group, pass_app
from odl_host.cli.labels import titles, word
from odl_host.cli.output import table
from odl_host.errors import CatalogueNotFound, UsageError

DAY_S = 86_400


@click.group(cls=Group)
def user() -> None:
    """Create and list users, set passwords."""


def _call(app: App, action: str, data: dict[str, Any]) -> Any:
    """Call an action of the tenant's catalogue as its administrator."""
    from odl_host.wiring import open_catalogue

    with open_catalogue(app.tenant(), app.settings) as catalogue:
        return catalogue.call_action(action, data)


def _moment(instant: str | None) -> str:
    """Return an ISO date and time of CKAN, which is in UTC and says not so, for a person to read."""
    return f"{instant[:16].replace('T', ' ')} UTC" if instant else ""


def _require_user(app: App, name: str) -> None:
    try:
        _call(app, "user_show", {"id": name})
    except CatalogueNotFound:
        raise CatalogueNotFound(f"There is no user “{name}”.", hint="List them with: odl-host user list") from None


def _require_organization(app: App, name: str) -> None:
    try:
        _call(app, "organization_show", {"id": name})
    except CatalogueNotFound:
        hint = "Its name is the end of its page's address: /organization/NAME"
        raise CatalogueNotFound(f"There is no organization “{name}”.", hint=hint) from None


def _read_password(app: App) -> str:
    """Return a password: typed twice at a terminal, else the first line of stdin.

    :raises UsageError: there is none, or it is not UTF-8: nobody could log in with what a browser sends otherwise.
    """
    if sys.stdin.isatty():
        return str(click.prompt(app.out.words("Password", "Mot de passe"), hide_input=True, confirmation_prompt=True))
    try:
        password = sys.stdin.buffer.readline().decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError("The password on stdin is not UTF-8.", hint="Write it in UTF-8, or type it.") from None
    if not password:
        raise UsageError("No password was given.", hint="Type it at a terminal, or write it on stdin.")
    return password


@user.command(
    "create",
    examples="""
    odl-host user create claire --email claire@mairie.fr
    odl-host user create claire --email claire@mairie.fr --organization chambery --role editor < mot-de-passe
    """,
)
@click.argument("name")
@click.option("--email", required=True, help="Address of the person.")
@click.option("--fullname", default="", help="Name that is shown.")
@click.option("--sysadmin", is_flag=True, help="With every right.")
@click.option("--organization", help="Member of this organization.")
@click.option("--role", type=click.Choice(["member", "editor", "admin"]), default="editor", show_default=True)
@pass_app
def create_user(
    app: App, name: str, email: str, fullname: str, sysadmin: bool, organization: str | None, role: str
) -> None:
    """Create a user; the password is asked for, or read from stdin."""
    if organization:
        _require_organization(app, organization)  # before there is a user without it
    fields = {"name": name, "email": email, "fullname": fullname, "password": _read_password(app)}
    made = _call(app, "user_create", {**fields, **({"sysadmin": True} if sysadmin else {})})
    if organization:
        _call(app, "organization_member_create", {"id": organization, "username": name, "role": role})
    document = {"id": made["id"], "name": name, "email": email, "organization": organization}
    app.out.result(document, app.out.words(f"User {name} created.", f"Utilisateur {name} créé."))


@user.command("list", examples="odl-host user list")
@pass_app
def list_users(app: App) -> None:
    """List the users."""
    found = _call(app, "user_list", {"all_fields": True})
    keys = ("name", "fullname", "email", "state", "last_active")
    document = [{key: entry.get(key) for key in (*keys, "sysadmin", "id")} for entry in found]
    rows = [
        [
            *(str(entry.get(key) or "") for key in ("name", "fullname", "email")),
            *(word(app, entry["state"]), _moment(entry.get("last_active"))),
            "sysadmin" if entry.get("sysadmin") else "",
        ]
        for entry in found
    ]
    header = titles(app, ["name", "full name", "e-mail", "state", "last active", ""])
    nobody = app.out.words("There is no user yet.", "Il n’y a encore aucun utilisateur.")
    app.out.result(document, table(rows, header=header) if rows else nobody)


@user.command(
    "password",
    examples="""
    odl-host user password claire
    odl-host user password claire < mot-de-passe
    """,
)
@click.argument("name")
@pass_app
def set_password(app: App, name: str) -> None:
    """Set a user's password and end the user's sessions."""
    _require_user(app, name)
    _call(app, "user_patch", {"id": name, "password": _read_password(app)})
    app.out.result({"name": name}, app.out.words("The password is set.", "Le mot de passe est changé."))


@click.group(cls=Group)
def token() -> None:
    """Create, list and revoke API tokens."""


@token.command(
    "create",
    examples="""
    odl-host token create --sysadmin
    odl-host token create --user claire --name sauvegarde --days 90
    odl-host token create --user depot-chambery --organization chambery
    """,
)
@click.option("--sysadmin", is_flag=True, help="A token with every right, for scripts.")
@click.option("--user", "user_name", help="The user it stands for.")
@click.option("--organization", help="The only organization in which it has rights: the user's there.")
@click.option("--days", type=click.IntRange(1, 3650), help="It stops working after so many days.  [default: never]")
@click.option("--name", default="odl-host token create", show_default=True, help="What it is for.")
@pass_app
def create_token(
    app: App, sysadmin: bool, user_name: str | None, organization: str | None, days: int | None, name: str
) -> None:
    """Print a new API token; it is shown this once only."""
    if sysadmin == bool(user_name) or (sysadmin and organization):
        raise UsageError(
            "A token stands for a user.", hint="Give --sysadmin, or --user NAME and if need be --organization NAME."
        )
    owner = user_name or _call(app, "get_site_user", {})["name"]
    if user_name:
        _require_user(app, user_name)
    if organization:
        _require_organization(app, organization)
    if user_name and organization:
        _tell_without_rights(app, user_name, organization)
    asked: dict[str, Any] = {"user": owner, "name": name, "organization": organization or ""}
    value = _call(app, "api_token_create", asked | ({"expires_in": days, "unit": DAY_S} if days else {}))["token"]
    app.out.result({"tenant": app.tenant().name, "user": owner, "name": name, "token": value}, value)


def _tell_without_rights(app: App, name: str, organization: str) -> None:
    """Say so when a token can do nothing yet: its rights are its user's in that organization."""
    own = _call(app, "organization_list_for_user", {"id": name, "permission": "read"})
    if organization in {each[key] for each in own for key in ("id", "name")}:
        return
    app.out.warn(
        app.out.words(
            f"{name} is no member of {organization}: the token has no right there until then.",
            f"{name} n’est pas membre de {organization} : d’ici là, le jeton n’y donne aucun droit.",
        )
    )


@token.command(
    "list",
    examples="""
    odl-host token list
    odl-host token list --user claire
    """,
)
@click.option("--user", "user_name", help="Only this user's.")
@pass_app
def list_tokens(app: App, user_name: str | None) -> None:
    """List tokens: whose, what for, last used when; never the tokens."""
    if user_name:
        _require_user(app, user_name)
    document = _tokens(app, user_name)
    scopes = {each["organization_id"] for each in document if each.get("organization_id")}
    names = {scope: _organization_name(app, scope) for scope in scopes}
    rows = [
        [
            *(each["user"], names.get(each.get("organization_id"), ""), each["name"]),
            *(_moment(each.get(key)) for key in ("created_at", "last_access", "expires_at")),
            each["id"],
        ]
        for each in document
    ]
    header = titles(app, ["user", "organization", "for", "created on", "last used", "ends", "id"])
    none = app.out.words("There is no token yet.", "Il n’y a encore aucun jeton.")
    app.out.result(document, table(rows, header=header) if rows else none)


def _organization_name(app: App, organization_id: str) -> str:
    try:
        return str(_call(app, "organization_show", {"id": organization_id, "include_users": False})["name"])
    except CatalogueNotFound:
        return organization_id  # purged since


def _tokens(app: App, user_name: str | None = None) -> list[dict[str, Any]]:
    """Return the tokens of one user, or of all with the administrator."""
    from odl_host.wiring import open_catalogue

    with open_catalogue(app.tenant(), app.settings) as catalogue:
        call = catalogue.call_action
        names = [user_name] if user_name else call("user_list", {"all_fields": False, "include_site_user": True})
        return [{"user": name, **each} for name in names for each in call("api_token_list", {"user_id": name})]


@token.command("revoke", examples="odl-host token revoke 3f2c9a10-8d3e-4c1b-9d51-0a4f5e6b7c8d")
@click.argument("token_id", metavar="ID")
@pass_app
def revoke_token(app: App, token_id: str) -> None:
    """Make a token stop working, by the id that token list shows."""
    if all(each["id"] != token_id for each in _tokens(app)):  # the action says nothing of it, as in CKAN
        raise CatalogueNotFound(f"There is no token “{token_id}”.", hint="List them with: odl-host token list")
    _call(app, "api_token_revoke", {"jti": token_id})
    app.out.result({"id": token_id}, app.out.words("The token no longer works.", "Le jeton ne fonctionne plus."))
