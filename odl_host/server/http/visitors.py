"""Who a request stands for: the owner of the token it carries, or whoever is logged in with its cookie."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request

from odl_host.server.accounts.sessions import COOKIE, find_user_by_session

if TYPE_CHECKING:
    from odl_host.server.registry import User
    from odl_host.server.sites import Site


HEADER_SETTING = "apitoken_header_name"


@dataclass(frozen=True, slots=True)
class _Headers:
    """The headers that a token may come in, in lower case, and all that may say who asks."""

    of_tokens: tuple[str, ...]
    personal: frozenset[bytes]


@functools.cache
def _headers(chosen: object) -> _Headers:
    """`chosen`: the header that the manifest names; a token is looked for there first, as in CKAN."""
    names = tuple(dict.fromkeys((str(chosen).lower(), "authorization", "x-ckan-api-key")))
    return _Headers(names, frozenset({b"cookie", *(name.encode() for name in names)}))


def is_anonymous(site: Site, request: Request) -> bool:
    """Return whether nothing in a request could say who asks."""
    personal = _headers(site.settings[HEADER_SETTING]).personal
    return not any(name in personal and value for name, value in request.scope["headers"])


def token_of(site: Site, request: Request) -> str:
    """Return the API token that a request carries, or ""."""
    for name in _headers(site.settings[HEADER_SETTING]).of_tokens:
        if token := request.headers.get(name):
            return token.strip()
    return ""


def find_caller(site: Site, request: Request) -> User | None:
    """Return the user whom the request's token stands for, else whom its cookie does, or None."""
    token = token_of(site, request)
    return site.find_user_by_token(token) if token else find_visitor(site, request)


def find_visitor(site: Site, request: Request) -> User | None:
    """Return the user whose session the request's cookie names, or None.

    A request that may change something counts only when it comes from the site itself.
    """
    token = request.cookies.get(COOKIE)
    if not token or (request.method not in ("GET", "HEAD") and not is_from_here(site, request)):
        return None
    return find_user_by_session(site, token)


def is_from_here(site: Site, request: Request) -> bool:
    """Return whether a browser says that a page of this site made the request. Source: the Fetch standard, `Origin`."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin).netloc == request.headers.get("host") or origin == site.url
