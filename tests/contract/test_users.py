"""Users and their tokens answer as those of a real CKAN, in the process and over HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, ValidationError

from .conftest import ANONYMOUS, Catalogue, unique


class TestUsers:
    def test_an_email_is_shown_to_oneself_and_to_sysadmins_only(self, ckan: Catalogue) -> None:
        claire, paul = ckan.new_user(), ckan.new_user()
        for caller in (claire, None):
            assert ckan.call("user_show", {"id": claire.name}, by=caller)["email"].startswith(claire.name)
        shown = ckan.call("user_show", {"id": claire.name}, by=paul)
        assert "email" not in shown
        assert "password" not in shown

    def test_a_short_password_and_a_used_email_are_refused(self, ckan: Catalogue) -> None:
        claire = ckan.new_user()
        fields = {"name": unique("user"), "email": f"{claire.name}@EXAMPLE.org", "password": "court"}
        with pytest.raises(ValidationError) as refused:
            ckan.call("user_create", fields)
        assert set(refused.value.error_dict) == {"email", "password"}

    def test_only_sysadmins_create_users(self, ckan: Catalogue) -> None:
        fields = {"name": unique("user"), "email": "a@example.org", "password": "motdepasse"}
        for caller in (ANONYMOUS, ckan.new_user()):
            with pytest.raises(NotAuthorized):
                ckan.call("user_create", fields, by=caller)

    def test_nobody_changes_someone_else(self, ckan: Catalogue) -> None:
        claire, paul = ckan.new_user(), ckan.new_user()
        with pytest.raises(NotAuthorized):
            ckan.call("user_patch", {"id": claire.name, "fullname": "x"}, by=paul)
        assert ckan.call("user_patch", {"id": claire.name, "fullname": "Claire"}, by=claire)["fullname"] == "Claire"

    def test_a_deleted_user_has_no_rights_left(self, ckan: Catalogue) -> None:
        editor = ckan.new_user()
        organization = ckan.new_organization(users=[{"name": editor.name, "capacity": "editor"}])
        ckan.call("user_delete", {"id": editor.name})
        with pytest.raises(NotAuthorized):
            ckan.new_dataset(organization["id"], by=editor)

    def test_tokens_are_listed_without_themselves_and_stop_when_revoked(self, ckan: Catalogue) -> None:
        claire = ckan.new_user()
        made = ckan.call("api_token_create", {"user": claire.name, "name": "nuit"}, by=claire)
        listed = ckan.call("api_token_list", {"user_id": claire.name}, by=claire)
        assert made["token"] not in str(listed)
        assert token_claims(made["token"])["jti"] == made["id"]
        chosen = next(entry for entry in listed if entry["name"] == "nuit")
        ckan.call("api_token_revoke", {"jti": chosen["id"]}, by=claire)
        left = ckan.call("api_token_list", {"user_id": claire.name}, by=claire)
        assert chosen["id"] not in [entry["id"] for entry in left]


def token_claims(token: str) -> dict[str, Any]:
    """What a client of CKAN reads in a token, a JSON Web Token."""
    claims = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return read
