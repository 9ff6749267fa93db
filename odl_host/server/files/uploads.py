"""Files that come with a call: how large they may be, of which resources they are, what stands beside them."""

from __future__ import annotations

import json
from collections.abc import Callable

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.documents import clean, may_need_cleaning
from odl_host.server.files.filestore import sniff_type
from odl_host.server.files.formats import guess_mimetype
from odl_host.server.registry import Context, StoredFile
from odl_host.server.sites import Site

TypeGuess = Callable[[str, StoredFile | None], str | None]
"""Says of what media type is what lies at an address, or has a name; or the file that came, if one did."""

NESTED = frozenset({"extras", "groups", "plugin_data", "resources", "tags"})
"""What of a dataset is no scalar."""


def check_size(ctx: Context, file: StoredFile, field: str, setting: str) -> None:
    """Refuse a file of more megabytes than `setting` allows. :raises ValidationError: in CKAN's words."""
    if file.size_bytes > int(str(ctx.site.settings[setting])) << 20:
        raise ValidationError({field: ["File upload too large"]})


def type_guess(site: Site) -> TypeGuess:
    """Return how a media type that was not sent is guessed: by name, by contents or never (`ckan.mimetype_guess`)."""

    def by_contents(_address: str, file: StoredFile | None) -> str | None:
        if file is None:
            return None
        with site.storage.open(file.sha256) as stream:
            known = sniff_type(file.filename, stream)
        # To who looks at bytes alone, as CKAN does here, a table is a text like another.
        return "text/plain" if known.startswith("text/") else known

    match site.settings["ckan.mimetype_guess"]:
        case "file_contents":
            return by_contents
        case "None":
            return lambda _address, _file: None
    return lambda address, _file: guess_mimetype(address)


def decode_nested(data: JsonDict) -> JsonDict:
    """Return a dataset that a form carried, its lists and dictionaries as JSON.

    :raises ValidationError: one of them is no JSON.
    """
    decoded = dict(data)
    for key in NESTED & data.keys():
        text = data[key]
        if isinstance(text, str):
            try:
                value = json.loads(text)
            except ValueError:
                raise ValidationError({key: ["Could not parse as valid JSON"]}) from None
            decoded[key] = clean(value) if may_need_cleaning(text.encode()) else value
    return decoded


def files_of_resources(ctx: Context, count: int) -> dict[int, dict[str, StoredFile]]:
    """Return the files that came as `resources__N__upload` or `…__original`, by N; there are `count` resources.

    :raises ValidationError: one is too large, or is that of no resource.
    """
    found: dict[int, dict[str, StoredFile]] = {}
    for key, file in ctx.files.items():
        match key.split("__"):
            case ["resources", number, ("upload" | "original") as field]:
                if number not in map(str, range(count)):
                    raise ValidationError({key: ["There is no such resource"]})
                check_size(ctx, file, field, "ckan.max_resource_size")
                found.setdefault(int(number), {})[field] = file
    return found
