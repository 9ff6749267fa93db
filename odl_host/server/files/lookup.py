"""Which stored file stands behind an address, for whom."""

from __future__ import annotations

from dataclasses import dataclass

from odl_host.ckan import NotAuthorized, NotFound
from odl_host.server.documents import SITE
from odl_host.server.files.filestore import find_file_at, find_storage, find_stored_file
from odl_host.server.files.images import find_image
from odl_host.server.files.rules import may
from odl_host.server.files.versions import get_version
from odl_host.server.objects.datasets import Resource, get_dataset, get_resource
from odl_host.server.objects.resource_fields import SCHEMES
from odl_host.server.permissions import is_reader
from odl_host.server.registry import Context, User
from odl_host.server.sites import Site


@dataclass(frozen=True, slots=True)
class ResourceFile:
    """A stored file under the name that its address ends with."""

    name: str
    sha256: str
    media_type: str = ""
    """What it is, where that is known otherwise than by its name."""


class Linked(NotFound):
    """A resource has no file here: its address leads to one elsewhere."""

    def __init__(self, address: str) -> None:
        super().__init__("The file is elsewhere.")
        self.address = address


def find_file(site: Site, user: User | None, resource_id: str, *, is_original: bool) -> ResourceFile:
    """Return the file of a resource, or with `is_original` the one as its producer sent it.

    :raises Linked: it is not here.
    :raises NotFound: no such resource, or it has no such file.
    :raises NotAuthorized: the caller may not read its dataset.
    """
    resource = _readable(site, user, resource_id)
    name, sha256 = (resource.original_name, resource.original) if is_original else (resource.blob_name, resource.blob)
    if sha256 and name:
        return ResourceFile(name, sha256)
    address = str(resource.fields.get("url")).replace(SITE, site.url)
    if not is_original and resource.fields.get("url_type") != "upload" and address.startswith(SCHEMES):
        raise Linked(address)
    raise NotFound("Resource was not found.")


def find_address(site: Site, user: User | None, resource_id: str) -> str:
    """Return the address of a resource as it is stored: one of this site begins with `SITE`.

    :raises NotFound: no such resource. :raises NotAuthorized: the caller may not read its dataset.
    """
    return str(_readable(site, user, resource_id).fields.get("url") or "")


def _readable(site: Site, user: User | None, resource_id: str) -> Resource:
    with site.db.reading() as db:
        resource = get_resource(db, resource_id)
        dataset = get_dataset(db, resource.package_id)
        if not is_reader(Context("resource_show", site, db, user), dataset):
            raise NotAuthorized(f"User not authorized to read resource {resource_id}")
    return resource


def find_owned_file(site: Site, user: User | None, file_id: str) -> ResourceFile:
    """Return a file that is no resource's.

    :raises NotFound: there is none, or the caller may not read it: as in CKAN, only who may is told of it.
    """
    with site.db.reading() as db:
        file = find_stored_file(db, file_id)
        if file is None or not may(Context("file_show", site, db, user), file, "show"):
            raise NotFound("File was not found.")
    return ResourceFile(file.name, file.blob, file.content_type)


def find_public_file(site: Site, storage_name: str, location: str) -> ResourceFile:
    """Return a file of a public storage.

    :raises NotFound: there is no such storage or file. :raises NotAuthorized: the storage is not public.
    """
    storage = find_storage(site.settings, storage_name)
    if storage is not None and not storage.public:
        raise NotAuthorized("The storage is not public")
    with site.db.reading() as db:
        file = find_file_at(db, storage_name, location) if storage is not None else None
    if file is None:
        raise NotFound("File was not found.")
    return ResourceFile(file.name, file.blob, file.content_type)


def find_image_file(site: Site, folder: str, name: str) -> ResourceFile:
    """Return the file of an organization's, a group's or a user's image. :raises NotFound: there is none."""
    with site.db.reading() as db:
        sha256 = find_image(db, folder, name)
    if sha256 is None:
        raise NotFound("Image was not found.")
    return ResourceFile(name, sha256)


def find_version(site: Site, user: User | None, resource_id: str, number: int) -> ResourceFile:
    """Return the file that a resource had in one of its versions; none of a resource that is gone.

    :raises NotFound: no such resource, or no such version.
    :raises NotAuthorized: the caller may not read its dataset.
    """
    if not _readable(site, user, resource_id).blob:
        raise NotFound("Resource was not found.")
    with site.db.reading() as db:
        version = get_version(db, resource_id, number)
    return ResourceFile(version.blob_name, version.blob)
