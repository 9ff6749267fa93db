"""The Action API over HTTP: requests in, actions called, CKAN's envelope out.

It knows forms and status codes; it knows no SQL, and nothing of what an action does.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope

from odl_host.ckan import BadRequest, JsonDict, WireError
from odl_host.errors import StorageError, Unavailable
from odl_host.server.accounts.sessions import COOKIE
from odl_host.server.answers import Key, answer_key
from odl_host.server.database.database import Busy
from odl_host.server.documents import Passing, Rendered, clean, encode, may_need_cleaning
from odl_host.server.http.bodies import announced_bytes, bounded
from odl_host.server.http.visitors import find_visitor, is_anonymous, token_of
from odl_host.server.registry import Action, Upload, User, call_action, get_action
from odl_host.server.sites import Site

GetSite: TypeAlias = Callable[[Request], Site]

MAX_BODY_BYTES = 32 << 20
"""Largest JSON or form body without files; files are streamed and counted apart."""

MAX_ANONYMOUS_BYTES = 4 << 20
"""Largest body of a caller who says not who it is: JSON of 32 MB takes the processor for seconds."""

FOR_MORE = ": more is taken with a valid API token only"
"""What a caller is told whose body is larger: the token may be missing, or have ended."""

PREFIXES = ("/api/3/action/", "/api/action/")
METHODS = ("GET", "HEAD", "POST")
WRITING_THREADS = 8
SHORT_BODY_BYTES = 16 << 10
"""A write of no more is made where it arrives: handing it to a thread and back takes as long as making it."""

TURN_S = 10.0
"""How long a call waits while enough of its kind are under way."""

UNSUPPORTED = 415
JSON_TYPE = b"application/json;charset=utf-8"
MAX_FIELDS = 2000
MAX_FILES = 100
"""In one form: `publish` sends twenty at once, each with the file as it was received beside it."""
MAX_DEPTH = 100
CUT_SHORT = "The body ends before its end"

log = logging.getLogger(__name__)
_CALLBACK = re.compile(r"[\w.$\[\]]{1,200}\Z")


def routes(get_site: GetSite) -> list[Route]:
    """Return the routes of the API."""

    async def handle(request: Request) -> Response:
        return await answer(get_site(request), request, request.path_params["name"])

    return [Route(f"{prefix}{{name}}", handle, methods=[*METHODS]) for prefix in PREFIXES]


def find_action(scope: Scope) -> str | None:
    """Return the name of the action that a request of the usual form asks for, so that it need pass no routes."""
    path: str = scope["path"]
    prefix = next(filter(path.startswith, PREFIXES), "")
    name = path[len(prefix) :]
    return name if prefix and name and "/" not in name and scope["method"] in METHODS else None


async def answer(site: Site, request: Request, name: str) -> Response:
    """Run the action of this name and return its envelope."""
    is_get = request.method in ("GET", "HEAD")
    callback = request.query_params.get("callback") if is_get and request.scope["query_string"] else None
    try:
        key = _address_key(site, request) if callback is None else None
        if key is not None and (kept := site.bodies.find(key)) is not None:
            return respond(200, kept, None)
        action = get_action(name)
        if is_get and not action.reads:
            raise BadRequest("JSON Error: Invalid request. Please use POST method for your request")
        # A page of another site can make a browser send a JSONP request: it never acts as the visitor.
        user = None if callback else await find_user(site, request)
        data_dict, files, form = await _read_parameters(
            bounded(request, _body_limit(site, user), advice="" if user else FOR_MORE)
        )
        try:
            data_dict.pop("callback", None)
            if key is None and user is None and callback is None and action.keeps and site.db.is_local:
                key = answer_key(site.db.last_write(), name, data_dict)
                if (kept := site.bodies.find(key)) is not None:
                    return respond(200, kept, None)
            result = await _run(site, user, action, data_dict, files, announced_bytes(request))
        finally:
            if form is not None:
                await form.close()
        help_url = f"{site.url}/api/3/action/help_show?name={name}"
        text = result if isinstance(result, Rendered) else encode(result)
        # With CKAN's spaces: scripts of a few lines look for `"success": true` as it stands.
        body = f'{{"help": {encode(help_url)}, "success": true, "result": {text}}}'
        if key is None or not action.keeps or isinstance(result, Passing):
            return respond(200, body, callback)
        sent = body.encode()
        site.bodies.keep(key, sent)
        return respond(200, sent, None)
    except BadRequest as error:
        return respond(error.status, encode(f"Bad request: {error.message}"), None)
    except WireError as error:
        return respond(error.status, _failure(site, name, error.error()), None)
    except Unavailable as error:
        return respond(503, _failure(site, name, {"__type": "Unavailable", "message": error.message}), None)
    except StorageError as error:
        log.error("%s met a disk or storage that failed: %s %s", name, error, error.hint)
        message = {"__type": "Internal Server Error", "message": "The server's disk or storage failed."}
        return respond(507, _failure(site, name, message), None)
    except HTTPException as error:
        message = {"__type": "Bad Request", "message": error.detail}
        return respond(error.status_code, _failure(site, name, message), None)
    except Exception:
        log.exception("%s failed", name)
        message = {"__type": "Internal Server Error", "message": "Internal Server Error"}
        return respond(500, _failure(site, name, message), None)


def _address_key(site: Site, request: Request) -> Key | None:
    """Return under what the answer to a request of the public is kept, ready to be sent; None: under nothing."""
    if request.method != "GET" or not site.db.is_local or not is_anonymous(site, request):
        return None
    address: bytes = request.scope["path"].encode() + b"?" + request.scope["query_string"]
    return site.db.last_write(), "GET", address.decode("latin-1")


async def _run(
    site: Site, user: User | None, action: Action, data: JsonDict, files: Mapping[str, Upload], length: int | None
) -> Any:
    is_short = not files and length is not None and length <= SHORT_BODY_BYTES
    if action.quick and (site.db.is_local if action.reads else is_short and site.db.is_swift):
        with suppress(Busy):
            return call_action(site, user, action.name, data, waits=False)
    if action.at_once:
        return await _run_in_turn(action, functools.partial(call_action, site, user, action.name, data, files))
    if action.searches:
        return await _run_search(site, functools.partial(call_action, site, user, action.name, data, files))
    if action.reads:
        return await run_in_threadpool(call_action, site, user, action.name, data, files)
    # Writers wait for each other: few threads do, so that readers always find one.
    return await asyncio.get_running_loop().run_in_executor(
        _writers(), call_action, site, user, action.name, data, files
    )


async def _run_search(site: Site, call: Callable[..., Any]) -> Any:
    """Make a call that searches, in a thread, once the index has read all that was written before it came.

    While it is being brought up to date, those that come wait for the next time together, without threads.
    """
    rounds = site.index.rounds
    if not rounds.is_under_way:
        with suppress(Busy):
            return await run_in_threadpool(call, waits=False)
    return await run_in_threadpool(call, index_seq=await rounds.next())


async def _run_in_turn(action: Action, call: Callable[[], Any]) -> Any:
    """Make a call that may take seconds in a thread, once few enough of its kind are under way.

    :raises Unavailable: its turn does not come.
    """
    turns = _turns(action.name, action.at_once)
    try:
        async with asyncio.timeout(TURN_S):
            await turns.acquire()
    except TimeoutError:
        raise Unavailable(
            f"Too many calls of {action.name} are under way. Wait a moment, then make this one again."
        ) from None
    try:
        return await run_in_threadpool(call)
    finally:
        turns.release()


@functools.cache
def _turns(_name: str, at_once: int) -> asyncio.Semaphore:
    return asyncio.Semaphore(at_once)


@functools.cache
def _writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WRITING_THREADS, "writer")


def _body_limit(site: Site, user: User | None) -> int:
    """Return the largest body: files are for known callers, as large as `ckan.max_resource_size` says."""
    if user is None:
        return MAX_ANONYMOUS_BYTES
    return (int(str(site.settings["ckan.max_resource_size"])) << 20) + MAX_BODY_BYTES


async def find_user(site: Site, request: Request) -> User | None:
    """Return who calls: whom the token or the session's cookie stands for, or None."""
    token = token_of(site, request)
    if not token:
        by_cookie = COOKIE in request.cookies and site.settings["ckan.auth.enable_cookie_auth_in_api"]
        return await run_in_threadpool(find_visitor, site, request) if by_cookie else None
    if site.db.is_local:
        user = site.find_user_by_token(token)
    else:
        user = await run_in_threadpool(site.find_user_by_token, token)
    if site.accesses:
        # Before the call itself, whose answer may tell when the caller was last seen.
        await run_in_threadpool(site.note_accesses)
    return user


