"""What a copy had elsewhere is given back to it: ids, dates, who made it, the names of logos."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest

from odl_host.ckan import BadRequest, IntegrityError, NotFound, ValidationError

from .conftest import Catalogue, unique

LOGO = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6364f8cf500f00038601805a34"
    "7d6a0000000049454e44ae426082"
)
THEN = "2020-01-02T03:04:05"


def test_a_dataset_has_its_dates_and_its_maker_again(ours: Catalogue) -> None:
    maker = ours.call("user_create", {"name": unique("user"), "email": "a@example.org", "password": "motdepasse"})
    dataset = ours.new_dataset(resources=[{"url": "http://example.org/a"}, {"url": "http://example.org/b"}])
    first, second = dataset["resources"]
    told = {
        "id": dataset["id"],
        "metadata_created": THEN,
        "metadata_modified": THEN,
        "creator_user_id": maker["id"],
        "resources": [{"id": first["id"], "created": THEN, "last_modified": None, "metadata_modified": THEN}],
    }
    ours.call("odl_restore", {"kind": "package", "object": told})
    after = ours.call("package_show", {"id": dataset["id"]})
    assert (after["metadata_created"], after["metadata_modified"], after["creator_user_id"]) == (
        *(THEN, THEN),
        maker["id"],
    )
    assert after["resources"][0] == first | {"created": THEN, "metadata_modified": THEN}
    assert after["resources"][1] == second


def test_organizations_groups_and_users_have_their_dates_again(ours: Catalogue) -> None:
    organization = ours.new_organization()
    ours.call("odl_restore", {"kind": "organization", "object": {"id": organization["id"], "created": THEN}})
    assert ours.call("organization_show", {"id": organization["id"]}) == organization | {"created": THEN}
    with pytest.raises(NotFound):
        ours.call("odl_restore", {"kind": "group", "object": {"id": organization["id"], "created": THEN}})
    user = ours.call("user_create", {"name": unique("user"), "email": "b@example.org", "password": "motdepasse"})
    ours.call("odl_restore", {"kind": "user", "object": {"id": user["id"], "created": THEN, "last_active": THEN}})
    assert ours.call("user_show", {"id": user["id"]})["created"] == THEN


def test_a_vocabulary_keeps_its_ids_where_they_are_free(ours: Catalogue) -> None:
    name, key, tag = unique("voc"), str(uuid.uuid4()), str(uuid.uuid4())
    told = {"name": name, "odl_id": key, "tags": [{"name": "France", "odl_id": tag}, {"name": "Italie"}]}
    made = ours.call("odl_restore", {"kind": "vocabulary", "object": told})
    assert (made["id"], [each["name"] for each in made["tags"]]) == (key, ["France", "Italie"])
    assert made == ours.call("vocabulary_show", {"id": name})
    assert made["tags"][0]["id"] == tag
    with pytest.raises(ValidationError):
        ours.call("odl_restore", {"kind": "vocabulary", "object": told})
    other = ours.call("odl_restore", {"kind": "vocabulary", "object": told | {"name": unique("voc")}})
    assert other["id"] != key


def test_a_logo_keeps_its_name(ours: Catalogue) -> None:
    name = f"2020-01-02-{unique('logo')}.png"
    told = {"kind": "image", "folder": "group", "name": name}
    for _ in range(2):
        ours.call("odl_restore", told, {"upload": ("envoi.png", io.BytesIO(LOGO), "image/png")})
    organization = ours.new_organization(image_url=name)
    assert organization["image_display_url"].endswith(f"/uploads/group/{name}")
    for wrong in ("../x.png", "", "a/b.png", ".png"):
        with pytest.raises(ValidationError):
            ours.call("odl_restore", {**told, "name": wrong}, {"upload": ("e.png", io.BytesIO(LOGO), "image/png")})
    with pytest.raises(ValidationError):
        page = ("e.png", io.BytesIO(b"<html><script>alert(1)</script>"), "image/png")
        ours.call("odl_restore", {**told, "name": "autre.png"}, {"upload": page})


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"kind": "table"},
        {"kind": "package"},
        {"kind": "package", "object": "x"},
        {"kind": "package", "object": {"id": ["x"]}},
        {"kind": "package", "object": {"id": "absent"}},
        {"kind": "user", "object": {"id": "odl-host", "created": "hier"}},
        {"kind": "user", "object": {"id": "odl-host"}},
        {"kind": "vocabulary", "object": {"name": 1}},
        {"kind": "vocabulary", "object": {"name": "pays", "odl_id": "x"}},
        {"kind": "image"},
        {"kind": "image", "folder": "group", "name": "a.png"},
    ],
)
def test_what_makes_no_sense_is_refused(ours: Catalogue, told: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, NotFound, BadRequest, IntegrityError)):
        ours.call("odl_restore", told)
