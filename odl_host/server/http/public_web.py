"""Files of the public web, fetched from addresses that others chose: they may lead to what only this machine reaches.

So a name is resolved once, every address that it has must be public, and one of these is connected to. Redirections are
followed by hand, each under the same rules, and nothing takes longer, or is larger, than it may.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

import h11

from odl_host import __version__

MOST_REDIRECTS = 5
WEB_PORTS = frozenset({80, 443, 8000, 8080, 8443})
CHUNK_BYTES = 1 << 16
KEPT = "/%:@!$&'()*+,;=~"
"""What stands in an address as it is."""

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""Source: RFC 4291, 2.4. What is outside stays in a network, or stands for an IPv4 address, as NAT64's prefixes."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_INVALID = "Invalid URL: only http and https addresses of the public web are fetched."

Admits: TypeAlias = Callable[[str, int], bool]
"""Whether an address, as numbers, and a port of it may be connected to."""


class Refused(Exception):
    """No file can be had: the HTTP status that says so, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file: its media type and how its bytes are compressed, both empty where that is not said, and the bytes."""

    media_type: str
    encoding: str
    content: bytes


def is_public(address: str, port: int) -> bool:
    """Return whether an address is on the public internet, and the port one of the web's.

    >>> is_public("1.1.1.1", 443), is_public("169.254.169.254", 80), is_public("64:ff9b::a00:1", 80)
    (True, False, False)
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and (ip not in _GLOBAL_UNICAST or ip.sixtofour or ip.teredo):
        return False  # the last two lead to an IPv4 address
    return port in WEB_PORTS and ip.is_global and not ip.is_multicast


async def fetch(url: str, *, most_bytes: int, timeout_s: float, admits: Admits = is_public) -> Fetched:
    """Return the file at an address of the web; all of it, redirections too, takes `timeout_s` seconds at most.

    :raises Refused: the address may not be asked, does not answer, or not with a file of at most `most_bytes`.
    """
    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(MOST_REDIRECTS + 1):
                found = await _get(url, most_bytes, admits)
                if isinstance(found, Fetched):
                    return found
                url = urljoin(url, found)
    except TimeoutError:
        raise Refused(504, "The connection timed out.") from None
    except (OSError, h11.ProtocolError) as error:
        raise Refused(502, f"A connection error occurred ({type(error).__name__}).") from None
    except ValueError:  # a redirection to what is no address
        raise Refused(409, _INVALID) from None
    raise Refused(409, "The address leads elsewhere without end.")


async def _get(url: str, most_bytes: int, admits: Admits) -> Fetched | str:
    """Return the file at an address, or the address that it redirects to."""
    is_safe, host, port, target = _read(url)
    addresses = {
        str(found[4][0]) for found in await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    }
    if not all(admits(address, port) for address in addresses):
        raise Refused(409, _INVALID)
    more: dict[str, Any] = {"ssl": _trust(), "server_hostname": host} if is_safe else {}
    reader, writer = await asyncio.open_connection(sorted(addresses)[0], port, **more)
    try:
        called = f"[{host}]" if ":" in host else host
        headers = {
            "Host": called if port == (443 if is_safe else 80) else f"{called}:{port}",
            "User-Agent": f"odl-host/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        wire = h11.Connection(h11.CLIENT)
        request = wire.send(h11.Request(method="GET", target=target, headers=list(headers.items())))
        writer.write((request or b"") + (wire.send(h11.EndOfMessage()) or b""))
        return await _receive(wire, reader, most_bytes)
    finally:
        writer.transport.abort()


async def _receive(wire: h11.Connection, reader: asyncio.StreamReader, most_bytes: int) -> Fetched | str:
    headers: dict[bytes, bytes] = {}
    content = bytearray()
    while not isinstance(event := wire.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            wire.receive_data(await reader.read(CHUNK_BYTES))
        elif isinstance(event, h11.Response):
            headers = dict(event.headers)
            if event.status_code in _REDIRECTS and b"location" in headers:
                return headers[b"location"].decode("latin-1")
            if event.status_code != 200:
                raise Refused(409, f"The server responded with status code {event.status_code}.")
            if int(headers.get(b"content-length", 0)) > most_bytes:
                raise Refused(409, f"The file is too large: at most {most_bytes} bytes are handed on.")
        elif isinstance(event, h11.Data):
            content += event.data
            if len(content) > most_bytes:
                raise Refused(409, f"The file is too large: at most {most_bytes} bytes are handed on.")
    kind, encoding = (headers.get(name, b"").decode("latin-1") for name in (b"content-type", b"content-encoding"))
    return Fetched(kind, encoding, bytes(content))


def _read(url: str) -> tuple[bool, str, int, str]:
    """Return whether it is https, the host, the port and the target. :raises Refused: it is no address of the web."""
    try:
        parts = urlsplit(url)
        is_safe, port = parts.scheme == "https", parts.port
        host = (parts.hostname or "").encode("idna").decode().lower()
    except ValueError:  # a port that is no number, brackets that are no IPv6, a label that is too long
        raise Refused(409, _INVALID) from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host) or port == 0:
        raise Refused(409, _INVALID)
    query = f"?{quote(parts.query, safe=KEPT + '?')}" if parts.query else ""
    return is_safe, host, port or (443 if is_safe else 80), quote(parts.path or "/", safe=KEPT) + query


@cache
def _trust() -> ssl.SSLContext:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
