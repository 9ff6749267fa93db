"""CKAN's vocabulary: names, wire errors and the shapes of its objects.

Both sides of the seam speak these words: the embedded server raises the errors below, the client turns them (or what
a real CKAN answered) into the exceptions of `odl_host.errors`. Nothing here opens a file or a socket.

Behaviour observed on CKAN 2.12.0's Action API.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeAlias, TypedDict

JsonDict: TypeAlias = dict[str, Any]
"""A JSON object as the wire carries it."""

ErrorDict: TypeAlias = dict[str, Any]
"""Field name to a list of messages, or to a list of dictionaries for nested objects."""

NAME_MIN_LENGTH = 2
NAME_MAX_LENGTH = 100
NAME_PATTERN = re.compile(r"[a-z0-9_\-]*\Z")
ROWS_OF_FILE = "FOREIGN"
"""The `table_type` that the embedded catalogue gives a table whose rows are those of a published file, as PostgreSQL
calls what it reads from files."""
TAG_MIN_LENGTH = 2
TAG_MAX_LENGTH = 100
TAG_PATTERN = re.compile(r"[\w \-.]*\Z", re.UNICODE)


class WireError(Exception):
    """An answer of the Action API that is not a success."""

    status = 500
    kind = "Internal Server Error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    def error(self) -> ErrorDict:
        """The `error` member of CKAN's envelope."""
        return {"__type": self.kind, "message": self.message}


class NotFound(WireError):
    """The object is absent, or is not for this caller."""

    status = 404
    kind = "Not Found Error"

    def error(self) -> ErrorDict:
        """CKAN puts "Not found: " before the reason."""
        return {"__type": self.kind, "message": f"Not found: {self.message}" if self.message else "Not found"}


class NotAuthorized(WireError):
    """The caller may not do this."""

    status = 403
    kind = "Authorization Error"

    def error(self) -> ErrorDict:
        """CKAN puts "Access denied: " before the reason."""
        return {"__type": self.kind, "message": f"Access denied: {self.message}" if self.message else "Access denied"}


class ValidationError(WireError):
    """The parameters are refused; `error_dict` says which and why."""

    status = 409
    kind = "Validation Error"

    def __init__(self, error_dict: ErrorDict, message: str = "") -> None:
        super().__init__(message or _summary(error_dict))
        self.error_dict = error_dict

    def error(self) -> ErrorDict:
        """The messages, field by field."""
        return {**self.error_dict, "__type": self.kind}


class IntegrityError(WireError):
    """What was sent has the wrong shape; CKAN gives it back."""

    status = 400
    kind = "Integrity Error"

    def __init__(self, message: str, data: JsonDict) -> None:
        super().__init__(message)
        self.data = data

    def error(self) -> ErrorDict:
        """The reason, and what was sent."""
        return {"__type": self.kind, "message": self.message, "data": self.data}


class SearchQueryError(WireError):
    """The search parameters are refused."""

    status = 400
    kind = "Search Query Error"


class SearchError(WireError):
    """The search could not be run."""

    status = 409
    kind = "Search Error"


class BadRequest(WireError):
    """The request itself is malformed; the body of the answer is a bare JSON string."""

    status = 400
    kind = "Bad request"


def _summary(error_dict: ErrorDict) -> str:
    """Return the messages of `error_dict` on one line, for logs and for people.

    >>> _summary({"name": ["Missing value"], "resources": [{}, {"url": ["Missing value"]}]})
    'name: Missing value; resources[1].url: Missing value'
    """
    parts: list[str] = []

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{path}.{key}" if path else str(key), inner)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for index, inner in enumerate(value):
                walk(f"{path}[{index}]", inner)
        elif isinstance(value, list):
            parts.append(f"{path}: {', '.join(str(item) for item in value)}")
        elif value:
            parts.append(f"{path}: {value}")

    walk("", {key: value for key, value in error_dict.items() if key != "__type"})
    return "; ".join(parts)


def is_name(text: str) -> bool:
    """Return whether `text` may be the `name` of a dataset, a group or an organization.

    >>> is_name("saint-alban-leysse"), is_name("École"), is_name("x")
    (True, False, False)
    """
    return NAME_MIN_LENGTH <= len(text) <= NAME_MAX_LENGTH and NAME_PATTERN.match(text) is not None


_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ÿ": "y"})


def fold(text: str) -> str:
    """Return `text` without accents, in lower case; ligatures are spelt out.

    >>> fold("Cœur de Savoie — ÉCOLE")
    'coeur de savoie — ecole'
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def slug(text: str, *, max_length: int = NAME_MAX_LENGTH) -> str:
    """Return `text` as a CKAN name: lower-case ASCII words joined by single hyphens, or "" when nothing is left.

    >>> slug("Saint-Jean-d'Arvey"), slug("Délibérations  2024 (n° 3)")
    ('saint-jean-d-arvey', 'deliberations-2024-n-3')
    """
    return re.sub(r"[^a-z0-9_]+", "-", fold(text)).strip("-")[:max_length].strip("-")


def file_slug(filename: str, *, extension: str = "") -> str:
    """Return a file name that is safe in a URL: folded words, one extension, never empty.

    `extension` (with its dot) replaces the one of `filename`.

    >>> file_slug("Délibérations 2024.XLSX", extension=".csv")
    'deliberations-2024.csv'
    >>> file_slug("../../etc/passwd")
    'passwd'
    """
    base = re.split(r"[/\\]", filename)[-1]
    stem, dot, suffix = base.rpartition(".")
    if not dot or not stem:
        stem, suffix = base, ""
    ending = extension or (f".{re.sub(r'[^a-z0-9]+', '', fold(suffix))}" if suffix else "")
    return (slug(stem, max_length=80) or "fichier") + (ending if ending != "." else "")


class ResourceDict(TypedDict, total=False):
    """A resource as `package_show` gives it; unknown keys are kept by CKAN and allowed here by casting."""

    id: str
    package_id: str
    name: str | None
    description: str | None
    url: str
    url_type: str | None
    format: str
    hash: str
    size: int | None
    mimetype: str | None
    position: int
    state: str
    created: str
    last_modified: str | None
    metadata_modified: str


class OrganizationDict(TypedDict, total=False):
    """An organization as `organization_show` gives it."""

    id: str
    name: str
    title: str
    description: str
    image_url: str
    state: str
    type: str
    approval_status: str
    extras: list[dict[str, str]]
    package_count: int


class PackageDict(TypedDict, total=False):
    """A dataset as `package_show` gives it."""

    id: str
    name: str
    title: str
    notes: str | None
    owner_org: str | None
    organization: OrganizationDict | None
    license_id: str | None
    maintainer_email: str | None
    private: bool
    state: str
    type: str
    tags: list[dict[str, Any]]
    extras: list[dict[str, str]]
    resources: list[ResourceDict]
    metadata_created: str
    metadata_modified: str


def extras_of(values: dict[str, str | int | None]) -> list[dict[str, str]]:
    """Return CKAN's list form of extras, without the absent ones, sorted by key.

    >>> extras_of({"siren": "217300656", "epci": None})
    [{'key': 'siren', 'value': '217300656'}]
    """
    return [{"key": key, "value": str(value)} for key, value in sorted(values.items()) if value is not None]


def extras_dict(holder: Any) -> dict[str, str]:
    """Return the extras of a dataset or an organization as a plain dictionary.

    >>> extras_dict({"extras": [{"key": "siren", "value": "217300656"}]})
    {'siren': '217300656'}
    """
    return {str(item["key"]): str(item["value"]) for item in holder.get("extras") or []}
