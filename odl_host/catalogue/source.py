"""Where objects to import come from: a CKAN that answers, or a dump (`dump_source`).

Both yield objects as `…_show` answers them, one kind after the other, the bytes of uploaded files and logos, the rows
of tables that no file makes, and what stands beside (`companions`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import quote, urljoin, urlsplit

from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.companions import (
    read_collaborators,
    read_followees,
    read_relationships,
    read_views,
    read_vocabularies,
)
from odl_host.catalogue.tables import read_table
from odl_host.ckan import JsonDict
from odl_host.config import Secret
from odl_host.errors import CatalogueError, CatalogueNotFound, CatalogueRefused, Unavailable

OBJECTS = ("users", "organizations", "groups", "datasets")
"""What `ckanapi load` reads, each as `…_show` answers it."""
KINDS = ("users", "organizations", "groups", "vocabularies", "datasets", "collaborators", "followers")
"""In the order in which they refer to each other; those that are no `OBJECTS` are calls (`companions`)."""

PAGE = 100
CHUNK_BYTES = 1 << 18
FETCH_ATTEMPTS = 3
PATIENCE_S = 30
"""Longest wait that a server may ask for before a file is asked for again."""
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})

Progress = Callable[[str, int, int], None]
"""Called with a kind of object, how many of them are done, and how many there are."""


def unseen(*_: object) -> None:
    """Say nothing of the progress."""


@dataclass(frozen=True, slots=True)
class Image:
    """A logo that was uploaded: its folder (`group` or `user`), its name, where it is shown from."""

    folder: str
    name: str
    address: str


class Source(Protocol):
    """A catalogue that objects are read from; `name` tells one from another."""

    name: str

    def count(self, kind: str) -> int:
        """Return how many objects there are, or a good guess."""

    def objects(self, kind: str) -> Iterator[JsonDict]:
        """Yield the objects of one kind."""

    def details(self, dataset: JsonDict) -> JsonDict:
        """Return a dataset with what its listing leaves out: what programs keep beside it."""

    def content(self, resource: JsonDict) -> Iterator[bytes]:
        """Yield the bytes of a resource's file. :raises Unavailable: it cannot be read."""

    def original(self, resource: JsonDict) -> Iterator[bytes]:
        """Yield the bytes of a resource's file as it was received (`original_name`). :raises Unavailable: as above."""

    def table(self, resource: JsonDict) -> Iterator[JsonDict]:
        """Yield the calls that make a resource's table, if no file does. :raises Unavailable: it cannot be read."""

    def views(self, resource: JsonDict) -> list[JsonDict] | None:
        """Return the calls that make a resource's views, None where they are not told."""

    def relationships(self, dataset: JsonDict) -> list[JsonDict]:
        """Return the calls that make the relationships of which a dataset is the subject."""

    def image(self, image: Image) -> Iterator[bytes]:
        """Yield the bytes of a logo. :raises Unavailable: it cannot be read."""