def _failure(site: Site, name: str, error: JsonDict) -> str:
    help_url = f"{site.url}/api/3/action/help_show?name={name}"
    # In ASCII, as CKAN's: what a caller sent comes back in messages, and goes through logs and terminals unharmed.
    return json.dumps({"help": help_url, "error": error, "success": False})


def respond(status: int, body: str | bytes, callback: str | None) -> Response:
    """Return a JSON answer, as a script that calls `callback` where one is named."""
    if isinstance(body, str) and callback is not None and _CALLBACK.match(callback):
        script = body.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return Response(
            f"{callback}({script});", status, headers={"content-type": "application/javascript;charset=utf-8"}
        )
    return JsonResponse(body, status)


class JsonResponse(Response):
    """JSON text: nothing but its length has to be worked out."""

    def __init__(self, body: str | bytes, status: int) -> None:
        self.status_code = status
        self.background = None
        self.body = body.encode() if isinstance(body, str) else body
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), (b"content-type", JSON_TYPE)]


async def _read_parameters(request: Request) -> tuple[JsonDict, dict[str, Upload], FormData | None]:
    """Return the parameters, the files, and the form that keeps these open until it is closed, where there is one.

    As in CKAN: those of a form, where there are none those of the query string, without it those of a JSON body.

    :raises HTTPException: 415, the body is neither a form nor JSON.
    """
    query: JsonDict = {}
    if request.scope["query_string"]:
        query = _from_pairs([pair for pair in request.query_params.multi_items() if pair[0] != "callback"])
    if request.method in ("GET", "HEAD"):
        return query, {}, None
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        try:
            form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_BODY_BYTES)
        except MultiPartException as error:
            raise BadRequest(f"Invalid form: {error.message}") from error
        except HTTPException as error:  # the same, where the call came by the routes
            if error.status_code != 400:
                raise
            raise BadRequest(f"Invalid form: {error.detail}") from error
        except ClientDisconnect as error:
            raise BadRequest(CUT_SHORT) from error
        except OSError as error:
            raise StorageError(f"A file that comes cannot be written to the temporary folder: {error}.") from error
        data, files = _from_form(form)
        return (data if data or files else query), files, form
    body = await _read_body(request.receive)
    if content_type == "application/x-www-form-urlencoded":
        return _from_urlencoded(body) or query, {}, None
    if query or not body:
        return query, {}, None
    if content_type.startswith("application/") and content_type.endswith(("/json", "+json")):
        return _from_json(body), {}, None
    raise HTTPException(
        UNSUPPORTED, f"A body is a form or JSON (Content-Type: application/json), not {content_type or 'untyped'}."
    )


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size, is_over = 0, False
    while not is_over:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest(CUT_SHORT)
        chunk: bytes = message.get("body", b"")
        is_over = not message.get("more_body", False)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise BadRequest(f"The body is larger than {MAX_BODY_BYTES >> 20} MB; send files as multipart/form-data")
        chunks.append(chunk)
    return b"".join(chunks)


