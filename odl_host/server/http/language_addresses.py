"""A language before an address (`/en/dataset`, `/fr/api/3/action/…`), as CKAN takes one before any address.

It is taken off here, before anything looks for an action or a route: nothing below knows of it but the pages, which
say their sentences in it and keep it in their links.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from odl_host.ckan_settings import offered_languages
from odl_host.ckan_values import LANGUAGES


class LanguageMiddleware:
    """Takes the language off an address and puts it in the request's state, where the site offers it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            code, _, rest = scope["path"][1:].partition("/")
            # Whether a site offers it is asked only where the address may name one: calls of the API mostly do not.
            if code in LANGUAGES and code in offered_languages(scope["state"]["site"].settings):
                scope["state"]["language"] = code
                scope = {**scope, "path": "/" + rest}
        await self.app(scope, receive, send)
