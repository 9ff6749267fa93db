"""Carrying calls to a catalogue, embedded or remote, with time-outs, retries and our own exceptions.

One method matters: `call_action(name, data_dict, files)`. Nothing here knows what an action means. Reads are tried
again; a write whose answer was lost is not: the run looks at what the catalogue holds first.
"""

from __future__ import annotations

import ast
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from odl_host import __version__
from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ResourceDict, ValidationError, WireError
from odl_host.config import Secret
from odl_host.errors import (
    CERTIFICATE_HINT,
    CatalogueError,
    CatalogueFailed,
    CatalogueInvalid,
    CatalogueNotFound,
    CatalogueRefused,
    OdlError,
    StorageError,
    TokenUnknown,
    Unavailable,
    distrust,
)

if TYPE_CHECKING:
    import requests

    from odl_host.catalogue.shelf import Shelf

_TRY_LATER = frozenset({408, 425, 429})  # Request Timeout, Too Early, Too Many Requests: RFC 9110, 8470, 6585
_NOBODY = "User  not authorized"
"""How CKAN refuses somebody without a name: to a token that it does not know it says nothing else."""
READ_ATTEMPTS = 3
RETRY_DELAY_S = 0.5


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: where it lies, and the name under which the catalogue serves it.

    `is_ours`: a copy of ours, which nobody alters: the catalogue of this process may keep it instead of another copy.
    """

    path: Path
    filename: str
    mimetype: str = "application/octet-stream"
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """A file on its way: the plain fields of its resource, its bytes, and the file as received where it differs."""

    resource: ResourceDict
    file: Upload
    original: Upload | None = None


class Caller(Protocol):
    """Whatever answers actions in this process and raises `odl_host.ckan.WireError`."""

    def call_action(self, name: str, data_dict: JsonDict | None = None, files: Any = None) -> Any:
        """Call one action."""

    def as_user(self, name: str) -> Caller:
        """Return what calls as another user."""


class Catalogue(Protocol):
    """A catalogue that speaks CKAN's Action API and raises `CatalogueError` or `Unavailable`."""

    url: str
    writers: int
    """How many datasets may be written at once, each by one writer."""
    shelf: Shelf | None
    """Where the files that it is sent are kept, should it keep no versions by itself; None for nowhere."""

    def call_action(
        self, name: str, data_dict: JsonDict | None = None, files: Mapping[str, Upload] | None = None
    ) -> Any:
        """Call one action and return its `result`."""

    def supports(self, extension: str) -> bool:
        """Return whether `status_show` announces this extension."""

    def acting_as(self, user: str) -> AbstractContextManager[Catalogue]:
        """Open the catalogue as one of its users, as a sysadmin may. :raises CatalogueError: there is no such user."""

    def stored_files(self) -> frozenset[str] | None:
        """Return the SHA-256 of every file that the catalogue keeps, or None where it alone can know."""


