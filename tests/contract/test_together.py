"""A dataset and its files in one call, all or nothing: odl-host's own addition to `package_create`."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest

from odl_host.ckan import ValidationError

from .conftest import ANONYMOUS, Catalogue, unique


def new_with_files(ckan: Catalogue, owner: str, **more: tuple[str, io.BytesIO]) -> Any:
    resources = [{"name": "Délibérations", "rows": 1}, {"name": "Prénoms"}]
    files = {
        "resources__0__upload": ("delib.csv", io.BytesIO(b"a\n1\n")),
        "resources__0__original": ("delib.xlsx", io.BytesIO(b"PK")),
        "resources__1__upload": ("prenoms.csv", io.BytesIO(b"b\n2\n")),
        **more,
    }
    fields = {"name": unique("ensemble"), "owner_org": owner, "tags": json.dumps([{"name": "budget"}])}
    return ckan.call("package_create", {**fields, "private": False, "resources": json.dumps(resources)}, files)


def test_a_dataset_is_created_together_with_its_files(ours: Catalogue) -> None:
    assert "odl_together" in ours.call("status_show")["extensions"]
    made = new_with_files(ours, ours.new_organization()["id"])
    shown = ours.call("package_show", {"id": made["id"]}, by=ANONYMOUS)
    assert [tag["name"] for tag in shown["tags"]] == ["budget"]
    first, second = shown["resources"]
    assert (first["name"], first["rows"], first["size"], first["original_size"]) == ("Délibérations", 1, 4, 2)
    assert first["url"].endswith(f"/dataset/{made['id']}/resource/{first['id']}/download/delib.csv")
    assert (second["hash"], second["mimetype"]) == (hashlib.sha256(b"b\n2\n").hexdigest(), "text/csv")
    assert [one["version"] for one in ours.call("odl_version_list", {"id": second["id"]})] == [1]


def test_a_dataset_one_of_whose_files_is_that_of_no_resource_is_not_created(ours: Catalogue) -> None:
    owner = ours.new_organization()["id"]
    with pytest.raises(ValidationError) as refused:
        new_with_files(ours, owner, resources__2__upload=("c.csv", io.BytesIO(b"c\n")))
    assert refused.value.error_dict == {"resources__2__upload": ["There is no such resource"]}
    with pytest.raises(ValidationError) as refused:
        sent = {"resources__0__upload": ("a.csv", io.BytesIO(b"a\n"))}
        ours.call("package_create", {"name": unique("x"), "owner_org": owner, "resources": "[{"}, sent)
    assert refused.value.error_dict == {"resources": ["Could not parse as valid JSON"]}
    assert ours.call("package_search", {"fq": f"owner_org:{owner}"})["count"] == 0
