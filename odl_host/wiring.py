"""The only place that chooses concrete classes: which catalogue, which storage, which site.

`application` is the entry point of production web servers (`odl_host.wiring:application`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.catalogue.client import Catalogue, EmbeddedCatalogue, RemoteCatalogue
from odl_host.catalogue.shelf import Shelf
from odl_host.config import Home, Secret, Settings, find_home, load_settings
from odl_host.errors import CatalogueNotFound, StorageError, Unavailable
from odl_host.storage import LocalStorage, S3Storage, Storage
from odl_host.storage.local import iter_chunks
from odl_host.tenants import CatalogueAddress, Tenant, list_tenants

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from odl_host.catalogue.source import Source
    from odl_host.server.sites import Site


def open_storage(tenant: Tenant) -> Storage:
    """Return where the tenant's files lie. :raises ConfigError: the keys of its bucket cannot be read."""
    address = tenant.manifest.storage
    if address.kind == "s3":
        bucket = address.open_bucket(address.bucket)
        # Below its own name: what one tenant does not use any more may be in use by another.
        prefix = f"{address.prefix.strip('/')}/{tenant.name}"
        return S3Storage(bucket, prefix, tenant.data / "incoming", links_valid_s=address.redirect_s)
    return LocalStorage(tenant.data / "files")


def open_shelf(tenant: Tenant) -> Shelf | None:
    """Return where the files that a CKAN elsewhere is sent are kept; None where the manifest says that none are.

    :raises ConfigError: the keys of the tenant's bucket cannot be read.
    """
    address = tenant.manifest.catalogue
    if address.kind != "ckan" or not address.versions:
        return None
    return Shelf(open_storage(tenant), tenant.data / "versions.jsonl")


def open_site(tenant: Tenant) -> Site:
    """Open the tenant's embedded catalogue, creating or migrating its database.

    :raises ConfigError: the database's URL cannot be used.
    :raises StorageError: the database cannot be opened, or it was lost.
    """
    from odl_host.server.sites import open_site as open_embedded

    require_database(tenant)
    return open_embedded(
        name=tenant.name,
        title=tenant.title,
        url=tenant.url,
        description=tenant.manifest.description,
        contact=tenant.manifest.contact,
        legal=tenant.manifest.legal,
        data_dir=tenant.data,
        storage=open_storage(tenant),
        settings={**_HOSTED, **tenant.manifest.ckan},
        database=tenant.manifest.catalogue.database_url(),
        schema_cache=tenant.home.schema_cache,
        post=_open_post(tenant),
    )


def _open_post(tenant: Tenant) -> Callable[[str, str, str], None] | None:
    """Return what sends the portal's letters, or None where this machine sends none."""
    settings, _ = load_settings(tenant.home)
    if not settings.smtp_host:
        return None

    def post(to: str, subject: str, text: str) -> None:
        from odl_host.pipeline.mail.sending import send_text

        send_text(settings, tenant, to, subject, text)

    return post


def require_database(tenant: Tenant) -> None:
    """Refuse to begin an empty catalogue beside what a lost one published: its ids and addresses would be lost too.

    :raises StorageError: the database is gone or empty.
    """
    path = tenant.data / "catalogue.sqlite"
    if tenant.manifest.catalogue.database_url() or (path.exists() and path.stat().st_size):
        return
    left = [folder for folder in (tenant.data / "files", tenant.data / "index") if folder.exists()]
    if left:
        raise StorageError(
            f"The catalogue's database {path} is {'empty' if path.exists() else 'gone'}, "
            f"and what it described is still here: {', '.join(map(str, left))}.",
            hint=f"Put back a backup of {path.name}. To begin an empty catalogue, move these folders away first.",
        )


def pending_migrations(tenant: Tenant) -> list[str]:
    """Return the names of the steps that the tenant's database still needs, without taking them.

    :raises ConfigError: a newer version wrote it. :raises StorageError: it cannot be opened, or it was lost.
    """
    from odl_host.server.database.database import open_database

    require_database(tenant)
    database = open_database(
        tenant.manifest.catalogue.database_url() or tenant.data / "catalogue.sqlite", migrate=False
    )
    try:
        return [step.__name__ for step in database.pending()]
    finally:
        database.close()


# A territory has hundreds of members: CKAN's page of 25 organizations would cost a run as many calls as its datasets.
_HOSTED = {"ckan.group_and_organization_list_all_fields_max": 1000}


@contextmanager
def open_catalogue(tenant: Tenant, settings: Settings) -> Iterator[Catalogue]:
    """Open the catalogue that the manifest names, with the rights of its administrator.

    :raises ConfigError: its token cannot be read. :raises StorageError: the embedded database cannot be opened.
    """
    address = tenant.manifest.catalogue
    if address.kind == "ckan":
        yield RemoteCatalogue(address.url, address.token(), timeout_s=settings.http_timeout_s, shelf=open_shelf(tenant))
        return
    site = open_site(tenant)
    try:
        yield EmbeddedCatalogue(site.as_sysadmin(), tenant.url, site.storage.iter_names)
    finally:
        site.close()


