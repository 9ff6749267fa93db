"""Images of organizations, groups and users: what may be one, where it lies, its address."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import quote

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.database.tables import images
from odl_host.server.files.filestore import find_storage, sniff_type
from odl_host.server.files.formats import guess_mimetype
from odl_host.server.files.uploads import check_size
from odl_host.server.objects.resource_fields import munge_filename
from odl_host.server.registry import Context, StoredFile

SUFFIXES = {"image/png": ".png", "image/gif": ".gif", "image/jpeg": ".jpg"}
"""How the name of an image of these media types ends; that of another file that a site takes ends as it came."""


_KEPT_NAME = r"[A-Za-z0-9_][A-Za-z0-9_. -]{2,150}"
"""How an image may be called that had its name elsewhere."""


def image_address(site_url: str, folder: str, image_url: str | None) -> str | None:
    """Return where an image is shown from: an address as it is, the name of an uploaded file under this site.

    >>> image_address("http://site", "group", "logo.png"), image_address("http://site", "group", "https://x/y.png")
    ('http://site/uploads/group/logo.png', 'https://x/y.png')
    """
    if not image_url or image_url.startswith("http"):
        return image_url
    return f"{site_url}/uploads/{folder}/{quote(image_url)}"


def take_image(ctx: Context, folder: str, data: JsonDict, field: str = "image_upload") -> JsonDict:
    """Return what was sent with `image_url` naming the file that came as `field`, or nothing for `clear_upload`.

    :raises ValidationError: the file is of no type that the site takes, or is larger than `ckan.max_image_size`.
    """
    file = ctx.files.get(field)
    if file is not None:
        content_type = _check(ctx, file, folder, field)
        stamp = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S.%f")
        sent_as = PurePosixPath(munge_filename(file.filename))
        name = f"{stamp}{sent_as.stem}{SUFFIXES.get(content_type, sent_as.suffix)}"
        ctx.db.execute(images.insert(), {"folder": folder, "name": name, "blob": file.sha256})
        return {**data, "image_url": name}
    cleared = str(data.get("clear_upload", "")).lower()
    sent = str(data.get("image_url") or "")
    if cleared in ("true", "1", "yes", "on") and (not sent or find_image(ctx.db, folder, sent)):
        return {**data, "image_url": ""}
    return data


def keep_image(ctx: Context, folder: str, name: str) -> None:
    """Keep the file that came as `upload` under the name that it had elsewhere, unless there is one of this name.

    :raises ValidationError: it is no image that the site takes, or not of such a name.
    """
    file = ctx.files.get("upload")
    if file is None or folder not in ("group", "user") or not re.fullmatch(_KEPT_NAME, name):
        raise ValidationError({"name": ["An upload, a folder (group or user) and a file's name are needed"]})
    _check(ctx, file, folder, "upload")
    if find_image(ctx.db, folder, name) is None:
        ctx.db.execute(images.insert(), {"folder": folder, "name": name, "blob": file.sha256})


def find_image(db: sa.Connection, folder: str, name: str) -> str | None:
    """Return the SHA-256 of an image's file, or None."""
    blob: str | None = db.scalar(sa.select(images.c.blob).where(images.c.folder == folder, images.c.name == name))
    return blob


def _check(ctx: Context, file: StoredFile, folder: str, field: str) -> str:
    """Return the media type of a file: its name must be that of one that is taken, its bytes too, not of the same.

    What is taken is `ckan.upload.user.types` (`image`) and `….mimetypes` (`image/png`); `*` stands for all. Source:
    CKAN 2.12 as observed: without types any will do, without media types none does, nor a name that tells of none; it
    says so in other words where the manifest names a storage for such images (`ckan.files.default_storages.user`).
    """
    check_size(ctx, file, field, "ckan.max_image_size")
    groups, types = (ctx.site.words(f"ckan.upload.{folder}.{limit}") for limit in ("types", "mimetypes"))
    if not groups and not types:
        raise ValidationError({field: [f"No uploads allowed for object type {folder}"]})
    with ctx.site.storage.open(file.sha256) as stream:
        content_type = sniff_type(file.filename, stream)
    in_storage = find_storage(ctx.site.settings, str(ctx.site.settings[f"ckan.files.default_storages.{folder}"]))
    refusal = "Type {} is not supported by storage" if in_storage else "Unsupported upload type: {}"
    # As in CKAN, a file that came without a media type has none to be named.
    named = content_type if file.content_type else None
    for found, shown in ((guess := guess_mimetype(file.filename), guess), (content_type, named)):
        if not (found and _names(types, found) and (not groups or _names(groups, found.partition("/")[0]))):
            raise ValidationError({field: [refusal.format(found if in_storage else shown)]})
    return content_type


def _names(taken: tuple[str, ...], found: str) -> bool:
    return "*" in taken or found in taken