class CkanSource:
    """A catalogue that answers. With a sysadmin's token it gives private datasets, e-mails and password hashes too.

    `read` yields the bytes of a file by the id of its resource, the one as received or not, and `read_image` those of
    a logo by its folder and name, where they need not be fetched over HTTP. `with_deleted`: datasets that were deleted
    and can be brought back, too. `own_user`: the id of the user that commands act as, who is another one on each site:
    nobody is named in its place.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        token: Secret | None,
        *,
        timeout_s: float,
        read: Callable[[str, bool], Iterator[bytes]] | None = None,
        read_image: Callable[[str, str], Iterator[bytes]] | None = None,
        with_deleted: bool = True,
        own_user: str = "",
    ) -> None:
        self._own_user = own_user
        self._read = read
        self._read_image = read_image
        self._with_deleted = with_deleted
        self.name = catalogue.url
        self._catalogue = catalogue
        self._token = token
        self._timeout_s = timeout_s
        self._names: dict[str, list[str]] = {}

    def knows_sysadmin(self) -> bool:
        """Tell whether the token is a sysadmin's over there: a CKAN takes one that is nobody's for no token at all."""
        try:
            self._catalogue.call_action("config_option_list")
        except CatalogueRefused:
            return False
        except CatalogueError:
            pass  # too old to know the action
        return True

    def count(self, kind: str) -> int:
        """Return how many objects there are; of what users have, how many users."""
        if kind == "datasets":
            return int(self._search(0, 0)["count"])
        if kind == "vocabularies":
            return len(self._catalogue.call_action("vocabulary_list"))
        return len(self._list(kind if kind in OBJECTS else "users"))

    def objects(self, kind: str) -> Iterator[JsonDict]:
        """Yield the objects; users, and what they follow, only to who may list them."""
        match kind:
            case "datasets":
                yield from self._datasets()
            case "vocabularies":
                yield from read_vocabularies(self._catalogue)
            case "collaborators":
                for user in self._list("users"):
                    yield from read_collaborators(self._catalogue, user)
            case "followers":
                for user in self._list("users"):
                    yield from read_followees(self._catalogue, user)
            case _:
                yield from self._shown(kind)

    def _shown(self, kind: str) -> Iterator[JsonDict]:
        show = {"users": "user_show", "organizations": "organization_show", "groups": "group_show"}[kind]
        details = {"include_datasets": False, "include_users": True}
        if kind == "users":
            details = {"include_password_hash": True, "include_plugin_extras": True}
        for name in self._list(kind):
            try:
                yield cast(JsonDict, self._catalogue.call_action(show, {"id": name, **details}))
            except (CatalogueNotFound, CatalogueRefused):
                continue  # gone since it was listed, or not for this token

    def _datasets(self) -> Iterator[JsonDict]:
        """Yield what a search finds, then what it does not: deleted ones where they are listed, others that it lost."""
        found = set()
        for dataset in self._listed():
            found.add(dataset["name"])
            yield dataset
        everything = {"include_private": True, "include_drafts": True, "include_deleted": self._with_deleted}
        for name in self._catalogue.call_action("package_list", everything):
            if name in found:
                continue
            try:
                dataset = self._catalogue.call_action("package_show", {"id": name})
            except (CatalogueNotFound, CatalogueRefused):
                continue
            if self._with_deleted or dataset.get("state") != "deleted":
                yield dataset

    def _listed(self) -> Iterator[JsonDict]:
        start = 0
        while True:
            page = self._search(start, PAGE)
            yield from page["results"]
            start += len(page["results"])
            if not page["results"]:
                return

    def details(self, dataset: JsonDict) -> JsonDict:
        """Ask for what programs keep beside a dataset, which a search does not tell."""
        if self._own_user and dataset.get("creator_user_id") == self._own_user:
            dataset = {**dataset, "creator_user_id": None}
        try:
            shown = self._catalogue.call_action("package_show", {"id": dataset["id"], "include_plugin_data": True})
        except (CatalogueNotFound, CatalogueRefused):
            return dataset
        return {**dataset, "plugin_data": shown["plugin_data"]} if shown.get("plugin_data") else dataset

    def content(self, resource: JsonDict) -> Iterator[bytes]:
        """Fetch a file; the token goes to the catalogue's own host only."""
        return self._fetched(resource, "url", is_original=False)

    def original(self, resource: JsonDict) -> Iterator[bytes]:
        """Fetch a file as it was received."""
        return self._fetched(resource, "original_url", is_original=True)

    def _fetched(self, resource: JsonDict, key: str, *, is_original: bool) -> Iterator[bytes]:
        if self._read is not None:
            return self._read(str(resource["id"]), is_original)
        # A CKAN's search may give the path alone, as its index keeps it.
        address = urljoin(f"{self.name}/", str(resource.get(key) or ""))
        is_own = urlsplit(address)[:2] == urlsplit(self.name)[:2]
        headers = {"Authorization": self._token.reveal()} if self._token and is_own else {}
        return fetch(address, headers, timeout_s=self._timeout_s)

    def table(self, resource: JsonDict) -> Iterator[JsonDict]:
        """Read the rows of a table page by page."""
        return read_table(self._catalogue, resource)

    def views(self, resource: JsonDict) -> list[JsonDict]:
        """Ask for the views of a resource."""
        return list(read_views(self._catalogue, str(resource["id"])))

    def relationships(self, dataset: JsonDict) -> list[JsonDict]:
        """Ask for the relationships of a dataset."""
        return list(read_relationships(self._catalogue, str(dataset["name"])))

    def image(self, image: Image) -> Iterator[bytes]:
        """Fetch a logo from where it is shown."""
        if self._read_image is not None:
            return self._read_image(image.folder, image.name)
        return fetch(urljoin(f"{self.name}/", image.address), {}, timeout_s=self._timeout_s)

    def _search(self, start: int, rows: int) -> Any:
        query = {"q": "*:*", "rows": rows, "start": start, "sort": "name asc"}
        return self._catalogue.call_action("package_search", {**query, "include_private": True, "include_drafts": True})

    def _list(self, kind: str) -> list[str]:
        if kind not in self._names:
            action = {"users": "user_list", "organizations": "organization_list", "groups": "group_list"}[kind]
            names: list[str] = []
            try:
                while True:
                    page = self._catalogue.call_action(
                        action, {"all_fields": False, "limit": 1000, "offset": len(names)}
                    )
                    fresh = [name for name in page if name not in set(names)]
                    names += fresh
                    if not fresh or kind == "users":  # CKAN gives all users at once
                        break
            except CatalogueRefused:
                names = []  # not for this token
            self._names[kind] = names
        return self._names[kind]


def image_of(kind: str, entry: JsonDict) -> Image | None:
    """Return the logo that was uploaded for an object; None where it has none, or one that is elsewhere.

    >>> image_of("groups", {"image_url": "a.png", "image_display_url": "http://x/uploads/group/a.png"}).name
    'a.png'
    """
    name = str(entry.get("image_url") or "")
    shown = str(entry.get("image_display_url") or "")
    if not name or name.startswith(("http", ".")) or "/" in name:
        return None
    folder = "user" if kind == "users" else "group"
    return Image(folder, name, quote(shown, safe=":/?&=%#@+,;~") if shown.startswith("http") else shown)


def fetch(address: str, headers: dict[str, str], *, timeout_s: float) -> Iterator[bytes]:
    """Yield the bytes at an http(s) address; one that asks to be patient is asked again.

    :raises Unavailable: it does not give them.
    """
    import requests

    if urlsplit(address).scheme not in ("http", "https"):
        raise Unavailable(f"“{address[:200]}” is no address that a file can be fetched from.")
    for attempt in range(1, FETCH_ATTEMPTS + 1):
        try:
            with requests.get(address, headers=headers, timeout=timeout_s, stream=True) as answer:
                if answer.status_code in _TRY_LATER and attempt < FETCH_ATTEMPTS:
                    wait = answer.headers.get("Retry-After", "")
                    time.sleep(min(int(wait), PATIENCE_S) if wait.isdecimal() else attempt)
                    continue
                if answer.status_code != 200:
                    raise Unavailable(f"{address} answers {answer.status_code}.")
                yield from answer.iter_content(CHUNK_BYTES)
                return
        except requests.RequestException as error:
            raise Unavailable(f"{address} does not answer ({type(error).__name__}).") from error
