"""Bringing what lies beside an object from one catalogue into another: files, rows, views, a logo."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from mimetypes import guess_type
from pathlib import Path, PurePath
from typing import cast

from odl_host.catalogue import companions
from odl_host.catalogue.client import Catalogue, Upload
from odl_host.catalogue.journey import Transfer, Wishes
from odl_host.catalogue.source import Image, Source
from odl_host.catalogue.tables import write_table
from odl_host.catalogue.upsert import ORIGINAL_EXTENSION, upload_original_resource
from odl_host.ckan import JsonDict, ResourceDict
from odl_host.errors import CatalogueError, StorageError, Unavailable

SINGULAR = {"users": "user", "organizations": "organization", "groups": "group", "datasets": "package"}
"""How actions call the kinds of objects."""


_ANY_TYPE = "application/octet-stream"


class Parts:
    """Brings parts, and notes in `result` what has come and what was refused."""

    def __init__(self, source: Source, target: Catalogue, wishes: Wishes, result: Transfer) -> None:
        self._source = source
        self._target = target
        self._wishes = wishes
        self._result = result
        self._restores = target.supports(companions.RESTORES)

    def bring(self, entry: JsonDict) -> bool:
        """Bring what lies beside a dataset: files, rows, views; return whether all has come."""
        is_whole = True
        if self._wishes.with_files:
            files, tables = self._bring_files(entry), self._bring_tables(entry)
            is_whole = files and tables
        for resource in entry.get("resources") or []:
            views = self._source.views(resource)
            if views is not None:
                self._bring_views(f"{entry.get('name')}/{resource.get('id')}", str(resource.get("id")), views)
        return is_whole

    def bring_image(self, kind: str, written: JsonDict, image: Image) -> bool:
        """Send a logo, and return whether it has come."""
        with tempfile.TemporaryDirectory(prefix="odl-import-") as folder:
            file = Path(folder) / "image"
            try:
                self._save(self._source.image(image), file)
                upload = Upload(file, image.name, guess_type(image.name)[0] or _ANY_TYPE)
                if self._restores:
                    told = {"kind": "image", "folder": image.folder, "name": image.name}
                    self._target.call_action("odl_restore", told, {"upload": upload})
                else:
                    patch = f"{SINGULAR[kind]}_patch"
                    self._target.call_action(patch, {"id": written["id"]}, {"image_upload": upload})
                self._result.images += 1
            except (Unavailable, CatalogueError) as error:
                self._result.refuse("images", str(written["name"]), error)
                return False
        return True

    def _bring_views(self, name: str, resource_id: str, views: list[JsonDict]) -> None:
        """Bring the views of a resource; one that this catalogue cannot show keeps no dataset from being whole."""
        try:
            self._result.views += companions.write_views(self._target, resource_id, views)
        except CatalogueError as error:
            self._result.refuse("views", name, error)

    def _bring_tables(self, entry: JsonDict) -> bool:
        """Write the rows that no file of the dataset brings, and return whether all have come."""
        is_whole = True
        for resource in entry.get("resources") or []:
            key = str(resource.get("id"))
            try:
                if write_table(self._target, key, self._source.table(resource)):
                    self._result.tables += 1
                    dates = {"id": key, "last_modified": resource.get("last_modified")}
                    self._target.call_action("resource_patch", dates)
            except CatalogueError as error:
                is_whole = False
                self._result.refuse("rows", f"{entry.get('name')}/{key}", error)
        return is_whole

    def _bring_files(self, entry: JsonDict) -> bool:
        """Fetch the files that were uploaded over there, and return whether all have come."""
        uploads = [resource for resource in entry.get("resources") or [] if resource.get("url_type") == "upload"]
        is_whole = True
        for resource in uploads:
            with tempfile.TemporaryDirectory(prefix="odl-import-") as folder:
                try:
                    self._bring_file(entry, resource, Path(folder))
                except (Unavailable, CatalogueError) as error:
                    is_whole = False
                    self._result.refuse("files", f"{entry.get('name')}/{resource.get('id')}", error)
        return is_whole

    def _bring_file(self, entry: JsonDict, resource: JsonDict, folder: Path) -> None:
        """Send a file, with the one that was received for it; a CKAN keeps that as a resource of its own."""
        name = str(resource["url"]).rstrip("/").rpartition("/")[2] or "fichier"
        files = {"upload": Upload(folder / "file", name, str(resource.get("mimetype") or _ANY_TYPE))}
        self._save(self._source.content(resource), folder / "file")
        original = None
        if resource.get("original_name"):
            name = PurePath(str(resource["original_name"])).name
            original = Upload(folder / f"received{PurePath(name).suffix}", name, guess_type(name)[0] or _ANY_TYPE)
            self._save(self._source.original(resource), original.path)
            if self._target.supports(ORIGINAL_EXTENSION):
                files["original"] = original
        self._target.call_action("resource_patch", {"id": resource["id"]}, files)
        self._result.files += 1
        if original is not None and "original" not in files:
            upload_original_resource(self._target, str(entry["id"]), cast(ResourceDict, resource), original)
        if not self._restores and resource.get("last_modified"):
            dates = {"id": resource["id"], "last_modified": resource["last_modified"]}
            self._target.call_action("resource_patch", dates)

    def _save(self, chunks: Iterator[bytes], file: Path) -> None:
        size, most = 0, self._wishes.max_file_bytes
        try:
            with file.open("wb") as content:
                for chunk in chunks:
                    size += len(chunk)
                    if size > most:
                        raise CatalogueError(f"The file is larger than {most >> 20} MB (max_file_mb).")
                    content.write(chunk)
        except OSError as error:
            raise StorageError(f"Cannot keep a file on its way: {error.strerror or error}.") from error
