"""What callers may send as a resource, and the document that is kept of it."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from odl_host.ckan import JsonDict
from odl_host.server.clock import now
from odl_host.server.datastore.published import is_tabular
from odl_host.server.documents import SITE, encode
from odl_host.server.files.formats import canonical_format, guess_format
from odl_host.server.files.uploads import TypeGuess
from odl_host.server.objects.datasets import Resource
from odl_host.server.objects.names import check_date, check_id
from odl_host.server.params import Invalid, as_text, integer
from odl_host.server.registry import StoredFile

TEXTS = ("name", "description", "mimetype", "mimetype_inner", "cache_url", "resource_type")
DATES = ("last_modified", "cache_last_updated")
COMPUTED = frozenset({"package_id", "position", "state", "metadata_modified"})
ORIGINAL_KEYS = ("original_name", "original_hash", "original_size", "original_url")
NOT_KEPT = frozenset(
    {
        *("upload", "original", "clear_upload", "extras", "tracking_summary", "__extras", "__before"),
    }
)

KEPT = ("name", "format", "hash", "size", "last_modified", "cache_url", "cache_last_updated")
"""What an update leaves as it is when it is not sent, as in CKAN; all else that is not sent goes."""

FILENAME_MIN_LENGTH = 3
FILENAME_MAX_LENGTH = 100
SCHEMES = ("http://", "https://", "ftp://")

ResourceErrors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class ResourceInput:
    """A resource as it was sent, checked: `given` holds its document's keys; the rest is set on writing."""

    id: str
    given: JsonDict


def munge_filename(filename: str) -> str:
    """Return a file name that is safe in a URL as CKAN makes it: ASCII, lower case, spaces as hyphens, 3 to 100 long.

    >>> munge_filename("Délibérations  2024 (n°3).CSV"), munge_filename("../x/a..b.csv"), munge_filename("é")
    ('deliberations-2024-n3.csv', 'a..b.csv', 'e__')
    """
    base = re.split(r"[/\\]", filename)[-1].strip().lower().replace(" ", "-")
    ascii_only = unicodedata.normalize("NFKD", base).encode("ascii", "ignore").decode()
    tidy = re.sub(r"-+", "-", re.sub(r"[^a-z0-9_.\-]", "", ascii_only))
    if len(tidy) > FILENAME_MAX_LENGTH:
        stem, dot, suffix = tidy.rpartition(".")
        suffix = f"{dot}{suffix}"[:FILENAME_MAX_LENGTH] if stem else ""
        tidy = (stem or tidy)[: FILENAME_MAX_LENGTH - len(suffix)] + suffix
    return tidy.ljust(FILENAME_MIN_LENGTH, "_")


def check_resource(data: object, *, stored: Resource | None) -> tuple[ResourceInput | None, ResourceErrors]:
    """Read a resource that was sent; `stored` is the one it replaces.

    Returns what to keep, or None and the messages, field by field.
    """
    errors: ResourceErrors = {}
    if not isinstance(data, dict):
        raise TypeError("A resource is a dictionary.")
    given: JsonDict = {}
    resource_id = stored.id if stored else str(uuid.uuid4())
    for key, value in data.items():
        if key in COMPUTED or key in NOT_KEPT or key in ORIGINAL_KEYS:
            continue
        try:
            if key == "id":
                if value and not stored:
                    resource_id = check_id(value)
            elif key in KEPT and value is None and stored:
                continue
            elif key == "url" or key in ("format", "hash"):
                given[key] = as_text(value).strip() if value is not None else ""
            elif key == "url_type" or key in TEXTS:
                given[key] = None if value is None else as_text(value)
            elif key == "datastore_active":
                given |= {key: value} if value is not None else {}
            elif key == "created":
                given |= {key: check_date(value)} if value not in (None, "") else {}
            elif key in DATES:
                given[key] = check_date(value) if value not in (None, "") else None
            elif key == "size":
                given[key] = None if value in (None, "") else integer(value)
            else:
                given[key] = value
        except Invalid as error:
            errors[key] = list(error.messages)
    if errors:
        return None, errors
    return ResourceInput(resource_id, given), {}


