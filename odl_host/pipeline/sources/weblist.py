"""A deposit that is a list of addresses: one text, CSV or JSON document over HTTP that says which files exist.

Lines are `MEMBER;ADDRESS` or `MEMBER;ADDRESS;NAME`; of a source that is one member's, MEMBER may be left out. JSON is a
list of `{"member": …, "url": …, "name": …}`. Addresses may be relative to the list's own.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import re
import socket
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

from odl_host import __version__
from odl_host.config import Secret
from odl_host.errors import CERTIFICATE_HINT, NotStored, OdlError, StorageError, Unavailable, distrust
from odl_host.pipeline.sources.model import Fetched, RemoteFile
from odl_host.pipeline.sources.names import printable
from odl_host.storage.local import CHUNK_BYTES

TIMEOUT_S = (10, 60)
MOST_REDIRECTS = 6
MOST_LIST_BYTES = 20_000_000
NOT_AN_ADDRESS_FRENCH = "Ce n’est pas une adresse que l’on peut suivre ({url}) : corrigez la liste."
PRIVATE_FRENCH = "Cette adresse mène à un réseau privé ({url}) : corrigez la liste."
FORM_HINT = "Each line is MEMBER;ADDRESS, for example: 73065;https://example.fr/subventions.csv"
_CODE = re.compile(r"\d[\dabAB]\d{3}|\d{9}")


class WebListSource:
    """The files that a list names. A version is what the server said last: its entity tag, else its date."""

    parallel = 4

    def __init__(self, name: str, url: str, *, member: str = "", token: Secret | None = None) -> None:
        """Prepare to read the list at `url`; `member`: whose files all of it are, as the manifest names it."""
        self.name = name
        self._url = url
        self._member = member
        self._token = token
        self._session: Any = None

    def iter_files(self) -> Iterator[RemoteFile]:
        """Read the list and yield what it names. :raises StorageError: it is no such list."""
        content = io.BytesIO()
        with self._get(self._url, {}) as answer:
            self._copy(answer, content, most=MOST_LIST_BYTES)
        for member, url, name in self._parse(content.getvalue()):
            address = _follow(self._url, url)
            name = name or unquote(urlsplit(address or "").path.rpartition("/")[2]) or url.rpartition("/")[2] or "?"
            path = f"{member}/{name}" if member else name
            problem = "" if address else NOT_AN_ADDRESS_FRENCH.format(url=printable(url))
            yield RemoteFile(path, key=address, problem=problem)

    def _parse(self, content: bytes) -> Iterator[tuple[str, str, str]]:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise StorageError(f"{self.name}: the list is no UTF-8 text.", hint=FORM_HINT) from error
        if text.lstrip()[:1] in {"[", "{"}:
            yield from self._parse_json(text)
            return
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        delimiter = next((char for char in ";\t," if lines and char in lines[0]), ";")
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
            cells = [cell.strip() for cell in row]
            if number == 1 and "url" in [cell.lower() for cell in cells]:
                continue
            member = self._take_member(cells, number)
            if not cells or not cells[0] or (not member and not self._member) or "<" in member:
                raise StorageError(f"{self.name}: line {number} of the list cannot be used.", hint=FORM_HINT)
            yield member, cells[0], cells[1] if len(cells) > 1 else ""

    def _take_member(self, cells: list[str], number: int) -> str:
        """Take the member off a line and return it, "" where the source is one member's, who may be left out there."""
        if not self._member:
            return cells.pop(0)
        if len(cells) > 1 and (cells[0] == self._member or _CODE.fullmatch(cells[0])):
            named = cells.pop(0)
            self._require_own(named, f"line {number} of the list")
        return ""

    def _require_own(self, named: str, place: str) -> None:
        """Refuse another body's code; a name may be another spelling of the same member's."""
        if named != self._member and _CODE.fullmatch(named) and _CODE.fullmatch(self._member):
            raise StorageError(
                f"{self.name}: {place} is for {named}, and the manifest says that all of it is {self._member}'s.",
                hint="Correct the list, or take `member` off this source in the manifest.",
            )

    def _parse_json(self, text: str) -> Iterator[tuple[str, str, str]]:
        try:
            document = json.loads(text)
            entries = document["files"] if isinstance(document, dict) else document
            for entry in entries:
                named = str(entry.get("member") or "") if self._member else str(entry["member"])
                if self._member and named:
                    self._require_own(named, str(entry["url"]))
                yield "" if self._member else named, str(entry["url"]), str(entry.get("name") or "")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(
                f"{self.name}: the list is no JSON list of member and url ({type(error).__name__}).",
                hint='It reads [{"member": "73065", "url": "https://…"}, …].',
            ) from error

    def fetch(self, file: RemoteFile, known_version: str, sink: BinaryIO) -> Fetched:
        """Copy a file, unless the server says that it did not change. :raises StorageError: it is refused."""
        kind, _, value = known_version.partition(" ")
        conditions = {"etag": {"If-None-Match": value}, "date": {"If-Modified-Since": value}}.get(kind, {})
        with self._get(file.key, conditions) as answer:
            if answer.status_code == 304 and conditions:
                return Fetched(known_version, is_same=True)
            self._copy(answer, sink)
            if tag := answer.headers.get("etag"):
                return Fetched(f"etag {tag}")
            date = answer.headers.get("last-modified")
            return Fetched(f"date {date}" if date else "")

    def _copy(self, answer: Any, sink: BinaryIO, *, most: int | None = None) -> None:
        """Copy the body of an answer, all of it. :raises Unavailable: it broke off. :raises StorageError: too long."""
        received = 0
        try:
            for chunk in answer.iter_content(CHUNK_BYTES):
                received += len(chunk)
                if most is not None and received > most:
                    raise StorageError(f"{answer.url}: it is longer than {most} bytes.")
                sink.write(chunk)
        except _requests().RequestException as error:
            raise Unavailable(f"{answer.url}: the answer broke off ({type(error).__name__}).") from error
        announced = answer.headers.get("content-length", "")
        if announced.isdigit() and int(announced) != received:
            raise Unavailable(f"{answer.url}: {received} bytes came, {announced} were announced.")

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _get(self, url: str, headers: dict[str, str]) -> Any:
        requests = _requests()
        if self._session is None:
            self._session = requests.Session()
            # The bytes as they lie there: their length can then be held against the announced one.
            self._session.headers.update({"User-Agent": f"odl-host/{__version__}", "Accept-Encoding": "identity"})
        for _ in range(MOST_REDIRECTS):
            self._require_public(url)
            sent = dict(headers)
            if self._token and urlsplit(url)[:2] == urlsplit(self._url)[:2]:  # it is for the list's own server
                sent["Authorization"] = f"Bearer {self._token.reveal()}"
            try:
                answer = self._session.get(url, headers=sent, stream=True, timeout=TIMEOUT_S, allow_redirects=False)
            except requests.RequestException as error:
                raise _unanswered(url, error) from error
            if answer.status_code in {200, 304}:
                return answer
            answer.close()
            if not answer.is_redirect:
                raise _refusal(url, answer.status_code)
            following = _follow(url, answer.headers["location"])
            if following is None:
                break
            url = following
        raise StorageError(f"{url}: it leads elsewhere without end, or nowhere.", hint="Correct the list.")

    def _require_public(self, url: str) -> None:
        """Refuse an address inside this network, unless the list itself lies there.

        A list may be written by others than the operator; it must not fetch what only this machine can reach.
        """
        if not _is_private(self._url) and _is_private(url):
            raise StorageError(PRIVATE_FRENCH.format(url=url[:200]))


