"""Users and tokens from the command line."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.e2e.conftest import CommandLine


def with_password(odl: CommandLine, *arguments: str, password: str = "motdepasse") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        odl.arguments(*arguments), input=f"{password}\n", capture_output=True, text=True, env=odl.env, check=False
    )


def test_a_user_is_created_listed_and_given_another_password(savoie: CommandLine) -> None:
    organization = "chambery"
    made = with_password(
        savoie, "user", "create", "claire", "--email", "claire@example.org", "--organization", organization
    )
    assert made.returncode == 0, made.stderr
    (claire,) = savoie("--json", "user", "list").json
    assert (claire["name"], claire["email"], claire["state"]) == ("claire", "claire@example.org", "active")
    assert "claire@example.org" in savoie("user", "list").stdout
    assert savoie("--lang", "fr", "user", "list").stdout.split()[:2] == ["nom", "nom"]
    assert with_password(savoie, "user", "password", "claire", password="autremotdepasse").returncode == 0
    short = with_password(savoie, "user", "password", "claire", password="court")
    assert short.returncode == 4
    assert "8 characters" in short.stderr
    assert "stdin" in with_password(savoie, "user", "password", "claire", password="").stderr


def test_a_password_that_no_browser_would_send_is_refused(savoie: CommandLine) -> None:
    made = with_password(savoie, "user", "create", "jean", "--email", "jean@example.org")
    assert made.returncode == 0, made.stderr
    command = savoie.arguments("user", "password", "jean")
    refused = subprocess.run(
        command, input="mot-clé-long\n".encode("cp1252"), capture_output=True, env=savoie.env, check=False
    )
    assert (refused.returncode, b"UTF-8" in refused.stderr) == (2, True)
    # A file written by Windows' editor begins with a mark and ends its lines otherwise: they are no part of it.
    taken = subprocess.run(
        command, input="\ufeffcourt é\r\n".encode(), capture_output=True, env=savoie.env, check=False
    )
    assert (taken.returncode, b"8 characters" in taken.stderr) == (4, True)


def test_no_user_is_made_for_an_organization_that_is_not_there(savoie: CommandLine) -> None:
    assert "no user yet" in savoie("user", "list").stdout
    refused = with_password(
        savoie, "user", "create", "claire", "--email", "claire@example.org", "--organization", "chambry"
    )
    assert refused.returncode == 4
    assert "There is no organization “chambry”." in refused.stderr
    assert savoie("--json", "user", "list").json == []
    for command in (
        ["user", "password", "paul"],
        ["token", "create", "--user", "paul"],
        ["token", "list", "--user", "paul"],
    ):
        assert "There is no user “paul”." in with_password(savoie, *command).stderr


def test_tokens_are_created_listed_and_revoked(savoie: CommandLine) -> None:
    with_password(savoie, "user", "create", "depot", "--email", "d@example.org", "--organization", "chambery")
    value = savoie("token", "create", "--user", "depot", "--organization", "chambery", "--days", "30").stdout.strip()
    assert len(value) > 40
    savoie("token", "create", "--sysadmin")
    listed: list[Any] = savoie("--json", "token", "list").json
    assert {each["user"] for each in listed} == {"odl-host", "depot"}
    (own,) = savoie("--json", "token", "list", "--user", "depot").json
    assert own["organization_id"]
    assert own["expires_at"] > own["created_at"]
    shown = savoie("token", "list").stdout
    assert value not in shown
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith("depot")] == [["depot", "chambery"]]
    assert savoie("--lang", "fr", "token", "list").stdout.startswith("utilisateur ")
    savoie("token", "revoke", own["id"])
    assert savoie("--json", "token", "list", "--user", "depot").json == []
    assert savoie("token", "revoke", own["id"], code=4).stderr


def test_a_token_for_an_organization_of_which_its_user_is_no_member_is_told(savoie: CommandLine) -> None:
    with_password(savoie, "user", "create", "depot", "--email", "d@example.org", "--organization", "chambery")
    arguments = ("token", "create", "--user", "depot", "--organization")
    savoie("add-commune", "73008")
    assert "is no member of aix-les-bains" in savoie(*arguments, "aix-les-bains").stderr
    assert savoie(*arguments, "chambery").stderr == ""


def test_a_token_needs_one_owner(savoie: CommandLine) -> None:
    assert "--user" in savoie("token", "create", code=2).stderr
    assert savoie("token", "create", "--sysadmin", "--user", "x", code=2).stderr
    assert savoie("token", "create", "--user", "personne", code=4).stderr
