"""Images of organizations, groups and users: what may be one, where it lies, its address."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.registry import Context, StoredFile
from odl_host.server.resource_fields import munge_filename
from odl_host.server.tables import images
from odl_host.server.uploads import check_size

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
}
"""How the files that may be images begin. Source: CKAN 2.12, `ckan.upload.group.mimetypes`."""


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

    :raises ValidationError: the file is no image, or is larger than `ckan.max_image_size`.
    """
    file = ctx.files.get(field)
    if file is not None:
        _check(ctx, file, field)
        stamp = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S.%f")
        name = f"{stamp}{munge_filename(file.filename)}"
        ctx.db.execute(images.insert(), {"folder": folder, "name": name, "blob": file.sha256})
        return {**data, "image_url": name}
    cleared = str(data.get("clear_upload", "")).lower()
    sent = str(data.get("image_url") or "")
    if cleared in ("true", "1", "yes", "on") and (not sent or find_image(ctx.db, folder, sent)):
        return {**data, "image_url": ""}
    return data


def find_image(db: sa.Connection, folder: str, name: str) -> str | None:
    """Return the SHA-256 of an image's file, or None."""
    blob: str | None = db.scalar(sa.select(images.c.blob).where(images.c.folder == folder, images.c.name == name))
    return blob


def _check(ctx: Context, file: StoredFile, field: str) -> None:
    check_size(ctx, file, field, "ckan.max_image_size")
    with ctx.site.storage.open(file.sha256) as stream:
        start = stream.read(16)
    if not any(start.startswith(signature) for signature in SIGNATURES):
        raise ValidationError({field: [f"Unsupported upload type: {_name_type(start)}"]})


def _name_type(start: bytes) -> str:
    return "text/html" if start.lstrip()[:5].lower() in (b"<html", b"<!doc") else "None"