def _unanswered(url: str, error: Exception) -> OdlError:
    if reason := distrust(error):
        return StorageError(f"{url}: the server's certificate is not trusted: {reason}.", hint=CERTIFICATE_HINT)
    if isinstance(error, _requests().exceptions.SSLError):
        return StorageError(
            f"{url}: the server does not speak TLS there.",
            hint="Correct its port, or write http:// at its head.",
        )
    return Unavailable(f"{url}: the server does not answer ({type(error).__name__}).")


def _refusal(url: str, status: int) -> OdlError:
    if status in {404, 410}:
        return NotStored(f"{url}: it is not there (HTTP {status}).", hint="Correct the list.")
    if status >= 500 or status == 429:
        return Unavailable(f"{url}: the server answered {status}.")
    return StorageError(f"{url}: the server refused (HTTP {status}).", hint="Check the address and its rights.")


def _follow(base: str, url: str) -> str | None:
    """Return the full address that `url` means beside `base`, or None when it is none that can be fetched."""
    try:
        address = urljoin(base, url)
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
        return address if usable and parts.port != 0 else None
    except ValueError:  # a port that is no number, brackets that are no IPv6
        return None


def _is_private(url: str) -> bool:
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None)
    except (OSError, UnicodeError):
        return False  # it cannot be reached either
    return any(not ipaddress.ip_address(str(address[4][0]).partition("%")[0]).is_global for address in found)


def _requests() -> Any:
    import requests

    return requests
