"""Addresses of CKAN that are neither an action nor a page: a redirection within the site, the words of a language."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from odl_host.ckan_values import LANGUAGES
from odl_host.server.documents import encode
from odl_host.server.http.api import GetSite, respond
from odl_host.server.http.bodies import bounded

MAX_BODY_BYTES = 16 << 10
MAX_FIELDS = 10
"""What a form with one address may be."""

ALREADY_QUOTED = ":/%#?=@[]!$&'()*+,;~"
"""What has a meaning in an address, or stands in it as it is."""

I18N_VERSIONS = ("", "/1", "/2")
"""The versions of the API that have translations, as in CKAN 2.12."""


def routes(get_site: GetSite) -> list[Route]:
    """Return their routes."""

    async def redirect(request: Request) -> Response:
        wanted: object = request.query_params.get("url")
        if request.method == "POST":
            form = await bounded(request, MAX_BODY_BYTES).form(max_files=0, max_fields=MAX_FIELDS)
            wanted = form.get("url") or wanted
        if not isinstance(wanted, str) or not wanted:
            return HTMLResponse("Missing value: url\n", 400)
        if not is_within_site(wanted):
            return HTMLResponse("Redirecting to external site is not allowed.\n", 403)
        address = urljoin(f"{get_site(request).url}/", quote(wanted, safe=ALREADY_QUOTED))
        return HTMLResponse("", 302, headers={"location": address})

    methods = ["GET", "HEAD", "POST"]
    found = [Route(f"/api{version}/i18n/{{language}}", translations) for version in I18N_VERSIONS]
    return [Route("/util/redirect", redirect, methods=methods), *found]


async def translations(request: Request) -> Response:
    """Answer with the words that scripts of CKAN's pages translate: none, as the portal has no such scripts."""
    language = request.path_params["language"]
    if language not in LANGUAGES:
        return respond(400, encode(f"Bad request: Unknown locale: {language}"), None)
    return respond(200, encode({"": {"domain": "ckan", "lang": language}}), None)


def is_within_site(url: str) -> bool:
    r"""Return whether an address is a path: no other site's, whatever browsers make of backslashes and blanks.

    >>> is_within_site("/dataset?q=eau"), is_within_site("//example.org/a"), is_within_site("/\\example.org")
    (True, False, False)
    >>> is_within_site("https://example.org"), is_within_site("javascript:alert(1)"), is_within_site("/\t/example.org")
    (False, False, False)
    """
    if "\\" in url or not url.isprintable() or url.startswith("//"):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
