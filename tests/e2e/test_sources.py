"""Deposits that lie elsewhere, as an operator meets them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ACCESS_KEY, SECRET_KEY, S3Server, rclone_s3

from .conftest import CommandLine

PRENOMS = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n"
WRONG = PRENOMS.replace(",3,", ",trois,")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_s3(tmp_path_factory.mktemp("s3") / "objects") as server:
        yield server


def with_bucket(odl: CommandLine, s3: S3Server, bucket: str, *, deposit: str = "") -> CommandLine:
    odl.env.update(ODL_TEST_S3_ACCESS=ACCESS_KEY, ODL_TEST_S3_SECRET=SECRET_KEY)
    manifest = odl.home / "tenants" / "savoie.toml"
    text = manifest.read_text().replace(
        "[publish]\n", f'[publish]\ndeposit = "{deposit}"\n' if deposit else "[publish]\n"
    )
    manifest.write_text(
        f"""{text}
[[sources]]
url = "s3://{bucket}"
endpoint = "{s3.url}"
access_key_env = "ODL_TEST_S3_ACCESS"
secret_key_env = "ODL_TEST_S3_SECRET"
"""
    )
    return odl


def test_source_check_says_of_each_source_whether_it_can_be_listed(savoie: CommandLine, s3: S3Server) -> None:
    bucket = s3.new_bucket("depots-verifies")
    bucket.put("73065/prenoms.csv", io.BytesIO(PRENOMS.encode()), len(PRENOMS.encode()))
    with_bucket(savoie, s3, "depots-verifies")
    (checked,) = savoie("--json", "source", "check").json["sources"]
    assert (checked["ok"], checked["files"], checked["size_bytes"]) == (True, 1, len(PRENOMS.encode()))
    savoie.env["ODL_TEST_S3_SECRET"] = "faux"
    refused = savoie("source", "check", code=4)
    assert "refused" in refused.stdout
    assert "GetObject" in refused.stderr
    assert "faux" not in refused.stdout + refused.stderr


def test_without_sources_the_check_says_that_the_deposit_is_a_folder(savoie: CommandLine, tmp_path: Path) -> None:
    assert "folder" in savoie("source", "check").stdout