class _Extensions:
    """Asks a catalogue once what it announces."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: frozenset[str] | None = None

    def __contains__(self, extension: str) -> bool:
        if self._known is None:
            status = self._catalogue.call_action("status_show")
            # Ours stand apart too, where a portal's settings say which of CKAN's extensions it announces.
            self._known = frozenset([*(status.get("extensions") or ()), *(status.get("odl_extensions") or ())])
        return extension in self._known


class EmbeddedCatalogue:
    """The catalogue that runs in this process."""

    shelf: Shelf | None = None  # it keeps versions by itself
    writers = 4  # one at a time holds the writing transaction, while the files of the others reach the disk

    def __init__(self, caller: Caller, url: str, stored: Callable[[], Iterable[str]] | None = None) -> None:
        self.url = url
        self._caller = caller
        self._stored = stored
        self._extensions = _Extensions(self)

    def call_action(
        self, name: str, data_dict: JsonDict | None = None, files: Mapping[str, Upload] | None = None
    ) -> Any:
        """Call the action, its answer and its refusals being those of the wire."""
        try:
            with ExitStack() as stack:
                opened = {
                    field: (
                        upload.filename,
                        stack.enter_context(upload.path.open("rb")),
                        upload.mimetype,
                        upload.path if upload.is_ours else None,
                    )
                    for field, upload in (files or {}).items()
                }
                return self._caller.call_action(name, data_dict, opened or None)
        except WireError as error:
            raise_catalogue_error(error, name)
        except OSError as error:
            raise StorageError(f"{name}: a file cannot be read or written: {error.strerror or error}.") from error
        except OdlError:
            raise
        except Exception as error:
            message = f"{name}: the embedded catalogue failed ({type(error).__name__}: {str(error)[:200]})."
            if any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):  # a full disk, a lost server
                raise CatalogueFailed(message) from error
            raise CatalogueError(message, hint=CatalogueFailed.default_hint) from error

    def supports(self, extension: str) -> bool:
        """Return whether `status_show` announces this extension."""
        return extension in self._extensions

    @contextmanager
    def acting_as(self, user: str) -> Iterator[Catalogue]:
        """Open the same catalogue as a user of it."""
        yield EmbeddedCatalogue(self._caller.as_user(user), self.url)

    def stored_files(self) -> frozenset[str] | None:
        """List the storage; one that cannot be listed stops no run: what it takes is seen on sending."""
        try:
            return None if self._stored is None else frozenset(self._stored())
        except (StorageError, Unavailable, OSError):
            return None


class RemoteCatalogue:
    """A CKAN elsewhere, through ckanapi; several threads may call it."""

    writers = 4

    def __init__(self, url: str, token: Secret | None, *, timeout_s: float, shelf: Shelf | None = None) -> None:
        self.url = url.rstrip("/")
        self.shelf = shelf
        self._token = token
        self._timeout_s = timeout_s
        self._extensions = _Extensions(self)
        self._local = threading.local()  # a `requests` session belongs to one thread

    def call_action(
        self, name: str, data_dict: JsonDict | None = None, files: Mapping[str, Upload] | None = None
    ) -> Any:
        """Call the action over HTTP; reads are tried again when the catalogue does not answer."""
        attempts = READ_ATTEMPTS if _is_read(name) else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._call(name, data_dict, files)
            except Unavailable:
                if attempt == attempts:
                    raise
                time.sleep(RETRY_DELAY_S * 2 ** (attempt - 1))
        raise AssertionError("the loop above returns or raises")

    def _call(self, name: str, data_dict: JsonDict | None, files: Mapping[str, Upload] | None) -> Any:
        import ckanapi
        import requests

        client = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = ckanapi.RemoteCKAN(
                self.url,
                apikey=self._token.reveal() if self._token else None,
                user_agent=f"odl-host/{__version__}",
                session=_open_session(self.url),
            )
        try:
            with ExitStack() as stack:
                opened = {
                    field: (upload.filename, stack.enter_context(upload.path.open("rb")), upload.mimetype)
                    for field, upload in (files or {}).items()
                }
                return client.call_action(
                    name, data_dict or {}, files=opened or None, requests_kwargs={"timeout": self._timeout_s}
                )
        except ckanapi.NotFound as error:
            raise_catalogue_error(NotFound(_text(error)), name)
        except ckanapi.NotAuthorized as error:
            if self._token and _NOBODY in _text(error):
                raise TokenUnknown(
                    f"{name}: {self.url} does not know the token (any more): it was revoked, or it has expired.",
                    hint="Make a new one on that CKAN, put it where the old one was, then run the same command again.",
                ) from error
            raise_catalogue_error(NotAuthorized(_text(error)), name)
        except ckanapi.ValidationError as error:
            raise_catalogue_error(ValidationError(error.error_dict), name)
        except ckanapi.CKANAPIError as error:
            raise self._unexpected(name, error) from error
        except requests.RequestException as error:
            if reason := distrust(error):
                raise CatalogueError(
                    f"The certificate of the catalogue {self.url} is not trusted: {reason}.", hint=CERTIFICATE_HINT
                ) from error
            raise Unavailable(
                f"The catalogue {self.url} does not answer ({type(error).__name__}).",
                hint="Check that address and the network, then run the same command again.",
            ) from error

    def _unexpected(self, name: str, error: Exception) -> OdlError:
        """Tell a catalogue in trouble (5xx: try later) from something that is no CKAN."""
        status, body = _answer(error)
        if status >= 500 or status in _TRY_LATER:
            return Unavailable(f"The catalogue {self.url} failed on {name} (HTTP {status}).")
        return CatalogueError(f"{self.url} does not answer {name} as a CKAN does: {body[:300]}")

    def supports(self, extension: str) -> bool:
        """Return whether `status_show` announces this extension."""
        return extension in self._extensions

    @contextmanager
    def acting_as(self, user: str) -> Iterator[Catalogue]:
        """Open the same catalogue as a user of it, by a token that is revoked at the end."""
        made = self.call_action("api_token_create", {"user": user, "name": "odl-host import"})
        try:
            yield RemoteCatalogue(self.url, Secret(str(made["token"])), timeout_s=self._timeout_s)
        finally:
            self.call_action("api_token_revoke", {"token": made["token"]})

    def stored_files(self) -> frozenset[str] | None:
        """Return None: the Action API does not tell."""
        return None


def _open_session(url: str) -> requests.Session:
    """Return a session that knows the proxies and certificates of the environment, and looks for them no more.

    Each call would otherwise cost an eighth more, and carry what a .netrc says of the host in place of the token.
    """
    import requests

    session = requests.Session()
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify, session.cert = found["proxies"], found["verify"], found["cert"]
    session.trust_env = False
    return session


def _is_read(action: str) -> bool:
    return action.endswith(("_show", "_list", "_search", "_read", "_autocomplete"))


def _text(error: Exception) -> str:
    """Return what the catalogue said, out of one of ckanapi's exceptions."""
    said = getattr(error, "extra_msg", None) or (error.args[0] if error.args else "")
    if isinstance(said, dict):
        said = str(said.get("message", said)).partition(": ")[2] or said.get("message", said)
    return str(said)


def _answer(error: Exception) -> tuple[int, str]:
    """Return status and body of an answer that ckanapi could not read: it raises `repr([url, status, body])`."""
    try:
        _, status, body = ast.literal_eval(_text(error))
        return int(status), str(body)
    except (ValueError, SyntaxError, TypeError):
        return 0, _text(error)


def raise_catalogue_error(error: WireError, action: str) -> NoReturn:
    """Raise the toolkit's exception for a refusal of the Action API.

    :raises CatalogueNotFound: 404. :raises CatalogueRefused: 403. :raises CatalogueInvalid: 409 with its fields.
    :raises CatalogueError: anything else.
    """
    match error:
        case NotFound():
            raise CatalogueNotFound(f"{action}: the catalogue does not hold this object. {error.message}") from error
        case NotAuthorized():
            raise CatalogueRefused(f"{action}: the catalogue refused: {error.message.rstrip('.')}.") from error
        case ValidationError():
            raise CatalogueInvalid(f"{action}: {error.message}") from error
        case _:
            raise CatalogueError(f"{action}: {error.message or error.kind}") from error
