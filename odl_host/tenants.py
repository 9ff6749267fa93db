"""Tenants: the hosted portals of one home, each described by a manifest that is fit for git.

A manifest says what should be; the catalogue holds what is. Nothing here talks to a catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from odl_host.ckan import NAME_MAX_LENGTH, NAME_MIN_LENGTH, is_name
from odl_host.ckan_settings import merge_settings
from odl_host.config import Home, Secret, TomlFile, read_secret, read_variable
from odl_host.errors import ConfigError, UsageError
from odl_host.storage.address import SourceAddress, StorageAddress, is_remote

# What CRPA D. 323-2-1 allows for information, by the ids that data.gouv.fr knows.
LICENCES = {"lov2": "Licence Ouverte 2.0", "odc-odbl": "ODbL"}
# The names that people give them, and those of SPDX (spdx.org/licenses).
_LICENCE_NAMES = {
    "licence ouverte": "lov2", "licence ouverte 2.0": "lov2", "etalab-2.0": "lov2",
    "odbl": "odc-odbl", "odbl-1.0": "odc-odbl", "odbl 1.0": "odc-odbl",
}  # fmt: skip
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Perimeter:
    """The territory that a tenant's operator accompanies, as official codes; France when `france` is true."""

    communes: tuple[str, ...] = ()
    epci: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    france: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueAddress:
    """Which catalogue holds the datasets: the embedded one, in a file or in PostgreSQL, or a CKAN elsewhere.

    `datastore`: the rows of published tables are loaded into the DataStore of a CKAN that has one. `versions`: each
    file that a CKAN is sent is kept in the tenant's storage, so that it can come back.
    """

    kind: str = "embedded"
    url: str = ""
    token_env: str = ""
    token_file: str = ""
    database: str = ""
    database_env: str = ""
    datastore: bool = True
    versions: bool = True

    def database_url(self) -> str:
        """Return the PostgreSQL URL of the embedded catalogue, or "" when it is a file of its own.

        :raises ConfigError: the variable that the manifest names holds nothing.
        """
        if not self.database_env:
            return self.database
        if value := read_variable(self.database_env):
            return value.strip()
        raise ConfigError(
            f"The environment variable {self.database_env}, which should hold the database's URL, is not set.",
            hint=f"Set it: export {self.database_env}=postgresql://user:password@host/database",
        )

    def token(self) -> Secret | None:
        """Return the token of a CKAN elsewhere, or None when the manifest names none.

        :raises ConfigError: the variable or the file that the manifest names holds nothing.
        """
        return read_secret(self.token_env, self.token_file, "the catalogue's token")


POLICIES = ("strict", "tolerant")


@dataclass(frozen=True, slots=True)
class Publishing:
    """How the tenant's files are published. `other_licences`: those that were approved for it beyond the law's own.

    `policy`: "strict" publishes only what its schema accepts; "tolerant" publishes the rest too, with its errors said
    on its page. `policies` says otherwise for one schema, by its name ("scdl/equipements" = "tolerant").
    `keep_versions`: how many versions of a file `odl-host gc` leaves; 0 leaves all.
    """

    deposit: str = ""
    licence: str = "lov2"
    other_licences: tuple[str, ...] = ()
    policy: str = "strict"
    policies: Mapping[str, object] = field(default_factory=dict)
    keep_versions: int = 0

    def tolerates(self, schema: str) -> bool:
        """Return whether a file that this schema refuses is published all the same."""
        return self.policies.get(schema, self.policy) == "tolerant"

    @property
    def tolerates_some(self) -> bool:
        """Whether there is any schema whose refused files are published."""
        return "tolerant" in {self.policy, *self.policies.values()}