def build_resource(
    entry: ResourceInput,
    *,
    package_id: str,
    position: int,
    guess_type: TypeGuess,
    stored: Resource | None = None,
    files: Mapping[str, StoredFile] | None = None,
    guesses_mimetype: bool = False,
) -> Resource:
    """Return the row of a resource: complete document, files that came with it, or those it had before.

    With `guesses_mimetype`, a media type that was not sent is guessed (`guess_type`) from the address; that of an
    uploaded file always is. `metadata_modified` stays that of `stored` when nothing changed.
    """
    files = files or {}
    given = entry.given
    before = stored.fields if stored else {}
    moment = now()
    doc: JsonDict = {
        "cache_last_updated": None,
        "cache_url": None,
        "created": before.get("created", moment),
        "datastore_active": False,
        "description": None,
        "format": "",
        "hash": "",
        "id": entry.id,
        "last_modified": None,
        "metadata_modified": moment,
        "mimetype": None,
        "mimetype_inner": None,
        "name": None,
        "package_id": package_id,
        "position": position,
        "resource_type": None,
        "size": None,
        "state": "active",
        "url": "",
        "url_type": None,
        **{key: before[key] for key in KEPT if key in before},
        **given,
    }
    folder = f"{SITE}/dataset/{package_id}/resource/{entry.id}"
    blob, blob_name = (stored.blob, stored.blob_name) if stored else (None, None)
    original, original_name = (stored.original, stored.original_name) if stored else (None, None)
    if upload := files.get("upload"):
        _take_upload(doc, upload, moment)
        doc["mimetype"] = given.get("mimetype") or guess_type(upload.filename, upload)
        blob, blob_name = upload.sha256, munge_filename(upload.filename)
        if "original" not in files:
            original, original_name = None, None
    elif doc["url_type"] != "upload":
        blob, blob_name, original, original_name = None, None, None, None
    elif blob is None:
        # A dataset loaded from another catalogue: the file itself follows with a later call.
        blob_name = munge_filename(doc["url"].rpartition("/")[2])
    if blob_name is not None:
        doc["url"] = f"{folder}/download/{quote(blob_name)}"
    if sent := files.get("original"):
        original, original_name = sent.sha256, munge_filename(sent.filename)
        doc |= {"original_name": sent.filename, "original_hash": sent.sha256, "original_size": sent.size_bytes}
        doc["original_url"] = f"{folder}/original/{quote(original_name)}"
    elif original:
        doc |= {key: before[key] for key in ORIGINAL_KEYS if key in before}
    if doc["url"] and not doc["url_type"] and not doc["url"].lower().startswith(SCHEMES):
        doc["url"] = f"http://{doc['url']}"
    if not doc["format"] and "format" not in given:
        doc["format"] = guess_format(doc["url"])
    doc["format"] = canonical_format(doc["format"])
    guesses_mimetype = guesses_mimetype and "mimetype" not in given
    if doc["mimetype"] is None and doc["url"] and (guesses_mimetype or blob is not None):
        doc["mimetype"] = guess_type(doc["url"], None)
    if doc["url_type"] == "datastore":
        doc["url"] = f"{SITE}/datastore/dump/{entry.id}"
    # A caller is believed where there is no file that could tell.
    if blob is not None and is_tabular(doc):
        doc["datastore_active"] = before.get("datastore_active", True) if stored and blob == stored.blob else True
    elif "datastore_active" not in given and stored and blob == stored.blob:
        doc["datastore_active"] = before.get("datastore_active", False)
    if stored and _same(doc, before):
        doc["metadata_modified"] = before["metadata_modified"]
    return Resource(entry.id, package_id, position, blob, blob_name, original, original_name, encode(doc))


def _take_upload(doc: JsonDict, upload: StoredFile, moment: str) -> None:
    doc["url_type"] = "upload"
    doc["hash"] = upload.sha256
    doc["size"] = upload.size_bytes
    doc["last_modified"] = moment
    if not doc["format"]:
        doc["format"] = guess_format(upload.filename)


def _same(doc: JsonDict, before: JsonDict) -> bool:
    ignored = ("metadata_modified", "position")
    return {k: v for k, v in doc.items() if k not in ignored} == {k: v for k, v in before.items() if k not in ignored}
