"""How large a file that comes with a call may be."""

from __future__ import annotations

from odl_host.ckan import ValidationError
from odl_host.server.registry import Context, StoredFile


def check_size(ctx: Context, file: StoredFile, field: str, setting: str) -> None:
    """Refuse a file of more megabytes than `setting` allows. :raises ValidationError: in CKAN's words."""
    if file.size_bytes > int(str(ctx.site.settings[setting])) << 20:
        raise ValidationError({field: ["File upload too large"]})
