"""Logging in and out of the portal.

The cookie is HttpOnly and SameSite=Lax, and Secure where the site's address is https. A form or a script of another
site can neither log someone in nor act as the visitor: what changes anything must come from the site's own pages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from odl_host.server.accounts.guesses import TooManyFailures
from odl_host.server.accounts.invitations import PASSWORD_MIN_LENGTH, accept_invitation, find_invited
from odl_host.server.accounts.sessions import COOKIE, LIFETIME, log_in, log_out
from odl_host.server.http.bodies import bounded
from odl_host.server.http.visitors import find_visitor, is_from_here
from odl_host.server.pages.visits import SECURITY_HEADERS, Visit
from odl_host.server.rendering.languages import french

if TYPE_CHECKING:
    from odl_host.server.sites import Site

GetSite = Callable[[Request], "Site"]

WRONG = french("Cet identifiant ou ce mot de passe n’est pas le bon.")
TOO_MANY = french("Trop d’essais ont échoué. Réessayez dans un quart d’heure.")
ELSEWHERE = french("Cette demande ne vient pas d’une page de ce portail.")
NO_INVITATION = french("Cette invitation n’est pas, ou n’est plus, valable. Demandez-en une autre à qui vous a invité.")
TOO_SHORT = french("Ce mot de passe est trop court : il en faut %(least)s caractères au moins.")
MAX_FIELDS = 10
MAX_BODY_BYTES = 20_000


def routes(get_site: GetSite) -> list[Route]:
    """Return the routes of `/user/login` and `/user/logout`."""

    async def form(request: Request) -> Response:
        visit = Visit(request, get_site(request))
        if request.method != "POST":
            return await run_in_threadpool(_page, visit)
        fields = await bounded(request, MAX_BODY_BYTES).form(max_files=0, max_fields=MAX_FIELDS, max_part_size=10_000)
        login, password = str(fields.get("login", "")), str(fields.get("password", ""))
        return await run_in_threadpool(_log_in, visit, login, password, str(fields.get("came_from", "")))

    async def leave(request: Request) -> Response:
        return await run_in_threadpool(_log_out, Visit(request, get_site(request)))

    async def password(request: Request) -> Response:
        visit = Visit(request, get_site(request))
        key, chosen = request.query_params.get("key", ""), None
        if request.method == "POST":
            sent = await bounded(request, MAX_BODY_BYTES).form(max_files=0, max_fields=MAX_FIELDS, max_part_size=10_000)
            key, chosen = str(sent.get("key", "")), str(sent.get("password", ""))
        return await run_in_threadpool(_choose_password, visit, key, chosen)

    return [
        Route("/user/reset/{id}", password, methods=["GET", "HEAD", "POST"]),
        Route("/user/login", form, methods=["GET", "HEAD", "POST"]),
        Route("/user/logout", leave, methods=["POST"]),
    ]


def _page(visit: Visit, *, wrong: str = "", login: str = "", status: int = 200) -> Response:
    visitor = find_visitor(visit.site, visit.request)
    response = dataclasses.replace(visit, visitor=visitor).page(
        "login.html",
        status=status,
        wrong=visit.language.say(wrong),
        login=login,
        came_from=visit.request.query_params.get("came_from", ""),
        visitor=visitor.name if visitor else "",
    )
    response.headers["cache-control"] = "no-store"
    return response


def _log_in(visit: Visit, login: str, password: str, came_from: str) -> Response:
    site, request = visit.site, visit.request
    if not is_from_here(site, request):
        return _page(visit, wrong=ELSEWHERE, status=403)
    try:
        token = log_in(site, login, password, client_address(request))
    except TooManyFailures:
        return _page(visit, wrong=TOO_MANY, login=login, status=429)
    if token is None:
        return _page(visit, wrong=WRONG, login=login, status=403)
    response = _redirect(visit, came_from)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=site.url.startswith("https://"),
    )
    return response


def client_address(request: Request) -> str:
    """Return where a request comes from: what a proxy says, if one of this machine or a private network passed it on.

    A client may send the header too; the last address is the one that the proxy added, to the header or as one more.
    """
    peer = request.client.host if request.client else ""
    told = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    try:
        return str(ip_address(told)) if ip_address(peer).is_private else peer
    except ValueError:
        return peer


def _choose_password(visit: Visit, key: str, chosen: str | None) -> Response:
    """Show the form of an invitation, or take the password that was chosen in it."""
    user_id = visit.request.path_params["id"]
    name, wrong, status = find_invited(visit.site, user_id, key), "", 200
    if name is None:
        wrong, status = NO_INVITATION, 404
    elif chosen is not None and not is_from_here(visit.site, visit.request):
        wrong, status = ELSEWHERE, 403
    elif chosen is not None and len(chosen) < PASSWORD_MIN_LENGTH:
        wrong, status = TOO_SHORT, 403
    elif chosen is not None and accept_invitation(visit.site, user_id, key, chosen):
        return _redirect(visit, f"{visit.root}/user/login")
    response = visit.page(
        "password.html",
        status=status,
        wrong=visit.language.say(wrong, least=PASSWORD_MIN_LENGTH),
        name=name or "",
        key=key,
        least=PASSWORD_MIN_LENGTH,
    )
    response.headers["cache-control"] = "no-store"
    response.headers["referrer-policy"] = "no-referrer"  # the address is the key
    return response


def _log_out(visit: Visit) -> Response:
    if not is_from_here(visit.site, visit.request):
        return _page(visit, wrong=ELSEWHERE, status=403)
    if token := visit.request.cookies.get(COOKIE):
        log_out(visit.site, token)
    response = _redirect(visit, "")
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


def _redirect(visit: Visit, came_from: str) -> Response:
    """Lead back to a page of this site, never elsewhere."""
    is_own = came_from.startswith("/") and not came_from.startswith(("//", "/\\"))
    return RedirectResponse(
        came_from if is_own else f"{visit.root}/", 303, headers={**SECURITY_HEADERS, "cache-control": "no-store"}
    )