def _from_json(body: bytes) -> JsonDict:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"JSON Error: Error decoding JSON data. Error: {error}") from error
    if not isinstance(data, dict):
        raise BadRequest(
            f"JSON Error: Request data JSON decoded to {repr(data)[:100]} but it needs to be a dictionary."
        )
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _is_deeper(data, MAX_DEPTH):
        raise BadRequest("JSON Error: the data is nested too deeply")
    cleaned: JsonDict = clean(data) if may_need_cleaning(body) else data
    return cleaned


def _is_deeper(value: dict[str, Any], levels: int) -> bool:
    level: list[Any] = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _from_pairs(pairs: list[tuple[str, str]]) -> JsonDict:
    """Return parameters; a key given several times becomes a list, as in CKAN."""
    data: JsonDict = {}
    for key, value in pairs:
        if key not in data:
            data[key] = value
        elif isinstance(data[key], list):
            data[key].append(value)
        else:
            data[key] = [data[key], value]
    cleaned: JsonDict = clean(data)
    return cleaned


def _from_urlencoded(body: bytes) -> JsonDict:
    from urllib.parse import parse_qsl

    if body[:1] == b"{":  # JSON as it is, under the type that simple clients send
        with suppress(BadRequest):
            return _from_json(body)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise BadRequest(f"Invalid form: {error}") from error
    if len(pairs) == 1 and pairs[0][1] in ("", "1") and pairs[0][0].lstrip().startswith(("{", "[")):
        return _from_json(pairs[0][0].encode())
    return _from_pairs(pairs)


def _from_form(form: FormData) -> tuple[JsonDict, dict[str, Upload]]:
    pairs: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    for key, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files[key] = Upload(value.filename, value.file, value.content_type or "")
        else:
            pairs.append((key, value))
    return _from_pairs(pairs), files
