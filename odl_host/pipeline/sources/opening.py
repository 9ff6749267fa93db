"""From an address to the source behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from odl_host.config import read_secret
from odl_host.errors import UsageError
from odl_host.pipeline.sources.model import Source
from odl_host.storage.address import SourceAddress


def find_address(url: str, known: Iterable[SourceAddress]) -> SourceAddress:
    """Return the address of a deposit: the entry of the manifest for it or for its server, else the bare URL.

    So `publish s3://depots/2025` is reached as the manifest says of `s3://depots`.

    :raises UsageError: the URL cannot be used.
    """
    entries = list(known)
    parts = urlsplit(url)
    same = [entry for entry in entries if entry.url == url] or [
        entry for entry in entries if urlsplit(entry.url)[:2] == parts[:2]
    ]
    address = replace(same[0], url=url, member="") if same else SourceAddress(url=url)
    if problem := address.find_problem():
        raise UsageError(problem[1][:1].upper() + problem[1][1:])
    return address


def open_source(address: SourceAddress) -> Source:
    """Return the source of an address; nothing is asked of its server yet.

    :raises ConfigError: a key or a token that it names cannot be read.
    """
    parts = urlsplit(address.url)
    if parts.scheme == "s3":
        from odl_host.pipeline.sources.s3 import S3Source

        return S3Source(address.shown, address.open_bucket(parts.netloc), parts.path)
    if parts.scheme == "sftp":
        from odl_host.pipeline.sources.sftp import SftpSource

        path = unquote(parts.path).rstrip("/")
        return SftpSource(
            address.shown,
            host=parts.hostname or "",
            port=parts.port or 22,
            user=unquote(parts.username or ""),
            root=(path.removeprefix("/~/") if path.startswith("/~/") else path) or "/",
            key_file=address.key_file,
            known_hosts_file=address.known_hosts_file,
            password=read_secret(address.password_env, address.password_file, "the password of the SFTP server"),
        )
    from odl_host.pipeline.sources.weblist import WebListSource

    token = read_secret(address.token_env, address.token_file, "the token of the list's server")
    return WebListSource(address.shown, address.url, member=address.member, token=token)