def open_source(origin: str, token_env: str | None, settings: Settings, *, with_deleted: bool = True) -> Source:
    """Return where objects to import come from: a CKAN's address, a dump's file or folder.

    :raises ConfigError: the variable that should hold the token is not set. :raises UsageError: there is no such file.
    """
    from odl_host.catalogue.dump_source import DumpSource
    from odl_host.catalogue.source import CkanSource

    if not origin.startswith(("http://", "https://")):
        return DumpSource(Path(origin), timeout_s=settings.http_timeout_s)
    remote, token = _open_ckan(origin, token_env, settings)
    return CkanSource(remote, token, timeout_s=settings.http_timeout_s, with_deleted=with_deleted)


@contextmanager
def open_target(tenant: Tenant | None, address: str, token_env: str | None, settings: Settings) -> Iterator[Catalogue]:
    """Open where objects are brought to: the tenant's catalogue, or a CKAN at an address.

    :raises ConfigError: a token cannot be read. :raises StorageError: the embedded database cannot be opened.
    """
    if tenant is None:
        yield _open_ckan(address, token_env, settings)[0]
    else:
        with open_catalogue(tenant, settings) as catalogue:
            yield catalogue


def _open_ckan(url: str, token_env: str | None, settings: Settings) -> tuple[RemoteCatalogue, Secret | None]:
    token = CatalogueAddress(kind="ckan", url=url, token_env=token_env or "").token()
    return RemoteCatalogue(url, token, timeout_s=settings.http_timeout_s), token


@contextmanager
def open_own_source(tenant: Tenant, settings: Settings) -> Iterator[Source]:
    """Open the tenant's catalogue to be read whole, with the rights of its administrator.

    :raises ConfigError: its token cannot be read. :raises StorageError: the embedded database cannot be opened.
    """
    from odl_host.catalogue.source import CkanSource

    timeout_s = settings.http_timeout_s
    if tenant.manifest.catalogue.kind == "ckan":
        with open_catalogue(tenant, settings) as catalogue:
            yield CkanSource(catalogue, tenant.manifest.catalogue.token(), timeout_s=timeout_s)
        return
    site = open_site(tenant)
    try:
        yield source_of(site, tenant.url, timeout_s=timeout_s)
    finally:
        site.close()


def source_of(site: Site, url: str, *, timeout_s: float) -> Source:
    """Return an embedded catalogue to be read whole; its files are at hand, no server need run."""
    from odl_host.catalogue.source import CkanSource

    catalogue = EmbeddedCatalogue(site.as_sysadmin(), url)
    return CkanSource(
        catalogue,
        None,
        timeout_s=timeout_s,
        read=lambda resource_id, is_original: _read_file(site, resource_id, is_original=is_original),
        read_image=lambda folder, name: _read_image(site, folder, name),
        own_user=str(catalogue.call_action("get_site_user")["id"]),
    )


def _read_file(site: Site, resource_id: str, *, is_original: bool) -> Iterator[bytes]:
    """Yield a file: not by the `hash` that the resource shows, which who edits it may write."""
    from odl_host.server.objects.datasets import find_resource

    with site.db.reading() as db:
        resource = find_resource(db, resource_id)
    sha256 = resource and (resource.original if is_original else resource.blob)
    if not sha256:
        raise CatalogueNotFound(f"The resource {resource_id} has no file here.")
    yield from _read_blob(site, sha256)


def _read_blob(site: Site, sha256: str) -> Iterator[bytes]:
    with site.storage.open(sha256) as content:
        yield from iter_chunks(content)


def _read_image(site: Site, folder: str, name: str) -> Iterator[bytes]:
    from odl_host.server.files.images import find_image

    with site.db.reading() as db:
        sha256 = find_image(db, folder, name)
    if sha256 is None:
        raise Unavailable(f"The logo {name} is not stored here.")
    yield from _read_blob(site, sha256)


class HostedSites:
    """The sites of one home, found by the `Host` header; each is opened at its first request.

    Manifests are read once: a server is restarted when a tenant is added.
    """

    def __init__(self, home: Home) -> None:
        self.tenants = [tenant for tenant in list_tenants(home) if tenant.manifest.catalogue.kind == "embedded"]
        self._sites: dict[str, Site] = {}
        self._by_host: dict[str, Site] = {}

    def find(self, host: str) -> Site | None:
        """Return the site that answers to a host, or None."""
        known = self._by_host.get(host)
        if known is not None:
            return known
        for tenant in self.tenants:
            if tenant.answers(host):
                if tenant.name not in self._sites:
                    self._sites[tenant.name] = open_site(tenant)
                self._by_host[host] = self._sites[tenant.name]
                return self._by_host[host]
        return None


def application() -> ASGIApp:
    """Return the web application of the home that `ODL_HOME` names."""
    from odl_host.server.app import create_app

    return create_app(HostedSites(find_home(None)).find)
