"""Files that are no resource's: their bytes, whom they answer to, and what becomes of them.

That each call answers as CKAN does is in `test_ckan_differential.py`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.ckan_values import LOCATION_TRANSFORMERS
from odl_host.server.cleanup import clean_site
from odl_host.server.integrity import check_site
from odl_host.server.sites import Site
from tests.sites import site_in

from .conftest import ANONYMOUS, Caller, Catalogue, InProcess, OverHttp, start_server, stop_server, unique

SETTINGS: dict[str, object] = {
    "ckan.files.storage.default.type": "odl-host",
    "ckan.files.authenticated_uploads.allow": True,
    "ckan.files.authenticated_uploads.storages": ["default"],
}


def opened(folder: Path, database: str = "", **settings: object) -> Site:
    return site_in(folder, database=database, settings=settings)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OverHttp]:
    started = start_server(tmp_path_factory.mktemp("served"), settings=SETTINGS)
    yield OverHttp(started.url, started.new_token())
    stop_server(started)


def keep(ckan: Catalogue, content: bytes, *, by: Caller | None = None, name: str = "note.txt") -> Any:
    return ckan.call("file_create", {"name": unique("x") + name}, {"upload": (name, io.BytesIO(content))}, by=by)


def fetch(ckan: OverHttp, file: Any, caller: Caller, **headers: str) -> requests.Response:
    credentials = {"Authorization": caller.token} if caller.token else {}
    return requests.get(f"{ckan.url}/file/download/{file['id']}", headers={**credentials, **headers}, timeout=60)


def test_the_bytes_come_back_whole_and_in_parts_to_their_owner_alone(served: OverHttp) -> None:
    owner, other = served.new_user(), served.new_user()
    content = b"d\xc3\xa9lib\xc3\xa9ration\n" * 200_000
    file = keep(served, content, by=owner)
    whole = fetch(served, file, owner)
    assert (whole.content, whole.headers["content-type"]) == (content, "text/plain; charset=utf-8")
    part = fetch(served, file, owner, Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, content[10:20])
    assert fetch(served, file, served.sysadmin).status_code == 200
    assert [fetch(served, file, caller).status_code for caller in (other, ANONYMOUS)] == [404, 404]


def test_a_file_that_belongs_to_a_public_dataset_is_everyones_to_read(served: OverHttp) -> None:
    file = keep(served, b"bonjour")
    owner = {"owner_type": "package", "owner_id": served.new_dataset()["id"]}
    served.call("file_ownership_transfer", {"id": file["id"], **owner})
    assert fetch(served, file, ANONYMOUS).content == b"bonjour"


def test_a_page_is_offered_as_a_download_and_never_run(served: OverHttp) -> None:
    file = keep(served, b"<!DOCTYPE html><script>alert(1)</script>", name="page.html")
    answer = fetch(served, file, served.sysadmin)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    site = opened(tmp_path)
    ckan = InProcess(site)
    try:
        for caller in (ckan.new_user(), ANONYMOUS):
            with pytest.raises(NotAuthorized, match="Not allowed to manage files"):
                keep(ckan, b"bonjour", by=caller)
        assert list(site.storage.iter_names()) == []
        with pytest.raises(ValidationError, match="Storage default is not configured"):
            keep(ckan, b"bonjour")
    finally:
        site.close()


def test_a_file_sent_where_a_text_belongs_is_no_text(served: OverHttp) -> None:
    with pytest.raises(ValidationError, match="Missing value"):
        served.call("organization_create", {}, {"name": ("a.txt", io.BytesIO(b"bonjour"))})
    with pytest.raises(ValidationError, match="Missing value"):
        served.call("file_create", {"name": "a.txt"}, {"autre": ("a.txt", io.BytesIO(b"bonjour"))})


@pytest.mark.parametrize("transformer", LOCATION_TRANSFORMERS)
def test_two_files_may_have_one_name_where_their_locations_differ(transformer: str, tmp_path: Path) -> None:
    site = opened(tmp_path, **SETTINGS, **{"ckan.files.storage.default.location_transformers": [transformer]})
    try:
        ckan = InProcess(site)
        one, other = (
            ckan.call("file_create", {}, {"upload": ("Avis n° 1.txt", io.BytesIO(b"bonjour"))}) for _ in range(2)
        )
        assert one["name"] == other["name"] == "avis-n-1.txt"
        assert one["location"] != other["location"]
        assert one["hash"] == other["hash"]
    finally:
        site.close()


def test_a_public_storage_is_read_by_everyone_at_its_locations_and_no_other(tmp_path: Path) -> None:
    public = {"ckan.files.storage.avis.type": "odl-host", "ckan.files.storage.avis.public": True}
    server = start_server(tmp_path, settings={**SETTINGS, **public})
    try:
        ckan = OverHttp(server.url, server.new_token())
        sent = {"upload": ("note.txt", io.BytesIO(b"bonjour"))}
        file = ckan.call("file_create", {"name": "dossier/note.txt", "storage": "avis"}, sent)
        places = {f"avis/{file['location']}": 200, "avis/autre.txt": 404, "default/note.txt": 403, "rien/note.txt": 404}
        answers = {place: requests.get(f"{server.url}/file/public-download/{place}", timeout=60) for place in places}
        assert {place: answer.status_code for place, answer in answers.items()} == places
        assert answers[f"avis/{file['location']}"].content == b"bonjour"
    finally:
        stop_server(server)


@pytest.mark.parametrize(
    ("capability", "call"),
    [
        ("CREATE", lambda ckan, _: keep(ckan, b"bonsoir")),
        ("ANALYZE", lambda ckan, _: ckan.call("file_register", {"location": "autre.txt"})),
        ("REMOVE", lambda ckan, file: ckan.call("file_delete", {"id": file["id"]})),
    ],
)
def test_a_storage_does_not_do_what_it_is_kept_from(
    capability: str, call: Callable[[InProcess, Any], Any], tmp_path: Path
) -> None:
    site = opened(tmp_path, **SETTINGS)
    kept = keep(InProcess(site), b"bonjour")
    site.close()
    site = opened(tmp_path, **SETTINGS, **{"ckan.files.storage.default.disabled_capabilities": [capability]})
    try:
        with pytest.raises(ValidationError, match="Operation is not supported"):
            call(InProcess(site), kept)
    finally:
        site.close()


def test_a_check_of_the_catalogue_names_a_file_whose_bytes_are_gone(tmp_path: Path) -> None:
    site = opened(tmp_path, **SETTINGS)
    try:
        file = keep(InProcess(site), b"bonjour")
        assert check_site(site) == []
        site.storage.delete(file["hash"])
        assert check_site(site) == [f"1 files that are not in the storage: {file['id']}."]
    finally:
        site.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_kept_file_outlives_every_clean_up_and_a_deleted_one_goes_after_a_day(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("new_postgresql")() if engine == "postgresql" else ""
    site = opened(tmp_path, database, **SETTINGS)
    ckan, noted, now = InProcess(site), tmp_path / "noted.json", datetime.now(UTC)
    try:
        user = ckan.new_user()
        file = keep(ckan, b"bonjour", by=user)
        assert ckan.call("file_pin", {"id": file["id"]}, by=user) == {**file, "pinned": True}
        assert ckan.call("file_owner_scan", {"sort": "size"}, by=user)["results"] == [{**file, "pinned": True}]
        for days in (0, 2):
            clean_site(site, noted, keep=0, now=now + timedelta(days=days))
        assert site.storage.exists(file["hash"])
        with pytest.raises(ValidationError, match="File already exists"):
            ckan.call("file_create", {"name": file["name"]}, {"upload": ("a.txt", io.BytesIO(b"bonsoir"))}, by=user)
        ckan.call("file_delete", {"id": file["id"]}, by=user)
        with pytest.raises(NotFound):
            ckan.call("file_show", {"id": file["id"]})
        for days in (3, 5):
            clean_site(site, noted, keep=0, now=now + timedelta(days=days))
        assert not site.storage.exists(file["hash"])
    finally:
        site.close()


def test_who_owns_it_says_nothing_where_the_settings_do_not_ask(tmp_path: Path) -> None:
    kept_apart = {
        "ckan.files.owner.cascade_access": [],
        "ckan.files.owner.scan_as_update": False,
        "ckan.files.owner.transfer_as_update": False,
    }
    site = opened(tmp_path, **SETTINGS, **kept_apart)
    ckan = InProcess(site)
    try:
        user = ckan.new_user()
        file = keep(ckan, b"bonjour", by=user)
        with pytest.raises(NotAuthorized):
            ckan.call("file_owner_scan", {}, by=user)
        dataset = {"owner_type": "package", "owner_id": ckan.new_dataset()["id"]}
        with pytest.raises(NotAuthorized):
            ckan.call("file_ownership_transfer", {"id": file["id"], **dataset}, by=user)
        ckan.call("file_ownership_transfer", {"id": file["id"], **dataset})
        with pytest.raises(NotAuthorized):
            ckan.call("file_show", {"id": file["id"]}, by=user)
    finally:
        site.close()
