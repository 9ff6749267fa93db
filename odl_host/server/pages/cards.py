"""What the portal's pages show of a member, a dataset and a file, taken out of the dictionaries that actions return.

The keys that the toolkit writes into CKAN's extras are read here and nowhere else in the portal. A catalogue filled by
other programs lacks them: each is optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from odl_host.ckan import extras_dict
from odl_host.server.rendering import vocabulary
from odl_host.server.rendering.languages import Language, french

NAMELESS = french("Fichier sans nom")
PERIOD = french("du %(start)s au %(end)s")
SINCE = french("depuis le %(start)s")
HIDDEN = {"private": french("Privé"), "draft": french("Brouillon"), "deleted": french("Supprimé")}


@dataclass(frozen=True, slots=True)
class MemberCard:
    """A commune or another member: an organization of the catalogue."""

    id: str
    name: str
    title: str
    description: str
    dataset_count: int
    kind: str
    commune_code: str
    siren: str
    population: str
    epci_siren: str
    epci_name: str
    departement_code: str
    departement_name: str
    vintage: str

    @classmethod
    def read(cls, organization: Mapping[str, Any], language: Language) -> MemberCard:
        """Return the card of an organization, as `organization_show` or `organization_list` gives it, in a language."""
        extras = extras_dict(organization)
        kind, population = vocabulary.KINDS.get(extras.get("member_kind", ""), ""), extras.get("population", "")
        return cls(
            id=organization["id"],
            name=organization["name"],
            title=organization.get("title") or organization["name"],
            description=organization.get("description") or "",
            dataset_count=int(organization.get("package_count") or 0),
            kind=language.say(kind),
            commune_code=extras.get("commune_code", ""),
            siren=extras.get("siren", ""),
            population=language.count_of(int(population), "habitant", "habitants") if population.isdecimal() else "",
            epci_siren=extras.get("epci_siren", ""),
            epci_name=extras.get("epci_nom", ""),
            departement_code=extras.get("departement_code", ""),
            departement_name=extras.get("departement_nom", ""),
            vintage=extras.get("millesime", ""),
        )

    @property
    def facts(self) -> str:
        """What tells a member from the others, on one line."""
        kind = "" if self.commune_code else self.kind
        return " · ".join(part for part in (kind, self.population, self.epci_name) if part)


@dataclass(frozen=True, slots=True)
class FileCard:
    """A file: a resource of the catalogue."""

    id: str
    name: str
    description: str
    url: str
    format: str
    size_bytes: int | None
    sha256: str
    rows: int | None
    original_url: str
    original_format: str
    original_size_bytes: int | None
    schema_name: str
    schema_title: str
    schema_version: str
    schema_url: str
    validated: str
    error_count: int
    errors: tuple[str, ...]
    modified: str
    is_held: bool
    has_rows: bool

    @classmethod
    def read(cls, resource: Mapping[str, Any], language: Language) -> FileCard:
        """Return the card of a resource, as `resource_show` or `package_show` gives it, in a language."""
        schema_name = str(resource.get("schema_name") or "")
        original_url = str(resource.get("original_url") or "")
        return cls(
            id=resource["id"],
            name=resource.get("name") or str(resource.get("url") or "").rpartition("/")[2] or language.say(NAMELESS),
            description=resource.get("description") or "",
            url=web_address(resource.get("url")),
            format=str(resource.get("format") or "").upper(),
            size_bytes=_whole(resource.get("size")),
            sha256=str(resource.get("hash") or "").removeprefix("sha256:"),
            rows=_whole(resource.get("rows")),
            original_url=web_address(original_url),
            original_format=original_url.rpartition(".")[2].upper() if "." in original_url.rpartition("/")[2] else "",
            original_size_bytes=_whole(resource.get("original_size")),
            schema_name=schema_name,
            schema_title=vocabulary.schema_title(schema_name) if schema_name else "",
            schema_version=str(resource.get("schema_version") or ""),
            schema_url=web_address(resource.get("schema_url")),
            validated=language.day(resource.get("validated_on")),
            error_count=_whole(resource.get("validation_errors")) or 0,
            errors=tuple(str(resource.get("validation_summary") or "").splitlines()),
            modified=language.day(resource.get("last_modified") or resource.get("metadata_modified")),
            is_held=resource.get("url_type") == "upload",
            has_rows=bool(resource.get("datastore_active")),
        )

    @property
    def is_valid(self) -> bool:
        """Whether the file was checked against its schema and found true to it; only such files get a date."""
        return bool(self.schema_name and self.validated and not self.error_count)

    @property
    def can_preview(self) -> bool:
        """Whether the first lines can be shown: the catalogue itself holds the file, and it is a CSV."""
        return self.is_held and self.format == "CSV"


@dataclass(frozen=True, slots=True)
class VersionCard:
    """A file that stood at an address before: the day it came online, and an address of its own."""

    number: int
    day: str
    url: str
    size_bytes: int
    rows: int | None

    @classmethod
    def read(cls, version: Mapping[str, Any], language: Language) -> VersionCard:
        """Return the card of a version, as `odl_version_list` gives it, in a language."""
        rows = str(version.get("rows") or "")
        return cls(
            number=version["version"],
            day=language.day(version["created"]),
            url=version["url"],
            size_bytes=int(version.get("size") or 0),
            rows=int(rows) if rows.isdigit() else None,
        )


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """A dataset: a package of the catalogue."""

    id: str
    name: str
    title: str
    notes: str
    member_name: str
    member_title: str
    licence: str
    licence_url: str
    tags: tuple[str, ...]
    created: str
    created_iso: str
    modified: str
    modified_iso: str
    theme: str
    frequency: str
    period: str
    contact: str
    contact_email: str
    groups: tuple[tuple[str, str], ...]
    """Names and titles."""
    hidden: str
    """Why only some see it: a private dataset, a draft, a deleted one; "" for the public's."""
    files: tuple[FileCard, ...]

    @classmethod
    def read(cls, package: Mapping[str, Any], language: Language) -> DatasetCard:
        """Return the card of a dataset, as `package_show` or `package_search` gives it, in a language."""
        extras = extras_dict(package)
        organization = package.get("organization") or {}
        licence_id = package.get("license_id") or ""
        start, end = language.day(extras.get("temporal_start")), language.day(extras.get("temporal_end"))
        return cls(
            id=package["id"],
            name=package["name"],
            title=package.get("title") or package["name"],
            notes=package.get("notes") or "",
            member_name=organization.get("name") or "",
            member_title=organization.get("title") or organization.get("name") or "",
            licence=language.say(vocabulary.LICENCES.get(licence_id, package.get("license_title") or licence_id)),
            licence_url=web_address(package.get("license_url")),
            tags=tuple(tag["name"] for tag in package.get("tags") or ()),
            created=language.day(package.get("metadata_created")),
            created_iso=str(package.get("metadata_created") or "")[:10],
            modified=language.day(package.get("metadata_modified")),
            modified_iso=str(package.get("metadata_modified") or "")[:10],
            theme=language.say(vocabulary.theme(extras.get("theme", ""))),
            frequency=language.say(vocabulary.frequency(extras.get("frequency", ""))),
            period=language.say(PERIOD if end else SINCE, start=start, end=end) if start else "",
            contact=package.get("maintainer") or package.get("author") or "",
            contact_email=package.get("maintainer_email") or package.get("author_email") or "",
            groups=tuple((group["name"], group.get("title") or group["name"]) for group in package.get("groups") or ()),
            hidden=language.say(HIDDEN.get("private" if package.get("private") else package.get("state", ""), "")),
            files=tuple(FileCard.read(resource, language) for resource in package.get("resources") or ()),
        )

    @property
    def formats(self) -> list[str]:
        """The formats of the files, each once."""
        return list(dict.fromkeys(file.format for file in self.files if file.format))

    @property
    def schema(self) -> FileCard | None:
        """A file that names the schema it follows, or None."""
        return next((file for file in self.files if file.schema_name), None)

    @property
    def is_valid(self) -> bool:
        """Whether every file was checked against its schema and found true to it."""
        return bool(self.files) and all(file.is_valid for file in self.files)


def web_address(value: object) -> str:
    """Return an address only when a browser may follow it safely: http, https, or a path of this site.

    >>> web_address("javascript:alert(1)"), web_address("https://a.fr/x.csv"), web_address("//evil.example")
    ('', 'https://a.fr/x.csv', '')
    """
    text = str(value or "").strip()
    if text.lower().startswith(("http://", "https://")) or (text.startswith("/") and not text.startswith("//")):
        return text
    return ""


def _whole(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
