"""What `package_search` answers with `fl`: the fields of a dataset as a search engine keeps them, flat.

Source: CKAN 2.12 as observed. Empty fields are left out; dates are in UTC with milliseconds. Counts of files and tags
are ours, for who asks for them by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odl_host.ckan import JsonDict

_SAME = (
    *("id", "name", "title", "notes", "url", "version", "license_id", "state"),
    *("author", "author_email", "maintainer", "maintainer_email"),
)
_OF_RESOURCES = {
    "res_name": "name",
    "res_description": "description",
    "res_format": "format",
    "res_url": "url",
    "res_type": "resource_type",
}


def search_record(dataset: JsonDict, text: str, keys: Sequence[str]) -> JsonDict:
    """Return the fields `keys` of a dataset; "*" is all of them. `text` is the dataset's JSON."""
    record: dict[str, Any] = {key: dataset.get(key) for key in _SAME}
    record |= {extra["key"]: extra["value"] for extra in dataset["extras"]}
    record |= {key: f"{dataset[key][:23]}Z" for key in ("metadata_created", "metadata_modified")}
    record |= {
        name: [resource[key] for resource in dataset["resources"] if resource.get(key)]
        for name, key in _OF_RESOURCES.items()
    }
    record |= {
        "capacity": "private" if dataset["private"] else "public",
        "dataset_type": dataset["type"],
        "data_dict": text,
        "entity_type": "package",
        "groups": [group["name"] for group in dataset["groups"]],
        "organization": (dataset["organization"] or {}).get("name"),
        "site_id": "default",
        "tags": [tag["name"] for tag in dataset["tags"] if not tag["vocabulary_id"]],
        "validated_data_dict": text,
    }
    counts = {key: dataset[key] for key in ("num_resources", "num_tags")}
    wanted = record if "*" in keys else {key: (record | counts).get(key) for key in keys}
    return {key: value for key, value in wanted.items() if value not in (None, "", [])}
