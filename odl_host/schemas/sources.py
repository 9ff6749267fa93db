"""Reads schema descriptors and catalogues, from a folder or over HTTP, whatever their small defects.

It knows where descriptors lie and how to get their bytes; what they mean is decided elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.errors import Unavailable, UnreadableFile

if TYPE_CHECKING:
    from http.client import HTTPResponse

TIMEOUT_S = 20.0
# The largest official descriptor weighs 0.5 MB, the national catalogue 0.2 MB (2026).
LIMIT_BYTES = 20_000_000

# <type>/<owner>/<name>/<version>/<file>.json: the layout of schema.data.gouv.fr, where <type> is "schemas".
_LAYOUT = re.compile(
    r"(?:^|/)(?:schemas|tableschema|jsonschema|datapackage|other)/(?P<name>[^/]+/[^/]+)/(?P<version>[^/]+)/[^/]+\.json$"
)


def is_url(place: str) -> bool:
    """Return whether this is an address that can be fetched."""
    return place.lower().startswith(("http://", "https://"))


def read_place(place: str | Path) -> bytes:
    """Return the bytes of a file, or of what an http(s) address answers.

    :raises UnreadableFile: the file cannot be read, or is too large
    :raises Unavailable: the address does not answer properly
    """
    if isinstance(place, str) and is_url(place):
        return _fetch(place)
    path = Path(place)
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise UnreadableFile(f"{path} is larger than {LIMIT_BYTES // 1_000_000} MB.", hint="Give a schema file.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be read: {error.strerror}.", hint="Give a file, a folder, or an http(s) address."
        ) from error


def open_address(url: str, *, timeout_s: float) -> HTTPResponse:
    """Ask an http(s) address for a document, follow its redirections to others, and return the answer, to be closed.

    :raises OSError: it cannot be reached (HTTPError: it refuses) :raises HTTPException: it does not speak HTTP
    :raises ValueError: it is no address
    """
    from urllib import request

    import odl_host

    opener = request.OpenerDirector()  # no handler for file: and ftp:, so that no redirection leads there
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    agent = f"odl-host/{odl_host.__version__}"
    headers = {"User-Agent": agent, "Accept": "*/*"}
    asked = request.Request(url, headers=headers)  # noqa: S310 - the opener knows http and https only
    answer: HTTPResponse = opener.open(asked, timeout=timeout_s)
    return answer


def _fetch(url: str) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    try:
        with open_address(url, timeout_s=TIMEOUT_S) as answer:
            raw: bytes = answer.read(LIMIT_BYTES + 1)
    except (URLError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        refused = isinstance(error, HTTPError)
        cause = error if refused else getattr(error, "reason", error)
        said = str(getattr(cause, "strerror", None) or cause)
        raise Unavailable(f"{url} does not answer: {said}.", hint="Check the address, then try again.") from error
    if len(raw) > LIMIT_BYTES:
        raise UnreadableFile(f"{url} is larger than {LIMIT_BYTES // 1_000_000} MB.", hint="Give a schema's address.")
    return raw


def parse_json(raw: bytes, place: str | Path) -> tuple[Any, list[str]]:
    """Return a JSON value and what had to be mended to read it: encoding, tabs in texts, trailing commas.

    :raises UnreadableFile: it is no JSON
    """
    notes: list[str] = []
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
        notes.append("the file is not UTF-8: read as Windows-1252")
    try:
        try:
            return json.loads(text, strict=False), notes
        except json.JSONDecodeError:
            value = json.loads(_without_trailing_commas(text), strict=False)
            notes.append("commas before a closing bracket: ignored")
            return value, notes
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{place} is no JSON: {error}.", hint="Give a table schema in JSON.") from error


def _without_trailing_commas(text: str) -> str:
    """Remove commas before } and ], leaving texts between quotes as they are."""
    return re.sub(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', lambda hit: hit[1] or "", text)


def identify(place: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name and version of a descriptor found at an address or path.

    The official layout names both; elsewhere the descriptor's own `name` and `version` count, under the owner "local".
    """
    from odl_host.schemas.descriptor import slug

    place = place.replace("\\", "/").partition("?")[0]
    declared = str(document.get("version") or "").strip().lstrip("vV")
    hit = _LAYOUT.search(place)
    if hit:
        version = hit["version"]
        return hit["name"], declared or version if version == "latest" else version
    stem = place.rpartition("/")[2].removesuffix(".json")
    if stem in ("schema", "tableschema"):
        stem = place.rpartition("/")[0].rpartition("/")[2] or stem
    name = document.get("name")
    return f"local/{slug(name if isinstance(name, str) and name else stem)}", declared or "0"


def kind_of(document: object) -> str:
    """Return what a JSON document describes: "tableschema", "datapackage", "jsonschema", "catalogue" or "other"."""
    if not isinstance(document, Mapping):
        return "other"
    nested = document.get("schema")
    if isinstance(document.get("fields"), list) or (isinstance(nested, Mapping) and "fields" in nested):
        return "tableschema"
    if isinstance(document.get("schemas"), list):
        return "catalogue"
    if isinstance(document.get("resources"), list):
        return "datapackage"
    if document.keys() & {"properties", "allOf", "anyOf", "oneOf", "$defs", "definitions", "$ref"}:
        return "jsonschema"
    return "other"
