"""One request to a site's portal: calling its actions, and answering with a page drawn from a template."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from odl_host.ckan_settings import offered_languages
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.rendering.drawing import render, root_of
from odl_host.server.rendering.languages import Language, get_language
from odl_host.server.site_options import named_site

if TYPE_CHECKING:
    from odl_host.server.registry import User
    from odl_host.server.sites import Site

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one site's portal."""

    request: Request
    site: Site
    visitor: User | None = None

    @property
    def language(self) -> Language:
        """The language of the address, else of the site."""
        return get_language(getattr(self.request.state, "language", self.site.locale))

    @property
    def root(self) -> str:
        """What stands before every address of the portal in this language: "" or "/en"."""
        return root_of(self.site, self.language)

    def call(self, action: str, **parameters: Any) -> Any:
        """Call an action as the visitor, or as anonymous: a page shows what the caller may see."""
        return EmbeddedCKAN(self.site, caller=self.visitor).call_action(action, parameters)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Render a template; an unchanged page costs a browser no second transfer."""
        language, query = self.language, self.request.scope["query_string"].decode("latin-1")
        site = self.site if status >= 500 else named_site(self.site)
        values |= {
            "logged_in": self.visitor.name if self.visitor else "",
            # Two slashes, or what a browser takes for them, would lead to another site.
            "path": "/" + quote(self.request.scope["path"].lstrip("/")),
            "query_string": f"?{query}" if query and self.request.method == "GET" else "",
            "offered": [(one, root_of(site, one)) for one in map(get_language, offered_languages(site.settings))],
        }
        body = render(template, site, values, language).encode()
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache", "ETag": etag, "Content-Language": language.code}
        if status == 200 and etag in self.request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, status, headers, "text/html")

    def xml(self, template: str, **values: Any) -> Response:
        """Render a template that is read by machines."""
        return Response(render(template, self.site, values, self.language), 200, SECURITY_HEADERS, "application/xml")

    def lead_to(self, path: str) -> Response:
        """Lead to another page of this site, in the same language; `path` is not quoted yet."""
        address = f"{self.site.url}{self.root}{quote(path)}"
        return RedirectResponse(address, 302, headers=dict(SECURITY_HEADERS))

    def iter_listed(self, action: str, **parameters: Any) -> Iterator[Any]:
        """Yield all that an action lists by pages; the catalogue says how many it gives at once."""
        offset = 0
        while page := self.call(action, limit=1000, offset=offset, **parameters):
            yield from page
            offset += len(page)


class StaticAssets(StaticFiles):
    """The style sheet and the pictures, with the headers of the pages."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Keep what is asked with its version for a year, the rest for an hour."""
        response = super().file_response(*args, **kwargs)
        scope = args[2] if len(args) > 2 else kwargs["scope"]
        lasting = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = f"public, max-age={31536000 if lasting else 3600}"
        response.headers.update(SECURITY_HEADERS)
        return response


def favicon(_request: Request) -> Response:
    """Answer the address that browsers ask for by themselves."""
    content = (resources.files("odl_host.server.rendering") / "static" / "favicon.svg").read_bytes()
    return Response(content, 200, {**SECURITY_HEADERS, "Cache-Control": "public, max-age=86400"}, "image/svg+xml")