@dataclass(frozen=True, slots=True)
class MemberQuota:
    """What one member may publish where it differs from the others; `member` is its code, SIREN or name."""

    member: str = ""
    files: int = 0
    mb: int = 0
    file_mb: int = 0


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much may be published: by each member, in one file, by the whole tenant; 0 sets no limit."""

    member_files: int = 0
    member_mb: int = 0
    file_mb: int = 0
    tenant_files: int = 0
    tenant_mb: int = 0
    members: tuple[MemberQuota, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """Who is written to after a run besides the members' contacts: `digest`, the addresses of the operator's people."""

    digest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Legal:
    """What the portal's legal notice must name (loi n° 2004-575, LCEN); each may have several lines.

    `publisher`: the body that runs the portal, its seat and its telephone. `director`: who answers for what it
    publishes. `host`: whose machines it runs on, their address and telephone.
    """

    publisher: str = ""
    director: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest may say."""

    title: str = ""
    description: str = ""
    url: str = "http://127.0.0.1:8000"
    hosts: tuple[str, ...] = ()
    contact: str = ""
    legal: Legal = field(default_factory=Legal)
    perimeter: Perimeter = field(default_factory=Perimeter)
    catalogue: CatalogueAddress = field(default_factory=CatalogueAddress)
    publish: Publishing = field(default_factory=Publishing)
    storage: StorageAddress = field(default_factory=StorageAddress)
    sources: tuple[SourceAddress, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)
    mail: Mail = field(default_factory=Mail)
    ckan: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A hosted portal: its name, its manifest, and its folders."""

    name: str
    manifest: Manifest
    home: Home
    manifest_file: Path

    @property
    def title(self) -> str:
        """The portal's title."""
        return self.manifest.title or self.name

    @property
    def url(self) -> str:
        """The portal's public address, without a slash at the end."""
        return self.manifest.url.rstrip("/")

    @property
    def legal_gaps(self) -> tuple[str, ...]:
        """The keys of [legal] that a portal that the public sees still lacks."""
        if self.manifest.catalogue.kind != "embedded" or urlsplit(self.url).hostname in LOOPBACK:
            return ()
        return tuple(key for key in ("publisher", "director", "host") if not getattr(self.manifest.legal, key).strip())

    @property
    def data(self) -> Path:
        """Where the programs write for this tenant."""
        return self.home.tenant_data(self.name)

    @property
    def deposit(self) -> Path:
        """The folder of this machine that the town halls' files arrive in, whatever other sources there are."""
        chosen = self.manifest.publish.deposit
        return (self.home.path / chosen).resolve() if chosen and not is_remote(chosen) else self.data / "deposit"

    @property
    def decisions(self) -> Path:
        """Where what people decide on held files is recorded."""
        return self.data / "decisions.jsonl"

    @property
    def reports(self) -> Path:
        """Where the reports for the town halls are written."""
        return self.data / "reports"

    @property
    def organizations(self) -> Path:
        """Where the organizations of a CKAN are remembered; it may be deleted at any time."""
        return self.data / "organizations.json"

    @property
    def unused(self) -> Path:
        """Where it is noted since when stored files are without use."""
        return self.data / "unused-files.json"

    @property
    def contacts(self) -> Path:
        """Who is written to at each member; only this machine knows it."""
        return self.data / "contacts.csv"

    def answers(self, host: str) -> bool:
        """Return whether a `Host` header (with or without its port) names this tenant.

        The names of the loopback interface are one host: who declares 127.0.0.1 is reached as localhost too.
        """
        wanted = _host_name(host)
        own = {_host_name(urlsplit(self.manifest.url).netloc), *map(_host_name, self.manifest.hosts)}
        return wanted in own or (wanted in LOOPBACK and not own.isdisjoint(LOOPBACK))


def _host_name(host: str) -> str:
    """Return a host in lower case, without its port.

    >>> _host_name("Data.Savoie.fr:8000"), _host_name("[::1]:80"), _host_name("::1")
    ('data.savoie.fr', '::1', '::1')
    """
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name if name.count(":") > 1 else name.partition(":")[0]


def licence_id(name: str) -> str:
    """Return the id of a licence of `LICENCES` that people call otherwise, or the name as it is.

    >>> licence_id("ODbL"), licence_id("lov2"), licence_id("cc-by")
    ('odc-odbl', 'lov2', 'cc-by')
    """
    return _LICENCE_NAMES.get(name.lower(), name)


def check_tenant_name(name: str) -> str:
    """Return `name` when it can name a tenant. :raises UsageError: when it cannot."""
    example = "For example: odl-host init savoie --department 73"
    if not NAME_MIN_LENGTH <= len(name) <= NAME_MAX_LENGTH:
        raise UsageError(
            f"“{name}” cannot name a tenant: a name has {NAME_MIN_LENGTH} to {NAME_MAX_LENGTH} characters, "
            f"this one {len(name)}.",
            hint=example,
        )
    if name == "schemas":
        raise UsageError("“schemas” cannot name a tenant: this folder is that of the schemas.", hint=example)
    if not is_name(name):
        raise UsageError(
            f"“{name}” cannot name a tenant: use lower-case letters without accents, digits and hyphens.", hint=example
        )
    return name


