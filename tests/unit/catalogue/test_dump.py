"""A folder that a catalogue is written into again holds what the catalogue holds now, and is for its owner alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odl_host.catalogue.client import EmbeddedCatalogue, Upload
from odl_host.catalogue.dump import write_dump
from odl_host.catalogue.dump_source import DumpSource
from odl_host.server.sites import Site
from odl_host.wiring import source_of
from tests.sites import site_in


class Dumped:
    """A catalogue with one file, and the folder that it is written into."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.catalogue = EmbeddedCatalogue(site.as_sysadmin(), "http://portail.example.org")
        self.folder = folder / "sortie"
        self.site = site
        self.sent = folder / "sent"
        owner = self.catalogue.call_action("organization_create", {"name": "aime"})["id"]
        dataset = self.catalogue.call_action("package_create", {"name": "jeu", "owner_org": owner})
        self.resource = str(
            self.catalogue.call_action("resource_create", {"package_id": dataset["id"], "url": "x"})["id"]
        )

    def upload(self, name: str, content: bytes) -> None:
        self.sent.write_bytes(content)
        self.catalogue.call_action(
            "resource_patch", {"id": self.resource}, {"upload": Upload(self.sent, name, "text/csv")}
        )

    def write(self) -> None:
        source = source_of(self.site, self.catalogue.url, timeout_s=30)
        write_dump(source, self.folder, kinds=("organizations", "datasets"), with_files=True)

    def read(self) -> bytes:
        dump = DumpSource(self.folder, timeout_s=30)
        (dataset,) = dump.objects("datasets")
        return b"".join(dump.content(dataset["resources"][0]))


@pytest.fixture
def dumped(tmp_path: Path) -> Iterator[Dumped]:
    site = site_in(tmp_path / "site", "http://portail.example.org")
    yield Dumped(site, tmp_path)
    site.close()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"a;b\n1;2\n"), ("a.csv", b"a;b\n1;2;3\n"), ("b.csv", b"a;b\n1;3\n"), ("0.csv", b"a;b\n1;3\n")],
    ids=["of the same length", "longer", "of a later name", "of an earlier name"],
)
def test_a_file_that_took_the_place_of_another_is_the_one_in_the_dump(
    dumped: Dumped, name: str, content: bytes
) -> None:
    dumped.upload("a.csv", b"a;b\n1;9\n")
    dumped.write()
    assert dumped.read() == b"a;b\n1;9\n"
    dumped.upload(name, content)
    dumped.write()
    assert dumped.read() == content


def test_who_edits_a_resource_may_call_its_hash_what_they_like(dumped: Dumped) -> None:
    dumped.upload("a.csv", b"a;b\n1;9\n")
    dumped.catalogue.call_action("resource_patch", {"id": dumped.resource, "hash": "md5:0"})
    dumped.write()
    assert dumped.read() == b"a;b\n1;9\n"


def test_a_resource_that_says_it_was_uploaded_and_has_no_file_stops_no_dump(dumped: Dumped) -> None:
    dumped.catalogue.call_action("resource_patch", {"id": dumped.resource, "url_type": "upload", "url": "a.csv"})
    dumped.write()
    assert list((dumped.folder / "files").rglob("*.csv*")) == []


def test_what_a_killed_run_left_half_is_not_taken_for_a_file(dumped: Dumped) -> None:
    dumped.upload("a.csv", b"a;b\n1;9\n")
    dumped.write()
    (dumped.folder / "files" / dumped.resource / ".a.csv.part").write_bytes(b"a;")
    assert dumped.read() == b"a;b\n1;9\n"


def test_a_dump_is_for_its_owner_alone(dumped: Dumped) -> None:
    dumped.upload("a.csv", b"a;b\n1;9\n")
    fields = [{"id": "a", "type": "text"}]
    table = {"resource": {"package_id": "jeu"}, "fields": fields, "records": [{"a": "x"}]}
    dumped.catalogue.call_action("datastore_create", table)
    dumped.write()
    files = [file for file in dumped.folder.rglob("*") if file.is_file()]
    assert {file.parent.name for file in files} == {"sortie", "rows", dumped.resource}
    assert [file for file in files if file.stat().st_mode & 0o077] == []