def list_tenants(home: Home) -> list[Tenant]:
    """Return the tenants of a home, by name. :raises ConfigError: a manifest cannot be used."""
    tenants = [load_tenant(home, file.stem) for file in sorted(home.tenants.glob("*.toml"))]
    owners: dict[str, str] = {}
    for tenant in tenants:
        catalogue = tenant.manifest.catalogue
        database = catalogue.database_env or catalogue.database
        if database and owners.setdefault(database, tenant.name) != tenant.name:
            raise ConfigError(
                f"The tenants {owners[database]} and {tenant.name} name the same database ({database}).",
                hint="Each catalogue needs a database of its own: create another, and name it in one of the manifests.",
            )
    return tenants


def load_tenant(home: Home, name: str) -> Tenant:
    """Read one tenant's manifest. :raises ConfigError: it is absent, or holds something that cannot be used."""
    file = home.tenants / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in home.tenants.glob("*.toml")))
        raise ConfigError(
            f"There is no tenant “{name}” in {home.tenants}" + (f"; there are: {known}." if known else "."),
            hint=f"Create it with: odl-host init {name} --department CODE",
        )
    check_tenant_name(name)
    document = TomlFile.read(file)
    manifest = document.build(Manifest)
    _check(document, manifest)
    return Tenant(name, manifest, home, file)


def choose_tenant(home: Home, name: str | None) -> Tenant:
    """Return the named tenant, or the only one there is. :raises UsageError: there are none, or several."""
    if name:
        return load_tenant(home, name)
    files = sorted(home.tenants.glob("*.toml"))
    if not files:
        raise UsageError(
            f"There is no tenant in {home.path}.",
            hint="Create one with: odl-host init NAME --department CODE, or point --home at another folder.",
        )
    if len(files) > 1:
        raise UsageError(
            f"There are several tenants here: {', '.join(file.stem for file in files)}.",
            hint=f"Say which, for example: -t {files[0].stem}",
        )
    return load_tenant(home, files[0].stem)


def _check(document: TomlFile, manifest: Manifest) -> None:
    """Refuse values that could only fail later. :raises ConfigError: at the first one."""
    parts = urlsplit(manifest.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise document.error(("url",), f"“{manifest.url}” is not an address that starts with http:// or https://.")
    if parts.path.strip("/"):
        raise document.error(("url",), "the portal's address cannot have a path: a portal is known by its host.")
    try:
        merge_settings(manifest.ckan)
    except ConfigError as error:
        raise ConfigError(document.error(("ckan",), error.message).message, hint=error.hint) from error
    if manifest.publish.licence not in {*LICENCES, *manifest.publish.other_licences}:
        raise document.error(
            ("publish", "licence"),
            f"“{manifest.publish.licence}” is not a licence that the law allows (CRPA D. 323-2-1): "
            f"{', '.join(LICENCES)}. One that was approved for you (D. 323-2-2) is named in other_licences.",
        )
    for key, policy in {"policy": manifest.publish.policy, **manifest.publish.policies}.items():
        if policy not in POLICIES:
            place = ("publish", "policy") if key == "policy" else ("publish", "policies", key)
            raise document.error(place, f"“{policy}” is neither “strict” nor “tolerant”.")
    if manifest.publish.keep_versions < 0:
        raise document.error(("publish", "keep_versions"), "a number of versions is 1 or more, or 0 to keep all.")
    catalogue = manifest.catalogue
    if catalogue.kind not in {"embedded", "ckan"}:
        raise document.error(("catalogue", "kind"), f"“{catalogue.kind}” is neither “embedded” nor “ckan”.")
    if catalogue.database and not re.match(r"postgres(ql)?://", catalogue.database):
        raise document.error(
            ("catalogue", "database"), "a database is given as postgresql://user@host/name; without it, SQLite is used."
        )
    if urlsplit(catalogue.database).password:
        raise document.error(
            ("catalogue", "database"),
            "a manifest holds no password: put the whole URL in a variable, and name it with database_env.",
        )
    if catalogue.kind == "ckan" and not re.match(r"https?://", catalogue.url):
        raise document.error(("catalogue", "url"), "a CKAN needs its address, for example https://ckan.example.fr.")
    if problem := manifest.storage.find_problem():
        raise document.error(("storage", problem[0]), problem[1])
    for address in manifest.mail.digest:
        if not re.fullmatch(r"[^\s@,;]+@[^\s@,;]+", address):
            raise document.error(("mail", "digest"), f"“{address}” is not an e-mail address.")
    for source in manifest.sources:
        if problem := source.find_problem():
            raise document.error(("sources", problem[0]), problem[1])
